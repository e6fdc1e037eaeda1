/* SPDX-License-Identifier: Apache-2.0 */
/* Answers about several orders: cancel-replace half by half, amends, lists. */
#include "common/venue/binance/legs.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/lib/check_decimal.h"
#include "tests/lib/venue_answers.h"

#define OLD "0f0e0d0c0b0a09080706050403020100"
#define REQUEST "symbol=BTCUSDT&cancelOrigClientOrderId=" OLD "&newClientOrderId=" OUR_ID
#define TERMS \
	"\"transactTime\":1684804350068,\"price\":\"23450.0\",\"origQty\":\"0.5\"," \
	"\"executedQty\":\"0.1\",\"cummulativeQuoteQty\":\"2345.0\",\"timeInForce\":\"GTC\"," \
	"\"type\":\"LIMIT\",\"side\":\"SELL\""
#define CANCELLED \
	"{\"symbol\":\"BTCUSDT\",\"origClientOrderId\":\"" OLD "\",\"orderId\":7," \
	"\"clientOrderId\":\"c-" OLD "\",\"status\":\"CANCELED\"," TERMS "}"
#define PLACED \
	"{\"symbol\":\"BTCUSDT\",\"orderId\":8,\"clientOrderId\":\"" OUR_ID "\"," \
	"\"status\":\"PARTIALLY_FILLED\"," TERMS ",\"fills\":[{\"price\":\"23450\"," \
	"\"qty\":\"0.1\",\"commission\":\"0\",\"commissionAsset\":\"USDT\",\"tradeId\":56}]}"
#define HALVES(cancel, order, cancel_response, order_response) \
	"{\"cancelResult\":\"" cancel "\",\"newOrderResult\":\"" order \
	"\",\"cancelResponse\":" cancel_response ",\"newOrderResponse\":" order_response "}"
#define FAILED(code, data) "{\"code\":" code ",\"msg\":\"words\",\"data\":" data "}"
#define ERROR(code, words) "{\"code\":" code ",\"msg\":\"" words "\"}"

static struct answered seen;

static int clear(void **state)
{
	(void)state;
	answered_clear(&seen);
	return 0;
}

static void replaced(unsigned status, const char *body)
{
	answered_text(&seen, ANSWER_REPLACE, "BTCUSDT", REQUEST, status, body);
}

/* The legs come last: the order to cancel, then the order to place. */
static const struct venue_leg *leg(size_t number)
{
	assert_true(seen.messages.count >= 2);
	return venue_message(&seen.messages, seen.messages.count - 2 + number, MESSAGE_VENUE_LEG);
}

static void then_the_halves_are(enum evidence cancel, enum evidence order)
{
	char text[IDENT_TEXT_SIZE];

	assert_string_equal(ident_print(leg(0)->client_id, text), OLD);
	assert_string_equal(ident_print(leg(1)->client_id, text), OUR_ID);
	assert_int_equal(leg(0)->evidence, cancel);
	assert_int_equal(leg(1)->evidence, order);
	assert_int_equal(seen.answer.evidence, cancel == order ? cancel : EVIDENCE_NOTHING);
	assert_int_equal(seen.answer.items, seen.messages.count - 2);
}

static const struct venue_order *order_at(size_t at)
{
	return venue_message(&seen.messages, at, MESSAGE_VENUE_ORDER);
}

static void when_both_are_done_both_orders_are_told(void **state)
{
	(void)state;
	replaced(200, HALVES("SUCCESS", "SUCCESS", CANCELLED, PLACED));
	then_the_halves_are(EVIDENCE_EXISTS, EVIDENCE_EXISTS);
	assert_int_equal(seen.answer.items, 3);
	assert_int_equal(order_at(0)->venue_id, 7);
	assert_int_equal(order_at(0)->status, VENUE_STATUS_CANCELED);
	assert_true(ident_equals(order_at(0)->client_id, leg(0)->client_id));
	assert_int_equal(order_at(1)->venue_id, 8);
	const struct venue_fill *fill = venue_message(&seen.messages, 2, MESSAGE_VENUE_FILL);
	assert_int_equal(fill->venue_id, 8);
	assert_int_equal(fill->trade_id, 56);
}

static void a_stopped_replace_did_nothing(void **state)
{
	(void)state;
	replaced(400, FAILED("-2022", HALVES("FAILURE", "NOT_ATTEMPTED",
	                                     ERROR("-2011", "Unknown order sent."), "null")));
	then_the_halves_are(EVIDENCE_REFUSED, EVIDENCE_REFUSED);
	assert_int_equal(leg(0)->code, 2011);
	assert_string_equal(leg(0)->text.text, "Unknown order sent.");
	assert_int_equal(leg(1)->code, 2022);
	assert_int_equal(seen.answer.code, 2022);
}

