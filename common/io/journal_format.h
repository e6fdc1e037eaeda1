/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a journal file, without the file: pack, seal, check, walk. Touches no disk.

   file   = header (64 bytes), records, zeros up to the preallocated end
   header = magic 8, version u32, crc32c u32, made i64, random id 16, zeros 24
   record = size u32, crc32c u32, sequence u64, now i64, entropy u64, type u16, class u16, previous
   hash 16 bytes, payload, zeros up to a multiple of 8; all little-endian `size` counts from the
   record's first byte to the payload's last; 0 is the end of the records. The checksum covers
   everything but itself, padding too. The previous hash is SipHash-2-4-128 of the whole record
   before, of the header for the first one: a record of another file, or of another place, doesn't
   fit. */
#ifndef IO_JOURNAL_FORMAT_H
#define IO_JOURNAL_FORMAT_H

#include "common/io/journal.h"

enum {
	JOURNAL_VERSION = 1,
	JOURNAL_HEADER_SIZE = 64,
	JOURNAL_RECORD_HEADER = 52,
	JOURNAL_HASH_SIZE = 16,
	JOURNAL_RECORD_MAX = (JOURNAL_RECORD_HEADER + FRAME_MAX + 7) / 8 * 8,
};

/* Where a walk or a writer stands. */
struct journal_chain {
	uint64_t sequence; /* of the last record, 0 before the first */
	uint8_t hash[JOURNAL_HASH_SIZE];
};

/* Bytes that a record with such a payload takes. */
size_t journal_record_space(size_t payload_size);

void journal_header_put(uint8_t header[JOURNAL_HEADER_SIZE], nanos_t made, const uint64_t id[2]);
/* ERR_CHECKSUM when it is no journal header, ERR_VERSION when it is one of another version. Starts
 * `chain`. */
MUST_CHECK enum err journal_header_check(const uint8_t header[JOURNAL_HEADER_SIZE],
                                         struct journal_chain *chain);

/* Writes all of a record but checksum and previous hash. `record->sequence` is the caller's count.
 */
void journal_record_put(uint8_t *at, const struct journal_record *record,
                        enum save_class save_class);
enum save_class journal_record_class(const uint8_t *at);
/* Completes the record at `at` as the next of the chain. Returns its space. */
size_t journal_record_seal(uint8_t *at, struct journal_chain *chain);

/* Reads the record at `at`, with `left` bytes from there on. OK: `record` points into the bytes,
   `chain` has moved on, `space` is what it takes. ERR_NOT_FOUND: zeros, or nothing: the end.
   ERR_AGAIN: whole only with more bytes than `left`. ERR_CHECKSUM: damaged. ERR_GAP: whole, but not
   the next of this chain. */
MUST_CHECK enum err journal_record_read(const uint8_t *at, size_t left, struct journal_chain *chain,
                                        struct journal_record *record, size_t *space);

/* True when a whole record with a later sequence than the chain's begins somewhere in the bytes:
   then what stands before it is damage and no torn tail. */
bool journal_has_later_record(const uint8_t *bytes, size_t size, const struct journal_chain *chain);

#endif
