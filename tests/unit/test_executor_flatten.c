/* SPDX-License-Identifier: Apache-2.0 */
/* Stops that the executor watches, stops that follow the price, and the sale when one is reached.
 */
#include "services/executor/protect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/desk_market.h"

static int setup(void **state)
{
	struct desk *desk = desk_open();

	desk_start(desk);
	desk_forget(desk);
	*state = desk;
	return 0;
}

static int teardown(void **state)
{
	desk_close(*state);
	return 0;
}

/* All of it bought at 100; `place` holds a stop of 5 %. */
static void given_position(struct desk *desk, const char *qty, enum stop_place place)
{
	desk_fill(desk, desk_entry(desk, qty, "5", "0", place), qty);
	desk_answer_all(desk);
}

static void given_trailing(struct desk *desk, enum stop_place place)
{
	desk_fill(desk, desk_entry(desk, "1", "0", "10", place), "1");
	desk_answer_all(desk);
}

static void then_trigger(struct desk *desk, const char *price)
{
	char text[DECIMAL_TEXT_SIZE];

	assert_string_equal(decimal_print(desk_guard(desk)->trigger, text), price);
}

static void then_flat(struct desk *desk)
{
	assert_string_equal(desk_held(desk, "bot"), "0");
	assert_int_equal(decimal_sign(desk_owned(desk)), 0);
	assert_int_equal(decimal_sign(desk_offered(desk)), 0);
	assert_false(desk_guard(desk)->fired);
}

/* The executor's own trigger. */

static void a_price_above_the_trigger_does_nothing(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "1", STOP_PLACE_EXECUTOR);
	desk_mark(desk, "95.01");
	assert_int_equal(desk->call_count, 0);
}

static void a_price_at_the_trigger_sells_all_in_the_same_step(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "1", STOP_PLACE_EXECUTOR);
	desk->bid = decimal_of("95");
	desk_mark(desk, "95");
	assert_true(desk_is_asked_for(desk, "side=SELL&type=MARKET&quantity=1&"));
	assert_true(desk_guard(desk)->fired);
	desk_answer_all(desk);
	then_flat(desk);
	assert_int_equal(desk_noted(desk, "stop.fired"), 1);
}

static void what_the_bot_has_open_is_cancelled_with_the_sale(void **state)
{
	struct desk *desk = *state;
	size_t entry = desk_entry(desk, "2", "5", "0", STOP_PLACE_EXECUTOR);

	desk_fill(desk, entry, "1");
	desk_mark(desk, "94");
	desk->bid = decimal_of("94");
	assert_non_null(desk_call(desk, CALL_KIND_CANCEL));
	assert_true(desk_is_asked_for(desk, "quantity=1&"));
	desk_answer_all(desk);
	then_flat(desk);
	assert_int_equal(desk->orders[entry].told.status, VENUE_STATUS_CANCELED);
}

static void a_resting_exit_goes_before_its_share_is_sold(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "1", STOP_PLACE_EXECUTOR);
	desk_order(desk, "SELL", "0.4", "110");
	desk_answer_all(desk);
	desk->bid = decimal_of("94");
	desk_mark(desk, "94");
	assert_true(desk_is_asked_for(desk, "type=MARKET&quantity=0.6&"));
	desk_live(desk, NANOS_S);
	then_flat(desk);
}

static void an_entry_is_refused_while_a_position_is_being_sold(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "1", STOP_PLACE_EXECUTOR);
	desk_mark(desk, "94");
	struct approval entry = desk_approval(desk, "BUY", "1", "94");
	assert_string_equal(desk_approve(desk, &entry).rule.text, "flattening");
	struct approval exit = desk_approval(desk, "SELL", "1", "94");
	assert_string_equal(desk_approve(desk, &exit).rule.text, "flattening");
}

static void a_fired_stop_goes_on_after_a_restart_whatever_the_price(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "1", STOP_PLACE_EXECUTOR);
	desk->journal_max = desk->record_count + 1; /* fired, but nothing is sent */
	desk_mark(desk, "94");
	desk_restart(desk, desk->record_count);
	desk->bid = decimal_of("120");
	desk_start(desk);
	then_flat(desk);
}

static void the_first_price_after_a_restart_is_judged(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "1", STOP_PLACE_EXECUTOR);
	desk_restart(desk, desk->record_count);
	desk_start(desk);
	desk_live(desk, NANOS_S);
	assert_int_equal(desk->call_count, 0);
	desk->bid = decimal_of("90");
	desk_mark(desk, "90");
	desk_answer_all(desk);
	then_flat(desk);
}

static void a_sale_that_is_refused_is_tried_again_with_growing_waits(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "1", STOP_PLACE_EXECUTOR);
	desk_mark(desk, "94");
	for (unsigned i = 0; i < 4; i++) {
		desk_refuse(desk, CALL_KIND_ORDER, EVIDENCE_REFUSED, 2010);
		assert_null(desk_call(desk, CALL_KIND_ORDER));
		desk_pass(desk, (125 << (i + 1)) * NANOS_MS);
		assert_non_null(desk_call(desk, CALL_KIND_ORDER));
	}
	desk->bid = decimal_of("94");
	desk_answer_all(desk);
	then_flat(desk);
}

