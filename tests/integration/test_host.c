/* SPDX-License-Identifier: Apache-2.0 */
/* The laws of the outbox (docs/architecture.md), with a real process, real sockets and a real disk.
 */
#include "tests/lib/host_rig.h"

#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/io/journal.h"
#include "tests/lib/peer.h"
#include "tests/lib/toy.h"

static struct host_rig rig;
static struct bus_peer executor;

static int set_up(void **state)
{
	(void)state;
	host_rig_open(&rig, "risk");
	host_rig_start(&rig);
	return 0;
}

static int set_up_only(void **state)
{
	(void)state;
	host_rig_open(&rig, "risk");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	bus_peer_close(&executor);
	host_rig_close(&rig);
	return 0;
}

/* The journal as another process sees it on disk. */
struct records {
	size_t count;
	nanos_t now[64];
	uint64_t entropy[64];
	struct journal_latch bodies[64];
};

static void take_record(void *context, const struct journal_record *record)
{
	struct records *records = context;
	assert_true(records->count < 64);
	records->now[records->count] = record->now;
	records->entropy[records->count] = record->entropy;
	assert_int_equal(codec_unpack_body(record->type, record->payload, record->size,
	                                   &records->bodies[records->count],
	                                   sizeof records->bodies[0]),
	                 OK);
	records->count++;
}

static struct records read_journal(void)
{
	struct records records = {0};
	struct journal_report report;
	text_t why;
	char directory[200];
	snprintf(directory, sizeof directory, "%s/risk", rig.state);
	assert_int_equal(journal_read(directory, take_record, &records, &report, &why), OK);
	return records;
}

/* laws 1 and 2: order, and records first */

static void effects_happen_in_the_order_listed(void **state)
{
	(void)state;
	host_rig_do(&rig, "publish save publish buffered publish save save publish timer");
	for (unsigned i = 1; i <= 4; i++) {
		char expected[20];
		snprintf(expected, sizeof expected, "said %u", i);
		assert_string_equal(host_rig_expect(&rig, "said"), expected);
	}
	host_rig_expect(&rig, "timer");
	assert_int_equal(read_journal().count, 4);
}

static void what_stands_behind_a_save_that_fails_does_not_happen_and_the_logic_is_told(void **state)
{
	(void)state;
	host_rig_ask(&rig, "save answer");
	host_rig_do(&rig, "full publish save publish call:5");
	assert_string_equal(host_rig_expect(&rig, ""), "said 1");
	assert_string_equal(host_rig_expect(&rig, ""), "save_failed");
	assert_int_equal(host_rig_count(&rig, "said"), 0);
	assert_int_equal(read_journal().count, 1);
}

static void after_a_failed_save_the_rest_goes_on_and_no_save_pretends(void **state)
{
	(void)state;
	host_rig_do(&rig, "full save");
	host_rig_expect(&rig, "save_failed");
	host_rig_do(&rig, "publish save publish");
	assert_string_equal(host_rig_expect(&rig, "said"), "said 1");
	assert_int_equal(host_rig_count(&rig, "said"), 0);
	assert_int_equal(host_rig_beat(&rig).status, SERVICE_STATUS_DEGRADED);
}

static void nothing_leaves_before_its_record_is_on_disk(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= 60; i++) {
		host_rig_do(&rig, i % 2 == 0 ? "save publish" : "buffered publish");
		host_rig_expect(&rig, "said");
		assert_true(read_journal().count >= i);
	}
}

static void nothing_overtakes_a_pending_save_of_an_earlier_step(void **state)
{
	(void)state;
	host_rig_do(&rig, "full save");
	host_rig_do(&rig, "publish"); /* needs no record itself, but stands behind one that fails */
	host_rig_expect(&rig, "save_failed");
	unsigned said = host_rig_count(&rig, "said");
	assert_in_range(said, 0, 1); /* 1 when the failure was known before it was asked for */
}

static void effects_of_steps_with_and_without_records_leave_in_one_order(void **state)
{
	enum { ROUNDS = 40, BURST = 30 };
	char expected[20];
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < BURST; i++)
			host_rig_do(&rig,
			            i % 2 == 0 ? "buffered publish answer" : "publish answer");
		for (unsigned i = 1; i <= BURST; i++) {
			snprintf(expected, sizeof expected, "said %u", round * BURST + i);
			assert_string_equal(host_rig_expect(&rig, "said"), expected);
		}
	}
}

