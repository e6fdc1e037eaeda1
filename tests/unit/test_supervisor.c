/* SPDX-License-Identifier: Apache-2.0 */
#include "services/supervisor/supervisor.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/logic_bench.h"

enum { TIMER_TEND = 1, TOKEN_WIND_DOWN = 1 };

static struct logic_bench bench;
static struct supervisor_config config;
static uint64_t pids;

static void started(const char *service)
{
	struct child_started message = {.service = name_from(service), .pid = ++pids};
	logic_bench_tell(&bench, MESSAGE_CHILD_STARTED, &message);
}

static void ended(const char *service)
{
	struct child_ended message = {
		.service = name_from(service), .pid = pids, .reason = text_from("exit code 1")};
	logic_bench_tell(&bench, MESSAGE_CHILD_ENDED, &message);
}

static void open_with(const char *redis)
{
	static const char *const services[] = {"exchange", "risk", "executor"};
	config_defaults(&supervisor_config_type, &config);
	logic_bench_open(&bench, &supervisor_logic, &config);
	bench.stack.redis = text_from(redis);
	bench.stack.services.count = 3;
	for (size_t i = 0; i < 3; i++)
		bench.stack.services.items[i] = name_from(services[i]);
	logic_bench_init(&bench);
	logic_bench_event(&bench, EVENT_START);
}

static int set_up(void **state)
{
	(void)state;
	open_with("private");
	started("redis");
	started("exchange");
	started("risk");
	started("executor");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	logic_bench_close(&bench);
	return 0;
}

static void pass(nanos_t time)
{
	bench.now += time;
	logic_bench_timer(&bench, TIMER_TEND);
}

static unsigned starts(const char *service)
{
	unsigned count = 0;
	const struct effect *effect;
	for (size_t i = 0;
	     (effect = logic_bench_effect(&bench, EFFECT_CALL, MESSAGE_CHILD_START, i)) != NULL;
	     i++)
		count += name_is(&((const struct child_start *)effect->body)->service, service);
	return count;
}

/* The signal that the last step sent to it; 0 when none. */
static int signalled(const char *service)
{
	const struct effect *effect;
	for (size_t i = 0;
	     (effect = logic_bench_effect(&bench, EFFECT_CALL, MESSAGE_CHILD_SIGNAL, i)) != NULL;
	     i++) {
		const struct child_signal *message = effect->body;
		if (name_is(&message->service, service))
			return (int)message->signal;
	}
	return 0;
}

static uint64_t when_command(enum command_kind kind, const char *target)
{
	struct command command = {.kind = kind,
	                          .target = name_from(target),
	                          .actor = name_from("me"),
	                          .reason = text_from("because")};
	return logic_bench_ask(&bench, MESSAGE_COMMAND, &command);
}

static const struct command_result *answered(void)
{
	return logic_bench_body(&bench, EFFECT_ANSWER, MESSAGE_COMMAND_RESULT);
}

static void executor_says(bool done)
{
	struct command_result result = {.done = done, .text = text_from("two orders are left")};
	logic_bench_reply(&bench, TOKEN_WIND_DOWN, MESSAGE_COMMAND_RESULT, &result);
}

static void it_starts_every_service_and_a_redis_of_its_own(void **state)
{
	(void)state;
	logic_bench_close(&bench);
	open_with("private");
	assert_int_equal(starts("redis") + starts("exchange") + starts("risk") + starts("executor"),
	                 4);
	assert_int_equal(logic_bench_count(&bench, EFFECT_CALL, MESSAGE_CHILD_START), 4);
	logic_bench_close(&bench);
	open_with("off");
	assert_int_equal(logic_bench_count(&bench, EFFECT_CALL, MESSAGE_CHILD_START), 3);
}

static void what_ends_is_started_again_at_once_and_told(void **state)
{
	(void)state;
	ended("risk");
	assert_int_equal(starts("risk"), 1);
	assert_non_null(strstr(logic_bench_note(&bench, "service.ended"), "exit code 1"));
	const struct child_state *told =
		logic_bench_body(&bench, EFFECT_PUBLISH, MESSAGE_CHILD_STATE);
	assert_int_equal(told->status, SERVICE_STATUS_DEAD);
	assert_int_equal(told->restarts, 1);
	assert_int_equal(told->pid, 0);
}

