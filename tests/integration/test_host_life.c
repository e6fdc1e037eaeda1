/* SPDX-License-Identifier: Apache-2.0 */
/* How a service begins and ends. */
#include "tests/lib/host_rig.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/io/exit_code.h"
#include "tests/lib/toy.h"

static struct host_rig rig;

static int set_up(void **state)
{
	(void)state;
	host_rig_open(&rig, "risk");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	host_rig_close(&rig);
	return 0;
}

static void then_exit_code(int code)
{
	int status = host_rig_wait(&rig);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), code);
}

static void then_output_has(const char *text)
{
	char *output = host_rig_output(&rig);
	if (strstr(output, text) == NULL)
		fail_msg("not in the output: %s\n%s", text, output);
	free(output);
}

static void the_first_thing_after_replay_is_start(void **state)
{
	(void)state;
	host_rig_start(&rig);
	host_rig_ask(&rig, "save save answer");
	child_kill(rig.pid);
	host_rig_spawn(&rig);
	struct bus_message message;
	do /* of the new run; said before anybody could ask */
		bus_peer_await(&rig.bw, PEER_HEARD, MESSAGE_HEARTBEAT, &message);
	while (message.body.heartbeat.pid != (uint64_t)rig.pid);
	assert_non_null(strstr(host_rig_ask(&rig, "answer"), " 2"));
}

static void sigterm_ends_it_cleanly(void **state)
{
	(void)state;
	host_rig_start(&rig);
	kill(rig.pid, SIGTERM);
	then_exit_code(EXIT_CODE_OK);
}

static void what_waits_for_the_disk_still_leaves_before_the_end(void **state)
{
	(void)state;
	host_rig_start(&rig);
	host_rig_do(&rig, "save publish exit");
	assert_string_equal(host_rig_expect(&rig, "said"), "said 1");
	then_exit_code(EXIT_CODE_OK);
}

static void what_it_said_last_still_arrives(void **state)
{
	(void)state;
	host_rig_start(&rig);
	host_rig_do(&rig, "publishes:2000 answer exit");
	then_exit_code(EXIT_CODE_OK);
	struct bus_message answer;
	bus_peer_await(&rig.bw, PEER_ANSWERED, MESSAGE_COMMAND_RESULT, &answer);
	host_rig_expect(&rig, "said 2000");
}

static void told_to_stop_its_heartbeat_says_so(void **state)
{
	struct bus_message message;
	(void)state;
	strcpy(rig.extra, "stubborn=true");
	host_rig_start(&rig);
	kill(rig.pid, SIGTERM);
	do
		bus_peer_await(&rig.bw, PEER_HEARD, MESSAGE_HEARTBEAT, &message);
	while (message.body.heartbeat.status != SERVICE_STATUS_STOPPING);
}

static void a_second_signal_ends_one_that_does_not_stop_by_itself(void **state)
{
	struct bus_message message;
	(void)state;
	strcpy(rig.extra, "stubborn=true");
	host_rig_start(&rig);
	kill(rig.pid, SIGTERM);
	do
		bus_peer_await(&rig.bw, PEER_HEARD, MESSAGE_HEARTBEAT, &message);
	while (message.body.heartbeat.status != SERVICE_STATUS_STOPPING);
	assert_true(child_is_running(rig.pid));
	kill(rig.pid, SIGINT);
	then_exit_code(EXIT_CODE_OK);
}

static void a_second_one_on_the_same_state_is_refused_and_the_first_lives_on(void **state)
{
	(void)state;
	host_rig_start(&rig);
	pid_t first = rig.pid;
	host_rig_spawn(&rig);
	then_exit_code(EXIT_CODE_RUNNING);
	then_output_has("runs already on this state directory");
	rig.pid = first;
	host_rig_ask(&rig, "answer");
}

static void a_killed_one_leaves_no_lock_behind(void **state)
{
	(void)state;
	host_rig_start(&rig);
	child_kill(rig.pid);
	host_rig_start(&rig);
}

