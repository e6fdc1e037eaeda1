/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/quota.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/random.h"

#define MINUTE_12 (1700000040 * NANOS_S) /* a whole minute of the other side's clock */

enum { EARLY_MS = 500, LATE_MS = 2500 };

static struct quota quota;

static int set_up(void **state)
{
	(void)state;
	quota_init(&quota, 100, NANOS_MIN, EARLY_MS * NANOS_MS, LATE_MS * NANOS_MS);
	return 0;
}

static void a_window_holds_its_limit(void **state)
{
	(void)state;
	assert_int_equal(quota_left(&quota, MINUTE_12 + 10 * NANOS_S), 100);
	quota_charge(&quota, MINUTE_12 + 10 * NANOS_S, 60);
	assert_int_equal(quota_left(&quota, MINUTE_12 + 50 * NANOS_S), 40);
}

static void what_was_taken_counts_until_the_window_ends(void **state)
{
	(void)state;
	quota_charge(&quota, MINUTE_12 + 10 * NANOS_S, 100);
	assert_int_equal(quota_left(&quota, MINUTE_12 + 60 * NANOS_S), 0);
	assert_int_equal(quota_left(&quota, MINUTE_12 + 61 * NANOS_S), 100);
}

static void near_a_border_both_windows_are_charged(void **state)
{
	(void)state;
	quota_charge(&quota, MINUTE_12 + 58 * NANOS_S, 30);
	assert_int_equal(quota_left(&quota, MINUTE_12 + 59 * NANOS_S), 70);
	assert_int_equal(quota_left(&quota, MINUTE_12 + 70 * NANOS_S), 70);
}

static void more_than_the_limit_leaves_nothing(void **state)
{
	(void)state;
	quota_charge(&quota, MINUTE_12 + 10 * NANOS_S, 1000);
	assert_int_equal(quota_left(&quota, MINUTE_12 + 20 * NANOS_S), 0);
}

static void the_other_sides_count_only_lowers_what_is_left(void **state)
{
	nanos_t now = MINUTE_12 + 20 * NANOS_S;

	(void)state;
	quota_charge(&quota, now, 40);
	quota_told(&quota, now, now + NANOS_MS, 10);
	assert_int_equal(quota_left(&quota, now), 60);
	quota_told(&quota, now, now + NANOS_MS, 75);
	assert_int_equal(quota_left(&quota, now), 25);
}

static void an_answer_over_a_border_tells_nothing(void **state)
{
	(void)state;
	quota_charge(&quota, MINUTE_12 + 59 * NANOS_S, 1);
	quota_told(&quota, MINUTE_12 + 59 * NANOS_S, MINUTE_12 + 61 * NANOS_S, 90);
	assert_int_equal(quota_left(&quota, MINUTE_12 + 70 * NANOS_S), 99);
}

static void what_is_charged_now_may_be_used_until_the_window_ends(void **state)
{
	nanos_t until = quota_valid_until(&quota, MINUTE_12 + 5 * NANOS_S);

	(void)state;
	assert_true(until > MINUTE_12 + 50 * NANOS_S);
	assert_true(until + LATE_MS * NANOS_MS <= MINUTE_12 + NANOS_MIN);
}

/* Whenever within its bounds the other side counts a request, no window of it passes the limit. */
static void no_window_of_the_other_side_passes_the_limit(void **state)
{
	static uint64_t counted[20];
	struct random random;
	nanos_t now = MINUTE_12;

	(void)state;
	random_init(&random, 7);
	memset(counted, 0, sizeof counted);
	while (now < MINUTE_12 + 15 * NANOS_MIN) {
		uint32_t cost = 1 + (uint32_t)random_below(&random, 9);
		now += (nanos_t)random_below(&random, 700) * NANOS_MS;
		if (quota_left(&quota, now) < cost)
			continue;
		quota_charge(&quota, now, cost);
		nanos_t at = now - EARLY_MS * NANOS_MS +
		             (nanos_t)random_below(&random, EARLY_MS + LATE_MS) * NANOS_MS;
		counted[at / NANOS_MIN - (MINUTE_12 / NANOS_MIN - 1)] += cost;
	}
	for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
		assert_in_range(counted[i], 0, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_window_holds_its_limit, set_up),
		cmocka_unit_test_setup(what_was_taken_counts_until_the_window_ends, set_up),
		cmocka_unit_test_setup(near_a_border_both_windows_are_charged, set_up),
		cmocka_unit_test_setup(more_than_the_limit_leaves_nothing, set_up),
		cmocka_unit_test_setup(the_other_sides_count_only_lowers_what_is_left, set_up),
		cmocka_unit_test_setup(an_answer_over_a_border_tells_nothing, set_up),
		cmocka_unit_test_setup(what_is_charged_now_may_be_used_until_the_window_ends,
	                               set_up),
		cmocka_unit_test_setup(no_window_of_the_other_side_passes_the_limit, set_up),
	};
	return cmocka_run_group_tests_name("quota", tests, NULL, NULL);
}
