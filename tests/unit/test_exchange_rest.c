/* SPDX-License-Identifier: Apache-2.0 */
/* REST of the built-in exchange: what is asked is worded by our own dialect where it has the words,
   and what is answered must make sense to it. */
#include "common/venue/binance/binance.h"
#include "common/venue/venue.h"
#include "tests/lib/exchange_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HEARD_MAX = 64 };

static const struct venue_profile profile = {
	.name = "bench", .window_ms = 1000, .request_timeout_ms = 1000};

struct heard {
	size_t count;
	struct venue_order order;
	struct venue_fill fills[HEARD_MAX];
	size_t fill_count;
	struct venue_balance balances[HEARD_MAX];
	size_t balance_count;
	struct instrument instruments[HEARD_MAX];
	size_t instrument_count;
	uint64_t book_id;
};

static void hear(void *self, enum message_type type, const void *body)
{
	struct heard *heard = self;
	heard->count++;
	if (type == MESSAGE_VENUE_ORDER)
		heard->order = *(const struct venue_order *)body;
	if (type == MESSAGE_VENUE_FILL)
		heard->fills[heard->fill_count++ % HEARD_MAX] = *(const struct venue_fill *)body;
	if (type == MESSAGE_VENUE_BALANCE)
		heard->balances[heard->balance_count++ % HEARD_MAX] =
			*(const struct venue_balance *)body;
	if (type == MESSAGE_INSTRUMENT)
		heard->instruments[heard->instrument_count++ % HEARD_MAX] =
			*(const struct instrument *)body;
	if (type == MESSAGE_VENUE_BOOK)
		heard->book_id = ((const struct venue_book *)body)->last;
}

static const char *const methods[] = {"", "GET", "POST", "PUT", "DELETE"};

/* Signs, asks and reads as the host does. */
static struct venue_answer converse(struct bench *bench, const struct http_request *request,
                                    struct heard *heard)
{
	char query[2 * HTTP_TEXT_MAX];
	snprintf(query, sizeof query, "%s", request->query);
	if (request->is_signed)
		assert_int_equal(
			binance_dialect.sign(request, &bench->config.key, query, sizeof query), OK);
	bool is_form = request->method == HTTP_POST;
	struct wire wire = {.kind = WIRE_HTTP,
	                    .client = 1,
	                    .method = methods[request->method],
	                    .path = request->path,
	                    .query = is_form ? "" : query,
	                    .api_key = bench->config.key.api_key,
	                    .body = is_form ? query : "",
	                    .size = is_form ? strlen(query) : 0};
	struct event event = {.kind = EVENT_WIRE, .wire = &wire};
	bench_step(bench, &event);
	char *text = json_dumps(bench->body, 0);
	struct http_answer http = {.status = bench->status,
	                           .transport = "",
	                           .headers = "",
	                           .body = text,
	                           .size = strlen(text)};
	struct venue_answer answer;
	struct message_sink sink = {hear, heard};
	*heard = (struct heard){.count = 0};
	binance_dialect.read_answer(request, &http, &sink, &answer);
	free(text);
	return answer;
}

static struct order limit_order(enum side side, const char *qty, const char *price)
{
	static uint64_t number;
	return (struct order){
		.client_id = {0x1234, ++number},
		.symbol = name_from("BTCUSDT"),
		.side = side,
		.type = ORDER_TYPE_LIMIT,
		.time_in_force = TIME_IN_FORCE_GTC,
		.qty = decimal_of(qty),
		.price = decimal_of(price),
	};
}

static int open_bench(void **state)
{
	struct bench *bench = bench_new();
	bench_start(bench);
	bench_pass(bench, 10 * NANOS_S);
	*state = bench;
	return 0;
}

static int close_bench(void **state)
{
	struct bench *bench = *state;
	assert_false(bench->saved_after_answer);
	bench_free(bench);
	return 0;
}

static void then_refused(const struct bench *bench, unsigned status, int code, const char *text)
{
	assert_string_equal(bench_text(bench, "msg"), text);
	assert_int_equal(bench_number(bench, "code"), code);
	assert_int_equal(bench->status, status);
}

