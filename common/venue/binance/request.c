/* SPDX-License-Identifier: Apache-2.0 */
#include "common/venue/binance/request.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/venue/binance/request_parts.h"

enum { FILLS_MAX = 1000, PUBLIC_TIMEOUT_MS = 5000 };

static const struct order_form order_forms[] = {
	/* type                          timeInForce  price  stopPrice */
	{ORDER_TYPE_LIMIT, true, true, false},
	{ORDER_TYPE_LIMIT_MAKER, false, true, false},
	{ORDER_TYPE_MARKET, false, false, false},
	{ORDER_TYPE_STOP_LOSS, false, false, true},
	{ORDER_TYPE_STOP_LOSS_LIMIT, true, true, true},
	{ORDER_TYPE_TAKE_PROFIT, false, false, true},
	{ORDER_TYPE_TAKE_PROFIT_LIMIT, true, true, true},
};

const struct order_form *order_form(enum order_type type)
{
	for (size_t i = 0; i < sizeof order_forms / sizeof order_forms[0]; i++)
		if (order_forms[i].type == type)
			return &order_forms[i];
	return NULL;
}

char *cancel_id_print(ident_t client_id, char text[CANCEL_ID_SIZE])
{
	memcpy(text, "c-", 2);
	ident_print(client_id, text + 2);
	return text;
}

void request_begin(struct http_request *out, struct query *query, enum http_method method,
                   enum binance_answer answer, unsigned weight, const char *path)
{
	*out = (struct http_request){
		.method = method,
		.answer = answer,
		.weight = weight,
		.timeout_ms = PUBLIC_TIMEOUT_MS,
	};
	snprintf(out->path, sizeof out->path, "%s", path);
	query_init(query, out->query, sizeof out->query);
}

enum err request_add_symbol(struct http_request *out, struct query *query, const char *symbol)
{
	enum err err = name_parse(symbol, strlen(symbol), &out->symbol);

	if (err == OK)
		query_add(query, "symbol", symbol);
	return err;
}

void request_add_ident(struct query *query, const char *name, ident_t ident)
{
	char text[IDENT_TEXT_SIZE];

	query_add(query, name, ident_print(ident, text));
}

void request_add_cancel_id(struct query *query, const char *name, ident_t client_id)
{
	char text[CANCEL_ID_SIZE];

	query_add(query, name, cancel_id_print(client_id, text));
}

enum err request_end_signed(struct http_request *out, struct query *query, nanos_t venue_now,
                            const struct venue_profile *profile)
{
	nanos_t window = (nanos_t)profile->window_ms * NANOS_MS;
	nanos_t timestamp = venue_now / NANOS_MS * NANOS_MS;

	if (venue_now <= 0 || venue_now > INT64_MAX - window)
		return ERR_INVALID;
	query_add_number(query, "recvWindow", profile->window_ms);
	query_add_number(query, "timestamp", (uint64_t)(timestamp / NANOS_MS));
	out->is_signed = true;
	out->timeout_ms = profile->request_timeout_ms;
	out->valid_until = timestamp + window;
	return query_end(query);
}

static bool takes_decimal(bool is_needed, decimal_t value)
{
	return !is_needed || decimal_sign(value) > 0;
}

bool order_is_placeable(const struct order *order, const struct order_form *form)
{
	bool has_tif = order->time_in_force >= TIME_IN_FORCE_GTC &&
	               order->time_in_force <= TIME_IN_FORCE_FOK;
	bool has_side = order->side == SIDE_BUY || order->side == SIDE_SELL;

	return form != NULL && has_side && (!form->time_in_force || has_tif) &&
	       takes_decimal(true, order->qty) && takes_decimal(form->price, order->price) &&
	       takes_decimal(form->stop_price, order->stop_price) && order->symbol.size > 0 &&
	       !ident_is_none(order->client_id);
}

/* The catalogue's words for these are Binance's own. */
void request_add_terms(struct query *query, const struct order *order)
{
	const struct order_form *form = order_form(order->type);

	query_add(query, "side", enum_print(&enum_side, order->side));
	query_add(query, "type", enum_print(&enum_order_type, order->type));
	if (form->time_in_force)
		query_add(query, "timeInForce",
		          enum_print(&enum_time_in_force, order->time_in_force));
	query_add_decimal(query, "quantity", order->qty);
	if (form->price)
		query_add_decimal(query, "price", order->price);
	if (form->stop_price)
		query_add_decimal(query, "stopPrice", order->stop_price);
}

enum err binance_order(const struct order *order, nanos_t venue_now,
                       const struct venue_profile *profile, struct http_request *out)
{
	struct query query;

	if (!order_is_placeable(order, order_form(order->type)))
		return ERR_INVALID;
	request_begin(out, &query, HTTP_POST, ANSWER_ORDER, WEIGHT_ORDER, "/api/v3/order");
	enum err err = request_add_symbol(out, &query, order->symbol.text);
	if (err != OK)
		return err;
	request_add_terms(&query, order);
	request_add_ident(&query, "newClientOrderId", order->client_id);
	query_add(&query, "newOrderRespType", "FULL");
	out->once = true;
	return request_end_signed(out, &query, venue_now, profile);
}

/* What cancel and query have in common: an order named by our id. */
static enum err begin_named(const struct order *order, struct http_request *out,
                            struct query *query, enum http_method method,
                            enum binance_answer answer, unsigned weight)
{
	if (order->symbol.size == 0 || ident_is_none(order->client_id))
		return ERR_INVALID;
	request_begin(out, query, method, answer, weight, "/api/v3/order");
	enum err err = request_add_symbol(out, query, order->symbol.text);
	request_add_ident(query, "origClientOrderId", order->client_id);
	return err;
}

