/* SPDX-License-Identifier: Apache-2.0 */
/* The view against a redis-server of the test's own, on a unix socket. */
#include "common/io/view.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <hiredis/hiredis.h>

#include "common/io/clock.h"
#include "common/io/process.h"
#include "tests/lib/scratch.h"

enum { EPOCH = 77, STARTED = 1000 };

static struct scratch scratch;
static struct processes *processes;
static struct view *view;
static redisContext *peer;
static text_t why;
static char address[128];
static const name_t executor = {8, "executor"}, redis_name = {5, "redis"};

#define EVENTUALLY(condition) \
	do { \
		nanos_t until = clock_stamp() + 30 * NANOS_S; \
		while (!(condition)) { \
			if (clock_stamp() > until) \
				fail_msg("never came true: %s", #condition); \
			poll(NULL, 0, 2); \
		} \
	} while (0)

static bool connect_peer(void)
{
	if (peer != NULL)
		redisFree(peer);
	peer = redisConnectUnix(address + strlen("unix:"));
	return peer != NULL && peer->err == 0;
}

/* The reply as text, "(nil)" for none; good until the next call. */
static const char *ask(const char *command)
{
	static char text[4096];
	redisReply *reply = redisCommand(peer, command);

	if (reply == NULL)
		return "(no connection)";
	if (reply->type == REDIS_REPLY_INTEGER)
		snprintf(text, sizeof text, "%lld", reply->integer);
	else
		snprintf(text, sizeof text, "%s", reply->str != NULL ? reply->str : "(nil)");
	freeReplyObject(reply);
	return text;
}

static void start_redis(void)
{
	char *const argv[] = {"redis-server",
	                      "--port",
	                      "0",
	                      "--unixsocket",
	                      address + strlen("unix:"),
	                      "--save",
	                      "",
	                      "--appendonly",
	                      "no",
	                      NULL};
	uint64_t pid;

	if (processes_start(processes, &redis_name, argv, scratch_path(&scratch, "redis.log"), &pid,
	                    &why) != OK)
		fail_msg("%s", why.text);
	EVENTUALLY(connect_peer());
}

static void kill_redis(void)
{
	struct process_end end;

	assert_int_equal(processes_signal(processes, &redis_name, SIGKILL), OK);
	EVENTUALLY(processes_next(processes, &end));
}

static struct view *open_view(uint64_t epoch, nanos_t started)
{
	struct view *opened = NULL;

	if (view_open(&opened, address, &executor, epoch, started, &why) != OK)
		fail_msg("%s", why.text);
	return opened;
}

static int set_up(void **state)
{
	(void)state;
	scratch_open(&scratch);
	snprintf(address, sizeof address, "unix:%s/redis.sock", scratch.path);
	return processes_open(&processes) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	view_close(&view);
	if (peer != NULL)
		redisFree(peer);
	peer = NULL;
	processes_close(&processes);
	scratch_close(&scratch);
	return 0;
}

static void put(struct view *to, const char *symbol, const char *free_amount, unsigned lifetime_s)
{
	struct balance balance = {.asset = name_from(symbol), .free = decimal_of(free_amount)};

	view_put(to, message_info(MESSAGE_BALANCE), &balance, symbol, lifetime_s);
}

static void start_with_view(void)
{
	start_redis();
	view = open_view(EPOCH, STARTED);
	EVENTUALLY(view_wants_all(view));
}

static void every_field_is_a_text_in_the_hash(void **state)
{
	struct trading_state trading = {.status = TRADING_STATUS_HALTED,
	                                .reason = text_from("two words")};
	(void)state;

	start_with_view();
	put(view, "BTC", "0.50", 0);
	view_put(view, message_info(MESSAGE_TRADING_STATE), &trading, "", 0);
	EVENTUALLY(view_writes(view) > 0 &&
	           strcmp(ask("EXISTS breakwater:executor:trading_state"), "1") == 0);
	assert_string_equal(ask("HGET breakwater:executor:balance:BTC asset"), "BTC");
	assert_string_equal(ask("HGET breakwater:executor:balance:BTC free"), "0.5");
	assert_string_equal(ask("TTL breakwater:executor:balance:BTC"), "-1");
	assert_string_equal(ask("HGET breakwater:executor:trading_state status"), "HALTED");
	assert_string_equal(ask("HGET breakwater:executor:trading_state reason"), "two words");
	assert_string_equal(ask("GET breakwater:executor:epoch"), "1000 77");
	char count[16];
	snprintf(count, sizeof count, "%zu", message_info(MESSAGE_BALANCE)->field_count);
	assert_string_equal(ask("HLEN breakwater:executor:balance:BTC"), count);
}

static void a_lifetime_ends_the_key(void **state)
{
	(void)state;
	start_with_view();
	put(view, "BTC", "1", 3);
	EVENTUALLY(strcmp(ask("EXISTS breakwater:executor:balance:BTC"), "1") == 0);
	assert_in_range(atoi(ask("TTL breakwater:executor:balance:BTC")), 1, 3);
}

static void the_newest_value_of_a_key_wins_while_redis_is_away(void **state)
{
	char text[32];
	(void)state;

	view = open_view(EPOCH, STARTED);
	for (int i = 1; i <= 1000; i++) {
		snprintf(text, sizeof text, "%d", i);
		put(view, "BTC", text, 0);
		put(view, "ETH", text, 0);
	}
	assert_false(view_is_up(view));
	start_redis();
	EVENTUALLY(view_is_up(view));
	EVENTUALLY(strcmp(ask("HGET breakwater:executor:balance:ETH free"), "1000") == 0);
	assert_string_equal(ask("HGET breakwater:executor:balance:BTC free"), "1000");
	assert_int_equal(view_writes(view), 1);
	assert_int_equal(view_dropped(view), 0);
}

static void what_waits_is_bounded_and_the_oldest_goes(void **state)
{
	char symbol[32];
	(void)state;

	view = open_view(EPOCH, STARTED);
	for (int i = 0; i < 8192 + 5; i++) {
		snprintf(symbol, sizeof symbol, "S%d", i);
		put(view, symbol, "1", 0);
	}
	assert_int_equal(view_dropped(view), 5);
	start_redis();
	EVENTUALLY(strcmp(ask("EXISTS breakwater:executor:balance:S8196"), "1") == 0);
	assert_string_equal(ask("DBSIZE"), "8193");
	assert_string_equal(ask("EXISTS breakwater:executor:balance:S4"), "0");
	assert_string_equal(ask("EXISTS breakwater:executor:balance:S5"), "1");
}

static void a_flush_makes_it_want_all_again(void **state)
{
	(void)state;
	start_with_view();
	put(view, "BTC", "1", 0);
	EVENTUALLY(strcmp(ask("EXISTS breakwater:executor:balance:BTC"), "1") == 0);
	assert_false(view_wants_all(view));
	ask("FLUSHALL");
	put(view, "ETH", "1", 0);
	EVENTUALLY(view_wants_all(view));
	EVENTUALLY(strcmp(ask("EXISTS breakwater:executor:balance:ETH"), "1") == 0);
	assert_string_equal(ask("GET breakwater:executor:epoch"), "1000 77");
}

static void a_flush_is_seen_when_nothing_is_published_too(void **state)
{
	(void)state;
	start_with_view();
	ask("FLUSHALL");
	EVENTUALLY(view_wants_all(view));
	assert_string_equal(ask("GET breakwater:executor:epoch"), "1000 77");
}

static void after_a_crash_of_redis_it_writes_on_and_wants_all(void **state)
{
	(void)state;
	start_with_view();
	put(view, "BTC", "1", 0);
	EVENTUALLY(strcmp(ask("EXISTS breakwater:executor:balance:BTC"), "1") == 0);
	kill_redis();
	put(view, "BTC", "2", 0);
	EVENTUALLY(!view_is_up(view));
	put(view, "ETH", "3", 0);
	assert_false(view_wants_all(view));
	start_redis();
	EVENTUALLY(view_wants_all(view));
	EVENTUALLY(strcmp(ask("HGET breakwater:executor:balance:BTC free"), "2") == 0);
	EVENTUALLY(strcmp(ask("HGET breakwater:executor:balance:ETH free"), "3") == 0);
}

static void an_older_run_falls_silent_when_a_younger_one_writes(void **state)
{
	(void)state;
	start_with_view();
	put(view, "BTC", "1", 0);
	EVENTUALLY(strcmp(ask("HGET breakwater:executor:balance:BTC free"), "1") == 0);
	struct view *younger = open_view(5, STARTED + 1);
	EVENTUALLY(view_wants_all(younger));
	assert_string_equal(ask("GET breakwater:executor:epoch"), "1001 5");
	put(younger, "BTC", "2", 0);
	EVENTUALLY(strcmp(ask("HGET breakwater:executor:balance:BTC free"), "2") == 0);
	put(view, "BTC", "3", 0);
	EVENTUALLY(view_is_fenced(view));
	assert_false(view_is_up(view));
	put(view, "BTC", "4", 0);
	put(younger, "BTC", "5", 0);
	EVENTUALLY(strcmp(ask("HGET breakwater:executor:balance:BTC free"), "5") == 0);
	assert_false(view_is_fenced(younger));
	assert_string_equal(ask("GET breakwater:executor:epoch"), "1001 5");
	view_close(&younger);
}

static void a_younger_run_takes_over_from_an_older_one(void **state)
{
	(void)state;
	start_redis();
	ask("SET breakwater:executor:epoch nonsense");
	view = open_view(EPOCH, STARTED);
	EVENTUALLY(strcmp(ask("GET breakwater:executor:epoch"), "1000 77") == 0);
	view_close(&view);
	view = open_view(EPOCH - 1, STARTED + 1);
	EVENTUALLY(view_wants_all(view));
	assert_string_equal(ask("GET breakwater:executor:epoch"), "1001 76");
}

static void nothing_waits_for_a_stopped_redis(void **state)
{
	(void)state;
	start_with_view();
	put(view, "BTC", "1", 0);
	EVENTUALLY(strcmp(ask("EXISTS breakwater:executor:balance:BTC"), "1") == 0);
	assert_int_equal(processes_signal(processes, &redis_name, SIGSTOP), OK);
	nanos_t slowest = 0;
	for (int i = 0; i < 20000; i++) {
		nanos_t begin = clock_stamp();
		put(view, "BTC", "2", 0);
		nanos_t took = clock_stamp() - begin;
		slowest = took > slowest ? took : slowest;
	}
	EVENTUALLY(!view_is_up(view));
	nanos_t begin = clock_stamp();
	view_close(&view);
	nanos_t close_took = clock_stamp() - begin;
	assert_int_equal(processes_signal(processes, &redis_name, SIGCONT), OK);
	print_message("slowest put %lld us, close %lld ms\n", (long long)(slowest / NANOS_US),
	              (long long)(close_took / NANOS_MS));
	assert_true(slowest < 400 * NANOS_MS); /* the time limit of one Redis reply is 500 ms */
	assert_true(close_took < 5 * NANOS_S);
}

static void it_goes_on_when_a_stopped_redis_continues(void **state)
{
	(void)state;
	start_with_view();
	assert_int_equal(processes_signal(processes, &redis_name, SIGSTOP), OK);
	put(view, "BTC", "7", 0);
	EVENTUALLY(!view_is_up(view));
	assert_int_equal(processes_signal(processes, &redis_name, SIGCONT), OK);
	EVENTUALLY(view_wants_all(view));
	EVENTUALLY(strcmp(ask("HGET breakwater:executor:balance:BTC free"), "7") == 0);
}

static void an_error_of_redis_is_tried_again(void **state)
{
	(void)state;
	start_with_view();
	ask("CONFIG SET maxmemory 1");
	put(view, "BTC", "1", 0);
	EVENTUALLY(!view_is_up(view));
	ask("CONFIG SET maxmemory 0");
	EVENTUALLY(strcmp(ask("EXISTS breakwater:executor:balance:BTC"), "1") == 0);
}

static void many_values_are_written_in_few_batches(void **state)
{
	char symbol[32];
	(void)state;

	start_with_view();
	nanos_t begin = clock_stamp();
	for (int i = 0; i < 8000; i++) {
		snprintf(symbol, sizeof symbol, "S%d", i);
		put(view, symbol, "1", 0);
	}
	EVENTUALLY(strcmp(ask("DBSIZE"), "8001") == 0);
	print_message("8000 values in %lld ms, %llu batches\n",
	              (long long)((clock_stamp() - begin) / NANOS_MS),
	              (unsigned long long)view_writes(view));
	assert_true(view_writes(view) < 1000);
}

static void an_address_that_is_none_is_refused_with_the_forms(void **state)
{
	static const char *const addresses[] = {
		"", "unix:", "host", "host:", ":7", "host:0", "host:99999", "host:7x"};
	(void)state;

	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		assert_int_equal(view_open(&view, addresses[i], &executor, 1, 1, &why),
		                 ERR_INVALID);
		assert_non_null(strstr(why.text, "unix:PATH or HOST:PORT"));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_field_is_a_text_in_the_hash),
		TEST(a_lifetime_ends_the_key),
		TEST(the_newest_value_of_a_key_wins_while_redis_is_away),
		TEST(what_waits_is_bounded_and_the_oldest_goes),
		TEST(a_flush_makes_it_want_all_again),
		TEST(a_flush_is_seen_when_nothing_is_published_too),
		TEST(after_a_crash_of_redis_it_writes_on_and_wants_all),
		TEST(an_older_run_falls_silent_when_a_younger_one_writes),
		TEST(a_younger_run_takes_over_from_an_older_one),
		TEST(nothing_waits_for_a_stopped_redis),
		TEST(it_goes_on_when_a_stopped_redis_continues),
		TEST(an_error_of_redis_is_tried_again),
		TEST(many_values_are_written_in_few_batches),
		TEST(an_address_that_is_none_is_refused_with_the_forms),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
