/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/run_report.h"

#include "services/bw/libraries.h"
#include "services/bw/progress.h"
#include "services/bw/wording.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START (1000 * NANOS_S)
#define END (1060 * NANOS_S)

static struct picture running, wound_down;
static struct books_result books;
static struct run_report report;

static void told(struct picture *picture, const char *sender, enum message_type type,
                 const void *body)
{
	struct envelope envelope = {.sender = name_from(sender), .type = type};
	picture_take(picture, &envelope, body, END);
}

static int set_up(void **state)
{
	struct heartbeat heartbeat = {
		.status = SERVICE_STATUS_HEALTHY, .pid = 42, .rss_bytes = 1 << 20};
	struct child_state child = {.service = name_from("risk"),
	                            .status = SERVICE_STATUS_HEALTHY,
	                            .pid = 42,
	                            .restarts = 3};
	struct market_state market = {.symbol = name_from("BTCUSDT"),
	                              .status = MARKET_STATUS_LIVE,
	                              .messages = 7,
	                              .gaps = 1,
	                              .resyncs = 2};
	struct order_counts counts = {
		.sent = 9, .filled = 4, .cancelled = 3, .rejected = 2, .fills = 5};
	struct latency latency = {
		.stage = name_from("tick_to_order"), .samples = 8, .p50 = 1500, .p99 = 2500000};
	struct position position = {.symbol = name_from("BTCUSDT"),
	                            .bot = name_from("b"),
	                            .qty = decimal_of("0.5"),
	                            .entry_price = decimal_of("60000.25"),
	                            .realised = decimal_of("-1.5"),
	                            .fills = 5};
	(void)state;
	picture_init(&running, NANOS_S);
	picture_init(&wound_down, NANOS_S);
	told(&running, "supervisor", MESSAGE_CHILD_STATE, &child);
	told(&running, "risk", MESSAGE_HEARTBEAT, &heartbeat);
	told(&running, "feed", MESSAGE_MARKET_STATE, &market);
	told(&running, "executor", MESSAGE_LATENCY, &latency);
	told(&wound_down, "executor", MESSAGE_ORDER_COUNTS, &counts);
	told(&wound_down, "executor", MESSAGE_POSITION, &position);
	memset(&books, 0, sizeof books);
	books.compared = true;
	books.agreement.agree = true;
	books.exchange_orders = 7;
	books.exchange_trades = 5;
	report = (struct run_report){.build = "0.1.0+abc",
	                             .started = START,
	                             .ended = END,
	                             .running = &running,
	                             .wound_down = &wound_down,
	                             .books = &books,
	                             .wind_down_confirmed = true};
	return 0;
}

