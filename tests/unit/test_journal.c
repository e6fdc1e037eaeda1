/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "common/base/crc32c.h"
#include "common/io/clock.h"
#include "common/io/journal_format.h"
#include "tests/lib/scratch.h"

enum { RECORDS_MAX = 4096 };

static struct scratch scratch;
static struct journal *journal;
static struct journal_report report;
static text_t why;

/* What the last replay handed on. */
static struct {
	uint64_t count, last, entropy_sum;
	char first_payload[64];
	bool is_contiguous;
} replayed;

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

static int set_up(void **state)
{
	(void)state;
	scratch_open(&scratch);
	syncs_until_failure = -1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	journal_close(&journal, NANOS_S);
	scratch_close(&scratch);
	return 0;
}

static void collect(void *self, const struct journal_record *record)
{
	(void)self;
	if (replayed.count == 0)
		snprintf(replayed.first_payload, sizeof replayed.first_payload, "%.*s", (int)record->size,
		         (const char *)record->payload);
	replayed.is_contiguous &= record->sequence == replayed.last + 1;
	replayed.last = record->sequence;
	replayed.entropy_sum += record->entropy;
	replayed.count++;
}

static enum err try_open(void)
{
	memset(&replayed, 0, sizeof replayed);
	replayed.is_contiguous = true;
	return journal_open(&journal, scratch.path, collect, NULL, &report, &why);
}

static void open_journal(void)
{
	if (try_open() != OK)
		fail_msg("%s", why.text);
	assert_true(replayed.is_contiguous);
}

static uint64_t append(enum save_class save_class, const char *payload)
{
	return journal_append(journal, save_class, 5, 7, MESSAGE_TICK, (const uint8_t *)payload, strlen(payload));
}

static bool waits_for(uint64_t sequence)
{
	nanos_t until = clock_stamp() + 30 * NANOS_S;

	while (journal_done(journal) < sequence && !journal_failed(journal, &why)) {
		struct pollfd item = {.fd = journal_fd(journal), .events = POLLIN};
		if (clock_stamp() > until)
			fail_msg("record %lu was never done", (unsigned long)sequence);
		poll(&item, 1, 100);
	}
	return !journal_failed(journal, &why);
}

/* Three records: payloads of 5, 8 and 11 bytes. */
static void make_three(void)
{
	open_journal();
	append(SAVE_SYNCED, "first");
	append(SAVE_BUFFERED, "second__");
	append(SAVE_SYNCED, "the third  ");
	journal_close(&journal, 10 * NANOS_S);
}