/* How long until it is started again; at most a minute. */
static nanos_t wait_for_start(const char *service)
{
	for (nanos_t waited = 0; waited < NANOS_MIN; waited += 10 * NANOS_MS) {
		if (starts(service) > 0)
			return waited;
		pass(10 * NANOS_MS);
	}
	return NANOS_MIN;
}

static void what_ends_again_and_again_waits_longer_each_time_but_is_never_given_up(void **state)
{
	(void)state;
	nanos_t bound = config.restart_delay;
	ended("risk");
	assert_int_equal(wait_for_start("risk"), 0);
	for (unsigned i = 0; i < 12; i++) {
		started("risk");
		ended("risk");
		nanos_t waited = wait_for_start("risk");
		assert_true(waited >= config.restart_delay / 2 - 10 * NANOS_MS &&
		            waited <= bound + 10 * NANOS_MS);
		bound = bound * 2 < config.restart_delay_max ? bound * 2 : config.restart_delay_max;
	}
}

static void one_that_ran_calmly_is_started_at_once_again(void **state)
{
	(void)state;
	ended("risk");
	started("risk");
	ended("risk");
	wait_for_start("risk");
	started("risk");
	bench.now += config.calm_after + NANOS_MS;
	ended("risk");
	assert_int_equal(starts("risk"), 1);
}

static void a_delay_above_its_own_bound_is_no_reason_to_die(void **state)
{
	(void)state;
	config.restart_delay = 10 * NANOS_S;
	config.restart_delay_max = 100 * NANOS_MS;
	ended("risk");
	ended("risk");
	assert_true(wait_for_start("risk") >= 4 * NANOS_S);
}

static void a_program_that_cannot_be_started_is_tried_again(void **state)
{
	struct child_ended message = {.service = name_from("risk"),
	                              .reason = text_from("no such file")};
	(void)state;
	ended("risk");
	logic_bench_tell(&bench, MESSAGE_CHILD_ENDED, &message);
	assert_int_equal(starts("risk"), 0);
	assert_in_range(wait_for_start("risk"), 1, NANOS_S);
}

static void a_storm_of_ends_halts_entries_and_pages_once(void **state)
{
	unsigned halts = 0, pages = 0;
	(void)state;
	for (unsigned i = 1; i <= 7; i++) {
		ended("risk");
		const struct effect *call =
			logic_bench_effect(&bench, EFFECT_CALL, MESSAGE_COMMAND, 0);
		halts += logic_bench_count(&bench, EFFECT_CALL, MESSAGE_COMMAND) == 2;
		pages += logic_bench_note(&bench, "service.storm") != NULL;
		assert_int_equal(halts, i >= config.crashes_max ? 1 : 0);
		if (call != NULL)
			assert_int_equal(((const struct command *)call->body)->kind,
			                 COMMAND_KIND_HALT);
		started("risk");
	}
	assert_int_equal(pages, 1);
}

static void one_that_leaves_by_itself_is_started_again_and_is_no_storm(void **state)
{
	struct child_ended message = {
		.service = name_from("executor"), .reason = text_from("code 0"), .expected = true};

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		started("executor");
		message.pid = pids;
		logic_bench_tell(&bench, MESSAGE_CHILD_ENDED, &message);
		assert_null(logic_bench_note(&bench, "service.storm"));
		bench.now += NANOS_S;
		logic_bench_timer(&bench, TIMER_TEND);
	}
}

static void ends_that_are_far_apart_are_no_storm(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		bench.now += config.crash_window / 3;
		ended("risk");
		assert_int_equal(logic_bench_count(&bench, EFFECT_CALL, MESSAGE_COMMAND), 0);
		started("risk");
	}
}

static void a_restart_kills_and_what_was_killed_is_started_again(void **state)
{
	(void)state;
	when_command(COMMAND_KIND_RESTART, "risk");
	assert_int_equal(signalled("risk"), SIGKILL);
	assert_true(answered()->done);
	ended("risk");
	assert_int_equal(starts("risk"), 1);
	when_command(COMMAND_KIND_RESTART, "nobody");
	assert_false(answered()->done);
	when_command(COMMAND_KIND_ARM, "risk");
	assert_false(answered()->done);
}

