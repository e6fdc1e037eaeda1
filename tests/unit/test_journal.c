/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/lib/journal_bench.h"

enum { RECORDS_MAX = 4096 };

static atomic_int syncs, syncs_until_failure = -1;

/* In place of libc's: counts, and fails when told to. */
int fdatasync(int fd)
{
	atomic_fetch_add(&syncs, 1);
	if (syncs_until_failure == 0) {
		errno = EIO;
		return -1;
	}
	if (syncs_until_failure > 0)
		syncs_until_failure--;
	return (int)syscall(SYS_fdatasync, fd);
}

static void a_new_journal_is_empty_and_private(void **state)
{
	struct stat info;
	(void)state;

	open_journal();
	assert_int_equal(report.records, 0);
	assert_int_equal(journal_done(journal), 0);
	assert_false(journal_failed(journal, &why));
	assert_int_equal(stat(scratch_path(&scratch, "journal"), &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
}

static void what_was_appended_is_replayed_in_order(void **state)
{
	(void)state;
	make_three();
	open_journal();
	assert_int_equal(replayed.count, 3);
	assert_int_equal(replayed.entropy_sum, 21);
	assert_string_equal(replayed.first_payload, "first");
	assert_int_equal(report.records, 3);
	assert_int_equal(report.last_sequence, 3);
	assert_int_equal(report.cut_bytes, 0);
	assert_false(report.quarantined);
}

static void reopening_continues_the_sequence(void **state)
{
	(void)state;
	for (uint64_t run = 0; run < 5; run++) {
		open_journal();
		assert_int_equal(replayed.count, run);
		assert_int_equal(journal_done(journal), run);
		assert_int_equal(append(SAVE_SYNCED, "x"), run + 1);
		assert_true(waits_for(run + 1));
		journal_close(&journal, NANOS_S);
	}
}

static void every_payload_size_is_kept(void **state)
{
	static uint8_t payload[FRAME_MAX];
	static const size_t sizes[] = {0, 1, 3, 4, 5, 11, 12, 13, 4096, FRAME_MAX - 1, FRAME_MAX};
	(void)state;

	open_journal();
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		journal_append(journal, SAVE_BUFFERED, 1, 1, MESSAGE_TICK, payload, sizes[i]);
	journal_close(&journal, 10 * NANOS_S);
	open_journal();
	assert_int_equal(replayed.count, sizeof sizes / sizeof *sizes);
}

static void many_queued_records_share_a_sync(void **state)
{
	(void)state;
	open_journal();
	int before = atomic_load(&syncs);
	for (int i = 0; i < RECORDS_MAX; i++)
		append(SAVE_SYNCED, "twenty bytes of text");
	assert_true(waits_for(RECORDS_MAX));
	assert_in_range(atomic_load(&syncs) - before, 1, RECORDS_MAX / 8);
}

static void what_is_held_back_shares_one_sync(void **state)
{
	(void)state;
	open_journal();
	int before = atomic_load(&syncs);
	journal_hold(journal);
	for (int i = 0; i < 50; i++)
		append(SAVE_SYNCED, "one step");
	journal_release(journal);
	assert_true(waits_for(50));
	/* Two when the worker had not gone to sleep yet. */
	assert_in_range(atomic_load(&syncs) - before, 1, 2);
	append(SAVE_SYNCED, "alone");
	assert_true(waits_for(51));
}

static void buffered_records_are_not_synced(void **state)
{
	(void)state;
	open_journal();
	int before = atomic_load(&syncs);
	append(SAVE_BUFFERED, "x");
	assert_true(waits_for(1));
	assert_int_equal(atomic_load(&syncs), before);
}

static void a_second_process_is_refused(void **state)
{
	(void)state;
	open_journal();
	pid_t pid = fork();
	if (pid == 0) {
		struct journal *other;
		enum err err = journal_open(&other, scratch.path, collect, NULL, &report, &why);
		_exit(err == ERR_EXISTS && strstr(why.text, "in use by another process") != NULL
		              ? 0
		              : 1);
	}
	int status;
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	journal_close(&journal, NANOS_S);
	open_journal();
}

static void a_failed_sync_is_final_and_the_file_is_not_synced_again(void **state)
{
	(void)state;
	open_journal();
	append(SAVE_SYNCED, "good");
	assert_true(waits_for(1));
	syncs_until_failure = 0;
	append(SAVE_SYNCED, "bad");
	assert_false(waits_for(2));
	assert_non_null(strstr(why.text, "Input/output error"));
	int after = atomic_load(&syncs);
	syncs_until_failure = -1;
	append(SAVE_SYNCED, "late");
	journal_close(&journal, NANOS_S);
	assert_int_equal(atomic_load(&syncs), after);
}

static void after_a_failed_sync_the_next_open_writes_the_file_anew(void **state)
{
	struct stat before, after;
	(void)state;

	open_journal();
	syncs_until_failure = 0;
	append(SAVE_SYNCED, "bad");
	assert_false(waits_for(1));
	assert_int_equal(journal_done(journal), 0);
	journal_close(&journal, NANOS_S);
	syncs_until_failure = -1;
	stat(scratch_path(&scratch, "journal"), &before);
	open_journal();
	stat(scratch_path(&scratch, "journal"), &after);
	assert_int_not_equal(before.st_ino, after.st_ino);
	assert_int_equal(scratch_count(&scratch, ".", "journal.unsynced", NULL), 0);
	assert_int_equal(append(SAVE_SYNCED, "x"), replayed.count + 1);
	assert_true(waits_for(replayed.count + 1));
}

static void when_the_room_ends_it_fails_and_what_was_done_stays(void **state)
{
	static uint8_t payload[200000];
	struct rlimit limit, before;
	(void)state;

	open_journal();
	getrlimit(RLIMIT_FSIZE, &before);
	limit = before;
	limit.rlim_cur = (5 << 20) + 12345;
	setrlimit(RLIMIT_FSIZE, &limit);
	uint64_t sequence = 0;
	bool is_good = true;
	while (is_good && sequence < 100) {
		sequence = journal_append(journal, SAVE_SYNCED, 1, 1, MESSAGE_TICK, payload,
		                          sizeof payload);
		is_good = waits_for(sequence);
	}
	assert_false(is_good);
	assert_non_null(strstr(why.text, "File too large"));
	uint64_t done = journal_done(journal);
	assert_int_equal(done, sequence - 1);
	assert_true(done > 20);
	journal_close(&journal, NANOS_S);
	setrlimit(RLIMIT_FSIZE, &before);
	open_journal();
	assert_int_equal(replayed.count, done);
	assert_true(report.cut_bytes > 0);
}

static void it_stretches_ahead_of_the_records(void **state)
{
	static uint8_t payload[100000];
	nanos_t until = clock_stamp() + 30 * NANOS_S;
	struct stat info;
	(void)state;

	open_journal();
	for (int i = 0; i < 100; i++)
		assert_true(waits_for(journal_append(journal, SAVE_BUFFERED, 1, 1, MESSAGE_TICK,
		                                     payload, sizeof payload)));
	do {
		assert_true(clock_stamp() < until);
		stat(scratch_path(&scratch, "journal"), &info);
	} while (info.st_size < 10000000 + (1 << 20));
	journal_close(&journal, NANOS_S);
	assert_in_range(info.st_size, 11000000, 10000000 + (9 << 20));
	open_journal();
	assert_int_equal(replayed.count, 100);
}

/* In a process of its own: appends for ever and tells each sequence that is done. */
static int append_until_killed(const char *directory)
{
	if (journal_open(&journal, directory, collect, NULL, &report, &why) != OK)
		return 1;
	for (;;) {
		uint64_t done = append(SAVE_BUFFERED, "before the kill");
		if (!waits_for(done) || write(STDOUT_FILENO, &done, sizeof done) != sizeof done)
			return 1;
	}
}

static void what_was_done_survives_a_kill(void **state)
{
	int told[2];
	uint64_t done = 0, seen;
	(void)state;

	assert_int_equal(pipe2(told, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(told[1], STDOUT_FILENO);
		execl("/proc/self/exe", "test_journal", scratch.path, (char *)NULL);
		_exit(1);
	}
	close(told[1]);
	for (int i = 0; i < 500 && read(told[0], &seen, sizeof seen) == sizeof seen; i++)
		done = seen;
	kill(pid, SIGKILL);
	while (read(told[0], &seen, sizeof seen) == sizeof seen)
		done = seen;
	close(told[0]);
	waitpid(pid, NULL, 0);
	open_journal();
	assert_true(done >= 500);
	assert_in_range(replayed.count, done, done + 1);
	assert_false(report.quarantined);
}

static void *append_many(void *unused)
{
	(void)unused;
	for (int i = 0; i < RECORDS_MAX; i++)
		append(i % 64 == 0 ? SAVE_SYNCED : SAVE_BUFFERED, "written while somebody reads");
	return NULL;
}

static void it_can_be_read_while_it_grows(void **state)
{
	struct journal_report reading;
	pthread_t thread;
	(void)state;

	open_journal();
	pthread_create(&thread, NULL, append_many, NULL);
	for (uint64_t seen = 0; seen < RECORDS_MAX; seen = reading.records) {
		memset(&replayed, 0, sizeof replayed);
		replayed.is_contiguous = true;
		assert_int_equal(journal_read(scratch.path, collect, NULL, &reading, &why), OK);
		assert_false(reading.quarantined);
		assert_true(replayed.is_contiguous);
		assert_true(reading.records >= seen);
	}
	pthread_join(thread, NULL);
}

static void reading_what_is_not_there_is_not_found(void **state)
{
	(void)state;
	assert_int_equal(journal_read(scratch_path(&scratch, "none"), collect, NULL, &report, &why),
	                 ERR_NOT_FOUND);
}

static void an_append_costs_the_caller_little(void **state)
{
	(void)state;
	open_journal();
	uint8_t payload[400] = {1};
	nanos_t begin = clock_stamp();
	for (int i = 0; i < 20000; i++)
		journal_append(journal, SAVE_BUFFERED, 1, 1, MESSAGE_TICK, payload, sizeof payload);
	print_message("%lld ns an append\n", (long long)(clock_stamp() - begin) / 20000);
	assert_true(clock_stamp() - begin < 2 * NANOS_S);
	assert_true(waits_for(20000));
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return append_until_killed(argv[1]);
	const struct CMUnitTest tests[] = {
		TEST(a_new_journal_is_empty_and_private),
		TEST(what_was_appended_is_replayed_in_order),
		TEST(reopening_continues_the_sequence),
		TEST(every_payload_size_is_kept),
		TEST(many_queued_records_share_a_sync),
		TEST(what_is_held_back_shares_one_sync),
		TEST(buffered_records_are_not_synced),
		TEST(a_second_process_is_refused),
		TEST(a_failed_sync_is_final_and_the_file_is_not_synced_again),
		TEST(after_a_failed_sync_the_next_open_writes_the_file_anew),
		TEST(when_the_room_ends_it_fails_and_what_was_done_stays),
		TEST(it_stretches_ahead_of_the_records),
		TEST(what_was_done_survives_a_kill),
		TEST(it_can_be_read_while_it_grows),
		TEST(reading_what_is_not_there_is_not_found),
		TEST(an_append_costs_the_caller_little),
	};

	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
