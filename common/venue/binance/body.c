/* SPDX-License-Identifier: Apache-2.0 */
/* Each reader runs twice: the first time `sink` is NULL and it only checks, so that a list with one
   senseless element emits none. */
#include "common/venue/binance/body.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/venue/binance/binance.h"
#include "common/venue/binance/levels.h"
#include "common/venue/binance/orders.h"
#include "common/venue/binance/query.h"
#include "common/venue/binance/rules.h"

struct reading {
	const struct http_request *request;
	const struct message_sink *sink; /* NULL: check only */
	nanos_t at;                      /* of a list whose elements tell no time */
	struct body_result result;
};

static void take(struct reading *self, enum message_type type, const void *body)
{
	if (self->sink == NULL)
		return;
	self->sink->take(self->sink->self, type, body);
	self->result.items++;
}

static bool accept(struct reading *self, const struct fields *fields)
{
	if (fields->bad != NULL)
		self->result.bad = fields->bad;
	return fields->bad == NULL;
}

static void check_symbol(const struct reading *self, struct fields *fields, const name_t *symbol)
{
	if (self->request->symbol.size > 0 && !name_equals(symbol, &self->request->symbol))
		fields_refuse(fields, "symbol");
}

static void check_client_id(const struct reading *self, struct fields *fields, const char *name,
                            const char *id)
{
	if (!query_agrees(self->request->query, name, id))
		fields_refuse(fields, "clientOrderId");
}

static decimal_t sum_of_fills(struct fields *fields, const json_t *list,
                              const struct venue_order *order)
{
	decimal_t sum = DECIMAL_ZERO;

	for (size_t i = 0; i < json_array_size(list); i++) {
		struct fields element = fields_of(json_array_get(list, i));
		struct venue_fill fill = fill_read(&element, order);
		if (element.bad != NULL)
			fields_refuse(fields, element.bad);
		else if (decimal_add(sum, fill.qty, &sum) != OK)
			fields_refuse(fields, "fills");
	}
	return sum;
}

/* Checks fills and symbol, then takes the order and what of it was executed at once. */
static void take_placed(struct reading *self, struct fields *fields, const json_t *fills,
                        const struct venue_order *order)
{
	check_symbol(self, fields, &order->symbol);
	if (decimal_compare(sum_of_fills(fields, fills, order), order->executed) > 0)
		fields_refuse(fields, "fills");
	if (!accept(self, fields))
		return;
	take(self, MESSAGE_VENUE_ORDER, order);
	for (size_t i = 0; i < json_array_size(fills); i++) {
		struct fields element = fields_of(json_array_get(fills, i));
		struct venue_fill fill = fill_read(&element, order);
		take(self, MESSAGE_VENUE_FILL, &fill);
	}
}

/* Of an order of which nothing was executed the list may be missing. */
static const json_t *fills_of(struct fields *fields, const struct venue_order *order)
{
	if (decimal_sign(order->executed) == 0 && !fields_has(fields, "fills"))
		return NULL;
	return fields_list(fields, "fills");
}

static void read_placed(struct reading *self, const json_t *body)
{
	struct fields fields = fields_of(body);
	struct venue_order order = order_read(&fields, SOURCE_ACK);

	check_client_id(self, &fields, "newClientOrderId", order.client_text.text);
	take_placed(self, &fields, fills_of(&fields, &order), &order);
}

static void read_cancelled(struct reading *self, const json_t *body)
{
	struct fields fields = fields_of(body);
	struct venue_order order = order_read(&fields, SOURCE_ACK);

	check_symbol(self, &fields, &order.symbol);
	check_client_id(self, &fields, "origClientOrderId", order.client_text.text);
	if (accept(self, &fields))
		take(self, MESSAGE_VENUE_ORDER, &order);
}

