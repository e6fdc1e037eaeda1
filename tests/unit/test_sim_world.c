/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/stage.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CALLS = 2000, CALL_MS = 20, PATIENCE_MS = 600, TIMER = 1 };

static struct stage stage;

/* What toys write down. */
static struct {
	unsigned replies[CALLS], requests[CALLS];
	uint64_t tokens[CALLS], asked_as[CALLS], confused;
	uint64_t asked, heard, heard_count, broken, whole;
	nanos_t asked_at[CALLS];
	bool went_back;
	nanos_t last_now;
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

static void tick(const struct event *event, struct outbox *out, unsigned interval_ms)
{
	if (event->kind == EVENT_START || event->kind == EVENT_TIMER)
		outbox_set_timer(out, TIMER, event->now + interval_ms * NANOS_MS);
}

/* risk: asks the executor again and again. */
static void ask(struct toy_state *self, const struct event *event, struct outbox *out)
{
	(void)self;
	tick(event, out, CALL_MS);
	if (event->kind == EVENT_TIMER && seen.asked < CALLS) {
		seen.asked_at[seen.asked] = event->now;
		toy_approve(seen.asked, seen.asked, event->now + PATIENCE_MS * NANOS_MS, out);
		seen.asked++;
	}
	if (event->kind == EVENT_REPLY)
		seen.replies[event->token]++;
}

/* executor: takes what it is asked, once. */
static void take(struct toy_state *self, const struct event *event, struct outbox *out)
{
	const struct approval *approval = event_body(event, MESSAGE_APPROVAL);
	if (approval == NULL)
		return;
	seen.requests[approval->intent_id.low]++;
	toy_save(self, SAVE_SYNCED, approval->intent_id.low, out);
	toy_accept(event->token, out);
}

static void play_calls(void)
{
	stage.parts[STAGE_RISK].step = ask;
	stage.parts[STAGE_EXECUTOR].step = take;
}

/* executor: states a rising number. */
static void state_numbers(struct toy_state *self, const struct event *event, struct outbox *out)
{
	tick(event, out, 40);
	if (event->kind == EVENT_TIMER)
		toy_publish(++self->numbers[0], out);
}

static void state_again(const struct toy_state *self, struct outbox *out)
{
	toy_publish(self->numbers[0], out);
}

/* strategy: hears them. */
static void hear_numbers(struct toy_state *self, const struct event *event, struct outbox *out)
{
	const struct trading_state *state = event_body(event, MESSAGE_TRADING_STATE);
	const struct stream_state *stream = event_body(event, MESSAGE_STREAM_STATE);
	(void)self;
	(void)out;
	if (state != NULL) {
		seen.heard = state->level;
		seen.heard_count++;
	}
	if (stream == NULL || !name_is(&stream->publisher, "executor"))
		return;
	seen.whole += stream->whole;
	seen.broken += !stream->whole;
}

static void play_numbers(void)
{
	stage.parts[STAGE_EXECUTOR].step = state_numbers;
	stage.parts[STAGE_EXECUTOR].republish = state_again;
	stage.parts[STAGE_STRATEGY].step = hear_numbers;
}

static void the_same_plan_gives_the_same_world(void **state)
{
	(void)state;
	uint64_t before = 0;
	play_calls();
	stage.parts[STAGE_STRATEGY].step = hear_numbers;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct stage other;
		plan_from_seed(&stage.plan, seed, 4, STAGE_EXECUTOR);
		seen.asked = 0;
		uint64_t first = stage_run(&stage)->hash;
		seen.asked = 0;
		assert_int_equal(stage_run(&stage)->hash, first);
		assert_int_not_equal(first, before);
		before = first;
		stage_init(&other, false);
		memcpy(other.parts, stage.parts, sizeof other.parts);
		other.plan = stage.plan;
		seen.asked = 0;
		assert_int_equal(stage_run(&other)->hash, first);
		stage_close(&other);
	}
}

