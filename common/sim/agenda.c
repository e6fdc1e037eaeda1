/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/agenda.h"

#include <assert.h>
#include <stdbool.h>

enum { ARITY = 4 };

void agenda_init(struct agenda *self)
{
	self->count = self->used = 0;
	self->order = 0;
}

static bool is_before(const struct agenda_key *a, const struct agenda_key *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

/* Slots that were freed stand at the end of `free`, as many as the heap is short of `used`. */
static uint32_t take_slot(struct agenda *self)
{
	return self->used > self->count ? self->free[self->used - self->count - 1] : self->used++;
}

void agenda_add(struct agenda *self, const struct happening *happening)
{
	assert(self->count < AGENDA_MAX);
	uint32_t slot = take_slot(self), at = self->count++;
	struct agenda_key key = {happening->at, ++self->order * AGENDA_MAX + slot};
	self->slots[slot] = *happening;
	while (at > 0) {
		uint32_t parent = (at - 1) / ARITY;
		if (!is_before(&key, &self->heap[parent]))
			break;
		self->heap[at] = self->heap[parent];
		at = parent;
	}
	self->heap[at] = key;
}

static uint32_t first_child(const struct agenda *self, uint32_t parent)
{
	uint32_t first = parent * ARITY + 1, best = first;
	uint32_t end = first + ARITY < self->count ? first + ARITY : self->count;
	for (uint32_t at = first + 1; at < end; at++)
		if (is_before(&self->heap[at], &self->heap[best]))
			best = at;
	return best;
}

static void sift_down(struct agenda *self, struct agenda_key moved)
{
	uint32_t at = 0;
	while (at * ARITY + 1 < self->count) {
		uint32_t child = first_child(self, at);
		if (!is_before(&self->heap[child], &moved))
			break;
		self->heap[at] = self->heap[child];
		at = child;
	}
	self->heap[at] = moved;
}

nanos_t agenda_at(const struct agenda *self)
{
	assert(self->count > 0);
	return self->heap[0].at;
}

struct happening agenda_next(struct agenda *self)
{
	assert(self->count > 0);
	uint32_t slot = (uint32_t)(self->heap[0].order % AGENDA_MAX);
	self->count--;
	self->free[self->used - self->count - 1] = (uint16_t)slot;
	if (self->count > 0)
		sift_down(self, self->heap[self->count]);
	return self->slots[slot];
}
