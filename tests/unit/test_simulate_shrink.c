/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/shrink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A world that fails when both a bus drop and a crash of node 4 between 3 and 4 s are in its plan.
 */
struct world_stub {
	unsigned asked;
};

static bool fails(void *self, const struct plan *plan)
{
	struct world_stub *world = self;
	bool drops = false, crashes = false;
	world->asked++;
	for (uint32_t i = 0; i < plan->count; i++) {
		const struct fault *fault = &plan->faults[i];
		drops |= fault->kind == FAULT_BUS_DROP && fault->from <= 3 * NANOS_S &&
		         fault->until >= 3 * NANOS_S + 100 * NANOS_MS;
		crashes |= fault->kind == FAULT_CRASH && fault->node == 4;
	}
	return drops && crashes;
}

static void add(struct plan *plan, enum fault_kind kind, unsigned node, nanos_t from, nanos_t until)
{
	plan->faults[plan->count++] = (struct fault){.kind = kind,
	                                             .node = (uint8_t)node,
	                                             .permille = 1000,
	                                             .from = from,
	                                             .until = until};
}

static struct plan crowded_plan(void)
{
	struct plan plan = {.seed = 7, .calm_at = 20 * NANOS_S, .end = 110 * NANOS_S};
	add(&plan, FAULT_REDIS_DOWN, 1, NANOS_S, 3 * NANOS_S);
	add(&plan, FAULT_BUS_DROP, 2, NANOS_S, 9 * NANOS_S);
	add(&plan, FAULT_STREAM_CUT, FAULT_ANY_NODE, 2 * NANOS_S, 3 * NANOS_S);
	add(&plan, FAULT_CRASH, 4, 3 * NANOS_S, 3 * NANOS_S);
	add(&plan, FAULT_CRASH, 3, 4 * NANOS_S, 4 * NANOS_S);
	add(&plan, FAULT_JUMP, FAULT_ANY_NODE, 5 * NANOS_S, 5 * NANOS_S);
	plan.crash_at[0] = 17;
	return plan;
}

static void only_the_faults_that_matter_are_left(void **state)
{
	struct world_stub world = {0};
	struct plan plan = crowded_plan();
	(void)state;
	shrink_plan(&plan, fails, &world);
	assert_int_equal(plan.count, 2);
	assert_int_equal(plan.faults[0].kind, FAULT_BUS_DROP);
	assert_int_equal(plan.faults[1].kind, FAULT_CRASH);
	assert_int_equal(plan.faults[1].node, 4);
	assert_int_equal(plan.crash_at[0], 0);
	assert_true(fails(&world, &plan));
}

static void windows_become_narrow(void **state)
{
	struct world_stub world = {0};
	struct plan plan = crowded_plan();
	(void)state;
	shrink_plan(&plan, fails, &world);
	assert_true(plan.faults[0].until - plan.faults[0].from < NANOS_S);
	assert_true(plan.faults[0].from <= 3 * NANOS_S);
}

static bool always(void *self, const struct plan *plan)
{
	(void)self;
	(void)plan;
	return true;
}

static void a_plan_that_fails_by_itself_becomes_empty(void **state)
{
	struct plan plan = crowded_plan();
	(void)state;
	shrink_plan(&plan, always, NULL);
	assert_int_equal(plan.count, 0);
}

static bool never(void *self, const struct plan *plan)
{
	(void)plan;
	++*(unsigned *)self;
	return false;
}

static void it_asks_a_bounded_number_of_times(void **state)
{
	unsigned asked = 0;
	struct plan plan = {.seed = 1};
	struct plan before;
	(void)state;
	for (unsigned i = 0; i < PLAN_FAULTS_MAX; i++)
		add(&plan, FAULT_BUS_DROP, i % 7, i * NANOS_S, (i + 500) * NANOS_S);
	before = plan;
	unsigned told = shrink_plan(&plan, never, &asked);
	assert_int_equal(told, asked);
	assert_true(asked <= SHRINK_TRIES_MAX);
	assert_memory_equal(&plan, &before, sizeof plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_faults_that_matter_are_left),
		cmocka_unit_test(windows_become_narrow),
		cmocka_unit_test(a_plan_that_fails_by_itself_becomes_empty),
		cmocka_unit_test(it_asks_a_bounded_number_of_times),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
