/* SPDX-License-Identifier: Apache-2.0 */
#include "common/venue/binance/stream.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/lib/check_decimal.h"
#include "tests/lib/venue_answers.h"

#define TRADE_DATA \
	"{\"e\":\"trade\",\"E\":1723161255343,\"s\":\"BTCUSDT\",\"t\":3735683259," \
	"\"p\":\"61837.63\",\"q\":\"0.02\",\"T\":1723161255342,\"m\":true,\"M\":true}"
#define REPORT \
	"{\"e\":\"executionReport\",\"E\":1499405658658,\"s\":\"ETHBTC\",\"c\":\"" OUR_ID "\"," \
	"\"S\":\"BUY\",\"o\":\"LIMIT\",\"f\":\"GTC\",\"q\":\"1.00000000\",\"p\":\"0.10264410\"," \
	"\"C\":\"\",\"x\":\"TRADE\",\"X\":\"PARTIALLY_FILLED\",\"r\":\"NONE\",\"i\":4293153," \
	"\"l\":\"0.25000000\",\"z\":\"0.50000000\",\"L\":\"0.10264400\",\"n\":\"0.0001\"," \
	"\"N\":\"ETH\",\"T\":1499405658657,\"t\":77,\"I\":8641984,\"w\":true,\"m\":true," \
	"\"O\":1499405658657,\"Z\":\"0.05132200\",\"Y\":\"0.0256610\",\"Q\":\"0.00000000\"}"

struct framed {
	struct venue_messages messages;
	uint64_t call;
	struct venue_answer answer;
	enum err err;
};

static struct framed seen;

static int clear(void **state)
{
	(void)state;
	venue_messages_clear(&seen.messages);
	return 0;
}

static enum err framed_bytes(const char *text, size_t size)
{
	venue_messages_clear(&seen.messages);
	seen.call = 99;
	return seen.err = binance_read_frame("main", text, size, &seen.messages.sink, &seen.call,
	                                     &seen.answer);
}

static enum err framed(const char *text)
{
	return framed_bytes(text, strlen(text));
}

static void assert_sound(size_t count)
{
	assert_int_equal(seen.err, OK);
	assert_int_equal(seen.messages.count, count);
}

static void assert_refused(const char *text)
{
	if (framed(text) != ERR_MALFORMED)
		print_error("taken: %s\n", text);
	assert_int_equal(seen.err, ERR_MALFORMED);
	assert_int_equal(seen.messages.count, 0);
	assert_int_equal(seen.call, 0);
}

/* A fixture; of a list the element `at`. */
static void framed_fixture(const char *name, size_t at)
{
	char path[256];
	size_t size;

	snprintf(path, sizeof path, FIXTURES "%s", name);
	char *text = file_text(path, &size);
	json_t *json = json_loads(text, 0, NULL);
	const json_t *chosen = json_is_array(json) ? json_array_get(json, at) : json;
	char *element = json_dumps(chosen, JSON_COMPACT);
	framed(element);
	free(element);
	json_decref(json);
	free(text);
}

static void tells_a_trade_and_who_took(void **state)
{
	(void)state;
	framed_fixture("captured_stream_trade.json", 0);
	assert_sound(1);
	const struct venue_trade *trade = venue_message(&seen.messages, 0, MESSAGE_VENUE_TRADE);
	assert_string_equal(trade->symbol.text, "BTCUSDT");
	assert_int_equal(trade->trade_id, 3735683259);
	assert_decimal(trade->price, "61837.63");
	assert_decimal(trade->qty, "0.02");
	assert_int_equal(trade->taker, SIDE_SELL);
	assert_int_equal(trade->at, 1723161255342 * NANOS_MS);
	char *bought = json_changed(TRADE_DATA, "m", "false");
	assert_int_equal(framed(bought), OK);
	free(bought);
	trade = venue_message(&seen.messages, 0, MESSAGE_VENUE_TRADE);
	assert_int_equal(trade->taker, SIDE_BUY);
}

