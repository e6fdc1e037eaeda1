/* SPDX-License-Identifier: Apache-2.0 */
/* The append-only record file of one service (decision 0003). An actor of its own appends and
   syncs; the caller goes on meanwhile. Preallocated segments, CRC32C and a hash chain; a torn tail
   is cut behind the last good record, damage before it is quarantined with its bytes. A file that
   has grown long is followed by a new one that begins with a checkpoint; the last JOURNAL_OLD_KEPT
   older ones stay beside it as journal.<number of their first record>.old.

   record = size u32, crc32c u32, sequence u64, now i64, entropy u64, type u16, class u16, previous
   hash 16 bytes, payload (a catalogue body); little-endian, padded to 8. Layout in
   journal_format.h. */
#ifndef IO_JOURNAL_H
#define IO_JOURNAL_H

#include "common/logic/outbox.h"

struct journal;

enum { JOURNAL_OLD_KEPT = 8 };

struct journal_record {
	uint64_t sequence; /* from 1, contiguous */
	nanos_t now;
	uint64_t entropy;
	enum message_type type;
	const uint8_t *payload;
	size_t size;
};

struct journal_report {
	uint64_t records, last_sequence;
	uint64_t older;     /* records in the files before this one, as its mark tells */
	uint64_t items;     /* of `records`, the mark and its checkpoint */
	uint64_t cut_bytes; /* torn tail that was cut */
	bool quarantined;   /* damage inside: the old file stands beside, see why */
	text_t why;
};

/* A record of a checkpoint. */
struct journal_item {
	enum message_type type;
	const uint8_t *payload;
	size_t size;
};

/* Opens or makes `directory`/journal, takes the directory's exclusive lock (ERR_EXISTS when another
   process holds it), hands every good record to `apply` in order, and starts the actor. `why` tells
   what failed. */
MUST_CHECK enum err journal_open(struct journal **out, const char *directory,
                                 void (*apply)(void *self, const struct journal_record *record),
                                 void *self, struct journal_report *report, text_t *why);

/* journal_open() in two halves; between them nothing is appended, but a new file may be begun. */
MUST_CHECK enum err journal_load(struct journal **out, const char *directory,
                                 void (*apply)(void *self, const struct journal_record *record),
                                 void *self, struct journal_report *report, text_t *why);
MUST_CHECK enum err journal_start(struct journal *self, text_t *why);

/* Reads a new file back before it takes the old one's place. */
struct journal_verify {
	void (*apply)(void *self, const struct journal_record *record);
	bool (*agrees)(void *self);
	void *self;
};

/* Begins a new file with a checkpoint (rule W7): written, synced, read back by `verify`, then put
   in the old one's place in one step, which stays beside it. ERR_UNAVAILABLE: the old file goes on
   as it was, `why` tells what was missing. Any other error: the journal can't be used. */
MUST_CHECK enum err journal_renew(struct journal *self, nanos_t now,
                                  const struct journal_item *items, size_t count,
                                  const struct journal_verify *verify, text_t *why);

/* Queues a record; returns its sequence. It is durable in its class once journal_done() reaches it.
 */
uint64_t journal_append(struct journal *self, enum save_class save_class, nanos_t now,
                        uint64_t entropy, enum message_type type, const uint8_t *payload,
                        size_t size);

/* Between the two the worker is not woken, so that the records of one step are written, and synced,
   together. Optional. */
void journal_hold(struct journal *self);
void journal_release(struct journal *self);

/* Readable when journal_done() may have moved or a failure is there. Never negative. */
int journal_fd(const struct journal *self);
/* The last sequence that is durable in the class it was appended with. Call until the fd is quiet.
 */
uint64_t journal_done(struct journal *self);
/* True after a failed write or sync: nothing was or will be made durable after journal_done(). */
bool journal_failed(const struct journal *self, text_t *why);

/* Waits for what is queued, at most `patience`, and closes. */
void journal_close(struct journal **self, nanos_t patience);

/* Reads a journal without opening it for writing (another process may be appending): tools and
   reports. The older files that are kept come first; checkpoints between them are left out.
   `report->older` tells what is missing before the first. */
MUST_CHECK enum err journal_read(const char *directory,
                                 void (*each)(void *self, const struct journal_record *record),
                                 void *self, struct journal_report *report, text_t *why);

#endif