static json_int_t number_at(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static const char *text_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void every_promised_key_is_there(void **state)
{
	static const char *const keys[] = {"build",       "seconds",   "services", "market",
	                                   "orders",      "fills",     "exchange", "books_agree",
	                                   "differences", "positions", "equity",   "fees",
	                                   "alerts",      "latency_us"};
	json_t *root = run_report_json(&report);
	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		assert_non_null(json_object_get(root, keys[i]));
	assert_string_equal(text_at(root, "build"), "0.1.0+abc");
	assert_true(json_real_value(json_object_get(root, "seconds")) == 60.0);
	json_decref(root);
}

static void services_and_market_are_as_while_all_ran(void **state)
{
	json_t *root = run_report_json(&report);
	const json_t *service = json_array_get(json_object_get(root, "services"), 0);
	const json_t *market = json_object_get(root, "market");
	(void)state;
	assert_string_equal(text_at(service, "name"), "risk");
	assert_string_equal(text_at(service, "state"), "HEALTHY");
	assert_int_equal(number_at(service, "pid"), 42);
	assert_int_equal(number_at(service, "restarts"), 3);
	assert_int_equal(number_at(service, "rss_bytes"), 1 << 20);
	assert_int_equal(number_at(market, "messages"), 7);
	assert_int_equal(number_at(market, "gaps"), 1);
	assert_int_equal(number_at(market, "resyncs"), 2);
	json_decref(root);
}

static void orders_and_positions_are_as_after_winding_down(void **state)
{
	json_t *root = run_report_json(&report);
	const json_t *orders = json_object_get(root, "orders");
	const json_t *position = json_array_get(json_object_get(root, "positions"), 0);
	(void)state;
	assert_int_equal(number_at(orders, "sent"), 9);
	assert_int_equal(number_at(orders, "filled"), 4);
	assert_int_equal(number_at(orders, "cancelled"), 3);
	assert_int_equal(number_at(orders, "rejected"), 2);
	assert_int_equal(number_at(orders, "unknown"), 0);
	assert_int_equal(number_at(orders, "open"), 0);
	assert_int_equal(number_at(root, "fills"), 5);
	assert_string_equal(text_at(position, "qty"), "0.5");
	assert_string_equal(text_at(position, "entry_price"), "60000.25");
	assert_string_equal(text_at(position, "realised"), "-1.5");
	assert_true(json_is_null(json_object_get(position, "unrealised")));
	json_decref(root);
}

static void what_only_keeps_the_terms_of_a_stop_is_no_position(void **state)
{
	struct position terms = {.symbol = name_from("ETHUSDT"), .bot = name_from("b")};
	(void)state;
	told(&wound_down, "executor", MESSAGE_POSITION, &terms);
	json_t *root = run_report_json(&report);
	assert_int_equal(json_array_size(json_object_get(root, "positions")), 1);
	json_decref(root);
}

static void latencies_are_microseconds_and_unknown_ones_null(void **state)
{
	json_t *root = run_report_json(&report);
	const json_t *latencies = json_object_get(root, "latency_us");
	const json_t *order = json_object_get(latencies, "tick_to_order");
	(void)state;
	assert_true(json_real_value(json_object_get(order, "p50")) == 1.5);
	assert_true(json_real_value(json_object_get(order, "p99")) == 2500.0);
	assert_true(
		json_is_null(json_object_get(json_object_get(latencies, "tick_to_intent"), "p50")));
	json_decref(root);
}

static void books_agree_only_when_they_were_compared(void **state)
{
	(void)state;
	json_t *root = run_report_json(&report);
	assert_true(json_is_true(json_object_get(root, "books_agree")));
	assert_int_equal(number_at(json_object_get(root, "exchange"), "trades"), 5);
	json_decref(root);
	books.compared = false;
	books.why = text_from("the exchange is away");
	root = run_report_json(&report);
	assert_true(json_is_false(json_object_get(root, "books_agree")));
	assert_true(json_is_null(json_object_get(json_object_get(root, "exchange"), "trades")));
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(root, "differences"), 0)),
		"not compared: the exchange is away");
	json_decref(root);
}

static void differences_are_listed_in_words(void **state)
{
	(void)state;
	books.agreement.agree = false;
	books.agreement.count = 1;
	books.agreement.differences[0] = text_from("one too many");
	json_t *root = run_report_json(&report);
	assert_true(json_is_false(json_object_get(root, "books_agree")));
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(root, "differences"), 0)),
		"one too many");
	json_decref(root);
}

static void only_alerts_of_this_run_are_counted(void **state)
{
	struct alert old = {.number = 1, .at = START - 1}, new = {.number = 2, .at = START};
	(void)state;
	told(&wound_down, "alert", MESSAGE_ALERT, &old);
	told(&wound_down, "alert", MESSAGE_ALERT, &new);
	assert_int_equal(run_report_alerts(&wound_down, START), 1);
}

