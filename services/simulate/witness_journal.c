/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/witness_parts.h"

#include "common/base/hash.h"

#include <string.h>

enum { BODY_MAX = 1 << 16 };

static uint64_t hash_of(enum message_type type, const uint8_t *bytes, size_t size)
{
	uint64_t hash = hash_mix(type * HASH_STEP + size);
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

void journal_saved(struct witness *self, unsigned node, enum message_type type, const void *record)
{
	static uint8_t bytes[BODY_MAX];
	struct durable *durable = &self->durable[node];
	size_t size;
	if (codec_pack_body(type, record, bytes, sizeof bytes, &size) != OK)
		return;
	if (durable->count == DURABLE_MAX) {
		durable->overflowed = true;
		return;
	}
	durable->hashes[durable->count++] = hash_of(type, bytes, size);
	if (durable->classes[durable->saved++ % CLASSES_MAX] == SAVE_SYNCED)
		durable->synced = durable->count;
}

void journal_appended(struct witness *self, unsigned node, enum save_class save_class)
{
	struct durable *durable = &self->durable[node];
	durable->classes[durable->appended++ % CLASSES_MAX] = (uint8_t)save_class;
}

void journal_died(struct witness *self, unsigned node)
{
	struct durable *durable = &self->durable[node];
	durable->appended = durable->saved = 0;
	durable->sync_failed = world_disk(self->world, node)->failed;
}

/* Reads what the process reads: from its disk. */
struct walk {
	const struct sim_disk *disk;
	struct journal_chain chain;
	size_t at;
};

static bool walk_begin(struct walk *walk, const struct sim_disk *disk)
{
	*walk = (struct walk){.disk = disk, .at = JOURNAL_HEADER_SIZE};
	return disk->written >= JOURNAL_HEADER_SIZE &&
	       journal_header_check(disk->bytes, &walk->chain) == OK;
}

static bool walk_next(struct walk *walk, struct journal_record *record)
{
	size_t space;
	if (walk->at >= walk->disk->written ||
	    journal_record_read(walk->disk->bytes + walk->at, walk->disk->written - walk->at,
	                        &walk->chain, record, &space) != OK)
		return false;
	walk->at += space;
	return true;
}

/* Every record whose durability was reported is there, in its order. */
static bool holds_all(struct witness *self, unsigned node, uint32_t *missing)
{
	const struct durable *durable = &self->durable[node];
	const struct sim_disk *disk = world_disk(self->world, node);
	bool went_back = disk->renewals < durable->renewals && durable->may_go_back;
	const uint64_t *hashes = went_back ? durable->older : durable->hashes;
	struct journal_record record;
	struct walk walk;
	uint32_t found = 0, wanted = durable->lost_power || durable->sync_failed ? durable->synced
	                                                                         : durable->count;
	if (went_back)
		wanted = durable->older_count;
	bool more = walk_begin(&walk, disk);
	while (more && found < wanted && walk_next(&walk, &record))
		found += hash_of(record.type, record.payload, record.size) == hashes[found];
	*missing = wanted - found;
	self->outcome->rare[RARE_WENT_BACK] += went_back;
	self->outcome->rare[RARE_TAIL_CUT] += !went_back && wanted < durable->count;
	return found == wanted;
}

/* A checkpoint holds the count of what came before. */
static void count_folded(struct witness *self, unsigned node)
{
	const struct executor *executor = witness_executor(self);
	struct durable *durable = &self->durable[node];
	if (node != CAST_EXECUTOR || executor == NULL)
		return;
	durable->folded = world_disk(self->world, node)->items == 0
	                          ? 0
	                          : executor->books.records - durable->count;
}

/* From now on, what is in the file counts: the process has read it. */
static void take_over(struct witness *self, unsigned node)
{
	const struct sim_disk *disk = world_disk(self->world, node);
	struct durable *durable = &self->durable[node];
	struct journal_record record;
	struct walk walk;
	durable->count = durable->synced = 0;
	durable->renewals = disk->renewals;
	for (bool more = walk_begin(&walk, disk);
	     more && walk_next(&walk, &record) && durable->count < DURABLE_MAX;) {
		durable->hashes[durable->count++] =
			hash_of(record.type, record.payload, record.size);
		if (walk.at <= disk->synced)
			durable->synced = durable->count;
	}
}

uint64_t journal_kept(const struct witness *self)
{
	const struct durable *durable = &self->durable[CAST_EXECUTOR];
	return durable->folded + durable->count;
}

void journal_renewed(struct witness *self, unsigned node, bool is_listed)
{
	struct durable *durable = &self->durable[node];
	if (is_listed) {
		durable->may_go_back = false;
		return;
	}
	memcpy(durable->older, durable->hashes, durable->count * sizeof durable->hashes[0]);
	durable->older_count = durable->count;
	durable->may_go_back = true;
	take_over(self, node);
	/* It stands for records that were reported durable, so all of it must be. */
	durable->synced = durable->count;
	if (node == CAST_EXECUTOR)
		self->fills_before = self->fill_count;
	count_folded(self, node);
}

/* The journal before may have come back. */
static void learn_fill(struct witness *self, const struct fill *fill)
{
	for (uint32_t i = 0; i < self->fills_before; i++)
		if (self->fills[i].trade_id == fill->trade_id &&
		    name_equals(&self->fills[i].symbol, &fill->symbol))
			return;
	if (self->fill_count < FILLS_MAX)
		self->fills[self->fill_count++] = *fill;
}

/* Records that were written but never reported are known to the process now. */
static void learn_alerts(struct witness *self)
{
	struct journal_record record;
	struct walk walk;
	struct alert alert;
	for (bool more = walk_begin(&walk, world_disk(self->world, CAST_ALERT));
	     more && walk_next(&walk, &record);)
		if (record.type == MESSAGE_ALERT &&
		    codec_unpack_body(record.type, record.payload, record.size, &alert,
		                      sizeof alert) == OK)
			witness_keep_alert(self, &alert);
}

static void learn_orders(struct witness *self)
{
	struct journal_record record;
	struct walk walk;
	union {
		struct journal_intent intent;
		struct journal_send send;
		struct fill fill;
		struct journal_latch latch;
	} body;
	self->fill_count = self->fills_before;
	for (bool more = walk_begin(&walk, world_disk(self->world, CAST_EXECUTOR));
	     more && walk_next(&walk, &record);) {
		if (record.type != MESSAGE_JOURNAL_INTENT && record.type != MESSAGE_JOURNAL_SEND &&
		    record.type != MESSAGE_FILL && record.type != MESSAGE_JOURNAL_LATCH)
			continue;
		if (codec_unpack_body(record.type, record.payload, record.size, &body,
		                      sizeof body) != OK)
			continue;
		struct account *account = record.type == MESSAGE_JOURNAL_SEND
		                                  ? account_of(self, body.send.client_id)
		                                  : NULL;
		if (account != NULL && account->sends == 0)
			account->sends = 1;
		if (record.type == MESSAGE_JOURNAL_INTENT) {
			account = account_of(self, body.intent.client_id);
			if (account != NULL && !account->has_intent) {
				account->has_intent = true;
				account->intent_id = body.intent.intent_id;
				account->symbol = body.intent.symbol;
				account->bot = body.intent.bot;
				account->side = body.intent.side;
				account->purpose = body.intent.purpose;
				account->qty = body.intent.qty;
			}
		}
		if (record.type == MESSAGE_FILL)
			learn_fill(self, &body.fill);
	}
}

static void check_latches(struct witness *self, unsigned node)
{
	const struct executor *executor = witness_executor(self);
	const struct risk *risk = witness_risk(self);
	/* The word may be durable before anybody is told. What a flipped bit took is I-33's. */
	bool armed = self->arming[node] || self->damaged[node];
	self->arming[node] = false;
	static const char rule[] = "A halt survives everything but a person's word.";
	if (node == CAST_EXECUTOR && executor != NULL && self->executor_halted && !armed &&
	    !executor->books.latch.halted)
		violate(self, "I-23", rule, text_from("the executor forgot its halt in a restart"));
	if (node == CAST_RISK && risk != NULL && self->risk_halted && !armed &&
	    !risk->latch.halted)
		violate(self, "I-23", rule, text_from("risk forgot its halt in a restart"));
	if (node == CAST_EXECUTOR && executor != NULL)
		self->executor_halted = executor->books.latch.halted;
	if (node == CAST_RISK && risk != NULL)
		self->risk_halted = risk->latch.halted;
}

/* A bit of it was flipped, and what was lost by that can't be read any more. */
static void take_damage(struct witness *self, unsigned node)
{
	const struct sim_disk *disk = world_disk(self->world, node);
	self->outcome->rare[RARE_QUARANTINE] += disk->quarantines > self->quarantines[node];
	self->quarantines[node] = disk->quarantines;
	self->damaged[node] = true;
	if (node == CAST_EXECUTOR)
		self->is_armed = false;
	if (node == CAST_EXECUTOR)
		self->fills_before = 0;
}

static bool may_have_rotted(const struct witness *self, unsigned node)
{
	const struct plan *plan = world_plan(self->world);
	if (world_figures(self->world)->hits[FAULT_DISK_ROT] == 0)
		return false;
	for (uint32_t i = 0; i < plan->count; i++)
		if (plan->faults[i].kind == FAULT_DISK_ROT &&
		    (plan->faults[i].node == node || plan->faults[i].node == FAULT_ANY_NODE))
			return true;
	return false;
}

void journal_booted(struct witness *self, unsigned node)
{
	uint32_t missing = 0;
	uint64_t losses = world_figures(self->world)->hits[FAULT_POWER_LOSS];
	self->durable[node].lost_power = losses > self->durable[node].losses;
	self->durable[node].losses = losses;
	if (!(self->cast->roles[node].needs & WORLD_JOURNAL))
		return;
	/* What follows from a loss isn't on the disk yet: the process is told of it once more. */
	if (self->durable[node].overflowed || holds_all(self, node, &missing)) {
		if (!world_disk(self->world, node)->is_lost)
			check_latches(self, node);
	} else if (may_have_rotted(self, node))
		take_damage(self, node);
	else
		violate(self, "I-32",
		        "After a crash the journal holds every record that was reported durable.",
		        text_format("%s: %u records are missing", cast_names[node], missing));
	take_over(self, node);
	count_folded(self, node);
	if (node == CAST_EXECUTOR)
		learn_orders(self);
	if (node == CAST_ALERT)
		learn_alerts(self);
}
