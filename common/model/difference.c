/* SPDX-License-Identifier: Apache-2.0 */
#include "common/model/difference.h"

#include <stddef.h>

void differences_clear(struct differences *self)
{
	self->count = 0;
	self->found = 0;
}

struct rec_difference *differences_add(struct differences *self,
                                       const struct rec_difference *difference)
{
	self->found++;
	if (self->count == DIFFERENCES_MAX)
		return NULL;
	struct rec_difference *added = &self->items[self->count++];
	*added = *difference;
	added->place = self->count;
	return added;
}

/* An order is the same by its id, ours or the exchange's; everything else by its subject. */
static bool is_same(const struct rec_difference *a, const struct rec_difference *b)
{
	if (a->kind != b->kind || !name_equals(&a->subject, &b->subject) ||
	    !name_equals(&a->bot, &b->bot) || !ident_equals(a->client_id, b->client_id))
		return false;
	return !ident_is_none(a->client_id) || a->venue_id == b->venue_id;
}

const struct rec_difference *differences_find(const struct differences *self,
                                              const struct rec_difference *like)
{
	for (uint32_t i = 0; i < self->count; i++)
		if (is_same(&self->items[i], like))
			return &self->items[i];
	return NULL;
}

bool difference_counts(enum difference_kind kind)
{
	return kind != DIFFERENCE_KIND_FOREIGN_ORDER && kind != DIFFERENCE_KIND_FOREIGN_POSITION;
}

void differences_confirm(struct differences *self, const struct differences *before)
{
	for (uint32_t i = 0; i < self->count; i++) {
		struct rec_difference *item = &self->items[i];
		const struct rec_difference *old = differences_find(before, item);
		if (old != NULL)
			item->since = old->since;
		item->confirmed = old != NULL || !difference_counts(item->kind);
	}
}

uint32_t differences_counting(const struct differences *self, bool confirmed)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < self->count; i++)
		count += difference_counts(self->items[i].kind) &&
		         (!confirmed || self->items[i].confirmed);
	return count;
}

const struct rec_difference *differences_worst(const struct differences *self)
{
	for (uint32_t i = 0; i < self->count; i++)
		if (difference_counts(self->items[i].kind) && self->items[i].confirmed)
			return &self->items[i];
	return NULL;
}

uint32_t differences_of(const struct differences *self, enum difference_kind kind)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < self->count; i++)
		count += self->items[i].kind == kind;
	return count;
}
