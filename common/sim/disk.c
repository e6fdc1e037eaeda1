/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/disk.h"

#include "common/base/hash.h"
#include "common/base/plant.h"

#include <assert.h>
#include <string.h>

enum { SECTOR = 512 };

static void begin_file(struct sim_disk *self)
{
	uint64_t id[2] = {hash_mix(self->seed + HASH_STEP), hash_mix(~self->seed)};
	id[1] += self->quarantines;
	journal_header_put(self->bytes, 0, id);
	enum err err = journal_header_check(self->bytes, &self->chain);
	assert(err == OK);
	(void)err;
	self->written = self->synced = JOURNAL_HEADER_SIZE;
	self->older = self->items = 0;
}

void sim_disk_init(struct sim_disk *self, uint8_t *bytes, uint64_t seed)
{
	*self = (struct sim_disk){.bytes = bytes, .seed = seed, .is_listed = true};
	begin_file(self);
}

/* Writes the record's bytes behind the file's end; returns their number. */
static size_t put_bytes(struct sim_disk *self, const struct journal_record *record,
                        enum save_class save_class, struct journal_chain *chain)
{
	uint8_t *at = self->bytes + self->written;
	journal_record_put(at, record, save_class);
	return journal_record_seal(at, chain);
}

static bool has_room(const struct sim_disk *self, const struct journal_record *record)
{
	return journal_record_space(record->size) <= SIM_DISK_BYTES - self->written;
}

enum err sim_disk_append(struct sim_disk *self, const struct journal_record *record,
                         enum save_class save_class)
{
	if (self->failed)
		return ERR_IO;
	if (!has_room(self, record))
		return ERR_FULL;
	self->written += put_bytes(self, record, save_class, &self->chain);
	return OK;
}

void sim_disk_sync(struct sim_disk *self)
{
	if (!self->failed)
		self->synced = self->written;
}

static uint64_t below(struct random *random, size_t bound)
{
	return bound == 0 ? 0 : random_below(random, bound);
}

void sim_disk_lose_power(struct sim_disk *self, struct random *random)
{
	if (!self->is_listed && self->beside != 0 && random_next(random) % 2 == 0)
		sim_disk_go_back(self);
	size_t cut = self->synced + below(random, self->written - self->synced + 1);
	size_t sector = cut / SECTOR * SECTOR;
	size_t from = sector > self->synced ? sector : self->synced;
	size_t torn = from + below(random, cut - from + 1);
	if (random_next(random) % 2 == 0)
		for (size_t i = torn; i < cut; i++)
			self->bytes[i] = (uint8_t)random_next(random);
	self->written = cut;
	self->kept = 0;
}

void sim_disk_fail_append(struct sim_disk *self, const struct journal_record *record,
                          enum save_class save_class, struct random *random)
{
	struct journal_chain chain = self->chain;
	if (!self->failed && has_room(self, record))
		self->written += below(random, put_bytes(self, record, save_class, &chain) + 1);
	self->failed = true;
}

void sim_disk_fail_sync(struct sim_disk *self, struct random *random)
{
	self->failed = true;
	self->kept = random_next(random) % 2 == 0
	                     ? self->written
	                     : self->synced + below(random, self->written - self->synced + 1);
}

/* Where the last record begins that nothing but a flipped bit can take away. */
static size_t last_record_at(const struct sim_disk *self)
{
	struct journal_chain chain;
	struct journal_record record;
	size_t at = JOURNAL_HEADER_SIZE, last = at, space;
	if (self->written < JOURNAL_HEADER_SIZE || journal_header_check(self->bytes, &chain) != OK)
		return self->written;
	while (at < self->synced && journal_record_read(self->bytes + at, self->synced - at, &chain,
	                                                &record, &space) == OK) {
		last = at;
		at += space;
	}
	return last;
}

/* Not in the last record: no format can tell that from a record that was being written when the
   power went. */
void sim_disk_flip_bit(struct sim_disk *self, struct random *random)
{
	uint64_t bit = below(random, last_record_at(self) * 8);
	self->bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
}

static bool is_sealable(const uint8_t *at, size_t left, const struct journal_chain *chain)
{
	uint32_t size;
	uint64_t sequence;
	if (left < JOURNAL_RECORD_HEADER)
		return false;
	memcpy(&size, at, sizeof size);
	memcpy(&sequence, at + 8, sizeof sequence);
	return size >= JOURNAL_RECORD_HEADER && (size + 7) / 8 * 8 <= left &&
	       sequence == chain->sequence + 1;
}

/* The planted fault: every checksum is made to fit again. */
static void seal_anew(struct sim_disk *self, size_t at, struct journal_chain chain)
{
	while (is_sealable(self->bytes + at, self->written - at, &chain))
		at += journal_record_seal(self->bytes + at, &chain);
}

static size_t walk(struct sim_disk *self,
                   void (*apply)(void *self, const struct journal_record *record), void *apply_self,
                   struct journal_report *report)
{
	struct journal_record record;
	size_t at = JOURNAL_HEADER_SIZE, space;
	if (PLANTED(W6_DAMAGE_TAKEN))
		seal_anew(self, at, self->chain);
	while (journal_record_read(self->bytes + at, self->written - at, &self->chain, &record,
	                           &space) == OK) {
		at += space;
		report->records++;
		report->last_sequence = record.sequence;
		apply(apply_self, &record);
	}
	return at;
}

static bool is_damaged(const struct sim_disk *self, size_t end)
{
	return journal_has_later_record(self->bytes + end, self->written - end, &self->chain);
}

static void quarantine(struct sim_disk *self, struct journal_report *report)
{
	self->quarantines++;
	report->quarantined = true;
	report->why = text_format("the journal was damaged behind record %llu: %llu records go on",
	                          (unsigned long long)report->last_sequence,
	                          (unsigned long long)report->records);
}

void sim_disk_open(struct sim_disk *self,
                   void (*apply)(void *self, const struct journal_record *record), void *apply_self,
                   struct journal_report *report)
{
	*report = (struct journal_report){0};
	if (self->kept != 0)
		self->written = self->kept;
	self->kept = 0;
	self->failed = false;
	bool went_back = sim_disk_choose(self);
	if (self->written < JOURNAL_HEADER_SIZE ||
	    journal_header_check(self->bytes, &self->chain) != OK) {
		quarantine(self, report);
		begin_file(self);
		return;
	}
	report->older = self->older;
	report->items = self->items;
	size_t end = walk(self, apply, apply_self, report);
	if (went_back || is_damaged(self, end))
		quarantine(self, report);
	else
		report->cut_bytes = self->written - end;
	self->written = self->synced = end;
}