/* Every call that had the time to end has ended once; what the executor was asked it was asked once
   in each of its runs. */
static void check_calls(bool executor_dies)
{
	nanos_t end = world_now(stage.world);
	unsigned ended = 0;
	for (uint64_t i = 0; i < seen.asked; i++) {
		if (seen.asked_at[i] + 2 * PATIENCE_MS * NANOS_MS > end)
			continue;
		assert_int_equal(seen.replies[i], 1);
		assert_true(executor_dies || seen.requests[i] <= 1);
		ended++;
	}
	assert_true(ended > 100);
}

static void a_call_ends_in_one_reply_whatever_happens_on_the_bus(void **state)
{
	(void)state;
	static const enum fault_kind kinds[] = {
		FAULT_BUS_DROP, FAULT_BUS_DELAY, FAULT_BUS_REPEAT, FAULT_BUS_CUT,
		FAULT_HANG,     FAULT_DISK_SLOW, FAULT_CRASH,
	};
	play_calls();
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		memset(&seen, 0, sizeof seen);
		stage.plan.count = 0;
		stage.plan.seed = i;
		bool lasts = fault_infos[kinds[i]].most > 0;
		stage_fault(&stage, kinds[i], STAGE_EXECUTOR, 2 * NANOS_S,
		            (lasts ? 6 : 2) * NANOS_S, 500);
		const struct world_figures *figures = stage_run(&stage);
		assert_true(figures->hits[kinds[i]] > 0);
		check_calls(kinds[i] == FAULT_CRASH);
	}
}

/* executor: answers three seconds later, naming what it was asked. */
static void take_slowly(struct toy_state *self, const struct event *event, struct outbox *out)
{
	const struct approval *approval = event_body(event, MESSAGE_APPROVAL);
	if (approval != NULL) {
		seen.tokens[approval->intent_id.low] = event->token;
		self->numbers[0] = approval->intent_id.low;
		outbox_set_timer(out, (unsigned)approval->intent_id.low % LOGIC_TIMERS_MAX,
		                 event->now + 3 * NANOS_S);
	}
	for (uint64_t i = 0; event->kind == EVENT_TIMER && i <= self->numbers[0]; i++) {
		struct receipt receipt = {.intent_id = {1, i}, .accepted = true};
		if (i % LOGIC_TIMERS_MAX != event->timer || seen.tokens[i] == 0)
			continue;
		outbox_answer(out, seen.tokens[i], MESSAGE_RECEIPT, &receipt);
		seen.tokens[i] = 0;
	}
}

/* risk: numbers its calls from its start on. */
static void ask_slowly(struct toy_state *self, const struct event *event, struct outbox *out)
{
	const struct receipt *receipt = event_body(event, MESSAGE_RECEIPT);
	tick(event, out, 100);
	if (event->kind == EVENT_TIMER) {
		seen.asked_as[self->numbers[0]] = ++seen.asked;
		toy_approve(seen.asked, self->numbers[0]++, event->now + 5 * NANOS_S, out);
	}
	if (receipt == NULL)
		return;
	seen.heard_count++;
	seen.confused += seen.asked_as[event->token] != receipt->intent_id.low;
}

static void an_answer_never_reaches_another_run_of_the_asker(void **state)
{
	(void)state;
	stage.parts[STAGE_RISK].step = ask_slowly;
	stage.parts[STAGE_EXECUTOR].step = take_slowly;
	stage_fault(&stage, FAULT_CRASH, STAGE_RISK, 1200 * NANOS_MS, 1200 * NANOS_MS, 1000);
	for (stage.plan.seed = 1; stage.plan.seed <= 30; stage.plan.seed++) {
		memset(&seen, 0, sizeof seen);
		stage_run(&stage);
		assert_true(seen.heard_count > 40);
		assert_int_equal(seen.confused, 0);
	}
}

