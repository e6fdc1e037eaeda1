/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void one_seed_gives_one_sequence(void **state)
{
	struct random a, b, c;

	(void)state;
	random_init(&a, 11);
	random_init(&b, 11);
	random_init(&c, 12);
	for (int i = 0; i < 100; i++) {
		uint64_t next = random_next(&a);
		assert_true(next == random_next(&b));
		assert_true(next != random_next(&c));
	}
}

/* From the generators' published reference programs. */
static void the_numbers_are_those_of_xoshiro256_starstar(void **state)
{
	struct random random = {{1, 2, 3, 4}};
	const uint64_t expected[] = {11520, 0, 1509978240, 1215971899390074240};

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_true(random_next(&random) == expected[i]);
	random_init(&random, 0);
	assert_true(random.words[0] == UINT64_C(0xe220a8397b1dcdaf));
	assert_true(random.words[1] == UINT64_C(0x6e789e6aa1b965f4));
}

static void below_a_bound_every_number_comes_equally_often(void **state)
{
	struct random random;
	unsigned counts[7] = {0};

	(void)state;
	random_init(&random, 1);
	for (int i = 0; i < 70000; i++)
		counts[random_below(&random, 7)]++;
	for (int i = 0; i < 7; i++)
		assert_in_range(counts[i], 9600, 10400);
	assert_int_equal(random_below(&random, 1), 0);
}

static void a_bound_that_does_not_divide_all_numbers_favours_none(void **state)
{
	const uint64_t quarter = UINT64_C(1) << 62;
	struct random random;
	unsigned low = 0;

	(void)state;
	random_init(&random, 1);
	for (int i = 0; i < 30000; i++) {
		uint64_t drawn = random_below(&random, 3 * quarter);
		assert_true(drawn < 3 * quarter);
		low += drawn < quarter;
	}
	assert_in_range(low, 9700, 10300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_seed_gives_one_sequence),
		cmocka_unit_test(the_numbers_are_those_of_xoshiro256_starstar),
		cmocka_unit_test(below_a_bound_every_number_comes_equally_often),
		cmocka_unit_test(a_bound_that_does_not_divide_all_numbers_favours_none),
	};

	return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