static void ping_and_time_answer(void **state)
{
	struct bench *bench = *state;
	bench_ask(bench, "GET", "/api/v3/ping", "");
	assert_int_equal(bench->status, 200);
	assert_int_equal(json_object_size(bench->body), 0);
	bench_ask(bench, "GET", "/api/v3/time", "");
	assert_int_equal(bench_number(bench, "serverTime"), bench->now / NANOS_MS);
}

static void the_dialect_reads_the_rules_of_both_symbols(void **state)
{
	struct bench *bench = *state;
	struct http_request request;
	struct heard heard;
	name_t symbols[] = {name_from("BTCUSDT"), name_from("ALTUSDT")};
	assert_int_equal(binance_venue.instruments(symbols, 2, &request), OK);
	assert_int_equal(converse(bench, &request, &heard).evidence, EVIDENCE_EXISTS);
	assert_int_equal(heard.instrument_count, 2);
	const struct instrument *told = &heard.instruments[0],
				*own = &bench->exchange->instruments[0];
	assert_true(name_is(&told->base, "BTC") && told->trading);
	assert_true(decimal_equals(told->tick, own->tick) && decimal_equals(told->lot, own->lot));
	assert_true(decimal_equals(told->notional_min, own->notional_min));
	assert_int_equal(told->orders_max, own->orders_max);
	bench_ask(bench, "GET", "/api/v3/exchangeInfo", "symbol=NOPE");
	then_refused(bench, 400, -1121, "Invalid symbol.");
}

static void the_dialect_reads_the_book(void **state)
{
	struct bench *bench = *state;
	struct http_request request;
	struct heard heard;
	assert_int_equal(binance_venue.book("ALTUSDT", 5000, &request), OK);
	assert_int_equal(converse(bench, &request, &heard).evidence, EVIDENCE_EXISTS);
	assert_int_equal(heard.book_id, bench->exchange->markets[1].book.id);
	bench_ask(bench, "GET", "/api/v3/depth", "symbol=BTCUSDT&limit=3");
	assert_int_equal(json_array_size(bench_walk(bench->body, "bids")), 3);
	assert_non_null(strstr(bench->headers, "X-MBX-USED-WEIGHT-1M: 255\n"));
}

static void klines_have_twelve_columns_and_end_with_the_open_one(void **state)
{
	struct bench *bench = *state;
	bench_ask(bench, "GET", "/api/v3/klines", "symbol=BTCUSDT&interval=1m&limit=3");
	assert_int_equal(json_array_size(bench->body), 3);
	assert_int_equal(json_array_size(bench_walk(bench->body, "0")), 12);
	assert_int_equal(bench_number(bench, "2.0"), bench->now / NANOS_MIN * 60000);
	assert_int_equal(bench_number(bench, "0.6") + 1, bench_number(bench, "1.0"));
	bench_ask(bench, "GET", "/api/v3/klines",
	          "symbol=BTCUSDT&interval=1h&startTime=1700000000000&limit=2");
	assert_int_equal(bench_number(bench, "0.0"), 1700002800000);
	assert_int_equal(json_array_size(bench->body), 2);
	bench_ask(bench, "GET", "/api/v3/klines", "symbol=BTCUSDT&interval=7m");
	then_refused(bench, 400, -1120, "Invalid interval.");
}

static void the_dialect_follows_an_order_from_placing_to_cancel(void **state)
{
	struct bench *bench = *state;
	struct http_request request;
	struct heard heard;
	struct order order = limit_order(SIDE_BUY, "0.001", "50000");
	assert_int_equal(binance_venue.order(&order, bench->now, &profile, &request), OK);
	assert_int_equal(converse(bench, &request, &heard).evidence, EVIDENCE_EXISTS);
	assert_int_equal(heard.order.status, VENUE_STATUS_NEW);
	assert_true(ident_equals(heard.order.client_id, order.client_id));
	assert_non_null(strstr(bench->headers, "X-MBX-ORDER-COUNT-10S: 1\n"));
	assert_int_equal(binance_venue.query(&order, bench->now, &profile, &request), OK);
	assert_int_equal(converse(bench, &request, &heard).evidence, EVIDENCE_EXISTS);
	assert_int_equal(heard.order.status, VENUE_STATUS_NEW);
	assert_int_equal(binance_venue.open_orders("BTCUSDT", bench->now, &profile, &request), OK);
	assert_int_equal(converse(bench, &request, &heard).items, 1);
	assert_int_equal(binance_venue.cancel(&order, bench->now, &profile, &request), OK);
	assert_int_equal(converse(bench, &request, &heard).evidence, EVIDENCE_EXISTS);
	assert_int_equal(heard.order.status, VENUE_STATUS_CANCELED);
	assert_int_equal(converse(bench, &request, &heard).code, 2011);
	assert_int_equal(binance_venue.open_orders("", bench->now, &profile, &request), OK);
	assert_int_equal(converse(bench, &request, &heard).items, 0);
}

