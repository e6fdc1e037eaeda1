/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The executor toy states one number, which the view mirrors. */
enum { TIMER = 1 };

static struct stage stage;

static struct {
	uint64_t viewed, keys;
	unsigned alerts;
	uint64_t saved;
	unsigned runs;
	bool has_origin, is_ahead;
	bool changes; /* the number rises; else it is said once */
} seen;

static int set_up(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof seen);
	stage_init(&stage, false);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	stage_close(&stage);
	return 0;
}

static void say(struct toy_state *self, const struct event *event, struct outbox *out)
{
	if (event->kind == EVENT_START)
		self->numbers[0] = 7;
	if (event->kind == EVENT_START || (event->kind == EVENT_TIMER && seen.changes))
		toy_publish(++self->numbers[0], out);
	if (event->kind == EVENT_START || event->kind == EVENT_TIMER)
		outbox_set_timer(out, TIMER, event->now + 300 * NANOS_MS);
}

static void say_again(const struct toy_state *self, struct outbox *out)
{
	toy_publish(self->numbers[0], out);
}

static void look(void *self, const char *key, enum message_type type, const uint8_t *body,
                 size_t size)
{
	struct trading_state state;
	(void)self;
	seen.keys++;
	if (strcmp(key, "breakwater:executor:trading_state") != 0)
		return;
	assert_int_equal(codec_unpack_body(type, body, size, &state, sizeof state), OK);
	seen.viewed = state.level;
}

static uint64_t viewed_after(enum fault_kind kind, nanos_t from, nanos_t until)
{
	stage.plan.count = 0;
	stage.plan.end = 9900 * NANOS_MS;
	if (kind != FAULT_NONE)
		stage_fault(&stage, kind, FAULT_ANY_NODE, from, until, 1000);
	stage_run(&stage);
	seen.keys = seen.viewed = 0;
	world_view(stage.world, look, NULL);
	return seen.viewed;
}

static uint64_t said(void)
{
	return stage_state(&stage, STAGE_EXECUTOR)->numbers[0];
}

static void play(void)
{
	stage.parts[STAGE_EXECUTOR].step = say;
	stage.parts[STAGE_EXECUTOR].republish = say_again;
}

static void the_view_shows_the_last_value_of_each_key(void **state)
{
	(void)state;
	play();
	seen.changes = true;
	uint64_t viewed = viewed_after(FAULT_NONE, 0, 0);
	assert_int_equal(viewed, said());
	assert_int_equal(seen.keys, 1);
}

static void an_emptied_or_old_view_is_filled_again(void **state)
{
	(void)state;
	play();
	assert_int_equal(viewed_after(FAULT_REDIS_FLUSH, 5 * NANOS_S, 5 * NANOS_S), 8);
	assert_int_equal(viewed_after(FAULT_REDIS_ROLLBACK, 100 * NANOS_MS, 100 * NANOS_MS), 8);
	assert_int_equal(viewed_after(FAULT_CRASH_ALL, 5 * NANOS_S, 5 * NANOS_S), 8);
}

static void what_the_view_missed_while_it_was_down_is_there_afterwards(void **state)
{
	(void)state;
	play();
	seen.changes = true;
	uint64_t viewed = viewed_after(FAULT_REDIS_DOWN, 2 * NANOS_S, 8 * NANOS_S);
	assert_int_equal(viewed, said());
	viewed = viewed_after(FAULT_REDIS_STALL, 2 * NANOS_S, 8 * NANOS_S);
	assert_int_equal(viewed, said());
}

static void nobody_waits_for_the_view(void **state)
{
	(void)state;
	play();
	seen.changes = true;
	viewed_after(FAULT_NONE, 0, 0);
	uint64_t before = said();
	viewed_after(FAULT_REDIS_DOWN, 0, 10 * NANOS_S);
	assert_int_equal(seen.keys, 0);
	assert_in_range(said(), before - 1, before + 1);
}

