/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/books.h"

#include "common/io/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS_MAX = 64 };

struct pair {
	name_t symbol, base, quote;
};

/* What the journals tell. */
struct ours {
	struct agreement_trade *trades;
	size_t trade_count, trade_capacity;
	struct pair pairs[PAIRS_MAX];
	size_t pair_count;
	struct books_flows flows;
	struct agreement_order orders[PICTURE_ORDERS_MAX];
	size_t order_count;
	struct agreement_balance balances[VENUE_ASSETS_MAX];
	size_t balance_count;
	const char *trouble; /* NULL, or what doesn't fit */
};

static struct books_flow *flow_of(struct books_flows *self, const name_t *asset)
{
	for (size_t i = 0; i < self->count; i++)
		if (name_equals(&self->items[i].asset, asset))
			return &self->items[i];
	if (self->count == VENUE_ASSETS_MAX)
		return NULL;
	self->items[self->count] =
		(struct books_flow){.asset = *asset, .total = DECIMAL_TOTAL_ZERO};
	return &self->items[self->count++];
}

bool books_flow_add(struct books_flows *self, const name_t *asset, decimal_t amount)
{
	struct books_flow *flow = flow_of(self, asset);
	return flow != NULL && decimal_total_add(&flow->total, amount) == OK;
}

bool books_flow_trade(struct books_flows *self, const struct agreement_trade *trade,
                      const name_t *base, const name_t *quote)
{
	bool is_buy = trade->side == SIDE_BUY;
	struct books_flow *paid = flow_of(self, quote);
	decimal_t price = is_buy ? decimal_negate(trade->price) : trade->price;
	bool is_good =
		paid != NULL && decimal_total_add_product(&paid->total, price, trade->qty) == OK;
	is_good &= books_flow_add(self, base, is_buy ? trade->qty : decimal_negate(trade->qty));
	if (decimal_sign(trade->fee) != 0)
		is_good &= books_flow_add(self, &trade->fee_asset, decimal_negate(trade->fee));
	return is_good;
}

static void keep_pair(struct ours *self, const struct instrument *instrument)
{
	for (size_t i = 0; i < self->pair_count; i++)
		if (name_equals(&self->pairs[i].symbol, &instrument->symbol))
			return;
	if (self->pair_count < PAIRS_MAX)
		self->pairs[self->pair_count++] =
			(struct pair){instrument->symbol, instrument->base, instrument->quote};
}

static void keep_fill(struct ours *self, const struct fill *fill)
{
	if (self->trade_count == self->trade_capacity) {
		size_t capacity = self->trade_capacity == 0 ? 4096 : 2 * self->trade_capacity;
		struct agreement_trade *trades = realloc(self->trades, capacity * sizeof *trades);
		if (trades == NULL) {
			self->trouble = "no memory for the executor's executions";
			return;
		}
		self->trades = trades;
		self->trade_capacity = capacity;
	}
	self->trades[self->trade_count++] = (struct agreement_trade){
		.symbol = fill->symbol,
		.trade_id = fill->trade_id,
		.side = fill->side,
		.price = fill->price,
		.qty = fill->qty,
		.fee = fill->fee,
		.fee_asset = fill->fee_asset,
	};
}

static void take_executor_record(void *context, const struct journal_record *record)
{
	union {
		struct fill fill;
		struct instrument instrument;
	} body;
	if (record->type != MESSAGE_FILL && record->type != MESSAGE_INSTRUMENT)
		return;
	if (codec_unpack_body(record->type, record->payload, record->size, &body, sizeof body) !=
	    OK)
		return;
	if (record->type == MESSAGE_FILL)
		keep_fill(context, &body.fill);
	else
		keep_pair(context, &body.instrument);
}

static void take_exchange_record(void *context, const struct journal_record *record)
{
	struct ours *self = context;
	struct ledger_deposit deposit;
	if (record->type != MESSAGE_LEDGER_DEPOSIT ||
	    codec_unpack_body(record->type, record->payload, record->size, &deposit,
	                      sizeof deposit) != OK)
		return;
	if (!books_flow_add(&self->flows, &deposit.asset, deposit.amount))
		self->trouble = "the opening balances don't fit";
}

static enum err read_journal(const struct service_paths *paths, const char *service,
                             void (*each)(void *self, const struct journal_record *record),
                             struct ours *self, text_t *why)
{
	struct journal_report report;
	char path[700];
	snprintf(path, sizeof path, "%s/%s", paths->state, service);
	enum err err = journal_read(path, each, self, &report, why);
	if (err != OK || report.older == 0)
		return err;
	*why = text_format("%s: the first %llu records are not kept any more: there is nothing to "
	                   "compare a whole history with",
	                   path, (unsigned long long)report.older);
	return ERR_UNAVAILABLE;
}

static const struct pair *pair_of(const struct ours *self, const name_t *symbol)
{
	for (size_t i = 0; i < self->pair_count; i++)
		if (name_equals(&self->pairs[i].symbol, symbol))
			return &self->pairs[i];
	return NULL;
}

