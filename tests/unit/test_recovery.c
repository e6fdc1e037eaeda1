/* SPDX-License-Identifier: Apache-2.0 */
#include "services/recovery/recovery.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/logic_bench.h"

enum { TIMER_CHECK = 1 };

static struct logic_bench bench;
static struct recovery_config config;
static uint64_t progress;

static int set_up(void **state)
{
	(void)state;
	config_defaults(&recovery_config_type, &config);
	logic_bench_open(&bench, &recovery_logic, &config);
	bench.stack.services.count = 3;
	bench.stack.services.items[0] = name_from("feed");
	bench.stack.services.items[1] = name_from("risk");
	bench.stack.services.items[2] = name_from("recovery");
	logic_bench_init(&bench);
	logic_bench_event(&bench, EVENT_START);
	bench.now += NANOS_S;
	progress = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	logic_bench_close(&bench);
	return 0;
}

static void beat(const char *service, uint64_t epoch, uint64_t turns)
{
	struct heartbeat heartbeat = {.status = SERVICE_STATUS_HEALTHY, .progress = turns};
	logic_bench_hear(&bench, service, epoch, MESSAGE_HEARTBEAT, &heartbeat);
}

static void pass(nanos_t time)
{
	bench.now += time;
	logic_bench_timer(&bench, TIMER_CHECK);
}

/* Both beat on for so long, then only risk does. */
static void given_both_alive(void)
{
	beat("feed", 1, ++progress);
	beat("risk", 1, progress);
}

/* Time passes in checks of 100 ms in which risk beats; true when something like that happened in
 * one of them. */
static bool happens_within(nanos_t time, const char *note)
{
	bool happened = false;
	for (nanos_t left = time; left > 0; left -= 100 * NANOS_MS) {
		beat("risk", 1, ++progress);
		pass(100 * NANOS_MS);
		happened |= note != NULL
		                    ? logic_bench_note(&bench, note) != NULL
		                    : logic_bench_count(&bench, EFFECT_CALL, MESSAGE_COMMAND) > 0;
	}
	return happened;
}

static bool restart_is_ordered_within(nanos_t time)
{
	return happens_within(time, NULL);
}

static void a_silent_service_is_missing_after_a_while(void **state)
{
	(void)state;
	given_both_alive();
	assert_false(happens_within(config.missing_after - 100 * NANOS_MS, "service.missing"));
	assert_true(happens_within(200 * NANOS_MS, "service.missing"));
	assert_false(happens_within(NANOS_S, "service.missing")); /* told once */
}

static void a_service_that_stays_silent_is_restarted(void **state)
{
	(void)state;
	given_both_alive();
	assert_false(restart_is_ordered_within(config.restart_after));
	beat("risk", 1, ++progress);
	pass(NANOS_MS);
	const struct effect *call = logic_bench_effect(&bench, EFFECT_CALL, MESSAGE_COMMAND, 0);
	assert_non_null(call);
	const struct command *command = call->body;
	assert_string_equal(call->peer.text, "supervisor");
	assert_int_equal(command->kind, COMMAND_KIND_RESTART);
	assert_string_equal(command->target.text, "feed");
	assert_true(command->reason.size > 0);
	assert_false(restart_is_ordered_within(NANOS_S)); /* once */
}

/* M-09, by the defaults. */
static void a_crash_is_seen_within_one_second_and_a_hang_within_three(void **state)
{
	(void)state;
	given_both_alive();
	assert_true(happens_within(NANOS_S, "service.missing"));
	assert_true(restart_is_ordered_within(2 * NANOS_S));
}

static void a_service_whose_loop_stands_still_is_restarted_once(void **state)
{
	unsigned orders = 0;
	(void)state;
	given_both_alive();
	for (nanos_t time = 0; time < 2 * config.restart_after; time += 100 * NANOS_MS) {
		beat("feed", 1, 1); /* alive, but no turn more */
		beat("risk", 1, ++progress);
		pass(100 * NANOS_MS);
		orders += logic_bench_count(&bench, EFFECT_CALL, MESSAGE_COMMAND) > 0;
	}
	assert_int_equal(orders, 1);
}

static void one_that_beats_and_moves_is_left_alone(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		given_both_alive();
		pass(100 * NANOS_MS);
		assert_int_equal(logic_bench_count(&bench, EFFECT_CALL, MESSAGE_COMMAND), 0);
		assert_int_equal(logic_bench_count(&bench, EFFECT_PUBLISH, MESSAGE_ALERT), 0);
	}
}

static void one_that_comes_back_is_told_with_the_time_it_was_away(void **state)
{
	(void)state;
	given_both_alive();
	happens_within(2 * NANOS_S, "");
	beat("feed", 2, 1);
	const char *text = logic_bench_note(&bench, "service.back");
	assert_non_null(text);
	assert_non_null(strstr(text, "feed is back after 2000 ms"));
	beat("feed", 2, 2);
	assert_null(logic_bench_note(&bench, "service.back"));
}

static void one_that_died_and_came_back_between_two_looks_is_told_too(void **state)
{
	(void)state;
	given_both_alive();
	bench.now += 300 * NANOS_MS;
	beat("feed", 2, 1);
	assert_non_null(logic_bench_note(&bench, "service.back"));
}

