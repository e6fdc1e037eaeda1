/* SPDX-License-Identifier: Apache-2.0 */
/* How requests about several orders are worded, and what every request weighs. */
#include "common/venue/binance/linked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/venue/binance/binance.h"

#define A "00112233445566778899aabbccddeeff"
#define B "0f0e0d0c0b0a09080706050403020100"
#define C "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
#define LIST "11111111222222223333333344444444"
#define NOW (1499827319559 * NANOS_MS + 500000)
#define SIGNED "&recvWindow=1000&timestamp=1499827319559"
#define FULL "&newOrderRespType=FULL" SIGNED

static const struct venue *venue;
static const struct venue_profile *paper;

static int find_venue(void **state)
{
	(void)state;
	venue = venue_named("binance");
	paper = venue_profile_named("paper");
	return venue == NULL || paper == NULL;
}

static ident_t ident_of(const char *text)
{
	ident_t ident;

	assert_int_equal(ident_parse(text, strlen(text), &ident), OK);
	return ident;
}

static struct order order_of(const char *id, enum order_type type)
{
	return (struct order){
		.client_id = ident_of(id),
		.symbol = name_from("BTCUSDT"),
		.side = SIDE_SELL,
		.type = type,
		.time_in_force = TIME_IN_FORCE_GTC,
		.qty = decimal_of("0.5"),
		.price = decimal_of("61000"),
		.stop_price = decimal_of("60000"),
	};
}

static void then_is_sent_once(const struct http_request *request, enum http_method method,
                              enum binance_answer answer, const char *path, const char *query)
{
	assert_int_equal(request->method, method);
	assert_int_equal(request->answer, answer);
	assert_string_equal(request->path, path);
	assert_string_equal(request->query, query);
	assert_true(name_is(&request->symbol, "BTCUSDT"));
	assert_true(request->once);
	assert_true(request->is_signed);
	assert_int_equal(request->valid_until, (1499827319559 + 1000) * NANOS_MS);
	assert_int_equal(request->timeout_ms, 2000);
}

static void a_replace_names_the_old_order_and_all_terms_of_the_new(void **state)
{
	struct order old = order_of(A, ORDER_TYPE_STOP_LOSS);
	struct order new = order_of(B, ORDER_TYPE_STOP_LOSS_LIMIT);
	struct http_request request;

	(void)state;
	assert_int_equal(venue->replace(&old, &new, NOW, paper, &request), OK);
	then_is_sent_once(&request, HTTP_POST, ANSWER_REPLACE, "/api/v3/order/cancelReplace",
	                  "symbol=BTCUSDT&side=SELL&type=STOP_LOSS_LIMIT&timeInForce=GTC"
	                  "&quantity=0.5&price=61000&stopPrice=60000"
	                  "&cancelReplaceMode=STOP_ON_FAILURE&cancelOrigClientOrderId=" A
	                  "&cancelNewClientOrderId=c-" A "&newClientOrderId=" B FULL);
}

static void a_replace_takes_only_what_the_new_type_takes(void **state)
{
	struct order old = order_of(A, ORDER_TYPE_STOP_LOSS);
	struct order new = order_of(B, ORDER_TYPE_MARKET);
	struct http_request request;

	(void)state;
	assert_int_equal(venue->replace(&old, &new, NOW, paper, &request), OK);
	assert_non_null(strstr(request.query, "type=MARKET&quantity=0.5&cancelReplaceMode"));
}