static void a_repeated_frame_has_one_effect(void **state)
{
	(void)state;
	play_calls();
	stage_fault(&stage, FAULT_BUS_REPEAT, FAULT_ANY_NODE, 0, 10 * NANOS_S, 1000);
	stage_run(&stage);
	assert_true(seen.asked > 100);
	for (uint64_t i = 0; i < seen.asked; i++)
		assert_true(seen.requests[i] <= 1 && seen.replies[i] <= 1);
}

static void a_published_state_is_heard_once_in_order(void **state)
{
	(void)state;
	play_numbers();
	stage_fault(&stage, FAULT_BUS_REPEAT, FAULT_ANY_NODE, 2 * NANOS_S, 10 * NANOS_S, 1000);
	stage_run(&stage);
	uint64_t said = stage_state(&stage, STAGE_EXECUTOR)->numbers[0];
	assert_in_range(seen.heard, said - 1, said);
	assert_in_range(seen.heard_count, 200, said + 10); /* some were said again */
}

static void a_resync_heals_what_was_dropped(void **state)
{
	(void)state;
	play_numbers();
	stage_fault(&stage, FAULT_BUS_DROP, STAGE_EXECUTOR, 2 * NANOS_S, 6 * NANOS_S, 400);
	const struct world_figures *figures = stage_run(&stage);
	uint64_t said = stage_state(&stage, STAGE_EXECUTOR)->numbers[0];
	assert_true(figures->hits[FAULT_BUS_DROP] > 20);
	assert_true(seen.broken > 1);
	assert_true(seen.whole > 0);
	assert_in_range(seen.heard, said - 1, said);
}

static void publish_order(uint64_t id, uint64_t number, struct outbox *out)
{
	struct order order = {
		.client_id = {0, id},
		.venue_id = number,
		.purpose = PURPOSE_ENTRY,
		.side = SIDE_BUY,
		.type = ORDER_TYPE_LIMIT,
		.time_in_force = TIME_IN_FORCE_GTC,
		.status = ORDER_STATUS_LIVE,
		.cancel = CANCEL_STATUS_NONE,
		.replace = REPLACE_STATUS_NONE,
		.stop = STOP_STATUS_NONE,
	};
	outbox_publish(out, MESSAGE_ORDER, &order);
}

/* executor: two orders; the first one's number changes once, at 3 s, the other's all the time. */
static void state_orders(struct toy_state *self, const struct event *event, struct outbox *out)
{
	tick(event, out, 40);
	if (event->kind != EVENT_TIMER)
		return;
	self->numbers[0]++;
	bool is_first =
		event->now - world_began(stage.world) > 3 * NANOS_S && self->numbers[1] == 0;
	publish_order(is_first ? 1 : 2, self->numbers[0], out);
	if (is_first)
		self->numbers[1] = self->numbers[0];
}

static void state_first_again(const struct toy_state *self, struct outbox *out)
{
	publish_order(1, self->numbers[1], out);
}

static void hear_first(struct toy_state *self, const struct event *event, struct outbox *out)
{
	const struct order *order = event_body(event, MESSAGE_ORDER);
	(void)self;
	(void)out;
	if (order != NULL && order->client_id.low == 1)
		seen.heard = order->venue_id;
}

static void one_lost_frame_is_noticed_by_the_next(void **state)
{
	(void)state;
	stage.parts[STAGE_EXECUTOR] = (struct toy_part){state_orders, state_first_again};
	stage.parts[STAGE_STRATEGY].step = hear_first;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		seen.heard = 0;
		stage.plan = (struct plan){.seed = seed, .end = 6 * NANOS_S};
		stage_fault(&stage, FAULT_BUS_DROP, STAGE_EXECUTOR, 2800 * NANOS_MS,
		            3200 * NANOS_MS, 1000);
		stage_run(&stage);
		assert_true(seen.heard > 0);
		assert_int_equal(seen.heard, stage_state(&stage, STAGE_EXECUTOR)->numbers[1]);
	}
}