static void check_amended_qty(const struct reading *self, struct fields *fields, decimal_t qty)
{
	char text[DECIMAL_TEXT_SIZE];
	decimal_t wanted;

	if (query_value(self->request->query, "newQty", text, sizeof text) &&
	    (decimal_parse(text, strlen(text), &wanted) != OK || !decimal_equals(wanted, qty)))
		fields_refuse(fields, "qty");
}

static void read_amended(struct reading *self, const json_t *body)
{
	struct fields outer = fields_of(body);
	nanos_t at = fields_millis(&outer, "transactTime");
	struct fields fields = fields_of(json_object_get(body, "amendedOrder"));
	struct venue_order order = order_read_amended(&fields, at);

	check_symbol(self, &fields, &order.symbol);
	check_client_id(self, &fields, "origClientOrderId", order.client_text.text);
	check_amended_qty(self, &fields, order.qty);
	if (accept(self, &outer) && accept(self, &fields))
		take(self, MESSAGE_VENUE_ORDER, &order);
}

/* An order of a list that was placed (its executions beside it) or cancelled. */
static void read_report(struct reading *self, const json_t *element)
{
	struct fields fields = fields_of(element);
	struct venue_order order = order_read(&fields, SOURCE_ACK);
	bool has_fills = fields_has(&fields, "fills");

	take_placed(self, &fields, has_fills ? fields_list(&fields, "fills") : NULL, &order);
}

static void read_queried(struct reading *self, const json_t *body)
{
	struct fields fields = fields_of(body);
	struct venue_order order = order_read(&fields, SOURCE_QUERY);
	const char *id = order.client_text.text;

	/* Should a cancelled order show under its cancel's id (undocumented), it is still ours. */
	if (strncmp(id, "c-", 2) == 0)
		id += 2;
	order.client_id = client_id_of(id);
	check_symbol(self, &fields, &order.symbol);
	check_client_id(self, &fields, "origClientOrderId", id);
	if (accept(self, &fields))
		take(self, MESSAGE_VENUE_ORDER, &order);
}

static void read_open_order(struct reading *self, const json_t *element)
{
	struct fields fields = fields_of(element);
	struct venue_order order = order_read(&fields, SOURCE_QUERY);

	check_symbol(self, &fields, &order.symbol);
	if (accept(self, &fields))
		take(self, MESSAGE_VENUE_ORDER, &order);
}

static void read_trade(struct reading *self, const json_t *element)
{
	struct fields fields = fields_of(element);
	struct venue_fill fill = fill_read_trade(&fields);

	check_symbol(self, &fields, &fill.symbol);
	if (accept(self, &fields))
		take(self, MESSAGE_VENUE_FILL, &fill);
}

static void read_each(struct reading *self, const json_t *list,
                      void (*read)(struct reading *self, const json_t *element))
{
	if (!json_is_array(list))
		self->result.bad = "(list)";
	for (size_t i = 0; i < json_array_size(list); i++)
		read(self, json_array_get(list, i));
}

static void read_list(struct reading *self, const json_t *body)
{
	struct fields fields = fields_of(body);
	const json_t *reports = fields_list(&fields, "orderReports");

	check_client_id(self, &fields, "listClientOrderId",
	                fields_text(&fields, "listClientOrderId"));
	if (accept(self, &fields))
		read_each(self, reports, read_report);
}

static void read_member(struct reading *self, const json_t *element)
{
	struct fields fields = fields_of(element);
	name_t symbol = fields_name(&fields, "symbol");
	struct venue_leg leg = {
		.client_id = client_id_of(fields_text(&fields, "clientOrderId")),
		.evidence = EVIDENCE_EXISTS,
	};

	check_symbol(self, &fields, &symbol);
	if (accept(self, &fields) && !ident_is_none(leg.client_id))
		take(self, MESSAGE_VENUE_LEG, &leg);
}

static void read_list_query(struct reading *self, const json_t *body)
{
	struct fields fields = fields_of(body);
	const json_t *members = fields_list(&fields, "orders");

	check_client_id(self, &fields, "origClientOrderId",
	                fields_text(&fields, "listClientOrderId"));
	if (accept(self, &fields))
		read_each(self, members, read_member);
}

