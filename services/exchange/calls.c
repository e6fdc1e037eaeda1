/* SPDX-License-Identifier: Apache-2.0 */
#include "services/exchange/calls.h"

#include "services/exchange/history.h"
#include "services/exchange/money.h"

#include <stdlib.h>
#include <string.h>

bool call_symbol(struct exchange *self, struct call *call, unsigned *out)
{
	const char *name = NULL;
	if (!params_text(&call->params, "symbol", true, &name, &call->refusal))
		return false;
	int symbol = account_symbol(&self->account, name);
	if (symbol < 0) {
		refusal_set(&call->refusal, 400, -1121, "Invalid symbol.");
		return false;
	}
	*out = (unsigned)symbol;
	return true;
}

bool call_limit(struct call *call, uint64_t fallback, uint64_t max, uint64_t *out)
{
	*out = fallback;
	if (!params_number(&call->params, "limit", false, out, &call->refusal))
		return false;
	*out = *out > max ? max : *out;
	if (*out == 0) {
		refusal_set(&call->refusal, 400, -1130,
		            "Data sent for parameter 'limit' is not valid.");
		return false;
	}
	return true;
}

static bool call_ping(struct exchange *self, struct call *call)
{
	(void)self;
	call->result = json_object();
	return true;
}

static bool call_time(struct exchange *self, struct call *call)
{
	(void)self;
	call->result = json_pack("{s:I}", "serverTime", (json_int_t)render_time(call->turn->at));
	return true;
}

/* Symbols that a request names by symbol or symbols; all of them when it names none. */
static bool chosen_symbols(struct exchange *self, struct call *call,
                           bool chosen[ACCOUNT_SYMBOLS_MAX])
{
	const char *one = params_find(&call->params, "symbol");
	const char *many = params_find(&call->params, "symbols");
	json_t *names = one != NULL ? json_pack("[s]", one) : json_array();
	if (many != NULL) {
		json_decref(names);
		names = json_loads(many, 0, NULL);
	}
	for (unsigned i = 0; i < self->symbol_count; i++)
		chosen[i] = one == NULL && many == NULL;
	bool good = json_is_array(names);
	for (size_t i = 0; good && i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		int symbol = name == NULL ? -1 : account_symbol(&self->account, name);
		good = symbol >= 0;
		if (good)
			chosen[symbol] = true;
	}
	json_decref(names);
	if (!good)
		refusal_set(&call->refusal, 400, -1121, "Invalid symbol.");
	return good;
}

static bool call_exchange_info(struct exchange *self, struct call *call)
{
	bool chosen[ACCOUNT_SYMBOLS_MAX] = {false};
	if (!chosen_symbols(self, call, chosen))
		return false;
	json_t *symbols = json_array();
	for (unsigned i = 0; i < self->symbol_count; i++)
		if (chosen[i])
			json_array_append_new(symbols, render_symbol(&self->instruments[i]));
	call->result = json_pack("{s:s, s:I, s:o, s:[], s:o}", "timezone", "UTC", "serverTime",
	                         (json_int_t)render_time(call->turn->at), "rateLimits",
	                         render_limits(&self->limits, false), "exchangeFilters", "symbols",
	                         symbols);
	return true;
}

static unsigned weigh_depth(struct params *params)
{
	const char *limit = params_find(params, "limit");
	unsigned long depth = limit == NULL ? 100 : strtoul(limit, NULL, 10);
	return depth <= 100 ? 5 : depth <= 500 ? 25 : depth <= 1000 ? 50 : 250;
}

static bool call_depth(struct exchange *self, struct call *call)
{
	unsigned symbol;
	uint64_t limit;
	if (!call_symbol(self, call, &symbol) || !call_limit(call, 100, BOOK_DEPTH_MAX, &limit))
		return false;
	const struct book *book = &self->markets[symbol].book;
	uint32_t most = (uint32_t)limit;
	uint32_t bids = book->bids.count < most ? book->bids.count : most;
	uint32_t asks = book->asks.count < most ? book->asks.count : most;
	call->result = json_pack("{s:I, s:o, s:o}", "lastUpdateId", (json_int_t)book->id, "bids",
	                         render_levels(book->bids.levels, bids), "asks",
	                         render_levels(book->asks.levels, asks));
	return true;
}

