/* SPDX-License-Identifier: Apache-2.0 */
/* The order part of calls.h: new, query, cancel, lists. */
#include "common/base/hash.h"
#include "common/model/instrument.h"
#include "services/exchange/calls.h"
#include "services/exchange/money.h"

#include <string.h>

enum { LIST_DEFAULT = 500, LIST_MAX = 1000 };

/* Which parameters a type demands; the others of these it refuses. */
static const struct order_form {
	enum order_type type;
	bool time_in_force, price, stop_price;
} forms[] = {
	{ORDER_TYPE_LIMIT, true, true, false},
	{ORDER_TYPE_LIMIT_MAKER, false, true, false},
	{ORDER_TYPE_MARKET, false, false, false},
	{ORDER_TYPE_STOP_LOSS, false, false, true},
	{ORDER_TYPE_STOP_LOSS_LIMIT, true, true, true},
	{ORDER_TYPE_TAKE_PROFIT, false, false, true},
	{ORDER_TYPE_TAKE_PROFIT_LIMIT, true, true, true},
};

static bool read_enum(struct call *call, const char *name, const struct enum_info *values, int code,
                      int *out)
{
	const char *text = NULL;
	if (!params_text(&call->params, name, true, &text, &call->refusal))
		return false;
	*out = enum_parse(values, text);
	if (*out == 0)
		refusal_set(&call->refusal, 400, code, "Invalid %s.",
		            strcmp(name, "type") == 0 ? "orderType" : name);
	return *out != 0;
}

/* A price that the form demands, or must not see. */
static bool read_price(struct call *call, const char *name, bool demanded, decimal_t *out)
{
	if (!demanded) {
		if (params_find(&call->params, name) == NULL)
			return true;
		refusal_set(&call->refusal, 400, -1106, "Parameter '%s' sent when not required.",
		            name);
		return false;
	}
	if (!params_amount(&call->params, name, true, out, &call->refusal))
		return false;
	if (decimal_sign(*out) <= 0)
		refusal_set(&call->refusal, 400, -1013, "Invalid %s.", name);
	return decimal_sign(*out) > 0;
}

static bool read_time_in_force(struct call *call, const struct order_form *form,
                               struct ledger_order *terms)
{
	int value = TIME_IN_FORCE_GTC;
	terms->time_in_force = TIME_IN_FORCE_GTC;
	if (form->time_in_force) {
		if (!read_enum(call, "timeInForce", &enum_time_in_force, -1115, &value))
			return false;
		terms->time_in_force = (enum time_in_force)value;
	} else if (params_find(&call->params, "timeInForce") != NULL) {
		refusal_set(&call->refusal, 400, -1106,
		            "Parameter 'timeInForce' sent when not required.");
		return false;
	}
	return true;
}

static bool read_quantity(struct call *call, const struct order_form *form,
                          struct ledger_order *terms)
{
	bool by_quote = form->type == ORDER_TYPE_MARKET &&
	                params_find(&call->params, "quoteOrderQty") != NULL;
	if (by_quote && params_find(&call->params, "quantity") != NULL) {
		refusal_set(&call->refusal, 400, -1106,
		            "Parameter 'quoteOrderQty' sent when not required.");
		return false;
	}
	decimal_t *out = by_quote ? &terms->quote_qty : &terms->qty;
	if (!params_amount(&call->params, by_quote ? "quoteOrderQty" : "quantity", true, out,
	                   &call->refusal))
		return false;
	if (decimal_sign(*out) <= 0)
		refusal_set(&call->refusal, 400, -1013,
		            by_quote ? "Invalid quote order quantity." : "Invalid quantity.");
	return decimal_sign(*out) > 0;
}

static bool refuse_unoffered(struct call *call)
{
	const char *mode = params_find(&call->params, "selfTradePreventionMode");
	params_find(&call->params, "strategyId");
	params_find(&call->params, "strategyType");
	if (params_find(&call->params, "icebergQty") != NULL)
		refusal_set(&call->refusal, 400, -1013,
		            "Iceberg orders are not supported for this symbol.");
	else if (params_find(&call->params, "trailingDelta") != NULL)
		refusal_set(&call->refusal, 400, -1013,
		            "Trailing stop orders are not supported for this symbol.");
	else if (mode != NULL && strcmp(mode, "NONE") != 0)
		refusal_set(&call->refusal, 400, -1013,
		            "This symbol does not allow the specified self-trade prevention mode.");
	else
		return true;
	return false;
}

