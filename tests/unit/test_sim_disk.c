/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TRIES = 400, RECORDS = 20, PAYLOAD = 70 };

struct bench {
	struct sim_disk disk;
	uint8_t *bytes;
	struct random random;
	uint64_t appended;
	uint64_t applied[4 * RECORDS]; /* sequences, as opening handed them on */
	size_t applied_count;
	bool is_foreign; /* a payload that was never appended was applied */
	struct journal_report report;
};

static struct bench bench;

static void fill(uint8_t payload[PAYLOAD], uint64_t sequence)
{
	for (size_t i = 0; i < PAYLOAD; i++)
		payload[i] = (uint8_t)(sequence * 31 + i);
}

static struct journal_record record_of(uint64_t sequence, uint8_t payload[PAYLOAD])
{
	fill(payload, sequence);
	return (struct journal_record){
		.sequence = sequence,
		.now = (nanos_t)sequence,
		.entropy = ~sequence,
		.type = MESSAGE_JOURNAL_LATCH,
		.payload = payload,
		.size = PAYLOAD,
	};
}

static enum err append(void)
{
	uint8_t payload[PAYLOAD];
	struct journal_record record = record_of(bench.appended + 1, payload);
	enum err err = sim_disk_append(&bench.disk, &record, SAVE_SYNCED);
	bench.appended += err == OK;
	return err;
}

static void append_many(unsigned count)
{
	while (count-- > 0)
		assert_int_equal(append(), OK);
}

static void apply(void *self, const struct journal_record *record)
{
	uint8_t payload[PAYLOAD];
	(void)self;
	fill(payload, record->sequence);
	bench.is_foreign |=
		record->size != PAYLOAD || memcmp(payload, record->payload, PAYLOAD) != 0;
	bench.applied[bench.applied_count++] = record->sequence;
}

/* Opens it and checks that what was handed on is a prefix of what was appended. */
static size_t open_disk(void)
{
	bench.applied_count = 0;
	sim_disk_open(&bench.disk, apply, NULL, &bench.report);
	assert_false(bench.is_foreign);
	for (size_t i = 0; i < bench.applied_count; i++)
		assert_int_equal(bench.applied[i], i + 1);
	assert_int_equal(bench.report.records, bench.applied_count);
	bench.appended = bench.applied_count;
	return bench.applied_count;
}

static void begin(uint64_t seed)
{
	bench.appended = 0;
	bench.is_foreign = false;
	random_init(&bench.random, seed);
	sim_disk_init(&bench.disk, bench.bytes, seed);
}

static int set_up(void **state)
{
	(void)state;
	bench.bytes = malloc(SIM_DISK_BYTES);
	begin(1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(bench.bytes);
	return 0;
}

static void what_was_written_is_read_again(void **state)
{
	(void)state;
	append_many(RECORDS);
	assert_int_equal(open_disk(), RECORDS);
	append_many(RECORDS);
	assert_int_equal(open_disk(), 2 * RECORDS);
}

static void lost_power_takes_unsynced_records_only(void **state)
{
	(void)state;
	bool lost[RECORDS + 1] = {false};
	for (uint64_t seed = 1; seed <= TRIES; seed++) {
		begin(seed);
		append_many(RECORDS / 2);
		sim_disk_sync(&bench.disk);
		append_many(RECORDS / 2);
		sim_disk_lose_power(&bench.disk, &bench.random);
		size_t left = open_disk();
		assert_in_range(left, RECORDS / 2, RECORDS);
		lost[RECORDS - left] = true;
	}
	for (unsigned i = 0; i <= RECORDS / 2; i++)
		assert_true(lost[i]);
}

static void a_torn_tail_is_cut_and_the_journal_goes_on(void **state)
{
	(void)state;
	unsigned torn = 0;
	for (uint64_t seed = 1; seed <= TRIES; seed++) {
		begin(seed);
		append_many(RECORDS);
		sim_disk_lose_power(&bench.disk, &bench.random);
		size_t left = open_disk();
		torn += bench.report.cut_bytes > 0;
		append_many(3);
		assert_int_equal(open_disk(), left + 3);
		assert_int_equal(bench.report.cut_bytes, 0);
	}
	assert_true(torn > TRIES / 4);
}

static void a_flipped_bit_is_never_applied(void **state)
{
	(void)state;
	unsigned quarantined = 0;
	for (uint64_t seed = 1; seed <= TRIES; seed++) {
		begin(seed);
		append_many(RECORDS);
		sim_disk_sync(&bench.disk);
		sim_disk_flip_bit(&bench.disk, &bench.random);
		size_t left = open_disk();
		assert_true(left < RECORDS);
		quarantined += bench.report.quarantined;
		append_many(2);
		assert_int_equal(open_disk(), left + 2);
	}
	assert_in_range(quarantined, TRIES / 2, TRIES);
}

static void a_failed_append_ends_the_file_until_it_is_opened_again(void **state)
{
	(void)state;
	bool kept[2] = {false};
	for (uint64_t seed = 1; seed <= TRIES; seed++) {
		uint8_t payload[PAYLOAD];
		begin(seed);
		append_many(RECORDS);
		struct journal_record record = record_of(RECORDS + 1, payload);
		sim_disk_fail_append(&bench.disk, &record, SAVE_SYNCED, &bench.random);
		assert_int_equal(append(), ERR_IO);
		size_t left = open_disk();
		assert_in_range(left, RECORDS, RECORDS + 1);
		kept[left - RECORDS] = true;
		append_many(1);
		assert_int_equal(open_disk(), left + 1);
	}
	assert_true(kept[0] && kept[1]);
}

static void a_failed_sync_may_keep_or_lose_what_it_covered(void **state)
{
	(void)state;
	bool kept = false, lost = false;
	for (uint64_t seed = 1; seed <= TRIES; seed++) {
		begin(seed);
		append_many(RECORDS / 2);
		sim_disk_sync(&bench.disk);
		append_many(RECORDS / 2);
		sim_disk_fail_sync(&bench.disk, &bench.random);
		sim_disk_sync(&bench.disk);
		assert_int_equal(append(), ERR_IO);
		size_t left = open_disk();
		assert_in_range(left, RECORDS / 2, RECORDS);
		kept |= left == RECORDS;
		lost |= left < RECORDS;
	}
	assert_true(kept && lost);
}

static void a_full_file_says_so(void **state)
{
	(void)state;
	enum err err = OK;
	while (err == OK)
		err = append();
	assert_int_equal(err, ERR_FULL);
	assert_true(bench.disk.written <= SIM_DISK_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_written_is_read_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lost_power_takes_unsynced_records_only, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(a_torn_tail_is_cut_and_the_journal_goes_on, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(a_flipped_bit_is_never_applied, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_failed_append_ends_the_file_until_it_is_opened_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_failed_sync_may_keep_or_lose_what_it_covered,
	                                        set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_file_says_so, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