static void a_sale_whose_fate_is_unknown_is_not_doubled(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "1", STOP_PLACE_EXECUTOR);
	desk->bid = decimal_of("94");
	desk_mark(desk, "94");
	desk_lose_answer(desk, CALL_KIND_ORDER); /* executed, and nobody says so */
	desk_last(desk)->hidden = true;
	desk_live(desk, 2 * NANOS_S);
	assert_int_equal(desk->orders_received, 2);
	desk_last(desk)->hidden = false;
	desk_live(desk, 10 * NANOS_S);
	assert_int_equal(desk->orders_received, 2);
	then_flat(desk);
}

static void a_sale_that_never_arrived_is_sent_again(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "1", STOP_PLACE_EXECUTOR);
	desk->bid = decimal_of("94");
	desk_mark(desk, "94");
	desk_refuse(desk, CALL_KIND_ORDER, EVIDENCE_NOTHING, 0);
	desk_live(desk, 6 * NANOS_S);
	then_flat(desk);
}

static void without_market_orders_the_sale_takes_what_is_there_down_to_a_limit(void **state)
{
	struct desk *desk = *state;

	desk->config.flatten_type = name_from("LIMIT");
	given_position(desk, "1", STOP_PLACE_EXECUTOR);
	desk_mark(desk, "94");
	assert_true(desk_is_asked_for(desk, "type=LIMIT&timeInForce=IOC&quantity=1&price=93.06&"));
}

static void the_rest_of_a_partly_executed_sale_is_sold_again(void **state)
{
	struct desk *desk = *state;

	desk->config.flatten_type = name_from("LIMIT");
	given_position(desk, "1", STOP_PLACE_EXECUTOR);
	desk_mark(desk, "94");
	desk_answer(desk, CALL_KIND_ORDER);
	desk_stream_fill(desk, desk_execute(desk, desk_last(desk), "0.7"));
	desk_last(desk)->told.status = VENUE_STATUS_EXPIRED;
	desk_stream_order(desk, desk_last(desk));
	desk_pass(desk, 300 * NANOS_MS);
	assert_true(desk_is_asked_for(desk, "quantity=0.3&"));
}

static void dust_that_is_left_ends_the_sale(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "1.000001", STOP_PLACE_EXECUTOR);
	desk->bid = decimal_of("94");
	desk_mark(desk, "94");
	desk_live(desk, NANOS_S);
	assert_string_equal(desk_held(desk, "bot"), "0.000001");
	assert_false(desk_guard(desk)->fired);
	struct approval entry = desk_approval(desk, "BUY", "1", "94");
	assert_true(desk_approve(desk, &entry).accepted);
}

/* A stop at the exchange. */

static void a_live_stop_is_left_to_the_exchange(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "1", STOP_PLACE_EXCHANGE);
	desk_mark(desk, "94");
	assert_int_equal(desk->call_count, 0);
	desk_price(desk, "94");
	desk_stream_all(desk);
	then_flat(desk);
}

static void a_price_through_the_trigger_while_the_stop_is_resized_sells(void **state)
{
	struct desk *desk = *state;
	size_t entry = desk_entry(desk, "1", "5", "0", STOP_PLACE_EXCHANGE);

	desk_fill(desk, entry, "0.5");
	desk_answer_all(desk);
	desk_fill(desk, entry, "0.5");
	desk_mark(desk, "94");
	desk->bid = decimal_of("94");
	desk_live(desk, NANOS_S);
	then_flat(desk);
}

/* Trailing. */

static void a_trailing_stop_follows_the_highest_price(void **state)
{
	struct desk *desk = *state;

	given_trailing(desk, STOP_PLACE_EXCHANGE);
	then_trigger(desk, "90");
	desk_mark(desk, "110");
	then_trigger(desk, "99");
	desk_live(desk, 2 * NANOS_S);
	desk_mark(desk, "105");
	then_trigger(desk, "99");
	assert_true(decimal_equals(desk_stop(desk)->stop_price, decimal_of("99")));
}

static void it_moves_in_steps_and_at_most_once_a_second(void **state)
{
	struct desk *desk = *state;

	given_trailing(desk, STOP_PLACE_EXECUTOR);
	desk_mark(desk, "100.05");
	then_trigger(desk, "90");
	desk_mark(desk, "101");
	then_trigger(desk, "90.9");
	desk_mark(desk, "102");
	then_trigger(desk, "90.9");
	desk_live(desk, NANOS_S);
	desk_mark(desk, "102");
	then_trigger(desk, "91.8");
}

static void where_it_stands_survives_a_restart(void **state)
{
	struct desk *desk = *state;

	given_trailing(desk, STOP_PLACE_EXECUTOR);
	desk_mark(desk, "120");
	then_trigger(desk, "108");
	desk_restart(desk, desk->record_count);
	then_trigger(desk, "108");
	desk_start(desk);
	desk->bid = decimal_of("107");
	desk_mark(desk, "107");
	desk_answer_all(desk);
	then_flat(desk);
}