/* An id of the exchange's own making, for who sends none. */
static text_t make_client_id(const struct turn *turn)
{
	static const char digits[] =
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	char text[23] = "";
	uint64_t chance = turn->event->entropy;
	for (size_t i = 0; i < sizeof text - 1; i++) {
		chance = hash_mix(chance + HASH_STEP);
		text[i] = digits[chance % (sizeof digits - 1)];
	}
	return text_from(text);
}

static bool read_client_id(struct call *call, const char *name, text_t *out)
{
	const char *text = NULL;
	if (!params_client_id(&call->params, name, false, &text, &call->refusal))
		return false;
	*out = text == NULL ? make_client_id(call->turn) : text_from(text);
	return true;
}

static bool read_respond(struct call *call, enum order_type type, enum respond *out)
{
	const char *text = params_find(&call->params, "newOrderRespType");
	*out = type == ORDER_TYPE_MARKET || type == ORDER_TYPE_LIMIT ? RESPOND_FULL : RESPOND_ACK;
	if (text == NULL)
		return true;
	*out = strcmp(text, "ACK") == 0      ? RESPOND_ACK
	       : strcmp(text, "RESULT") == 0 ? RESPOND_RESULT
	       : strcmp(text, "FULL") == 0   ? RESPOND_FULL
	                                     : 0;
	if (*out == 0)
		refusal_set(&call->refusal, 400, -1130,
		            "Data sent for parameter 'newOrderRespType' is not valid.");
	return *out != 0;
}

static const struct order_form *form_of(enum order_type type)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (forms[i].type == type)
			return &forms[i];
	assert(false);
	return NULL;
}

static bool read_terms(struct exchange *self, struct call *call, struct ledger_order *terms,
                       enum respond *respond)
{
	unsigned symbol;
	int side, type;
	if (!call_symbol(self, call, &symbol) ||
	    !read_enum(call, "side", &enum_side, -1117, &side) ||
	    !read_enum(call, "type", &enum_order_type, -1116, &type))
		return false;
	terms->symbol = self->instruments[symbol].symbol;
	terms->side = (enum side)side;
	terms->type = (enum order_type)type;
	const struct order_form *form = form_of(terms->type);
	return read_time_in_force(call, form, terms) && read_quantity(call, form, terms) &&
	       read_price(call, "price", form->price, &terms->price) &&
	       read_price(call, "stopPrice", form->stop_price, &terms->stop_price) &&
	       refuse_unoffered(call) &&
	       read_client_id(call, "newClientOrderId", &terms->client_text) &&
	       read_respond(call, terms->type, respond) &&
	       params_all_read(&call->params, &call->refusal) &&
	       engine_accepts(self, call->turn, terms, &call->refusal);
}

static bool count_order(struct exchange *self, struct call *call)
{
	const struct limit_window *ten = &self->limits.windows[LIMIT_ORDERS_10S];
	const struct limit_window *day = &self->limits.windows[LIMIT_ORDERS_DAY];
	if (limits_order(&self->limits))
		return true;
	bool is_day = day->used >= day->max;
	refusal_set(&call->refusal, 429, -1015,
	            "Too many new orders; current limit is %llu orders per %s.",
	            (unsigned long long)(is_day ? day->max : ten->max),
	            is_day ? "1 DAY" : "10 SECOND");
	call->refusal.wait = limits_wait(
		&self->limits, is_day ? LIMIT_ORDERS_DAY : LIMIT_ORDERS_10S, call->turn->at);
	return false;
}

bool call_order_place(struct exchange *self, struct call *call)
{
	struct ledger_order terms = {.venue_id = 0};
	enum respond respond;
	if (!read_terms(self, call, &terms, &respond) || !count_order(self, call))
		return false;
	if (exchange_draws(call->turn, self->config->reject_pct)) {
		refusal_set(&call->refusal, 400, -2010, "Market is closed.");
		return false;
	}
	uint64_t before = self->account.fill_count;
	if (!engine_place(self, call->turn, &terms, &call->refusal))
		return false;
	const struct account_order *order = account_order(&self->account, terms.venue_id);
	call->result = render_placed(self, order, respond, self->account.fill_count - before);
	return true;
}