static void one_that_was_just_started_may_be_silent_for_longer(void **state)
{
	struct child_state child = {
		.service = name_from("feed"), .status = SERVICE_STATUS_HEALTHY, .pid = 5};
	(void)state;
	given_both_alive();
	bench.now += NANOS_S;
	logic_bench_hear(&bench, "supervisor", 1, MESSAGE_CHILD_STATE, &child);
	assert_false(restart_is_ordered_within(config.boot_patience));
	assert_true(restart_is_ordered_within(NANOS_S));
}

static void one_that_is_never_heard_is_missing_once_it_had_its_time(void **state)
{
	(void)state;
	assert_false(happens_within(config.boot_patience - NANOS_S, "service.missing"));
	assert_true(happens_within(300 * NANOS_MS, "service.missing"));
}

static void one_that_does_not_come_back_is_restarted_again(void **state)
{
	(void)state;
	given_both_alive();
	assert_true(restart_is_ordered_within(config.restart_after + 200 * NANOS_MS));
	assert_false(restart_is_ordered_within(config.boot_patience - NANOS_S));
	assert_true(restart_is_ordered_within(2 * NANOS_S));
}

static void a_restart_that_fails_is_told(void **state)
{
	struct command_result refused = {.done = false, .text = text_from("no such service here")};
	struct call_failed failed = {.reason = text_from("not connected")};
	struct command_result done = {.done = true};
	(void)state;
	given_both_alive();
	logic_bench_reply(&bench, 1, MESSAGE_COMMAND_RESULT, &refused);
	assert_non_null(logic_bench_note(&bench, "service.not_restarted"));
	logic_bench_reply(&bench, 1, MESSAGE_CALL_FAILED, &failed);
	assert_non_null(logic_bench_note(&bench, "service.not_restarted"));
	logic_bench_reply(&bench, 1, MESSAGE_COMMAND_RESULT, &done);
	assert_null(logic_bench_note(&bench, "service.not_restarted"));
}

/* The supervisor repeats its state whenever somebody asks for it. */
static void a_state_that_is_only_said_again_gives_no_more_time(void **state)
{
	struct child_state child = {
		.service = name_from("feed"), .status = SERVICE_STATUS_HEALTHY, .pid = 7};
	bool is_ordered = false;
	(void)state;
	given_both_alive();
	logic_bench_hear(&bench, "supervisor", 1, MESSAGE_CHILD_STATE, &child);
	for (nanos_t time = 0; time < config.boot_patience; time += 500 * NANOS_MS) {
		is_ordered |= restart_is_ordered_within(500 * NANOS_MS);
		logic_bench_hear(&bench, "supervisor", 1, MESSAGE_CHILD_STATE, &child);
	}
	is_ordered |= restart_is_ordered_within(500 * NANOS_MS);
	assert_true(is_ordered);
}

static void a_silent_supervisor_is_told_but_nobody_is_asked_to_start_it(void **state)
{
	(void)state;
	given_both_alive();
	beat("supervisor", 1, 1);
	bool is_told = false;
	for (nanos_t time = 0; time < 2 * config.boot_patience; time += 100 * NANOS_MS) {
		given_both_alive();
		pass(100 * NANOS_MS);
		is_told |= logic_bench_note(&bench, "service.missing") != NULL;
		assert_int_equal(logic_bench_count(&bench, EFFECT_CALL, MESSAGE_COMMAND), 0);
	}
	assert_true(is_told);
}

static void heartbeats_of_strangers_change_nothing(void **state)
{
	(void)state;
	beat("nobody", 1, 1);
	assert_int_equal(bench.out->count, 0);
}

static void it_is_healthy_when_everybody_is_there(void **state)
{
	text_t why;
	(void)state;
	assert_int_equal(recovery_logic.health(bench.state, bench.now, &why),
	                 SERVICE_STATUS_DEGRADED);
	given_both_alive();
	assert_int_equal(recovery_logic.health(bench.state, bench.now, &why),
	                 SERVICE_STATUS_HEALTHY);
	happens_within(2 * NANOS_S, "");
	assert_int_equal(recovery_logic.health(bench.state, bench.now, &why),
	                 SERVICE_STATUS_DEGRADED);
	assert_non_null(strstr(why.text, "feed"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_silent_service_is_missing_after_a_while),
		TEST(a_service_that_stays_silent_is_restarted),
		TEST(a_crash_is_seen_within_one_second_and_a_hang_within_three),
		TEST(a_service_whose_loop_stands_still_is_restarted_once),
		TEST(one_that_beats_and_moves_is_left_alone),
		TEST(one_that_comes_back_is_told_with_the_time_it_was_away),
		TEST(one_that_died_and_came_back_between_two_looks_is_told_too),
		TEST(one_that_was_just_started_may_be_silent_for_longer),
		TEST(one_that_is_never_heard_is_missing_once_it_had_its_time),
		TEST(one_that_does_not_come_back_is_restarted_again),
		TEST(a_restart_that_fails_is_told),
		TEST(a_state_that_is_only_said_again_gives_no_more_time),
		TEST(a_silent_supervisor_is_told_but_nobody_is_asked_to_start_it),
		TEST(heartbeats_of_strangers_change_nothing),
		TEST(it_is_healthy_when_everybody_is_there),
	};
	return cmocka_run_group_tests_name("recovery", tests, NULL, NULL);
}
