/* SPDX-License-Identifier: Apache-2.0 */
/* A new file that begins with a checkpoint (rule W7), and what a crash or damage at any point of it
   leaves (crash row 27). */
#include "common/io/journal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/lib/journal_bench.h"

/* What a reader of the new file is handed, and its word on it. */
static struct {
	uint64_t count;
	bool agrees;
} proof;

static void prove(void *self, const struct journal_record *record)
{
	(void)self;
	(void)record;
	proof.count++;
}

static bool agrees(void *self)
{
	(void)self;
	return proof.agrees;
}

static const struct journal_verify verify = {prove, agrees, NULL};

static enum err load(void)
{
	memset(&replayed, 0, sizeof replayed);
	replayed.is_contiguous = true;
	return journal_load(&journal, scratch.path, collect, NULL, &report, &why);
}

static enum err renew(size_t count)
{
	static const char text[] = "checkpoint";
	struct journal_item items[64];

	for (size_t i = 0; i < count; i++)
		items[i] =
			(struct journal_item){MESSAGE_TICK, (const uint8_t *)text, sizeof text - 1};
	memset(&proof, 0, sizeof proof);
	proof.agrees = true;
	return journal_renew(journal, 9, items, count, &verify, &why);
}

/* Records, then a checkpoint of two, then one record more. */
static void given_renewed(unsigned records)
{
	if (load() != OK)
		fail_msg("%s", why.text);
	assert_int_equal(journal_start(journal, &why), OK);
	for (unsigned i = 0; i < records; i++)
		append(SAVE_SYNCED, "a record");
	journal_close(&journal, 10 * NANOS_S);
	assert_int_equal(load(), OK);
	assert_int_equal(renew(2), OK);
	assert_int_equal(journal_start(journal, &why), OK);
	append(SAVE_SYNCED, "the next");
	journal_close(&journal, 10 * NANOS_S);
}

static void it_begins_with_the_mark_and_the_checkpoint(void **state)
{
	(void)state;
	given_renewed(5);
	open_journal();
	assert_int_equal(report.records, 4);
	assert_int_equal(report.items, 3);
	assert_int_equal(report.older, 5);
	assert_int_equal(replayed.count, 4);
	assert_false(report.quarantined);
	assert_int_equal(append(SAVE_SYNCED, "again"), 5);
	assert_true(waits_for(5));
}

static void it_is_read_back_before_it_takes_the_old_ones_place(void **state)
{
	(void)state;
	make_three();
	assert_int_equal(load(), OK);
	assert_int_equal(renew(7), OK);
	assert_int_equal(proof.count, 8);
}

static void the_old_file_stays_beside_it(void **state)
{
	char name[256];
	(void)state;
	given_renewed(5);
	assert_int_equal(scratch_count(&scratch, ".", "journal.0", name), 1);
	assert_string_equal(name, "journal.00000000000000000001.old");
	assert_int_equal(scratch_count(&scratch, ".", "journal.new", NULL), 0);
}

static void both_are_read_as_one_history_without_the_checkpoint(void **state)
{
	(void)state;
	given_renewed(5);
	given_renewed(3);
	memset(&replayed, 0, sizeof replayed);
	assert_int_equal(journal_read(scratch.path, collect, NULL, &report, &why), OK);
	assert_int_equal(replayed.count, 5 + 1 + 3 + 1);
	assert_int_equal(report.older, 0);
	assert_false(report.quarantined);
}

static void a_history_without_its_beginning_says_so(void **state)
{
	(void)state;
	given_renewed(5);
	given_renewed(3);
	unlink(scratch_path(&scratch, "journal.00000000000000000001.old"));
	assert_int_equal(journal_read(scratch.path, collect, NULL, &report, &why), OK);
	assert_int_equal(report.older, 5);
}

static void an_older_file_of_another_history_is_found_out(void **state)
{
	size_t size;
	(void)state;
	given_renewed(5);
	char *stranger = scratch_read(&scratch, "journal.00000000000000000001.old", &size);
	unlink(scratch_path(&scratch, "journal.00000000000000000001.old"));
	unlink(scratch_path(&scratch, "journal"));
	given_renewed(5);
	scratch_write(&scratch, "journal.00000000000000000001.old", stranger, size);
	free(stranger);
	assert_int_equal(journal_read(scratch.path, collect, NULL, &report, &why), OK);
	assert_true(report.quarantined);
	assert_non_null(strstr(report.why.text, "doesn't go on"));
}

static void a_checkpoint_that_reads_back_otherwise_is_not_taken(void **state)
{
	struct journal_item item = {MESSAGE_TICK, (const uint8_t *)"x", 1};
	(void)state;
	make_three();
	assert_int_equal(load(), OK);
	proof.agrees = false;
	assert_int_equal(journal_renew(journal, 9, &item, 1, &verify, &why), ERR_UNAVAILABLE);
	assert_int_equal(journal_start(journal, &why), OK);
	assert_int_equal(append(SAVE_SYNCED, "on"), 4);
	journal_close(&journal, NANOS_S);
	open_journal();
	assert_int_equal(replayed.count, 4);
	assert_int_equal(scratch_count(&scratch, ".", "journal.new", NULL), 0);
	assert_int_equal(scratch_count(&scratch, ".", "journal.0", NULL), 0);
}

static void without_room_the_old_file_goes_on(void **state)
{
	struct rlimit before, limit;
	(void)state;
	make_three();
	assert_int_equal(load(), OK);
	getrlimit(RLIMIT_FSIZE, &before);
	limit = before;
	limit.rlim_cur = 100000;
	setrlimit(RLIMIT_FSIZE, &limit);
	enum err err = renew(2);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(err, ERR_UNAVAILABLE);
	assert_non_null(strstr(why.text, "File too large"));
	assert_int_equal(journal_start(journal, &why), OK);
	append(SAVE_SYNCED, "on");
	journal_close(&journal, NANOS_S);
	open_journal();
	assert_int_equal(replayed.count, 4);
}

