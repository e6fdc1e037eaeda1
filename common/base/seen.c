/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/seen.h"

#include <assert.h>
#include <string.h>

void seen_init(struct seen *self, uint64_t *keys, uint32_t capacity, struct table_cell *cells)
{
	assert(capacity > 0);
	*self = (struct seen){.keys = relative_from(self, keys), .capacity = capacity};
	memset(keys, 0, capacity * sizeof *keys);
	table_init(&self->index, cells, TABLE_CELLS(capacity));
}

bool seen_has(const struct seen *self, uint64_t key)
{
	struct table_probe probe;

	return table_first(&self->index, key, &probe) != TABLE_NONE;
}

bool seen_add(struct seen *self, uint64_t key)
{
	uint64_t *keys = relative_at(self, self->keys);

	if (seen_has(self, key))
		return false;
	if (self->index.count == self->capacity) {
		bool removed = table_remove(&self->index, keys[self->next], self->next);
		assert(removed);
	}
	keys[self->next] = key;
	enum err err = table_add(&self->index, key, self->next);
	assert(err == OK);
	self->next = self->next + 1 == self->capacity ? 0 : self->next + 1;
	return true;
}
