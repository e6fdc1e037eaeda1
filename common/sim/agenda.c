/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/agenda.h"

#include <assert.h>
#include <stdbool.h>

enum { ARITY = 4 };

static bool is_before(const struct happening *a, const struct happening *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void agenda_add(struct agenda *self, struct happening happening)
{
	assert(self->count < AGENDA_MAX);
	happening.order = ++self->order;
	uint32_t at = self->count++;
	while (at > 0) {
		uint32_t parent = (at - 1) / ARITY;
		if (!is_before(&happening, &self->heap[parent]))
			break;
		self->heap[at] = self->heap[parent];
		at = parent;
	}
	self->heap[at] = happening;
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

struct happening agenda_next(struct agenda *self)
{
	assert(self->count > 0);
	struct happening next = self->heap[0], moved = self->heap[--self->count];
	uint32_t at = 0;
	while (at * ARITY + 1 < self->count) {
		uint32_t child = first_child(self, at);
		if (!is_before(&self->heap[child], &moved))
			break;
		self->heap[at] = self->heap[child];
		at = child;
	}
	self->heap[at] = moved;
	return next;
}
