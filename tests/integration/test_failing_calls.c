/* SPDX-License-Identifier: Apache-2.0 */
/* Every call that may fail is made to fail once, for a program that writes a journal and for the
   executor from its start to its end. Whatever fails: the program works on or ends with words, and
   no record whose durability was told is lost. */
#include "common/io/journal.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/lib/child.h"
#include "tests/lib/scratch.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { IS_SANITIZED = true };
#else
enum { IS_SANITIZED = false };
#endif

enum { TRIES_MAX = 200, JOURNAL_RECORDS = 12 };

/* Memory and files, then what only a process with links and a bus calls. */
static const char *const calls[] = {
	"malloc",   "calloc",         "realloc",   "aligned_alloc", "fsync",   "fdatasync",
	"open",     "write",          "read",      "pwrite",        "pread",   "fallocate",
	"rename",   "link",           "unlink",    "fstat",         "flock",   "mmap",
	"fopen",    "ftruncate",      "mkdir",     "socket",        "bind",    "listen",
	"poll",     "epoll_create1",  "epoll_ctl", "epoll_wait",    "connect", "eventfd",
	"signalfd", "pthread_create",
};

enum { CALLS = sizeof calls / sizeof *calls, FILE_CALLS = 20 };

static void skip_when_sanitized(void)
{
	if (!IS_SANITIZED)
		return;
	print_message("skipped: a sanitizer bears no preloaded library before its own\n");
	skip();
}

static struct scratch scratch;
static char programs[512]; /* "build" */

static int set_up(void **state)
{
	(void)state;
	scratch_open(&scratch);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scratch_close(&scratch);
	return 0;
}

/* The child's side: a small program with a journal. */

static void ignore(void *self, const struct journal_record *record)
{
	(void)self;
	(void)record;
}

static bool agrees(void *self)
{
	(void)self;
	return true;
}

/* Not by calls that are made to fail. */
static void tell(uint64_t acknowledged)
{
	long fd = syscall(SYS_openat, AT_FDCWD, getenv("JOURNAL_TOLD"),
	                  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	syscall(SYS_write, fd, &acknowledged, sizeof acknowledged);
	syscall(SYS_close, fd);
}

/* Returns how many of the records appended here are durable. */
static uint64_t append_some(struct journal *journal, text_t *why)
{
	uint64_t before = journal_done(journal), last = before;

	for (unsigned i = 0; i < JOURNAL_RECORDS; i++)
		last = journal_append(journal, i % 3 == 0 ? SAVE_BUFFERED : SAVE_SYNCED, 1, 1,
		                      MESSAGE_TICK, (const uint8_t *)"a record", 8);
	while (journal_done(journal) < last && !journal_failed(journal, why)) {
		struct pollfd item = {.fd = journal_fd(journal), .events = POLLIN};
		poll(&item, 1, 100);
	}
	return journal_done(journal) - before;
}

static int fail_with(const text_t *why)
{
	fprintf(stderr, "%s\n", why->text);
	return 1;
}

/* Opens, renews, appends, closes; twice. */
static int write_journal(const char *directory)
{
	static const struct journal_verify verify = {ignore, agrees, NULL};
	struct journal_item item = {MESSAGE_TICK, (const uint8_t *)"item", 4};
	struct journal_report report;
	struct journal *journal;
	uint64_t acknowledged = 0;
	text_t why;

	for (unsigned round = 0; round < 2; round++) {
		if (journal_load(&journal, directory, ignore, NULL, &report, &why) != OK)
			return fail_with(&why);
		enum err err = report.records == 0
		                       ? OK
		                       : journal_renew(journal, 1, &item, 1, &verify, &why);
		if ((err != OK && err != ERR_UNAVAILABLE) || journal_start(journal, &why) != OK)
			return fail_with(&why);
		acknowledged += append_some(journal, &why);
		bool is_failed = journal_failed(journal, &why);
		journal_close(&journal, 10 * NANOS_S);
		tell(acknowledged);
		if (is_failed)
			return fail_with(&why);
	}
	return 0;
}

/* The test's side. */

static void count(void *self, const struct journal_record *record)
{
	(void)record;
	++*(uint64_t *)self;
}

/* All that a journal's directory still holds; 0 when there is none. */
static uint64_t records_in(const char *directory)
{
	struct journal_report report;
	uint64_t records = 0;
	text_t why;
	enum err err = journal_read(directory, count, &records, &report, &why);

	assert_true(err == OK || err == ERR_NOT_FOUND);
	assert_false(err == OK && report.quarantined);
	return records;
}

static void remove_tree(const char *path)
{
	nftw(path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void set_failure(const char *call, unsigned at)
{
	char number[16], library[600];

	snprintf(number, sizeof number, "%u", at);
	snprintf(library, sizeof library, "%s/tests/lib/failing.so", programs);
	setenv("FAIL_CALL", call, 1);
	setenv("FAIL_AT", number, 1);
	setenv("FAIL_TOLD", scratch_path(&scratch, "told"), 1);
	setenv("JOURNAL_TOLD", scratch_path(&scratch, "acknowledged"), 1);
	setenv("LD_PRELOAD", library, 1);
	unlink(scratch_path(&scratch, "told"));
	unlink(scratch_path(&scratch, "output"));
	unlink(scratch_path(&scratch, "acknowledged"));
}

static bool was_hit(void)
{
	return access(scratch_path(&scratch, "told"), F_OK) == 0;
}

/* Runs it to its end with that failure. It must end by itself: with 0, or with words. */
static void run(char *const argv[], bool ends_at_once, const char *call, unsigned at)
{
	sigset_t set, before;

	set_failure(call, at);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &before); /* it takes the signal when it is ready for it */
	pid_t pid = child_start(argv, scratch_path(&scratch, "output"));
	sigprocmask(SIG_SETMASK, &before, NULL);
	unsetenv("LD_PRELOAD");
	if (!ends_at_once)
		kill(pid, SIGTERM);
	int status = child_wait(pid);
	size_t size;
	char *words = scratch_read(&scratch, "output", &size);
	if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && size < 10))
		fail_msg("%s %u: status %d: %s", call, at, status, words);
	free(words);
}