static void a_half_done_replace_cancelled_and_placed_nothing(void **state)
{
	(void)state;
	replaced(409, FAILED("-2021", HALVES("SUCCESS", "FAILURE", CANCELLED,
	                                     ERROR("-2010", "insufficient balance"))));
	then_the_halves_are(EVIDENCE_EXISTS, EVIDENCE_REFUSED);
	assert_int_equal(order_at(0)->status, VENUE_STATUS_CANCELED);
	assert_int_equal(leg(1)->code, 2010);
	assert_int_equal(seen.answer.code, 2021);
	assert_int_equal(seen.answer.http_status, 409);
}

static void the_other_half_alone_places_and_cancels_nothing(void **state)
{
	(void)state;
	replaced(409, FAILED("-2021", HALVES("FAILURE", "SUCCESS",
	                                     ERROR("-2011", "Unknown order sent."), PLACED)));
	then_the_halves_are(EVIDENCE_REFUSED, EVIDENCE_EXISTS);
	assert_int_equal(order_at(0)->venue_id, 8);
}

static void a_half_whose_failure_may_have_worked_proves_nothing(void **state)
{
	(void)state;
	replaced(409, FAILED("-2021",
	                     HALVES("SUCCESS", "FAILURE", CANCELLED, ERROR("-1007", "Timeout"))));
	then_the_halves_are(EVIDENCE_EXISTS, EVIDENCE_NOTHING);
	replaced(409, FAILED("-2021", HALVES("SUCCESS", "FAILURE", CANCELLED,
	                                     ERROR("-2010", "Duplicate order sent."))));
	then_the_halves_are(EVIDENCE_EXISTS, EVIDENCE_NOTHING);
}

static void a_half_that_makes_no_sense_proves_nothing_and_the_other_counts(void **state)
{
	(void)state;
	replaced(200, HALVES("SUCCESS", "SUCCESS", CANCELLED, "{\"symbol\":\"BTCUSDT\"}"));
	then_the_halves_are(EVIDENCE_EXISTS, EVIDENCE_NOTHING);
	assert_int_equal(seen.answer.items, 1);
	replaced(200, HALVES("SUCCESS", "SUCCESS", PLACED, PLACED));
	then_the_halves_are(EVIDENCE_NOTHING, EVIDENCE_EXISTS);
	replaced(200, HALVES("DONE", "SUCCESS", CANCELLED, CANCELLED));
	then_the_halves_are(EVIDENCE_NOTHING, EVIDENCE_NOTHING);
	assert_int_equal(seen.answer.items, 0);
}

static void a_server_error_proves_nothing_whatever_it_tells(void **state)
{
	(void)state;
	replaced(503, FAILED("-1007", HALVES("SUCCESS", "FAILURE", CANCELLED,
	                                     ERROR("-2010", "insufficient balance"))));
	then_the_halves_are(EVIDENCE_NOTHING, EVIDENCE_NOTHING);
	assert_int_equal(seen.answer.items, 0);
}

static void an_error_without_halves_is_judged_for_each(void **state)
{
	(void)state;
	replaced(400, ERROR("-1021", "Timestamp"));
	then_the_halves_are(EVIDENCE_REFUSED, EVIDENCE_REFUSED);
	replaced(429, ERROR("-1015", "Too many new orders"));
	then_the_halves_are(EVIDENCE_REFUSED, EVIDENCE_REFUSED);
	assert_int_equal(seen.answer.retry_after_ms, 10000);
	replaced(400, ERROR("-2022", "Order cancel-replace failed."));
	then_the_halves_are(EVIDENCE_NOTHING, EVIDENCE_NOTHING);
	replaced(409, ERROR("-2021", "Order cancel-replace partially failed."));
	then_the_halves_are(EVIDENCE_NOTHING, EVIDENCE_NOTHING);
}

static void what_is_no_json_proves_nothing(void **state)
{
	(void)state;
	replaced(200, "<html>");
	then_the_halves_are(EVIDENCE_NOTHING, EVIDENCE_NOTHING);
	replaced(200, "[]");
	then_the_halves_are(EVIDENCE_NOTHING, EVIDENCE_NOTHING);
	replaced(403, "<html>");
	then_the_halves_are(EVIDENCE_NOTHING, EVIDENCE_NOTHING);
}

static void without_an_answer_both_are_unsent_or_unknown(void **state)
{
	struct http_request request = {.answer = ANSWER_REPLACE, .query = REQUEST};
	struct http_answer http = {.transport = "no connection", .headers = "", .body = ""};

	(void)state;
	answered_http(&seen, &request, &http);
	then_the_halves_are(EVIDENCE_UNSENT, EVIDENCE_UNSENT);
	http.may_have_arrived = true;
	answered_http(&seen, &request, &http);
	then_the_halves_are(EVIDENCE_NOTHING, EVIDENCE_NOTHING);
	assert_string_equal(leg(1)->text.text, "no connection");
}