static void tells_the_best_prices_raw_or_in_an_envelope(void **state)
{
	(void)state;
	framed_fixture("captured_stream_bookTicker.json", 0);
	assert_sound(1);
	const struct venue_top *top = venue_message(&seen.messages, 0, MESSAGE_VENUE_TOP);
	assert_int_equal(top->book_id, 50093239212);
	assert_decimal(top->bid, "61837.63");
	assert_decimal(top->bid_qty, "3.78826");
	assert_decimal(top->ask, "61837.64");
	assert_decimal(top->ask_qty, "1.54698");
	framed("{\"u\":5,\"s\":\"ABC\",\"b\":\"1\",\"B\":\"2\",\"a\":\"3\",\"A\":\"4\"}");
	assert_sound(1);
	venue_message(&seen.messages, 0, MESSAGE_VENUE_TOP);
}

static void tells_changed_levels_and_the_removed_ones_among_them(void **state)
{
	(void)state;
	framed_fixture("captured_stream_depth.json", 0);
	assert_sound(1);
	const struct venue_depth *depth = venue_message(&seen.messages, 0, MESSAGE_VENUE_DEPTH);
	assert_string_equal(depth->symbol.text, "BTCUSDT");
	assert_int_equal(depth->first, 50093239189);
	assert_int_equal(depth->last, 50093239202);
	assert_int_equal(depth->at, 1723161255208 * NANOS_MS);
	assert_int_equal(depth->bids.count, 3);
	assert_int_equal(depth->asks.count, 9);
	assert_decimal(depth->bids.items[2].price, "56854.58");
	assert_decimal(depth->bids.items[2].qty, "0");
	assert_decimal(depth->asks.items[0].qty, "1.54698");
}

static size_t put_levels(char *text, const char *key, int count)
{
	size_t size = (size_t)sprintf(text, "\"%s\":[", key);

	for (int i = 1; i <= count; i++)
		size += (size_t)sprintf(text + size, "%s[\"%d.5\",\"%d\"]", i == 1 ? "" : ",", i,
		                        i);
	return size + (size_t)sprintf(text + size, "]");
}

static void takes_the_deepest_frame_and_no_deeper_one(void **state)
{
	char *text = malloc(1 << 19);

	(void)state;
	for (int count = LEVELS_MAX; count <= LEVELS_MAX + 1; count++) {
		size_t size = (size_t)sprintf(text, "%s",
		                              "{\"e\":\"depthUpdate\",\"E\":1,"
		                              "\"s\":\"A\",\"U\":1,\"u\":1,");
		size += put_levels(text + size, "b", count);
		text[size++] = ',';
		size += put_levels(text + size, "a", LEVELS_MAX);
		sprintf(text + size, "}");
		framed(text);
		assert_int_equal(seen.err, count == LEVELS_MAX ? OK : ERR_MALFORMED);
		assert_int_equal(seen.messages.count, count == LEVELS_MAX);
	}
	free(text);
}

static void passes_symbols_through_that_nobody_asked_for(void **state)
{
	char *other = json_changed(TRADE_DATA, "s", "\"１２３４５６\"");

	(void)state;
	framed(other);
	assert_sound(1);
	const struct venue_trade *trade = venue_message(&seen.messages, 0, MESSAGE_VENUE_TRADE);
	assert_string_equal(trade->symbol.text, "１２３４５６");
	free(other);
}

