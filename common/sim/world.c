/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/world.h"

#include "common/base/hash.h"
#include "common/sim/effects.h"
#include "common/sim/inside.h"
#include "common/sim/line.h"
#include "common/sim/wires.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
	ARENA_DEFAULT = 64 << 10,
	ARENA_ALIGN = 64,
	START_SPREAD_MS = 20,
	RENEW_LEAST = 4,
	RENEW_MOST = 30
};

#define WORLD_BEGAN (INT64_C(1700000000) * NANOS_S)

void world_add(struct world *self, nanos_t at, struct happening happening)
{
	happening.at = at > self->now ? at : self->now;
	agenda_add(&self->agenda, &happening);
}

void world_add_for(struct world *self, const struct node *node, nanos_t at,
                   struct happening happening)
{
	happening.node = (uint8_t)node->index;
	happening.run = node->run;
	world_add(self, at, happening);
}

nanos_t world_draw(struct world *self, nanos_t least, nanos_t most)
{
	uint64_t span = (uint64_t)(most - least) + 1;
	return least + (nanos_t)((unsigned __int128)random_next(&self->random) * span >> 64);
}

nanos_t world_stretch(struct world *self, nanos_t most)
{
	nanos_t least = world_draw(self, 0, 1) == 0 ? most / 20 * 19 : 1;
	return world_draw(self, least, most);
}

void world_drop(struct world *self, const struct happening *happening)
{
	struct parcel_list list = {.first = happening->parcel, .last = NULL};
	switch (happening->kind) {
	case H_ARRIVE:
	case H_EXECUTE:
	case H_ARRIVE_FRAME:
	case H_REQUEST:
	case H_ANSWER:
	case H_FRAME_ANSWER: line_drop_errand(self, happening->parcel); break;
	case H_VIEW_WRITE: sim_view_drop_batch(self, happening->parcel); break;
	case H_LINK_MESSAGES: parcel_drop_all(&self->store, &list); break;
	default: parcel_drop(&self->store, happening->parcel);
	}
}

static void turn(struct world *self, struct node *node, struct happening *happening)
{
	switch (happening->kind) {
	case H_BOOT: node_boot(self, node); break;
	case H_KILL: node_end(self, node, FAULT_NONE, "killed by SIGKILL", false); break;
	case H_PUBLISHED:
	case H_ASKED:
	case H_ANSWERED: wires_take(self, node, happening); break;
	case H_LATER: node_take_later(self, node, happening->parcel); break;
	case H_TIMERS: node_timers(self, node); break;
	case H_CALLS: wires_repeat_calls(self, node); break;
	case H_BEAT: node_beat(self, node); break;
	case H_SIGNAL: node_take_signal(self, node, (int)happening->number); break;
	case H_EXIT_BY: break; /* node_leave_when_done looks */
	case H_WRITE: effects_write(self, node); break;
	case H_SYNC: effects_sync(self, node); break;
	case H_REQUEST: line_request(self, node, happening); return;
	case H_TIMEOUT: line_timeout(self, node, happening->number); break;
	case H_ANSWER: line_answer(self, node, happening); break;
	case H_LINK_TRY: line_try_link(self, node, happening); break;
	case H_LINK_LOST: line_lost_link(self, node, happening); break;
	case H_LINK_MESSAGES: line_messages(self, node, happening); break;
	case H_FRAME_ANSWER: line_frame_answer(self, node, happening); break;
	case H_VIEW_TURN: sim_view_turn(self, node); break;
	default: assert(!"a happening of a node");
	}
	world_drop(self, happening);
}

/* What reaches a process that stands still waits; nothing is kept for ever. */
static void hold(struct world *self, struct node *node, struct happening *happening)
{
	if (++node->now.held > NODE_HELD_MAX && happening->kind == H_PUBLISHED) {
		node->now.dropped++;
		world_drop(self, happening);
		return;
	}
	world_add(self, node->now.hung_until, *happening);
}

