/* SPDX-License-Identifier: Apache-2.0 */
/* What is measured and compared again and again: the exchange's clock, and the balances behind a
   stream that lost something without a word. */
#include "services/executor/executor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/desk_market.h"

#define ROUND_TRIP_MAX (1 * NANOS_S) /* twice the clock step of the paper profile */

static struct desk *desk;

static int set_up(void **state)
{
	(void)state;
	desk = desk_open();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	desk_close(desk);
	return 0;
}

static const char *refusal_of_entry(void)
{
	static struct receipt receipt;
	struct approval approval = desk_approval(desk, "BUY", "0.1", "100");

	receipt = desk_approve(desk, &approval);
	return receipt.accepted ? "" : receipt.rule.text;
}

/* The exchange's time is asked for, and told so much later. */
static void when_measured(nanos_t round_trip)
{
	if (desk_call(desk, CALL_KIND_TIME) == NULL) {
		desk->executor->clock.due = desk->now;
		desk_pass(desk, NANOS_S);
	}
	nanos_t asked = desk_call(desk, CALL_KIND_TIME)->sent;
	desk_pass(desk, asked + round_trip - desk->now);
	desk_answer(desk, CALL_KIND_TIME);
}

static void a_slow_answer_sets_no_clock(void **state)
{
	(void)state;
	desk_boot(desk);
	when_measured(ROUND_TRIP_MAX + NANOS_MS);
	assert_false(desk->executor->clock.known);
	when_measured(ROUND_TRIP_MAX);
	assert_true(desk->executor->clock.known);
	assert_int_equal(desk->executor->clock.offset, ROUND_TRIP_MAX / 2);
}

static void a_slow_answer_moves_no_clock(void **state)
{
	(void)state;
	desk_start(desk);
	nanos_t offset = desk->executor->clock.offset, at = desk->executor->clock.measured_at;
	when_measured(30 * NANOS_S);
	assert_int_equal(desk->executor->clock.offset, offset);
	assert_int_equal(desk->executor->clock.measured_at, at);
	assert_true(desk->executor->clock.steady);
	assert_int_equal(desk_noted(desk, "clock.step"), 0);
}

static void a_slow_answer_confirms_no_step(void **state)
{
	(void)state;
	desk_start(desk);
	desk->clock_offset += 5 * NANOS_S;
	when_measured(0);
	assert_string_equal(refusal_of_entry(), "clock_unknown");
	when_measured(2 * NANOS_S);
	assert_string_equal(refusal_of_entry(), "clock_unknown");
	when_measured(0);
	assert_string_equal(refusal_of_entry(), "");
}

static void slow_answers_in_a_row_are_told_once(void **state)
{
	(void)state;
	desk_start(desk);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(desk_noted(desk, "clock.slow"), i >= 3);
		when_measured(2 * NANOS_S);
	}
	when_measured(0);
	when_measured(2 * NANOS_S);
	assert_int_equal(desk_noted(desk, "clock.slow"), 1);
}

static void then_balance(const char *free)
{
	const struct holdings *holdings = &desk->executor->books.holdings;
	char text[DECIMAL_TEXT_SIZE];

	for (uint32_t i = 0; i < holdings->asset_count; i++)
		if (name_is(&holdings->assets[i].balance.asset, "BTC")) {
			decimal_print(holdings->assets[i].balance.free, text);
			assert_string_equal(text, free);
			return;
		}
	fail_msg("no balance of BTC");
}

/* The stream told the execution, but not what it left. */
static void given_executed(const char *free)
{
	desk_order(desk, "BUY", "0.5", "100");
	desk_answer(desk, CALL_KIND_ORDER);
	desk_stream_fill(desk, desk_execute(desk, desk_last(desk), "0.5"));
	desk->base_free = decimal_of(free);
	assert_int_equal(desk->executor->books.orders.open_count, 0);
}

static void balances_are_asked_for_after_an_execution_though_no_order_is_open(void **state)
{
	(void)state;
	desk->base_free = decimal_of("1");
	desk_start(desk);
	then_balance("1");
	given_executed("1.5");
	desk_live(desk, desk->config.poll_interval + NANOS_S);
	then_balance("1.5");
}

static void when_nothing_was_executed_since_they_are_not_asked_for_again(void **state)
{
	(void)state;
	desk_start(desk);
	given_executed("1.5");
	desk_live(desk, desk->config.poll_interval + NANOS_S);
	uint64_t received = desk->weight_received;
	desk_pass(desk, 2 * desk->config.poll_interval);
	assert_null(desk_call(desk, CALL_KIND_BALANCES));
	assert_true(desk->weight_received - received < 20);
}

static void what_the_stream_lost_is_found_with_its_balance(void **state)
{
	(void)state;
	desk->base_free = decimal_of("1");
	desk_start(desk);
	desk_order(desk, "BUY", "0.5", "100");
	desk_answer(desk, CALL_KIND_ORDER);
	desk_execute(desk, desk_last(desk), "0.5"); /* nobody is told */
	desk->base_free = decimal_of("1.5");
	desk_live(desk, desk->config.poll_interval + NANOS_S);
	assert_string_equal(desk_held(desk, "bot"), "0.5");
	then_balance("1.5");
}

static void balances_that_did_not_come_are_asked_for_again(void **state)
{
	(void)state;
	desk->base_free = decimal_of("1");
	desk_start(desk);
	given_executed("1.5");
	desk_pass(desk, desk->config.poll_interval + NANOS_S);
	desk_refuse(desk, CALL_KIND_BALANCES, EVIDENCE_NOTHING, 0);
	desk_live(desk, 2 * NANOS_S);
	then_balance("1.5");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_slow_answer_sets_no_clock),
		TEST(a_slow_answer_moves_no_clock),
		TEST(a_slow_answer_confirms_no_step),
		TEST(slow_answers_in_a_row_are_told_once),
		TEST(balances_are_asked_for_after_an_execution_though_no_order_is_open),
		TEST(when_nothing_was_executed_since_they_are_not_asked_for_again),
		TEST(what_the_stream_lost_is_found_with_its_balance),
		TEST(balances_that_did_not_come_are_asked_for_again),
	};
	return cmocka_run_group_tests_name("executor_compare", tests, NULL, NULL);
}
