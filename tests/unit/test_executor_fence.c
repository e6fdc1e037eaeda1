/* SPDX-License-Identifier: Apache-2.0 */
/* The fence as a pure function: which bounds it is made of, and that both clocks must be behind it.
 */
#include "services/executor/fence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct venue_profile profile = {
	.window_ms = 2000, .queue_ms = 30000, .view_lag_ms = 60000, .clock_step_ms = 500};

static bool passed(nanos_t lag, nanos_t at, nanos_t offset)
{
	struct fence fence = fence_of(&profile, lag);

	return fence_has_passed(&fence, 100 * NANOS_S, 102 * NANOS_S,
	                        (struct fence_moment){at, offset});
}

static void the_fence_is_window_queue_lag_and_two_steps(void **state)
{
	struct fence fence = fence_of(&profile, 0);

	(void)state;
	assert_int_equal(fence_reach(&fence), 91 * NANOS_S);
	assert_int_equal(fence_length(&fence), 93 * NANOS_S);
	assert_false(passed(0, 193 * NANOS_S, 0));
	assert_true(passed(0, 193 * NANOS_S + 1, 0));
	assert_false(passed(0, 0, 1000 * NANOS_S));
}

static void both_clocks_must_be_behind_the_fence(void **state)
{
	(void)state;
	assert_false(passed(0, 194 * NANOS_S, -2 * NANOS_S));
	assert_false(passed(0, 192 * NANOS_S, 2 * NANOS_S));
	assert_true(passed(0, 196 * NANOS_S, -2 * NANOS_S));
}

static void a_measured_lag_counts_when_it_is_larger_than_the_promised_one(void **state)
{
	(void)state;
	assert_true(passed(NANOS_S, 194 * NANOS_S, 0));
	assert_false(passed(120 * NANOS_S, 194 * NANOS_S, 0));
	assert_true(passed(120 * NANOS_S, 254 * NANOS_S, 0));
}

static void a_lag_beyond_half_of_the_bound_doubles_it(void **state)
{
	(void)state;
	assert_int_equal(fence_widened(60 * NANOS_S, 30 * NANOS_S), 60 * NANOS_S);
	assert_int_equal(fence_widened(60 * NANOS_S, 30 * NANOS_S + 1), 120 * NANOS_S);
	assert_int_equal(fence_widened(60 * NANOS_S, 100 * NANOS_S), 240 * NANOS_S);
	assert_int_equal(fence_widened(60 * NANOS_S, NANOS_DAY), 10 * NANOS_MIN);
}

static void the_window_is_over_before_the_fence_passed(void **state)
{
	struct fence fence = fence_of(&profile, 0);

	(void)state;
	for (nanos_t at = 101 * NANOS_S; at < 200 * NANOS_S; at += NANOS_S / 2) {
		bool over = fence_window_is_over(&fence, 100 * NANOS_S, 102 * NANOS_S,
		                                 (struct fence_moment){at, 0});
		assert_int_equal(over, at > 102 * NANOS_S + NANOS_S / 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fence_is_window_queue_lag_and_two_steps),
		cmocka_unit_test(both_clocks_must_be_behind_the_fence),
		cmocka_unit_test(a_measured_lag_counts_when_it_is_larger_than_the_promised_one),
		cmocka_unit_test(a_lag_beyond_half_of_the_bound_doubles_it),
		cmocka_unit_test(the_window_is_over_before_the_fence_passed),
	};
	return cmocka_run_group_tests_name("executor_fence", tests, NULL, NULL);
}