static void a_market_order_is_filled_at_the_displayed_prices(void **state)
{
	struct bench *bench = *state;
	struct http_request request;
	struct heard heard;
	struct order order = limit_order(SIDE_BUY, "0.5", "0");
	order.type = ORDER_TYPE_MARKET;
	decimal_t best = book_best_ask(&bench->exchange->markets[0].book)->price;
	assert_int_equal(binance_venue.order(&order, bench->now, &profile, &request), OK);
	assert_int_equal(converse(bench, &request, &heard).evidence, EVIDENCE_EXISTS);
	assert_int_equal(heard.order.status, VENUE_STATUS_FILLED);
	assert_true(decimal_equals(heard.fills[0].price, best));
	assert_true(name_is(&heard.fills[0].fee_asset, "BTC"));
	size_t fills = heard.fill_count;
	assert_int_equal(binance_venue.fills("BTCUSDT", 0, 1000, bench->now, &profile, &request),
	                 OK);
	assert_int_equal(converse(bench, &request, &heard).evidence, EVIDENCE_EXISTS);
	assert_int_equal(heard.fill_count, fills);
	assert_int_equal(heard.fills[0].trade_id, 1);
	assert_int_equal(binance_venue.balances(bench->now, &profile, &request), OK);
	assert_int_equal(converse(bench, &request, &heard).evidence, EVIDENCE_EXISTS);
	assert_int_equal(heard.balance_count, 3);
	assert_string_equal(decimal_print(heard.balances[1].free, (char[DECIMAL_TEXT_SIZE]){0}),
	                    "1.4995");
}

