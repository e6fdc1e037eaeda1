/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/logic_bench.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA_MAX = 8 << 20 };

void logic_bench_open(struct logic_bench *self, const struct logic *logic, const void *config)
{
	memset(self, 0, sizeof *self);
	self->logic = logic;
	self->config = config;
	config_defaults(&stack_config_type, &self->stack);
	self->identity = (struct identity){
		.instance = name_from(logic->name),
		.service = name_from(logic->name),
		.epoch = 11,
		.stack = &self->stack,
	};
	self->state = calloc(1, logic->state_size);
	self->arena = aligned_alloc(64, ARENA_MAX);
	self->out = calloc(1, sizeof *self->out);
	if (self->state == NULL || self->arena == NULL || self->out == NULL)
		abort();
	outbox_init(self->out, self->arena, logic->arena_size != 0 ? logic->arena_size : 64 << 10);
	self->now = 1700000000 * NANOS_S;
}

void logic_bench_close(struct logic_bench *self)
{
	free(self->state);
	free(self->arena);
	free(self->out);
}

void logic_bench_init(struct logic_bench *self)
{
	memset(self->state, 0, self->logic->state_size);
	self->logic->init(self->state, &self->identity, self->config);
}

static void step(struct logic_bench *self, struct event *event)
{
	event->now = self->now;
	event->stamp = self->now;
	event->entropy = ++self->entropy * UINT64_C(0x9e3779b97f4a7c15);
	outbox_clear(self->out);
	self->logic->step(self->state, event, self->out);
}

void logic_bench_tell(struct logic_bench *self, enum message_type type, const void *body)
{
	struct event event = {.kind = EVENT_MESSAGE, .type = type, .body = body};
	step(self, &event);
}

void logic_bench_hear(struct logic_bench *self, const char *sender, uint64_t epoch,
                      enum message_type type, const void *body)
{
	struct envelope envelope = {.type = type, .sender = name_from(sender), .epoch = epoch};
	struct event event = {
		.kind = EVENT_MESSAGE, .envelope = &envelope, .type = type, .body = body};
	step(self, &event);
}

uint64_t logic_bench_ask(struct logic_bench *self, enum message_type type, const void *body)
{
	struct envelope envelope = {
		.type = type, .sender = name_from("asker"), .epoch = 1, .sequence = self->tokens};
	struct event event = {
		.kind = EVENT_REQUEST,
		.token = ++self->tokens,
		.envelope = &envelope,
		.type = type,
		.body = body,
	};
	step(self, &event);
	return event.token;
}

void logic_bench_reply(struct logic_bench *self, uint64_t token, enum message_type type,
                       const void *body)
{
	struct event event = {.kind = EVENT_REPLY, .token = token, .type = type, .body = body};
	step(self, &event);
}

void logic_bench_event(struct logic_bench *self, enum event_kind kind)
{
	struct event event = {.kind = kind};
	step(self, &event);
}

void logic_bench_timer(struct logic_bench *self, unsigned timer)
{
	struct event event = {.kind = EVENT_TIMER, .timer = timer};
	step(self, &event);
}

void logic_bench_stream(struct logic_bench *self, const char *publisher, bool whole)
{
	struct stream_state state = {.publisher = name_from(publisher), .whole = whole};
	logic_bench_tell(self, MESSAGE_STREAM_STATE, &state);
}

void logic_bench_republish(struct logic_bench *self)
{
	outbox_clear(self->out);
	self->logic->republish(self->state, self->now, self->out);
}

static bool is_one(const struct effect *effect, enum effect_kind kind, enum message_type type)
{
	return effect->kind == kind && (type == MESSAGE_NONE || effect->type == type);
}

size_t logic_bench_count(const struct logic_bench *self, enum effect_kind kind,
                         enum message_type type)
{
	size_t count = 0;
	for (size_t i = 0; i < self->out->count; i++)
		count += is_one(&self->out->effects[i], kind, type);
	return count;
}

const struct effect *logic_bench_effect(const struct logic_bench *self, enum effect_kind kind,
                                        enum message_type type, size_t index)
{
	for (size_t i = 0; i < self->out->count; i++)
		if (is_one(&self->out->effects[i], kind, type) && index-- == 0)
			return &self->out->effects[i];
	return NULL;
}

const void *logic_bench_body(const struct logic_bench *self, enum effect_kind kind,
                             enum message_type type)
{
	const struct effect *effect = logic_bench_effect(self, kind, type, 0);
	return effect != NULL ? effect->body : NULL;
}

const char *logic_bench_note(const struct logic_bench *self, const char *name)
{
	for (size_t i = 0; i < self->out->count; i++)
		if (self->out->effects[i].kind == EFFECT_NOTE &&
		    strcmp(self->out->effects[i].name, name) == 0)
			return self->out->effects[i].text;
	return NULL;
}

int logic_bench_place(const struct logic_bench *self, enum effect_kind kind, enum message_type type)
{
	for (size_t i = 0; i < self->out->count; i++)
		if (is_one(&self->out->effects[i], kind, type))
			return (int)i;
	return -1;
}
