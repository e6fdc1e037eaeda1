/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/journal_mark.h"

#include <assert.h>
#include <string.h>

enum { NUMBERS = 3 };

size_t journal_mark_pack(const struct journal_origin *self, uint8_t *payload, size_t capacity)
{
	struct journal_checkpoint body = {
		.part = CHECKPOINT_PART_MARK,
		.numbers = {.count = NUMBERS,
	                    .items = {self->records, self->older.sequence, self->items}},
		.at = self->at,
	};
	size_t size;

	memcpy(&body.id.high, self->older.hash, 8);
	memcpy(&body.id.low, self->older.hash + 8, 8);
	enum err err = codec_pack_body(MESSAGE_JOURNAL_CHECKPOINT, &body, payload, capacity, &size);
	assert(err == OK);
	return size;
}

bool journal_mark_read(const struct journal_record *record, struct journal_origin *out)
{
	struct journal_checkpoint body;

	if (record->type != MESSAGE_JOURNAL_CHECKPOINT ||
	    codec_unpack_body(record->type, record->payload, record->size, &body, sizeof body) !=
	            OK ||
	    body.part != CHECKPOINT_PART_MARK || body.numbers.count < NUMBERS)
		return false;
	*out = (struct journal_origin){
		.older.sequence = body.numbers.items[1],
		.records = body.numbers.items[0],
		.items = body.numbers.items[2],
		.at = body.at,
	};
	memcpy(out->older.hash, &body.id.high, 8);
	memcpy(out->older.hash + 8, &body.id.low, 8);
	return true;
}

enum journal_mark_state journal_mark_check(const uint8_t *bytes, size_t size,
                                           struct journal_origin *out)
{
	struct journal_chain chain;
	struct journal_record record;
	size_t at = JOURNAL_HEADER_SIZE, space;

	if (size < JOURNAL_HEADER_SIZE || journal_header_check(bytes, &chain) != OK ||
	    journal_record_read(bytes + at, size - at, &chain, &record, &space) != OK)
		return JOURNAL_MARK_TORN;
	if (!journal_mark_read(&record, out))
		return JOURNAL_MARK_NONE;
	for (uint64_t i = 0; i < out->items; i++) {
		at += space;
		if (journal_record_read(bytes + at, size - at, &chain, &record, &space) != OK)
			return JOURNAL_MARK_TORN;
	}
	return JOURNAL_MARK_WHOLE;
}
