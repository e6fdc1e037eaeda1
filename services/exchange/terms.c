/* SPDX-License-Identifier: Apache-2.0 */
#include "services/exchange/terms.h"

#include "common/base/hash.h"

#include <stdio.h>
#include <string.h>

enum { CODE_TYPE = -1116 };

const struct terms_names terms_of_order = {"", "side", "quantity", "newClientOrderId"};

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
		            code == CODE_TYPE ? "orderType" : name);
	return *out != 0;
}

/* "price", or "abovePrice" of the leg above. */
static void name_of(const struct terms_names *names, const char *what, char out[PARAM_NAME_SIZE])
{
	bool is_leg = *names->prefix != '\0';
	char first = is_leg ? (char)(what[0] - 'a' + 'A') : what[0];
	snprintf(out, PARAM_NAME_SIZE, "%s%c%s", names->prefix, first, what + 1);
}

/* A price that the form demands, or must not see. */
static bool read_price(struct call *call, const struct terms_names *names, const char *what,
                       bool demanded, decimal_t *out)
{
	char name[PARAM_NAME_SIZE];
	name_of(names, what, name);
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
                               const struct terms_names *names, struct ledger_order *terms)
{
	int value = TIME_IN_FORCE_GTC;
	char name[PARAM_NAME_SIZE];
	name_of(names, "timeInForce", name);
	terms->time_in_force = TIME_IN_FORCE_GTC;
	if (form->time_in_force) {
		if (!read_enum(call, name, &enum_time_in_force, -1115, &value))
			return false;
		terms->time_in_force = (enum time_in_force)value;
	} else if (params_find(&call->params, name) != NULL) {
		refusal_set(&call->refusal, 400, -1106, "Parameter '%s' sent when not required.",
		            name);
		return false;
	}
	return true;
}

static bool read_quantity(struct call *call, const struct order_form *form,
                          const struct terms_names *names, struct ledger_order *terms)
{
	bool by_quote = form->type == ORDER_TYPE_MARKET && *names->prefix == '\0' &&
	                params_find(&call->params, "quoteOrderQty") != NULL;
	if (by_quote && params_find(&call->params, "quantity") != NULL) {
		refusal_set(&call->refusal, 400, -1106,
		            "Parameter 'quoteOrderQty' sent when not required.");
		return false;
	}
	decimal_t *out = by_quote ? &terms->quote_qty : &terms->qty;
	if (!params_amount(&call->params, by_quote ? "quoteOrderQty" : names->quantity, true, out,
	                   &call->refusal))
		return false;
	if (decimal_sign(*out) <= 0)
		refusal_set(&call->refusal, 400, -1013,
		            by_quote ? "Invalid quote order quantity." : "Invalid quantity.");
	return decimal_sign(*out) > 0;
}

static bool refuse_unoffered(struct call *call, const struct terms_names *names)
{
	char iceberg[PARAM_NAME_SIZE], trailing[PARAM_NAME_SIZE];
	name_of(names, "icebergQty", iceberg);
	name_of(names, "trailingDelta", trailing);
	const char *mode = params_find(&call->params, "selfTradePreventionMode");
	params_find(&call->params, "strategyId");
	params_find(&call->params, "strategyType");
	if (params_find(&call->params, iceberg) != NULL)
		refusal_set(&call->refusal, 400, -1013,
		            "Iceberg orders are not supported for this symbol.");
	else if (params_find(&call->params, trailing) != NULL)
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
text_t terms_make_client_id(struct turn *turn)
{
	static const char digits[] =
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	char text[23] = "";
	uint64_t chance = turn->event->entropy + turn->ids_made++;
	for (size_t i = 0; i < sizeof text - 1; i++) {
		chance = hash_mix(chance + HASH_STEP);
		text[i] = digits[chance % (sizeof digits - 1)];
	}
	return text_from(text);
}

bool terms_read_client_id(struct call *call, const char *name, text_t *out)
{
	const char *text = NULL;
	if (!params_client_id(&call->params, name, false, &text, &call->refusal))
		return false;
	*out = text == NULL ? terms_make_client_id(call->turn) : text_from(text);
	return true;
}

bool terms_read_respond(struct call *call, enum order_type type, enum respond *out)
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

bool terms_read(struct exchange *self, struct call *call, const struct terms_names *names,
                struct ledger_order *terms)
{
	unsigned symbol;
	int side, type;
	char type_name[PARAM_NAME_SIZE];
	name_of(names, "type", type_name);
	if (!call_symbol(self, call, &symbol) ||
	    !read_enum(call, names->side, &enum_side, -1117, &side) ||
	    !read_enum(call, type_name, &enum_order_type, CODE_TYPE, &type))
		return false;
	terms->symbol = self->instruments[symbol].symbol;
	terms->side = (enum side)side;
	terms->type = (enum order_type)type;
	const struct order_form *form = form_of(terms->type);
	return read_time_in_force(call, form, names, terms) &&
	       read_quantity(call, form, names, terms) &&
	       read_price(call, names, "price", form->price, &terms->price) &&
	       read_price(call, names, "stopPrice", form->stop_price, &terms->stop_price) &&
	       refuse_unoffered(call, names) &&
	       terms_read_client_id(call, names->client, &terms->client_text);
}

bool terms_count(struct exchange *self, struct call *call)
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

bool terms_find_order(struct exchange *self, struct call *call, const char *id_name,
                      const char *client_name, const struct account_order **found)
{
	unsigned symbol;
	uint64_t id = 0;
	const char *client = NULL;
	*found = NULL;
	if (!call_symbol(self, call, &symbol) ||
	    !params_number(&call->params, id_name, false, &id, &call->refusal) ||
	    !params_text(&call->params, client_name, false, &client, &call->refusal))
		return false;
	if (id == 0 && client == NULL) {
		refusal_set(&call->refusal, 400, -1102,
		            "Param '%s' or '%s' must be sent, but both were empty/null!",
		            client_name, id_name);
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

bool terms_allow_cancel(struct call *call, const struct account_order *order)
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
