/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/witness_parts.h"

#include <string.h>

static size_t take_orders(struct witness *self, const struct executor *executor)
{
	const struct orders *orders = &executor->books.orders;
	size_t count = 0;
	for (uint32_t i = 0; i < orders->used; i++)
		if (orders->slots[i].used)
			self->orders[count++] = orders->slots[i].order;
	return count;
}

static size_t take_positions(struct witness *self, const struct executor *executor)
{
	const struct holdings *holdings = &executor->books.holdings;
	for (uint32_t i = 0; i < holdings->position_count; i++)
		self->positions[i] = holdings->positions[i].position;
	return holdings->position_count;
}

static size_t take_balances(struct witness *self, const struct executor *executor)
{
	const struct holdings *holdings = &executor->books.holdings;
	for (uint32_t i = 0; i < holdings->asset_count; i++)
		self->balances[i] = holdings->assets[i].balance;
	return holdings->asset_count;
}

static size_t take_venue_orders(struct witness *self, const struct sim_exchange *exchange)
{
	for (uint32_t i = 0; i < exchange->order_count; i++) {
		const struct sim_order *order = &exchange->orders[i];
		self->venue_orders[i] = (struct fact_order){
			.client_id = order->client_id,
			.symbol = order->symbol,
			.side = order->side,
			.type = order->type,
			.status = order->status,
			.qty = order->qty,
			.price = order->price,
			.stop_price = order->stop_price,
			.executed = order->executed,
			.valid_until = order->valid_until,
			.accepted_at = order->accepted_at,
		};
	}
	return exchange->order_count;
}

/* What a person executed before the books met the symbol isn't theirs to account. */
bool witness_is_before_us(const struct executor *executor, const struct sim_trade *trade)
{
	const struct holdings *holdings = &executor->books.holdings;
	for (uint32_t i = 0; i < holdings->market_count; i++)
		if (name_equals(&holdings->markets[i].instrument.symbol, &trade->symbol))
			return ident_is_none(trade->client_id) &&
			       trade->trade_id <= holdings->markets[i].trade_mark;
	return false;
}

static size_t take_venue_trades(struct witness *self, const struct executor *executor,
                                const struct sim_exchange *exchange)
{
	size_t count = 0;
	for (uint32_t i = 0; i < exchange->trade_count; i++) {
		const struct sim_trade *trade = &exchange->trades[i];
		if (witness_is_before_us(executor, trade))
			continue;
		self->venue_trades[count++] = (struct fact_trade){
			.symbol = trade->symbol,
			.trade_id = trade->trade_id,
			.client_id = trade->client_id,
			.side = trade->side,
			.qty = trade->qty,
			.price = trade->price,
			.fee = trade->fee,
			.fee_asset = trade->fee_asset,
		};
	}
	return count;
}

static size_t take_venue_balances(struct witness *self, const struct sim_exchange *exchange)
{
	for (uint32_t i = 0; i < exchange->balance_count; i++)
		self->venue_balances[i] = (struct balance){
			.venue = self->cast->stack.venue,
			.asset = exchange->balances[i].asset,
			.free = exchange->balances[i].free,
			.locked = exchange->balances[i].locked,
		};
	return exchange->balance_count;
}

static size_t take_sends(struct witness *self)
{
	size_t count = 0;
	for (uint32_t i = 0; i < self->account_count; i++) {
		const struct account *account = &self->accounts[i];
		if (account->transmissions == 0)
			continue;
		self->sends[count++] = (struct fact_send){
			.client_id = account->client_id,
			.is_order = true,
			.durable_before = account->durable_before,
			.was_halted = account->was_halted,
			.purpose = account->purpose,
			.at = account->left_at - witness_clock_doubt(self),
			.valid_until = account->valid_until,
			.epoch = account->epoch,
		};
	}
	return count;
}

static size_t take_instruments(struct witness *self, const struct sim_exchange *exchange)
{
	for (uint32_t i = 0; i < exchange->symbol_count; i++)
		self->instruments[i] = exchange->symbols[i].instrument;
	return exchange->symbol_count;
}

/* What the executor folded in is what its journal holds: nothing is on its way to the disk. */
static bool is_in_step(const struct witness *self, const struct executor *executor)
{
	return !executor->journal_failed && !self->durable[CAST_EXECUTOR].overflowed &&
	       !self->damaged[CAST_EXECUTOR] && executor->books.records == journal_kept(self);
}

const struct invariant *facts_violated(struct witness *self, bool quiet, text_t *why)
{
	const struct executor *executor = witness_executor(self);
	const struct sim_exchange *exchange = world_exchange(self->world);
	if (executor == NULL || !is_in_step(self, executor))
		return NULL;
	struct facts facts = {
		.orders = self->orders,
		.order_count = take_orders(self, executor),
		.fills = self->fills,
		.fill_count = self->fill_count,
		.positions = self->positions,
		.position_count = take_positions(self, executor),
		.balances = self->balances,
		.balance_count = take_balances(self, executor),
		.venue_orders = self->venue_orders,
		.venue_order_count = take_venue_orders(self, exchange),
		.venue_trades = self->venue_trades,
		.venue_trade_count = take_venue_trades(self, executor, exchange),
		.venue_balances = self->venue_balances,
		.venue_balance_count = take_venue_balances(self, exchange),
		.sends = self->sends,
		.send_count = take_sends(self),
		.instruments = self->instruments,
		.instrument_count = take_instruments(self, exchange),
		.quiet = quiet,
	};
	return invariants_violated(&facts, why);
}
