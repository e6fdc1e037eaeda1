/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/inside.h"

#include "common/sim/line.h"

#include <signal.h>

enum {
	PERMILLE = 1000,
	OVER = 1, /* numbers of a fault's happenings: its window ends; it must have struck by now */
	OVERDUE = 2,
	EFFECTS_LEFT_MAX = 8,
	CRASH_MOST_MS = 300,
	QUIET_LEAST_MS = 500,
	THROTTLED_MOST_MS = 4000,
	BANNED_MOST_MS = 10000,
	STATUS_THROTTLED = 429,
	STATUS_BANNED = 418,
};

static bool concerns(const struct fault *fault, unsigned node)
{
	return fault->node == FAULT_ANY_NODE || node == FAULT_ANY_NODE || fault->node == node;
}

static const struct fault *open_window(const struct world *self, enum fault_kind kind,
                                       unsigned node)
{
	nanos_t now = self->now - self->began;
	if (self->active[kind] == 0)
		return NULL;
	for (uint32_t i = 0; i < self->plan.count; i++) {
		const struct fault *fault = &self->plan.faults[i];
		if (fault->kind == kind && fault->from <= now && now < fault->until &&
		    concerns(fault, node))
			return fault;
	}
	return NULL;
}

void world_hit(struct world *self, enum fault_kind kind, unsigned node)
{
	self->figures.hits[kind]++;
	trace(self, UINT64_C(0xfa) << 32 | (uint64_t)kind << 8 | node, (uint64_t)self->now);
	tell(self, node < WORLD_NODES_MAX ? &self->nodes[node] : NULL, "FAULT %s",
	     fault_infos[kind].name);
}

static bool strikes(struct world *self, const struct fault *fault, unsigned node)
{
	if (fault == NULL ||
	    (fault->permille < PERMILLE && world_draw(self, 0, PERMILLE - 1) >= fault->permille))
		return false;
	world_hit(self, fault->kind, node);
	return true;
}

bool world_chance(struct world *self, enum fault_kind kind, unsigned node)
{
	return strikes(self, open_window(self, kind, node), node);
}

bool world_chance_between(struct world *self, enum fault_kind kind, unsigned a, unsigned b)
{
	const struct fault *fault = open_window(self, kind, a);
	return fault != NULL ? strikes(self, fault, a)
	                     : strikes(self, open_window(self, kind, b), b);
}

bool world_holds(const struct world *self, enum fault_kind kind, unsigned node)
{
	return open_window(self, kind, node) != NULL;
}

nanos_t world_holds_until(const struct world *self, enum fault_kind kind, unsigned node)
{
	nanos_t until = 0;
	for (uint32_t i = 0; i < self->plan.count; i++) {
		const struct fault *fault = &self->plan.faults[i];
		if (fault->kind == kind && concerns(fault, node) && fault->until > until)
			until = fault->until;
	}
	return self->began + until;
}

/* Now, or before one of the effects that come next; soon in any case. */
static void crash(struct world *self, const struct fault *fault, struct node *node)
{
	struct happening overdue = {
		.kind = H_FAULT, .place = (uint8_t)(fault - self->plan.faults), .number = OVERDUE};
	nanos_t patience = world_draw(self, 1, CRASH_MOST_MS) * NANOS_MS;
	if (!node_is_running(node))
		return;
	if (world_draw(self, 0, 1) == 0 && node->phase == NODE_UP) {
		node->now.effects_left = (unsigned)world_draw(self, 1, EFFECTS_LEFT_MAX);
		world_add(self, self->now + patience, overdue);
	} else {
		node_end(self, node, FAULT_CRASH, "killed by SIGKILL", false);
	}
}

static void crash_overdue(struct world *self, const struct fault *fault)
{
	for (unsigned i = 0; i < self->count; i++)
		if (concerns(fault, i) && self->nodes[i].now.effects_left > 0)
			node_end(self, &self->nodes[i], FAULT_CRASH, "killed by SIGKILL", false);
}

static void hang(struct world *self, struct node *node, nanos_t until)
{
	if (node->phase != NODE_UP)
		return;
	node->now.hung_until = self->began + until;
	world_hit(self, FAULT_HANG, node->index);
}

/* The view is a process too. The parent dies first: nobody starts the others meanwhile. */
static void end_all(struct world *self, enum fault_kind kind)
{
	world_hit(self, kind, FAULT_ANY_NODE);
	sim_view_forget(self->view);
	if (self->parent >= 0)
		node_end(self, &self->nodes[self->parent], kind, "killed by SIGKILL", false);
	for (unsigned i = 0; i < self->count; i++)
		node_end(self, &self->nodes[i], kind, "killed by SIGKILL", false);
}

static void step_clock(struct world *self)
{
	nanos_t most = (nanos_t)self->profile->clock_step_ms * NANOS_MS;
	nanos_t offset = self->clock_offset + world_draw(self, -most, most);
	offset = offset > most ? most : offset;
	self->clock_offset = offset < -most ? -most : offset;
	world_hit(self, FAULT_CLOCK_STEP, FAULT_ANY_NODE);
}

/* Back by as much as the bound allows, or forth again: between a signature and its fence the
   exchange's clock is stepped once. */
static void step_venue_clock(struct world *self)
{
	nanos_t most = (nanos_t)self->profile->clock_step_ms * NANOS_MS;
	bool goes_back = self->exchange->clock_step == 0;
	self->exchange->clock_step = goes_back ? -most : 0;
	world_hit(self, FAULT_VENUE_STEP, FAULT_ANY_NODE);
}