static void an_unknown_order_is_told_apart_by_query_and_cancel(void **state)
{
	struct bench *bench = *state;
	bench_ask_signed(bench, "GET", "/api/v3/order", "symbol=BTCUSDT&orderId=77");
	then_refused(bench, 400, -2013, "Order does not exist.");
	bench_ask_signed(bench, "DELETE", "/api/v3/order", "symbol=BTCUSDT&origClientOrderId=nope");
	then_refused(bench, 400, -2011, "Unknown order sent.");
	bench_ask_signed(bench, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT");
	then_refused(bench, 400, -2011, "Unknown order sent.");
	bench_ask_signed(bench, "GET", "/api/v3/order", "symbol=BTCUSDT");
	then_refused(
		bench, 400, -1102,
		"Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!");
}

#define ORDER "symbol=BTCUSDT&side=BUY&"

static void a_wrong_order_is_refused_in_the_exchanges_words(void **state)
{
	static const struct {
		const char *form;
		int code;
		const char *text;
	} rows[] = {
		{"side=BUY&type=LIMIT", -1102,
	         "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."},
		{"symbol=NOPE&side=BUY&type=LIMIT", -1121, "Invalid symbol."},
		{"symbol=BTCUSDT&side=LONG&type=LIMIT", -1117, "Invalid side."},
		{ORDER "type=ODD", -1116, "Invalid orderType."},
		{ORDER "type=LIMIT&timeInForce=GTX&quantity=1&price=50000", -1115,
	         "Invalid timeInForce."},
		{ORDER "type=LIMIT&timeInForce=GTC&price=50000", -1102,
	         "Mandatory parameter 'quantity' was not sent, was empty/null, or malformed."},
		{ORDER "type=LIMIT&timeInForce=GTC&quantity=1e3&price=50000", -1100,
	         "Illegal characters found in parameter 'quantity'; legal range is "
	         "'^([0-9]{1,20})(\\.[0-9]{1,20})?$'."},
		{ORDER "type=LIMIT&timeInForce=GTC&quantity=0.123456789&price=50000", -1111,
	         "Parameter 'quantity' has too much precision."},
		{ORDER "type=LIMIT&timeInForce=GTC&quantity=0&price=50000", -1013,
	         "Invalid quantity."},
		{ORDER "type=LIMIT&timeInForce=GTC&quantity=0.000015&price=50000", -1013,
	         "Filter failure: LOT_SIZE"},
		{ORDER "type=LIMIT&timeInForce=GTC&quantity=0.001&price=50000.001", -1013,
	         "Filter failure: PRICE_FILTER"},
		{ORDER "type=LIMIT&timeInForce=GTC&quantity=0.00005&price=50000", -1013,
	         "Filter failure: NOTIONAL"},
		{ORDER "type=LIMIT&timeInForce=GTC&quantity=0.01&price=900000", -1013,
	         "Filter failure: PERCENT_PRICE_BY_SIDE"},
		{ORDER "type=MARKET&quantity=500", -1013, "Filter failure: MARKET_LOT_SIZE"},
		{ORDER "type=LIMIT_MAKER&timeInForce=GTC&quantity=0.001&price=50000", -1106,
	         "Parameter 'timeInForce' sent when not required."},
		{ORDER "type=MARKET&quantity=0.001&price=50000", -1106,
	         "Parameter 'price' sent when not required."},
		{ORDER "type=STOP_LOSS&quantity=0.001", -1102,
	         "Mandatory parameter 'stopPrice' was not sent, was empty/null, or malformed."},
		{ORDER
	         "type=LIMIT&timeInForce=GTC&quantity=0.001&price=50000&newClientOrderId=a%20b",
	         -1100,
	         "Illegal characters found in parameter 'newClientOrderId'; legal range is "
	         "'^[a-zA-Z0-9-_]{1,36}$'."},
		{ORDER "type=LIMIT&timeInForce=GTC&quantity=0.001&price=50000&leverage=3", -1104,
	         "Not all sent parameters were read; read '8' parameter(s) but was sent '9'."},
		{ORDER "type=LIMIT&timeInForce=GTC&quantity=0.001&price=50000&price=50000", -1101,
	         "Duplicate values for parameter 'price'."},
		{ORDER "type=LIMIT&timeInForce=GTC&quantity=3&price=50000", -2010,
	         "Account has insufficient balance for requested action."},
		{ORDER "type=LIMIT_MAKER&quantity=0.001&price=70000", -2010,
	         "Order would immediately match and take."},
		{ORDER
	         "type=STOP_LOSS_LIMIT&timeInForce=GTC&quantity=0.001&price=50000&stopPrice=50000",
	         -2010, "Order would trigger immediately."},
	};
	struct bench *bench = *state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bench_ask_signed(bench, "POST", "/api/v3/order", rows[i].form);
		then_refused(bench, 400, rows[i].code, rows[i].text);
	}
	assert_int_equal(bench->exchange->account.last_id, 0);
}

static void a_client_id_is_unique_among_open_orders_only(void **state)
{
	struct bench *bench = *state;
	static const char form[] =
		ORDER "type=LIMIT&timeInForce=GTC&quantity=0.001&price=50000&newClientOrderId=mine";
	bench_ask_signed(bench, "POST", "/api/v3/order", form);
	assert_int_equal(bench->status, 200);
	bench_ask_signed(bench, "POST", "/api/v3/order", form);
	then_refused(bench, 400, -2010, "Duplicate order sent.");
	bench_ask_signed(bench, "DELETE", "/api/v3/order", "symbol=BTCUSDT&origClientOrderId=mine");
	assert_string_equal(bench_text(bench, "origClientOrderId"), "mine");
	assert_string_not_equal(bench_text(bench, "clientOrderId"), "mine");
	bench_ask_signed(bench, "POST", "/api/v3/order", form);
	assert_int_equal(bench->status, 200);
	bench_ask_signed(bench, "GET", "/api/v3/order", "symbol=BTCUSDT&origClientOrderId=mine");
	assert_int_equal(bench_number(bench, "orderId"), 2);
}

