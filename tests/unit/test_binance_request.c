/* SPDX-License-Identifier: Apache-2.0 */
#include "common/venue/binance/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/venue/binance/binance.h"
#include "common/venue/binance/query.h"

#define ID "00112233445566778899aabbccddeeff"
/* Half a millisecond, to see that it is cut off. */
#define NOW (1499827319559 * NANOS_MS + 500000)
#define SIGNED "&recvWindow=1000&timestamp=1499827319559"

static const struct venue *venue;
static const struct venue_profile *paper;

static int find_venue(void **state)
{
	(void)state;
	venue = venue_named("binance");
	paper = venue_profile_named("paper");
	return venue == NULL || paper == NULL;
}

static struct order order_of(enum order_type type)
{
	struct order order = {
		.symbol = name_from("BTCUSDT"),
		.side = SIDE_BUY,
		.type = type,
		.time_in_force = TIME_IN_FORCE_GTC,
		.qty = decimal_of("0.00150"),
		.price = decimal_of("61837.64"),
		.stop_price = decimal_of("61000"),
	};

	assert_int_equal(ident_parse(ID, strlen(ID), &order.client_id), OK);
	return order;
}

static struct http_request placed(enum order_type type)
{
	struct order order = order_of(type);
	struct http_request request;

	assert_int_equal(venue->order(&order, NOW, paper, &request), OK);
	return request;
}

static void assert_order(enum order_type type, const char *terms)
{
	struct http_request request = placed(type);
	char expected[HTTP_TEXT_MAX];

	snprintf(expected, sizeof expected,
	         "symbol=BTCUSDT&side=BUY&%s&newClientOrderId=" ID "&newOrderRespType=FULL" SIGNED,
	         terms);
	assert_string_equal(request.query, expected);
	assert_string_equal(request.path, "/api/v3/order");
	assert_int_equal(request.method, HTTP_POST);
	assert_int_equal(request.answer, ANSWER_ORDER);
	assert_true(name_is(&request.symbol, "BTCUSDT"));
}

static void words_every_type_with_the_parameters_that_it_takes(void **state)
{
	(void)state;
	assert_order(ORDER_TYPE_LIMIT, "type=LIMIT&timeInForce=GTC&quantity=0.0015&price=61837.64");
	assert_order(ORDER_TYPE_LIMIT_MAKER, "type=LIMIT_MAKER&quantity=0.0015&price=61837.64");
	assert_order(ORDER_TYPE_MARKET, "type=MARKET&quantity=0.0015");
	assert_order(ORDER_TYPE_STOP_LOSS, "type=STOP_LOSS&quantity=0.0015&stopPrice=61000");
	assert_order(ORDER_TYPE_STOP_LOSS_LIMIT,
	             "type=STOP_LOSS_LIMIT&timeInForce=GTC&quantity=0.0015&price=61837.64"
	             "&stopPrice=61000");
	assert_order(ORDER_TYPE_TAKE_PROFIT, "type=TAKE_PROFIT&quantity=0.0015&stopPrice=61000");
	assert_order(ORDER_TYPE_TAKE_PROFIT_LIMIT,
	             "type=TAKE_PROFIT_LIMIT&timeInForce=GTC&quantity=0.0015&price=61837.64"
	             "&stopPrice=61000");
}

static void an_order_is_signed_sent_once_and_bound_to_its_window(void **state)
{
	struct http_request request = placed(ORDER_TYPE_LIMIT);

	(void)state;
	assert_true(request.is_signed);
	assert_true(request.once);
	assert_int_equal(request.valid_until, (1499827319559 + 1000) * NANOS_MS);
	assert_int_equal(request.timeout_ms, 2000);
}

static void the_same_order_at_the_same_time_is_the_same_request(void **state)
{
	struct http_request first = placed(ORDER_TYPE_LIMIT), second = placed(ORDER_TYPE_LIMIT);

	(void)state;
	assert_memory_equal(&first, &second, sizeof first);
}

static void refuse_order(struct order order)
{
	struct http_request request;

	assert_int_equal(venue->order(&order, NOW, paper, &request), ERR_INVALID);
}

static void refuses_an_order_that_no_exchange_could_take(void **state)
{
	struct order order = order_of(ORDER_TYPE_LIMIT);

	(void)state;
	order.qty = DECIMAL_ZERO;
	refuse_order(order);
	order.qty = decimal_of("-1");
	refuse_order(order);
	order = order_of(ORDER_TYPE_LIMIT);
	order.price = DECIMAL_ZERO;
	refuse_order(order);
	order = order_of(ORDER_TYPE_STOP_LOSS);
	order.stop_price = DECIMAL_ZERO;
	refuse_order(order);
	order = order_of(ORDER_TYPE_LIMIT);
	order.side = 0;
	refuse_order(order);
	order = order_of(ORDER_TYPE_LIMIT);
	order.time_in_force = 0;
	refuse_order(order);
	order = order_of(ORDER_TYPE_LIMIT);
	order.client_id = (ident_t){0, 0};
	refuse_order(order);
	order = order_of(ORDER_TYPE_LIMIT);
	order.symbol = name_from("");
	refuse_order(order);
	refuse_order(order_of(0));
	refuse_order(order_of(99));
}

