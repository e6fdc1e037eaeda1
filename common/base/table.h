/* SPDX-License-Identifier: Apache-2.0 */
/* An index of fixed capacity: from the hash of a key to the slot of its row in the caller's array.
   The table knows no keys, so finding is a short walk over the slots whose hash is the same:

        struct table_probe probe;
        uint32_t slot = table_first(&self->by_id, ident_hash(id), &probe);
        while (slot != TABLE_NONE && !ident_equals(self->orders[slot].id, id))
                slot = table_next(&self->by_id, &probe);

   A number that is its own key needs no comparison: all 64 bits of the hash are compared. The cells
   are the caller's, in the same struct as the table (relative.h). Cost is constant as long as half
   the cells are empty. Order of insertion does not show in results. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "common/base/err.h"
#include "common/base/relative.h"

#include <stdbool.h>
#include <stdint.h>

#define TABLE_NONE UINT32_MAX

/* How many cells to give a table of at most `rows` rows. */
#define TABLE_CELLS(rows) (2 * (rows))

struct table_cell {
	uint64_t hash;
	uint32_t slot;
	uint32_t used;
};

struct table {
	relative_t cells;
	uint32_t cell_count, count;
};

struct table_probe {
	uint64_t hash;
	uint32_t next; /* the cell to look at */
};

/* Empties the table. At least two cells. */
void table_init(struct table *self, struct table_cell *cells, uint32_t cell_count);

/* The first and the following slots with this hash, TABLE_NONE after the last. The table must not
   change between the calls. */
uint32_t table_first(const struct table *self, uint64_t hash, struct table_probe *probe);
uint32_t table_next(const struct table *self, struct table_probe *probe);

/* Adds a slot (not TABLE_NONE) that isn't in it with this hash. ERR_FULL when one cell is left,
   which never happens with at most `rows` rows in TABLE_CELLS(rows) cells. */
MUST_CHECK enum err table_add(struct table *self, uint64_t hash, uint32_t slot);

/* Takes the slot out; false when it isn't in it with this hash. */
bool table_remove(struct table *self, uint64_t hash, uint32_t slot);

#endif