static const struct {
	const char *name;
	nanos_t span;
} intervals[] = {
	{"1s", NANOS_S},         {"1m", NANOS_MIN},       {"3m", 3 * NANOS_MIN},
	{"5m", 5 * NANOS_MIN},   {"15m", 15 * NANOS_MIN}, {"30m", 30 * NANOS_MIN},
	{"1h", 60 * NANOS_MIN},  {"2h", 120 * NANOS_MIN}, {"4h", 240 * NANOS_MIN},
	{"6h", 360 * NANOS_MIN}, {"8h", 480 * NANOS_MIN}, {"12h", 720 * NANOS_MIN},
	{"1d", NANOS_DAY},       {"3d", 3 * NANOS_DAY},   {"1w", 7 * NANOS_DAY},
};

static bool read_interval(struct call *call, nanos_t *span)
{
	const char *name = NULL;
	if (!params_text(&call->params, "interval", true, &name, &call->refusal))
		return false;
	for (size_t i = 0; i < sizeof intervals / sizeof *intervals; i++)
		if (strcmp(intervals[i].name, name) == 0) {
			*span = intervals[i].span;
			return true;
		}
	refusal_set(&call->refusal, 400, -1120, "Invalid interval.");
	return false;
}

static json_t *render_total(const struct decimal_total *total)
{
	decimal_t value;
	if (decimal_total_value(total, &value) == OK &&
	    decimal_round_places(value, MONEY_PLACES, ROUND_DOWN, &value) == OK)
		return render_decimal(value);
	char text[DECIMAL_TEXT_SIZE + 16];
	return json_string(decimal_total_print(total, text));
}

static json_t *render_candle(const struct market *market, nanos_t start, nanos_t span)
{
	struct history_candle candle;
	history_candle(market, start, start + span, &candle);
	return json_pack("[I, o, o, o, o, o, I, o, I, o, o, s]", (json_int_t)render_time(start),
	                 render_decimal(candle.open), render_decimal(candle.high),
	                 render_decimal(candle.low), render_decimal(candle.close),
	                 render_total(&candle.volume), (json_int_t)render_time(start + span) - 1,
	                 render_total(&candle.turnover), (json_int_t)candle.trades,
	                 render_total(&candle.taker_volume), render_total(&candle.taker_turnover),
	                 "0");
}

/* Only startTime: oldest first from there; only endTime, or none: newest up to there. */
static bool call_klines(struct exchange *self, struct call *call)
{
	unsigned symbol;
	nanos_t span;
	uint64_t limit, from = 0, to = (uint64_t)render_time(call->turn->at);
	if (!call_symbol(self, call, &symbol) || !read_interval(call, &span) ||
	    !call_limit(call, 500, 1000, &limit) ||
	    !params_number(&call->params, "startTime", false, &from, &call->refusal) ||
	    !params_number(&call->params, "endTime", false, &to, &call->refusal))
		return false;
	nanos_t now = call->turn->at,
		end = (nanos_t)to > now / NANOS_MS ? now : (nanos_t)to * NANOS_MS;
	/* Weeks begin on Monday; the epoch was a Thursday. */
	nanos_t phase = span == 7 * NANOS_DAY ? 4 * NANOS_DAY : 0;
	nanos_t last = (end - phase) / span * span + phase;
	nanos_t first = last - ((nanos_t)limit - 1) * span;
	if (from != 0) {
		nanos_t start =
			(nanos_t)from > now / NANOS_MS ? now + span : (nanos_t)from * NANOS_MS;
		first = (start - phase + span - 1) / span * span + phase;
		nanos_t most = first + ((nanos_t)limit - 1) * span;
		last = last < most ? last : most;
	}
	call->result = json_array();
	for (nanos_t start = first < 0 ? phase % span : first; start <= last; start += span)
		json_array_append_new(call->result,
		                      render_candle(&self->markets[symbol], start, span));
	return true;
}

static bool call_price(struct exchange *self, struct call *call)
{
	unsigned symbol;
	if (!call_symbol(self, call, &symbol))
		return false;
	call->result = json_pack("{s:s, s:o}", "symbol", self->instruments[symbol].symbol.text,
	                         "price", render_decimal(self->markets[symbol].last_price));
	return true;
}

static bool call_average(struct exchange *self, struct call *call)
{
	unsigned symbol;
	if (!call_symbol(self, call, &symbol))
		return false;
	nanos_t span = (nanos_t)self->instruments[symbol].average_minutes * NANOS_MIN,
		now = call->turn->at;
	call->result = json_pack(
		"{s:I, s:o, s:I}", "mins", (json_int_t)self->instruments[symbol].average_minutes,
		"price", render_decimal(history_average(&self->markets[symbol], now - span, now)),
		"closeTime", (json_int_t)render_time(now));
	return true;
}

