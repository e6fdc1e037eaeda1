/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/spool.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "tests/lib/scratch.h"

static struct scratch scratch;
static struct spool spool;
static struct alert found[SPOOL_SLOTS];
static size_t found_count;

static int set_up(void **state)
{
	(void)state;
	scratch_open(&scratch);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	spool_close(&spool);
	scratch_close(&scratch);
	return 0;
}

static struct alert alert_number(unsigned number)
{
	return (struct alert){
		.severity = SEVERITY_CRITICAL,
		.event = name_from("an.event"),
		.at = number * NANOS_S,
		.text = text_format("alert %u", number),
		.repeats = 1,
		.origin = name_from("executor"),
	};
}

/* As a process that starts. */
static void when_opened(void)
{
	text_t why;
	spool_close(&spool);
	assert_int_equal(spool_open(&spool, scratch_path(&scratch, "alerts.spool"), found,
	                            &found_count, &why),
	                 OK);
}

static void when_said(unsigned first, unsigned last)
{
	text_t why;
	for (unsigned number = first; number <= last; number++) {
		struct alert alert = alert_number(number);
		assert_int_equal(spool_add(&spool, &alert, &why), OK);
	}
}

static void then_found(size_t index, unsigned number)
{
	struct alert expected = alert_number(number);
	assert_in_range(index, 0, found_count - 1);
	assert_int_equal(found[index].severity, expected.severity);
	assert_int_equal(found[index].at, expected.at);
	assert_true(name_equals(&found[index].event, &expected.event));
	assert_true(name_equals(&found[index].origin, &expected.origin));
	assert_string_equal(found[index].text.text, expected.text.text);
}

/* One byte of the file is another one. */
static void given_flipped(size_t offset)
{
	int fd = open(scratch_path(&scratch, "alerts.spool"), O_RDWR | O_CLOEXEC);
	uint8_t byte;
	assert_int_equal(pread(fd, &byte, 1, (off_t)offset), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)offset), 1);
	close(fd);
}

static void a_new_one_is_empty(void **state)
{
	(void)state;
	when_opened();
	assert_int_equal(found_count, 0);
}

static void what_was_said_is_found_by_the_next_process_in_the_same_order(void **state)
{
	(void)state;
	when_opened();
	when_said(1, 3);
	when_opened();
	assert_int_equal(found_count, 3);
	for (unsigned i = 0; i < 3; i++)
		then_found(i, i + 1);
}

static void of_more_than_fit_the_newest_are_kept(void **state)
{
	(void)state;
	when_opened();
	when_said(1, 2 * SPOOL_SLOTS + 5);
	when_opened();
	assert_int_equal(found_count, SPOOL_SLOTS);
	for (unsigned i = 0; i < SPOOL_SLOTS; i++)
		then_found(i, SPOOL_SLOTS + 6 + i);
	when_said(2 * SPOOL_SLOTS + 6, 2 * SPOOL_SLOTS + 6);
	when_opened();
	then_found(0, SPOOL_SLOTS + 7);
	then_found(SPOOL_SLOTS - 1, 2 * SPOOL_SLOTS + 6);
}

static void the_longest_alert_fits(void **state)
{
	struct alert alert = alert_number(1);
	text_t why;
	(void)state;
	memset(alert.text.text, 'x', TEXT_MAX_SIZE);
	alert.text.size = TEXT_MAX_SIZE;
	memset(alert.event.text, 'y', NAME_MAX_SIZE);
	alert.event.size = NAME_MAX_SIZE;
	alert.origin = alert.event;
	alert.number = alert.repeats = UINT64_MAX;
	alert.at = alert.latest = INT64_MAX;
	when_opened();
	assert_int_equal(spool_add(&spool, &alert, &why), OK);
	when_opened();
	assert_int_equal(found_count, 1);
	assert_memory_equal(found[0].text.text, alert.text.text, TEXT_MAX_SIZE);
}

static void any_flipped_byte_costs_its_own_slot_only(void **state)
{
	(void)state;
	when_opened();
	when_said(1, 4);
	for (size_t offset = 0; offset < 40; offset++) { /* its number, size, sum and body */
		given_flipped(2 * SPOOL_SLOT_SIZE + offset);
		when_opened();
		assert_int_equal(found_count, 3);
		then_found(0, 1);
		then_found(1, 3);
		then_found(2, 4);
		given_flipped(2 * SPOOL_SLOT_SIZE + offset);
	}
}

static void the_newest_one_torn_gives_its_place_to_the_next(void **state)
{
	(void)state;
	when_opened();
	when_said(1, 3);
	assert_int_equal(truncate(scratch_path(&scratch, "alerts.spool"), 3 * SPOOL_SLOT_SIZE + 40),
	                 0);
	when_opened();
	assert_int_equal(found_count, 2);
	when_said(4, 4);
	when_opened();
	assert_int_equal(found_count, 3);
	then_found(2, 4);
}

static void a_file_of_rubbish_is_empty(void **state)
{
	static uint8_t rubbish[SPOOL_SLOTS * SPOOL_SLOT_SIZE + 100];
	(void)state;
	memset(rubbish, 0xff, sizeof rubbish);
	scratch_write(&scratch, "alerts.spool", rubbish, sizeof rubbish);
	when_opened();
	assert_int_equal(found_count, 0);
	when_said(1, 1);
	when_opened();
	then_found(0, 1);
}

static void a_place_that_cannot_be_opened_is_said_and_nothing_is_kept(void **state)
{
	struct alert alert = alert_number(1);
	text_t why = {0};
	(void)state;
	assert_int_equal(spool_open(&spool, "/nowhere/at/all", found, &found_count, &why), ERR_IO);
	assert_non_null(strstr(why.text, "/nowhere/at/all"));
	assert_int_equal(spool_add(&spool, &alert, &why), OK);
}

static void a_full_disk_is_said_once(void **state)
{
	struct rlimit before, none;
	struct alert alert = alert_number(1);
	text_t why = {0};
	(void)state;
	when_opened();
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	none = before;
	none.rlim_cur = 1;
	setrlimit(RLIMIT_FSIZE, &none);
	enum err first = spool_add(&spool, &alert, &why), second = spool_add(&spool, &alert, &why);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(first, ERR_IO);
	assert_true(why.size > 0);
	assert_int_equal(second, OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_one_is_empty),
		TEST(what_was_said_is_found_by_the_next_process_in_the_same_order),
		TEST(of_more_than_fit_the_newest_are_kept),
		TEST(the_longest_alert_fits),
		TEST(any_flipped_byte_costs_its_own_slot_only),
		TEST(the_newest_one_torn_gives_its_place_to_the_next),
		TEST(a_file_of_rubbish_is_empty),
		TEST(a_place_that_cannot_be_opened_is_said_and_nothing_is_kept),
		TEST(a_full_disk_is_said_once),
	};
	return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