/* law 3: every call ends once */

static void given_executor(void)
{
	bus_peer_open(&executor, rig.run, "executor", 31, true);
	bus_peer_connect(&executor, "risk");
}

static struct bus_message asked(void)
{
	struct bus_message message;
	bus_peer_await(&executor, PEER_ASKED, MESSAGE_APPROVAL, &message);
	return message;
}

static void reply_to(const struct bus_message *message)
{
	struct receipt receipt = {.intent_id = message->body.approval.intent_id, .accepted = true};
	bus_peer_answer(&executor, message, MESSAGE_RECEIPT, &receipt);
}

static void an_answer_comes_back_once_with_the_token_of_its_call(void **state)
{
	(void)state;
	given_executor();
	host_rig_do(&rig, "patience:20000 call:41 call:42");
	struct bus_message first = asked(), second = asked();
	while (second.body.approval.intent_id.low == first.body.approval.intent_id.low)
		second = asked();
	reply_to(&second);
	reply_to(&second);
	reply_to(&first);
	assert_string_equal(host_rig_expect(&rig, "reply"), "reply 42 receipt");
	assert_string_equal(host_rig_expect(&rig, "reply"), "reply 41 receipt");
	assert_int_equal(host_rig_count(&rig, "reply"), 0);
	assert_true(host_rig_beat(&rig).dropped >= 1); /* the second answer to 42 */
}

static void a_call_to_a_peer_that_is_not_there_ends_as_never_sent(void **state)
{
	(void)state;
	host_rig_do(&rig, "patience:50 call:7");
	assert_string_equal(host_rig_expect(&rig, "reply"),
	                    "reply 7 call_failed unsent not connected");
}

static void a_silent_peer_is_asked_again_with_the_same_bytes_until_the_call_ends(void **state)
{
	(void)state;
	given_executor();
	host_rig_do(&rig, "patience:500 call:7");
	struct bus_message first = asked(), again = asked();
	assert_int_equal(first.size, again.size);
	assert_memory_equal(first.frame, again.frame, first.size);
	assert_string_equal(host_rig_expect(&rig, "reply"),
	                    "reply 7 call_failed sent no answer in time");
}

static void a_late_answer_is_dropped_and_counted(void **state)
{
	(void)state;
	given_executor();
	host_rig_do(&rig, "patience:100 call:7");
	struct bus_message request = asked();
	host_rig_expect(&rig, "reply 7 call_failed");
	uint64_t dropped = host_rig_beat(&rig).dropped;
	reply_to(&request);
	while (host_rig_beat(&rig).dropped == dropped)
		;
	assert_int_equal(host_rig_beat(&rig).dropped, dropped + 1);
	assert_int_equal(host_rig_count(&rig, "reply 7"), 0);
}

static void more_calls_than_can_be_under_way_all_end_too(void **state)
{
	enum { CALLS = 2000 };
	static unsigned ends[CALLS + 1];
	(void)state;
	memset(ends, 0, sizeof ends);
	host_rig_do(&rig, "patience:50 calls:2000");
	for (unsigned i = 0; i < CALLS; i++) {
		unsigned long token =
			strtoul(host_rig_expect(&rig, "reply") + strlen("reply "), NULL, 10);
		assert_in_range(token, 1, CALLS);
		ends[token]++;
	}
	for (unsigned i = 1; i <= CALLS; i++)
		assert_int_equal(ends[i], 1);
}

/* law 4: repeats */

static size_t pack_command(const char *script, uint8_t frame[2048])
{
	struct command command = {
		.kind = COMMAND_KIND_HALT, .actor = name_from("x"), .reason = text_from(script)};
	return bus_peer_pack(&rig.bw, MESSAGE_COMMAND, &command, 5, 0, frame);
}

