/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/log.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/io/clock.h"
#include "tests/lib/scratch.h"

/* 2024-08-08T23:54:13.937Z */
#define EVENING ((nanos_t)1723161253937 * NANOS_MS)

static struct scratch scratch;
static struct log *log_;
static int console_before = -1;

static int set_up(void **state)
{
	(void)state;
	scratch_open(&scratch);
	return 0;
}

static void release_console(void)
{
	if (console_before < 0)
		return;
	dup2(console_before, STDERR_FILENO);
	close(console_before);
	console_before = -1;
}

static int tear_down(void **state)
{
	(void)state;
	release_console();
	log_close(&log_);
	scratch_close(&scratch);
	return 0;
}

static void open_log(enum severity level)
{
	struct log_options options = {
		.instance = name_from("risk"),
		.level = level,
		.files = true,
		.directory = scratch.path,
		.files_max = 3,
	};

	assert_int_equal(log_open(&log_, &options), OK);
}

static void say(enum severity severity, const char *event, const char *text)
{
	log_line(log_, EVENING, severity, NOTE_LOG, event, text);
}

static void assert_file(const char *kind, const char *expected)
{
	char name[64];

	snprintf(name, sizeof name, "risk/%s-2024-08-08.log", kind);
	char *text = scratch_read(&scratch, name, NULL);
	if (expected == NULL)
		assert_null(text);
	else if (text == NULL || strcmp(text, expected) != 0)
		fail_msg("%s: \"%s\" should be \"%s\"", name, text, expected);
	free(text);
}

#define LINE(level, event, text) "2024-08-08T23:54:13.937Z " level " " event "  " text "\n"

static void each_level_has_its_file_and_all_are_in_combined(void **state)
{
	(void)state;
	open_log(SEVERITY_DEBUG);
	say(SEVERITY_DEBUG, "a.b", "one");
	say(SEVERITY_INFO, "c.d", "two {\"n\":1}");
	say(SEVERITY_WARNING, "order.unknown", "three");
	say(SEVERITY_ERROR, "e.f", "four");
	say(SEVERITY_CRITICAL, "g.h", "five");
	log_close(&log_);
	assert_file("debug", LINE("DEBUG", "a.b", "one"));
	assert_file("info", LINE("INFO ", "c.d", "two {\"n\":1}"));
	assert_file("warn", LINE("WARN ", "order.unknown", "three"));
	assert_file("error", LINE("ERROR", "e.f", "four") LINE("CRIT ", "g.h", "five"));
	assert_file("combined",
	            LINE("DEBUG", "a.b", "one") LINE("INFO ", "c.d", "two {\"n\":1}")
	                    LINE("WARN ", "order.unknown", "three") LINE("ERROR", "e.f", "four")
	                            LINE("CRIT ", "g.h", "five"));
	assert_file("trades", NULL);
}

static void trades_signals_performance_and_alerts_are_copied_to_their_own_files(void **state)
{
	static const struct {
		enum note_kind kind;
		const char *file;
	} rows[] = {
		{NOTE_TRADE, "trades"},
		{NOTE_SIGNAL, "signals"},
		{NOTE_PERFORMANCE, "performance"},
		{NOTE_ALERT, "alerts"},
	};
	(void)state;

	open_log(SEVERITY_INFO);
	for (size_t i = 0; i < 4; i++)
		log_line(log_, EVENING, SEVERITY_INFO, rows[i].kind, "x", rows[i].file);
	log_close(&log_);
	assert_file("trades", LINE("INFO ", "x", "trades"));
	assert_file("signals", LINE("INFO ", "x", "signals"));
	assert_file("performance", LINE("INFO ", "x", "performance"));
	assert_file("alerts", LINE("INFO ", "x", "alerts"));
	assert_file("combined", LINE("INFO ", "x", "trades") LINE("INFO ", "x", "signals") LINE(
					"INFO ", "x", "performance") LINE("INFO ", "x", "alerts"));
}

static void lines_below_the_level_are_dropped_and_the_header_never(void **state)
{
	(void)state;
	open_log(SEVERITY_ERROR);
	log_header(log_, EVENING, "exchange binance, mode paper");
	say(SEVERITY_WARNING, "a", "no");
	say(SEVERITY_ERROR, "b", "yes");
	log_close(&log_);
	assert_file("warn", NULL);
	assert_file("info", NULL);
	assert_file("combined", LINE("INFO ", "log.start", "exchange binance, mode paper")
	                                LINE("ERROR", "b", "yes"));
}