/* The first run's number rises; the second says one of its own, once. */
static void say_by_run(struct toy_state *self, const struct event *event, struct outbox *out)
{
	if (event->kind == EVENT_START)
		seen.changes = ++seen.runs == 1;
	say(self, event, out);
	self->numbers[0] += seen.changes ? 0 : 1000;
}

static void a_late_write_of_a_dead_run_does_not_hide_the_next_runs_value(void **state)
{
	(void)state;
	stage.parts[STAGE_EXECUTOR] = (struct toy_part){say_by_run, say_again};
	for (uint64_t seed = 1; seed <= 60; seed++) {
		stage.plan = (struct plan){.seed = seed, .end = 8 * NANOS_S};
		stage_fault(&stage, FAULT_REDIS_STALL, FAULT_ANY_NODE, 2 * NANOS_S,
		            3 * NANOS_S + 10 * NANOS_MS, 1000);
		stage_fault(&stage, FAULT_CRASH, STAGE_EXECUTOR, 3 * NANOS_S, 3 * NANOS_S, 1000);
		seen.runs = 0;
		stage_run(&stage);
		assert_int_equal(seen.runs, 2);
		world_view(stage.world, look, NULL);
		assert_true(seen.viewed == 8 || seen.viewed >= 1000);
	}
}

/* Each number is saved before it is published. */
static void save_and_say(struct toy_state *self, const struct event *event, struct outbox *out)
{
	if (event->kind != EVENT_START && event->kind != EVENT_TIMER)
		return;
	outbox_set_timer(out, TIMER, event->now + 300 * NANOS_MS);
	toy_save(self, SAVE_SYNCED, ++self->numbers[0], out);
	toy_publish(self->numbers[0], out);
}

static void note_saved(void *self, const struct world *world, unsigned node, enum message_type type,
                       const void *record)
{
	(void)self;
	(void)world;
	if (node == STAGE_EXECUTOR && type == MESSAGE_JOURNAL_LATCH)
		seen.saved = ((const struct journal_latch *)record)->level;
}

static void compare(void *self, const struct world *world, unsigned node, const struct event *event)
{
	(void)self;
	(void)node;
	(void)event;
	world_view(world, look, NULL);
	seen.is_ahead |= seen.viewed > seen.saved;
}

static void the_view_is_never_ahead_of_the_journal(void **state)
{
	(void)state;
	stage.parts[STAGE_EXECUTOR].step = save_and_say;
	stage.watch.saved = note_saved;
	stage.watch.stepped = compare;
	stage_fault(&stage, FAULT_DISK_SLOW, STAGE_EXECUTOR, NANOS_S, 6 * NANOS_S, 1000);
	stage_run(&stage);
	assert_true(seen.viewed > 10);
	assert_false(seen.is_ahead);
}

static void raise_alert(struct toy_state *self, const struct event *event, struct outbox *out)
{
	(void)self;
	if (event->kind == EVENT_START)
		outbox_alert(out, event->now, SEVERITY_WARNING, "toy.began", "a toy began");
}

static void hear_alert(struct toy_state *self, const struct event *event, struct outbox *out)
{
	const struct alert *alert = event_body(event, MESSAGE_ALERT);
	(void)self;
	(void)out;
	if (alert == NULL)
		return;
	seen.alerts++;
	seen.has_origin = name_is(&alert->origin, "executor");
}

/* It is raised before anybody hears it. */
static void an_alert_that_nobody_heard_is_said_again(void **state)
{
	(void)state;
	stage.parts[STAGE_EXECUTOR].step = raise_alert;
	stage.parts[STAGE_ALERT].step = hear_alert;
	stage_run(&stage);
	assert_in_range(seen.alerts, 1, 3);
	assert_true(seen.has_origin);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_view_shows_the_last_value_of_each_key),
		TEST(an_emptied_or_old_view_is_filled_again),
		TEST(what_the_view_missed_while_it_was_down_is_there_afterwards),
		TEST(nobody_waits_for_the_view),
		TEST(a_late_write_of_a_dead_run_does_not_hide_the_next_runs_value),
		TEST(the_view_is_never_ahead_of_the_journal),
		TEST(an_alert_that_nobody_heard_is_said_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
