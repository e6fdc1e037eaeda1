/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/node.h"

#include "common/sim/effects.h"
#include "common/sim/inside.h"
#include "common/sim/line.h"
#include "common/sim/wires.h"

#include <string.h>

enum {
	TURN_US = 10
}; /* a turn of the loop takes time: nothing goes round for ever at one moment */

struct later_message {
	enum event_kind kind;
	enum message_type type;
	uint64_t token;
	_Alignas(16) uint8_t body[];
};

void node_step(struct world *world, struct node *self, struct event *event)
{
	struct node_run *now = &self->now;
	event->now = now->now = node_clock(world, self);
	event->stamp = world->now - world->began + NANOS_S;
	event->handed = now->handed;
	event->entropy = now->entropy = random_next(&self->random);
	now->causation = event->envelope != NULL ? envelope_id(event->envelope) : 0;
	world->figures.events++;
	trace(world, (uint64_t)event->now ^ event->token << 32,
	      self->index | (uint64_t)event->kind << 8 | (uint64_t)event->type << 16 |
	              (uint64_t)event->timer << 32);
	outbox_clear(world->outbox);
	self->role->logic->step(self->state, event, world->outbox);
	if (world->watch->stepped != NULL)
		world->watch->stepped(world->watch->self, world, self->index, event);
	effects_perform(world, self, world->outbox);
}

void node_message(struct world *world, struct node *self, enum message_type type, const void *body,
                  uint64_t token)
{
	struct event event = {.kind = EVENT_MESSAGE, .type = type, .body = body, .token = token};
	tell_body(world, self, "hears", type, body);
	node_step(world, self, &event);
}

void node_later(struct world *world, struct node *self, enum event_kind kind, uint64_t token,
                enum message_type type, const void *body)
{
	size_t size = message_info(type)->size;
	struct parcel *parcel = parcel_take(&world->store, sizeof(struct later_message) + size);
	struct later_message *later = (struct later_message *)parcel->bytes;
	*later = (struct later_message){.kind = kind, .type = type, .token = token};
	memcpy(later->body, body, size);
	world_add_for(world, self, world->now + TURN_US * NANOS_US,
	              (struct happening){.kind = H_LATER, .parcel = parcel});
}

void node_fail_later(struct world *world, struct node *self, uint64_t token, const char *peer,
                     bool sent, const char *reason)
{
	struct call_failed failed = {
		.peer = name_from(peer), .sent = sent, .reason = text_from(reason)};
	node_later(world, self, EVENT_REPLY, token, MESSAGE_CALL_FAILED, &failed);
}

void node_take_later(struct world *world, struct node *self, const struct parcel *parcel)
{
	const struct later_message *later = (const struct later_message *)parcel->bytes;
	struct event event = {
		.kind = later->kind,
		.token = later->token,
		.type = later->type,
		.body = later->body,
	};
	tell_body(world, self, "hears", later->type, later->body);
	node_step(world, self, &event);
}

static void plan_timers(struct world *world, struct node *self, nanos_t next)
{
	if (next == INT64_MAX)
		return;
	nanos_t due = next - self->now.offset, soon = world->now + TURN_US * NANOS_US;
	due = due < soon ? soon : due;
	if (due >= self->now.timers_due)
		return;
	self->now.timers_due = due;
	world_add_for(world, self, due, (struct happening){.kind = H_TIMERS});
}

void node_set_timer(struct world *world, struct node *self, const struct effect *effect)
{
	self->now.timers[effect->timer] = effect->at;
	if (effect->timer >= self->now.timer_count)
		self->now.timer_count = effect->timer + 1;
	if (effect->at != 0)
		plan_timers(world, self, effect->at);
}

static nanos_t next_timer(const struct node *self)
{
	nanos_t next = INT64_MAX;
	for (unsigned i = 0; i < self->now.timer_count; i++)
		if (self->now.timers[i] != 0 && self->now.timers[i] < next)
			next = self->now.timers[i];
	return next;
}

void node_timers(struct world *world, struct node *self)
{
	nanos_t now = node_clock(world, self);
	uint32_t run = self->run;
	if (world->now >= self->now.timers_due)
		self->now.timers_due = INT64_MAX;
	for (unsigned i = 0; i < self->now.timer_count; i++) {
		if (self->now.timers[i] == 0 || self->now.timers[i] > now)
			continue;
		self->now.timers[i] = 0;
		struct event event = {.kind = EVENT_TIMER, .timer = i};
		node_step(world, self, &event);
		if (self->run != run)
			return;
	}
	plan_timers(world, self, next_timer(self));
}

void node_republish(struct world *world, struct node *self, bool to_bus)
{
	const struct logic *logic = self->role->logic;
	struct outbox *out = world->outbox;
	if (logic->republish == NULL)
		return;
	outbox_clear(out);
	logic->republish(self->state, node_clock(world, self), out);
	if (to_bus) {
		effects_perform(world, self, out);
		return;
	}
	for (size_t i = 0; i < out->count; i++)
		sim_view_put(world, self, out->effects[i].type, out->effects[i].body);
}

static enum service_status health(const struct node *self, text_t *why)
{
	const struct logic *logic = self->role->logic;
	*why = text_from("");
	if (self->now.is_stopping)
		return SERVICE_STATUS_STOPPING;
	if (self->now.journal.is_told) {
		*why = text_from("the journal can't be written: no entries");
		return SERVICE_STATUS_DEGRADED;
	}
	return logic->health == NULL ? SERVICE_STATUS_HEALTHY
	                             : logic->health(self->state, self->now.now, why);
}

static void list_sequences(const struct node *self, struct counts *out)
{
	out->count = self->place.published_count;
	for (uint32_t i = 0; i < out->count; i++)
		out->items[i] = self->now.sequences[self->place.published[i]];
}

static void tell_heartbeat(struct world *world, struct node *self)
{
	struct heartbeat heartbeat = {
		.host = name_from("simulated"),
		.pid = self->pid,
		.progress = self->now.progress,
		.started = self->now.began,
		.refused = self->now.refused,
		.dropped = self->now.dropped,
	};
	heartbeat.status = health(self, &heartbeat.note);
	list_sequences(self, &heartbeat.sequences);
	effects_publish(world, self, MESSAGE_HEARTBEAT, &heartbeat);
}

void node_beat(struct world *world, struct node *self)
{
	uint32_t run = self->run;
	self->now.now = node_clock(world, self);
	line_expire_frames(world, self);
	wires_tend_streams(world, self);
	if (self->run != run)
		return;
	if (self->now.writer.wants_all && effects_are_durable(self)) {
		self->now.writer.wants_all = false;
		node_republish(world, self, false);
	}
	tell_heartbeat(world, self);
	world_add_for(world, self, world->now + world->stack->heartbeat,
	              (struct happening){.kind = H_BEAT});
}
