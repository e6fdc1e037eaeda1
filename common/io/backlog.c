/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/backlog.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 16 };

struct entry {
	_Alignas(ALIGNMENT) uint64_t wait_for;
	size_t size; /* with what follows */
	struct effect effect;
};

enum err backlog_open(struct backlog *self)
{
	*self = (struct backlog){.memory = aligned_alloc(ALIGNMENT, BACKLOG_BYTES)};
	return self->memory == NULL ? ERR_IO : OK;
}

void backlog_close(struct backlog *self)
{
	free(self->memory);
	*self = (struct backlog){0};
}

static size_t rounded(size_t size)
{
	return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static size_t body_size(const struct effect *effect)
{
	if (effect->body == NULL)
		return 0;
	if (effect->kind == EFFECT_CALL && effect->target == CALL_HTTP)
		return sizeof(struct http_request);
	if (effect->kind == EFFECT_CALL && effect->target == CALL_FRAME)
		return sizeof(struct link_frame);
	return message_info(effect->type)->size;
}

static size_t text_size(const struct effect *effect)
{
	if (effect->text == NULL)
		return 0;
	return (effect->size > 0 ? effect->size : strlen(effect->text)) + 1;
}

static size_t string_size(const char *text)
{
	return text == NULL ? 0 : strlen(text) + 1;
}

/* Copies one part behind the others; returns where it stands, NULL when there was none. */
static void *append(uint8_t **place, const void *bytes, size_t size)
{
	if (bytes == NULL)
		return NULL;
	void *copy = memcpy(*place, bytes, size);
	*place += rounded(size);
	return copy;
}

enum err backlog_push(struct backlog *self, const struct effect *effect, uint64_t wait_for)
{
	size_t size = rounded(sizeof(struct entry)) + rounded(body_size(effect)) +
	              rounded(text_size(effect)) + rounded(string_size(effect->name)) +
	              rounded(string_size(effect->headers));
	if (size > BACKLOG_BYTES - self->tail)
		return ERR_FULL;
	struct entry *entry = (struct entry *)(self->memory + self->tail);
	uint8_t *place = (uint8_t *)entry + rounded(sizeof *entry);
	entry->wait_for = wait_for;
	entry->size = size;
	entry->effect = *effect;
	entry->effect.body = append(&place, effect->body, body_size(effect));
	entry->effect.text = append(&place, effect->text, text_size(effect));
	entry->effect.name = append(&place, effect->name, string_size(effect->name));
	entry->effect.headers = append(&place, effect->headers, string_size(effect->headers));
	self->tail += size;
	self->count++;
	return OK;
}

const struct effect *backlog_first(struct backlog *self, uint64_t done)
{
	if (self->count == 0)
		return NULL;
	const struct entry *entry = (const struct entry *)(self->memory + self->head);
	return entry->wait_for <= done ? &entry->effect : NULL;
}

void backlog_pop(struct backlog *self)
{
	assert(self->count > 0);
	self->head += ((const struct entry *)(self->memory + self->head))->size;
	if (--self->count == 0)
		backlog_clear(self);
}

bool backlog_recall(struct backlog *self, uint64_t token)
{
	size_t at = self->head;

	for (size_t i = 0; i < self->count; i++) {
		struct entry *entry = (struct entry *)(self->memory + at);
		struct effect *effect = &entry->effect;
		at += entry->size;
		if (effect->kind != EFFECT_CALL || effect->target != CALL_HTTP ||
		    effect->token != token)
			continue;
		effect->kind = EFFECT_SET_TIMER; /* one that never waits here: nothing is done */
		return true;
	}
	return false;
}

void backlog_clear(struct backlog *self)
{
	self->head = self->tail = self->count = 0;
}
