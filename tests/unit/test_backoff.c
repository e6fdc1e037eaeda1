/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct backoff backoff = {.base = 250 * NANOS_MS, .max = 10 * NANOS_S};

static void every_delay_is_between_half_the_base_and_the_doubled_bound(void **state)
{
	(void)state;
	for (unsigned attempt = 0; attempt < 40; attempt++) {
		nanos_t bound = attempt < 6 ? (250 * NANOS_MS) << attempt : 10 * NANOS_S;
		for (uint64_t entropy = 0; entropy < 1000; entropy++) {
			nanos_t delay = backoff_delay(&backoff, attempt, entropy);
			assert_true(delay >= 125 * NANOS_MS);
			assert_true(delay <= bound);
		}
	}
}

static void delays_spread_over_the_whole_span(void **state)
{
	(void)state;
	for (unsigned attempt = 0; attempt < 8; attempt++) {
		nanos_t bound = attempt < 6 ? (250 * NANOS_MS) << attempt : 10 * NANOS_S;
		nanos_t span = bound - 125 * NANOS_MS;
		unsigned counts[4] = {0};
		for (uint64_t entropy = 0; entropy < 4000; entropy++) {
			nanos_t above = backoff_delay(&backoff, attempt, entropy) - 125 * NANOS_MS;
			counts[above * 4 / (span + 1)]++;
		}
		for (int i = 0; i < 4; i++)
			assert_in_range(counts[i], 850, 1150);
	}
}

static void the_same_entropy_gives_the_same_delay(void **state)
{
	(void)state;
	assert_int_equal(backoff_delay(&backoff, 3, 99), backoff_delay(&backoff, 3, 99));
	assert_int_not_equal(backoff_delay(&backoff, 3, 99), backoff_delay(&backoff, 3, 100));
}

static void the_longest_times_and_counts_do_not_overflow(void **state)
{
	const struct backoff longest = {.base = 1, .max = INT64_MAX};
	const struct backoff shortest = {.base = 1, .max = 1};

	(void)state;
	for (uint64_t entropy = 0; entropy < 100; entropy++) {
		assert_true(backoff_delay(&longest, UINT32_MAX, entropy) >= 0);
		assert_in_range(backoff_delay(&shortest, UINT32_MAX, entropy), 0, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_delay_is_between_half_the_base_and_the_doubled_bound),
		cmocka_unit_test(delays_spread_over_the_whole_span),
		cmocka_unit_test(the_same_entropy_gives_the_same_delay),
		cmocka_unit_test(the_longest_times_and_counts_do_not_overflow),
	};

	return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
