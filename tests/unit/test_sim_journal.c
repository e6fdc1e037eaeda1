/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The executor toy saves a record and publishes behind it, five times a second. */
enum { TIMER = 1, STEP_MS = 200, STEPS_MAX = 4000, EFFECTS_MAX = 60 };

static struct stage stage;

static struct {
	bool saved[STEPS_MAX], published[STEPS_MAX], heard[STEPS_MAX];
	uint64_t last, at_boot, at_death, failures, failed_at;
	bool published_early, saved_out_of_turn, went_on;
	enum save_class save_class;
} seen;

static int set_up(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof seen);
	seen.save_class = SAVE_SYNCED;
	stage_init(&stage, false);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	stage_close(&stage);
	return 0;
}

static void save_and_publish(struct toy_state *self, const struct event *event, struct outbox *out)
{
	if (event->kind == EVENT_START)
		seen.at_boot = self->last;
	if (event->kind == EVENT_SAVE_FAILED) {
		seen.failures++;
		seen.failed_at = self->last;
	}
	if (event->kind != EVENT_START && event->kind != EVENT_TIMER)
		return;
	outbox_set_timer(out, TIMER, event->now + STEP_MS * NANOS_MS);
	uint64_t number = ++seen.last;
	toy_save(self, seen.save_class, number, out);
	toy_publish(number, out);
	toy_save(self, seen.save_class, ++seen.last, out);
	toy_publish(seen.last, out);
}

static void on_saved(void *self, const struct world *world, unsigned node, enum message_type type,
                     const void *record)
{
	uint64_t number = ((const struct journal_latch *)record)->level;
	(void)self;
	(void)world;
	(void)node;
	assert_int_equal(type, MESSAGE_JOURNAL_LATCH);
	seen.saved_out_of_turn |= number > 1 && !seen.saved[number - 1] && seen.failures == 0;
	seen.saved[number] = true;
}

static void on_effect(void *self, const struct world *world, unsigned node,
                      const struct effect *effect)
{
	(void)self;
	(void)world;
	(void)node;
	if (effect->kind != EFFECT_PUBLISH || effect->type != MESSAGE_TRADING_STATE)
		return;
	uint64_t number = ((const struct trading_state *)effect->body)->level;
	seen.published[number] = true;
	seen.published_early |= !seen.saved[number];
	seen.went_on |= seen.failures > 0 && number > seen.failed_at;
}

static void on_died(void *self, const struct world *world, unsigned node, enum fault_kind cause)
{
	(void)self;
	(void)world;
	(void)cause;
	for (uint64_t i = 1; node == STAGE_EXECUTOR && i < STEPS_MAX; i++)
		seen.at_death = seen.saved[i] ? i : seen.at_death;
}

static void hear(struct toy_state *self, const struct event *event, struct outbox *out)
{
	const struct trading_state *state = event_body(event, MESSAGE_TRADING_STATE);
	(void)self;
	(void)out;
	if (state != NULL)
		seen.heard[state->level] = true;
}

static void play(void)
{
	stage.parts[STAGE_EXECUTOR].step = save_and_publish;
	stage.parts[STAGE_STRATEGY].step = hear;
	stage.watch.saved = on_saved;
	stage.watch.effect = on_effect;
	stage.watch.died = on_died;
}

static void an_effect_waits_for_the_record_before_it(void **state)
{
	(void)state;
	play();
	stage_fault(&stage, FAULT_DISK_SLOW, STAGE_EXECUTOR, 2 * NANOS_S, 8 * NANOS_S, 1000);
	const struct world_figures *figures = stage_run(&stage);
	assert_true(figures->hits[FAULT_DISK_SLOW] > 3);
	assert_false(seen.published_early);
	assert_false(seen.saved_out_of_turn);
	assert_true(seen.published[seen.last - 12]);
}

/* Crash at each of the first effects of the world: what was done is a prefix of what was to be
   done, and the next run begins with the records that were durable. */
static void a_crash_leaves_exactly_the_effects_before_it(void **state)
{
	(void)state;
	bool lost_record = false, lost_publish = false;
	play();
	stage.plan.end = 4 * NANOS_S;
	for (uint64_t at = 1; at <= EFFECTS_MAX; at++) {
		memset(&seen, 0, sizeof seen);
		seen.save_class = SAVE_SYNCED;
		stage.plan.crash_at[0] = at;
		const struct world_figures *figures = stage_run(&stage);
		assert_int_equal(figures->hits[FAULT_CRASH], 1);
		assert_int_equal(figures->boots, STAGE_ROLES);
		assert_false(seen.published_early);
		uint64_t durable = 0, published = 0;
		while (seen.saved[durable + 1] && durable < seen.at_boot)
			durable++;
		while (published < seen.at_boot && seen.published[published + 1])
			published++;
		assert_int_equal(durable, seen.at_boot);
		assert_in_range(durable - published, 0, 2);
		lost_record |= published == durable;
		lost_publish |= published + 1 == durable;
	}
	assert_true(lost_record && lost_publish);
}

static void the_second_crash_is_counted_from_the_first(void **state)
{
	(void)state;
	play();
	stage.plan.crash_at[0] = 10;
	stage.plan.crash_at[1] = 5;
	const struct world_figures *figures = stage_run(&stage);
	assert_int_equal(figures->hits[FAULT_CRASH], 2);
	assert_int_equal(figures->boots, STAGE_ROLES - 1 + 2);
}

