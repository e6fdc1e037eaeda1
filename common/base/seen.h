/* SPDX-License-Identifier: Apache-2.0 */
/* Remembers the last keys it was shown, to drop repeats. Keys are 64-bit numbers (or hashes, when
   a wrong "seen" once in 2^64 / capacity can be borne). The memory is the caller's, in the same
   struct (relative.h). */
#ifndef BASE_SEEN_H
#define BASE_SEEN_H

#include "common/base/table.h"

#include <stdbool.h>
#include <stdint.h>

struct seen {
	struct table index;
	relative_t keys;
	uint32_t capacity, next;
};

/* Remembers nothing yet, later up to `capacity` keys; `cells` are TABLE_CELLS(capacity). */
void seen_init(struct seen *self, uint64_t *keys, uint32_t capacity, struct table_cell *cells);

/* True when the key is new; then it takes the place of the oldest one. */
bool seen_add(struct seen *self, uint64_t key);

bool seen_has(const struct seen *self, uint64_t key);

#endif