static bool is_for_leaving(enum happening_kind kind)
{
	return kind == H_WRITE || kind == H_SYNC || kind == H_KILL;
}

static void take_turn(struct world *self, struct happening *happening)
{
	struct node *node = &self->nodes[happening->node];
	enum happening_kind kind = (enum happening_kind)happening->kind;
	if (node->run != happening->run || node->phase == NODE_DOWN ||
	    (node->phase == NODE_LEAVING && !is_for_leaving(kind))) {
		world_drop(self, happening);
		return;
	}
	if (node->phase != NODE_BOOTING && self->now < node->now.hung_until && kind != H_KILL) {
		hold(self, node, happening);
		return;
	}
	uint32_t run = node->run;
	node->now.held = 0;
	node->now.progress++;
	turn(self, node, happening);
	if (node->run == run)
		node_leave_when_done(self, node);
}

static void happen(struct world *self, struct happening *happening)
{
	switch (happening->kind) {
	case H_FAULT: faults_happen(self, happening); break;
	case H_START: node_start(self, &self->nodes[happening->node]); break;
	case H_TICK: line_tick(self); break;
	case H_PERSON: wires_person(self, happening); break;
	case H_ARRIVE: line_arrive(self, happening); break;
	case H_EXECUTE: line_execute(self, happening); break;
	case H_ARRIVE_FRAME: line_arrive_frame(self, happening); break;
	case H_VIEW_WRITE: sim_view_write(self, happening->parcel); break;
	case H_VIEW_KEEP: sim_view_keep(self); break;
	default: take_turn(self, happening);
	}
}

/* Whatever was still meant to go wrong doesn't. */
static void calm_down(struct world *self)
{
	for (unsigned i = 0; i < self->count; i++) {
		self->nodes[i].now.effects_left = 0;
		self->nodes[i].rots = false;
		self->fails_append[i] = self->fails_sync[i] = false;
	}
}

static void clear(struct world *self, const struct plan *plan)
{
	while (self->agenda.count > 0) {
		struct happening happening = agenda_next(&self->agenda);
		world_drop(self, &happening);
	}
	agenda_init(&self->agenda);
	self->plan = *plan;
	self->figures = (struct world_figures){.hash = plan->seed};
	self->began = self->now = WORLD_BEGAN;
	memset(self->active, 0, sizeof self->active);
	memset(self->wire_last, 0, sizeof self->wire_last);
	self->crash_index = 0;
	self->crash_base = 0;
	for (unsigned i = 0; i < PERSON_COMMANDS_MAX; i++)
		parcel_drop(&self->store, self->commands[i].frame);
	memset(self->commands, 0, sizeof self->commands);
	self->command_count = 0;
	self->pids = 1000;
	random_init(&self->random, plan->seed);
	self->clock_offset = world_draw(self, -100, 100) * NANOS_MS;
	self->seal_key = random_next(&self->random);
	self->renew_after = random_next(&self->random) % 2 == 0
	                            ? (uint64_t)world_draw(self, RENEW_LEAST, RENEW_MOST)
	                            : 0;
	calm_down(self);
}

static void begin(struct world *self)
{
	sim_exchange_init(self->exchange, self->plan.seed, self->profile,
	                  self->stack->symbols.items, self->stack->symbols.count);
	sim_view_init(self->view);
	for (unsigned i = 0; i < self->count; i++) {
		struct node *node = &self->nodes[i];
		struct happening start = {.kind = H_START, .node = (uint8_t)i};
		nanos_t at = self->now + world_draw(self, 0, START_SPREAD_MS) * NANOS_MS;
		node_reset(self, node);
		if (self->parent < 0 || (int)i == self->parent)
			world_add(self, at, start);
	}
	world_add(self, self->now + NANOS_MS, (struct happening){.kind = H_TICK});
	faults_begin(self);
}

/* Asked once a second from the calm on, as far as `until`. */
struct peace {
	bool (*is_settled)(void *self, const struct world *world);
	nanos_t look_at;
};

