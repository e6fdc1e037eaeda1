/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/witness_parts.h"

#include "services/executor/stops.h"

#include <string.h>

#define NAKED_MAX (1 * NANOS_S)
#define NAKED_MAX_AFTER_START (5 * NANOS_S)
/* So long a fault at the exchange or the disk may show in what protects a position. */
#define EXCUSED (12 * NANOS_S)

static bool is_sale(const struct sim_order *order, const name_t *symbol)
{
	return order->side == SIDE_SELL && sim_order_is_open(order) &&
	       !ident_is_none(order->client_id) && name_equals(&order->symbol, symbol);
}

static decimal_t open_of(const struct sim_order *order)
{
	decimal_t open;
	return decimal_subtract(order->qty, order->executed, &open) == OK ? open : order->qty;
}

/* What open sales of a bot may still sell, by the exchange's own book. */
static decimal_t offered(struct witness *self, const name_t *symbol, const name_t *bot)
{
	const struct sim_exchange *exchange = world_exchange(self->world);
	decimal_t sum = DECIMAL_ZERO;
	for (uint32_t i = 0; i < exchange->live_count; i++) {
		const struct sim_order *order = &exchange->orders[exchange->live[i]];
		if (!is_sale(order, symbol))
			continue;
		const struct account *account = account_of(self, order->client_id);
		if (account != NULL && name_equals(&account->bot, bot) &&
		    decimal_add(sum, open_of(order), &sum) != OK)
			return DECIMAL_ZERO;
	}
	return sum;
}

/* What a bot holds by its executions at the exchange. */
static decimal_t truly_held(struct witness *self, const name_t *symbol, const name_t *bot)
{
	const struct sim_exchange *exchange = world_exchange(self->world);
	decimal_t sum = DECIMAL_ZERO;
	enum err err = OK;
	for (uint32_t i = 0; i < exchange->trade_count && err == OK; i++) {
		const struct sim_trade *trade = &exchange->trades[i];
		const struct account *account = account_of(self, trade->client_id);
		if (account == NULL || !name_equals(&account->bot, bot) ||
		    !name_equals(&trade->symbol, symbol))
			continue;
		err = trade->side == SIDE_BUY ? decimal_add(sum, trade->qty, &sum)
		                              : decimal_subtract(sum, trade->qty, &sum);
		if (err == OK &&
		    strncmp(symbol->text, trade->fee_asset.text, trade->fee_asset.size) == 0)
			err = decimal_subtract(sum, trade->fee, &sum);
	}
	return sum;
}

/* I-25: a sale that just came to the exchange, beside all others of its bot. */
void guard_executed(struct witness *self, const struct account *account,
                    const struct sim_order *order)
{
	char open_text[DECIMAL_TEXT_SIZE], held_text[DECIMAL_TEXT_SIZE];
	if (!is_sale(order, &order->symbol) || account->bot.size == 0 ||
	    self->damaged[CAST_EXECUTOR])
		return;
	decimal_t open = offered(self, &order->symbol, &account->bot);
	decimal_t held = truly_held(self, &order->symbol, &account->bot);
	if (decimal_compare(open, held) <= 0)
		return;
	violate(self, "I-25e", "Open sales never exceed what is held.",
	        text_format("%s %s: %s are offered at the exchange, %s are held", account->bot.text,
	                    order->symbol.text, decimal_print(open, open_text),
	                    decimal_print(held, held_text)));
}

static bool is_excuse(enum fault_kind kind)
{
	switch (kind) {
	case FAULT_BUS_DROP:
	case FAULT_BUS_DELAY:
	case FAULT_BUS_REPEAT:
	case FAULT_BUS_CUT:
	case FAULT_REDIS_DOWN:
	case FAULT_REDIS_STALL:
	case FAULT_REDIS_FLUSH:
	case FAULT_REDIS_ROLLBACK:
	case FAULT_CRASH:
	case FAULT_CRASH_ALL:
	case FAULT_POWER_LOSS:
	case FAULT_JUMP: return false;
	default: return true;
	}
}

static bool is_excused(const struct witness *self)
{
	const struct plan *plan = world_plan(self->world);
	nanos_t now = world_now(self->world) - world_began(self->world);
	for (uint32_t i = 0; i < plan->count; i++)
		if (is_excuse(plan->faults[i].kind) && plan->faults[i].from <= now &&
		    plan->faults[i].until + EXCUSED >= now)
			return true;
	return self->silent_until + EXCUSED > world_now(self->world);
}

/* Of what is held, as much as a stop can hold by the rules, is offered for sale or watched. */
static bool is_naked(struct witness *self, const struct executor *executor,
                     const struct holding *holding)
{
	const struct position *position = &holding->position;
	const struct guard *guard = &holding->guard;
	const struct instrument *instrument = NULL;
	for (uint32_t i = 0; i < executor->books.holdings.market_count; i++)
		if (name_equals(&executor->books.holdings.markets[i].instrument.symbol,
		                &position->symbol))
			instrument = &executor->books.holdings.markets[i].instrument;
	if (instrument == NULL || name_is(&position->bot, "manual") ||
	    decimal_sign(guard->trigger) <= 0 || guard->held == STOP_PLACE_EXECUTOR)
		return false;
	decimal_t needed =
		stops_fit(instrument, ORDER_TYPE_STOP_LOSS, position->qty, guard->trigger);
	return decimal_compare(offered(self, &position->symbol, &position->bot), needed) < 0;
}

/* I-24. */
void guard_stepped(struct witness *self, const struct executor *executor)
{
	const struct holdings *holdings = &executor->books.holdings;
	nanos_t now = world_now(self->world);
	for (uint32_t i = 0; i < holdings->position_count && i < GUARDED_MAX; i++) {
		const struct position *position = &holdings->positions[i].position;
		nanos_t *since = &self->naked_since[i];
		if (!is_naked(self, executor, &holdings->positions[i])) {
			*since = 0;
			continue;
		}
		*since = *since == 0 ? now : *since;
		bool is_late =
			now - *since > NAKED_MAX && now - self->booted_at > NAKED_MAX_AFTER_START;
		if (!is_late || executor->journal_failed || is_excused(self))
			continue;
		violate(self, "I-24", "A position is protected within 1 s, 5 s behind a restart.",
		        text_format("%s %s was without its stop for %lld ms", position->bot.text,
		                    position->symbol.text, (long long)((now - *since) / NANOS_MS)));
	}
}