static void passes_over_events_that_nobody_needs(void **state)
{
	static const struct {
		const char *name;
		size_t at;
	} cases[] = {
		{"stream_AggregatedTrades.json", 1}, {"stream_Klines.json", 1},
		{"stream_MiniTicker.json", 1},       {"stream_PartialBook.json", 1},
		{"user_OcoOrder.json", 1},           {"user_Balance.json", 1},
		{"stream_Klines.json", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		framed_fixture(cases[i].name, cases[i].at);
		assert_sound(0);
		assert_int_equal(seen.call, 0);
	}
	framed("{\"stream\":\"!miniTicker@arr\",\"data\":[{\"e\":\"24hrMiniTicker\"}]}");
	assert_sound(0);
}

static void a_report_tells_the_order(void **state)
{
	(void)state;
	framed_fixture("user_Order.json", 1);
	assert_sound(1);
	const struct venue_order *order = venue_message(&seen.messages, 0, MESSAGE_VENUE_ORDER);
	assert_int_equal(order->source, SOURCE_STREAM);
	assert_string_equal(order->symbol.text, "ETHBTC");
	assert_string_equal(order->client_text.text, "mUvoqJxFIILMdfAW5iGSOW");
	assert_int_equal(order->venue_id, 4293153);
	assert_int_equal(order->status, VENUE_STATUS_NEW);
	assert_decimal(order->qty, "1");
	assert_decimal(order->price, "0.1026441");
	assert_int_equal(order->at, 1499405658657 * NANOS_MS);
	assert_string_equal(order->reason.text, "");
}

static void a_report_of_an_execution_tells_order_and_fill_bare_or_enveloped(void **state)
{
	static const char *const texts[] = {
		REPORT,
		"{\"event\":" REPORT "}",
		"{\"subscriptionId\":0,\"event\":" REPORT "}",
	};
	char id[IDENT_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		framed(texts[i]);
		assert_sound(2);
		const struct venue_order *order =
			venue_message(&seen.messages, 0, MESSAGE_VENUE_ORDER);
		const struct venue_fill *fill =
			venue_message(&seen.messages, 1, MESSAGE_VENUE_FILL);
		assert_int_equal(order->status, VENUE_STATUS_PARTIALLY_FILLED);
		assert_decimal(order->executed, "0.5");
		assert_decimal(order->turnover, "0.051322");
		assert_string_equal(ident_print(fill->client_id, id), OUR_ID);
		assert_int_equal(fill->source, SOURCE_STREAM);
		assert_int_equal(fill->trade_id, 77);
		assert_int_equal(fill->venue_id, 4293153);
		assert_decimal(fill->price, "0.102644");
		assert_decimal(fill->qty, "0.25");
		assert_decimal(fill->fee, "0.0001");
		assert_string_equal(fill->fee_asset.text, "ETH");
		assert_true(fill->maker);
		assert_int_equal(fill->at, 1499405658657 * NANOS_MS);
	}
}

static void a_cancelled_order_is_named_by_its_own_id_not_the_cancel_s(void **state)
{
	char *cancelled = json_changed(REPORT, "x", "\"CANCELED\"");
	char *named = json_changed(cancelled, "C", "\"" OUR_ID "\"");
	char *whole = json_changed(named, "c", "\"c-" OUR_ID "\"");
	char id[IDENT_TEXT_SIZE];

	(void)state;
	framed(whole);
	assert_sound(1);
	const struct venue_order *order = venue_message(&seen.messages, 0, MESSAGE_VENUE_ORDER);
	assert_string_equal(order->client_text.text, OUR_ID);
	assert_string_equal(ident_print(order->client_id, id), OUR_ID);
	free(whole);
	free(named);
	free(cancelled);
}

static void a_report_tells_why_it_was_refused_or_expired(void **state)
{
	char *over = json_changed(REPORT, "x", "\"EXPIRED\"");
	char *why = json_changed(over, "eR", "\"INSUFFICIENT_LIQUIDITY\"");
	char *refused = json_changed(over, "r", "\"WOULD_MATCH_IMMEDIATELY\"");
	const struct venue_order *order;

	(void)state;
	framed(why);
	order = venue_message(&seen.messages, 0, MESSAGE_VENUE_ORDER);
	assert_string_equal(order->reason.text, "INSUFFICIENT_LIQUIDITY");
	framed(refused);
	order = venue_message(&seen.messages, 0, MESSAGE_VENUE_ORDER);
	assert_string_equal(order->reason.text, "WOULD_MATCH_IMMEDIATELY");
	free(refused);
	free(why);
	free(over);
}

static void an_account_event_tells_each_balance(void **state)
{
	(void)state;
	framed_fixture("user_AccountPosition.json", 1);
	assert_sound(1);
	const struct venue_balance *balance =
		venue_message(&seen.messages, 0, MESSAGE_VENUE_BALANCE);
	assert_string_equal(balance->asset.text, "ETH");
	assert_decimal(balance->free, "10000");
	assert_int_equal(balance->at, 1564034571105 * NANOS_MS);
	assert_refused("{\"e\":\"outboundAccountPosition\",\"E\":5,\"B\":["
	               "{\"a\":\"A\",\"f\":\"1\",\"l\":\"0\"},"
	               "{\"a\":\"B\",\"f\":\"-1\",\"l\":\"0\"}]}");
}

static void assert_notice(const char *text, const char *event)
{
	framed(text);
	assert_sound(1);
	const struct venue_notice *notice = venue_message(&seen.messages, 0, MESSAGE_VENUE_NOTICE);
	assert_string_equal(notice->event.text, event);
	assert_string_equal(notice->link.text, "main");
}

static void notices_tell_what_becomes_of_the_connection(void **state)
{
	(void)state;
	assert_notice("{\"e\":\"serverShutdown\",\"E\":1}", "shutdown");
	assert_notice("{\"stream\":\"!serverShutdown\","
	              "\"data\":{\"e\":\"serverShutdown\",\"E\":1}}",
	              "shutdown");
	assert_notice("{\"event\":{\"e\":\"serverShutdown\",\"E\":1}}", "shutdown");
	assert_notice("{\"subscriptionId\":0,\"event\":{\"e\":\"eventStreamTerminated\",\"E\":1}}",
	              "terminated");
	assert_notice("{\"code\":2,\"msg\":\"Invalid request\",\"id\":1}", "error");
	assert_notice("{\"id\":null,\"status\":401,\"error\":{\"code\":-2015,\"msg\":\"revoked\"}}",
	              "error");
	assert_int_equal(seen.call, 0);
}

static void a_response_ends_the_call_of_its_id(void **state)
{
	(void)state;
	framed_fixture("user_Order.json", 0);
	assert_sound(1);
	assert_int_equal(seen.call, 1);
	assert_int_equal(seen.answer.evidence, EVIDENCE_EXISTS);
	assert_int_equal(seen.answer.http_status, 200);
	assert_int_equal(seen.answer.used_weight, 4);
	const struct venue_notice *notice = venue_message(&seen.messages, 0, MESSAGE_VENUE_NOTICE);
	assert_string_equal(notice->event.text, "subscribed");
	framed("{\"id\":7,\"status\":400,\"error\":{\"code\":-1022,\"msg\":\"Signature\"}}");
	assert_sound(0);
	assert_int_equal(seen.call, 7);
	assert_int_equal(seen.answer.evidence, EVIDENCE_REFUSED);
	assert_int_equal(seen.answer.code, 1022);
	assert_string_equal(seen.answer.text.text, "Signature");
	framed("{\"id\":7,\"status\":504,\"error\":{\"code\":-1007,\"msg\":\"Timeout\"}}");
	assert_int_equal(seen.answer.evidence, EVIDENCE_NOTHING);
	framed("{\"id\":7,\"status\":200}");
	assert_int_equal(seen.answer.evidence, EVIDENCE_NOTHING);
}

static void a_throttled_response_tells_the_wait_until_the_named_moment(void **state)
{
	(void)state;
	framed("{\"id\":7,\"status\":418,\"error\":{\"code\":-1003,\"msg\":\"banned\",\"data\":"
	       "{\"serverTime\":1659142907531,\"retryAfter\":1659142910000}}}");
	assert_int_equal(seen.answer.retry_after_ms, 2469);
	framed("{\"id\":7,\"status\":429,\"error\":{\"code\":-1003,\"msg\":\"slow\"}}");
	assert_int_equal(seen.answer.retry_after_ms, 10000);
}

static void responses_of_calls_that_we_do_not_make_tell_nothing_but_their_end(void **state)
{
	static const char *const names[] = {
		"wsapi_CancelAllOrders.json",
		"wsapi_GetExchangeInfo.json",
		"wsapi_ReplaceOrder.json",
	};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		framed_fixture(names[i], 0);
		assert_sound(0);
		assert_int_equal(seen.call, 1);
		assert_int_equal(seen.answer.evidence, EVIDENCE_EXISTS);
	}
}