static void stop_winds_down_first(void **state)
{
	(void)state;
	when_command(COMMAND_KIND_STOP, "");
	const struct effect *call = logic_bench_effect(&bench, EFFECT_CALL, MESSAGE_COMMAND, 0);
	assert_non_null(call);
	assert_string_equal(call->peer.text, "executor");
	assert_int_equal(((const struct command *)call->body)->kind, COMMAND_KIND_WIND_DOWN);
	assert_int_equal(logic_bench_count(&bench, EFFECT_CALL, MESSAGE_CHILD_SIGNAL), 0);
	assert_null(answered());
}

static void then_services_end_before_exchange_and_redis_and_stop_is_answered_last(void **state)
{
	(void)state;
	uint64_t token = when_command(COMMAND_KIND_STOP, "");
	executor_says(true);
	assert_int_equal(signalled("risk"), SIGTERM);
	assert_int_equal(signalled("executor"), SIGTERM);
	assert_int_equal(signalled("exchange") + signalled("redis"), 0);
	ended("risk");
	assert_int_equal(starts("risk"), 0); /* no more */
	ended("executor");
	pass(50 * NANOS_MS);
	assert_int_equal(signalled("exchange"), SIGTERM);
	assert_int_equal(signalled("redis"), SIGTERM);
	ended("exchange");
	ended("redis");
	pass(50 * NANOS_MS);
	assert_int_equal(
		logic_bench_effect(&bench, EFFECT_ANSWER, MESSAGE_COMMAND_RESULT, 0)->token, token);
	assert_true(answered()->done);
	assert_int_equal(logic_bench_count(&bench, EFFECT_EXIT, MESSAGE_NONE), 1);
}

static void while_it_winds_down_what_dies_is_started_again(void **state)
{
	(void)state;
	when_command(COMMAND_KIND_STOP, "");
	ended("executor");
	assert_int_equal(starts("executor"), 1);
}

static void orders_that_are_left_are_told_and_do_not_hold_it_back(void **state)
{
	(void)state;
	when_command(COMMAND_KIND_STOP, "");
	executor_says(false);
	assert_non_null(
		strstr(logic_bench_note(&bench, "stack.orders_left"), "two orders are left"));
	assert_int_equal(signalled("risk"), SIGTERM);
}

static void an_executor_that_does_not_answer_is_waited_for_so_long_only(void **state)
{
	(void)state;
	when_command(COMMAND_KIND_STOP, "");
	pass(config.wind_down - NANOS_MS);
	assert_int_equal(signalled("risk"), 0);
	pass(NANOS_MS);
	assert_int_equal(signalled("risk"), SIGTERM);
	assert_int_equal(logic_bench_count(&bench, EFFECT_CALL, MESSAGE_CHILD_SIGNAL),
	                 2); /* no SIGKILL with it */
	pass(config.stop_patience - NANOS_MS);
	assert_int_equal(logic_bench_count(&bench, EFFECT_CALL, MESSAGE_CHILD_SIGNAL), 0);
}

static void an_executor_that_cannot_come_up_is_not_waited_for(void **state)
{
	(void)state;
	ended("executor");
	ended("executor");
	when_command(COMMAND_KIND_STOP, "");
	pass(NANOS_MS);
	assert_int_equal(signalled("risk"), 0);
	ended("executor");
	pass(NANOS_MS);
	assert_int_equal(signalled("risk"), SIGTERM);
	assert_non_null(strstr(logic_bench_note(&bench, "stack.orders_left"), "keeps dying"));
}

/* It finds who hangs; who finds that it hangs itself? */
static void a_recovery_that_falls_silent_is_killed_once(void **state)
{
	struct heartbeat heartbeat = {.status = SERVICE_STATUS_HEALTHY};
	(void)state;
	bench.stack.services.items[0] = name_from("recovery");
	logic_bench_init(&bench);
	logic_bench_event(&bench, EVENT_START);
	started("recovery");
	pass(config.recovery_silence + NANOS_S);
	assert_int_equal(signalled("recovery"), 0); /* it was never heard */
	logic_bench_hear(&bench, "recovery", 1, MESSAGE_HEARTBEAT, &heartbeat);
	pass(config.recovery_silence);
	assert_int_equal(signalled("recovery"), 0);
	pass(NANOS_MS);
	assert_int_equal(signalled("recovery"), SIGKILL);
	assert_true(config.recovery_silence < 3 * NANOS_S); /* M-09 */
	assert_non_null(logic_bench_note(&bench, "service.restart"));
	pass(NANOS_S);
	assert_int_equal(signalled("recovery"), 0);
}

