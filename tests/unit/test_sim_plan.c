/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { NODES = 4, FOCUS = 2, SEEDS = 3000 };

static const char *const names[] = {"feed", "risk", "executor", "alert", NULL};

static struct plan plan_of(uint64_t seed)
{
	struct plan plan;
	plan_from_seed(&plan, seed, NODES, FOCUS);
	return plan;
}

static bool same_fault(const struct fault *a, const struct fault *b)
{
	return a->kind == b->kind && a->node == b->node && a->permille == b->permille &&
	       a->from == b->from && a->until == b->until;
}

static bool same_plan(const struct plan *a, const struct plan *b)
{
	bool same = a->seed == b->seed && a->calm_at == b->calm_at && a->end == b->end &&
	            a->count == b->count &&
	            memcmp(a->crash_at, b->crash_at, sizeof a->crash_at) == 0;
	for (uint32_t i = 0; same && i < a->count; i++)
		same = same_fault(&a->faults[i], &b->faults[i]);
	return same;
}

static void a_seed_gives_one_plan_and_another_seed_another(void **state)
{
	(void)state;
	struct plan a = plan_of(1), b = plan_of(1), c = plan_of(2);
	assert_true(same_plan(&a, &b));
	assert_false(same_plan(&a, &c));
}

static void every_kind_of_fault_is_drawn(void **state)
{
	(void)state;
	unsigned drawn[FAULT_KINDS] = {0};
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct plan plan = plan_of(seed);
		for (uint32_t i = 0; i < plan.count; i++)
			drawn[plan.faults[i].kind]++;
	}
	for (int kind = 1; kind < FAULT_KINDS; kind++)
		assert_true(drawn[kind] > 0);
}

static void no_fault_reaches_into_the_calm_or_lasts_too_long(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct plan plan = plan_of(seed);
		assert_true(plan.end > plan.calm_at);
		for (uint32_t i = 0; i < plan.count; i++) {
			const struct fault *fault = &plan.faults[i];
			assert_true(fault->from >= 0 && fault->from < plan.calm_at);
			assert_true(fault->until >= fault->from && fault->until <= plan.calm_at);
			assert_true(fault->until - fault->from <= fault_infos[fault->kind].most);
			assert_true(fault->permille > 0 && fault->permille <= 1000);
			assert_true(fault->node < NODES || fault->node == FAULT_ANY_NODE);
			assert_true(i == 0 || fault->from >= fault[-1].from);
		}
	}
}

static void some_plans_are_calm_and_some_are_storms(void **state)
{
	(void)state;
	unsigned calm = 0, storms = 0;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		uint32_t count = plan_of(seed).count;
		calm += count == 0;
		storms += count >= 8;
	}
	assert_in_range(calm, SEEDS / 20, SEEDS / 8);
	assert_in_range(storms, SEEDS / 20, SEEDS / 2);
}

static void crashes_fall_on_everybody_and_most_on_the_focus(void **state)
{
	(void)state;
	unsigned crashes[NODES] = {0};
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct plan plan = plan_of(seed);
		for (uint32_t i = 0; i < plan.count; i++)
			if (plan.faults[i].kind == FAULT_CRASH)
				crashes[plan.faults[i].node]++;
	}
	for (unsigned i = 0; i < NODES; i++)
		assert_true(crashes[i] > 0 && crashes[i] <= crashes[FOCUS]);
}

static void a_plan_survives_its_text(void **state)
{
	(void)state;
	char text[4096];
	text_t why;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct plan plan = plan_of(seed), read;
		plan.crash_at[0] = seed % 3;
		plan.crash_at[1] = seed % 3 == 0 ? 0 : seed % 2 * 7;
		assert_true(plan_pack(&plan, names, text, sizeof text) < sizeof text);
		assert_int_equal(plan_parse(&read, names, text, &why), OK);
		assert_true(same_plan(&plan, &read));
	}
}

static void what_a_text_leaves_out_is_filled_in(void **state)
{
	(void)state;
	struct plan plan;
	text_t why;
	assert_int_equal(plan_parse(&plan, names, "crash:executor@3.2s,bus_drop@1s-4s/200", &why),
	                 OK);
	assert_int_equal(plan.seed, 1);
	assert_int_equal(plan.count, 2);
	assert_int_equal(plan.faults[0].kind, FAULT_CRASH);
	assert_int_equal(plan.faults[0].node, 2);
	assert_int_equal(plan.faults[0].from, 3200 * NANOS_MS);
	assert_int_equal(plan.faults[1].node, FAULT_ANY_NODE);
	assert_int_equal(plan.faults[1].permille, 200);
	assert_int_equal(plan.calm_at, 6 * NANOS_S);
	assert_int_equal(plan.end, 96 * NANOS_S);
}

static void nonsense_is_refused_with_its_place(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"crush:executor@1s", "crash:nobody@1s", "crash:executor",      "crash:executor@1",
		"bus_drop@4s-1s",    "bus_drop@1s/x",   "bus_drop@1s-2s/1001", "seed=",
		"effects=a",         "crash@1s;",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char text[100];
		struct plan plan;
		text_t why = text_from("");
		snprintf(text, sizeof text, "seed=2,%s", texts[i]);
		assert_int_equal(plan_parse(&plan, names, text, &why), ERR_MALFORMED);
		assert_non_null(strstr(why.text, texts[i]));
	}
}

static void a_printed_plan_has_a_line_for_each_fault(void **state)
{
	(void)state;
	char text[8192];
	struct plan plan = plan_of(11);
	size_t lines = 0;
	size_t size = plan_print(&plan, names, text, sizeof text);
	assert_int_equal(size, strlen(text));
	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	assert_int_equal(lines, plan.count + 1);
	assert_int_equal(plan_print(&plan, names, NULL, 0), size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seed_gives_one_plan_and_another_seed_another),
		cmocka_unit_test(every_kind_of_fault_is_drawn),
		cmocka_unit_test(no_fault_reaches_into_the_calm_or_lasts_too_long),
		cmocka_unit_test(some_plans_are_calm_and_some_are_storms),
		cmocka_unit_test(crashes_fall_on_everybody_and_most_on_the_focus),
		cmocka_unit_test(a_plan_survives_its_text),
		cmocka_unit_test(what_a_text_leaves_out_is_filled_in),
		cmocka_unit_test(nonsense_is_refused_with_its_place),
		cmocka_unit_test(a_printed_plan_has_a_line_for_each_fault),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