static void a_request_that_comes_twice_has_one_effect_and_one_answer(void **state)
{
	uint8_t frame[2048];
	struct bus_message first, second;
	(void)state;
	size_t size = pack_command("save answer", frame);
	bus_peer_ask(&rig.bw, frame, size);
	bus_peer_ask(&rig.bw, frame, size);
	bus_peer_await(&rig.bw, PEER_ANSWERED, MESSAGE_COMMAND_RESULT, &first);
	bus_peer_ask(&rig.bw, frame, size);
	bus_peer_await(&rig.bw, PEER_ANSWERED, MESSAGE_COMMAND_RESULT, &second);
	assert_int_equal(first.size, second.size);
	assert_memory_equal(first.frame, second.frame, first.size);
	host_rig_ask(&rig, "answer");
	assert_int_equal(read_journal().count, 1);
}

static void a_request_that_comes_again_from_a_new_connection_gets_the_same_answer(void **state)
{
	uint8_t frame[2048];
	struct bus_message first, second;
	struct bus_peer again;
	(void)state;
	size_t size = pack_command("save answer", frame);
	bus_peer_ask(&rig.bw, frame, size);
	bus_peer_await(&rig.bw, PEER_ANSWERED, MESSAGE_COMMAND_RESULT, &first);
	bus_peer_open(&again, rig.run, "bw", 21, false);
	bus_peer_connect(&again, "risk");
	bus_peer_ask(&again, frame, size);
	bus_peer_await(&again, PEER_ANSWERED, MESSAGE_COMMAND_RESULT, &second);
	assert_memory_equal(first.frame, second.frame, first.size);
	assert_int_equal(read_journal().count, 1);
	bus_peer_close(&again);
}

static void a_repeat_while_the_answer_is_pending_has_no_second_effect(void **state)
{
	uint8_t frame[2048];
	struct bus_message message;
	(void)state;
	size_t size = pack_command("later save", frame);
	bus_peer_ask(&rig.bw, frame, size);
	bus_peer_ask(&rig.bw, frame, size);
	host_rig_do(&rig, "timer");
	bus_peer_await(&rig.bw, PEER_ANSWERED, MESSAGE_COMMAND_RESULT, &message);
	assert_int_equal(message.envelope.correlation, 5);
	host_rig_ask(&rig, "answer");
	assert_int_equal(read_journal().count, 1);
}

/* law 5: time and chance */

/* That it never goes back, nor chance repeats, the toy watches in every test. */
static void the_time_and_chance_of_a_step_are_journaled_with_its_records(void **state)
{
	char seen[100];
	(void)state;
	for (unsigned i = 0; i < 10; i++)
		host_rig_ask(&rig, "save publish save answer");
	struct records records = read_journal();
	assert_int_equal(records.count, 20);
	for (size_t i = 0; i < records.count; i++) {
		snprintf(seen, sizeof seen, "%" PRId64 " %" PRIu64, records.now[i],
		         records.entropy[i]);
		assert_string_equal(records.bodies[i].reason.text, seen);
		assert_true(i == 0 || records.now[i] >= records.now[i - 1]);
	}
	assert_int_equal(records.entropy[0], records.entropy[1]);
	assert_int_not_equal(records.entropy[1], records.entropy[2]);
}

/* law 6: replay */

static void a_killed_service_comes_back_with_the_same_state(void **state)
{
	char before[100];
	(void)state;
	for (unsigned i = 0; i < 20; i++)
		host_rig_do(&rig, i % 3 == 0 ? "save buffered" : "buffered");
	snprintf(before, sizeof before, "%s", host_rig_ask(&rig, "save answer"));
	child_kill(rig.pid);
	host_rig_start(&rig);
	assert_string_equal(host_rig_ask(&rig, "answer"), before);
	assert_non_null(strstr(before, " 28"));
}

static void a_stopped_service_comes_back_by_the_same_path(void **state)
{
	char before[100];
	(void)state;
	snprintf(before, sizeof before, "%s", host_rig_ask(&rig, "save buffered answer"));
	kill(rig.pid, SIGTERM);
	assert_int_equal(host_rig_wait(&rig), 0);
	host_rig_start(&rig);
	assert_string_equal(host_rig_ask(&rig, "answer"), before);
}

/* law 7: bounds */