enum err binance_cancel(const struct order *order, nanos_t venue_now,
                        const struct venue_profile *profile, struct http_request *out)
{
	struct query query;
	enum err err = begin_named(order, out, &query, HTTP_DELETE, ANSWER_CANCEL, WEIGHT_CANCEL);

	if (err != OK)
		return err;
	request_add_cancel_id(&query, "newClientOrderId", order->client_id);
	return request_end_signed(out, &query, venue_now, profile);
}

enum err binance_query(const struct order *order, nanos_t venue_now,
                       const struct venue_profile *profile, struct http_request *out)
{
	struct query query;
	enum err err = begin_named(order, out, &query, HTTP_GET, ANSWER_QUERY, WEIGHT_QUERY);

	return err != OK ? err : request_end_signed(out, &query, venue_now, profile);
}

enum err binance_open_orders(const char *symbol, nanos_t venue_now,
                             const struct venue_profile *profile, struct http_request *out)
{
	struct query query;
	enum err err = OK;

	bool all = symbol == NULL || *symbol == '\0';
	request_begin(out, &query, HTTP_GET, ANSWER_OPEN_ORDERS,
	              all ? WEIGHT_ALL_OPEN_ORDERS : WEIGHT_OPEN_ORDERS, "/api/v3/openOrders");
	if (!all)
		err = request_add_symbol(out, &query, symbol);
	return err != OK ? err : request_end_signed(out, &query, venue_now, profile);
}

enum err binance_fills(const char *symbol, uint64_t from_id, unsigned limit, nanos_t venue_now,
                       const struct venue_profile *profile, struct http_request *out)
{
	struct query query;

	if (*symbol == '\0' || limit == 0 || limit > FILLS_MAX || from_id > INT64_MAX)
		return ERR_INVALID;
	request_begin(out, &query, HTTP_GET, ANSWER_FILLS, WEIGHT_FILLS, "/api/v3/myTrades");
	enum err err = request_add_symbol(out, &query, symbol);
	query_add_number(&query, "fromId", from_id);
	query_add_number(&query, "limit", limit);
	return err != OK ? err : request_end_signed(out, &query, venue_now, profile);
}

enum err binance_balances(nanos_t venue_now, const struct venue_profile *profile,
                          struct http_request *out)
{
	struct query query;

	request_begin(out, &query, HTTP_GET, ANSWER_BALANCES, WEIGHT_BALANCES, "/api/v3/account");
	query_add(&query, "omitZeroBalances", "true");
	return request_end_signed(out, &query, venue_now, profile);
}

enum err binance_time(struct http_request *out)
{
	struct query query;

	request_begin(out, &query, HTTP_GET, ANSWER_TIME, WEIGHT_TIME, "/api/v3/time");
	return query_end(&query);
}

/* JSON in a query value. A symbol with a quote in it would break it; the exchange then refuses the
   request as malformed. */
enum err binance_instruments(const name_t *symbols, size_t count, struct http_request *out)
{
	char list[HTTP_TEXT_MAX];
	struct query query;
	size_t size = 0;

	if (count == 0)
		return ERR_INVALID;
	for (size_t i = 0; i < count; i++) {
		size += (size_t)snprintf(list + size, sizeof list - size, "%c\"%s\"",
		                         i == 0 ? '[' : ',', symbols[i].text);
		if (size + 1 >= sizeof list)
			return ERR_FULL;
	}
	memcpy(list + size, "]", 2);
	request_begin(out, &query, HTTP_GET, ANSWER_INSTRUMENTS, WEIGHT_INSTRUMENTS,
	              "/api/v3/exchangeInfo");
	query_add(&query, "symbols", list);
	return query_end(&query);
}

static unsigned weight_of_book(unsigned limit)
{
	return limit <= 100 ? 5 : limit <= 500 ? 25 : limit <= 1000 ? 50 : 250;
}

enum err binance_book(const char *symbol, unsigned limit, struct http_request *out)
{
	struct query query;

	if (*symbol == '\0' || limit == 0 || limit > LEVELS_MAX)
		return ERR_INVALID;
	request_begin(out, &query, HTTP_GET, ANSWER_BOOK, weight_of_book(limit), "/api/v3/depth");
	enum err err = request_add_symbol(out, &query, symbol);
	query_add_number(&query, "limit", limit);
	return err != OK ? err : query_end(&query);
}

/* Stream names want lower case; no locale has a say in it. */
static void lower(const name_t *symbol, char text[NAME_MAX_SIZE + 1])
{
	for (size_t i = 0; i <= symbol->size; i++) {
		char c = symbol->text[i];
		text[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
}

enum err binance_market_path(const name_t *symbols, size_t count, text_t *path)
{
	char text[TEXT_MAX_SIZE + 1] = "/stream?streams=";
	char symbol[NAME_MAX_SIZE + 1];
	size_t size = strlen(text);

	if (count == 0)
		return ERR_INVALID;
	for (size_t i = 0; i < count; i++) {
		lower(&symbols[i], symbol);
		size += (size_t)snprintf(text + size, sizeof text - size,
		                         "%s%s@trade/%s@bookTicker/%s@depth@100ms",
		                         i == 0 ? "" : "/", symbol, symbol, symbol);
		if (size >= sizeof text)
			return ERR_FULL;
	}
	*path = text_from(text);
	return OK;
}

enum err binance_user_path(text_t *path)
{
	*path = text_from("/ws-api/v3");
	return OK;
}