static void a_replace_needs_two_orders_of_one_symbol(void **state)
{
	struct order old = order_of(A, ORDER_TYPE_LIMIT), new = order_of(B, ORDER_TYPE_LIMIT);
	struct http_request request;

	(void)state;
	assert_int_equal(venue->replace(&old, &old, NOW, paper, &request), ERR_INVALID);
	new.symbol = name_from("ALTUSDT");
	assert_int_equal(venue->replace(&old, &new, NOW, paper, &request), ERR_INVALID);
	new = order_of(B, ORDER_TYPE_LIMIT);
	new.qty = DECIMAL_ZERO;
	assert_int_equal(venue->replace(&old, &new, NOW, paper, &request), ERR_INVALID);
	new = order_of(B, ORDER_TYPE_LIMIT);
	old.client_id = (ident_t){0, 0};
	assert_int_equal(venue->replace(&old, &new, NOW, paper, &request), ERR_INVALID);
}

static void an_amend_repeats_the_client_id(void **state)
{
	struct order order = order_of(A, ORDER_TYPE_LIMIT);
	struct http_request request;

	(void)state;
	assert_int_equal(venue->amend(&order, decimal_of("0.25"), NOW, paper, &request), OK);
	then_is_sent_once(&request, HTTP_PUT, ANSWER_AMEND, "/api/v3/order/amend/keepPriority",
	                  "symbol=BTCUSDT&origClientOrderId=" A "&newClientOrderId=" A
	                  "&newQty=0.25" SIGNED);
}

static void an_amend_only_lowers_the_quantity(void **state)
{
	static const char *const refused[] = {"0.5", "0.6", "0", "-0.1"};
	struct order order = order_of(A, ORDER_TYPE_LIMIT);
	struct http_request request;

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
		assert_int_equal(venue->amend(&order, decimal_of(refused[i]), NOW, paper, &request),
		                 ERR_INVALID);
}

static struct venue_list list_of(const struct order *entry, const struct order *stop,
                                 const struct order *target)
{
	return (struct venue_list){
		.id = ident_of(LIST), .entry = entry, .stop = stop, .target = target};
}

static void then_the_list_is(const struct venue_list *list, const char *path, const char *query)
{
	struct http_request request;

	assert_int_equal(venue->list(list, NOW, paper, &request), OK);
	then_is_sent_once(&request, HTTP_POST, ANSWER_LIST, path, query);
}

static void an_exit_pair_of_a_sell_has_its_target_above_and_its_stop_below(void **state)
{
	struct order stop = order_of(A, ORDER_TYPE_STOP_LOSS);
	struct order target = order_of(B, ORDER_TYPE_LIMIT_MAKER);
	struct venue_list list = list_of(NULL, &stop, &target);

	(void)state;
	then_the_list_is(&list, "/api/v3/orderList/oco",
	                 "symbol=BTCUSDT&listClientOrderId=" LIST "&side=SELL&quantity=0.5"
	                 "&aboveType=LIMIT_MAKER&aboveClientOrderId=" B "&abovePrice=61000"
	                 "&belowType=STOP_LOSS&belowClientOrderId=" A "&belowStopPrice=60000" FULL);
}

static void an_exit_pair_of_a_buy_has_its_stop_above(void **state)
{
	struct order stop = order_of(A, ORDER_TYPE_STOP_LOSS_LIMIT);
	struct order target = order_of(B, ORDER_TYPE_TAKE_PROFIT);
	struct venue_list list = list_of(NULL, &stop, &target);

	(void)state;
	stop.side = target.side = SIDE_BUY;
	then_the_list_is(&list, "/api/v3/orderList/oco",
	                 "symbol=BTCUSDT&listClientOrderId=" LIST "&side=BUY&quantity=0.5"
	                 "&aboveType=STOP_LOSS_LIMIT&aboveClientOrderId=" A
	                 "&abovePrice=61000&aboveStopPrice=60000&aboveTimeInForce=GTC"
	                 "&belowType=TAKE_PROFIT&belowClientOrderId=" B
	                 "&belowStopPrice=60000" FULL);
}