static void refuses_a_time_before_the_epoch(void **state)
{
	struct order order = order_of(ORDER_TYPE_LIMIT);
	struct http_request request;

	(void)state;
	assert_int_equal(venue->order(&order, -1, paper, &request), ERR_INVALID);
	assert_int_equal(venue->order(&order, 0, paper, &request), ERR_INVALID);
	assert_int_equal(venue->order(&order, INT64_MAX, paper, &request), ERR_INVALID);
}

static void cancels_by_our_id_under_an_id_that_is_no_order_s(void **state)
{
	struct order order = order_of(ORDER_TYPE_LIMIT);
	struct http_request request;

	(void)state;
	assert_int_equal(venue->cancel(&order, NOW, paper, &request), OK);
	assert_int_equal(request.method, HTTP_DELETE);
	assert_string_equal(request.path, "/api/v3/order");
	assert_string_equal(request.query, "symbol=BTCUSDT&origClientOrderId=" ID
	                                   "&newClientOrderId=c-" ID SIGNED);
	assert_false(request.once);
	assert_true(request.is_signed);
	assert_int_equal(request.valid_until, (1499827319559 + 1000) * NANOS_MS);
}

static void queries_by_our_id(void **state)
{
	struct order order = order_of(ORDER_TYPE_LIMIT);
	struct http_request request;

	(void)state;
	assert_int_equal(venue->query(&order, NOW, paper, &request), OK);
	assert_int_equal(request.method, HTTP_GET);
	assert_string_equal(request.query, "symbol=BTCUSDT&origClientOrderId=" ID SIGNED);
	assert_int_equal(request.answer, ANSWER_QUERY);
}

static void asks_for_open_orders_of_one_symbol_or_all(void **state)
{
	struct http_request request;

	(void)state;
	assert_int_equal(venue->open_orders("BTCUSDT", NOW, paper, &request), OK);
	assert_string_equal(request.path, "/api/v3/openOrders");
	assert_string_equal(request.query, "symbol=BTCUSDT" SIGNED);
	assert_int_equal(venue->open_orders("", NOW, paper, &request), OK);
	assert_string_equal(request.query, SIGNED + 1);
	assert_int_equal(request.symbol.size, 0);
}

static void asks_for_an_order_without_our_id_by_the_exchanges(void **state)
{
	struct order order = {.symbol = name_from("BTCUSDT"), .venue_id = 28};
	struct http_request request;

	(void)state;
	assert_int_equal(venue->query(&order, NOW, paper, &request), OK);
	assert_string_equal(request.query, "symbol=BTCUSDT&orderId=28" SIGNED);
	assert_int_equal(venue->cancel(&order, NOW, paper, &request), ERR_INVALID);
	order.venue_id = 0;
	assert_int_equal(venue->query(&order, NOW, paper, &request), ERR_INVALID);
}

static void asks_for_fills_from_an_id_on(void **state)
{
	struct http_request request;

	(void)state;
	assert_int_equal(venue->fills("BTCUSDT", 28457, 500, NOW, paper, &request), OK);
	assert_string_equal(request.path, "/api/v3/myTrades");
	assert_string_equal(request.query, "symbol=BTCUSDT&fromId=28457&limit=500" SIGNED);
	assert_int_equal(venue->fills("BTCUSDT", 0, 1, NOW, paper, &request), OK);
	assert_string_equal(request.query, "symbol=BTCUSDT&limit=1" SIGNED); /* the newest */
	assert_int_equal(venue->fills("BTCUSDT", 0, 0, NOW, paper, &request), ERR_INVALID);
	assert_int_equal(venue->fills("BTCUSDT", 0, 1001, NOW, paper, &request), ERR_INVALID);
}

static void asks_for_balances_that_are_not_zero(void **state)
{
	struct http_request request;

	(void)state;
	assert_int_equal(venue->balances(NOW, paper, &request), OK);
	assert_string_equal(request.path, "/api/v3/account");
	assert_string_equal(request.query, "omitZeroBalances=true" SIGNED);
}