static void buying_more_below_the_highest_price_lowers_no_trailing_stop(void **state)
{
	struct desk *desk = *state;

	given_trailing(desk, STOP_PLACE_EXECUTOR);
	desk_mark(desk, "110");
	then_trigger(desk, "99");
	given_trailing(desk, STOP_PLACE_EXECUTOR);
	then_trigger(desk, "99");
}

static void a_new_entry_begins_a_new_stop(void **state)
{
	struct desk *desk = *state;

	given_trailing(desk, STOP_PLACE_EXECUTOR);
	desk_mark(desk, "200");
	desk->bid = decimal_of("180");
	desk_live(desk, NANOS_S);
	desk_mark(desk, "180");
	desk_answer_all(desk);
	then_flat(desk);
	desk->bid = DECIMAL_ZERO;
	given_trailing(desk, STOP_PLACE_EXECUTOR);
	then_trigger(desk, "90");
}

static void dust_of_an_older_position_raises_no_trigger_of_a_new_one(void **state)
{
	struct desk *desk = *state;

	desk_fill(desk, desk_entry(desk, "1.000001", "0", "10", STOP_PLACE_EXECUTOR), "1.000001");
	desk_mark(desk, "200");
	desk_order(desk, "SELL", "1", "200");
	desk_answer_all(desk);
	desk_stream_fill(desk, desk_execute(desk, desk_last(desk), "1"));
	assert_int_equal(decimal_sign(desk_guard(desk)->trigger), 0);
	desk_fill(desk, desk_entry(desk, "1", "0", "10", STOP_PLACE_EXECUTOR), "1");
	then_trigger(desk, "90");
}

/* Without prices. */

static void a_silent_feed_is_told_and_then_moves_the_stop_to_the_exchange(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "1", STOP_PLACE_EXECUTOR);
	desk_mark(desk, "100");
	desk_live(desk, 3100 * NANOS_MS);
	assert_int_equal(desk_noted(desk, "stop.blind"), 1);
	assert_null(desk_stop(desk));
	desk_live(desk, 2 * NANOS_S);
	assert_non_null(desk_stop(desk));
	assert_int_equal(desk_noted(desk, "stop.moved"), 1);
}

static void when_prices_come_again_the_executor_takes_the_stop_back(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "1", STOP_PLACE_EXECUTOR);
	desk_live(desk, 7 * NANOS_S);
	assert_non_null(desk_stop(desk));
	desk_mark(desk, "100");
	desk_answer_all(desk);
	assert_null(desk_stop(desk));
}

static void a_calm_market_is_not_a_silent_feed(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "1", STOP_PLACE_EXECUTOR);
	desk_mark(desk, "100");
	for (unsigned i = 0; i < 10; i++) {
		desk_market_state(desk, MARKET_STATUS_LIVE);
		desk_live(desk, NANOS_S);
	}
	assert_int_equal(desk_noted(desk, "stop.blind"), 0);
	assert_null(desk_stop(desk));
}

static void an_old_price_fires_nothing(void **state)
{
	struct desk *desk = *state;
	size_t entry = desk_entry(desk, "1", "5", "0", STOP_PLACE_EXECUTOR);

	desk_mark(desk, "94");
	desk_live(desk, 4 * NANOS_S);
	desk_fill(desk, entry, "1");
	assert_false(desk_guard(desk)->fired);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_price_above_the_trigger_does_nothing),
		TEST(a_price_at_the_trigger_sells_all_in_the_same_step),
		TEST(what_the_bot_has_open_is_cancelled_with_the_sale),
		TEST(a_resting_exit_goes_before_its_share_is_sold),
		TEST(an_entry_is_refused_while_a_position_is_being_sold),
		TEST(a_fired_stop_goes_on_after_a_restart_whatever_the_price),
		TEST(the_first_price_after_a_restart_is_judged),
		TEST(a_sale_that_is_refused_is_tried_again_with_growing_waits),
		TEST(a_sale_whose_fate_is_unknown_is_not_doubled),
		TEST(a_sale_that_never_arrived_is_sent_again),
		TEST(without_market_orders_the_sale_takes_what_is_there_down_to_a_limit),
		TEST(the_rest_of_a_partly_executed_sale_is_sold_again),
		TEST(dust_that_is_left_ends_the_sale),
		TEST(a_live_stop_is_left_to_the_exchange),
		TEST(a_price_through_the_trigger_while_the_stop_is_resized_sells),
		TEST(a_trailing_stop_follows_the_highest_price),
		TEST(it_moves_in_steps_and_at_most_once_a_second),
		TEST(where_it_stands_survives_a_restart),
		TEST(buying_more_below_the_highest_price_lowers_no_trailing_stop),
		TEST(a_new_entry_begins_a_new_stop),
		TEST(dust_of_an_older_position_raises_no_trigger_of_a_new_one),
		TEST(a_silent_feed_is_told_and_then_moves_the_stop_to_the_exchange),
		TEST(when_prices_come_again_the_executor_takes_the_stop_back),
		TEST(a_calm_market_is_not_a_silent_feed),
		TEST(an_old_price_fires_nothing),
	};
	return cmocka_run_group_tests_name("executor_flatten", tests, NULL, NULL);
}
