/* SPDX-License-Identifier: Apache-2.0 */
#include "services/exchange/engine.h"

#include "common/model/instrument.h"
#include "services/exchange/history.h"
#include "services/exchange/lists.h"
#include "services/exchange/money.h"
#include "services/exchange/userdata.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void refusal_set(struct refusal *self, unsigned status, int code, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	self->status = status;
	self->code = code;
	vsnprintf(self->text, sizeof self->text, format, arguments);
	va_end(arguments);
}

static bool is_immediate(const struct account_order *order)
{
	return order->type == ORDER_TYPE_MARKET || order->type == ORDER_TYPE_STOP_LOSS ||
	       order->type == ORDER_TYPE_TAKE_PROFIT || order->time_in_force != TIME_IN_FORCE_GTC;
}

static struct instrument_context context_of(const struct exchange *self, const struct turn *turn,
                                            unsigned symbol)
{
	const struct account *account = &self->account;
	const struct instrument *instrument = &self->instruments[symbol];
	nanos_t span = (nanos_t)instrument->average_minutes * NANOS_MIN;
	struct instrument_context context = {
		.average_price = history_average(&self->markets[symbol], turn->at - span, turn->at),
		.base_held = money_add(account_free(account, &instrument->base),
	                               account_locked(account, &instrument->base)),
	};
	for (unsigned i = 0; i < account->open_count; i++) {
		const struct account_order *order = account_order(account, account->open[i]);
		if (order->symbol != symbol)
			continue;
		context.open_orders++;
		context.open_algo_orders += instrument_is_algo(order->type);
		if (order->side == SIDE_BUY)
			context.base_held = money_add(context.base_held,
			                              money_subtract(order->qty, order->executed));
	}
	return context;
}

static bool passes_filters(const struct instrument *instrument, const struct ledger_order *terms,
                           const struct instrument_context *context, struct refusal *refusal)
{
	struct instrument_order order = {
		.side = terms->side,
		.type = terms->type,
		.qty = terms->qty,
		.quote_qty = terms->quote_qty,
		.price = terms->price,
		.stop_price = terms->stop_price,
		.iceberg_qty = DECIMAL_ZERO,
	};
	const char *filter = instrument_refusal(instrument, &order, context);
	if (filter != NULL)
		refusal_set(refusal, 400, -1013, "Filter failure: %s", filter);
	return filter == NULL;
}

bool engine_accepts(const struct exchange *self, const struct turn *turn,
                    const struct ledger_order *terms, struct refusal *refusal)
{
	unsigned symbol = (unsigned)account_symbol(&self->account, terms->symbol.text);
	struct instrument_context context = context_of(self, turn, symbol);
	return passes_filters(&self->instruments[symbol], terms, &context, refusal);
}

bool engine_accepts_amend(const struct exchange *self, const struct turn *turn,
                          const struct ledger_order *terms, struct refusal *refusal)
{
	unsigned symbol = (unsigned)account_symbol(&self->account, terms->symbol.text);
	struct instrument_context context = context_of(self, turn, symbol);
	context.open_orders = context.open_algo_orders = 0;
	context.base_held = DECIMAL_ZERO;
	return passes_filters(&self->instruments[symbol], terms, &context, refusal);
}

static struct match_terms match_terms_of(const struct exchange *self,
                                         const struct ledger_order *terms)
{
	unsigned symbol = (unsigned)account_symbol(&self->account, terms->symbol.text);
	return (struct match_terms){terms->side, terms->price, terms->qty, terms->quote_qty,
	                            self->instruments[symbol].lot};
}

/* What a MARKET order would cost now, or what a resting order binds. */
static bool has_funds(const struct exchange *self, const struct ledger_order *terms,
                      const struct match *match, const struct instrument *instrument)
{
	decimal_t needed = account_lock_of(terms);
	const struct account_order *order = account_order(&self->account, terms->venue_id);
	const struct account_order *pair =
		order == NULL ? NULL : account_pair_of(&self->account, order);
	if (pair != NULL)
		needed = money_subtract(needed, decimal_min(needed, pair->locked));
	if (terms->type == ORDER_TYPE_MARKET)
		needed = terms->side == SIDE_BUY ? decimal_max(match->turnover, terms->quote_qty)
		                                 : terms->qty;
	return decimal_compare(needed,
	                       account_free(&self->account,
	                                    account_paying_asset(instrument, terms->side))) <= 0;
}

