/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "tests/lib/sample.h"

static union sample body;
static char text[1 << 16];

static void then_printed(enum message_type type, const void *message, const char *expected)
{
	size_t size = message_print(message_info(type), message, text, sizeof text);

	assert_string_equal(text, expected);
	assert_int_equal(size, strlen(expected));
}

static void every_kind_has_its_form(void **state)
{
	struct verdict verdict = {
		{1, 0xabc}, true, name_from("max_notional"), text_from("1500 > 1000")};
	struct trade trade = {
		name_from("BTCUSDT"), 7, decimal_of("61234.5"), decimal_of("0.001"), SIDE_SELL,
		1700000000,           -5};

	(void)state;
	then_printed(MESSAGE_VERDICT, &verdict,
	             "{\"intent_id\":\"00000000000000010000000000000abc\",\"allowed\":true,"
	             "\"rule\":\"max_notional\",\"detail\":\"1500 > 1000\"}");
	then_printed(
		MESSAGE_TRADE, &trade,
		"{\"symbol\":\"BTCUSDT\",\"trade_id\":7,\"price\":\"61234.5\",\"qty\":\"0.001\","
		"\"taker\":\"SELL\",\"at\":1700000000,\"stamp\":-5}");
}

static void lists_are_arrays(void **state)
{
	(void)state;
	memset(&body, 0, sizeof body);
	body.book.bids.count = 2;
	body.book.bids.items[0] = (struct level){decimal_of("10.5"), decimal_of("2")};
	body.book.bids.items[1] = (struct level){decimal_of("10"), decimal_of("3")};
	then_printed(MESSAGE_VENUE_BOOK, &body,
	             "{\"symbol\":\"\",\"last\":0,\"bids\":[[\"10.5\",\"2\"],[\"10\",\"3\"]],"
	             "\"asks\":[]}");
}

static void then_text_printed(const char *bytes, const char *expected)
{
	struct command_result result = {true, text_from(bytes)};
	char whole[512];

	snprintf(whole, sizeof whole, "{\"done\":true,\"text\":\"%s\"}", expected);
	then_printed(MESSAGE_COMMAND_RESULT, &result, whole);
}

static void strings_are_escaped(void **state)
{
	(void)state;
	then_text_printed("say \"no\" \\ yes", "say \\\"no\\\" \\\\ yes");
	then_text_printed("a\nb\tc\x1b", "a\\u000ab\\u0009c\\u001b");
	then_text_printed("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8c\x8a",
	                  "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8c\x8a");
}

static void bytes_that_are_no_utf8_are_replaced(void **state)
{
	(void)state;
	then_text_printed("a\xff"
	                  "b",
	                  "a\\ufffdb");
	then_text_printed("\xc3", "\\ufffd");
	then_text_printed("\xc0\xaf", "\\ufffd\\ufffd");
	then_text_printed("\xe0\x80\xaf", "\\ufffd\\ufffd\\ufffd");
	then_text_printed("\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd");
	then_text_printed("\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd");
}

static void a_value_that_is_none_is_a_question_mark(void **state)
{
	struct link_state link = {.link = name_from("user")};

	(void)state;
	then_printed(MESSAGE_LINK_STATE, &link,
	             "{\"link\":\"user\",\"status\":\"?\",\"reason\":\"\"}");
}

static void a_text_that_does_not_fit_is_cut_and_its_length_told(void **state)
{
	struct resync_request request = {.nonce = 123};
	char small[8];

	(void)state;
	memset(small, 'x', sizeof small);
	assert_int_equal(message_print(message_info(MESSAGE_RESYNC_REQUEST), &request, small, 5),
	                 13);
	assert_memory_equal(small, "{\"no\0xxx", 8);
	assert_int_equal(message_print(message_info(MESSAGE_RESYNC_REQUEST), &request, NULL, 0),
	                 13);
}

static void every_message_is_json_with_its_fields_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < message_info_count; i++) {
		const struct message_info *info = message_infos[i];
		struct sampler sampler = {i, 8};
		json_error_t error;
		sample_body(&sampler, info, &body);
		assert_in_range(message_print(info, &body, text, sizeof text), 2, sizeof text - 1);
		json_t *json =
			json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
		assert_non_null(json);
		assert_int_equal(json_object_size(json), info->field_count);
		void *at = json_object_iter(json);
		for (size_t k = 0; k < info->field_count; k++, at = json_object_iter_next(json, at))
			assert_string_equal(json_object_iter_key(at), info->fields[k].name);
		json_decref(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_has_its_form),
		cmocka_unit_test(lists_are_arrays),
		cmocka_unit_test(strings_are_escaped),
		cmocka_unit_test(bytes_that_are_no_utf8_are_replaced),
		cmocka_unit_test(a_value_that_is_none_is_a_question_mark),
		cmocka_unit_test(a_text_that_does_not_fit_is_cut_and_its_length_told),
		cmocka_unit_test(every_message_is_json_with_its_fields_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