static void a_new_day_starts_new_files_and_only_the_newest_are_kept(void **state)
{
	char last[256];
	(void)state;

	mkdir(scratch_path(&scratch, "risk"), 0700);
	scratch_write_text(&scratch, "risk/info-2001-01-01.log", "old");
	scratch_write_text(&scratch, "risk/trades-2001-01-01.log", "old");
	scratch_write_text(&scratch, "risk/info-notes.txt", "not ours");
	open_log(SEVERITY_INFO);
	for (int day = 0; day < 5; day++)
		log_line(log_, EVENING + day * NANOS_DAY, SEVERITY_INFO, NOTE_LOG, "day", "x");
	log_close(&log_);
	assert_int_equal(scratch_count(&scratch, "risk", "info-2", last), 3);
	assert_string_equal(last, "info-2024-08-12.log");
	assert_int_equal(scratch_count(&scratch, "risk", "info-notes", NULL), 1);
	assert_int_equal(scratch_count(&scratch, "risk", "trades-2001", NULL), 1);
}

static void too_many_old_files_go_at_the_start(void **state)
{
	char name[64];
	(void)state;

	mkdir(scratch_path(&scratch, "risk"), 0700);
	for (int day = 1; day <= 9; day++) {
		snprintf(name, sizeof name, "risk/alerts-2001-01-0%d.log", day);
		scratch_write_text(&scratch, name, "old");
	}
	open_log(SEVERITY_INFO);
	log_close(&log_);
	assert_int_equal(scratch_count(&scratch, "risk", "alerts-", NULL), 3);
	assert_int_equal(scratch_count(&scratch, "risk", "alerts-2001-01-09", NULL), 1);
}

static void one_entry_is_one_line_without_control_characters(void **state)
{
	(void)state;
	open_log(SEVERITY_INFO);
	say(SEVERITY_INFO, "a", "one\ntwo\r\033[31m\x7f");
	log_close(&log_);
	assert_file("info", LINE("INFO ", "a", "one\\ntwo\\x0d\\x1b[31m\\x7f"));
}

static void secrets_are_hidden_plain_and_encoded(void **state)
{
	(void)state;
	open_log(SEVERITY_INFO);
	log_hide(log_, "");
	log_hide(log_, "s3cr/t+key");
	say(SEVERITY_INFO, "a", "url?key=s3cr%2Ft%2Bkey&x or s3cr%2ft%2bkey or s3cr/t+key.");
	say(SEVERITY_INFO, "b", "base64 czNjci90K2tleQ== and Basic dXNlcjpzM2NyL3Qra2V5");
	say(SEVERITY_INFO, "c", "s3cr/t+ke");
	log_close(&log_);
	char *text = scratch_read(&scratch, "risk/info-2024-08-08.log", NULL);
	assert_non_null(strstr(text, "url?key=[secret]&x or [secret] or [secret].\n"));
	assert_null(strstr(text, "czNjci90"));
	assert_null(strstr(text, "NyL3Qr"));
	assert_non_null(strstr(text, "c  s3cr/t+ke\n"));
	free(text);
}

