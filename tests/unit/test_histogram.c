/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/base/random.h"

enum { VALUES = 5000 };

static struct histogram histogram;

static int empty(void **state)
{
	(void)state;
	histogram_reset(&histogram);
	return 0;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void an_empty_one_answers_zero(void **state)
{
	(void)state;
	assert_int_equal(histogram_quantile(&histogram, 0.5), 0);
	assert_int_equal(histogram_quantile(&histogram, 1), 0);
	assert_int_equal(histogram_count_to(&histogram, 100), 0);
}

static void small_values_are_exact(void **state)
{
	(void)state;
	for (uint64_t value = 1; value <= 20; value++)
		histogram_add(&histogram, value);
	assert_int_equal(histogram_quantile(&histogram, 0), 1);
	assert_int_equal(histogram_quantile(&histogram, 0.5), 10);
	assert_int_equal(histogram_quantile(&histogram, 0.95), 19);
	assert_int_equal(histogram_quantile(&histogram, 1), 20);
	assert_int_equal(histogram.count, 20);
	assert_int_equal(histogram.sum, 210);
	assert_int_equal(histogram.min, 1);
	assert_int_equal(histogram.max, 20);
}

static void no_quantile_is_above_the_largest_value(void **state)
{
	(void)state;
	histogram_add(&histogram, 1000);
	assert_int_equal(histogram_quantile(&histogram, 0.5), 1000);
	assert_int_equal(histogram_quantile(&histogram, 1), 1000);
}

static void quantiles_are_within_a_thirty_second_of_the_truth(void **state)
{
	static uint64_t values[VALUES];
	struct random random;

	(void)state;
	random_init(&random, 6);
	for (int i = 0; i < VALUES; i++) {
		values[i] = random_next(&random) >> (29 + random_below(&random, 30));
		histogram_add(&histogram, values[i]);
	}
	qsort(values, VALUES, sizeof values[0], by_size);
	for (int i = 1; i <= VALUES; i++) {
		uint64_t exact = values[i - 1];
		uint64_t told = histogram_quantile(&histogram, (i - 0.5) / VALUES);
		assert_true(told >= exact);
		assert_true(told - exact <= exact / 32);
	}
}

static void every_bucket_ends_where_the_next_begins(void **state)
{
	(void)state;
	for (uint64_t value = 0; value < UINT64_C(1) << 34; value += 1 + value / 100) {
		histogram_reset(&histogram);
		histogram_add(&histogram, value);
		histogram_add(&histogram, UINT64_C(1) << 34);
		uint64_t top = histogram_quantile(&histogram, 0.5);
		assert_int_equal(histogram_count_to(&histogram, top), 1);
		histogram_add(&histogram, top + 1);
		assert_int_equal(histogram_count_to(&histogram, top), 1);
		uint64_t expected = top + 1 == UINT64_C(1) << 34 ? 3 : 2;
		assert_int_equal(histogram_count_to(&histogram, top + 1), expected);
	}
}

static void the_longest_values_are_counted_and_the_top_is_told(void **state)
{
	(void)state;
	histogram_add(&histogram, (UINT64_C(1) << 35) - 1);
	histogram_add(&histogram, UINT64_C(1) << 40);
	histogram_add(&histogram, UINT64_MAX);
	assert_int_equal(histogram.count, 3);
	assert_true(histogram_quantile(&histogram, 0.99) == UINT64_MAX);
	assert_int_equal(histogram_count_to(&histogram, UINT64_MAX), 3);
}

static void merging_equals_counting_in_one(void **state)
{
	static struct histogram parts[2], whole;
	struct random random;

	(void)state;
	histogram_reset(&parts[0]);
	histogram_reset(&parts[1]);
	histogram_reset(&whole);
	random_init(&random, 8);
	histogram_merge(&parts[0], &parts[1]);
	for (int i = 0; i < 1000; i++) {
		uint64_t value = 1000 + random_below(&random, 1000000);
		histogram_add(&parts[random_below(&random, 2)], value);
		histogram_add(&whole, value);
	}
	histogram_merge(&histogram, &parts[0]);
	histogram_merge(&histogram, &parts[1]);
	assert_memory_equal(&histogram, &whole, sizeof whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_empty_one_answers_zero, empty),
		cmocka_unit_test_setup(small_values_are_exact, empty),
		cmocka_unit_test_setup(no_quantile_is_above_the_largest_value, empty),
		cmocka_unit_test_setup(quantiles_are_within_a_thirty_second_of_the_truth, empty),
		cmocka_unit_test_setup(every_bucket_ends_where_the_next_begins, empty),
		cmocka_unit_test_setup(the_longest_values_are_counted_and_the_top_is_told, empty),
		cmocka_unit_test_setup(merging_equals_counting_in_one, empty),
	};

	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