static bool call_best(struct exchange *self, struct call *call)
{
	unsigned symbol;
	if (!call_symbol(self, call, &symbol))
		return false;
	static const struct level nothing;
	const struct level *bid = book_best_bid(&self->markets[symbol].book);
	const struct level *ask = book_best_ask(&self->markets[symbol].book);
	bid = bid == NULL ? &nothing : bid;
	ask = ask == NULL ? &nothing : ask;
	call->result = json_pack(
		"{s:s, s:o, s:o, s:o, s:o}", "symbol", self->instruments[symbol].symbol.text,
		"bidPrice", render_decimal(bid->price), "bidQty", render_decimal(bid->qty),
		"askPrice", render_decimal(ask->price), "askQty", render_decimal(ask->qty));
	return true;
}

static bool call_account(struct exchange *self, struct call *call)
{
	const char *omit = params_find(&call->params, "omitZeroBalances");
	call->result = render_account(self, omit != NULL && strcmp(omit, "true") == 0);
	return true;
}

static bool call_order_counts(struct exchange *self, struct call *call)
{
	call->result = render_limits(&self->limits, true);
	json_array_remove(call->result, LIMIT_WEIGHT);
	return true;
}

static bool call_subscribe(struct exchange *self, struct call *call)
{
	size_t users = 0;
	for (size_t i = 0; i < EXCHANGE_CLIENTS_MAX; i++)
		users += self->clients[i].id != 0 && self->clients[i].is_user;
	if (users >= EXCHANGE_USERS_MAX)
		refusal_set(&call->refusal, 429, -1034, "Too many concurrent connections.");
	else if (call->client->is_user)
		refusal_set(&call->refusal, 400, -2035,
		            "User data stream subscription already active.");
	else {
		size_t index = (size_t)(call->client - self->clients);
		self->clients[index].is_user = true;
		call->result = json_pack("{s:i}", "subscriptionId", 0);
		return true;
	}
	return false;
}

static bool call_unsubscribe(struct exchange *self, struct call *call)
{
	self->clients[call->client - self->clients].is_user = false;
	call->result = json_object();
	return true;
}

static unsigned weigh_open(struct params *params)
{
	return params_find(params, "symbol") == NULL ? 80 : 6;
}

static unsigned weigh_trades(struct params *params)
{
	return params_find(params, "orderId") == NULL ? 20 : 5;
}

#define SUBSCRIBE "userDataStream.subscribe.signature"

