/* SPDX-License-Identifier: Apache-2.0 */
/* A new journal beside the old one (rule W7), and which of the two is there after a loss of power.
 */
#include "common/sim/disk.h"

#include "common/base/hash.h"
#include "common/base/plant.h"
#include "common/io/journal_mark.h"

#include <assert.h>

enum { MARK_PAYLOAD_MAX = 1024 };

static void swap(struct sim_disk *self)
{
	uint8_t *bytes = self->bytes;
	self->bytes = self->spare;
	self->spare = bytes;
}

static void put_record(struct sim_disk *self, enum message_type type, const uint8_t *payload,
                       size_t size)
{
	struct sim_draft *draft = &self->draft;
	struct journal_record record = {
		.sequence = draft->chain.sequence + 1,
		.now = draft->at,
		.type = type,
		.payload = payload,
		.size = size,
	};
	uint8_t *at = self->spare + draft->size;
	if (journal_record_space(size) > SIM_DISK_BYTES - draft->size) {
		draft->is_full = true;
		return;
	}
	journal_record_put(at, &record, SAVE_SYNCED);
	draft->size += journal_record_seal(at, &draft->chain);
}

void sim_disk_begin_draft(struct sim_disk *self, nanos_t now, uint64_t items)
{
	uint64_t id[2] = {hash_mix(self->seed + ++self->drafts), hash_mix(~self->seed)};
	uint8_t payload[MARK_PAYLOAD_MAX];
	const struct journal_origin origin = {
		.older = self->chain,
		.records = self->older + self->chain.sequence - self->items,
		.items = items,
		.at = now,
	};
	self->beside = 0;
	self->draft = (struct sim_draft){.size = JOURNAL_HEADER_SIZE, .at = now, .items = items};
	journal_header_put(self->spare, now, id);
	enum err err = journal_header_check(self->spare, &self->draft.chain);
	assert(err == OK);
	(void)err;
	put_record(self, MESSAGE_JOURNAL_CHECKPOINT, payload,
	           journal_mark_pack(&origin, payload, sizeof payload));
	self->draft.older = origin.records;
}

void sim_disk_draft(struct sim_disk *self, enum message_type type, const uint8_t *payload,
                    size_t size)
{
	put_record(self, type, payload, size);
}

bool sim_disk_read_draft(const struct sim_disk *self,
                         void (*apply)(void *self, const struct journal_record *record),
                         void *apply_self)
{
	struct journal_chain chain;
	struct journal_record record;
	size_t at = JOURNAL_HEADER_SIZE, space;
	if (self->draft.is_full || journal_header_check(self->spare, &chain) != OK)
		return false;
	for (; at < self->draft.size; at += space) {
		if (journal_record_read(self->spare + at, self->draft.size - at, &chain, &record,
		                        &space) != OK)
			return false;
		apply(apply_self, &record);
	}
	return true;
}

void sim_disk_install(struct sim_disk *self)
{
	const struct sim_draft *draft = &self->draft;
	bool is_planted = PLANTED(W7_CHECKPOINT_TORN);
	self->beside = is_planted ? 0 : self->written;
	swap(self);
	self->written = draft->size;
	self->synced = is_planted ? 0 : draft->size;
	self->kept = 0;
	self->chain = draft->chain;
	self->older = draft->older;
	self->items = draft->items + 1;
	self->renewals++;
	self->is_listed = false;
	self->opened = self->written;
}

void sim_disk_list(struct sim_disk *self)
{
	self->is_listed = true;
}

void sim_disk_go_back(struct sim_disk *self)
{
	assert(self->beside != 0);
	swap(self);
	self->written = self->synced = self->beside;
	self->beside = self->kept = 0;
	self->renewals--;
	self->is_listed = true;
	self->opened = self->written;
}

bool sim_disk_choose(struct sim_disk *self)
{
	struct journal_origin mark;
	enum journal_mark_state state = journal_mark_check(self->bytes, self->written, &mark);
	bool goes_back = state == JOURNAL_MARK_TORN && self->beside != 0;
	self->is_listed = true;
	if (goes_back) {
		sim_disk_go_back(self);
		state = journal_mark_check(self->bytes, self->written, &mark);
	}
	self->older = state == JOURNAL_MARK_WHOLE ? mark.records : 0;
	self->items = state == JOURNAL_MARK_WHOLE ? mark.items + 1 : 0;
	return goes_back;
}