static bool passes_engine(const struct exchange *self, const struct ledger_order *terms,
                          const struct match *match, struct refusal *refusal)
{
	unsigned symbol = (unsigned)account_symbol(&self->account, terms->symbol.text);
	const struct market *market = &self->markets[symbol];
	const struct account_order *same =
		account_open_order_of(&self->account, symbol, terms->client_text.text);
	if (same != NULL && same->id != terms->venue_id)
		refusal_set(refusal, 400, -2010, "Duplicate order sent.");
	else if (instrument_is_algo(terms->type) &&
	         match_triggers(terms->type, terms->side, terms->stop_price, market->last_price))
		refusal_set(refusal, 400, -2010, "Order would trigger immediately.");
	else if (terms->type == ORDER_TYPE_LIMIT_MAKER &&
	         match_would_take(market, terms->side, terms->price))
		refusal_set(refusal, 400, -2010, "Order would immediately match and take.");
	else if (!has_funds(self, terms, match, &self->instruments[symbol]))
		refusal_set(refusal, 400, -2010,
		            "Account has insufficient balance for requested action.");
	else
		return true;
	return false;
}

static struct exchange_place *place_of(struct exchange *self, const struct account_order *order)
{
	struct exchange_place *free_place = NULL;
	for (size_t i = 0; i < ACCOUNT_OPEN_MAX; i++) {
		struct exchange_place *place = &self->places[i];
		if (place->order == order->id)
			return place;
		const struct account_order *other = account_order(&self->account, place->order);
		if (free_place == NULL && (other == NULL || !account_is_open(other)))
			free_place = place;
	}
	assert(free_place != NULL);
	free_place->order = order->id;
	free_place->ahead = match_queue(&self->markets[order->symbol], order->side, order->price);
	return free_place;
}

static void fill(struct exchange *self, struct turn *turn, uint64_t id, struct match_fill part,
                 bool maker)
{
	const struct account_order *order = account_order(&self->account, id);
	lists_executes(self, turn, order);
	if (money_is_zero(order->executed))
		limits_filled(&self->limits);
	decimal_t rate = maker ? self->config->fee_maker : self->config->fee_taker;
	struct ledger_trade record = {
		.venue_id = id,
		.trade_id = self->account.trade_ids[order->symbol] + 1,
		.price = part.price,
		.qty = part.qty,
		.fee = account_fee(order->side, part.price, part.qty, rate),
		.maker = maker,
		.at = turn->at,
	};
	exchange_record(self, turn, MESSAGE_LEDGER_TRADE, &record);
	const struct account_fill *made =
		account_fill(&self->account, account_fills_kept(&self->account) - 1);
	userdata_order(self, turn, id, "TRADE", made, NULL);
	lists_changed(self, turn, order);
}

void engine_expire(struct exchange *self, struct turn *turn, uint64_t id, const char *reason)
{
	struct ledger_end record = {
		.venue_id = id,
		.status = VENUE_STATUS_EXPIRED,
		.reason = text_from(reason),
		.at = turn->at,
	};
	exchange_record(self, turn, MESSAGE_LEDGER_END, &record);
	userdata_order(self, turn, id, "EXPIRED", NULL, NULL);
}

static void expire(struct exchange *self, struct turn *turn, uint64_t id, const char *reason)
{
	engine_expire(self, turn, id, reason);
	lists_changed(self, turn, account_order(&self->account, id));
}

static const char *expiry_reason(const struct account_order *order)
{
	return order->time_in_force == TIME_IN_FORCE_FOK   ? "UNFILLED_FOK_ORDER_EXPIRED"
	       : order->time_in_force == TIME_IN_FORCE_IOC ? "UNFILLED_IOC_QUANTITY_EXPIRED"
	                                                   : "INSUFFICIENT_LIQUIDITY";
}

/* An order that is on the book since now: takes what `match` found, then rests or ends. */
void engine_work(struct exchange *self, struct turn *turn, uint64_t id, const struct match *match)
{
	const struct account_order *order = account_order(&self->account, id);
	bool is_killed = order->time_in_force == TIME_IN_FORCE_FOK &&
	                 decimal_compare(match->qty, order->qty) < 0;
	if (!is_killed)
		match_consume(&self->markets[order->symbol], order->side, match);
	for (size_t i = 0; i < match->count && !is_killed; i++)
		fill(self, turn, id, match->fills[i], false);
	if (account_is_open(order) && is_immediate(order))
		expire(self, turn, id, expiry_reason(order));
	else if (account_is_open(order))
		place_of(self, order);
}

