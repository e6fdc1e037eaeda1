/* SPDX-License-Identifier: Apache-2.0 */
/* What a service raised and nobody heard: its process may be killed, the alert isn't lost. */
#include "tests/lib/host_rig.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zmq.h>

#include "tests/lib/toy.h"

enum { SAID_MAX = 40 };

struct said {
	size_t count;
	struct alert alerts[SAID_MAX];
};

static struct host_rig rig;
static uint64_t nonce;

static int set_up(void **state)
{
	(void)state;
	host_rig_open(&rig, "risk");
	host_rig_start(&rig);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	host_rig_close(&rig);
	return 0;
}

static void given_nobody_listens(void)
{
	assert_int_equal(zmq_setsockopt(rig.bw.sockets[PEER_HEARD], ZMQ_UNSUBSCRIBE, "", 0), 0);
}

static void given_raised(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		host_rig_ask(&rig, "alert answer");
}

static void when_killed_and_started_again(void)
{
	child_kill(rig.pid);
	assert_int_equal(zmq_setsockopt(rig.bw.sockets[PEER_HEARD], ZMQ_SUBSCRIBE, "", 0), 0);
	host_rig_start(&rig);
}

/* The alerts of one resync, and nothing that was under way before it. */
static struct said when_asked_for_all(void)
{
	struct said said = {0};
	struct bus_message message;
	struct resync_request request = {.nonce = ++nonce};
	uint8_t frame[2048];
	while (bus_peer_next(&rig.bw, PEER_HEARD, &message, 0))
		;
	size_t size = bus_peer_pack(&rig.bw, MESSAGE_RESYNC_REQUEST, &request,
	                            rig.bw.sequences[MESSAGE_RESYNC_REQUEST] + 1, 0, frame);
	bus_peer_ask(&rig.bw, frame, size);
	while (bus_peer_next(&rig.bw, PEER_HEARD, &message, PATIENCE_MS)) {
		if (message.envelope.type == MESSAGE_RESYNC_DONE)
			return said;
		if (message.envelope.type != MESSAGE_ALERT)
			continue;
		assert_true(said.count < SAID_MAX);
		memcpy(&said.alerts[said.count++], message.body.bytes, sizeof said.alerts[0]);
	}
	fail_msg("it didn't say that this was all");
	return said;
}

static void what_nobody_heard_before_it_was_killed_the_next_run_says(void **state)
{
	(void)state;
	given_nobody_listens();
	given_raised(2);
	when_killed_and_started_again();
	nanos_t started = host_rig_beat(&rig).started;
	struct said said = when_asked_for_all();
	assert_int_equal(said.count, 2);
	assert_string_equal(said.alerts[0].text.text, "alert 1");
	assert_string_equal(said.alerts[1].text.text, "alert 2");
	for (size_t i = 0; i < said.count; i++) {
		assert_string_equal(said.alerts[i].origin.text, "risk");
		assert_int_equal(said.alerts[i].severity, SEVERITY_CRITICAL);
		assert_true(said.alerts[i].at < started);
	}
}

static void every_run_says_them_unchanged_and_its_own_behind(void **state)
{
	(void)state;
	given_raised(1);
	when_killed_and_started_again();
	given_raised(1);
	struct said before = when_asked_for_all();
	assert_int_equal(before.count, 2);
	when_killed_and_started_again();
	struct said after = when_asked_for_all();
	assert_int_equal(after.count, 2);
	for (size_t i = 0; i < 2; i++)
		assert_memory_equal(&before.alerts[i], &after.alerts[i], sizeof before.alerts[i]);
	assert_true(after.alerts[0].at < after.alerts[1].at);
}

static void of_more_than_are_kept_the_newest_are_said(void **state)
{
	(void)state;
	given_raised(35);
	when_killed_and_started_again();
	struct said said = when_asked_for_all();
	assert_int_equal(said.count, 32);
	assert_string_equal(said.alerts[0].text.text, "alert 4");
	assert_string_equal(said.alerts[31].text.text, "alert 35");
}

static void a_file_that_cannot_be_opened_is_logged_and_stops_nothing(void **state)
{
	char name[300] = "", path[400];
	(void)state;
	child_kill(rig.pid);
	unlink(scratch_path(&rig.scratch, "state/risk/alerts.spool"));
	mkdir(scratch_path(&rig.scratch, "state/risk/alerts.spool"), 0700);
	host_rig_start(&rig);
	given_raised(3);
	assert_int_equal(when_asked_for_all().count, 3);
	kill(rig.pid, SIGTERM);
	assert_int_equal(host_rig_wait(&rig), 0);
	assert_true(scratch_count(&rig.scratch, "state/logs/risk", "error", name) >= 1);
	snprintf(path, sizeof path, "state/logs/risk/%s", name);
	char *log = scratch_read(&rig.scratch, path, NULL);
	const char *first = strstr(log, "spool.failed");
	assert_non_null(first);
	assert_null(strstr(first + 1, "spool.failed"));
	free(log);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--toy") == 0)
		return toy_main(argc - 1, argv + 1);
	const struct CMUnitTest tests[] = {
		TEST(what_nobody_heard_before_it_was_killed_the_next_run_says),
		TEST(every_run_says_them_unchanged_and_its_own_behind),
		TEST(of_more_than_are_kept_the_newest_are_said),
		TEST(a_file_that_cannot_be_opened_is_logged_and_stops_nothing),
	};
	return cmocka_run_group_tests_name("host_alerts", tests, NULL, NULL);
}