bool call_order_test(struct exchange *self, struct call *call)
{
	struct ledger_order terms = {.venue_id = 0};
	enum respond respond;
	params_find(&call->params, "computeCommissionRates");
	if (!read_terms(self, call, &terms, &respond))
		return false;
	call->result = json_object();
	return true;
}

/* The order that orderId and/or origClientOrderId name. *found is NULL when there is none. */
static bool find_order(struct exchange *self, struct call *call, const struct account_order **found)
{
	unsigned symbol;
	uint64_t id = 0;
	const char *client = NULL;
	*found = NULL;
	if (!call_symbol(self, call, &symbol) ||
	    !params_number(&call->params, "orderId", false, &id, &call->refusal) ||
	    !params_text(&call->params, "origClientOrderId", false, &client, &call->refusal))
		return false;
	if (id == 0 && client == NULL) {
		refusal_set(&call->refusal, 400, -1102,
		            "Param 'origClientOrderId' or 'orderId' must be sent, but both were "
		            "empty/null!");
		return false;
	}
	const struct account_order *order =
		id != 0 ? account_order(&self->account, id)
			: account_order_of(&self->account, symbol, client);
	if (order == NULL || order->symbol != symbol)
		return true;
	if (client != NULL && strcmp(order->client, client) != 0) {
		refusal_set(&call->refusal, 400, -2039,
		            "Client order ID is not correct for this order ID.");
		return false;
	}
	*found = order;
	return true;
}

/* Queries read a copy that trails the engine (config view_lag). */
static bool is_visible(const struct exchange *self, const struct call *call, nanos_t created)
{
	return self->config->view_lag == 0 || call->turn->at - created >= self->config->view_lag;
}

bool call_order_query(struct exchange *self, struct call *call)
{
	const struct account_order *order;
	if (!find_order(self, call, &order))
		return false;
	if (order == NULL || !is_visible(self, call, order->created)) {
		refusal_set(&call->refusal, 400, -2013, "Order does not exist.");
		return false;
	}
	call->result = render_order(self, order);
	return true;
}

static bool allows_cancel(struct call *call, const struct account_order *order)
{
	const char *only = params_find(&call->params, "cancelRestrictions");
	bool is_new = order->status == VENUE_STATUS_NEW;
	if (only == NULL || (strcmp(only, "ONLY_NEW") == 0 && is_new) ||
	    (strcmp(only, "ONLY_PARTIALLY_FILLED") == 0 && !is_new))
		return true;
	refusal_set(&call->refusal, 400, -2011,
	            "Order was not canceled due to cancel restrictions.");
	return false;
}

bool call_order_cancel(struct exchange *self, struct call *call)
{
	const struct account_order *order;
	text_t client;
	if (!find_order(self, call, &order) || !read_client_id(call, "newClientOrderId", &client))
		return false;
	if (order == NULL || !account_is_open(order)) {
		refusal_set(&call->refusal, 400, -2011, "Unknown order sent.");
		return false;
	}
	if (!allows_cancel(call, order) || !params_all_read(&call->params, &call->refusal))
		return false;
	engine_cancel(self, call->turn, order->id, client.text);
	call->result = render_cancelled(self, order, client.text);
	return true;
}

bool call_cancel_open(struct exchange *self, struct call *call)
{
	unsigned symbol;
	if (!call_symbol(self, call, &symbol))
		return false;
	text_t client = make_client_id(call->turn);
	json_t *array = json_array();
	for (unsigned i = 0; i < self->account.open_count;) {
		const struct account_order *order =
			account_order(&self->account, self->account.open[i]);
		if (order->symbol != symbol) {
			i++;
			continue;
		}
		engine_cancel(self, call->turn, order->id, client.text);
		json_array_append_new(array, render_cancelled(self, order, client.text));
	}
	if (json_array_size(array) > 0) {
		call->result = array;
		return true;
	}
	json_decref(array);
	refusal_set(&call->refusal, 400, -2011, "Unknown order sent.");
	return false;
}