static void lose_power(struct world *self)
{
	end_all(self, FAULT_POWER_LOSS);
	for (unsigned i = 0; i < self->count; i++) {
		self->nodes[i].alert_count = 0;
		if (self->nodes[i].disk.bytes != NULL)
			sim_disk_lose_power(&self->nodes[i].disk, &self->random);
	}
	if (world_draw(self, 0, 2) == 0)
		step_clock(self);
}

bool faults_cut_renewal(struct world *self, struct node *node)
{
	if (!world_chance(self, FAULT_RENEWAL_CUT, node->index))
		return false;
	if (world_draw(self, 0, 2) > 0)
		lose_power(self);
	else
		node_end(self, node, FAULT_CRASH, "killed by SIGKILL", false);
	return true;
}

static void silence(struct world *self, enum fault_kind kind, unsigned most_ms, unsigned status)
{
	nanos_t until = self->now + world_draw(self, QUIET_LEAST_MS, most_ms) * NANOS_MS;
	nanos_t calm = self->began + self->plan.calm_at;
	sim_exchange_silence(self->exchange, until < calm ? until : calm, status);
	world_hit(self, kind, FAULT_ANY_NODE);
}

static void on_disk(struct world *self, struct node *node, enum fault_kind kind)
{
	if (node->disk.bytes == NULL)
		return;
	if (kind == FAULT_DISK_ERROR)
		self->fails_append[node->index] = true;
	else if (kind == FAULT_DISK_SYNC)
		self->fails_sync[node->index] = true;
	else if (node_is_running(node))
		node->rots = true;
	else
		node_rot(self, node);
}

static void on_node(struct world *self, const struct fault *fault, struct node *node)
{
	switch (fault->kind) {
	case FAULT_CRASH: crash(self, fault, node); break;
	case FAULT_HANG: hang(self, node, fault->until); break;
	case FAULT_DISK_ERROR:
	case FAULT_DISK_SYNC:
	case FAULT_DISK_ROT: on_disk(self, node, fault->kind); break;
	case FAULT_STREAM_CUT: line_cut(self, node); break;
	default: break;
	}
}

static void on_world(struct world *self, const struct fault *fault)
{
	switch (fault->kind) {
	case FAULT_CRASH_ALL: end_all(self, FAULT_CRASH_ALL); break;
	case FAULT_POWER_LOSS: lose_power(self); break;
	case FAULT_CLOCK_STEP: step_clock(self); break;
	case FAULT_VENUE_STEP: step_venue_clock(self); break;
	case FAULT_REDIS_FLUSH: sim_view_flush(self); break;
	case FAULT_REDIS_ROLLBACK: sim_view_roll_back(self); break;
	case FAULT_THROTTLED:
		silence(self, fault->kind, THROTTLED_MOST_MS, STATUS_THROTTLED);
		break;
	case FAULT_BANNED: silence(self, fault->kind, BANNED_MOST_MS, STATUS_BANNED); break;
	case FAULT_JUMP: sim_exchange_jump(self->exchange, self->now); break;
	case FAULT_MANUAL_ORDER: sim_exchange_manual_order(self->exchange, self->now); break;
	case FAULT_MANUAL_CANCEL: sim_exchange_manual_cancel(self->exchange, self->now); break;
	default: return;
	}
	if (fault->kind >= FAULT_JUMP)
		world_hit(self, fault->kind, FAULT_ANY_NODE);
	line_stream(self);
}

void faults_happen(struct world *self, const struct happening *happening)
{
	const struct fault *fault = &self->plan.faults[happening->place];
	if (happening->number == OVER)
		self->active[fault->kind]--;
	if (happening->number == OVERDUE)
		crash_overdue(self, fault);
	if (happening->number != 0)
		return;
	if (fault->until > fault->from)
		self->active[fault->kind]++;
	on_world(self, fault);
	for (unsigned i = 0; i < self->count; i++)
		if (concerns(fault, i))
			on_node(self, fault, &self->nodes[i]);
}

void faults_begin(struct world *self)
{
	for (uint32_t i = 0; i < self->plan.count; i++) {
		const struct fault *fault = &self->plan.faults[i];
		struct happening happening = {.kind = H_FAULT, .place = (uint8_t)i};
		world_add(self, self->began + fault->from, happening);
		if (fault->kind == FAULT_REDIS_ROLLBACK) {
			nanos_t kept = fault->from - world_draw(self, 500, 4000) * NANOS_MS;
			struct happening keep = {.kind = H_VIEW_KEEP};
			world_add(self, self->began + (kept > 0 ? kept : 0), keep);
		}
		happening.number = OVER;
		if (fault->until > fault->from)
			world_add(self, self->began + fault->until, happening);
	}
}

static bool is_enumerated(struct world *self)
{
	unsigned at = self->crash_index;
	if (at >= PLAN_CRASHES_MAX || self->plan.crash_at[at] == 0 ||
	    self->figures.effects - self->crash_base != self->plan.crash_at[at])
		return false;
	self->crash_index++;
	self->crash_base = self->figures.effects;
	return true;
}

bool faults_let_pass(struct world *self, struct node *node)
{
	self->figures.effects++;
	bool dies = node->now.effects_left > 0 && --node->now.effects_left == 0;
	if (!is_enumerated(self) && !dies)
		return true;
	node_end(self, node, FAULT_CRASH, "killed by SIGKILL", false);
	return false;
}
