/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/bucket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "common/base/random.h"

/* 100 in any minute, 40 of them at once, 10 of these for urgent calls: one token a second. */
static const struct bucket_config config = {
	.limit = 100,
	.burst = 40,
	.reserve = 10,
	.window = 60 * NANOS_S,
};

static nanos_t at(int second)
{
	return second * NANOS_S;
}

static struct bucket given_bucket(void)
{
	struct bucket bucket;

	bucket_init(&bucket, config, at(0));
	return bucket;
}

static struct bucket given_empty_bucket(void)
{
	struct bucket bucket = given_bucket();

	assert_true(bucket_take(&bucket, at(0), 40, BUCKET_URGENT));
	return bucket;
}

static void starts_full_and_empties(void **state)
{
	struct bucket bucket = given_bucket();

	(void)state;
	assert_int_equal(bucket_left(&bucket, at(0)), 40);
	assert_true(bucket_take(&bucket, at(0), 40, BUCKET_URGENT));
	assert_int_equal(bucket_left(&bucket, at(0)), 0);
	assert_false(bucket_take(&bucket, at(0), 1, BUCKET_URGENT));
}

static void the_reserve_is_for_urgent_calls_only(void **state)
{
	struct bucket bucket = given_bucket();

	(void)state;
	assert_false(bucket_take(&bucket, at(0), 31, BUCKET_NORMAL));
	assert_true(bucket_take(&bucket, at(0), 30, BUCKET_NORMAL));
	assert_false(bucket_take(&bucket, at(0), 1, BUCKET_NORMAL));
	assert_true(bucket_take(&bucket, at(0), 10, BUCKET_URGENT));
}

static void refills_evenly_and_never_above_the_burst(void **state)
{
	struct bucket bucket = given_empty_bucket();

	(void)state;
	assert_false(bucket_take(&bucket, at(1) - 1, 1, BUCKET_URGENT));
	assert_true(bucket_take(&bucket, at(1), 1, BUCKET_URGENT));
	assert_int_equal(bucket_left(&bucket, at(21)), 20);
	assert_int_equal(bucket_left(&bucket, at(100000)), 40);
}

static void the_wait_is_exact(void **state)
{
	const struct bucket_config uneven = {
		.limit = 57,
		.burst = 40,
		.reserve = 10,
		.window = 59999999999,
	};
	struct bucket bucket;
	struct random random;
	nanos_t now = at(0);

	(void)state;
	bucket_init(&bucket, uneven, now);
	random_init(&random, 9);
	for (int i = 0; i < 5000; i++) {
		uint32_t cost = 1 + (uint32_t)random_below(&random, 30);
		enum bucket_priority priority = (enum bucket_priority)random_below(&random, 2);
		now += (nanos_t)random_below(&random, 3 * NANOS_S);
		nanos_t wait = bucket_wait(&bucket, now, cost, priority);
		if (wait > 0)
			assert_false(bucket_take(&bucket, now + wait - 1, cost, priority));
		now += wait;
		assert_true(bucket_take(&bucket, now, cost, priority));
	}
}

static void a_cost_above_what_it_can_hold_never_comes(void **state)
{
	struct bucket bucket = given_bucket();

	(void)state;
	assert_true(bucket_wait(&bucket, at(0), 31, BUCKET_NORMAL) == BUCKET_NEVER);
	assert_true(bucket_wait(&bucket, at(0), 41, BUCKET_URGENT) == BUCKET_NEVER);
	assert_int_equal(bucket_wait(&bucket, at(0), 40, BUCKET_URGENT), 0);
}