static void an_entry_comes_with_its_stop(void **state)
{
	struct order entry = order_of(A, ORDER_TYPE_LIMIT);
	struct order stop = order_of(B, ORDER_TYPE_STOP_LOSS);
	struct venue_list list = list_of(&entry, &stop, NULL);

	(void)state;
	entry.side = SIDE_BUY;
	stop.qty = decimal_of("0.499");
	then_the_list_is(&list, "/api/v3/orderList/oto",
	                 "symbol=BTCUSDT&listClientOrderId=" LIST
	                 "&workingSide=BUY&workingQuantity=0.5&workingType=LIMIT"
	                 "&workingClientOrderId=" A "&workingPrice=61000&workingTimeInForce=GTC"
	                 "&pendingSide=SELL&pendingQuantity=0.499&pendingType=STOP_LOSS"
	                 "&pendingClientOrderId=" B "&pendingStopPrice=60000" FULL);
}

static void an_entry_comes_with_stop_and_target(void **state)
{
	struct order entry = order_of(A, ORDER_TYPE_LIMIT_MAKER);
	struct order stop = order_of(B, ORDER_TYPE_STOP_LOSS);
	struct order target = order_of(C, ORDER_TYPE_TAKE_PROFIT_LIMIT);
	struct venue_list list = list_of(&entry, &stop, &target);

	(void)state;
	entry.side = SIDE_BUY;
	then_the_list_is(&list, "/api/v3/orderList/otoco",
	                 "symbol=BTCUSDT&listClientOrderId=" LIST
	                 "&workingSide=BUY&workingQuantity=0.5&workingType=LIMIT_MAKER"
	                 "&workingClientOrderId=" A "&workingPrice=61000"
	                 "&pendingSide=SELL&pendingQuantity=0.5"
	                 "&pendingAboveType=TAKE_PROFIT_LIMIT&pendingAboveClientOrderId=" C
	                 "&pendingAbovePrice=61000&pendingAboveStopPrice=60000"
	                 "&pendingAboveTimeInForce=GTC&pendingBelowType=STOP_LOSS"
	                 "&pendingBelowClientOrderId=" B "&pendingBelowStopPrice=60000" FULL);
}

static void refuse_list(const struct venue_list *list, enum err expected)
{
	struct http_request request;

	assert_int_equal(venue->list(list, NOW, paper, &request), expected);
}

static void a_list_that_is_none_is_refused(void **state)
{
	struct order entry = order_of(A, ORDER_TYPE_LIMIT);
	struct order stop = order_of(B, ORDER_TYPE_STOP_LOSS);
	struct order target = order_of(C, ORDER_TYPE_LIMIT_MAKER);
	struct venue_list list = list_of(NULL, &stop, NULL);

	(void)state;
	refuse_list(&list, ERR_INVALID);
	list = list_of(&entry, NULL, &target);
	refuse_list(&list, ERR_INVALID);
	list = list_of(NULL, &stop, &target);
	list.id = (ident_t){0, 0};
	refuse_list(&list, ERR_INVALID);
	list = list_of(NULL, &target, &stop);
	refuse_list(&list, ERR_UNSUPPORTED);
	list = list_of(&stop, &stop, NULL);
	refuse_list(&list, ERR_UNSUPPORTED);
	target.qty = decimal_of("0.4");
	list = list_of(NULL, &stop, &target);
	refuse_list(&list, ERR_INVALID);
	target = order_of(C, ORDER_TYPE_LIMIT_MAKER);
	target.symbol = name_from("ALTUSDT");
	list = list_of(NULL, &stop, &target);
	refuse_list(&list, ERR_INVALID);
}

