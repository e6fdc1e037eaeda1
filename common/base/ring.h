/* SPDX-License-Identifier: Apache-2.0 */
/* A queue of byte records of any size, first in, first out, in memory of a fixed size that is the
   caller's, in the same struct as the ring (relative.h). A record lies in one piece. */
#ifndef BASE_RING_H
#define BASE_RING_H

#include "common/base/err.h"
#include "common/base/relative.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RING_ALIGN = 8, RING_HEAD_SIZE = 8 };

/* The memory that one record takes. */
#define RING_ROOM(size) (RING_HEAD_SIZE + ((size) + RING_ALIGN - 1) / RING_ALIGN * RING_ALIGN)

struct ring {
	relative_t memory;
	uint32_t size, count;
	uint32_t read, write; /* offsets; equal: empty or full, as `count` tells */
};

/* `memory` is aligned to RING_ALIGN and its size is a multiple of it, below 4 GiB. */
void ring_init(struct ring *self, void *memory, size_t size);

/* Copies a record to the end; false when there is no room for it now. A record with RING_ROOM(size)
   up to the whole memory always fits into an empty ring. */
MUST_CHECK bool ring_push(struct ring *self, const void *bytes, size_t size);

/* The oldest record, aligned to RING_ALIGN and valid until the next pop; NULL when empty. */
const void *ring_peek(const struct ring *self, size_t *size);

/* Drops the oldest record; there must be one. */
void ring_pop(struct ring *self);

#endif
