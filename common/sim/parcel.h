/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes under way: frames, answers, messages. Counted references, memory that is kept from one
   schedule to the next. */
#ifndef SIM_PARCEL_H
#define SIM_PARCEL_H

#include <stddef.h>
#include <stdint.h>

enum { PARCEL_SIZES = 5, PARCEL_CHUNKS_MAX = 4096 };

struct parcel {
	struct parcel *next; /* the holder's, for lists; of the free ones ours */
	uint32_t references;
	uint32_t shelf;
	size_t size;
	_Alignas(16) uint8_t bytes[];
};

/* First in, first out. */
struct parcel_list {
	struct parcel *first, *last;
};

struct parcel_store {
	struct parcel *free[PARCEL_SIZES];
	void *chunks[PARCEL_CHUNKS_MAX];
	size_t chunk_count;
};

/* With one reference; the bytes are not cleared. Never NULL: out of memory aborts. */
struct parcel *parcel_take(struct parcel_store *self, size_t size);
void parcel_keep(struct parcel *parcel);
/* NULL is fine. */
void parcel_drop(struct parcel_store *self, struct parcel *parcel);
void parcel_store_close(struct parcel_store *self);

void parcel_push(struct parcel_list *list, struct parcel *parcel);
/* NULL when empty. */
struct parcel *parcel_pop(struct parcel_list *list);
void parcel_drop_all(struct parcel_store *self, struct parcel_list *list);

#endif
