/* SPDX-License-Identifier: Apache-2.0 */
/* Map: ends of an answer; parameters; one function per request; the routes. */
#include "common/sim/exchange_request.h"

#include <string.h>

enum { CANCEL_REJECTED = 2011 };

const struct sim_names sim_plain_names = {
	.side = "side",
	.type = "type",
	.time_in_force = "timeInForce",
	.qty = "quantity",
	.price = "price",
	.stop_price = "stopPrice",
	.client_id = "newClientOrderId",
};

void sim_call_refuse(struct sim_call *self, unsigned status, uint64_t code, const char *text)
{
	struct venue_answer *answer = self->answer;

	answer->http_status = status;
	answer->code = code;
	answer->text = text_from(text);
	answer->items = 0;
	/* A response to a frame doesn't repeat what was asked; only a cancel is refused so. */
	bool is_cancel = self->is_frame && code == CANCEL_REJECTED;
	answer->evidence =
		evidence_of(is_cancel ? EVIDENCE_OF_CANCEL : self->asked, status, code, text);
	answer->retry_after_ms = evidence_wait_ms(status);
}

void sim_call_refused(struct sim_call *self, const struct sim_refusal *refusal)
{
	sim_call_refuse(self, refusal->status, refusal->code, refusal->text.text);
	/* A header tells whole seconds, a response to a frame the moment. */
	nanos_t unit = self->is_frame ? NANOS_MS : NANOS_S;
	if (refusal->wait > 0)
		self->answer->retry_after_ms =
			(uint64_t)((refusal->wait + unit - 1) / unit * (unit / NANOS_MS));
}

void sim_call_emit(struct sim_call *self, enum message_type type, const void *body)
{
	self->sink->take(self->sink->self, type, body);
	self->answer->items++;
}

void sim_call_emit_order(struct sim_call *self, const struct sim_order *order)
{
	struct venue_order told = sim_tell_order(order, SOURCE_ACK);

	sim_call_emit(self, MESSAGE_VENUE_ORDER, &told);
}

void sim_call_emit_fills(struct sim_call *self, const struct sim_order *order, uint32_t before)
{
	const struct sim_exchange *exchange = self->exchange;

	for (uint32_t i = before; i < exchange->trade_count; i++) {
		if (exchange->trades[i].venue_id != order->venue_id)
			continue;
		struct venue_fill told = sim_tell_fill(&exchange->trades[i], SOURCE_ACK);
		sim_call_emit(self, MESSAGE_VENUE_FILL, &told);
	}
}

bool sim_call_symbol(struct sim_call *self, uint16_t *market)
{
	const char *symbol = sim_params_find(self->params, "symbol");
	int index = symbol == NULL ? -1 : sim_symbol_index(self->exchange, symbol);

	if (symbol == NULL)
		sim_call_refuse(self, 400, 1102,
		                "Mandatory parameter 'symbol' was not sent, was empty/null, or "
		                "malformed.");
	else if (index < 0)
		sim_call_refuse(self, 400, 1121, "Invalid symbol.");
	else
		*market = (uint16_t)index;
	return index >= 0;
}

bool sim_call_missing(struct sim_call *self, const char *name)
{
	text_t text = text_format(
		"Mandatory parameter '%s' was not sent, was empty/null, or malformed.", name);

	sim_call_refuse(self, 400, 1102, text.text);
	return false;
}

static bool needs_limit(enum order_type type)
{
	return type != ORDER_TYPE_MARKET && type != ORDER_TYPE_STOP_LOSS &&
	       type != ORDER_TYPE_TAKE_PROFIT;
}

static bool needs_stop(enum order_type type)
{
	return type != ORDER_TYPE_MARKET && type != ORDER_TYPE_LIMIT &&
	       type != ORDER_TYPE_LIMIT_MAKER;
}