static uint64_t acknowledged(void)
{
	size_t size;
	char *bytes = scratch_read(&scratch, "acknowledged", &size);
	uint64_t records = 0;

	if (size == sizeof records)
		memcpy(&records, bytes, sizeof records);
	free(bytes);
	return records;
}

static void no_failing_call_loses_an_acknowledged_record(void **state)
{
	char directory[600];
	char *argv[] = {"/proc/self/exe", "--journal", directory, NULL};
	unsigned hits = 0;

	(void)state;
	skip_when_sanitized();
	snprintf(directory, sizeof directory, "%s/journal", scratch.path);
	for (size_t i = 0; i < CALLS; i++) {
		for (unsigned at = 1; at < TRIES_MAX; at++) {
			remove_tree(directory);
			run(argv, true, calls[i], at);
			assert_true(records_in(directory) >= acknowledged());
			if (!was_hit())
				break;
			hits++;
		}
	}
	print_message("%u calls failed, one at a time\n", hits);
	assert_true(hits > 60);
}

static void write_profile(void)
{
	mkdir(scratch_path(&scratch, "profile"), 0700);
	scratch_write_text(&scratch, "profile/stack.yaml",
	                   "symbols: [BTCUSDT]\n"
	                   "services: [executor]\n"
	                   "redis: off\n"
	                   "hot_cpu: none\n"
	                   "journal_records: 10\n");
}

/* The executor, and what it begins with. */
static struct {
	char program[600], profile[600], state[600], own[700];
	char *argv[6];
	char *journal; /* one that the next start renews */
	size_t journal_size;
} executor;

static void given_executor(void)
{
	write_profile();
	snprintf(executor.program, sizeof executor.program, "%s/bin/executor", programs);
	snprintf(executor.profile, sizeof executor.profile, "%s/profile", scratch.path);
	snprintf(executor.state, sizeof executor.state, "%s/state", scratch.path);
	snprintf(executor.own, sizeof executor.own, "%s/executor", executor.state);
	char *argv[] = {executor.program, "--profile",    executor.profile,
	                "--state",        executor.state, NULL};
	memcpy(executor.argv, argv, sizeof argv);
}

static void given_nothing(void)
{
	remove_tree(executor.state);
}

static void given_long_journal(void)
{
	remove_tree(executor.own);
	mkdir(executor.own, 0700);
	scratch_write(&scratch, "state/executor/journal", executor.journal, executor.journal_size);
}

/* Each call in turn, from the same beginning. */
static unsigned fail_each(size_t call_count, void (*given)(void))
{
	unsigned hits = 0;

	for (size_t i = 0; i < call_count; i++) {
		for (unsigned at = 1; at < TRIES_MAX; at++) {
			given();
			uint64_t before = records_in(executor.own);
			run(executor.argv, false, calls[i], at);
			if (records_in(executor.own) < before)
				fail_msg("%s %u: records are lost", calls[i], at);
			if (!was_hit())
				break;
			hits++;
		}
	}
	print_message("%u calls failed, one at a time\n", hits);
	return hits;
}

static void no_failing_call_hurts_the_executors_first_life(void **state)
{
	(void)state;
	skip_when_sanitized();
	given_executor();
	assert_true(fail_each(CALLS, given_nothing) > 80);
}

static void no_failing_call_hurts_a_start_that_renews_the_journal(void **state)
{
	(void)state;
	skip_when_sanitized();
	given_executor();
	while (records_in(executor.own) <= 10)
		run(executor.argv, false, "none", 1);
	executor.journal = scratch_read(&scratch, "state/executor/journal", &executor.journal_size);
	run(executor.argv, false, "none", 1);
	assert_int_equal(scratch_count(&scratch, "state/executor", "journal.0", NULL), 1);
	assert_true(fail_each(FILE_CALLS, given_long_journal) > 50);
	free(executor.journal);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--journal") == 0)
		return write_journal(argv[2]);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_failing_call_loses_an_acknowledged_record,
	                                        set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_failing_call_hurts_the_executors_first_life,
	                                        set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			no_failing_call_hurts_a_start_that_renews_the_journal, set_up, tear_down),
	};

	ssize_t size = readlink("/proc/self/exe", programs, sizeof programs - 1);
	for (unsigned i = 0; i < 3 && size > 0; i++) /* build/tests/integration/test_… */
		*strrchr(programs, '/') = '\0';
	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests_name("failing_calls", tests, NULL, NULL);
}