bool call_open_orders(struct exchange *self, struct call *call)
{
	unsigned symbol = ACCOUNT_SYMBOLS_MAX;
	if (params_find(&call->params, "symbol") != NULL && !call_symbol(self, call, &symbol))
		return false;
	call->result = json_array();
	for (unsigned i = 0; i < self->account.open_count; i++) {
		const struct account_order *order =
			account_order(&self->account, self->account.open[i]);
		bool is_asked = symbol == ACCOUNT_SYMBOLS_MAX || order->symbol == symbol;
		if (is_asked && is_visible(self, call, order->created))
			json_array_append_new(call->result, render_order(self, order));
	}
	return true;
}

/* What a list shows: from an id on, between two times; the newest when neither a first id nor a
   start is told. */
struct list {
	unsigned symbol;
	uint64_t from, order, start, end, limit;
	bool is_newest;
};

static bool read_list(struct exchange *self, struct call *call, const char *from, const char *order,
                      struct list *out)
{
	*out = (struct list){.end = UINT64_MAX};
	if (!call_symbol(self, call, &out->symbol) ||
	    !call_limit(call, LIST_DEFAULT, LIST_MAX, &out->limit) ||
	    !params_number(&call->params, from, false, &out->from, &call->refusal) ||
	    !params_number(&call->params, "startTime", false, &out->start, &call->refusal) ||
	    !params_number(&call->params, "endTime", false, &out->end, &call->refusal) ||
	    (order != NULL &&
	     !params_number(&call->params, order, false, &out->order, &call->refusal)))
		return false;
	if (out->start != 0 && out->end != UINT64_MAX &&
	    (out->end < out->start || out->end - out->start > (uint64_t)render_time(NANOS_DAY))) {
		refusal_set(&call->refusal, 400, -1127,
		            "More than 24 hours between startTime and endTime.");
		return false;
	}
	out->is_newest = params_find(&call->params, from) == NULL && out->start == 0;
	return true;
}

static bool lists(const struct list *list, unsigned symbol, uint64_t id, nanos_t at)
{
	uint64_t time = (uint64_t)render_time(at);
	return symbol == list->symbol && id >= list->from && time >= list->start &&
	       time <= list->end;
}

bool call_all_orders(struct exchange *self, struct call *call)
{
	struct list list;
	if (!read_list(self, call, "orderId", NULL, &list))
		return false;
	const struct account *account = &self->account;
	uint64_t oldest =
		account->last_id > ACCOUNT_ORDERS_MAX ? account->last_id - ACCOUNT_ORDERS_MAX : 0;
	uint64_t found[LIST_MAX], count = 0;
	for (uint64_t i = 0; i < account->last_id - oldest && count < list.limit; i++) {
		uint64_t id = list.is_newest ? account->last_id - i : oldest + 1 + i;
		const struct account_order *order = account_order(account, id);
		if (order != NULL && lists(&list, order->symbol, id, order->created) &&
		    is_visible(self, call, order->created))
			found[count++] = id;
	}
	call->result = json_array();
	for (uint64_t i = 0; i < count; i++)
		json_array_append_new(
			call->result,
			render_order(
				self,
				account_order(account, found[list.is_newest ? count - 1 - i : i])));
	return true;
}

bool call_my_trades(struct exchange *self, struct call *call)
{
	struct list list;
	if (!read_list(self, call, "fromId", "orderId", &list))
		return false;
	const struct account *account = &self->account;
	uint64_t kept = account_fills_kept(account), found[LIST_MAX], count = 0;
	for (uint64_t i = 0; i < kept && count < list.limit; i++) {
		uint64_t index = list.is_newest ? kept - 1 - i : i;
		const struct account_fill *fill = account_fill(account, index);
		if (lists(&list, fill->symbol, fill->trade_id, fill->at) &&
		    is_visible(self, call, fill->at) &&
		    (list.order == 0 || fill->order_id == list.order))
			found[count++] = index;
	}
	call->result = json_array();
	for (uint64_t i = 0; i < count; i++)
		json_array_append_new(
			call->result,
			render_trade(
				self,
				account_fill(account, found[list.is_newest ? count - 1 - i : i])));
	return true;
}
