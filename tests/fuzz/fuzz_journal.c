/* SPDX-License-Identifier: Apache-2.0 */
/* The record walker on bytes that nobody vouches for, and on a good file with one damaged byte:
   whatever it hands on must lie inside the bytes and be a prefix of what was written. */
#include "common/io/journal_format.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 16, RECORDS_MAX = 64 };

static size_t offsets[RECORDS_MAX];

/* Returns the number of good records. */
static size_t walk(const uint8_t *bytes, size_t size)
{
	struct journal_chain chain;
	struct journal_record record;
	size_t at = JOURNAL_HEADER_SIZE, space, count = 0;

	if (size < JOURNAL_HEADER_SIZE || journal_header_check(bytes, &chain) != OK)
		return 0;
	while (at <= size &&
	       journal_record_read(bytes + at, size - at, &chain, &record, &space) == OK) {
		assert(record.payload == bytes + at + JOURNAL_RECORD_HEADER);
		assert(space % 8 == 0 && space <= size - at);
		assert(JOURNAL_RECORD_HEADER + record.size <= space);
		assert(record.sequence == ++count);
		at += space;
	}
	(void)journal_has_later_record(bytes + at, size - at, &chain);
	return count;
}

/* Any bytes behind a good header, in memory of exactly that size. */
static void walk_anything(const uint8_t *data, size_t size)
{
	const uint64_t id[2] = {1, 2};
	uint8_t *bytes = malloc(JOURNAL_HEADER_SIZE + size);

	journal_header_put(bytes, 7, id);
	if (size > 0)
		memcpy(bytes + JOURNAL_HEADER_SIZE, data, size);
	walk(bytes, JOURNAL_HEADER_SIZE + size);
	free(bytes);
	bytes = malloc(size > 0 ? size : 1);
	if (size > 0)
		memcpy(bytes, data, size);
	walk(bytes, size);
	free(bytes);
}

/* Each byte of data is the payload size of a record. Returns the size of the file. */
static size_t make_file(const uint8_t *data, size_t size, uint8_t *bytes, size_t *count)
{
	const uint64_t id[2] = {3, 4};
	struct journal_chain chain;
	size_t at = JOURNAL_HEADER_SIZE;

	journal_header_put(bytes, 7, id);
	if (journal_header_check(bytes, &chain) != OK)
		abort();
	for (*count = 0; *count < size && *count < RECORDS_MAX; ++*count) {
		struct journal_record record = {
			.sequence = *count + 1,
			.type = MESSAGE_TICK,
			.payload = data,
			.size = data[*count],
		};
		if (record.size > size)
			record.size = size;
		offsets[*count] = at;
		journal_record_put(bytes + at, &record, SAVE_SYNCED);
		at += journal_record_seal(bytes + at, &chain);
	}
	return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[FILE_MAX];
	size_t count, first_bad = 0;

	walk_anything(data, size);
	if (size < 4)
		return 0;
	size_t end = make_file(data + 3, size - 3, bytes, &count);
	assert(walk(bytes, end) == count);
	size_t damaged = (data[0] | (size_t)data[1] << 8) % end;
	bytes[damaged] ^= data[2];
	if (data[2] == 0)
		return 0;
	while (first_bad < count && damaged >= offsets[first_bad])
		first_bad++;
	assert(walk(bytes, end) == (first_bad > 0 ? first_bad - 1 : 0));
	return 0;
}