bool engine_passes(const struct exchange *self, struct ledger_order *terms, struct match *match,
                   struct refusal *refusal)
{
	unsigned symbol = (unsigned)account_symbol(&self->account, terms->symbol.text);
	match->count = 0;
	match->qty = match->turnover = DECIMAL_ZERO;
	terms->working = !instrument_is_algo(terms->type);
	if (terms->working) {
		struct match_terms taking = match_terms_of(self, terms);
		match_take(&self->markets[symbol], &taking, match);
	}
	if (!passes_engine(self, terms, match, refusal))
		return false;
	if (money_is_zero(terms->qty))
		terms->qty = match->qty;
	return true;
}

void engine_begin(struct exchange *self, struct turn *turn, struct ledger_order *terms)
{
	terms->venue_id = account_next_id(&self->account);
	terms->at = turn->at;
	exchange_record(self, turn, MESSAGE_LEDGER_ORDER, terms);
	userdata_order(self, turn, terms->venue_id, "NEW", NULL, NULL);
}

bool engine_place(struct exchange *self, struct turn *turn, struct ledger_order *terms,
                  struct refusal *refusal)
{
	unsigned symbol = (unsigned)account_symbol(&self->account, terms->symbol.text);
	struct match match;
	if (!engine_passes(self, terms, &match, refusal))
		return false;
	engine_begin(self, turn, terms);
	if (terms->working)
		engine_work(self, turn, terms->venue_id, &match);
	userdata_account(self, turn, symbol);
	return true;
}

/* The order's terms again, as a record of what happens to it now. */
static struct ledger_order record_of(const struct exchange *self, const struct turn *turn,
                                     const struct account_order *order)
{
	return (struct ledger_order){
		.venue_id = order->id,
		.symbol = self->instruments[order->symbol].symbol,
		.client_text = text_from(order->client),
		.side = order->side,
		.type = order->type,
		.time_in_force = order->time_in_force,
		.qty = order->qty,
		.price = order->price,
		.stop_price = order->stop_price,
		.list_id = order->list_id,
		.at = turn->at,
	};
}

void engine_activate(struct exchange *self, struct turn *turn, uint64_t id)
{
	const struct account_order *order = account_order(&self->account, id);
	struct ledger_order record = record_of(self, turn, order);
	struct refusal refusal;
	struct match match;
	if (!engine_passes(self, &record, &match, &refusal)) {
		engine_expire(self, turn, id, "REJECTED");
		return;
	}
	exchange_record(self, turn, MESSAGE_LEDGER_ORDER, &record);
	userdata_order(self, turn, id, "NEW", NULL, NULL);
	if (record.working)
		engine_work(self, turn, id, &match);
}

static void cancel(struct exchange *self, struct turn *turn, uint64_t id, const char *client)
{
	struct ledger_end record = {
		.venue_id = id,
		.status = VENUE_STATUS_CANCELED,
		.reason = text_from(client),
		.at = turn->at,
	};
	exchange_record(self, turn, MESSAGE_LEDGER_END, &record);
	userdata_order(self, turn, id, "CANCELED", NULL, client);
}

void engine_cancel(struct exchange *self, struct turn *turn, uint64_t id, const char *client)
{
	const struct account_order *order = account_order(&self->account, id);
	const struct account_list *list = account_list(&self->account, order->list_id);
	if (list == NULL)
		cancel(self, turn, id, client);
	for (unsigned i = 0; list != NULL && i < list->count; i++)
		if (account_has_open(&self->account, list->orders[i]))
			cancel(self, turn, list->orders[i], client);
	lists_changed(self, turn, order);
	userdata_account(self, turn, order->symbol);
}

void engine_amend(struct exchange *self, struct turn *turn, uint64_t id, const char *client,
                  decimal_t qty)
{
	const struct account_order *order = account_order(&self->account, id);
	struct ledger_amend record = {
		.venue_id = id,
		.client_text = text_from(client),
		.qty = qty,
		.at = turn->at,
	};
	char before[CLIENT_ID_SIZE];
	memcpy(before, order->client, sizeof before);
	exchange_record(self, turn, MESSAGE_LEDGER_AMEND, &record);
	userdata_amended(self, turn, id, before);
	userdata_account(self, turn, order->symbol);
}

