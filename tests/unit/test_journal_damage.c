/* SPDX-License-Identifier: Apache-2.0 */
/* Files that were torn, flipped, exchanged: what a journal makes of them. */
#include "common/io/journal.h"

#include "common/base/crc32c.h"
#include "tests/lib/journal_bench.h"

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

/* Flips each bit in turn; the journal may end early or be quarantined, but never hand on a wrong
 * record. */
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
		enum err err = journal_read(scratch.path, collect,
		                            memset(&replayed, 0, sizeof replayed), &report, &why);
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

static void a_loss_is_told_again_until_something_was_kept_behind_it(void **state)
{
	size_t size;
	(void)state;

	make_three();
	char *whole = scratch_read(&scratch, "journal", &size);
	whole[JOURNAL_HEADER_SIZE + journal_record_space(5) + 20] ^= 1;
	scratch_write(&scratch, "journal", whole, size);
	free(whole);
	for (int i = 0; i < 3; i++) {
		open_journal();
		assert_true(report.quarantined);
		assert_true(report.why.size > 0);
		journal_close(&journal, NANOS_S);
	}
	open_journal();
	append(SAVE_SYNCED, "told");
	journal_close(&journal, NANOS_S);
	open_journal();
	assert_false(report.quarantined);
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

static void a_journal_of_another_version_is_set_aside_with_its_bytes(void **state)
{
	uint8_t header[JOURNAL_HEADER_SIZE];
	const uint64_t id[2] = {1, 2};
	char name[256];
	size_t size;
	(void)state;

	journal_header_put(header, 1, id);
	header[8]++;
	uint32_t crc = crc32c_extend(crc32c(header, 12), header + 16, JOURNAL_HEADER_SIZE - 16);
	memcpy(header + 12, &crc, sizeof crc);
	scratch_write(&scratch, "journal", header, sizeof header);
	assert_int_equal(try_open(), OK);
	assert_true(report.quarantined);
	assert_non_null(strstr(report.why.text, "another version"));
	assert_int_equal(report.records, 0);
	assert_int_equal(scratch_count(&scratch, ".", "journal.damaged-", name), 1);
	char *kept = scratch_read(&scratch, name, &size);
	assert_int_equal(size, sizeof header);
	assert_memory_equal(kept, header, sizeof header);
	free(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_torn_tail_is_cut_at_every_byte_of_the_last_record),
		TEST(a_short_file_is_a_torn_tail_too),
		TEST(nothing_of_a_cut_tail_shows_behind_a_shorter_record),
		TEST(the_cut_bytes_are_kept_beside),
		TEST(a_flipped_bit_anywhere_is_detected),
		TEST(damage_inside_is_quarantined_with_its_bytes),
		TEST(a_loss_is_told_again_until_something_was_kept_behind_it),
		TEST(a_file_that_is_no_journal_is_quarantined),
		TEST(a_record_of_another_journal_does_not_fit),
		TEST(a_journal_of_another_version_is_set_aside_with_its_bytes),
	};

	return cmocka_run_group_tests_name("journal_damage", tests, NULL, NULL);
}