static void an_unsealed_approval_is_refused(void **state)
{
	(void)state;
	play_calls();
	stage.roles[STAGE_RISK].needs = WORLD_JOURNAL;
	stage_run(&stage);
	assert_true(seen.asked > 100);
	for (uint64_t i = 0; i < seen.asked; i++)
		assert_int_equal(seen.requests[i], 0);
	assert_int_equal(seen.replies[0], 1);
}

/* alert and strategy: time never goes back within a run. */
static void watch_time(struct toy_state *self, const struct event *event, struct outbox *out)
{
	tick(event, out, 30);
	seen.went_back |= (uint64_t)event->now < self->numbers[0];
	self->numbers[0] = (uint64_t)event->now;
	seen.last_now = event->now;
}

/* How far the alert service's clock is from true time at the run's end. */
static nanos_t offset_at(nanos_t end)
{
	stage.plan.end = end;
	stage_run(&stage);
	return seen.last_now - world_now(stage.world);
}

static void the_clock_steps_between_runs_only(void **state)
{
	(void)state;
	unsigned moved = 0;
	stage.parts[STAGE_ALERT].step = watch_time;
	stage_fault(&stage, FAULT_CLOCK_STEP, FAULT_ANY_NODE, 2 * NANOS_S, 2 * NANOS_S, 1000);
	stage_fault(&stage, FAULT_CRASH, STAGE_ALERT, 3 * NANOS_S, 3 * NANOS_S, 1000);
	for (stage.plan.seed = 1; stage.plan.seed <= 20; stage.plan.seed++) {
		nanos_t before = offset_at(3 * NANOS_S), after = offset_at(10 * NANOS_S);
		assert_true(llabs(before) <= 131 * NANOS_MS);
		assert_true(llabs(after) <= 531 * NANOS_MS);
		moved += llabs(after - before) > 100 * NANOS_MS;
	}
	assert_false(seen.went_back);
	assert_true(moved > 5);
}

static void who_hangs_is_silent_and_then_hears_everything(void **state)
{
	(void)state;
	play_numbers();
	stage_fault(&stage, FAULT_HANG, STAGE_STRATEGY, 3 * NANOS_S, 6 * NANOS_S, 1000);
	stage.plan.end = 6 * NANOS_S - NANOS_MS;
	stage_run(&stage);
	uint64_t heard = seen.heard;
	assert_in_range(heard, 60, 75);
	stage.plan.end = 7 * NANOS_S;
	seen.heard_count = 0;
	stage_run(&stage);
	uint64_t said = stage_state(&stage, STAGE_EXECUTOR)->numbers[0];
	assert_in_range(seen.heard, said - 1, said);
	assert_true(seen.heard_count + 10 > said);
}

/* supervisor: starts all, again when one ends. */
static void supervise(struct toy_state *self, const struct event *event, struct outbox *out)
{
	static const char *const names[] = {"strategy", "risk", "executor", "alert"};
	const struct child_ended *ended = event_body(event, MESSAGE_CHILD_ENDED);
	struct child_start start;
	(void)self;
	for (size_t i = 0; i < 4 && event->kind == EVENT_START; i++) {
		start.service = name_from(names[i]);
		outbox_call_host(out, MESSAGE_CHILD_START, &start);
	}
	if (ended == NULL)
		return;
	start.service = ended->service;
	self->numbers[0] += !ended->expected;
	self->numbers[1] += ended->expected;
	outbox_call_host(out, MESSAGE_CHILD_START, &start);
}

/* Kills the executor once, at 3 s. */
static void supervise_and_kill(struct toy_state *self, const struct event *event,
                               struct outbox *out)
{
	struct child_signal signal = {.service = name_from("executor"), .signal = SIGKILL};
	supervise(self, event, out);
	if (event->kind == EVENT_START)
		outbox_set_timer(out, TIMER, event->now + 3 * NANOS_S);
	if (event->kind == EVENT_TIMER)
		outbox_call_host(out, MESSAGE_CHILD_SIGNAL, &signal);
}