static void every_fixture_is_taken_or_refused_whole_or_truncated(void **state)
{
	DIR *folder = opendir(FIXTURES);
	char path[512];
	size_t whole;

	(void)state;
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		if (strstr(entry->d_name, ".json") == NULL)
			continue;
		snprintf(path, sizeof path, FIXTURES "%s", entry->d_name);
		char *text = file_text(path, &whole);
		if (framed_bytes(text, whole) != OK)
			assert_int_equal(seen.messages.count, 0);
		while (whole > 0 && text[whole - 1] <= ' ')
			whole--;
		for (size_t size = 0; whole < 4096 && size < whole; size++) {
			assert_int_equal(framed_bytes(text, size), ERR_MALFORMED);
			assert_int_equal(seen.messages.count, 0);
		}
		free(text);
	}
	closedir(folder);
}

static void refuses_what_is_no_frame(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"nonsense",
		"null",
		"7",
		"\"trade\"",
		"[]",
		"{}",
		"{\"e\":7}",
		"{\"data\":{}}",
		"{\"stream\":\"x\"}",
		"{\"stream\":7,\"data\":{}}",
		"{\"event\":7}",
		"{\"event\":{}}",
		"{\"id\":1,\"status\":\"200\"}",
		"{\"id\":1,\"status\":0}",
		"{\"id\":1,\"status\":-1}",
		"{\"e\":\"trade\"}",
		TRADE_DATA "x",
		TRADE_DATA TRADE_DATA,
		"{\"a\":1,\"a\":2}",
		"{\"e\":\"trade\",\"s\":\"\xff\"}",
		"{\"e\":\"trade\",\"s\":\"A\\u0000B\"}",
		"{\"u\":1e999}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_refused(texts[i]);
}

