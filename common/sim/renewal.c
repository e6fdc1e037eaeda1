/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/renewal.h"

#include "common/base/hash.h"

#include <assert.h>
#include <stdlib.h>

enum { RECORD_BODY_MAX = 1 << 16 };

static bool is_wanted(const struct world *world, const struct node *node,
                      const struct journal_report *report)
{
	return world->renew_after != 0 && node->role->logic->checkpoint != NULL &&
	       !report->quarantined && node->now.refused == 0 &&
	       report->records - report->items > world->renew_after;
}

static void list_checkpoint(struct world *world, const struct node *node, const void *state)
{
	outbox_clear(world->outbox);
	node->role->logic->checkpoint(state, world->outbox);
}

/* Of the listed records; they go into the draft too when there is one. */
static uint64_t hash_records(struct world *world, struct sim_disk *draft)
{
	uint64_t hash = 1;
	size_t size;
	for (size_t i = 0; i < world->outbox->count; i++) {
		const struct effect *effect = &world->outbox->effects[i];
		enum err err =
			codec_pack_body(effect->type, effect->body, world->frame, FRAME_MAX, &size);
		assert(err == OK && effect->kind == EFFECT_SAVE);
		(void)err;
		hash = hash_mix(hash ^ effect->type);
		for (size_t at = 0; at < size; at++)
			hash = (hash ^ world->frame[at]) * UINT64_C(0x100000001b3);
		if (draft != NULL)
			sim_disk_draft(draft, effect->type, world->frame, size);
	}
	return hash;
}

struct proof {
	const struct logic *logic;
	void *state;
	bool is_refused;
};

static void prove_record(void *context, const struct journal_record *record)
{
	static _Thread_local _Alignas(16) uint8_t body[RECORD_BODY_MAX];
	struct proof *self = context;
	if (codec_unpack_body(record->type, record->payload, record->size, body, sizeof body) != OK)
		self->is_refused = true;
	else
		self->logic->apply(self->state, record->type, body);
}

/* Whether the draft, folded into a new state, gives the same checkpoint again. */
static bool reads_back(struct world *world, struct node *node, uint64_t expected)
{
	struct proof proof = {
		.logic = node->role->logic,
		.state = calloc(1, node->role->logic->state_size),
	};
	if (proof.state == NULL)
		abort();
	proof.logic->init(proof.state, &node->identity, node->role->config);
	bool same = sim_disk_read_draft(&node->disk, prove_record, &proof) && !proof.is_refused;
	if (same) {
		list_checkpoint(world, node, proof.state);
		same = hash_records(world, NULL) == expected;
	}
	free(proof.state);
	return same;
}

/* Between two steps. */
static bool dies(struct world *world, struct node *node)
{
	return !faults_let_pass(world, node) || faults_cut_renewal(world, node);
}

static void tell_renewed(struct world *world, const struct node *node, bool is_listed)
{
	if (world->watch->renewed != NULL)
		world->watch->renewed(world->watch->self, world, node->index, is_listed);
}

static bool install(struct world *world, struct node *node)
{
	struct node_journal *journal = &node->now.journal;
	sim_disk_install(&node->disk);
	tell_renewed(world, node, false);
	if (dies(world, node))
		return false;
	sim_disk_list(&node->disk);
	tell_renewed(world, node, true);
	journal->saved = journal->done = node->disk.chain.sequence;
	world->figures.renewals++;
	tell(world, node, "begins a new journal: %llu records",
	     (unsigned long long)node->disk.items);
	return true;
}

bool renewal_run(struct world *world, struct node *node, const struct journal_report *report)
{
	if (!is_wanted(world, node, report))
		return true;
	list_checkpoint(world, node, node->state);
	if (world->outbox->count == 0)
		return true;
	sim_disk_begin_draft(&node->disk, node->now.now, world->outbox->count);
	uint64_t hash = hash_records(world, &node->disk);
	if (dies(world, node))
		return false;
	if (!reads_back(world, node, hash)) {
		world->figures.renewals_refused++;
		tell(world, node, "the checkpoint doesn't read back");
		return true;
	}
	return !dies(world, node) && install(world, node);
}