/* The parameters that only some types take; the others of these they refuse. */
static bool read_form(struct sim_call *call, const struct sim_names *names, struct sim_terms *terms)
{
	const struct sim_params *params = call->params;
	const char *const optional[] = {names->time_in_force, names->price, names->stop_price};
	bool wanted[] = {
		needs_limit(terms->type) && terms->type != ORDER_TYPE_LIMIT_MAKER,
		needs_limit(terms->type),
		needs_stop(terms->type),
	};

	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		if (wanted[i] == (sim_params_find(params, optional[i]) != NULL))
			continue;
		if (wanted[i])
			return sim_call_missing(call, optional[i]);
		text_t text = text_format("Parameter '%s' sent when not required.", optional[i]);
		sim_call_refuse(call, 400, 1106, text.text);
		return false;
	}
	terms->time_in_force = TIME_IN_FORCE_GTC;
	if (wanted[0])
		terms->time_in_force = (enum time_in_force)sim_params_enum(
			params, names->time_in_force, &enum_time_in_force);
	if (terms->time_in_force == 0)
		return sim_call_missing(call, names->time_in_force);
	if (wanted[1] && !sim_params_decimal(params, names->price, &terms->price))
		return sim_call_missing(call, names->price);
	return !wanted[2] || sim_params_decimal(params, names->stop_price, &terms->stop_price) ||
	       sim_call_missing(call, names->stop_price);
}

bool sim_call_terms(struct sim_call *self, const struct sim_names *names, struct sim_terms *terms)
{
	const struct sim_params *params = self->params;
	const char *client = sim_params_find(params, names->client_id);

	*terms = (struct sim_terms){.valid_until = self->valid_until};
	if (!sim_call_symbol(self, &terms->market))
		return false;
	terms->side = (enum side)sim_params_enum(params, names->side, &enum_side);
	terms->type = (enum order_type)sim_params_enum(params, names->type, &enum_order_type);
	if (terms->side == 0)
		return sim_call_missing(self, names->side);
	if (terms->type == 0)
		return sim_call_missing(self, names->type);
	if (!sim_params_decimal(params, names->qty, &terms->qty))
		return sim_call_missing(self, names->qty);
	if (client == NULL || *client == '\0' || strlen(client) > 36)
		return sim_call_missing(self, names->client_id);
	terms->client_text = text_from(client);
	return read_form(self, names, terms);
}

static void place(struct sim_call *call)
{
	struct sim_terms terms;
	struct sim_refusal refusal;
	uint32_t before = call->exchange->trade_count;

	if (!sim_call_terms(call, &sim_plain_names, &terms))
		return;
	struct sim_order *order = sim_place(call->exchange, &call->turn, &terms, &refusal);
	if (order == NULL) {
		sim_call_refused(call, &refusal);
		return;
	}
	sim_call_emit_order(call, order);
	/* Of an order in a frame's answer the dialect reads no executions. */
	if (!call->is_frame)
		sim_call_emit_fills(call, order, before);
}

/* The order that orderId or origClientOrderId names; `seen`: as a query sees it. */
static struct sim_order *named_order(struct sim_call *call, uint16_t market, bool seen)
{
	const char *client = sim_params_find(call->params, "origClientOrderId");
	struct sim_order *order = NULL;
	uint64_t id;

	if (sim_params_number(call->params, "orderId", &id))
		order = sim_order_of(call->exchange, id);
	else if (client != NULL && seen)
		order = sim_order_seen(call->exchange, market, client, call->turn.now);
	else if (client != NULL)
		order = sim_order_named(call->exchange, market, client);
	if (order != NULL && seen && call->turn.now < order->visible_at)
		return NULL;
	return order != NULL && order->market == market ? order : NULL;
}

static void cancel(struct sim_call *call)
{
	uint16_t market;

	if (!sim_call_symbol(call, &market))
		return;
	struct sim_order *order = named_order(call, market, false);
	if (order == NULL || !sim_order_is_open(order)) {
		sim_call_refuse(call, 400, 2011, "Unknown order sent.");
		return;
	}
	sim_cancel(call->exchange, &call->turn, order);
	sim_call_emit_order(call, order);
}

static void cancel_all(struct sim_call *call)
{
	struct sim_exchange *exchange = call->exchange;
	uint16_t market;

	if (!sim_call_symbol(call, &market))
		return;
	for (uint32_t i = 0; i < exchange->live_count; i++) {
		struct sim_order *order = &exchange->orders[exchange->live[i]];
		if (order->market != market || !sim_order_is_open(order) ||
		    !sim_stream_has_room(exchange))
			continue;
		sim_cancel(exchange, &call->turn, order);
		sim_call_emit_order(call, order);
	}
	if (call->answer->items == 0)
		sim_call_refuse(call, 400, 2011, "Unknown order sent.");
}