static void refuses_json_that_is_too_deep_or_too_long(void **state)
{
	size_t size = (1 << 22) + 1;
	char *text = malloc(size + 1);

	(void)state;
	memset(text, '[', size);
	text[size] = '\0';
	assert_int_equal(framed_bytes(text, size), ERR_MALFORMED);
	assert_int_equal(framed_bytes(text, 100000), ERR_MALFORMED);
	memset(text, ' ', size);
	memcpy(text, TRADE_DATA, strlen(TRADE_DATA));
	assert_int_equal(framed_bytes(text, size), ERR_MALFORMED);
	assert_int_equal(framed_bytes(text, size - 1), OK);
	free(text);
}

static void refuse_changed(const char *text, const char *key, const char *value)
{
	char *changed = json_changed(text, key, value);

	assert_refused(changed);
	free(changed);
}

static void refuses_a_trade_that_makes_no_sense(void **state)
{
	static const char *const keys[] = {"s", "t", "p", "q", "m", "T"};
	static const char *const prices[] = {
		"\"0\"",
		"\"-1\"",
		"\"1e5\"",
		"\"NaN\"",
		"61837.63",
		"\"\"",
		"\" 1\"",
		"\"0x10\"",
		"\"1,5\"",
		"\"99999999999999999999\"",
		"\"0.0000000000000000000000001\"",
		"null",
		"[]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		refuse_changed(TRADE_DATA, keys[i], NULL);
		refuse_changed(TRADE_DATA, keys[i], "{}");
	}
	for (size_t i = 0; i < sizeof prices / sizeof prices[0]; i++) {
		refuse_changed(TRADE_DATA, "p", prices[i]);
		refuse_changed(TRADE_DATA, "q", prices[i]);
	}
	refuse_changed(TRADE_DATA, "t", "-1");
	refuse_changed(TRADE_DATA, "t", "1.5");
	refuse_changed(TRADE_DATA, "T", "9223372036854775807");
	refuse_changed(TRADE_DATA, "T", "0");
	refuse_changed(TRADE_DATA, "s", "\"\"");
	refuse_changed(TRADE_DATA, "s", "\"SYMBOLSYMBOLSYMBOLSYMBOLSYMBOLX\"");
}