static void trades_move_both_assets_and_the_fee(void **state)
{
	struct books_flows flows = {.count = 0};
	struct agreement_trade buy = {.side = SIDE_BUY,
	                              .price = decimal_of("60000"),
	                              .qty = decimal_of("0.5"),
	                              .fee = decimal_of("0.0005"),
	                              .fee_asset = name_from("BTC")};
	struct agreement_trade sell = {.side = SIDE_SELL,
	                               .price = decimal_of("61000"),
	                               .qty = decimal_of("0.25"),
	                               .fee = decimal_of("15.25"),
	                               .fee_asset = name_from("USDT")};
	name_t base = name_from("BTC"), quote = name_from("USDT");
	decimal_t amount;
	char text[DECIMAL_TEXT_SIZE];
	(void)state;
	assert_true(books_flow_add(&flows, &quote, decimal_of("100000")));
	assert_true(books_flow_trade(&flows, &buy, &base, &quote));
	assert_true(books_flow_trade(&flows, &sell, &base, &quote));
	assert_int_equal(flows.count, 2);
	assert_int_equal(decimal_total_value(&flows.items[0].total, &amount), OK);
	assert_string_equal(decimal_print(amount, text),
	                    "85234.75"); /* 100000 - 30000 + 15250 - 15.25 */
	assert_int_equal(decimal_total_value(&flows.items[1].total, &amount), OK);
	assert_string_equal(decimal_print(amount, text), "0.2495");
}

static void spans_and_sizes_are_short_words(void **state)
{
	char text[WORDING_MAX];
	(void)state;
	assert_string_equal(word_span(340 * NANOS_MS, text), "340 ms");
	assert_string_equal(word_span(2450 * NANOS_MS, text), "2.4 s");
	assert_string_equal(word_span(180 * NANOS_S, text), "3 min");
	assert_string_equal(word_span(125 * NANOS_MIN, text), "2 h 05 min");
	assert_string_equal(word_bytes(844 << 10, text), "844K");
	assert_string_equal(word_bytes(12900000, text), "12.3M");
	assert_string_equal(word_bytes((uint64_t)78 << 30, text), "78.0G");
	assert_string_equal(word_money(decimal_of("-1.239"), 2, text), "-1.23");
	assert_string_equal(word_lower(&enum_order_status, ORDER_STATUS_LIVE, text), "live");
}

static void versions_compare_by_number(void **state)
{
	(void)state;
	assert_true(version_is_at_least("4.3.10", "4.3.9"));
	assert_true(version_is_at_least("4.3", "4.3.0"));
	assert_true(version_is_at_least("5.0", "4.9.9"));
	assert_false(version_is_at_least("4.3.2", "4.3.3"));
	assert_false(version_is_at_least("0.14.1", "1.0.0"));
}

static void progress_tells_each_change_once(void **state)
{
	struct progress progress;
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	(void)state;
	assert_non_null(file);
	progress_init(&progress, file, END - 3200 * NANOS_MS);
	progress_update(&progress, &running, END);
	progress_update(&progress, &running, END);
	fclose(file);
	assert_string_equal(text, "[  3.2s] risk healthy (pid 42)\n[  3.2s] market BTCUSDT live\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_promised_key_is_there, set_up),
		cmocka_unit_test_setup(services_and_market_are_as_while_all_ran, set_up),
		cmocka_unit_test_setup(orders_and_positions_are_as_after_winding_down, set_up),
		cmocka_unit_test_setup(what_only_keeps_the_terms_of_a_stop_is_no_position, set_up),
		cmocka_unit_test_setup(latencies_are_microseconds_and_unknown_ones_null, set_up),
		cmocka_unit_test_setup(books_agree_only_when_they_were_compared, set_up),
		cmocka_unit_test_setup(differences_are_listed_in_words, set_up),
		cmocka_unit_test_setup(only_alerts_of_this_run_are_counted, set_up),
		cmocka_unit_test_setup(trades_move_both_assets_and_the_fee, set_up),
		cmocka_unit_test_setup(spans_and_sizes_are_short_words, set_up),
		cmocka_unit_test_setup(versions_compare_by_number, set_up),
		cmocka_unit_test_setup(progress_tells_each_change_once, set_up),
	};
	return cmocka_run_group_tests_name("run_report", tests, NULL, NULL);
}