static void query(struct sim_call *call)
{
	uint16_t market;

	if (!sim_call_symbol(call, &market))
		return;
	const struct sim_order *order = named_order(call, market, true);
	if (order == NULL) {
		sim_call_refuse(call, 400, 2013, "Order does not exist.");
		return;
	}
	struct venue_order told = sim_tell_view(order, call->turn.now);
	sim_call_emit(call, MESSAGE_VENUE_ORDER, &told);
}

static void open_orders(struct sim_call *call)
{
	const struct sim_exchange *exchange = call->exchange;
	bool has_symbol = sim_params_find(call->params, "symbol") != NULL;
	uint16_t market = 0;

	if (has_symbol && !sim_call_symbol(call, &market))
		return;
	for (uint32_t i = 0; i < exchange->live_count; i++) {
		const struct sim_order *order = &exchange->orders[exchange->live[i]];
		if ((has_symbol && order->market != market) || call->turn.now < order->visible_at)
			continue;
		struct venue_order told = sim_tell_view(order, call->turn.now);
		if (sim_status_is_open(told.status))
			sim_call_emit(call, MESSAGE_VENUE_ORDER, &told);
	}
}

/* The first trade of the symbol from this id on, searched from the end. */
static uint32_t first_trade(const struct sim_exchange *exchange, const name_t *symbol,
                            uint64_t from_id)
{
	uint32_t first = exchange->trade_count;

	for (uint32_t i = exchange->trade_count; i-- > 0;) {
		const struct sim_trade *trade = &exchange->trades[i];
		if (!name_equals(&trade->symbol, symbol))
			continue;
		if (trade->trade_id < from_id)
			break;
		first = i;
	}
	return first;
}

static void my_trades(struct sim_call *call)
{
	const struct sim_exchange *exchange = call->exchange;
	uint64_t from_id = 0, limit = 500, order_id = 0;
	uint16_t market;

	if (!sim_call_symbol(call, &market))
		return;
	sim_params_number(call->params, "fromId", &from_id);
	sim_params_number(call->params, "limit", &limit);
	sim_params_number(call->params, "orderId", &order_id);
	const name_t *symbol = &exchange->symbols[market].instrument.symbol;
	for (uint32_t i = first_trade(exchange, symbol, from_id);
	     i < exchange->trade_count && call->answer->items < limit; i++) {
		const struct sim_trade *trade = &exchange->trades[i];
		if (!name_equals(&trade->symbol, symbol) || call->turn.now < trade->visible_at ||
		    (order_id != 0 && trade->venue_id != order_id))
			continue;
		struct venue_fill told = sim_tell_fill(trade, SOURCE_QUERY);
		sim_call_emit(call, MESSAGE_VENUE_FILL, &told);
	}
}

static void account(struct sim_call *call)
{
	const struct sim_exchange *exchange = call->exchange;
	const char *omit = sim_params_find(call->params, "omitZeroBalances");
	bool is_settled = call->turn.now >= exchange->account_settled_at;

	for (uint32_t i = 0; i < exchange->balance_count; i++) {
		const struct sim_balance *balance = &exchange->balances[i];
		struct venue_balance told = {
			.asset = balance->asset,
			.free = is_settled ? balance->free : balance->free_before,
			.locked = is_settled ? balance->locked : balance->locked_before,
			.at = sim_millis(is_settled ? exchange->account_updated
		                                    : exchange->account_updated_before),
		};
		bool is_zero = decimal_sign(told.free) == 0 && decimal_sign(told.locked) == 0;
		if (!is_zero || omit == NULL || strcmp(omit, "true") != 0)
			sim_call_emit(call, MESSAGE_VENUE_BALANCE, &told);
	}
}

static void tell_time(struct sim_call *call)
{
	call->answer->server_time =
		sim_millis(call->turn.now + call->exchange->clock_step);
}

/* symbols=["A","B"]; one that doesn't exist fails the whole call. */
static void exchange_info(struct sim_call *call)
{
	const char *symbols = sim_params_find(call->params, "symbols");
	struct sim_exchange *exchange = call->exchange;
	int chosen[SIM_SYMBOLS_MAX];
	unsigned count = 0;

	for (const char *at = symbols; at != NULL && (at = strchr(at, '"')) != NULL;) {
		char name[NAME_MAX_SIZE + 1] = "";
		size_t size = strcspn(++at, "\"");
		memcpy(name, at, size < NAME_MAX_SIZE ? size : NAME_MAX_SIZE);
		int index = sim_symbol_index(exchange, name);
		if (index < 0 || count == SIM_SYMBOLS_MAX) {
			sim_call_refuse(call, 400, 1121, "Invalid symbol.");
			return;
		}
		chosen[count++] = index;
		at += size + (at[size] == '"');
	}
	call->answer->server_time =
		sim_millis(call->turn.now + call->exchange->clock_step);
	for (unsigned i = 0; i < count; i++)
		sim_call_emit(call, MESSAGE_INSTRUMENT, &exchange->symbols[chosen[i]].instrument);
}