static void the_documented_replace_reads_well(void **state)
{
	size_t size;
	char *text = file_text(FIXTURES "wsapi_ReplaceOrder.json", &size);
	json_t *json = json_loads(text, 0, NULL);
	char *body = json_dumps(json_object_get(json, "result"), 0);

	(void)state;
	/* The fixture's ids are not of our form. */
	answered_text(&seen, ANSWER_REPLACE, "BTCUSDT", "", 200, body);
	assert_int_equal(seen.answer.evidence, EVIDENCE_EXISTS);
	assert_int_equal(seen.answer.items, 2);
	assert_string_equal(order_at(0)->client_text.text, "4d96324ff9d44481926157");
	assert_int_equal(order_at(1)->venue_id, 12569099453);
	free(body);
	free(text);
	json_decref(json);
}

#define AMENDED \
	"{\"transactTime\":1741926410255,\"executionId\":75,\"amendedOrder\":{\"symbol\":" \
	"\"BTCUSDT\",\"orderId\":33,\"orderListId\":4,\"origClientOrderId\":\"" OUR_ID "\"," \
	"\"clientOrderId\":\"" OUR_ID "\",\"price\":\"6.0\",\"qty\":\"%s\"," \
	"\"executedQty\":\"0.00\",\"preventedQty\":\"0.0\",\"quoteOrderQty\":\"0.0\"," \
	"\"cumulativeQuoteQty\":\"0.0\",\"status\":\"NEW\",\"timeInForce\":\"GTC\"," \
	"\"type\":\"LIMIT\",\"side\":\"SELL\",\"workingTime\":1741926410242}}"

static void amended(const char *qty)
{
	char body[700];

	snprintf(body, sizeof body, AMENDED, qty);
	answered_text(&seen, ANSWER_AMEND, "BTCUSDT",
	              "origClientOrderId=" OUR_ID "&newClientOrderId=" OUR_ID "&newQty=0.25", 200,
	              body);
}

static void an_amended_order_tells_its_new_quantity(void **state)
{
	(void)state;
	amended("0.25000000");
	assert_int_equal(seen.answer.evidence, EVIDENCE_EXISTS);
	assert_int_equal(seen.messages.count, 1);
	assert_decimal(order_at(0)->qty, "0.25");
	assert_int_equal(order_at(0)->venue_id, 33);
	assert_int_equal(order_at(0)->list_id, 4);
	assert_int_equal(order_at(0)->at, 1741926410255 * NANOS_MS);
	assert_false(order_at(0)->triggered);
}

static void an_amend_to_another_quantity_than_wanted_proves_nothing(void **state)
{
	(void)state;
	amended("0.3");
	assert_int_equal(seen.answer.evidence, EVIDENCE_NOTHING);
	assert_int_equal(seen.messages.count, 0);
}

static void the_documented_amend_reads_well(void **state)
{
	(void)state;
	answered_fixture(&seen, ANSWER_AMEND, "BTCUSDT", "rest_AmendOrder.json");
	assert_int_equal(seen.answer.evidence, EVIDENCE_EXISTS);
	assert_decimal(order_at(0)->qty, "0.00847");
	assert_decimal(order_at(0)->turnover, "198.335215");
}

static void a_refused_amend_leaves_the_order_as_it_was(void **state)
{
	(void)state;
	answered_text(&seen, ANSWER_AMEND, "BTCUSDT", "", 400, ERROR("-2038", "amend rejected"));
	assert_int_equal(seen.answer.evidence, EVIDENCE_REFUSED);
	answered_text(&seen, ANSWER_AMEND, "BTCUSDT", "", 503, ERROR("-1007", "Timeout"));
	assert_int_equal(seen.answer.evidence, EVIDENCE_NOTHING);
}

static void the_orders_of_a_list_are_told(void **state)
{
	(void)state;
	answered_fixture(&seen, ANSWER_LIST, "LTCBTC", "rest_PlaceOcoOrderList.json");
	assert_int_equal(seen.answer.evidence, EVIDENCE_EXISTS);
	assert_int_equal(seen.messages.count, 2);
	assert_int_equal(order_at(0)->type, ORDER_TYPE_STOP_LOSS_LIMIT);
	assert_int_equal(order_at(0)->list_id, 1);
	assert_false(order_at(0)->triggered);
	assert_int_equal(order_at(1)->type, ORDER_TYPE_LIMIT_MAKER);
	answered_fixture(&seen, ANSWER_LIST, "LTCBTC", "rest_PlaceOtoOrderList.json");
	assert_int_equal(seen.messages.count, 2);
	assert_int_equal(order_at(1)->status, VENUE_STATUS_PENDING_NEW);
	answered_fixture(&seen, ANSWER_LIST, "LTCBTC", "rest_CancelOcoOrder.json");
	assert_int_equal(seen.messages.count, 2);
	assert_int_equal(order_at(0)->status, VENUE_STATUS_CANCELED);
	assert_string_equal(order_at(0)->client_text.text, "pO9ufTiFGg3nw2fOdgeOXa");
}