static void the_answer_is_as_long_as_asked_for(void **state)
{
	struct bench *bench = *state;
	static const char maker[] = ORDER "type=LIMIT_MAKER&quantity=0.001&price=50000";
	char form[200];
	bench_ask_signed(bench, "POST", "/api/v3/order", maker);
	assert_int_equal(json_object_size(bench->body),
	                 5); /* ACK is the default of all but LIMIT and MARKET */
	assert_int_equal(strlen(bench_text(bench, "clientOrderId")), 22);
	snprintf(form, sizeof form, "%s&newOrderRespType=RESULT", maker);
	bench_ask_signed(bench, "POST", "/api/v3/order", form);
	assert_string_equal(bench_text(bench, "status"), "NEW");
	assert_null(json_object_get(bench->body, "fills"));
	snprintf(form, sizeof form, "%s&newOrderRespType=FULL", maker);
	bench_ask_signed(bench, "POST", "/api/v3/order", form);
	assert_true(json_is_array(json_object_get(bench->body, "fills")));
	bench_ask_signed(bench, "POST", "/api/v3/order/test", maker);
	assert_int_equal(json_object_size(bench->body), 0);
	bench_ask_signed(bench, "GET", "/api/v3/allOrders", "symbol=BTCUSDT&limit=2");
	assert_int_equal(bench_number(bench, "0.orderId"), 2);
	bench_ask_signed(bench, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT");
	assert_int_equal(json_array_size(bench->body), 3);
}

/* Every member of the documented answer is in ours. */
static void then_has_members_of(json_t *ours, const char *fixture, const char *part)
{
	char path[128];
	const char *name;
	json_t *value;
	snprintf(path, sizeof path, "tests/data/fixtures/binance-spot/%s.json", fixture);
	json_t *root = json_load_file(path, 0, NULL);
	assert_non_null(root);
	json_t *documented = bench_walk(root, part);
	json_object_foreach(documented, name, value)
	{
		if (json_object_get(ours, name) == NULL)
			fail_msg("%s: \"%s\" is missing", fixture, name);
		bool is_same_kind =
			json_typeof(json_object_get(ours, name)) == json_typeof(value) ||
			(json_is_boolean(value) && json_is_boolean(json_object_get(ours, name)));
		if (!is_same_kind)
			fail_msg("%s: \"%s\" is of another kind", fixture, name);
	}
	json_decref(root);
}

static void answers_hold_every_documented_member(void **state)
{
	struct bench *bench = *state;
	bench_ask_signed(bench, "POST", "/api/v3/order", ORDER "type=MARKET&quantity=0.001");
	then_has_members_of(bench->body, "rest_PlaceOrder", "");
	then_has_members_of(bench_walk(bench->body, "fills.0"), "rest_PlaceOrder", "fills.0");
	bench_ask_signed(bench, "GET", "/api/v3/order", "symbol=BTCUSDT&orderId=1");
	then_has_members_of(bench->body, "rest_GetOrder", "");
	bench_ask_signed(bench, "GET", "/api/v3/myTrades", "symbol=BTCUSDT");
	then_has_members_of(bench_walk(bench->body, "0"), "rest_GetUserTrades", "0");
	bench_ask_signed(bench, "GET", "/api/v3/account", "");
	then_has_members_of(bench->body, "rest_GetAccountInfo", "");
	bench_ask_signed(bench, "POST", "/api/v3/order",
	                 ORDER "type=LIMIT&timeInForce=GTC&quantity=0.001&price=50000");
	bench_ask_signed(bench, "GET", "/api/v3/openOrders", "symbol=BTCUSDT");
	then_has_members_of(bench_walk(bench->body, "0"), "rest_GetOpenOrders", "0");
	bench_ask_signed(bench, "DELETE", "/api/v3/order", "symbol=BTCUSDT&orderId=2");
	then_has_members_of(bench->body, "rest_CancelOrder", "");
	bench_ask(bench, "GET", "/api/v3/exchangeInfo", "");
	then_has_members_of(bench->body, "rest_GetExchangeInfo", "");
}

static void who_asks_without_right_is_refused(void **state)
{
	struct bench *bench = *state;
	char query[200];
	long long now = (long long)(bench->now / NANOS_MS);
	struct wire wire = {.kind = WIRE_HTTP,
	                    .client = 1,
	                    .method = "GET",
	                    .path = "/api/v3/account",
	                    .query = query,
	                    .api_key = "",
	                    .body = ""};
	struct event event = {.kind = EVENT_WIRE, .wire = &wire};
	snprintf(query, sizeof query, "timestamp=%lld&signature=00", now);
	bench_step(bench, &event);
	then_refused(bench, 401, -2014, "API-key format invalid.");
	wire.api_key = "another-key-altogether";
	bench_step(bench, &event);
	then_refused(bench, 401, -2015, "Invalid API-key, IP, or permissions for action.");
	wire.api_key = bench->config.key.api_key;
	bench_step(bench, &event);
	then_refused(bench, 400, -1022, "Signature for this request is not valid.");
	snprintf(query, sizeof query, "timestamp=%lld", now);
	bench_step(bench, &event);
	then_refused(bench, 400, -1102,
	             "Mandatory parameter 'signature' was not sent, was empty/null, or malformed.");
	snprintf(query, sizeof query, "timestamp=%lld&signature=00", now - 5001);
	bench_step(bench, &event);
	then_refused(bench, 400, -1021, "Timestamp for this request is outside of the recvWindow.");
	snprintf(query, sizeof query, "timestamp=%lld&signature=00", now + 1000);
	bench_step(bench, &event);
	then_refused(bench, 400, -1021,
	             "Timestamp for this request was 1000ms ahead of the server's time.");
	snprintf(query, sizeof query, "timestamp=%lld&recvWindow=60001&signature=00", now);
	bench_step(bench, &event);
	then_refused(bench, 400, -1131, "recvWindow must be less than 60000");
}

static void a_signature_covers_query_and_body_as_received_wherever_it_stands(void **state)
{
	struct bench *bench = *state;
	char payload[200], body[200], query[200], signature[65];
	long long now = (long long)(bench->now / NANOS_MS);
	snprintf(payload, sizeof payload,
	         "symbol=BTC%%55SDT&type=MARKETside=BUY&quantity=0.001&timestamp=%lld", now);
	bench_sign(bench->config.key.secret, payload, signature);
	snprintf(query, sizeof query, "symbol=BTC%%55SDT&signature=%s&type=MARKET", signature);
	snprintf(body, sizeof body, "side=BUY&quantity=0.001&timestamp=%lld", now);
	struct wire wire = {.kind = WIRE_HTTP,
	                    .client = 1,
	                    .method = "POST",
	                    .path = "/api/v3/order",
	                    .query = query,
	                    .api_key = bench->config.key.api_key,
	                    .body = body,
	                    .size = strlen(body)};
	struct event event = {.kind = EVENT_WIRE, .wire = &wire};
	bench_step(bench, &event);
	assert_int_equal(bench->status, 200);
	body[5] = 'S';
	bench_step(bench, &event);
	then_refused(bench, 400, -1022, "Signature for this request is not valid.");
}

static void too_much_weight_is_answered_with_retry_after(void **state)
{
	struct bench *bench = *state;
	for (int i = 0; i < 24; i++)
		bench_ask(bench, "GET", "/api/v3/depth", "symbol=BTCUSDT&limit=5000");
	assert_int_equal(bench->status, 200);
	bench_ask(bench, "GET", "/api/v3/time", "");
	then_refused(
		bench, 429, -1003,
		"Too much request weight used; current limit is 6000 request weight per 1 MINUTE.");
	assert_non_null(strstr(bench->headers, "Retry-After: "));
	bench_pass(bench, NANOS_MIN);
	bench_ask(bench, "GET", "/api/v3/time", "");
	assert_int_equal(bench->status, 200);
}

static void too_many_unfilled_orders_are_refused_and_fills_give_the_count_back(void **state)
{
	struct bench *bench = *state;
	bench->exchange->limits.windows[LIMIT_ORDERS_10S].max = 2;
	static const char resting[] = ORDER "type=LIMIT&timeInForce=GTC&quantity=0.001&price=50000";
	for (int i = 0; i < 5; i++)
		bench_ask_signed(bench, "POST", "/api/v3/order",
		                 ORDER "type=MARKET&quantity=0.001");
	assert_int_equal(bench->status, 200);
	bench_ask_signed(bench, "POST", "/api/v3/order", resting);
	bench_ask_signed(bench, "POST", "/api/v3/order", resting);
	assert_int_equal(bench->status, 200);
	bench_ask_signed(bench, "POST", "/api/v3/order", resting);
	then_refused(bench, 429, -1015,
	             "Too many new orders; current limit is 2 orders per 10 SECOND.");
}

static void unknown_paths_and_methods_are_told_apart(void **state)
{
	struct bench *bench = *state;
	bench_ask(bench, "GET", "/api/v3/nothing", "");
	assert_int_equal(bench->status, 404);
	bench_ask(bench, "PUT", "/api/v3/order", "");
	then_refused(bench, 405, -1020, "This operation is not supported.");
}

static void faults_come_as_often_as_configured(void **state)
{
	struct bench *bench = *state;
	unsigned failed = 0, done = 0, silent = 0;
	bench->config.fail_pct = decimal_of("30");
	bench->config.drop_pct = decimal_of("30");
	bench->config.weight_max = 1000000;
	bench->exchange->limits.windows[LIMIT_ORDERS_10S].max = 1000;
	for (unsigned i = 0; i < 150; i++) {
		bench_ask_signed(bench, "POST", "/api/v3/order",
		                 ORDER "type=LIMIT&timeInForce=GTC&quantity=0.0002&price=50000");
		failed += bench->status == 503;
		silent += bench->status == 0;
	}
	done = bench->exchange->account.open_count;
	assert_in_range(failed, 25, 65);
	assert_in_range(silent, 10, 60);
	assert_in_range(done, 150 - failed + 5,
	                149); /* of the failed some were done all the same */
}

static void a_request_under_way_arrives_after_its_latency(void **state)
{
	struct bench *bench = *state;
	bench->config.latency = 250 * NANOS_MS;
	bench_ask(bench, "GET", "/api/v3/time", "");
	assert_int_equal(bench->status, 0);
	bench_pass(bench, 249 * NANOS_MS);
	assert_int_equal(bench->status, 0);
	bench_pass(bench, NANOS_MS);
	assert_int_equal(bench->status, 200);
	assert_int_equal(bench_number(bench, "serverTime"), bench->now / NANOS_MS);
}

static void a_query_trails_the_engine_by_the_view_lag(void **state)
{
	struct bench *bench = *state;
	bench->config.view_lag = NANOS_S;
	bench_ask_signed(bench, "POST", "/api/v3/order",
	                 ORDER "type=LIMIT&timeInForce=GTC&quantity=0.001&price=50000");
	bench_ask_signed(bench, "GET", "/api/v3/order", "symbol=BTCUSDT&orderId=1");
	then_refused(bench, 400, -2013, "Order does not exist.");
	bench_pass(bench, NANOS_S);
	bench_ask_signed(bench, "GET", "/api/v3/order", "symbol=BTCUSDT&orderId=1");
	assert_int_equal(bench->status, 200);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(ping_and_time_answer),
		CASE(the_dialect_reads_the_rules_of_both_symbols),
		CASE(the_dialect_reads_the_book),
		CASE(klines_have_twelve_columns_and_end_with_the_open_one),
		CASE(the_dialect_follows_an_order_from_placing_to_cancel),
		CASE(a_market_order_is_filled_at_the_displayed_prices),
		CASE(an_unknown_order_is_told_apart_by_query_and_cancel),
		CASE(a_wrong_order_is_refused_in_the_exchanges_words),
		CASE(a_client_id_is_unique_among_open_orders_only),
		CASE(the_answer_is_as_long_as_asked_for),
		CASE(answers_hold_every_documented_member),
		CASE(who_asks_without_right_is_refused),
		CASE(a_signature_covers_query_and_body_as_received_wherever_it_stands),
		CASE(too_much_weight_is_answered_with_retry_after),
		CASE(too_many_unfilled_orders_are_refused_and_fills_give_the_count_back),
		CASE(unknown_paths_and_methods_are_told_apart),
		CASE(faults_come_as_often_as_configured),
		CASE(a_request_under_way_arrives_after_its_latency),
		CASE(a_query_trails_the_engine_by_the_view_lag),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
