/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/node.h"

#include "common/base/hash.h"
#include "common/sim/effects.h"
#include "common/sim/inside.h"
#include "common/sim/renewal.h"
#include "common/sim/wires.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
	PAGE = 4096,
	CACHE_LINE = 64,
	BOOT_LEAST_MS = 50,
	BOOT_MOST_MS = 300,
	JOIN_LEAST_MS = 2,
	JOIN_MOST_MS = 40,
	PERSON_LEAST_MS = 1000, /* starts the parent again */
	PERSON_MOST_MS = 5000,
	INIT_LEAST_MS = 200, /* starts one that has no parent */
	INIT_MOST_MS = 1000,
	STOP_PATIENCE_S = 5,
	STOP_PATIENCE_PARENT_S = 60,
	RECORD_BODY_MAX = 1 << 16,
};

void node_init(struct node *self, const struct world_role *role, unsigned index,
               const struct stack_config *stack)
{
	size_t state = (role->logic->state_size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
	self->role = role;
	self->index = index;
	pages_open(&self->pages, state + sizeof *self->calls);
	self->state = self->pages.memory;
	self->calls = (struct calls *)(self->pages.memory + state);
	self->identity = (struct identity){
		.instance = name_from(role->instance),
		.service = name_from(role->service),
		.build = name_from("simulated"),
		.stack = stack,
	};
	wires_place(&self->place, role, stack);
	if ((role->needs & WORLD_JOURNAL) == 0)
		return;
	self->disk.bytes = aligned_alloc(PAGE, SIM_DISK_BYTES);
	self->disk.spare = aligned_alloc(PAGE, SIM_DISK_BYTES);
	if (self->disk.bytes == NULL || self->disk.spare == NULL ||
	    backlog_open(&self->backlog) != OK)
		abort();
}

void node_close(struct node *self)
{
	free(self->disk.bytes);
	free(self->disk.spare);
	if (self->backlog.memory != NULL)
		backlog_close(&self->backlog);
	pages_close(&self->pages);
}

/* What the process held in memory. */
static void forget(struct world *world, struct node *self)
{
	parcel_drop_all(&world->store, &self->now.journal.queued);
	parcel_drop_all(&world->store, &self->now.journal.writing);
	parcel_drop_all(&world->store, &self->now.writer.pending);
	if (self->backlog.memory != NULL)
		backlog_clear(&self->backlog);
	memset(&self->now, 0, sizeof self->now);
}

void node_reset(struct world *world, struct node *self)
{
	forget(world, self);
	self->phase = NODE_DOWN;
	self->run = 0;
	self->alert_count = 0;
	self->rots = false;
	uint8_t *spare = self->disk.spare;
	if (self->disk.bytes != NULL)
		sim_disk_init(&self->disk, self->disk.bytes, world->plan.seed + self->index);
	self->disk.spare = spare;
}

bool node_is_running(const struct node *self)
{
	return self->phase != NODE_DOWN;
}

void node_start(struct world *world, struct node *self)
{
	nanos_t at = world->now + world_draw(world, BOOT_LEAST_MS, BOOT_MOST_MS) * NANOS_MS;
	if (node_is_running(self))
		return;
	self->phase = NODE_BOOTING;
	self->run++;
	self->pid = ++world->pids;
	if (world->parent >= 0)
		self->parent_run = world->nodes[world->parent].run;
	world_add_for(world, self, at, (struct happening){.kind = H_BOOT});
}

struct replay {
	struct world *world;
	struct node *node;
};

static void apply_record(void *context, const struct journal_record *record)
{
	static _Thread_local _Alignas(16) uint8_t body[RECORD_BODY_MAX];
	struct replay *replay = context;
	struct node *node = replay->node;
	trace(replay->world, record->sequence, record->entropy);
	if (codec_unpack_body(record->type, record->payload, record->size, body, sizeof body) != OK)
		node->now.refused++;
	else
		node->role->logic->apply(node->state, record->type, body);
}

/* Returns whether the journal was found damaged. */
static struct journal_report restore(struct world *world, struct node *self)
{
	struct replay replay = {world, self};
	struct journal_report report = {0};
	if (self->disk.bytes == NULL)
		return report;
	sim_disk_open(&self->disk, apply_record, &replay, &report);
	self->now.journal.saved = self->now.journal.done = report.last_sequence;
	tell(world, self, "restored %llu records, %llu bytes cut%s",
	     (unsigned long long)report.records, (unsigned long long)report.cut_bytes,
	     report.quarantined ? ", the rest set aside" : "");
	return report;
}

/* Of the many places only those that are taken. */
static void begin_streams(struct streams *self, const struct streams *begin)
{
	self->count = begin->count;
	self->silence_max = begin->silence_max;
	self->gaps = self->losses = 0;
	memcpy(self->items, begin->items, begin->count * sizeof begin->items[0]);
}

static void make_run(struct world *world, struct node *self)
{
	uint64_t seed = world->plan.seed * WORLD_NODES_MAX + self->index;
	memset(&self->now, 0, sizeof self->now);
	random_init(&self->random, hash_mix(seed + HASH_STEP) + self->run);
	self->now.offset = world->clock_offset;
	self->now.began = self->now.now = node_clock(world, self);
	self->now.joined_at =
		world->now + world_draw(world, JOIN_LEAST_MS, JOIN_MOST_MS) * NANOS_MS;
	self->now.timers_due = self->now.calls_due = INT64_MAX;
	self->identity.epoch = random_next(&self->random) | 1;
	pages_clear(&self->pages);
	calls_init(self->calls, world->stack->call_repeat);
	begin_streams(&self->streams, &self->place.streams);
}

static void tell_damage(struct world *world, struct node *self, const struct journal_report *report)
{
	struct alert alert = {
		.severity = SEVERITY_CRITICAL,
		.event = name_from("journal.damaged"),
		.at = self->now.now,
		.text = report->why,
		.repeats = 1,
	};
	if (report->quarantined)
		effects_publish(world, self, MESSAGE_ALERT, &alert);
}

void node_boot(struct world *world, struct node *self)
{
	const struct logic *logic = self->role->logic;
	struct event start = {.kind = EVENT_START};
	make_run(world, self);
	trace(world, self->index, self->identity.epoch);
	tell(world, self, "BOOT");
	logic->init(self->state, &self->identity, self->role->config);
	struct journal_report report = restore(world, self);
	self->identity.damage = text_from(report.quarantined ? "a part was set aside" : "");
	uint32_t run = self->run;
	self->phase = NODE_UP;
	world->figures.boots++;
	sim_view_begin(world, self);
	if (world->watch->booted != NULL)
		world->watch->booted(world->watch->self, world, self->index);
	if (!renewal_run(world, self, &report))
		return;
	node_step(world, self, &start);
	if (self->run != run)
		return;
	tell_damage(world, self, &report);
	node_beat(world, self);
}

static void tell_parent(struct world *world, struct node *self, uint64_t pid, const char *reason,
                        bool expected)
{
	struct node *parent = &world->nodes[world->parent];
	struct child_ended ended = {
		.service = self->identity.instance,
		.pid = pid,
		.reason = text_from(reason),
		.expected = expected,
	};
	if (parent->phase == NODE_UP && parent->run == self->parent_run)
		node_later(world, parent, EVENT_MESSAGE, 0, MESSAGE_CHILD_ENDED, &ended);
}

static void start_again(struct world *world, const struct node *self, nanos_t least, nanos_t most)
{
	struct happening start = {.kind = H_START, .node = (uint8_t)self->index};
	world_add(world, world->now + world_draw(world, least, most) * NANOS_MS, start);
}

static void end_children(struct world *world, const struct node *parent)
{
	for (unsigned i = 0; i < world->count; i++)
		if (&world->nodes[i] != parent)
			node_signal(world, &world->nodes[i], SIGTERM);
}

void node_rot(struct world *world, struct node *self)
{
	self->rots = false;
	world_hit(world, FAULT_DISK_ROT, self->index);
	sim_disk_flip_bit(&self->disk, &world->random);
}

void node_end(struct world *world, struct node *self, enum fault_kind cause, const char *reason,
              bool expected)
{
	if (!node_is_running(self))
		return;
	tell(world, self, "DEAD: %s", reason);
	trace(world, self->index, (uint64_t)cause);
	if (cause != FAULT_NONE)
		world->figures.crashes++;
	if (cause == FAULT_CRASH)
		world_hit(world, FAULT_CRASH, self->index);
	if (world->watch->died != NULL)
		world->watch->died(world->watch->self, world, self->index, cause);
	forget(world, self);
	self->phase = NODE_DOWN;
	self->run++;
	if (self->rots)
		node_rot(world, self);
	if ((int)self->index == world->parent) {
		end_children(world, self);
		start_again(world, self, PERSON_LEAST_MS, PERSON_MOST_MS);
	} else if (world->parent < 0) {
		start_again(world, self, INIT_LEAST_MS, INIT_MOST_MS);
	} else {
		tell_parent(world, self, self->pid, reason, expected);
	}
}

void node_signal(struct world *world, struct node *self, int number)
{
	struct happening signal = {.kind = number == SIGKILL ? H_KILL : H_SIGNAL,
	                           .number = (uint64_t)number};
	if (self->phase == NODE_BOOTING)
		signal.kind = H_KILL;
	if (node_is_running(self))
		world_add_for(world, self, world->now + 100 * NANOS_US, signal);
}

void node_take_signal(struct world *world, struct node *self, int number)
{
	struct event stop = {.kind = EVENT_STOP};
	bool is_parent = (int)self->index == world->parent;
	nanos_t patience = is_parent ? STOP_PATIENCE_PARENT_S : STOP_PATIENCE_S;
	(void)number;
	if (self->now.is_stopping) {
		self->now.is_exiting = true;
		self->now.exit_by = 0;
		return;
	}
	self->now.is_stopping = true;
	self->now.exit_by = node_clock(world, self) + patience * NANOS_S;
	world_add_for(world, self, world->now + patience * NANOS_S + 1,
	              (struct happening){.kind = H_EXIT_BY});
	node_step(world, self, &stop);
}

void node_leave_when_done(struct world *world, struct node *self)
{
	bool may_leave = self->now.is_exiting && self->backlog.count == 0;
	bool must_leave = self->now.is_stopping && node_clock(world, self) > self->now.exit_by;
	if (self->phase == NODE_UP && (may_leave || must_leave))
		self->phase = NODE_LEAVING;
	if (self->phase == NODE_LEAVING && effects_are_durable(self))
		node_end(world, self, FAULT_NONE, "exit code 0", true);
}