static void nothing_behind_a_record_that_fails_is_done(void **state)
{
	(void)state;
	static const enum fault_kind kinds[] = {FAULT_DISK_ERROR, FAULT_DISK_SYNC, FAULT_DISK_FULL};
	play();
	for (size_t i = 0; i < 3; i++)
		for (uint64_t seed = 1; seed <= 10; seed++) {
			memset(&seen, 0, sizeof seen);
			seen.save_class = SAVE_SYNCED;
			stage.plan.seed = seed;
			stage.plan.count = 0;
			stage.plan.end = 4500 * NANOS_MS; /* before somebody starts it again */
			nanos_t until = kinds[i] == FAULT_DISK_FULL ? 10 * NANOS_S : 3 * NANOS_S;
			stage_fault(&stage, kinds[i], STAGE_EXECUTOR, 3 * NANOS_S, until, 1000);
			const struct world_figures *figures = stage_run(&stage);
			assert_int_equal(figures->hits[kinds[i]], 1);
			assert_int_equal(seen.failures, 1);
			assert_false(seen.published_early);
			assert_false(seen.went_on);
		}
}

static void a_person_starts_again_what_could_not_save(void **state)
{
	(void)state;
	play();
	stage.plan.end = 15 * NANOS_S;
	stage_fault(&stage, FAULT_DISK_ERROR, STAGE_EXECUTOR, 3 * NANOS_S, 3 * NANOS_S, 1000);
	const struct world_figures *figures = stage_run(&stage);
	assert_int_equal(figures->boots, STAGE_ROLES - 1 + 1);
	assert_int_equal(figures->crashes, 0);
	assert_true(seen.published[seen.last - 2]);
}

/* How many records the run after a loss of power began with, below what was said to be durable. */
static uint64_t missing_after_power_loss(enum save_class save_class, uint64_t seed)
{
	memset(&seen, 0, sizeof seen);
	seen.save_class = save_class;
	stage.plan.seed = seed;
	stage.plan.count = 0;
	stage_fault(&stage, FAULT_POWER_LOSS, FAULT_ANY_NODE, 3 * NANOS_S, 3 * NANOS_S, 1000);
	const struct world_figures *figures = stage_run(&stage);
	assert_int_equal(figures->hits[FAULT_POWER_LOSS], 1);
	assert_int_equal(figures->boots, 2 * (STAGE_ROLES - 1));
	return seen.at_death > seen.at_boot ? seen.at_death - seen.at_boot : 0;
}

static void lost_power_takes_buffered_records_and_no_synced_one(void **state)
{
	(void)state;
	uint64_t lost = 0;
	play();
	for (uint64_t seed = 1; seed <= 20; seed++) {
		assert_int_equal(missing_after_power_loss(SAVE_SYNCED, seed), 0);
		lost += missing_after_power_loss(SAVE_BUFFERED, seed);
	}
	assert_true(lost > 20);
}

static void a_crash_of_all_loses_nothing_that_was_written(void **state)
{
	(void)state;
	play();
	seen.save_class = SAVE_BUFFERED;
	stage_fault(&stage, FAULT_CRASH_ALL, FAULT_ANY_NODE, 3 * NANOS_S, 3 * NANOS_S, 1000);
	stage_run(&stage);
	assert_true(seen.at_boot > 10);
	for (uint64_t i = 1; i <= seen.at_boot; i++)
		assert_true(seen.saved[i]);
}

static void a_flipped_bit_is_never_applied(void **state)
{
	(void)state;
	unsigned hits = 0;
	play();
	for (uint64_t seed = 1; seed <= 20; seed++) {
		memset(&seen, 0, sizeof seen);
		seen.save_class = SAVE_SYNCED;
		stage.plan.seed = seed;
		stage.plan.count = 0;
		stage_fault(&stage, FAULT_DISK_ROT, STAGE_EXECUTOR, 2 * NANOS_S, 2 * NANOS_S, 1000);
		stage_fault(&stage, FAULT_CRASH, STAGE_EXECUTOR, 3 * NANOS_S, 3 * NANOS_S, 1000);
		hits += (unsigned)stage_run(&stage)->hits[FAULT_DISK_ROT];
		/* What begins again is a prefix: the last record and the count agree. */
		const struct toy_state *toy = stage_state(&stage, STAGE_EXECUTOR);
		assert_true(toy->records <= toy->last);
		/* Something that was durable stands behind it: the flip ended the replay. */
		assert_true(seen.saved[seen.at_boot + 1]);
	}
	assert_int_equal(hits, 20);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(an_effect_waits_for_the_record_before_it),
		TEST(a_crash_leaves_exactly_the_effects_before_it),
		TEST(the_second_crash_is_counted_from_the_first),
		TEST(nothing_behind_a_record_that_fails_is_done),
		TEST(a_person_starts_again_what_could_not_save),
		TEST(lost_power_takes_buffered_records_and_no_synced_one),
		TEST(a_crash_of_all_loses_nothing_that_was_written),
		TEST(a_flipped_bit_is_never_applied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