static void nothing_new_needs_no_checkpoint(void **state)
{
	(void)state;
	make_three();
	assert_int_equal(load(), OK);
	assert_int_equal(renew(2), OK);
	assert_int_equal(renew(2), ERR_UNAVAILABLE);
}

static void only_a_few_older_files_are_kept(void **state)
{
	(void)state;
	for (unsigned i = 0; i < JOURNAL_OLD_KEPT + 3; i++)
		given_renewed(2);
	assert_int_equal(scratch_count(&scratch, ".", "journal.0", NULL), JOURNAL_OLD_KEPT);
	open_journal();
	assert_int_equal(report.older, (JOURNAL_OLD_KEPT + 3) * 3 - 1);
}

static void a_half_written_new_file_is_ignored(void **state)
{
	(void)state;
	make_three();
	scratch_write_text(&scratch, "journal.new", "half of a file");
	open_journal();
	assert_int_equal(replayed.count, 3);
	assert_false(report.quarantined);
	journal_close(&journal, NANOS_S);
	assert_int_equal(load(), OK);
	assert_int_equal(renew(2), OK);
}

/* Header, mark and checkpoint. */
static void a_damaged_checkpoint_falls_back_to_the_old_file(void **state)
{
	size_t size, old_size;
	(void)state;
	given_renewed(3);
	char *whole = scratch_read(&scratch, "journal", &size);
	char *old = scratch_read(&scratch, "journal.00000000000000000001.old", &old_size);
	for (size_t at = 0; at < JOURNAL_HEADER_SIZE + journal_record_space(10); at += 9) {
		whole[at] ^= 1;
		scratch_write(&scratch, "journal", whole, size);
		scratch_write(&scratch, "journal.00000000000000000001.old", old, old_size);
		whole[at] ^= 1;
		open_journal();
		assert_true(report.quarantined);
		assert_int_equal(replayed.count, 3);
		assert_non_null(strstr(report.why.text, "goes on"));
		journal_close(&journal, NANOS_S);
		open_journal();
		assert_false(report.quarantined);
		journal_close(&journal, NANOS_S);
	}
	assert_true(scratch_count(&scratch, ".", "journal.damaged-", NULL) > 5);
	free(whole);
	free(old);
}

static void a_missing_file_falls_back_to_the_old_one(void **state)
{
	(void)state;
	given_renewed(3);
	unlink(scratch_path(&scratch, "journal"));
	open_journal();
	assert_true(report.quarantined);
	assert_int_equal(replayed.count, 3);
}

/* In a process of its own: appends and renews for ever, tells how many records it has appended. */
static int renew_until_killed(const char *directory)
{
	uint64_t count = 0;

	snprintf(scratch.path, sizeof scratch.path, "%s", directory);
	for (;;) {
		if (load() != OK || renew(3) == ERR_IO || journal_start(journal, &why) != OK)
			return 1;
		uint64_t last = 0;
		for (unsigned i = 0; i < 3; i++, count++)
			last = append(SAVE_SYNCED, "appended");
		if (!waits_for(last) || write(STDOUT_FILENO, &count, sizeof count) != sizeof count)
			return 1;
		journal_close(&journal, 10 * NANOS_S);
	}
}

static uint64_t kill_after(unsigned tells)
{
	int told[2];
	uint64_t done = 0, seen;

	assert_int_equal(pipe2(told, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(told[1], STDOUT_FILENO);
		execl("/proc/self/exe", "test_journal_renew", scratch.path, (char *)NULL);
		_exit(1);
	}
	close(told[1]);
	for (unsigned i = 0; i < tells && read(told[0], &seen, sizeof seen) == sizeof seen; i++)
		done = seen;
	kill(pid, SIGKILL);
	while (read(told[0], &seen, sizeof seen) == sizeof seen)
		done = seen;
	close(told[0]);
	waitpid(pid, NULL, 0);
	return done;
}

static void a_kill_at_any_moment_of_it_loses_nothing(void **state)
{
	uint64_t told = 0;
	(void)state;

	for (unsigned round = 0; round < 12; round++) {
		told += kill_after(1 + round % 3);
		open_journal();
		assert_false(report.quarantined);
		uint64_t records = report.older + report.records - report.items;
		assert_in_range(records, told, told + 3);
		told = records;
		journal_close(&journal, NANOS_S);
	}
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return renew_until_killed(argv[1]);
	const struct CMUnitTest tests[] = {
		TEST(it_begins_with_the_mark_and_the_checkpoint),
		TEST(it_is_read_back_before_it_takes_the_old_ones_place),
		TEST(the_old_file_stays_beside_it),
		TEST(both_are_read_as_one_history_without_the_checkpoint),
		TEST(a_history_without_its_beginning_says_so),
		TEST(an_older_file_of_another_history_is_found_out),
		TEST(a_checkpoint_that_reads_back_otherwise_is_not_taken),
		TEST(without_room_the_old_file_goes_on),
		TEST(nothing_new_needs_no_checkpoint),
		TEST(only_a_few_older_files_are_kept),
		TEST(a_half_written_new_file_is_ignored),
		TEST(a_damaged_checkpoint_falls_back_to_the_old_file),
		TEST(a_missing_file_falls_back_to_the_old_one),
		TEST(a_kill_at_any_moment_of_it_loses_nothing),
	};

	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests_name("journal_renew", tests, NULL, NULL);
}
