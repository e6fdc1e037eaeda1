/* SPDX-License-Identifier: Apache-2.0 */
/* What the user's link tells about orders: responses to our own frames, and stops. */
#include "common/venue/binance/stream.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/lib/venue_messages.h"

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

static void framed(const char *text)
{
	venue_messages_clear(&seen.messages);
	seen.call = 99;
	seen.err = binance_read_frame("user", text, strlen(text), &seen.messages.sink, &seen.call,
	                              &seen.answer);
}

static void framed_fixture(const char *name)
{
	char path[256];
	size_t size;

	snprintf(path, sizeof path, FIXTURES "%s", name);
	char *text = file_text(path, &size);
	framed(text);
	free(text);
}

static void assert_sound(size_t count)
{
	assert_int_equal(seen.err, OK);
	assert_int_equal(seen.messages.count, count);
}

static void a_response_that_is_an_order_tells_it(void **state)
{
	static const char *const names[] = {
		"wsapi_CancelOrder.json",
		"wsapi_GetOrder.json",
		"wsapi_PlaceOrder.json",
	};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		framed_fixture(names[i]);
		assert_sound(1);
		assert_int_equal(seen.call, 1);
		assert_int_equal(seen.answer.evidence, EVIDENCE_EXISTS);
		assert_int_equal(seen.answer.items, 1);
		const struct venue_order *order =
			venue_message(&seen.messages, 0, MESSAGE_VENUE_ORDER);
		assert_int_equal(order->source, SOURCE_ACK);
		assert_int_equal(order->venue_id, 12569099453);
		assert_int_equal(order->list_id, 0);
	}
}

static void a_response_whose_order_makes_no_sense_proves_nothing(void **state)
{
	(void)state;
	framed("{\"id\":7,\"status\":200,\"result\":{\"symbol\":\"BTCUSDT\",\"orderId\":5}}");
	assert_sound(0);
	assert_int_equal(seen.call, 7);
	assert_int_equal(seen.answer.evidence, EVIDENCE_NOTHING);
}

static void a_cancel_that_is_refused_on_the_link_is_refused(void **state)
{
	(void)state;
	framed("{\"id\":7,\"status\":400,\"error\":{\"code\":-2011,\"msg\":\"Unknown order\"}}");
	assert_sound(0);
	assert_int_equal(seen.answer.evidence, EVIDENCE_REFUSED);
}

static void a_stop_is_triggered_once_it_works_or_executes(void **state)
{
	static const struct {
		const char *change;
		bool triggered;
	} cases[] = {
		{"\"w\":false,\"z\":\"0\"", false},
		{"\"w\":true,\"z\":\"0\"", true},
		{"\"w\":false,\"W\":-1,\"z\":\"0\"", false},
		{"\"w\":false,\"W\":1499405658657,\"z\":\"0\"", true},
		{"\"w\":false,\"z\":\"0.5\"", true},
	};
	char text[700];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		snprintf(text, sizeof text,
		         "{\"e\":\"executionReport\",\"E\":1,\"s\":\"ETHBTC\",\"c\":\"x\",\"C\":"
		         "\"\","
		         "\"S\":\"SELL\",\"o\":\"STOP_LOSS\",\"q\":\"1\",\"p\":\"0\",\"x\":\"NEW\","
		         "\"X\":\"NEW\",\"i\":7,\"g\":12,\"T\":1499405658657,\"Z\":\"0\",%s}",
		         cases[i].change);
		framed(text);
		assert_sound(1);
		const struct venue_order *order =
			venue_message(&seen.messages, 0, MESSAGE_VENUE_ORDER);
		assert_int_equal(order->triggered, cases[i].triggered);
		assert_int_equal(order->list_id, 12);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_response_that_is_an_order_tells_it),
		cmocka_unit_test(a_response_whose_order_makes_no_sense_proves_nothing),
		cmocka_unit_test(a_cancel_that_is_refused_on_the_link_is_refused),
		cmocka_unit_test(a_stop_is_triggered_once_it_works_or_executes),
	};

	venue_messages_clear(&seen.messages);
	return cmocka_run_group_tests_name("binance_user", tests, NULL, clear);
}