static void a_list_is_cancelled_and_asked_for_by_our_id(void **state)
{
	struct http_request request;

	(void)state;
	assert_int_equal(venue->cancel_list("BTCUSDT", ident_of(LIST), NOW, paper, &request), OK);
	assert_int_equal(request.method, HTTP_DELETE);
	assert_int_equal(request.answer, ANSWER_LIST);
	assert_false(request.once);
	assert_string_equal(request.path, "/api/v3/orderList");
	assert_string_equal(request.query, "symbol=BTCUSDT&listClientOrderId=" LIST
	                                   "&newClientOrderId=c-" LIST SIGNED);
	assert_int_equal(venue->query_list("BTCUSDT", ident_of(LIST), NOW, paper, &request), OK);
	assert_int_equal(request.method, HTTP_GET);
	assert_int_equal(request.answer, ANSWER_LIST_QUERY);
	assert_true(name_is(&request.symbol, "BTCUSDT"));
	assert_string_equal(request.query, "origClientOrderId=" LIST SIGNED);
	assert_int_equal(venue->query_list("", ident_of(LIST), NOW, paper, &request), ERR_INVALID);
	assert_int_equal(venue->cancel_list("BTCUSDT", (ident_t){0, 0}, NOW, paper, &request),
	                 ERR_INVALID);
}

static void every_request_tells_its_weight(void **state)
{
	const name_t symbols[] = {name_from("BTCUSDT")};
	struct order a = order_of(A, ORDER_TYPE_STOP_LOSS), b = order_of(B, ORDER_TYPE_LIMIT_MAKER);
	struct venue_list list = list_of(NULL, &a, &b);
	ident_t id = ident_of(LIST);
	struct http_request request;

	(void)state;
#define WEIGHS(weight_told, call) \
	do { \
		assert_int_equal(call, OK); \
		assert_int_equal(request.weight, weight_told); \
	} while (0)
	WEIGHS(1, venue->order(&a, NOW, paper, &request));
	WEIGHS(1, venue->cancel(&a, NOW, paper, &request));
	WEIGHS(4, venue->query(&a, NOW, paper, &request));
	WEIGHS(1, venue->replace(&a, &b, NOW, paper, &request));
	WEIGHS(4, venue->amend(&a, decimal_of("0.1"), NOW, paper, &request));
	WEIGHS(1, venue->list(&list, NOW, paper, &request));
	WEIGHS(1, venue->cancel_list("BTCUSDT", id, NOW, paper, &request));
	WEIGHS(4, venue->query_list("BTCUSDT", id, NOW, paper, &request));
	WEIGHS(6, venue->open_orders("BTCUSDT", NOW, paper, &request));
	WEIGHS(80, venue->open_orders("", NOW, paper, &request));
	WEIGHS(20, venue->fills("BTCUSDT", 1, 500, NOW, paper, &request));
	WEIGHS(20, venue->balances(NOW, paper, &request));
	WEIGHS(1, venue->time(&request));
	WEIGHS(20, venue->instruments(symbols, 1, &request));
	WEIGHS(5, venue->book("BTCUSDT", 100, &request));
	WEIGHS(25, venue->book("BTCUSDT", 101, &request));
	WEIGHS(50, venue->book("BTCUSDT", 1000, &request));
	WEIGHS(250, venue->book("BTCUSDT", 1001, &request));
#undef WEIGHS
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_replace_names_the_old_order_and_all_terms_of_the_new),
		cmocka_unit_test(a_replace_takes_only_what_the_new_type_takes),
		cmocka_unit_test(a_replace_needs_two_orders_of_one_symbol),
		cmocka_unit_test(an_amend_repeats_the_client_id),
		cmocka_unit_test(an_amend_only_lowers_the_quantity),
		cmocka_unit_test(an_exit_pair_of_a_sell_has_its_target_above_and_its_stop_below),
		cmocka_unit_test(an_exit_pair_of_a_buy_has_its_stop_above),
		cmocka_unit_test(an_entry_comes_with_its_stop),
		cmocka_unit_test(an_entry_comes_with_stop_and_target),
		cmocka_unit_test(a_list_that_is_none_is_refused),
		cmocka_unit_test(a_list_is_cancelled_and_asked_for_by_our_id),
		cmocka_unit_test(every_request_tells_its_weight),
	};

	return cmocka_run_group_tests_name("binance_linked", tests, find_venue, NULL);
}