static void asks_public_things_without_a_signature(void **state)
{
	const name_t symbols[] = {name_from("BTCUSDT"), name_from("ALTUSDT")};
	struct http_request request;

	(void)state;
	assert_int_equal(venue->time(&request), OK);
	assert_string_equal(request.path, "/api/v3/time");
	assert_string_equal(request.query, "");
	assert_false(request.is_signed);
	assert_int_equal(venue->instruments(symbols, 2, &request), OK);
	assert_string_equal(request.path, "/api/v3/exchangeInfo");
	assert_string_equal(request.query, "symbols=%5B%22BTCUSDT%22%2C%22ALTUSDT%22%5D");
	assert_int_equal(venue->book("BTCUSDT", 5000, &request), OK);
	assert_string_equal(request.path, "/api/v3/depth");
	assert_string_equal(request.query, "symbol=BTCUSDT&limit=5000");
	assert_false(request.is_signed);
	assert_int_equal(request.valid_until, 0);
	assert_int_equal(venue->book("BTCUSDT", 5001, &request), ERR_INVALID);
	assert_int_equal(venue->instruments(symbols, 0, &request), ERR_INVALID);
}

static void refuses_more_symbols_than_fit(void **state)
{
	name_t symbols[200];
	struct http_request request;
	text_t path;

	(void)state;
	for (size_t i = 0; i < 200; i++)
		symbols[i] = name_from("SYMBOLSYMBOLUSDT");
	for (size_t count = 60; count <= 200; count++)
		assert_int_equal(venue->instruments(symbols, count, &request), ERR_FULL);
	for (size_t count = 5; count <= 200; count++)
		assert_int_equal(venue->market_path(symbols, count, &path), ERR_FULL);
}

static void streams_trades_best_prices_and_depth(void **state)
{
	const name_t symbols[] = {name_from("BTCUSDT"), name_from("ALTUSDT")};
	text_t path;

	(void)state;
	assert_int_equal(venue->market_path(symbols, 2, &path), OK);
	assert_string_equal(path.text, "/stream?streams=btcusdt@trade/btcusdt@bookTicker/"
	                               "btcusdt@depth@100ms/altusdt@trade/altusdt@bookTicker/"
	                               "altusdt@depth@100ms");
	assert_int_equal(venue->user_path(&path), OK);
	assert_string_equal(path.text, "/ws-api/v3");
}

static void a_venue_and_its_profiles_are_found_by_name(void **state)
{
	const struct venue_profile *binance = venue_profile_named("binance");

	(void)state;
	assert_string_equal(venue->name, "binance");
	assert_ptr_equal(venue->dialect, &binance_dialect);
	assert_null(venue_named("nowhere"));
	assert_null(venue_profile_named("nowhere"));
	assert_int_equal(paper->window_ms, 1000);
	assert_int_equal(paper->queue_ms, 1000);
	assert_int_equal(paper->view_lag_ms, 1000);
	assert_int_equal(paper->clock_step_ms, 500);
	assert_int_equal(binance->window_ms, 2000);
	assert_int_equal(binance->queue_ms, 30000);
	assert_int_equal(binance->view_lag_ms, 60000);
	assert_int_equal(binance->request_timeout_ms, 2000);
}

static void a_query_agrees_only_with_the_value_that_it_holds(void **state)
{
	(void)state;
	assert_true(query_agrees("a=1&bc=23", "bc", "23"));
	assert_true(query_agrees("a=1&bc=23", "a", "1"));
	assert_true(query_agrees("a=1&bc=23", "c", "9"));
	assert_true(query_agrees("", "c", "9"));
	assert_false(query_agrees("a=1&bc=23", "bc", "2"));
	assert_false(query_agrees("a=1&bc=23", "bc", "234"));
	assert_false(query_agrees("a=1&bc=23&d", "a", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_every_type_with_the_parameters_that_it_takes),
		cmocka_unit_test(an_order_is_signed_sent_once_and_bound_to_its_window),
		cmocka_unit_test(the_same_order_at_the_same_time_is_the_same_request),
		cmocka_unit_test(refuses_an_order_that_no_exchange_could_take),
		cmocka_unit_test(refuses_a_time_before_the_epoch),
		cmocka_unit_test(cancels_by_our_id_under_an_id_that_is_no_order_s),
		cmocka_unit_test(queries_by_our_id),
		cmocka_unit_test(asks_for_open_orders_of_one_symbol_or_all),
		cmocka_unit_test(asks_for_an_order_without_our_id_by_the_exchanges),
		cmocka_unit_test(asks_for_fills_from_an_id_on),
		cmocka_unit_test(asks_for_balances_that_are_not_zero),
		cmocka_unit_test(asks_public_things_without_a_signature),
		cmocka_unit_test(refuses_more_symbols_than_fit),
		cmocka_unit_test(streams_trades_best_prices_and_depth),
		cmocka_unit_test(a_venue_and_its_profiles_are_found_by_name),
		cmocka_unit_test(a_query_agrees_only_with_the_value_that_it_holds),
	};

	return cmocka_run_group_tests_name("binance_request", tests, find_venue, NULL);
}
