/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/effects.h"

#include "common/base/plant.h"
#include "common/sim/line.h"
#include "common/sim/wires.h"

#include <assert.h>
#include <signal.h>
#include <string.h>

enum {
	RECORD_MAX = 8192,
	WRITE_LEAST_US = 50,
	WRITE_MOST_US = 200,
	SYNC_LEAST_US = 100,
	SYNC_MOST_US = 1000,
	SYNC_SLOW_MS = 1000,
	PERSON_LEAST_MS = 2000, /* frees the disk and stops the service */
	PERSON_MOST_MS = 6000,
};

/* A record on its way to the disk, as bytes. */
struct record {
	struct journal_record record;
	enum save_class save_class;
	uint8_t payload[];
};

void effects_publish(struct world *world, struct node *node, enum message_type type,
                     const void *body)
{
	struct alert alert;
	if (type == MESSAGE_ALERT && ((const struct alert *)body)->origin.size == 0) {
		alert = *(const struct alert *)body;
		alert.origin = node->identity.instance;
		node->alerts[node->alert_count++ % NODE_ALERTS_KEPT] = alert;
		body = &alert;
	}
	wires_publish(world, node, type, body);
	sim_view_put(world, node, type, body);
}

void effects_add_alerts(const struct node *node, struct outbox *out)
{
	size_t count = node->alert_count;
	for (size_t i = count > NODE_ALERTS_KEPT ? count - NODE_ALERTS_KEPT : 0; i < count; i++)
		outbox_publish(out, MESSAGE_ALERT, &node->alerts[i % NODE_ALERTS_KEPT]);
}

static bool is_counted(enum effect_kind kind)
{
	return kind != EFFECT_SET_TIMER && kind != EFFECT_NOTE;
}

/* False: the node died before it. */
static bool may_do(struct world *world, struct node *node, const struct effect *effect)
{
	if (is_counted(effect->kind) && !faults_let_pass(world, node))
		return false;
	trace(world, (uint64_t)effect->kind | (uint64_t)effect->type << 8, effect->token);
	if (world->watch->effect != NULL)
		world->watch->effect(world->watch->self, world, node->index, effect);
	return true;
}

static void begin_write(struct world *world, struct node *node)
{
	nanos_t takes = world_draw(world, WRITE_LEAST_US, WRITE_MOST_US) * NANOS_US;
	if (node->now.journal.is_busy || node->now.journal.queued.first == NULL)
		return;
	node->now.journal.is_busy = true;
	world_add_for(world, node, world->now + takes, (struct happening){.kind = H_WRITE});
}

static void save(struct world *world, struct node *node, const struct effect *effect)
{
	size_t size;
	enum err err = codec_pack_body(effect->type, effect->body, world->frame, RECORD_MAX, &size);
	assert(err == OK && node->disk.bytes != NULL);
	(void)err;
	struct parcel *parcel = parcel_take(&world->store, sizeof(struct record) + size);
	struct record *record = (struct record *)parcel->bytes;
	record->save_class = effect->save_class;
	record->record = (struct journal_record){
		.sequence = ++node->now.journal.saved,
		.now = node->now.now,
		.entropy = node->now.entropy,
		.type = effect->type,
		.payload = record->payload,
		.size = size,
	};
	memcpy(record->payload, world->frame, size);
	trace_bytes(world, record->payload, size);
	tell_body(world, node, effect->save_class == SAVE_SYNCED ? "saves" : "saves (buffered)",
	          effect->type, effect->body);
	parcel_push(&node->now.journal.queued, parcel);
	node->now.handed = world->now - world->began + NANOS_S;
}

static void call(struct world *world, struct node *node, const struct effect *effect)
{
	switch (effect->target) {
	case CALL_PEER: wires_call(world, node, effect); break;
	case CALL_HTTP: line_call_http(world, node, effect); break;
	case CALL_FRAME: line_call_frame(world, node, effect); break;
	case CALL_LINK: line_call_host(world, node, effect); break;
	case CALL_RECALL: break; /* never waits: see perform_next */
	}
}

static void note(struct world *world, const struct node *node, const struct effect *effect)
{
	trace_bytes(world, effect->text, strlen(effect->text));
	tell(world, node, "notes %s: %s", effect->name, effect->text);
}