const struct call_row call_rows[] = {
	{"GET", "/api/v3/ping", "ping", 1, 0, NULL, call_ping},
	{"GET", "/api/v3/time", "time", 1, 0, NULL, call_time},
	{"GET", "/api/v3/exchangeInfo", "exchangeInfo", 20, 0, NULL, call_exchange_info},
	{"GET", "/api/v3/depth", "depth", 0, 0, weigh_depth, call_depth},
	{"GET", "/api/v3/klines", "klines", 2, 0, NULL, call_klines},
	{"GET", "/api/v3/avgPrice", "avgPrice", 2, 0, NULL, call_average},
	{"GET", "/api/v3/ticker/price", "ticker.price", 2, 0, NULL, call_price},
	{"GET", "/api/v3/ticker/bookTicker", "ticker.book", 2, 0, NULL, call_best},
	{"POST", "/api/v3/order", "order.place", 1, CALL_SIGNED | CALL_ORDERS | CALL_STRICT, NULL,
         call_order_place},
	{"POST", "/api/v3/order/test", "order.test", 1, CALL_SIGNED | CALL_STRICT, NULL,
         call_order_test},
	{"GET", "/api/v3/order", "order.status", 4, CALL_SIGNED, NULL, call_order_query},
	{"DELETE", "/api/v3/order", "order.cancel", 1, CALL_SIGNED | CALL_ORDERS | CALL_STRICT,
         NULL, call_order_cancel},
	{"POST", "/api/v3/order/cancelReplace", "order.cancelReplace", 1,
         CALL_SIGNED | CALL_ORDERS | CALL_STRICT, NULL, call_order_replace},
	{"PUT", "/api/v3/order/amend/keepPriority", "order.amend.keepPriority", 4,
         CALL_SIGNED | CALL_ORDERS | CALL_STRICT, NULL, call_order_amend},
	{"POST", "/api/v3/orderList/oco", "orderList.place.oco", 1,
         CALL_SIGNED | CALL_ORDERS | CALL_STRICT, NULL, call_list_oco},
	{"POST", "/api/v3/orderList/oto", "orderList.place.oto", 1,
         CALL_SIGNED | CALL_ORDERS | CALL_STRICT, NULL, call_list_oto},
	{"POST", "/api/v3/orderList/otoco", "orderList.place.otoco", 1,
         CALL_SIGNED | CALL_ORDERS | CALL_STRICT, NULL, call_list_otoco},
	{"GET", "/api/v3/orderList", "orderList.status", 4, CALL_SIGNED | CALL_STRICT, NULL,
         call_list_query},
	{"DELETE", "/api/v3/orderList", "orderList.cancel", 1,
         CALL_SIGNED | CALL_ORDERS | CALL_STRICT, NULL, call_list_cancel},
	{"GET", "/api/v3/openOrderList", "openOrderLists.status", 6, CALL_SIGNED | CALL_STRICT,
         NULL, call_open_lists},
	{"GET", "/api/v3/allOrderList", "allOrderLists", 20, CALL_SIGNED | CALL_STRICT, NULL,
         call_all_lists},
	{"GET", "/api/v3/openOrders", "openOrders.status", 0, CALL_SIGNED, weigh_open,
         call_open_orders},
	{"DELETE", "/api/v3/openOrders", "openOrders.cancelAll", 1, CALL_SIGNED | CALL_ORDERS, NULL,
         call_cancel_open},
	{"GET", "/api/v3/allOrders", "allOrders", 20, CALL_SIGNED, NULL, call_all_orders},
	{"GET", "/api/v3/myTrades", "myTrades", 0, CALL_SIGNED, weigh_trades, call_my_trades},
	{"GET", "/api/v3/account", "account.status", 20, CALL_SIGNED, NULL, call_account},
	{"GET", "/api/v3/rateLimit/order", "account.rateLimits.orders", 40, CALL_SIGNED, NULL,
         call_order_counts},
	{NULL, NULL, SUBSCRIBE, 2, CALL_SIGNED, NULL, call_subscribe},
	{NULL, NULL, "userDataStream.unsubscribe", 2, 0, NULL, call_unsubscribe},
};

const size_t call_row_count = sizeof call_rows / sizeof *call_rows;

bool call_run(struct exchange *self, const struct call_row *row, struct call *call)
{
	unsigned weight = row->weigh != NULL ? row->weigh(&call->params) : row->weight;
	if (!limits_weigh(&self->limits, weight)) {
		call_refuse_throttled(self, call);
		return false;
	}
	bool done = row->run(self, call);
	if (done && (row->flags & CALL_ORDERS) != 0)
		limits_unweigh(&self->limits, weight);
	return done;
}

enum fate call_fate(const struct exchange *self, struct turn *turn, const struct call_row *row)
{
	if ((row->flags & CALL_SIGNED) == 0)
		return FATE_NORMAL;
	if (exchange_draws(turn, self->config->throttle_pct))
		return FATE_THROTTLED;
	if (exchange_draws(turn, self->config->fail_pct))
		return exchange_draws(turn, decimal_make(50, 0)) ? FATE_FAILED_DONE
		                                                 : FATE_FAILED_UNDONE;
	return exchange_draws(turn, self->config->drop_pct) ? FATE_UNANSWERED : FATE_NORMAL;
}

void call_refuse_throttled(struct exchange *self, struct call *call)
{
	refusal_set(
		&call->refusal, 429, -1003,
		"Too much request weight used; current limit is %llu request weight per 1 MINUTE.",
		(unsigned long long)self->limits.windows[LIMIT_WEIGHT].max);
	call->refusal.wait = limits_wait(&self->limits, LIMIT_WEIGHT, call->turn->at);
}

void call_refuse_unknown(struct call *call)
{
	refusal_set(&call->refusal, 503, -1007,
	            "Timeout waiting for response from backend server. Send status unknown; "
	            "execution status unknown.");
}

json_t *call_render_refusal(struct call *call)
{
	json_t *error =
		json_pack("{s:i, s:s}", "code", call->refusal.code, "msg", call->refusal.text);
	if (call->data != NULL)
		json_object_set_new(error, "data", call->data);
	call->data = NULL;
	return error;
}

void call_forget(struct call *call)
{
	json_decref(call->result);
	json_decref(call->data);
	call->result = call->data = NULL;
}