static bool is_at_peace(struct world *self, struct peace *peace, nanos_t until)
{
	while (!self->figures.settled && peace->look_at <= until) {
		self->now = peace->look_at;
		peace->look_at += NANOS_S;
		calm_down(self);
		self->figures.settled =
			peace->is_settled != NULL && peace->is_settled(self->watch->self, self);
	}
	return self->figures.settled;
}

static void run(struct world *self, struct peace *peace, nanos_t end)
{
	while (agenda_at(&self->agenda) <= end && !self->figures.runaway) {
		if (is_at_peace(self, peace, agenda_at(&self->agenda)))
			return;
		struct happening next = agenda_next(&self->agenda);
		self->now = next.at;
		happen(self, &next);
		self->figures.runaway = self->figures.events > WORLD_EVENTS_MAX;
	}
	self->now = self->figures.runaway ? self->now : end;
}

void world_run(struct world *self, const struct plan *plan, const struct world_watch *watch,
               bool (*is_settled)(void *self, const struct world *world))
{
	static const struct world_watch nobody;
	clear(self, plan);
	self->watch = watch != NULL ? watch : &nobody;
	begin(self);
	struct peace peace = {is_settled, self->began + plan->calm_at};
	run(self, &peace, self->began + plan->end);
	self->figures.lasted = self->now - self->began;
}

static size_t largest_body(void)
{
	size_t largest = 0;
	for (size_t i = 0; i < message_info_count; i++)
		if (message_infos[i]->size > largest)
			largest = message_infos[i]->size;
	return largest;
}

static void *need(size_t size)
{
	void *memory =
		aligned_alloc(ARENA_ALIGN, (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN);
	if (memory == NULL)
		abort();
	return memory;
}

static size_t arena_size(const struct world_role *roles, unsigned count)
{
	size_t largest = ARENA_DEFAULT;
	for (unsigned i = 0; i < count; i++)
		if (roles[i].logic->arena_size > largest)
			largest = roles[i].logic->arena_size;
	return largest;
}

struct world *world_open(const struct world_role *roles, unsigned count,
                         const struct stack_config *stack)
{
	struct world *self = need(sizeof *self);
	size_t arena = arena_size(roles, count);
	assert(count > 0 && count <= WORLD_NODES_MAX);
	memset(self, 0, sizeof *self);
	self->stack = stack;
	self->profile = venue_profile_named(stack->venue_profile.text);
	assert(self->profile != NULL);
	self->count = count;
	self->parent = -1;
	self->body_size = largest_body();
	self->agenda.heap = need(AGENDA_MAX * sizeof *self->agenda.heap);
	self->agenda.slots = need(AGENDA_MAX * sizeof *self->agenda.slots);
	self->agenda.free = need(AGENDA_MAX * sizeof *self->agenda.free);
	self->outbox = need(sizeof *self->outbox);
	self->arena = need(arena);
	outbox_init(self->outbox, self->arena, arena);
	self->frame = need(FRAME_MAX);
	self->body = need(self->body_size);
	self->depth = need(sizeof *self->depth);
	self->exchange = need(sizeof *self->exchange);
	self->view = sim_view_open();
	for (unsigned i = 0; i < count; i++) {
		node_init(&self->nodes[i], &roles[i], i, stack);
		if ((roles[i].needs & WORLD_PARENT) != 0)
			self->parent = (int)i;
	}
	wires_join(self);
	return self;
}

void world_close(struct world **self)
{
	struct world *world = *self;
	*self = NULL;
	if (world == NULL)
		return;
	while (world->agenda.count > 0) {
		struct happening happening = agenda_next(&world->agenda);
		world_drop(world, &happening);
	}
	for (unsigned i = 0; i < world->count; i++)
		node_close(&world->nodes[i]);
	sim_view_close(&world->view);
	parcel_store_close(&world->store);
	free(world->agenda.heap);
	free(world->agenda.slots);
	free(world->agenda.free);
	free(world->outbox);
	free(world->arena);
	free(world->frame);
	free(world->body);
	free(world->depth);
	free(world->exchange);
	free(world);
}
