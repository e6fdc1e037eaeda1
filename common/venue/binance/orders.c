/* SPDX-License-Identifier: Apache-2.0 */
#include "common/venue/binance/orders.h"

#include <assert.h>
#include <string.h>

struct order_keys {
	const char *symbol, *client, *original, *id, *status, *side, *type;
	const char *qty, *quote_qty, *price, *executed, *turnover, *list;
};

static const struct order_keys rest_keys = {
	.symbol = "symbol",
	.client = "clientOrderId",
	.original = "origClientOrderId",
	.id = "orderId",
	.status = "status",
	.side = "side",
	.type = "type",
	.qty = "origQty",
	.quote_qty = "origQuoteOrderQty",
	.price = "price",
	.executed = "executedQty",
	.turnover = "cummulativeQuoteQty",
	.list = "orderListId",
};

static const struct order_keys report_keys = {
	.symbol = "s",
	.client = "c",
	.original = "C",
	.id = "i",
	.status = "X",
	.side = "S",
	.type = "o",
	.qty = "q",
	.quote_qty = "Q",
	.price = "p",
	.executed = "z",
	.turnover = "Z",
	.list = "g",
};

struct fill_keys {
	const char *id, *price, *qty, *fee, *fee_asset;
};

static const struct fill_keys answer_fill_keys = {"tradeId", "price", "qty", "commission",
                                                  "commissionAsset"};
static const struct fill_keys trade_fill_keys = {"id", "price", "qty", "commission",
                                                 "commissionAsset"};
static const struct fill_keys report_fill_keys = {"t", "L", "l", "n", "N"};

/* The catalogue's words for sides, types and states are Binance's own. */
static int read_word(struct fields *self, const char *key, const struct enum_info *values)
{
	int number = enum_parse(values, fields_text(self, key));

	if (number == 0)
		fields_refuse(self, key);
	return number;
}

static uint64_t read_order_id(struct fields *self, const char *key)
{
	uint64_t id = fields_count(self, key);

	if (id == 0)
		fields_refuse(self, key);
	return id;
}

/* An order by quote amount (MARKET) may state no base quantity; it then bounds nothing. */
static bool is_by_quote(const struct fields *self, const struct order_keys *keys)
{
	decimal_t quote;

	return json_amount(json_object_get(self->object, keys->quote_qty), &quote) == OK &&
	       decimal_sign(quote) > 0;
}

static void check_quantities(struct fields *self, const struct order_keys *keys,
                             const struct venue_order *order)
{
	bool by_quote = is_by_quote(self, keys);

	if (!by_quote && decimal_sign(order->qty) == 0)
		fields_refuse(self, keys->qty);
	if (!by_quote && decimal_compare(order->executed, order->qty) > 0)
		fields_refuse(self, keys->executed);
	if (order->status == VENUE_STATUS_FILLED && decimal_sign(order->executed) == 0)
		fields_refuse(self, keys->executed);
}

/* Below zero: in no list. */
static uint64_t read_list_id(const struct fields *self, const char *key)
{
	json_int_t id = json_integer_value(json_object_get(self->object, key));

	return id > 0 ? (uint64_t)id : 0;
}

static bool is_stop(enum order_type type)
{
	return type == ORDER_TYPE_STOP_LOSS || type == ORDER_TYPE_STOP_LOSS_LIMIT ||
	       type == ORDER_TYPE_TAKE_PROFIT || type == ORDER_TYPE_TAKE_PROFIT_LIMIT;
}

/* A stop works, or has worked, when the exchange says so, tells since when, or tells executions. */
static bool is_triggered(const struct fields *self, const struct venue_order *order,
                         const char *flag, const char *since)
{
	if (!is_stop(order->type))
		return false;
	return json_is_true(json_object_get(self->object, flag)) ||
	       json_integer_value(json_object_get(self->object, since)) > 0 ||
	       decimal_sign(order->executed) > 0;
}

static struct venue_order read_order(struct fields *self, const struct order_keys *keys,
                                     enum source source)
{
	struct venue_order order = {
		.source = source,
		.symbol = fields_name(self, keys->symbol),
		.venue_id = read_order_id(self, keys->id),
		.status = (enum venue_status)read_word(self, keys->status, &enum_venue_status),
		.side = (enum side)read_word(self, keys->side, &enum_side),
		.type = (enum order_type)read_word(self, keys->type, &enum_order_type),
		.qty = fields_amount(self, keys->qty),
		.price = fields_amount(self, keys->price),
		.executed = fields_amount(self, keys->executed),
		.turnover = fields_decimal(self, keys->turnover),
		.list_id = read_list_id(self, keys->list),
	};
	const char *original = fields_text_or(self, keys->original, "");
	const char *client = *original != '\0' ? original : fields_text(self, keys->client);

