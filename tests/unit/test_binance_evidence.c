/* SPDX-License-Identifier: Apache-2.0 */
/* What errors prove. The lists stand here a second time on purpose: a row of errors.def that moves
   from one list to another must be moved by hand here, too. */
#include "common/venue/binance/evidence.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/lib/venue_answers.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* An order may exist after these. */
static const unsigned placing_proves_nothing[] = {
	1000, 1001, 1006, 1007, 1008, 1016, 2011, 2013, 2021, 2022, 2026, 2038, 2039, 2043,
};
static const unsigned placing_refused[] = {
	1002, 1003, 1013, 1014, 1015, 1020, 1021, 1022, 1034, 1035, 1100, 1101, 1102, 1103,
	1104, 1105, 1106, 1107, 1108, 1111, 1114, 1115, 1116, 1117, 1118, 1119, 1120, 1121,
	1127, 1128, 1130, 1134, 1135, 1145, 2010, 2014, 2015, 2035, 2036, 2042,
};
/* An order may have been cancelled after these. */
static const unsigned cancelling_proves_nothing[] = {
	1000, 1001, 1006, 1007, 1008, 1016, 2010, 2013, 2021, 2022, 2026, 2043,
};

static const unsigned all_codes[] = {
#define CODE(number, name, placing, cancelling, asking, doc) number,
#include "common/venue/binance/errors.def"
#undef CODE
};

static struct answered seen;

static int clear(void **state)
{
	(void)state;
	answered_clear(&seen);
	return 0;
}

static bool holds(const unsigned *list, size_t count, unsigned code)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == code)
			return true;
	return false;
}

static enum evidence answered_code(enum binance_answer form, unsigned status, unsigned code)
{
	char body[64];

	snprintf(body, sizeof body, "{\"code\":-%u,\"msg\":\"words\"}", code);
	answered_text(&seen, form, "BTCUSDT", "", status, body);
	assert_int_equal(seen.answer.code, code);
	assert_int_equal(seen.answer.http_status, status);
	assert_string_equal(seen.answer.text.text, "words");
	assert_int_equal(seen.messages.count, 0);
	return seen.answer.evidence;
}

static void every_code_proves_what_its_row_says_of_placing(void **state)
{
	(void)state;
	assert_int_equal(LENGTH(all_codes),
	                 LENGTH(placing_proves_nothing) + LENGTH(placing_refused));
	for (size_t i = 0; i < LENGTH(placing_proves_nothing); i++)
		assert_int_equal(answered_code(ANSWER_ORDER, 400, placing_proves_nothing[i]),
		                 EVIDENCE_NOTHING);
	for (size_t i = 0; i < LENGTH(placing_refused); i++)
		assert_int_equal(answered_code(ANSWER_ORDER, 400, placing_refused[i]),
		                 EVIDENCE_REFUSED);
}

static void every_code_proves_what_its_row_says_of_cancelling(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(all_codes); i++) {
		bool nothing = holds(cancelling_proves_nothing, LENGTH(cancelling_proves_nothing),
		                     all_codes[i]);
		assert_int_equal(answered_code(ANSWER_CANCEL, 400, all_codes[i]),
		                 nothing ? EVIDENCE_NOTHING : EVIDENCE_REFUSED);
	}
}

static void a_query_is_only_ever_answered_absent_or_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(all_codes); i++)
		for (unsigned form = ANSWER_QUERY; form <= ANSWER_BOOK; form++)
			assert_int_equal(answered_code(form, 400, all_codes[i]),
			                 all_codes[i] == 2013 ? EVIDENCE_ABSENT : EVIDENCE_NOTHING);
}

static void a_code_that_is_not_in_the_table_proves_nothing(void **state)
{
	(void)state;
	for (unsigned code = 1; code < 10000; code += 7)
		if (!holds(all_codes, LENGTH(all_codes), code))
			for (unsigned form = ANSWER_ORDER; form <= ANSWER_BOOK; form++)
				assert_int_equal(answered_code(form, 400, code), EVIDENCE_NOTHING);
}

static void server_errors_and_half_done_requests_prove_nothing(void **state)
{
	static const unsigned statuses[] = {100, 301, 409, 500, 502, 503, 504, 599};

	(void)state;
	for (size_t i = 0; i < LENGTH(all_codes); i++)
		for (size_t k = 0; k < LENGTH(statuses); k++)
			assert_int_equal(answered_code(ANSWER_ORDER, statuses[k], all_codes[i]),
			                 EVIDENCE_NOTHING);
}

static void a_refused_duplicate_does_not_refuse_the_order_that_is_open(void **state)
{
	(void)state;
	answered_text(&seen, ANSWER_ORDER, "BTCUSDT", "", 400,
	              "{\"code\":-2010,\"msg\":\"Duplicate order sent.\"}");
	assert_int_equal(seen.answer.evidence, EVIDENCE_NOTHING);
	answered_text(&seen, ANSWER_ORDER, "BTCUSDT", "", 400,
	              "{\"code\":-2010,\"msg\":\"Account has insufficient balance.\"}");
	assert_int_equal(seen.answer.evidence, EVIDENCE_REFUSED);
}