static void copy_side(const struct sim_symbol *symbol, enum side side, uint64_t limit,
                      struct levels *out)
{
	const int64_t *lots = side == SIDE_BUY ? symbol->bid_lots : symbol->ask_lots;

	out->count = 0;
	for (unsigned i = 0; i < SIM_LEVELS && i < limit; i++) {
		int64_t away = (int64_t)i * symbol->gap_ticks;
		int64_t ticks =
			side == SIDE_BUY ? symbol->bid_ticks - away : symbol->ask_ticks + away;
		out->items[out->count++] =
			(struct level){sim_price(symbol, ticks), sim_qty(symbol, lots[i])};
	}
}

static void depth(struct sim_call *call)
{
	struct venue_book *book = &call->exchange->book;
	uint64_t limit = 100;
	uint16_t market;

	if (!sim_call_symbol(call, &market))
		return;
	sim_params_number(call->params, "limit", &limit);
	const struct sim_symbol *symbol = &call->exchange->symbols[market];
	book->symbol = symbol->instrument.symbol;
	book->last = symbol->book_id;
	copy_side(symbol, SIDE_BUY, limit, &book->bids);
	copy_side(symbol, SIDE_SELL, limit, &book->asks);
	sim_call_emit(call, MESSAGE_VENUE_BOOK, book);
}

static void subscribe(struct sim_call *call)
{
	struct venue_notice notice = {
		.link = name_from("user"),
		.event = name_from("subscribed"),
	};

	sim_call_emit(call, MESSAGE_VENUE_NOTICE, &notice);
}

#define USER_SUBSCRIBE "userDataStream.subscribe.signature"

const struct sim_route sim_routes[] = {
	{HTTP_POST, "/api/v3/order", "order.place", EVIDENCE_OF_PLACING, place},
	{HTTP_DELETE, "/api/v3/order", "order.cancel", EVIDENCE_OF_CANCEL, cancel},
	{HTTP_GET, "/api/v3/order", NULL, EVIDENCE_OF_ASKING, query},
	{HTTP_GET, "/api/v3/openOrders", NULL, EVIDENCE_OF_ASKING, open_orders},
	{HTTP_DELETE, "/api/v3/openOrders", NULL, EVIDENCE_OF_CANCEL, cancel_all},
	{HTTP_POST, SIM_REPLACE_PATH, NULL, EVIDENCE_OF_PLACING, sim_call_replace},
	{HTTP_PUT, "/api/v3/order/amend/keepPriority", NULL, EVIDENCE_OF_CANCEL, sim_call_amend},
	{HTTP_POST, "/api/v3/orderList/oco", NULL, EVIDENCE_OF_PLACING, sim_call_oco},
	{HTTP_POST, "/api/v3/orderList/oto", NULL, EVIDENCE_OF_PLACING, sim_call_oto},
	{HTTP_POST, "/api/v3/orderList/otoco", NULL, EVIDENCE_OF_PLACING, sim_call_otoco},
	{HTTP_DELETE, "/api/v3/orderList", NULL, EVIDENCE_OF_CANCEL, sim_call_list_cancel},
	{HTTP_GET, "/api/v3/orderList", NULL, EVIDENCE_OF_ASKING, sim_call_list_query},
	{HTTP_GET, "/api/v3/myTrades", NULL, EVIDENCE_OF_ASKING, my_trades},
	{HTTP_GET, "/api/v3/account", NULL, EVIDENCE_OF_ASKING, account},
	{HTTP_GET, "/api/v3/time", NULL, EVIDENCE_OF_ASKING, tell_time},
	{HTTP_GET, "/api/v3/exchangeInfo", NULL, EVIDENCE_OF_ASKING, exchange_info},
	{HTTP_GET, "/api/v3/depth", NULL, EVIDENCE_OF_ASKING, depth},
	{0, "", USER_SUBSCRIBE, EVIDENCE_OF_PLACING, subscribe},
};

const size_t sim_route_count = sizeof sim_routes / sizeof sim_routes[0];
