/* SPDX-License-Identifier: Apache-2.0 */
/* The cancel that goes by the WebSocket API, as the built-in exchange takes it. */
#include "common/venue/venue.h"
#include "tests/lib/exchange_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { USER = 12 };

static const struct venue *venue;
static const struct venue_profile *profile;

static int set_up(void **state)
{
	(void)state;
	venue = venue_named("binance");
	profile = venue_profile_named("paper");
	return 0;
}

static struct order an_order(void)
{
	return (struct order){
		.client_id = {0x1234, 0x5678},
		.symbol = name_from("BTCUSDT"),
		.side = SIDE_BUY,
		.type = ORDER_TYPE_LIMIT,
		.time_in_force = TIME_IN_FORCE_GTC,
		.qty = decimal_of("0.001"),
		.price = decimal_of("50000"),
	};
}

static void a_frame_cancels_what_rest_placed(void **state)
{
	struct bench *bench = bench_new();
	struct order order = an_order();
	struct http_request request;
	struct link_frame frame;
	char text[2 * HTTP_TEXT_MAX];

	(void)state;
	bench_start(bench);
	bench_pass(bench, 10 * NANOS_S);
	assert_int_equal(venue->order(&order, bench->now, profile, &request), OK);
	*strstr(request.query, "&recvWindow") = '\0'; /* the bench adds its own */
	bench_ask_signed(bench, "POST", request.path, request.query);
	assert_string_equal(bench_text(bench, "status"), "NEW");
	bench_connect(bench, USER, "/ws-api/v3", "");
	assert_int_equal(venue->cancel_frame(&order, "user", bench->now, profile, &frame), OK);
	assert_int_equal(venue->dialect->sign_frame(&frame, 7, frame.venue_now, &bench->config.key,
	                                            text, sizeof text),
	                 OK);
	bench_send(bench, USER, text);
	json_t *answer = bench->frames[bench->frame_count - 1].json;
	assert_string_equal(json_string_value(bench_walk(answer, "result.status")), "CANCELED");
	bench_free(bench);
}

static void an_order_without_a_name_is_refused(void **state)
{
	struct order order = an_order();
	struct link_frame frame;

	(void)state;
	order.client_id = (ident_t){0, 0};
	assert_int_equal(venue->cancel_frame(&order, "user", NANOS_DAY, profile, &frame),
	                 ERR_INVALID);
	order = an_order();
	order.symbol = name_from("A\",\"x\":\"");
	assert_int_equal(venue->cancel_frame(&order, "user", NANOS_DAY, profile, &frame),
	                 ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_frame_cancels_what_rest_placed, set_up),
		cmocka_unit_test_setup(an_order_without_a_name_is_refused, set_up),
	};
	return cmocka_run_group_tests_name("binance_wscancel", tests, NULL, NULL);
}