static void what_does_not_end_is_killed_after_its_patience(void **state)
{
	(void)state;
	when_command(COMMAND_KIND_STOP, "");
	executor_says(true);
	ended("executor");
	pass(config.stop_patience - NANOS_MS);
	assert_int_equal(signalled("risk"), 0);
	pass(NANOS_MS);
	assert_int_equal(signalled("risk"), SIGKILL);
	ended("risk");
	pass(50 * NANOS_MS);
	assert_int_equal(signalled("redis"), SIGTERM);
	pass(config.stop_patience);
	assert_int_equal(signalled("redis"), SIGKILL);
}

static void one_that_comes_up_while_the_others_end_is_ended_too(void **state)
{
	(void)state;
	ended("risk"); /* being started */
	when_command(COMMAND_KIND_STOP, "");
	executor_says(true);
	started("risk");
	pass(50 * NANOS_MS);
	assert_int_equal(signalled("risk"), SIGTERM);
}

static void a_second_stop_is_answered_at_once(void **state)
{
	(void)state;
	when_command(COMMAND_KIND_STOP, "");
	when_command(COMMAND_KIND_STOP, "");
	assert_true(answered()->done);
	assert_int_equal(logic_bench_count(&bench, EFFECT_CALL, MESSAGE_COMMAND),
	                 0); /* wound down once */
	when_command(COMMAND_KIND_RESTART, "risk");
	assert_false(answered()->done);
}

static void a_signal_stops_it_in_the_same_order(void **state)
{
	(void)state;
	logic_bench_event(&bench, EVENT_STOP);
	assert_int_equal(logic_bench_count(&bench, EFFECT_CALL, MESSAGE_COMMAND), 1);
	executor_says(true);
	assert_int_equal(signalled("risk"), SIGTERM);
}

static void it_says_its_whole_state_again(void **state)
{
	(void)state;
	logic_bench_republish(&bench);
	assert_int_equal(logic_bench_count(&bench, EFFECT_PUBLISH, MESSAGE_CHILD_STATE), 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_starts_every_service_and_a_redis_of_its_own),
		TEST(what_ends_is_started_again_at_once_and_told),
		TEST(what_ends_again_and_again_waits_longer_each_time_but_is_never_given_up),
		TEST(one_that_ran_calmly_is_started_at_once_again),
		TEST(a_delay_above_its_own_bound_is_no_reason_to_die),
		TEST(a_program_that_cannot_be_started_is_tried_again),
		TEST(a_storm_of_ends_halts_entries_and_pages_once),
		TEST(one_that_leaves_by_itself_is_started_again_and_is_no_storm),
		TEST(ends_that_are_far_apart_are_no_storm),
		TEST(a_restart_kills_and_what_was_killed_is_started_again),
		TEST(stop_winds_down_first),
		TEST(then_services_end_before_exchange_and_redis_and_stop_is_answered_last),
		TEST(while_it_winds_down_what_dies_is_started_again),
		TEST(orders_that_are_left_are_told_and_do_not_hold_it_back),
		TEST(an_executor_that_does_not_answer_is_waited_for_so_long_only),
		TEST(an_executor_that_cannot_come_up_is_not_waited_for),
		TEST(a_recovery_that_falls_silent_is_killed_once),
		TEST(what_does_not_end_is_killed_after_its_patience),
		TEST(one_that_comes_up_while_the_others_end_is_ended_too),
		TEST(a_second_stop_is_answered_at_once),
		TEST(a_signal_stops_it_in_the_same_order),
		TEST(it_says_its_whole_state_again),
	};
	return cmocka_run_group_tests_name("supervisor", tests, NULL, NULL);
}
