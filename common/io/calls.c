/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/calls.h"

#include "common/base/plant.h"

#include <assert.h>
#include <string.h>

void calls_init(struct calls *self, nanos_t repeat_interval)
{
	self->repeat_interval = repeat_interval;
	self->number = 0;
	self->ask_number = 0;
	self->earliest = INT64_MAX;
	table_init(&self->answered, self->answered_cells, TABLE_CELLS(ANSWERS_KEPT));
	for (size_t i = 0; i < CALLS_MAX; i++)
		self->due[i] = INT64_MAX;
}

static void set_due(struct calls *self, const struct call *call, nanos_t due)
{
	self->due[call - self->calls] = due;
	if (due < self->earliest)
		self->earliest = due;
}

struct call *calls_add(struct calls *self, uint64_t token, const name_t *peer, nanos_t now,
                       nanos_t expires)
{
	for (size_t i = 0; i < CALLS_MAX; i++) {
		/* Numbers are dealt out so that a call stands at number % CALLS_MAX. */
		struct call *call = &self->calls[++self->number % CALLS_MAX];
		if (call->number != 0)
			continue;
		call->number = self->number;
		call->token = token;
		call->peer = *peer;
		call->expires = expires;
		call->sent = false;
		call->own = false;
		self->call_count++;
		calls_postpone(self, call, now);
		return call;
	}
	return NULL;
}

void calls_postpone(struct calls *self, struct call *call, nanos_t now)
{
	nanos_t repeat_at = now + self->repeat_interval;
	set_due(self, call, repeat_at < call->expires ? repeat_at : call->expires);
}

struct call *calls_find(struct calls *self, uint64_t number)
{
	struct call *call = &self->calls[number % CALLS_MAX];
	return number != 0 && call->number == number ? call : NULL;
}

void calls_free(struct calls *self, struct call *call)
{
	assert(call->number != 0 && self->call_count > 0);
	call->number = 0;
	self->due[call - self->calls] = INT64_MAX;
	self->call_count--;
}

struct call *calls_due(struct calls *self, nanos_t now)
{
	if (now < self->earliest)
		return NULL;
	nanos_t earliest = INT64_MAX;
	for (size_t i = 0; i < CALLS_MAX; i++) {
		if (self->due[i] <= now)
			return &self->calls[i];
		if (self->due[i] < earliest)
			earliest = self->due[i];
	}
	self->earliest = earliest;
	return NULL;
}

nanos_t calls_deadline(const struct calls *self)
{
	return self->call_count == 0 ? INT64_MAX : self->earliest;
}

static uint64_t key_of(const struct envelope *envelope)
{
	return envelope_id(envelope);
}

static bool is_same(const struct envelope *a, const struct envelope *b)
{
	return a->epoch == b->epoch && a->type == b->type && a->sequence == b->sequence &&
	       name_equals(&a->sender, &b->sender);
}

static const struct answer *kept_answer(const struct calls *self, uint64_t key)
{
	struct table_probe probe;
	uint32_t slot = table_first(&self->answered, key, &probe);
	return slot != TABLE_NONE ? &self->answers[slot] : NULL;
}

/* In the place of the oldest. */
static struct answer *keep_answer(struct calls *self, uint64_t key)
{
	uint32_t slot = (uint32_t)(self->answer_next++ % ANSWERS_KEPT);
	struct answer *answer = &self->answers[slot];
	if (answer->key != 0)
		table_remove(&self->answered, answer->key, slot);
	answer->key = key;
	enum err err = table_add(&self->answered, key, slot);
	assert(err == OK);
	return answer;
}

static bool is_over(const struct ask *ask, nanos_t now)
{
	return ask->token == 0 || (ask->envelope.expires != 0 && ask->envelope.expires < now);
}

static enum ask_verdict pending_verdict(struct calls *self, const struct envelope *envelope,
                                        nanos_t now, size_t *free_at)
{
	*free_at = ASKS_MAX;
	for (size_t i = 0; i < ASK_PROBES; i++) {
		size_t at = (key_of(envelope) + i) % ASKS_MAX;
		if (self->asks[at].token != 0 && is_same(&self->asks[at].envelope, envelope))
			return ASK_PENDING;
		if (*free_at == ASKS_MAX && is_over(&self->asks[at], now))
			*free_at = at;
	}
	return *free_at == ASKS_MAX ? ASK_FULL : ASK_NEW;
}

enum ask_verdict calls_asked(struct calls *self, const struct envelope *envelope,
                             const struct bus_frame *frame, nanos_t now, struct ask **ask,
                             const struct answer **answer)
{
	size_t free_at;
	*answer = kept_answer(self, key_of(envelope));
	if (*answer != NULL && !PLANTED(B01_TWO_EFFECTS))
		return ASK_ANSWERED;
	enum ask_verdict verdict = pending_verdict(self, envelope, now, &free_at);
	if (verdict != ASK_NEW)
		return verdict;
	struct ask *entry = &self->asks[free_at];
	entry->token = ++self->ask_number * ASKS_MAX + free_at;
	entry->envelope = *envelope;
	entry->identity_size = (uint8_t)frame->identity_size;
	memcpy(entry->identity, frame->identity, frame->identity_size);
	*ask = entry;
	return ASK_NEW;
}

struct ask *calls_ask_of(struct calls *self, uint64_t token)
{
	struct ask *ask = &self->asks[token % ASKS_MAX];
	return token != 0 && ask->token == token ? ask : NULL;
}

void calls_answered(struct calls *self, struct ask *ask, const uint8_t *frame, size_t size)
{
	assert(size <= ANSWER_FRAME_MAX);
	if (PLANTED(B03_REPLY_LOST)) {
		ask->token = 0;
		return;
	}
	struct answer *answer = keep_answer(self, key_of(&ask->envelope));
	answer->size = (uint16_t)size;
	memcpy(answer->frame, frame, size);
	ask->token = 0;
}