	if (*client == '\0')
		fields_refuse(self, keys->client);
	order.client_text = text_from(client);
	order.client_id = client_id_of(client);
	check_quantities(self, keys, &order);
	return order;
}

/* Answers to requests tell transactTime, queries updateTime. */
static nanos_t read_rest_time(struct fields *self)
{
	return fields_millis(self,
	                     fields_has(self, "transactTime") ? "transactTime" : "updateTime");
}

/* "NONE" is their word for no reason. */
static const char *read_reason(const struct fields *self, const char *key)
{
	const char *reason = fields_text_or(self, key, "");

	return strcmp(reason, "NONE") == 0 ? "" : reason;
}

struct venue_order order_read(struct fields *self, enum source source)
{
	struct venue_order order = read_order(self, &rest_keys, source);

	order.at = read_rest_time(self);
	order.reason = text_from(read_reason(self, "expiryReason"));
	order.triggered = is_triggered(self, &order, "isWorking", "workingTime");
	return order;
}

/* The documents spell two of its members differently, and not always in the same way. */
struct venue_order order_read_amended(struct fields *self, nanos_t at)
{
	struct order_keys keys = rest_keys;

	if (fields_has(self, "qty"))
		keys.qty = "qty";
	if (fields_has(self, "cumulativeQuoteQty"))
		keys.turnover = "cumulativeQuoteQty";
	struct venue_order order = read_order(self, &keys, SOURCE_ACK);
	order.at = at;
	order.triggered = is_triggered(self, &order, "isWorking", "workingTime");
	return order;
}

struct venue_order order_read_report(struct fields *self)
{
	struct venue_order order = read_order(self, &report_keys, SOURCE_STREAM);
	const char *rejected = read_reason(self, "r");

	order.at = fields_millis(self, "T");
	order.reason = text_from(*rejected != '\0' ? rejected : read_reason(self, "eR"));
	order.triggered = is_triggered(self, &order, "w", "W");
	return order;
}

static decimal_t read_positive(struct fields *self, const char *key)
{
	decimal_t value = fields_amount(self, key);

	if (decimal_sign(value) == 0)
		fields_refuse(self, key);
	return value;
}

/* A fee of zero may come without its asset. */
static name_t read_fee_asset(struct fields *self, const char *key, decimal_t fee)
{
	if (decimal_sign(fee) == 0 && *fields_text_or(self, key, "") == '\0')
		return (name_t){0};
	return fields_name(self, key);
}

static struct venue_fill read_fill(struct fields *self, const struct fill_keys *keys)
{
	struct venue_fill fill = {
		.trade_id = fields_count(self, keys->id),
		.price = read_positive(self, keys->price),
		.qty = read_positive(self, keys->qty),
		.fee = fields_amount(self, keys->fee),
	};

	fill.fee_asset = read_fee_asset(self, keys->fee_asset, fill.fee);
	return fill;
}

static void name_order(struct venue_fill *fill, const struct venue_order *order)
{
	fill->source = order->source;
	fill->symbol = order->symbol;
	fill->client_id = order->client_id;
	fill->venue_id = order->venue_id;
	fill->side = order->side;
	fill->at = order->at;
}

struct venue_fill fill_read(struct fields *self, const struct venue_order *order)
{
	struct venue_fill fill = read_fill(self, &answer_fill_keys);

	/* What executes before the answer takes from the book: `maker` stays false. */
	name_order(&fill, order);
	return fill;
}

struct venue_fill fill_read_trade(struct fields *self)
{
	struct venue_fill fill = read_fill(self, &trade_fill_keys);

	fill.source = SOURCE_QUERY;
	fill.symbol = fields_name(self, "symbol");
	fill.venue_id = read_order_id(self, "orderId");
	fill.side = fields_flag(self, "isBuyer") ? SIDE_BUY : SIDE_SELL;
	fill.maker = fields_flag(self, "isMaker");
	fill.at = fields_millis(self, "time");
	return fill;
}

struct venue_fill fill_read_report(struct fields *self, const struct venue_order *order)
{
	struct venue_fill fill = read_fill(self, &report_fill_keys);

	name_order(&fill, order);
	fill.maker = fields_flag(self, "m");
	if (decimal_compare(fill.qty, order->executed) > 0)
		fields_refuse(self, report_fill_keys.qty);
	return fill;
}

static struct venue_balance read_balance(struct fields *self, const char *asset, const char *free,
                                         const char *locked, nanos_t at)
{
	return (struct venue_balance){
		.asset = fields_name(self, asset),
		.free = fields_amount(self, free),
		.locked = fields_amount(self, locked),
		.at = at,
	};
}

struct venue_balance balance_read(struct fields *self, nanos_t at)
{
	return read_balance(self, "asset", "free", "locked", at);
}

struct venue_balance balance_read_event(struct fields *self, nanos_t at)
{
	return read_balance(self, "a", "f", "l", at);
}