static void an_outbox_that_overflows_ends_the_process(void **state)
{
	(void)state;
	host_rig_do(&rig, "overflow");
	int status = host_rig_wait(&rig);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

/* law 8: secrets */

static const char API_KEY[] = "CanaryApiKey4711", SECRET[] = "CanarySecret4711";

static int find_canary(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
	(void)ftw;
	if (type != FTW_F || info->st_size == 0 || strstr(path, "account.key") != NULL)
		return 0;
	FILE *file = fopen(path, "re");
	char *bytes = malloc((size_t)info->st_size);
	size_t size = fread(bytes, 1, (size_t)info->st_size, file);
	int found = memmem(bytes, size, API_KEY, strlen(API_KEY)) != NULL ||
	            memmem(bytes, size, SECRET, strlen(SECRET)) != NULL;
	if (found)
		print_error("a secret stands in %s\n", path);
	fclose(file);
	free(bytes);
	return found;
}

static void given_key_and_exchange(unsigned port)
{
	char text[700];
	const char *key = scratch_path(&rig.scratch, "account.key");
	snprintf(text, sizeof text, "api_key: %s\nsecret: %s\n", API_KEY, SECRET);
	scratch_write_text(&rig.scratch, "account.key", text);
	chmod(key, 0600);
	char *stack = scratch_read(&rig.scratch, "profile/stack.yaml", NULL);
	snprintf(text, sizeof text, "%skey_file: %s\nrest_url: http://127.0.0.1:%u\n", stack, key,
	         port);
	scratch_write_text(&rig.scratch, "profile/stack.yaml", text);
	free(stack);
}

static void secrets_never_stand_in_a_log_a_journal_or_anything_else_on_disk(void **state)
{
	char note[100];
	(void)state;
	struct rogue *exchange = rogue_open(ROGUE_FIN, 100);
	given_key_and_exchange(rogue_port(exchange));
	host_rig_start(&rig);
	snprintf(note, sizeof note, "note save answer %s %s", API_KEY,
	         SECRET); /* even if a logic came by them */
	host_rig_ask(&rig, note);
	host_rig_do(&rig, "http save");
	host_rig_expect(&rig, "reply 1 venue_answer");
	assert_true(rogue_requests(exchange) >=
	            1); /* signed: without the key it would have been an assertion */
	kill(rig.pid, SIGTERM);
	assert_int_equal(host_rig_wait(&rig), 0);
	assert_int_equal(nftw(rig.scratch.path, find_canary, 16, FTW_PHYS), 0);
	char *log = NULL;
	char name[300] = "";
	assert_true(scratch_count(&rig.scratch, "state/logs/risk", "info", name) >= 1);
	char path[400];
	snprintf(path, sizeof path, "state/logs/risk/%s", name);
	log = scratch_read(&rig.scratch, path, NULL);
	assert_non_null(strstr(log, "note save answer [secret] [secret]"));
	free(log);
	rogue_close(&exchange);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--toy") == 0)
		return toy_main(argc - 1, argv + 1);
	const struct CMUnitTest tests[] = {
		TEST(effects_happen_in_the_order_listed),
		TEST(what_stands_behind_a_save_that_fails_does_not_happen_and_the_logic_is_told),
		TEST(after_a_failed_save_the_rest_goes_on_and_no_save_pretends),
		TEST(nothing_leaves_before_its_record_is_on_disk),
		TEST(nothing_overtakes_a_pending_save_of_an_earlier_step),
		TEST(effects_of_steps_with_and_without_records_leave_in_one_order),
		TEST(an_answer_comes_back_once_with_the_token_of_its_call),
		TEST(a_call_to_a_peer_that_is_not_there_ends_as_never_sent),
		TEST(a_silent_peer_is_asked_again_with_the_same_bytes_until_the_call_ends),
		TEST(a_late_answer_is_dropped_and_counted),
		TEST(more_calls_than_can_be_under_way_all_end_too),
		TEST(a_request_that_comes_twice_has_one_effect_and_one_answer),
		TEST(a_request_that_comes_again_from_a_new_connection_gets_the_same_answer),
		TEST(a_repeat_while_the_answer_is_pending_has_no_second_effect),
		TEST(the_time_and_chance_of_a_step_are_journaled_with_its_records),
		TEST(a_killed_service_comes_back_with_the_same_state),
		TEST(a_stopped_service_comes_back_by_the_same_path),
		TEST(an_outbox_that_overflows_ends_the_process),
		cmocka_unit_test_setup_teardown(
			secrets_never_stand_in_a_log_a_journal_or_anything_else_on_disk,
			set_up_only, tear_down),
	};
	return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
