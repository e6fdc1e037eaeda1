/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/table.h"

#include <assert.h>
#include <string.h>

#include "common/base/hash.h"

static struct table_cell *cells_of(const struct table *self)
{
	return relative_at(self, self->cells);
}

/* Where the search for a hash begins. Mixed here, so that a plain counter may serve as a hash. */
static uint32_t home_of(const struct table *self, uint64_t hash)
{
	return (uint32_t)((unsigned __int128)hash_mix(hash) * self->cell_count >> 64);
}

static uint32_t after(const struct table *self, uint32_t at)
{
	return at + 1 == self->cell_count ? 0 : at + 1;
}

void table_init(struct table *self, struct table_cell *cells, uint32_t cell_count)
{
	assert(cell_count >= 2);
	*self = (struct table){.cells = relative_from(self, cells), .cell_count = cell_count};
	memset(cells, 0, cell_count * sizeof *cells);
}

uint32_t table_next(const struct table *self, struct table_probe *probe)
{
	const struct table_cell *cells = cells_of(self);
	uint32_t at = probe->next;

	/* One cell always stays empty, so the walk ends. */
	for (; cells[at].used; at = after(self, at)) {
		if (cells[at].hash == probe->hash) {
			probe->next = after(self, at);
			return cells[at].slot;
		}
	}
	probe->next = at;
	return TABLE_NONE;
}

uint32_t table_first(const struct table *self, uint64_t hash, struct table_probe *probe)
{
	assert(self->cell_count >= 2);
	*probe = (struct table_probe){.hash = hash, .next = home_of(self, hash)};
	return table_next(self, probe);
}

enum err table_add(struct table *self, uint64_t hash, uint32_t slot)
{
	struct table_cell *cells = cells_of(self);
	uint32_t at = home_of(self, hash);

	assert(slot != TABLE_NONE);
	if (self->count + 1 >= self->cell_count)
		return ERR_FULL;
	while (cells[at].used)
		at = after(self, at);
	cells[at] = (struct table_cell){.hash = hash, .slot = slot, .used = 1};
	self->count++;
	return OK;
}

/* Whether a search that begins at `home` passes `hole` before it comes to `at`. */
static bool passes(uint32_t home, uint32_t hole, uint32_t at)
{
	if (hole < at)
		return home <= hole || home > at;
	return home <= hole && home > at;
}

/* Moves later entries up, so that no search breaks off at the hole. */
static void close_hole(struct table *self, uint32_t hole)
{
	struct table_cell *cells = cells_of(self);

	for (uint32_t at = after(self, hole); cells[at].used; at = after(self, at)) {
		if (!passes(home_of(self, cells[at].hash), hole, at))
			continue;
		cells[hole] = cells[at];
		hole = at;
	}
	cells[hole] = (struct table_cell){0};
}

bool table_remove(struct table *self, uint64_t hash, uint32_t slot)
{
	struct table_cell *cells = cells_of(self);

	for (uint32_t at = home_of(self, hash); cells[at].used; at = after(self, at)) {
		if (cells[at].hash != hash || cells[at].slot != slot)
			continue;
		close_hole(self, at);
		self->count--;
		return true;
	}
	return false;
}