static void a_directory_that_cant_be_made_is_no_error(void **state)
{
	struct log_options options = {
		.instance = name_from("risk"),
		.level = SEVERITY_INFO,
		.files = true,
		.directory = "/proc/nowhere",
		.files_max = 3,
	};
	(void)state;

	console_before = dup(STDERR_FILENO);
	int file = open(scratch_path(&scratch, "console"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	dup2(file, STDERR_FILENO);
	close(file);
	assert_int_equal(log_open(&log_, &options), OK);
	say(SEVERITY_INFO, "a", "b");
	log_close(&log_);
	release_console();
	char *text = scratch_read(&scratch, "console", NULL);
	assert_non_null(strstr(text, "no log files"));
	free(text);
}

static char *console_of(bool json)
{
	struct log_options options = {
		.instance = name_from("risk"),
		.level = SEVERITY_INFO,
		.console = true,
		.console_json = json,
	};

	console_before = dup(STDERR_FILENO);
	int file = open(scratch_path(&scratch, "console"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	dup2(file, STDERR_FILENO);
	close(file);
	assert_int_equal(log_open(&log_, &options), OK);
	say(SEVERITY_WARNING, "order.unknown", "a \"quoted\" word");
	log_close(&log_);
	release_console();
	return scratch_read(&scratch, "console", NULL);
}

static void the_console_has_lines_for_people_or_json(void **state)
{
	(void)state;
	char *text = console_of(false);
	assert_string_equal(
		text, "2024-08-08T23:54:13.937Z risk WARN  order.unknown  a \"quoted\" word\n");
	free(text);
	text = console_of(true);
	assert_string_equal(
		text, "{\"ts\":\"2024-08-08T23:54:13.937Z\",\"level\":\"warn\",\"svc\":\"risk\","
		      "\"event\":\"order.unknown\",\"msg\":\"a \\\"quoted\\\" word\"}\n");
	free(text);
}

static void under_journald_the_level_is_a_prefix_and_the_time_is_left_out(void **state)
{
	struct stat info;
	char stream[64];
	(void)state;

	assert_int_equal(stat(scratch_write_text(&scratch, "console", ""), &info), 0);
	snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)info.st_dev, (uintmax_t)info.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	char *text = console_of(false);
	unsetenv("JOURNAL_STREAM");
	assert_string_equal(text, "<4>WARN  order.unknown  a \"quoted\" word\n");
	free(text);
}

/* The reader of the pipe never reads. */
static void a_stuck_console_costs_lines_and_never_the_caller(void **state)
{
	struct log_options options = {
		.instance = name_from("risk"), .level = SEVERITY_INFO, .console = true};
	char text[2000];
	int ends[2];
	(void)state;

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	assert_int_equal(pipe(ends), 0);
	console_before = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	assert_int_equal(log_open(&log_, &options), OK);
	nanos_t begin = clock_stamp();
	for (int i = 0; i < 1000; i++)
		say(SEVERITY_INFO, "a", text);
	nanos_t took = clock_stamp() - begin;
	struct log *copy = log_;
	while (log_lost(copy) == 0)
		sched_yield();
	log_close(&log_);
	release_console();
	close(ends[0]);
	assert_true(took < 500 * NANOS_MS);
}

static void a_hundred_thousand_lines_are_written_or_counted(void **state)
{
	enum { LINES = 100000 };
	(void)state;

	open_log(SEVERITY_INFO);
	nanos_t begin = clock_stamp();
	for (int i = 0; i < LINES; i++)
		say(SEVERITY_INFO, "order.filled",
		    "BTCUSDT 0.015 at 60123.45 by bot one, fee 0.0009 BNB");
	nanos_t took = clock_stamp() - begin;
	uint64_t lost = log_lost(log_);
	log_close(&log_);
	char *text = scratch_read(&scratch, "risk/combined-2024-08-08.log", NULL);
	uint64_t written = 0;
	for (const char *at = text; (at = strstr(at, "order.filled")) != NULL; at++)
		written++;
	free(text);
	print_message("%llu lost, %lld ns a line\n", (unsigned long long)lost,
	              (long long)took / LINES);
	assert_int_equal(written + lost, LINES);
	assert_true(took < 2 * NANOS_S);
}

static void a_full_disk_is_counted_and_told_not_fatal(void **state)
{
	struct log_options options = {
		.instance = name_from("full"),
		.level = SEVERITY_INFO,
		.files = true,
		.directory = scratch.path,
		.files_max = 3,
	};
	(void)state;

	mkdir(scratch_path(&scratch, "full"), 0700);
	assert_int_equal(symlink("/dev/full", scratch_path(&scratch, "full/info-2024-08-08.log")),
	                 0);
	assert_int_equal(log_open(&log_, &options), OK);
	say(SEVERITY_INFO, "a", "b");
	while (log_lost(log_) == 0)
		sched_yield();
	log_close(&log_);
	char *text = scratch_read(&scratch, "full/combined-2024-08-08.log", NULL);
	assert_non_null(strstr(text, "log.lost  1 lines lost so far"));
	assert_non_null(strstr(text, "No space left"));
	free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_level_has_its_file_and_all_are_in_combined),
		TEST(trades_signals_performance_and_alerts_are_copied_to_their_own_files),
		TEST(lines_below_the_level_are_dropped_and_the_header_never),
		TEST(a_new_day_starts_new_files_and_only_the_newest_are_kept),
		TEST(too_many_old_files_go_at_the_start),
		TEST(one_entry_is_one_line_without_control_characters),
		TEST(secrets_are_hidden_plain_and_encoded),
		TEST(a_directory_that_cant_be_made_is_no_error),
		TEST(the_console_has_lines_for_people_or_json),
		TEST(under_journald_the_level_is_a_prefix_and_the_time_is_left_out),
		TEST(a_stuck_console_costs_lines_and_never_the_caller),
		TEST(a_hundred_thousand_lines_are_written_or_counted),
		TEST(a_full_disk_is_counted_and_told_not_fatal),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
