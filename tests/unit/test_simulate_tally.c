/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SCHEDULES = 100, WORKERS_MOST = 7 };

static struct outcome outcome_of(uint64_t index)
{
	struct outcome outcome = {.hash = index * 7919, .orders = index % 5};
	outcome.figures.crashes = index % 3;
	outcome.figures.lasted = (nanos_t)index * NANOS_MS;
	outcome.figures.hits[FAULT_CRASH] = index % 3;
	outcome.rare[RARE_DISPUTED] = index % 4 == 0;
	outcome.recovery_count = 1;
	outcome.recoveries[0] = (nanos_t)index * NANOS_MS;
	if (index % 4 == 1)
		outcome.violation = (struct violation){
			.id = "I-02",
			.why = text_format("in schedule %llu", (unsigned long long)index)};
	if (index % 16 == 3)
		outcome.violation = (struct violation){.id = "I-01"};
	return outcome;
}

/* As so many workers share them out. */
static struct tally *shared_out(unsigned workers)
{
	struct tally *sum = calloc(1, sizeof *sum);
	for (unsigned worker = 0; worker < workers; worker++) {
		struct tally *part = calloc(1, sizeof *part);
		for (uint64_t index = worker; index < SCHEDULES; index += workers) {
			struct outcome outcome = outcome_of(index);
			tally_add(part, index, -1, &outcome);
		}
		tally_merge(sum, part);
		free(part);
	}
	return sum;
}

static void the_sum_does_not_depend_on_the_number_of_workers(void **state)
{
	struct tally *alone = shared_out(1);
	(void)state;
	assert_int_equal(alone->schedules, SCHEDULES);
	for (unsigned workers = 2; workers <= WORKERS_MOST; workers++) {
		struct tally *many = shared_out(workers);
		assert_memory_equal(alone, many, sizeof *alone);
		free(many);
	}
	free(alone);
}

static void the_first_violations_of_each_invariant_are_kept_in_order(void **state)
{
	struct tally *tally = shared_out(3);
	(void)state;
	assert_int_equal(tally->violated, SCHEDULES / 4 + 7);
	assert_int_equal(tally->found_count, 2 * FOUND_EACH_MAX);
	assert_int_equal(tally->found[0].index, 1);
	assert_int_equal(tally->found[1].index, 3);
	assert_string_equal(tally->found[0].violation.why.text, "in schedule 1");
	for (unsigned i = 1; i < tally->found_count; i++)
		assert_true(tally->found[i - 1].index < tally->found[i].index);
	free(tally);
}

static void violations_are_counted_by_invariant(void **state)
{
	struct tally *tally = shared_out(2);
	(void)state;
	assert_int_equal(tally->invariant_count, 2);
	assert_string_equal(tally->invariants[0].id, "I-01");
	assert_int_equal(tally->invariants[0].count, 7);
	assert_string_equal(tally->invariants[1].id, "I-02");
	assert_int_equal(tally->invariants[1].count, 25);
	free(tally);
}

static void another_hash_of_one_schedule_is_another_hash_of_all(void **state)
{
	struct tally *tally = shared_out(1), other = {0};
	(void)state;
	for (uint64_t index = 0; index < SCHEDULES; index++) {
		struct outcome outcome = outcome_of(index);
		outcome.hash += index == 50;
		tally_add(&other, index, -1, &outcome);
	}
	assert_true(tally->hash != other.hash);
	free(tally);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sum_does_not_depend_on_the_number_of_workers),
		cmocka_unit_test(the_first_violations_of_each_invariant_are_kept_in_order),
		cmocka_unit_test(violations_are_counted_by_invariant),
		cmocka_unit_test(another_hash_of_one_schedule_is_another_hash_of_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