static void a_list_of_another_id_or_symbol_proves_nothing(void **state)
{
	(void)state;
	answered_fixture(&seen, ANSWER_LIST, "BTCUSDT", "rest_PlaceOcoOrderList.json");
	assert_int_equal(seen.answer.evidence, EVIDENCE_NOTHING);
	answered_text(&seen, ANSWER_LIST, "BTCUSDT", "listClientOrderId=" OUR_ID, 200,
	              "{\"listClientOrderId\":\"" OLD "\",\"orderReports\":[]}");
	assert_int_equal(seen.answer.evidence, EVIDENCE_NOTHING);
	assert_int_equal(seen.messages.count, 0);
}

static void a_refused_list_was_not_placed_and_a_refused_cancel_not_done(void **state)
{
	struct http_request request = {.answer = ANSWER_LIST, .method = HTTP_POST};
	const char *body = ERROR("-2010", "The relationship of the prices is not correct.");
	struct http_answer http = {.status = 400, .transport = "", .headers = "", .body = body};

	(void)state;
	http.size = strlen(body);
	answered_http(&seen, &request, &http);
	assert_int_equal(seen.answer.evidence, EVIDENCE_REFUSED);
	http.body = ERROR("-2011", "Unknown order list sent.");
	http.size = strlen(http.body);
	answered_http(&seen, &request, &http);
	assert_int_equal(seen.answer.evidence, EVIDENCE_NOTHING);
	request.method = HTTP_DELETE;
	answered_http(&seen, &request, &http);
	assert_int_equal(seen.answer.evidence, EVIDENCE_REFUSED);
}

static void a_query_of_a_list_names_our_orders(void **state)
{
	(void)state;
	answered_text(&seen, ANSWER_LIST_QUERY, "BTCUSDT", "origClientOrderId=" OLD, 200,
	              "{\"listClientOrderId\":\"" OLD "\",\"orders\":[{\"symbol\":\"BTCUSDT\","
	              "\"orderId\":4,\"clientOrderId\":\"" OUR_ID "\"},{\"symbol\":\"BTCUSDT\","
	              "\"orderId\":5,\"clientOrderId\":\"by-hand\"}]}");
	assert_int_equal(seen.answer.evidence, EVIDENCE_EXISTS);
	assert_int_equal(seen.messages.count, 1);
	const struct venue_leg *told = venue_message(&seen.messages, 0, MESSAGE_VENUE_LEG);
	assert_int_equal(told->evidence, EVIDENCE_EXISTS);
	assert_false(ident_is_none(told->client_id));
	answered_text(&seen, ANSWER_LIST_QUERY, "BTCUSDT", "", 400,
	              ERROR("-2013", "Order list does not exist."));
	assert_int_equal(seen.answer.evidence, EVIDENCE_ABSENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(when_both_are_done_both_orders_are_told),
		cmocka_unit_test(a_stopped_replace_did_nothing),
		cmocka_unit_test(a_half_done_replace_cancelled_and_placed_nothing),
		cmocka_unit_test(the_other_half_alone_places_and_cancels_nothing),
		cmocka_unit_test(a_half_whose_failure_may_have_worked_proves_nothing),
		cmocka_unit_test(a_half_that_makes_no_sense_proves_nothing_and_the_other_counts),
		cmocka_unit_test(a_server_error_proves_nothing_whatever_it_tells),
		cmocka_unit_test(an_error_without_halves_is_judged_for_each),
		cmocka_unit_test(what_is_no_json_proves_nothing),
		cmocka_unit_test(without_an_answer_both_are_unsent_or_unknown),
		cmocka_unit_test(the_documented_replace_reads_well),
		cmocka_unit_test(an_amended_order_tells_its_new_quantity),
		cmocka_unit_test(an_amend_to_another_quantity_than_wanted_proves_nothing),
		cmocka_unit_test(the_documented_amend_reads_well),
		cmocka_unit_test(a_refused_amend_leaves_the_order_as_it_was),
		cmocka_unit_test(the_orders_of_a_list_are_told),
		cmocka_unit_test(a_list_of_another_id_or_symbol_proves_nothing),
		cmocka_unit_test(a_refused_list_was_not_placed_and_a_refused_cancel_not_done),
		cmocka_unit_test(a_query_of_a_list_names_our_orders),
	};

	answered_clear(&seen);
	return cmocka_run_group_tests_name("binance_legs", tests, NULL, clear);
}