static void refuses_levels_that_make_no_sense(void **state)
{
	static const char *const levels[] = {
		"7",
		"[7]",
		"[[]]",
		"[[\"1\"]]",
		"[[\"1\",\"1\",\"1\"]]",
		"[[1,1]]",
		"[[\"0\",\"1\"]]",
		"[[\"-1\",\"1\"]]",
		"[[\"1\",\"-1\"]]",
		"[[\"1\",\"1\"],[\"x\",\"1\"]]",
	};
	static const char depth[] =
		"{\"e\":\"depthUpdate\",\"E\":1,\"s\":\"A\",\"U\":5,\"u\":9,\"b\":[],\"a\":[]}";

	(void)state;
	assert_int_equal(framed(depth), OK);
	for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
		refuse_changed(depth, "b", levels[i]);
		refuse_changed(depth, "a", levels[i]);
	}
	refuse_changed(depth, "U", "10");
	refuse_changed(depth, "u", NULL);
}

static void refuses_a_report_that_makes_no_sense(void **state)
{
	static const struct {
		const char *key, *value;
	} cases[] = {
		{"i", "0"},       {"i", NULL},        {"c", "\"\""},    {"s", NULL},
		{"T", "0"},       {"x", NULL},        {"q", "\"-1\""},  {"q", "\"0\""},
		{"z", "\"1.1\""}, {"z", "\"-1\""},    {"p", "\"-1\""},  {"X", "\"OPEN\""},
		{"S", "\"buy\""}, {"o", "\"MAGIC\""}, {"m", NULL},      {"t", "-1"},
		{"t", NULL},      {"l", "\"0\""},     {"l", "\"0.6\""}, {"L", "\"0\""},
		{"L", "\"-1\""},  {"n", "\"-1\""},    {"N", "null"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		refuse_changed(REPORT, cases[i].key, cases[i].value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_a_trade_and_who_took),
		cmocka_unit_test(tells_the_best_prices_raw_or_in_an_envelope),
		cmocka_unit_test(tells_changed_levels_and_the_removed_ones_among_them),
		cmocka_unit_test(takes_the_deepest_frame_and_no_deeper_one),
		cmocka_unit_test(passes_symbols_through_that_nobody_asked_for),
		cmocka_unit_test(passes_over_events_that_nobody_needs),
		cmocka_unit_test(a_report_tells_the_order),
		cmocka_unit_test(a_report_of_an_execution_tells_order_and_fill_bare_or_enveloped),
		cmocka_unit_test(a_cancelled_order_is_named_by_its_own_id_not_the_cancel_s),
		cmocka_unit_test(a_report_tells_why_it_was_refused_or_expired),
		cmocka_unit_test(an_account_event_tells_each_balance),
		cmocka_unit_test(notices_tell_what_becomes_of_the_connection),
		cmocka_unit_test(a_response_ends_the_call_of_its_id),
		cmocka_unit_test(a_throttled_response_tells_the_wait_until_the_named_moment),
		cmocka_unit_test(responses_of_calls_that_we_do_not_make_tell_nothing_but_their_end),
		cmocka_unit_test(every_fixture_is_taken_or_refused_whole_or_truncated),
		cmocka_unit_test(refuses_what_is_no_frame),
		cmocka_unit_test(refuses_json_that_is_too_deep_or_too_long),
		cmocka_unit_test(refuses_a_trade_that_makes_no_sense),
		cmocka_unit_test(refuses_levels_that_make_no_sense),
		cmocka_unit_test(refuses_a_report_that_makes_no_sense),
	};

	venue_messages_clear(&seen.messages);
	return cmocka_run_group_tests_name("binance_stream", tests, NULL, clear);
}