static void perform(struct world *world, struct node *node, const struct effect *effect)
{
	switch (effect->kind) {
	case EFFECT_PUBLISH: effects_publish(world, node, effect->type, effect->body); break;
	case EFFECT_CALL: call(world, node, effect); break;
	case EFFECT_ANSWER: wires_answer(world, node, effect); break;
	case EFFECT_NOTE: note(world, node, effect); break;
	case EFFECT_EXIT:
		tell(world, node, "exits: %s", effect->text);
		node->now.is_exiting = true;
		break;
	case EFFECT_SAVE:
	case EFFECT_SET_TIMER: break;
	}
}

static void wait(struct world *world, struct node *node, const struct effect *effect)
{
	enum err err = backlog_push(&node->backlog, effect, node->now.journal.saved);
	assert(err == OK);
	(void)err;
	if (PLANTED(W3_VIEW_FIRST) && effect->kind == EFFECT_PUBLISH)
		sim_view_put(world, node, effect->type, effect->body);
}

static bool must_wait(const struct node *node)
{
	if (PLANTED(W1_EFFECT_FIRST) || node->disk.bytes == NULL)
		return false;
	return node->backlog.count > 0 || node->now.journal.saved > node->now.journal.done;
}

static void recall(struct world *world, struct node *node, uint64_t token)
{
	if (backlog_recall(&node->backlog, token))
		node_fail_later(world, node, token, "exchange", false, "taken back before it left");
}

/* False: the rest of the outbox isn't done. */
static bool perform_next(struct world *world, struct node *node, struct effect *effect)
{
	effect->causation = node->now.causation;
	if (effect->kind == EFFECT_SET_TIMER) {
		node_set_timer(world, node, effect);
		return true;
	}
	if (effect->kind == EFFECT_CALL && effect->target == CALL_RECALL) {
		recall(world, node, effect->token);
		return true;
	}
	if (effect->kind == EFFECT_SAVE && node->now.journal.is_told)
		return false; /* law 1: what stands behind a SAVE that fails doesn't happen */
	if (effect->kind != EFFECT_SAVE && must_wait(node)) {
		wait(world, node, effect);
		return true;
	}
	if (!may_do(world, node, effect))
		return false;
	if (effect->kind == EFFECT_SAVE)
		save(world, node, effect);
	else
		perform(world, node, effect);
	return true;
}

bool effects_perform(struct world *world, struct node *node, struct outbox *outbox)
{
	uint32_t run = node->run;
	for (size_t i = 0; i < outbox->count; i++)
		if (!perform_next(world, node, &outbox->effects[i]))
			break;
	if (node->run == run)
		begin_write(world, node);
	return node->run == run;
}

static void drain(struct world *world, struct node *node)
{
	const struct effect *effect;
	uint32_t run = node->run;
	uint64_t causation = node->now.causation;
	node->now.now = node_clock(world, node);
	while ((effect = backlog_first(&node->backlog, node->now.journal.done)) != NULL) {
		node->now.causation = effect->causation;
		if (!may_do(world, node, effect))
			return;
		perform(world, node, effect);
		if (node->run != run)
			return;
		backlog_pop(&node->backlog);
	}
	node->now.causation = causation;
}

bool effects_are_durable(const struct node *node)
{
	const struct node_journal *journal = &node->now.journal;
	return node->disk.bytes == NULL || journal->has_failed || journal->saved == journal->done;
}

/* W2: nothing is written any more; a person frees the disk and starts the service again. */
static void fail(struct world *world, struct node *node)
{
	struct event event = {.kind = EVENT_SAVE_FAILED};
	struct happening stop = {.kind = H_SIGNAL, .number = SIGTERM};
	struct node_journal *journal = &node->now.journal;
	nanos_t freed = world_holds_until(world, FAULT_DISK_FULL, node->index);
	nanos_t from = freed > world->now ? freed : world->now;
	uint32_t run = node->run;
	journal->has_failed = true;
	parcel_drop_all(&world->store, &journal->writing);
	parcel_drop_all(&world->store, &journal->queued);
	if (PLANTED(W2_GO_ON))
		journal->done = journal->saved;
	drain(world, node);
	if (node->run != run || PLANTED(W2_GO_ON))
		return;
	journal->is_told = true;
	journal->saved = journal->done;
	backlog_clear(&node->backlog);
	tell(world, node, "the journal can't be written");
	from += world_draw(world, PERSON_LEAST_MS, PERSON_MOST_MS) * NANOS_MS;
	world_add_for(world, node, from, stop);
	node_step(world, node, &event);
}

