/* SPDX-License-Identifier: Apache-2.0 */
/* The first record of a journal that goes on from an older file (rule W7): what the older one held,
   and the hash of its last record, so that both are verified as one chain. For journal*.c only. */
#ifndef IO_JOURNAL_MARK_H
#define IO_JOURNAL_MARK_H

#include "common/io/journal_format.h"

struct journal_origin {
	struct journal_chain older; /* where the older file ended */
	uint64_t records;           /* in all older files, checkpoints not counted */
	uint64_t items;             /* records of the checkpoint that follow the mark */
	nanos_t at;
};

/* Packs the payload of the mark's record. Returns its size. */
size_t journal_mark_pack(const struct journal_origin *self, uint8_t *payload, size_t capacity);

/* False when the record is no mark. */
bool journal_mark_read(const struct journal_record *record, struct journal_origin *out);

enum journal_mark_state {
	JOURNAL_MARK_NONE,  /* the file begins with another record */
	JOURNAL_MARK_WHOLE, /* the mark and all of its checkpoint can be read; sets `out` */
	JOURNAL_MARK_TORN,  /* not all of that, or nothing at all */
};

/* Looks at the beginning of a file's bytes. */
enum journal_mark_state journal_mark_check(const uint8_t *bytes, size_t size,
                                           struct journal_origin *out);

#endif