static void trigger(struct exchange *self, struct turn *turn, const struct account_order *order)
{
	const struct instrument *instrument = &self->instruments[order->symbol];
	lists_executes(self, turn, order);
	struct ledger_order record = record_of(self, turn, order);
	record.working = true;
	exchange_record(self, turn, MESSAGE_LEDGER_ORDER, &record);
	userdata_order(self, turn, order->id, "NEW", NULL, NULL);
	struct match_terms taking = match_terms_of(self, &record);
	/* A buy without a limit can't spend more than there is. */
	if (order->side == SIDE_BUY && money_is_zero(order->price))
		taking.budget =
			money_add(order->locked, account_free(&self->account, &instrument->quote));
	struct match match;
	match_take(&self->markets[order->symbol], &taking, &match);
	engine_work(self, turn, order->id, &match);
}

static struct match_resting resting_of(struct exchange *self, const struct account_order *order)
{
	return (struct match_resting){
		.side = order->side,
		.price = order->price,
		.left = money_subtract(order->qty, order->executed),
		.ahead = place_of(self, order)->ahead,
	};
}

static bool follow_trade(struct exchange *self, struct turn *turn,
                         const struct account_order *order, const struct market_message *message,
                         decimal_t *used)
{
	struct match_resting resting = resting_of(self, order);
	decimal_t qty = match_trade(&resting, message, used);
	place_of(self, order)->ahead = resting.ahead;
	if (money_is_zero(qty))
		return false;
	fill(self, turn, order->id, (struct match_fill){order->price, qty}, true);
	return true;
}

/* The book may have come across the order: then what it displays there fills us, at our price. */
static bool follow_book(struct exchange *self, struct turn *turn, const struct account_order *order)
{
	struct market *market = &self->markets[order->symbol];
	struct match_resting resting = resting_of(self, order);
	match_requeue(&resting, market);
	place_of(self, order)->ahead = resting.ahead;
	if (!match_would_take(market, order->side, order->price))
		return false;
	struct match_terms taking = {order->side, order->price, resting.left, DECIMAL_ZERO,
	                             DECIMAL_ZERO};
	struct match match;
	match_take(market, &taking, &match);
	if (match.count == 0)
		return false;
	match_consume(market, order->side, &match);
	fill(self, turn, order->id, (struct match_fill){order->price, match.qty}, true);
	return true;
}

static bool follow(struct exchange *self, struct turn *turn, uint64_t id,
                   const struct market_message *message, decimal_t *used)
{
	const struct account_order *order = account_order(&self->account, id);
	const struct market *market = &self->markets[order->symbol];
	if (!account_is_open(order) || order->status == VENUE_STATUS_PENDING_NEW)
		return false; /* ended with its list, or waits for it */
	if (!order->working) {
		bool is_reached = match_triggers(order->type, order->side, order->stop_price,
		                                 market->last_price);
		if (is_reached)
			trigger(self, turn, order);
		return is_reached;
	}
	if (message != NULL && message->kind == TAPE_TRADE)
		return follow_trade(self, turn, order, message, used);
	return follow_book(self, turn, order);
}

/* `message` is NULL after a restart. */
static void follow_all(struct exchange *self, struct turn *turn, unsigned symbol,
                       const struct market_message *message)
{
	uint64_t open[ACCOUNT_OPEN_MAX];
	unsigned count = self->account.open_count;
	for (unsigned i = 0; i < count; i++)
		open[i] = self->account.open[i];
	decimal_t used = DECIMAL_ZERO;
	bool changed = false;
	for (unsigned i = 0; i < count; i++)
		if (account_order(&self->account, open[i])->symbol == symbol)
			changed |= follow(self, turn, open[i], message, &used);
	if (changed)
		userdata_account(self, turn, symbol);
}

void engine_follow(struct exchange *self, struct turn *turn, unsigned symbol,
                   const struct market_message *message)
{
	if (message->kind != TAPE_TOP)
		follow_all(self, turn, symbol, message);
}

void engine_catch_up(struct exchange *self, struct turn *turn)
{
	for (unsigned i = self->account.open_count; i-- > 0;) {
		const struct account_order *order =
			account_order(&self->account, self->account.open[i]);
		if (order->working && is_immediate(order))
			expire(self, turn, order->id, expiry_reason(order));
	}
	lists_catch_up(self, turn);
	for (unsigned symbol = 0; symbol < self->symbol_count; symbol++)
		follow_all(self, turn, symbol, NULL);
}