static const struct record *record_of(const struct parcel *parcel)
{
	return (const struct record *)parcel->bytes;
}

static void tell_saved(struct world *world, const struct node *node, const struct parcel *parcel)
{
	const struct journal_record *record = &record_of(parcel)->record;
	if (world->watch->saved == NULL)
		return;
	enum err err = codec_unpack_body(record->type, record->payload, record->size, world->body,
	                                 world->body_size);
	assert(err == OK);
	(void)err;
	world->watch->saved(world->watch->self, world, node->index, record->type, world->body);
}

static void release(struct world *world, struct node *node, uint64_t done)
{
	node->now.journal.done = done;
	drain(world, node);
}

/* The batch is durable: its effects follow, and the next batch. */
static void commit(struct world *world, struct node *node)
{
	struct node_journal *journal = &node->now.journal;
	struct parcel *parcel;
	uint64_t done = journal->done;
	uint32_t run = node->run;
	while ((parcel = parcel_pop(&journal->writing)) != NULL) {
		done = record_of(parcel)->record.sequence;
		tell_saved(world, node, parcel);
		parcel_drop(&world->store, parcel);
	}
	journal->is_busy = false;
	release(world, node, done);
	if (node->run == run)
		begin_write(world, node);
}

/* How many records the batch has; whether one is to be synced; the last one's sequence. */
struct batch {
	unsigned count;
	bool is_synced;
	uint64_t last;
};

static struct batch measure(const struct parcel_list *list)
{
	struct batch batch = {0};
	for (const struct parcel *parcel = list->first; parcel != NULL; parcel = parcel->next) {
		batch.count++;
		batch.is_synced |= record_of(parcel)->save_class == SAVE_SYNCED;
		batch.last = record_of(parcel)->record.sequence;
	}
	return batch;
}

static bool append_fails(struct world *world, struct node *node)
{
	if (world->fails_append[node->index]) {
		world->fails_append[node->index] = false;
		world_hit(world, FAULT_DISK_ERROR, node->index);
		return true;
	}
	return world_chance(world, FAULT_DISK_FULL, node->index);
}

/* Some records, and a part of the next one, may stand in the file all the same. */
static void append_part(struct world *world, struct node *node, unsigned count)
{
	unsigned whole = (unsigned)world_draw(world, 0, count - 1);
	const struct parcel *parcel = node->now.journal.writing.first;
	for (; whole > 0; whole--, parcel = parcel->next)
		(void)!sim_disk_append(&node->disk, &record_of(parcel)->record,
		                       record_of(parcel)->save_class);
	sim_disk_fail_append(&node->disk, &record_of(parcel)->record, record_of(parcel)->save_class,
	                     &world->random);
}

static bool append_all(struct node *node)
{
	bool fits = true;
	for (const struct parcel *parcel = node->now.journal.writing.first; parcel != NULL;
	     parcel = parcel->next)
		fits &= sim_disk_append(&node->disk, &record_of(parcel)->record,
		                        record_of(parcel)->save_class) == OK;
	return fits;
}

void effects_write(struct world *world, struct node *node)
{
	struct node_journal *journal = &node->now.journal;
	nanos_t takes = world_draw(world, SYNC_LEAST_US, SYNC_MOST_US) * NANOS_US;
	journal->writing = journal->queued;
	journal->queued = (struct parcel_list){0};
	struct batch batch = measure(&journal->writing);
	if (batch.count == 0) {
		journal->is_busy = false;
		return;
	}
	bool is_broken = append_fails(world, node);
	if (is_broken)
		append_part(world, node, batch.count);
	if (is_broken || !append_all(node)) {
		fail(world, node);
		return;
	}
	if (!batch.is_synced) {
		commit(world, node);
		return;
	}
	if (world_chance(world, FAULT_DISK_SLOW, node->index))
		takes = world_draw(world, 1, SYNC_SLOW_MS) * NANOS_MS;
	world_add_for(world, node, world->now + takes, (struct happening){.kind = H_SYNC});
	if (PLANTED(NOT_SYNCED))
		release(world, node, batch.last);
}

void effects_sync(struct world *world, struct node *node)
{
	if (world->fails_sync[node->index]) {
		world->fails_sync[node->index] = false;
		world_hit(world, FAULT_DISK_SYNC, node->index);
		sim_disk_fail_sync(&node->disk, &world->random);
		fail(world, node);
		return;
	}
	sim_disk_sync(&node->disk);
	commit(world, node);
}