static void expect_balances(struct ours *self)
{
	for (size_t i = 0; i < self->trade_count; i++) {
		const struct pair *pair = pair_of(self, &self->trades[i].symbol);
		if (pair == NULL ||
		    !books_flow_trade(&self->flows, &self->trades[i], &pair->base, &pair->quote))
			self->trouble = "an execution can't be turned into balances";
	}
	for (size_t i = 0; i < self->flows.count; i++) {
		struct agreement_balance *balance = &self->balances[self->balance_count];
		balance->asset = self->flows.items[i].asset;
		if (decimal_total_value(&self->flows.items[i].total, &balance->amount) != OK)
			self->trouble = "an expected balance doesn't fit";
		else
			self->balance_count++;
	}
}

static bool is_at_exchange(const struct order *order)
{
	return order->status == ORDER_STATUS_LIVE || order->status == ORDER_STATUS_PARTIAL;
}

static void take_open_orders(struct ours *self, const struct picture *picture)
{
	for (size_t i = 0; i < picture->order_count; i++) {
		const struct order *order = &picture->orders[i];
		if (!is_at_exchange(order))
			continue;
		self->orders[self->order_count++] = (struct agreement_order){
			.symbol = order->symbol,
			.client_id = order->client_id,
			.venue_id = order->venue_id,
			.executed = order->executed,
		};
	}
}

static void differ(struct agreement *agreement, text_t text)
{
	agreement->agree = false;
	agreement->found++;
	if (agreement->count < AGREEMENT_DIFFERENCES_MAX)
		agreement->differences[agreement->count++] = text;
}

/* Positions as published, of all bots, against the executions in the journal. */
static void compare_position(const struct ours *self, const struct pair *pair,
                             const struct picture *picture, struct agreement *agreement)
{
	struct books_flows flows = {.count = 0};
	decimal_t executed = DECIMAL_ZERO, held = DECIMAL_ZERO;
	char a[DECIMAL_TEXT_SIZE], b[DECIMAL_TEXT_SIZE];
	enum err err = OK;
	for (size_t i = 0; i < self->trade_count; i++)
		if (name_equals(&self->trades[i].symbol, &pair->symbol))
			books_flow_trade(&flows, &self->trades[i], &pair->base, &pair->quote);
	for (size_t i = 0; i < flows.count; i++)
		if (name_equals(&flows.items[i].asset, &pair->base))
			err = decimal_total_value(&flows.items[i].total, &executed);
	for (size_t i = 0; err == OK && i < picture->position_count; i++)
		if (name_equals(&picture->positions[i].symbol, &pair->symbol))
			err = decimal_add(held, picture->positions[i].qty, &held);
	if (err != OK || decimal_compare(executed, held) != 0)
		differ(agreement,
		       text_format(
			       "position in %s: the executor says %s, its executions add up to %s",
			       pair->symbol.text, decimal_print(held, a),
			       decimal_print(executed, b)));
}

static void compare_rest(const struct ours *self, const struct picture *picture,
                         struct agreement *agreement)
{
	for (size_t i = 0; i < self->pair_count; i++)
		compare_position(self, &self->pairs[i], picture, agreement);
	for (size_t i = 0; i < picture->order_count; i++) {
		const struct order *order = &picture->orders[i];
		char id[IDENT_TEXT_SIZE];
		if (order->status == ORDER_STATUS_UNKNOWN || order->status == ORDER_STATUS_DISPUTED)
			differ(agreement, text_format("order %s is %s: %.120s",
			                              ident_print(order->client_id, id),
			                              enum_print(&enum_order_status, order->status),
			                              order->reason.text));
	}
	if (self->trouble != NULL)
		differ(agreement, text_from(self->trouble));
}

static void compare(struct ours *ours, struct venue_view *view, bool has_opening,
                    const struct picture *picture, struct books_result *out)
{
	struct agreement_books left = {
		.trades = ours->trades,
		.trade_count = ours->trade_count,
		.orders = ours->orders,
		.order_count = ours->order_count,
		.balances = ours->balances,
		.balance_count = ours->balance_count,
	};
	struct agreement_books right = {
		.trades = view->trades,
		.trade_count = view->trade_count,
		.orders = view->orders,
		.order_count = view->order_count,
		.balances = view->balances,
		.balance_count = view->balance_count,
	};
	if (!has_opening) /* nobody tells what an account of a real exchange began with */
		left.balance_count = right.balance_count = 0;
	agreement_compare(&left, &right, &out->agreement);
	compare_rest(ours, picture, &out->agreement);
	out->compared = true;
	out->our_trades = ours->trade_count;
	out->exchange_trades = view->trade_count;
	out->exchange_orders = view->orders_ever;
}

void books_compare(const struct service_paths *paths, const struct stack_config *stack,
                   const struct picture *picture, struct books_result *out)
{
	struct ours *ours = calloc(1, sizeof *ours);
	struct venue_view *view = calloc(1, sizeof *view);
	bool has_opening = venue_is_built_in(stack);
	memset(out, 0, sizeof *out);
	out->why = text_from("no memory");
	enum err err = ours == NULL || view == NULL ? ERR_IO : OK;
	if (err == OK)
		err = venue_view_read(paths, stack, view, &out->why);
	if (err == OK)
		err = read_journal(paths, "executor", take_executor_record, ours, &out->why);
	if (err == OK && has_opening)
		err = read_journal(paths, "exchange", take_exchange_record, ours, &out->why);
	if (err == OK) {
		expect_balances(ours);
		take_open_orders(ours, picture);
		compare(ours, view, has_opening, picture, out);
	}
	if (view != NULL)
		venue_view_free(view);
	if (ours != NULL)
		free(ours->trades);
	free(view);
	free(ours);
}