static void the_parent_starts_a_child_that_died(void **state)
{
	(void)state;
	stage_init(&stage, true);
	stage.parts[STAGE_SUPERVISOR].step = supervise;
	stage_fault(&stage, FAULT_CRASH, STAGE_RISK, 3 * NANOS_S, 3 * NANOS_S, 1000);
	const struct world_figures *figures = stage_run(&stage);
	assert_int_equal(figures->crashes, 1);
	assert_int_equal(figures->boots, STAGE_ROLES + 1);
	assert_non_null(stage_state(&stage, STAGE_RISK));
	assert_int_equal(stage_state(&stage, STAGE_SUPERVISOR)->numbers[0], 1);
}

static void the_parent_may_kill_a_child_that_hangs(void **state)
{
	(void)state;
	stage_init(&stage, true);
	stage.parts[STAGE_SUPERVISOR].step = supervise_and_kill;
	stage_fault(&stage, FAULT_HANG, STAGE_EXECUTOR, 2 * NANOS_S, 9 * NANOS_S, 1000);
	stage.plan.end = 5 * NANOS_S;
	const struct world_figures *figures = stage_run(&stage);
	assert_int_equal(figures->boots, STAGE_ROLES + 1);
	assert_int_equal(stage_state(&stage, STAGE_SUPERVISOR)->numbers[0], 1);
}

static void children_end_with_their_parent_and_all_come_back(void **state)
{
	(void)state;
	stage_init(&stage, true);
	stage.parts[STAGE_SUPERVISOR].step = supervise;
	stage_fault(&stage, FAULT_CRASH, STAGE_SUPERVISOR, 2 * NANOS_S, 2 * NANOS_S, 1000);
	const struct world_figures *figures = stage_run(&stage);
	assert_int_equal(figures->boots, 2 * STAGE_ROLES);
	for (unsigned i = 0; i < STAGE_ROLES; i++)
		assert_non_null(stage_state(&stage, (enum stage_role)i));
	assert_int_equal(stage_state(&stage, STAGE_SUPERVISOR)->numbers[0], 0);
}

/* executor: answers a person. */
static void obey(struct toy_state *self, const struct event *event, struct outbox *out)
{
	struct command_result result = {.done = true};
	(void)self;
	if (event->kind != EVENT_REQUEST || event->type != MESSAGE_COMMAND)
		return;
	seen.heard_count++;
	outbox_answer(out, event->token, MESSAGE_COMMAND_RESULT, &result);
}

static void command_once(void *self, const struct world *world, unsigned node)
{
	struct command command = {.kind = COMMAND_KIND_RECONCILE, .actor = name_from("somebody")};
	(void)world;
	(void)self;
	if (node == STAGE_EXECUTOR)
		world_command(stage.world, "executor", &command);
}

static void a_persons_command_arrives_once_although_frames_are_lost(void **state)
{
	(void)state;
	stage.parts[STAGE_EXECUTOR].step = obey;
	stage.watch.booted = command_once;
	stage_fault(&stage, FAULT_BUS_DROP, STAGE_EXECUTOR, 0, 2 * NANOS_S, 1000);
	stage_run(&stage);
	assert_int_equal(seen.heard_count, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_same_plan_gives_the_same_world),
		TEST(a_call_ends_in_one_reply_whatever_happens_on_the_bus),
		TEST(an_answer_never_reaches_another_run_of_the_asker),
		TEST(a_repeated_frame_has_one_effect),
		TEST(a_published_state_is_heard_once_in_order),
		TEST(a_resync_heals_what_was_dropped),
		TEST(one_lost_frame_is_noticed_by_the_next),
		TEST(an_unsealed_approval_is_refused),
		TEST(the_clock_steps_between_runs_only),
		TEST(who_hangs_is_silent_and_then_hears_everything),
		TEST(the_parent_starts_a_child_that_died),
		TEST(the_parent_may_kill_a_child_that_hangs),
		TEST(children_end_with_their_parent_and_all_come_back),
		TEST(a_persons_command_arrives_once_although_frames_are_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
