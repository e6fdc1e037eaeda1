/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/breaker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { START_S = 1000 };

static nanos_t at(int second)
{
	return (START_S + second) * NANOS_S;
}

static struct breaker given_breaker(void)
{
	struct breaker breaker;

	breaker_init(&breaker, BREAKER_CONFIG, at(0));
	return breaker;
}

/* Opened by five failures at second 0. */
static struct breaker given_open_breaker(void)
{
	struct breaker breaker = given_breaker();

	for (int i = 0; i < 5; i++) {
		assert_true(breaker_take(&breaker, at(0)));
		breaker_fail(&breaker, at(0));
	}
	return breaker;
}

static void opens_at_the_fifth_failure_in_a_row(void **state)
{
	struct breaker breaker = given_breaker();

	(void)state;
	for (int i = 0; i < 4; i++)
		breaker_fail(&breaker, at(i));
	assert_true(breaker_take(&breaker, at(4)));
	breaker_fail(&breaker, at(4));
	assert_int_equal(breaker.state, BREAKER_OPEN);
	assert_false(breaker_take(&breaker, at(4)));
}

static void a_success_starts_the_count_anew(void **state)
{
	struct breaker breaker = given_breaker();

	(void)state;
	for (int i = 0; i < 20; i++) {
		i % 5 == 4 ? breaker_succeed(&breaker, at(i)) : breaker_fail(&breaker, at(i));
		assert_true(breaker_take(&breaker, at(i)));
	}
	assert_int_equal(breaker.state, BREAKER_CLOSED);
}

static void stays_open_for_the_recovery_time_and_then_lets_one_probe_out(void **state)
{
	struct breaker breaker = given_open_breaker();

	(void)state;
	assert_int_equal(breaker_wait(&breaker, at(0)), 60 * NANOS_S);
	assert_false(breaker_take(&breaker, at(60) - 1));
	assert_int_equal(breaker_wait(&breaker, at(60) - 1), 1);
	assert_int_equal(breaker.state, BREAKER_OPEN);
	assert_true(breaker_allows(&breaker, at(60)));
	assert_true(breaker_take(&breaker, at(60)));
	assert_int_equal(breaker.state, BREAKER_HALF_OPEN);
	assert_false(breaker_take(&breaker, at(60)));
	assert_false(breaker_take(&breaker, at(61)));
}

static void the_probes_success_closes(void **state)
{
	struct breaker breaker = given_open_breaker();

	(void)state;
	assert_true(breaker_take(&breaker, at(60)));
	breaker_succeed(&breaker, at(61));
	assert_int_equal(breaker.state, BREAKER_CLOSED);
	for (int i = 0; i < 4; i++)
		breaker_fail(&breaker, at(62));
	assert_true(breaker_take(&breaker, at(62)));
}

static void the_probes_failure_opens_for_another_recovery_time(void **state)
{
	struct breaker breaker = given_open_breaker();

	(void)state;
	assert_true(breaker_take(&breaker, at(60)));
	breaker_fail(&breaker, at(70));
	assert_false(breaker_take(&breaker, at(129)));
	assert_true(breaker_take(&breaker, at(130)));
}

static void a_lost_probe_does_not_block_for_ever(void **state)
{
	struct breaker breaker = given_open_breaker();

	(void)state;
	assert_true(breaker_take(&breaker, at(60)));
	assert_false(breaker_take(&breaker, at(119)));
	assert_true(breaker_take(&breaker, at(120)));
	assert_false(breaker_take(&breaker, at(121)));
}

static void late_outcomes_change_nothing_while_open(void **state)
{
	struct breaker breaker = given_open_breaker();

	(void)state;
	breaker_succeed(&breaker, at(10));
	assert_false(breaker_take(&breaker, at(11)));
	breaker_fail(&breaker, at(50));
	assert_true(breaker_take(&breaker, at(60)));
}

static void a_clock_set_back_costs_one_recovery_time_at_most(void **state)
{
	struct breaker breaker = given_open_breaker();

	(void)state;
	assert_int_equal(breaker_wait(&breaker, at(-900)), 60 * NANOS_S);
	assert_false(breaker_take(&breaker, at(-900)));
	assert_true(breaker_take(&breaker, at(-840)));
}

static void a_person_can_close_it(void **state)
{
	struct breaker breaker = given_open_breaker();

	(void)state;
	breaker_reset(&breaker, at(1));
	assert_true(breaker_take(&breaker, at(1)));
	assert_string_equal(breaker_state_name(breaker.state), "closed");
	assert_string_equal(breaker_state_name(BREAKER_OPEN), "open");
	assert_string_equal(breaker_state_name(BREAKER_HALF_OPEN), "half_open");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_at_the_fifth_failure_in_a_row),
		cmocka_unit_test(a_success_starts_the_count_anew),
		cmocka_unit_test(stays_open_for_the_recovery_time_and_then_lets_one_probe_out),
		cmocka_unit_test(the_probes_success_closes),
		cmocka_unit_test(the_probes_failure_opens_for_another_recovery_time),
		cmocka_unit_test(a_lost_probe_does_not_block_for_ever),
		cmocka_unit_test(late_outcomes_change_nothing_while_open),
		cmocka_unit_test(a_clock_set_back_costs_one_recovery_time_at_most),
		cmocka_unit_test(a_person_can_close_it),
	};

	return cmocka_run_group_tests_name("breaker", tests, NULL, NULL);
}
