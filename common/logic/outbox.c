/* SPDX-License-Identifier: Apache-2.0 */
#include "common/logic/outbox.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ALIGNMENT = 16, NOTE_TEXT_MAX = 512 };

void outbox_init(struct outbox *self, void *arena, size_t capacity)
{
	assert((uintptr_t)arena % ALIGNMENT == 0);
	self->arena = arena;
	self->capacity = capacity;
	outbox_clear(self);
}

void outbox_clear(struct outbox *self)
{
	self->count = 0;
	self->used = 0;
}

static void *reserve(struct outbox *self, size_t size)
{
	size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	assert(rounded <= self->capacity - self->used);
	void *place = self->arena + self->used;
	self->used += rounded;
	return place;
}

static const void *keep(struct outbox *self, const void *bytes, size_t size)
{
	return memcpy(reserve(self, size), bytes, size);
}

static const char *keep_text(struct outbox *self, const char *text)
{
	return keep(self, text, strlen(text) + 1);
}

static struct effect *add(struct outbox *self, enum effect_kind kind)
{
	assert(self->count < OUTBOX_EFFECTS_MAX);
	struct effect *effect = &self->effects[self->count++];
	memset(effect, 0, sizeof *effect);
	effect->kind = kind;
	return effect;
}

static struct effect *add_message(struct outbox *self, enum effect_kind kind,
                                  enum message_type type, const void *body)
{
	const struct message_info *info = message_info(type);
	assert(info != NULL);
	struct effect *effect = add(self, kind);
	effect->type = type;
	effect->body = keep(self, body, info->size);
	return effect;
}

void outbox_save(struct outbox *self, enum save_class save_class, enum message_type type,
                 const void *body)
{
	add_message(self, EFFECT_SAVE, type, body)->save_class = save_class;
}

void outbox_publish(struct outbox *self, enum message_type type, const void *body)
{
	add_message(self, EFFECT_PUBLISH, type, body);
}

void outbox_call(struct outbox *self, const char *peer, uint64_t token, nanos_t expires,
                 enum message_type type, const void *body)
{
	struct effect *effect = add_message(self, EFFECT_CALL, type, body);
	effect->target = CALL_PEER;
	effect->peer = name_from(peer);
	effect->token = token;
	effect->at = expires;
}

void outbox_call_http(struct outbox *self, uint64_t token, const struct http_request *request)
{
	struct effect *effect = add(self, EFFECT_CALL);
	effect->target = CALL_HTTP;
	effect->token = token;
	effect->body = keep(self, request, sizeof *request);
}

void outbox_call_frame(struct outbox *self, uint64_t token, nanos_t expires,
                       const struct link_frame *frame)
{
	struct effect *effect = add(self, EFFECT_CALL);
	effect->target = CALL_FRAME;
	effect->token = token;
	effect->at = expires;
	effect->body = keep(self, frame, sizeof *frame);
}

void outbox_recall(struct outbox *self, uint64_t token)
{
	struct effect *effect = add(self, EFFECT_CALL);
	effect->target = CALL_RECALL;
	effect->token = token;
}

void outbox_call_host(struct outbox *self, enum message_type type, const void *body)
{
	add_message(self, EFFECT_CALL, type, body)->target = CALL_LINK;
}

void outbox_answer(struct outbox *self, uint64_t token, enum message_type type, const void *body)
{
	add_message(self, EFFECT_ANSWER, type, body)->token = token;
}

static struct effect *add_wire(struct outbox *self, uint64_t client, unsigned status,
                               const char *text, size_t size)
{
	struct effect *effect = add(self, EFFECT_ANSWER);
	char *copy = reserve(self, size + 1);
	memcpy(copy, text, size);
	copy[size] = '\0';
	effect->token = client;
	effect->status = status;
	effect->text = copy;
	effect->size = size;
	effect->headers = "";
	return effect;
}

void outbox_answer_http(struct outbox *self, uint64_t client, unsigned status, const char *headers,
                        const char *body, size_t size)
{
	assert(status >= 100);
	struct effect *effect = add_wire(self, client, status, body, size);
	if (headers != NULL)
		effect->headers = keep_text(self, headers);
}

void outbox_answer_frame(struct outbox *self, uint64_t client, const char *text, size_t size)
{
	add_wire(self, client, 0, text, size);
}

void outbox_close_wire(struct outbox *self, uint64_t client)
{
	add_wire(self, client, 1, "", 0);
}

void outbox_set_timer(struct outbox *self, unsigned timer, nanos_t at)
{
	assert(timer < LOGIC_TIMERS_MAX);
	struct effect *effect = add(self, EFFECT_SET_TIMER);
	effect->timer = timer;
	effect->at = at;
}

static void add_note(struct outbox *self, enum note_kind kind, enum severity severity,
                     const char *name, const char *text)
{
	struct effect *effect = add(self, EFFECT_NOTE);
	effect->note = kind;
	effect->severity = severity;
	effect->name = keep_text(self, name);
	effect->text = keep_text(self, text);
}

void outbox_note(struct outbox *self, enum severity severity, const char *name, const char *format,
                 ...)
{
	char text[NOTE_TEXT_MAX];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	add_note(self, NOTE_LOG, severity, name, text);
}

void outbox_note_kind(struct outbox *self, enum note_kind kind, enum severity severity,
                      const char *name, const char *format, ...)
{
	char text[NOTE_TEXT_MAX];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	add_note(self, kind, severity, name, text);
}

void outbox_alert(struct outbox *self, nanos_t now, enum severity severity, const char *name,
                  const char *format, ...)
{
	char text[NOTE_TEXT_MAX];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	struct alert alert = {
		.severity = severity,
		.event = name_from(name),
		.at = now,
		.text = text_from(text),
		.repeats = 1,
	};
	add_note(self, NOTE_LOG, severity, name, text);
	outbox_publish(self, MESSAGE_ALERT, &alert);
}

void outbox_exit(struct outbox *self, const char *reason)
{
	add(self, EFFECT_EXIT)->text = keep_text(self, reason);
}