static void given_stack(const char *line)
{
	char *stack = scratch_read(&rig.scratch, "profile/stack.yaml", NULL);
	char text[1000];
	snprintf(text, sizeof text, "%s%s\n", stack, line);
	scratch_write_text(&rig.scratch, "profile/stack.yaml", text);
	free(stack);
}

static void a_wrong_configuration_names_file_line_and_column(void **state)
{
	(void)state;
	given_stack("call_repeat_typo: 20ms");
	host_rig_spawn(&rig);
	then_exit_code(EXIT_CODE_CONFIG);
	then_output_has("stack.yaml:9:1");
}

static void a_value_out_of_bounds_names_file_line_and_column(void **state)
{
	(void)state;
	given_stack("log_files_max: 0");
	host_rig_spawn(&rig);
	then_exit_code(EXIT_CODE_CONFIG);
	then_output_has("stack.yaml:9:16");
}

static void a_wrong_override_names_its_key(void **state)
{
	(void)state;
	strcpy(rig.extra, "stack.heartbeat=1h");
	host_rig_spawn(&rig);
	then_exit_code(EXIT_CODE_CONFIG);
	then_output_has("heartbeat");
}

static void a_profile_that_is_not_there_is_said_with_the_remedy(void **state)
{
	(void)state;
	strcpy(rig.profile, "/nowhere/at/all");
	host_rig_spawn(&rig);
	then_exit_code(EXIT_CODE_CONFIG);
	then_output_has("stack.yaml");
}

static void a_seal_key_that_others_may_read_is_refused_by_name(void **state)
{
	(void)state;
	mkdir(scratch_path(&rig.scratch, "state/keys"), 0700);
	chmod(scratch_write(&rig.scratch, "state/keys/seal.key", "0123456789abcdef0123456789abcdef",
	                    32),
	      0644);
	host_rig_spawn(&rig);
	then_exit_code(EXIT_CODE_FAILURE);
	then_output_has("seal.key");
}

static void a_state_directory_that_cannot_be_written_is_said_by_name(void **state)
{
	(void)state;
	scratch_write_text(&rig.scratch, "state/risk", "a file in the way");
	host_rig_spawn(&rig);
	then_exit_code(EXIT_CODE_FAILURE);
	then_output_has("state/risk");
}

static void an_unknown_argument_is_a_usage_error(void **state)
{
	char *argv[] = {"/proc/self/exe", "--toy", "risk", "--no-such-thing", NULL};
	(void)state;
	rig.pid = child_start(argv, rig.output);
	then_exit_code(EXIT_CODE_USAGE);
	then_output_has("--help");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--toy") == 0)
		return toy_main(argc - 1, argv + 1);
	const struct CMUnitTest tests[] = {
		TEST(the_first_thing_after_replay_is_start),
		TEST(sigterm_ends_it_cleanly),
		TEST(what_waits_for_the_disk_still_leaves_before_the_end),
		TEST(what_it_said_last_still_arrives),
		TEST(told_to_stop_its_heartbeat_says_so),
		TEST(a_second_signal_ends_one_that_does_not_stop_by_itself),
		TEST(a_second_one_on_the_same_state_is_refused_and_the_first_lives_on),
		TEST(a_killed_one_leaves_no_lock_behind),
		TEST(a_wrong_configuration_names_file_line_and_column),
		TEST(a_value_out_of_bounds_names_file_line_and_column),
		TEST(a_wrong_override_names_its_key),
		TEST(a_profile_that_is_not_there_is_said_with_the_remedy),
		TEST(a_seal_key_that_others_may_read_is_refused_by_name),
		TEST(a_state_directory_that_cannot_be_written_is_said_by_name),
		TEST(an_unknown_argument_is_a_usage_error),
	};
	return cmocka_run_group_tests_name("host_life", tests, NULL, NULL);
}