static void no_sliding_window_holds_more_than_the_limit(void **state)
{
	enum { TAKES = 4000 };
	static struct {
		nanos_t moment;
		uint32_t cost;
	} takes[TAKES];
	struct bucket bucket = given_bucket();
	struct random random;
	nanos_t now = at(0);

	(void)state;
	random_init(&random, 4);
	for (size_t count = 0; count < TAKES;) {
		uint32_t cost = 1 + (uint32_t)random_below(&random, 8);
		now += random_below(&random, 200) ? (nanos_t)random_below(&random, 300 * NANOS_MS)
		                                  : (nanos_t)random_below(&random, 90 * NANOS_S);
		if (!bucket_take(&bucket, now, cost, BUCKET_URGENT))
			continue;
		takes[count].moment = now;
		takes[count++].cost = cost;
		uint32_t in_window = 0;
		for (size_t i = count; i-- > 0 && takes[i].moment >= now - config.window;)
			in_window += takes[i].cost;
		assert_in_range(in_window, 1, config.limit);
	}
}

static void the_exchange_can_lower_it_but_not_raise_it(void **state)
{
	struct bucket bucket = given_bucket();

	(void)state;
	bucket_lower_to(&bucket, at(0), 5);
	assert_int_equal(bucket_left(&bucket, at(0)), 5);
	bucket_lower_to(&bucket, at(0), 1000);
	assert_int_equal(bucket_left(&bucket, at(0)), 5);
	assert_int_equal(bucket_left(&bucket, at(3)), 8);
	bucket_lower_to(&bucket, at(3), 0);
	assert_false(bucket_take(&bucket, at(3), 1, BUCKET_URGENT));
}

static void nothing_goes_out_before_the_end_of_a_block(void **state)
{
	struct bucket bucket = given_bucket();

	(void)state;
	bucket_block_until(&bucket, at(90));
	bucket_block_until(&bucket, at(30));
	assert_false(bucket_take(&bucket, at(90) - 1, 1, BUCKET_URGENT));
	assert_int_equal(bucket_left(&bucket, at(50)), 0);
	assert_int_equal(bucket_wait(&bucket, at(50), 1, BUCKET_URGENT), 40 * NANOS_S);
	assert_true(bucket_take(&bucket, at(90), 1, BUCKET_URGENT));
}

static void time_that_goes_back_refills_nothing_and_does_not_stall(void **state)
{
	struct bucket bucket = given_empty_bucket();

	(void)state;
	assert_false(bucket_take(&bucket, at(-3600), 1, BUCKET_URGENT));
	assert_false(bucket_take(&bucket, at(-3600), 1, BUCKET_URGENT));
	assert_true(bucket_take(&bucket, at(-3599), 1, BUCKET_URGENT));
}

static void a_day_long_budget_stays_exact(void **state)
{
	const struct bucket_config day = {
		.limit = 4000000000u,
		.burst = 3999999999u,
		.window = NANOS_DAY,
	};
	struct bucket bucket;

	(void)state;
	bucket_init(&bucket, day, at(0));
	assert_true(bucket_take(&bucket, at(0), day.burst, BUCKET_URGENT));
	assert_int_equal(bucket_wait(&bucket, at(0), 1, BUCKET_URGENT), NANOS_DAY);
	assert_false(bucket_take(&bucket, NANOS_DAY - 1, 1, BUCKET_URGENT));
	assert_true(bucket_take(&bucket, NANOS_DAY, 1, BUCKET_URGENT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_full_and_empties),
		cmocka_unit_test(the_reserve_is_for_urgent_calls_only),
		cmocka_unit_test(refills_evenly_and_never_above_the_burst),
		cmocka_unit_test(the_wait_is_exact),
		cmocka_unit_test(a_cost_above_what_it_can_hold_never_comes),
		cmocka_unit_test(no_sliding_window_holds_more_than_the_limit),
		cmocka_unit_test(the_exchange_can_lower_it_but_not_raise_it),
		cmocka_unit_test(nothing_goes_out_before_the_end_of_a_block),
		cmocka_unit_test(time_that_goes_back_refills_nothing_and_does_not_stall),
		cmocka_unit_test(a_day_long_budget_stays_exact),
	};

	return cmocka_run_group_tests_name("bucket", tests, NULL, NULL);
}