static void read_open_orders(struct reading *self, const json_t *body)
{
	read_each(self, body, read_open_order);
}

static void read_trades(struct reading *self, const json_t *body)
{
	read_each(self, body, read_trade);
}

static void read_balance(struct reading *self, const json_t *element)
{
	struct fields fields = fields_of(element);
	struct venue_balance balance = balance_read(&fields, self->at);

	if (accept(self, &fields))
		take(self, MESSAGE_VENUE_BALANCE, &balance);
}

static void read_account(struct reading *self, const json_t *body)
{
	struct fields fields = fields_of(body);
	const json_t *list = fields_list(&fields, "balances");

	/* An account that never traded has none. */
	if (json_integer_value(json_object_get(body, "updateTime")) > 0)
		self->at = fields_millis(&fields, "updateTime");
	if (accept(self, &fields))
		read_each(self, list, read_balance);
}

static void read_time(struct reading *self, const json_t *body)
{
	struct fields fields = fields_of(body);
	nanos_t server_time = fields_millis(&fields, "serverTime");

	if (accept(self, &fields))
		self->result.server_time = server_time;
}

static void read_symbol(struct reading *self, const json_t *element)
{
	struct fields fields = fields_of(element);
	struct instrument instrument;

	rules_read(&fields, &instrument);
	if (accept(self, &fields))
		take(self, MESSAGE_INSTRUMENT, &instrument);
}

static void read_instruments(struct reading *self, const json_t *body)
{
	struct fields fields = fields_of(body);
	const json_t *list = fields_list(&fields, "symbols");
	nanos_t server_time = fields_millis(&fields, "serverTime");

	if (!accept(self, &fields))
		return;
	self->result.server_time = server_time;
	read_each(self, list, read_symbol);
}

static void read_levels(struct reading *self, const json_t *body, struct venue_book *book)
{
	struct fields fields = fields_of(body);

	book->symbol = self->request->symbol;
	book->last = fields_count(&fields, "lastUpdateId");
	levels_read(&fields, "bids", &book->bids);
	levels_read(&fields, "asks", &book->asks);
	if (!levels_are_sorted(&book->bids, SIDE_BUY))
		fields_refuse(&fields, "bids");
	if (!levels_are_sorted(&book->asks, SIDE_SELL))
		fields_refuse(&fields, "asks");
	if (accept(self, &fields))
		take(self, MESSAGE_VENUE_BOOK, book);
}

static void read_book(struct reading *self, const json_t *body)
{
	struct venue_book *book = malloc(sizeof *book);

	if (book == NULL) {
		self->result.bad = "(memory)";
		return;
	}
	read_levels(self, body, book);
	free(book);
}

static void (*const readers[])(struct reading *self, const json_t *body) = {
	[ANSWER_ORDER] = read_placed,  [ANSWER_CANCEL] = read_cancelled,
	[ANSWER_QUERY] = read_queried, [ANSWER_OPEN_ORDERS] = read_open_orders,
	[ANSWER_FILLS] = read_trades,  [ANSWER_BALANCES] = read_account,
	[ANSWER_TIME] = read_time,     [ANSWER_INSTRUMENTS] = read_instruments,
	[ANSWER_BOOK] = read_book,     [ANSWER_AMEND] = read_amended,
	[ANSWER_LIST] = read_list,     [ANSWER_LIST_QUERY] = read_list_query,
};

struct body_result body_read(const struct http_request *request, const json_t *json,
                             const struct message_sink *sink)
{
	struct reading self = {.request = request};

	assert(request->answer < sizeof readers / sizeof readers[0]);
	assert(readers[request->answer] != NULL);
	readers[request->answer](&self, json);
	if (self.result.bad != NULL)
		return (struct body_result){.bad = self.result.bad};
	self.sink = sink;
	readers[request->answer](&self, json);
	return self.result;
}