static size_t end_of_three(void)
{
	return JOURNAL_HEADER_SIZE + journal_record_space(5) + journal_record_space(8) + journal_record_space(11);
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

static void buffered_records_are_not_synced(void **state)
{
	(void)state;
	open_journal();
	int before = atomic_load(&syncs);
	append(SAVE_BUFFERED, "x");
	assert_true(waits_for(1));
	assert_int_equal(atomic_load(&syncs), before);
}

static void a_torn_tail_is_cut_at_every_byte_of_the_last_record(void **state)
{
	size_t size;
	(void)state;

	make_three();
	char *whole = scratch_read(&scratch, "journal", &size);
	size_t end = end_of_three(), begin = end - journal_record_space(11);
	size = end + 4096;
	for (size_t cut = end - 2; cut >= begin; cut--) {
		memset(whole + cut, 0, size - cut);
		scratch_write(&scratch, "journal", whole, size);
		open_journal();
		assert_int_equal(replayed.count, 2);
		assert_false(report.quarantined);
		assert_in_range(report.cut_bytes, cut > begin, cut - begin + 7);
		assert_int_equal(append(SAVE_SYNCED, "again"), 3);
		journal_close(&journal, NANOS_S);
		open_journal();
		assert_int_equal(replayed.count, 3);
		assert_int_equal(report.cut_bytes, 0);
		journal_close(&journal, NANOS_S);
	}
	free(whole);
}

static void a_short_file_is_a_torn_tail_too(void **state)
{
	(void)state;
	make_three();
	assert_int_equal(truncate(scratch_path(&scratch, "journal"), (off_t)end_of_three() - 9), 0);
	open_journal();
	assert_int_equal(replayed.count, 2);
	assert_int_equal(append(SAVE_SYNCED, "again"), 3);
	journal_close(&journal, NANOS_S);
	open_journal();
	assert_int_equal(replayed.count, 3);
}

static void nothing_of_a_cut_tail_shows_behind_a_shorter_record(void **state)
{
	size_t size;
	(void)state;

	make_three();
	char *whole = scratch_read(&scratch, "journal", &size);
	memset(whole + end_of_three(), 0xab, 500);
	scratch_write(&scratch, "journal", whole, size);
	free(whole);
	open_journal();
	assert_int_equal(report.cut_bytes, 504);
	append(SAVE_SYNCED, "x");
	journal_close(&journal, NANOS_S);
	open_journal();
	assert_int_equal(replayed.count, 4);
	assert_int_equal(report.cut_bytes, 0);
}

static void the_cut_bytes_are_kept_beside(void **state)
{
	char name[256];
	size_t size;
	(void)state;

	make_three();
	char *whole = scratch_read(&scratch, "journal", &size);
	memset(whole + end_of_three() - 20, 0, 20);
	scratch_write(&scratch, "journal", whole, size);
	open_journal();
	assert_int_equal(scratch_count(&scratch, ".", "journal.cut-", name), 1);
	size_t cut;
	char *kept = scratch_read(&scratch, name, &cut);
	assert_int_equal(cut, report.cut_bytes);
	assert_memory_equal(kept, whole + end_of_three() - journal_record_space(11), cut);
	free(kept);
	free(whole);
}

/* Flips each bit in turn; the journal may end early or be quarantined, but never hand on a wrong record. */
static void a_flipped_bit_anywhere_is_detected(void **state)
{
	size_t size;
	(void)state;

	make_three();
	char *whole = scratch_read(&scratch, "journal", &size);
	size_t last = end_of_three() - journal_record_space(11);
	for (size_t bit = 0; bit < 8 * end_of_three(); bit++) {
		whole[bit / 8] ^= (char)(1 << bit % 8);
		scratch_write(&scratch, "journal", whole, end_of_three() + 64);
		enum err err = journal_read(scratch.path, collect, memset(&replayed, 0, sizeof replayed), &report,
		                            &why);
		whole[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_equal(err, OK);
		assert_true(replayed.count < 3);
		assert_int_equal(report.quarantined, bit / 8 < last);
		assert_int_equal(report.cut_bytes > 0, bit / 8 >= last);
	}
	free(whole);
}

static void damage_inside_is_quarantined_with_its_bytes(void **state)
{
	char name[256];
	size_t size, kept_size;
	(void)state;

	make_three();
	char *whole = scratch_read(&scratch, "journal", &size);
	whole[JOURNAL_HEADER_SIZE + journal_record_space(5) + 20] ^= 1;
	scratch_write(&scratch, "journal", whole, size);
	open_journal();
	assert_true(report.quarantined);
	assert_non_null(strstr(report.why.text, "journal.damaged-"));
	assert_int_equal(replayed.count, 1);
	assert_int_equal(scratch_count(&scratch, ".", "journal.damaged-", name), 1);
	char *kept = scratch_read(&scratch, name, &kept_size);
	assert_int_equal(kept_size, size);
	assert_memory_equal(kept, whole, size);
	free(kept);
	free(whole);
	assert_int_equal(append(SAVE_SYNCED, "again"), 2);
	journal_close(&journal, NANOS_S);
	open_journal();
	assert_false(report.quarantined);
	assert_int_equal(replayed.count, 2);
}

static void a_file_that_is_no_journal_is_quarantined(void **state)
{
	(void)state;
	scratch_write_text(&scratch, "journal", "something else");
	open_journal();
	assert_true(report.quarantined);
	assert_int_equal(append(SAVE_SYNCED, "x"), 1);
	assert_true(waits_for(1));
	assert_int_equal(scratch_count(&scratch, ".", "journal.damaged-", NULL), 1);
}

static void a_record_of_another_journal_does_not_fit(void **state)
{
	size_t size;
	(void)state;

	make_three();
	char *first = scratch_read(&scratch, "journal", &size);
	unlink(scratch_path(&scratch, "journal"));
	make_three();
	char *second = scratch_read(&scratch, "journal", &size);
	size_t at = JOURNAL_HEADER_SIZE + journal_record_space(5);
	memcpy(second + at, first + at, journal_record_space(8));
	scratch_write(&scratch, "journal", second, size);
	open_journal();
	assert_true(report.quarantined);
	assert_int_equal(replayed.count, 1);
	free(first);
	free(second);
}

static void a_journal_of_another_version_is_refused_and_left_alone(void **state)
{
	uint8_t header[JOURNAL_HEADER_SIZE];
	const uint64_t id[2] = {1, 2};
	(void)state;

	journal_header_put(header, 1, id);
	header[8]++;
	uint32_t crc = crc32c_extend(crc32c(header, 12), header + 16, JOURNAL_HEADER_SIZE - 16);
	memcpy(header + 12, &crc, sizeof crc);
	scratch_write(&scratch, "journal", header, sizeof header);
	assert_int_equal(try_open(), ERR_VERSION);
	assert_int_equal(scratch_count(&scratch, ".", "journal.", NULL), 0);
}

static void a_second_process_is_refused(void **state)
{
	(void)state;
	open_journal();
	pid_t pid = fork();
	if (pid == 0) {
		struct journal *other;
		enum err err = journal_open(&other, scratch.path, collect, NULL, &report, &why);
		_exit(err == ERR_EXISTS && strstr(why.text, "in use by another process") != NULL ? 0 : 1);
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
		sequence = journal_append(journal, SAVE_SYNCED, 1, 1, MESSAGE_TICK, payload, sizeof payload);
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
		assert_true(waits_for(journal_append(journal, SAVE_BUFFERED, 1, 1, MESSAGE_TICK, payload,
		                                     sizeof payload)));
	do {
		assert_true(clock_stamp() < until);
		stat(scratch_path(&scratch, "journal"), &info);
	} while (info.st_size < 10000000 + (1 << 20));
	journal_close(&journal, NANOS_S);
	assert_in_range(info.st_size, 11000000, 10000000 + (9 << 20));
	open_journal();
	assert_int_equal(replayed.count, 100);
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
	assert_int_equal(journal_read(scratch_path(&scratch, "none"), collect, NULL, &report, &why), ERR_NOT_FOUND);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_journal_is_empty_and_private),
		TEST(what_was_appended_is_replayed_in_order),
		TEST(reopening_continues_the_sequence),
		TEST(every_payload_size_is_kept),
		TEST(many_queued_records_share_a_sync),
		TEST(buffered_records_are_not_synced),
		TEST(a_torn_tail_is_cut_at_every_byte_of_the_last_record),
		TEST(a_short_file_is_a_torn_tail_too),
		TEST(nothing_of_a_cut_tail_shows_behind_a_shorter_record),
		TEST(the_cut_bytes_are_kept_beside),
		TEST(a_flipped_bit_anywhere_is_detected),
		TEST(damage_inside_is_quarantined_with_its_bytes),
		TEST(a_file_that_is_no_journal_is_quarantined),
		TEST(a_record_of_another_journal_does_not_fit),
		TEST(a_journal_of_another_version_is_refused_and_left_alone),
		TEST(a_second_process_is_refused),
		TEST(a_failed_sync_is_final_and_the_file_is_not_synced_again),
		TEST(after_a_failed_sync_the_next_open_writes_the_file_anew),
		TEST(when_the_room_ends_it_fails_and_what_was_done_stays),
		TEST(it_stretches_ahead_of_the_records),
		TEST(it_can_be_read_while_it_grows),
		TEST(reading_what_is_not_there_is_not_found),
		TEST(an_append_costs_the_caller_little),
	};

	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
