/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/options.h"
#include "services/simulate/scenarios.h"

#include "common/sim/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool read_words(struct options *out, char *error, const char *first, const char *second)
{
	char *words[] = {"simulate", (char *)first, (char *)second, NULL};
	return options_read(out, second == NULL ? 2 : 3, words, error);
}

static void a_range_of_seeds_is_read(void **state)
{
	char error[OPTIONS_ERROR_MAX];
	struct options options;
	(void)state;
	assert_true(read_words(&options, error, "--seeds", "5..20000"));
	assert_int_equal(options.task, TASK_SEEDS);
	assert_int_equal(options.first, 5);
	assert_int_equal(options.last, 20000);
}

static void a_wrong_range_is_refused_with_an_example(void **state)
{
	static const char *const wrong[] = {"5", "5..", "..7", "0..3", "9..3", "1..3x", "-1..3"};
	char error[OPTIONS_ERROR_MAX];
	struct options options;
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_false(read_words(&options, error, "--seeds", wrong[i]));
		assert_non_null(strstr(error, "1..20000"));
	}
}

static void hours_rise_from_the_first_seed_without_an_end(void **state)
{
	char error[OPTIONS_ERROR_MAX];
	struct options options;
	(void)state;
	assert_true(read_words(&options, error, "--hours", "0.5"));
	assert_int_equal(options.first, 1);
	assert_true(options.last == UINT64_MAX);
	assert_int_equal(options.duration, 30 * NANOS_MIN);
	assert_false(read_words(&options, error, "--hours", "-1"));
}

static void lists_are_asked_for_by_name(void **state)
{
	char error[OPTIONS_ERROR_MAX];
	struct options options;
	(void)state;
	assert_true(read_words(&options, error, "--enumerate", "list"));
	assert_int_equal(options.task, TASK_LIST_SCENARIOS);
	assert_true(read_words(&options, error, "--plant", "list"));
	assert_int_equal(options.task, TASK_LIST_PLANTS);
}

static void what_is_not_known_is_refused(void **state)
{
	char error[OPTIONS_ERROR_MAX];
	struct options options;
	(void)state;
	assert_false(read_words(&options, error, "--sed", "1"));
	assert_false(read_words(&options, error, "word", NULL));
	assert_false(read_words(&options, error, "--jobs", "0"));
	assert_false(read_words(&options, error, "--pairs", "many"));
}

static void every_scenario_has_a_plan_that_can_be_read(void **state)
{
	(void)state;
	assert_true(scenario_count >= 10);
	for (size_t i = 0; i < scenario_count; i++) {
		struct plan plan;
		text_t why = text_from("");
		if (plan_parse(&plan, cast_names, scenarios[i].plan, &why) != OK)
			fail_msg("%s: %s", scenarios[i].name, why.text);
		assert_ptr_equal(scenario_named(scenarios[i].name), &scenarios[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_range_of_seeds_is_read),
		cmocka_unit_test(a_wrong_range_is_refused_with_an_example),
		cmocka_unit_test(hours_rise_from_the_first_seed_without_an_end),
		cmocka_unit_test(lists_are_asked_for_by_name),
		cmocka_unit_test(what_is_not_known_is_refused),
		cmocka_unit_test(every_scenario_has_a_plan_that_can_be_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