static void an_error_in_another_form_proves_nothing(void **state)
{
	static const char *const bodies[] = {
		"",
		"<html>403 Forbidden</html>",
		"[]",
		"{}",
		"null",
		"{\"code\":\"-2010\"}",
		"{\"code\":2010,\"msg\":\"x\"}",
		"{\"code\":0}",
		"{\"code\":-2010.5}",
		"{\"code\":-2010,\"msg\":\"x\"} ",
		"{\"code\":-2010,\"code\":-2010}",
		"{\"code\":-9223372036854775808}",
		"{\"code\":-99999999999999999999}",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(bodies); i++) {
		answered_text(&seen, ANSWER_ORDER, "BTCUSDT", "", 403, bodies[i]);
		bool sound = strncmp(bodies[i], "{\"code\":-2010,\"msg\"", 19) == 0;
		assert_int_equal(seen.answer.evidence, sound ? EVIDENCE_REFUSED : EVIDENCE_NOTHING);
		assert_true(seen.answer.text.size > 0);
		assert_int_equal(seen.messages.count, 0);
	}
}

static void a_success_that_tells_an_error_proves_nothing(void **state)
{
	(void)state;
	for (unsigned form = ANSWER_ORDER; form <= ANSWER_BOOK; form++) {
		answered_text(&seen, form, "BTCUSDT", "", 200, "{\"code\":-2010,\"msg\":\"no\"}");
		assert_int_equal(seen.answer.evidence, EVIDENCE_NOTHING);
	}
}

static void answered_transport(bool may_have_arrived)
{
	const struct http_request request = {.answer = ANSWER_ORDER};
	const struct http_answer http = {
		.may_have_arrived = may_have_arrived,
		.transport = "connection reset",
		.headers = "",
		.body = "",
	};

	answered_http(&seen, &request, &http);
	assert_int_equal(seen.answer.http_status, 0);
	assert_string_equal(seen.answer.text.text, "connection reset");
}

static void without_an_answer_it_is_unsent_only_when_nothing_can_have_left(void **state)
{
	(void)state;
	answered_transport(true);
	assert_int_equal(seen.answer.evidence, EVIDENCE_NOTHING);
	answered_transport(false);
	assert_int_equal(seen.answer.evidence, EVIDENCE_UNSENT);
}

static void answered_throttled(unsigned status, const char *headers)
{
	static const char body[] = "{\"code\":-1003,\"msg\":\"Too many requests.\"}";
	const struct http_request request = {.answer = ANSWER_QUERY};
	const struct http_answer http = {
		.status = status,
		.transport = "",
		.headers = headers,
		.body = body,
		.size = sizeof body - 1,
	};

	answered_http(&seen, &request, &http);
	assert_int_equal(seen.answer.evidence, EVIDENCE_NOTHING);
}

static void told_waits_and_weights_are_passed_on(void **state)
{
	(void)state;
	answered_throttled(429, "server: x\nretry-after: 7\nx-mbx-used-weight-1m: 6001\n");
	assert_int_equal(seen.answer.retry_after_ms, 7000);
	assert_int_equal(seen.answer.used_weight, 6001);
	answered_throttled(418, "retry-after:259200");
	assert_int_equal(seen.answer.retry_after_ms, 259200000);
	assert_int_equal(seen.answer.used_weight, 0);
}

static void without_a_sound_told_wait_the_shortest_named_one_counts(void **state)
{
	(void)state;
	answered_throttled(429, "x-retry-after: 7\n");
	assert_int_equal(seen.answer.retry_after_ms, 10000);
	answered_throttled(418, "retry-after: soon\n");
	assert_int_equal(seen.answer.retry_after_ms, 120000);
	answered_throttled(429, "retry-after: 99999999999999999999\n");
	assert_int_equal(seen.answer.retry_after_ms, 10000);
	answered_throttled(429, NULL);
	assert_int_equal(seen.answer.retry_after_ms, 10000);
	answered_throttled(400, "retry-after: 7\n");
	assert_int_equal(seen.answer.retry_after_ms, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_proves_what_its_row_says_of_placing),
		cmocka_unit_test(every_code_proves_what_its_row_says_of_cancelling),
		cmocka_unit_test(a_query_is_only_ever_answered_absent_or_nothing),
		cmocka_unit_test(a_code_that_is_not_in_the_table_proves_nothing),
		cmocka_unit_test(server_errors_and_half_done_requests_prove_nothing),
		cmocka_unit_test(a_refused_duplicate_does_not_refuse_the_order_that_is_open),
		cmocka_unit_test(an_error_in_another_form_proves_nothing),
		cmocka_unit_test(a_success_that_tells_an_error_proves_nothing),
		cmocka_unit_test(without_an_answer_it_is_unsent_only_when_nothing_can_have_left),
		cmocka_unit_test(told_waits_and_weights_are_passed_on),
		cmocka_unit_test(without_a_sound_told_wait_the_shortest_named_one_counts),
	};

	answered_clear(&seen);
	return cmocka_run_group_tests_name("binance_evidence", tests, NULL, clear);
}
