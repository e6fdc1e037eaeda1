/* SPDX-License-Identifier: Apache-2.0 */
/* A journal in a directory of its own, and what its last replay handed on. For the journal's tests.
 */
#ifndef LIB_JOURNAL_BENCH_H
#define LIB_JOURNAL_BENCH_H

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/io/clock.h"
#include "common/io/journal_format.h"
#include "tests/lib/scratch.h"

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

static inline int set_up(void **state)
{
	(void)state;
	scratch_open(&scratch);
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	journal_close(&journal, NANOS_S);
	scratch_close(&scratch);
	return 0;
}

static inline void collect(void *self, const struct journal_record *record)
{
	(void)self;
	if (replayed.count == 0)
		snprintf(replayed.first_payload, sizeof replayed.first_payload, "%.*s",
		         (int)record->size, (const char *)record->payload);
	replayed.is_contiguous &= record->sequence == replayed.last + 1;
	replayed.last = record->sequence;
	replayed.entropy_sum += record->entropy;
	replayed.count++;
}

static inline enum err try_open(void)
{
	memset(&replayed, 0, sizeof replayed);
	replayed.is_contiguous = true;
	return journal_open(&journal, scratch.path, collect, NULL, &report, &why);
}

static inline void open_journal(void)
{
	if (try_open() != OK)
		fail_msg("%s", why.text);
	assert_true(replayed.is_contiguous);
}

static inline uint64_t append(enum save_class save_class, const char *payload)
{
	return journal_append(journal, save_class, 5, 7, MESSAGE_TICK, (const uint8_t *)payload,
	                      strlen(payload));
}

static inline bool waits_for(uint64_t sequence)
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
static inline void make_three(void)
{
	open_journal();
	append(SAVE_SYNCED, "first");
	append(SAVE_BUFFERED, "second__");
	append(SAVE_SYNCED, "the third  ");
	journal_close(&journal, 10 * NANOS_S);
}

static inline size_t end_of_three(void)
{
	return JOURNAL_HEADER_SIZE + journal_record_space(5) + journal_record_space(8) +
	       journal_record_space(11);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
