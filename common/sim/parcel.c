/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/parcel.h"

#include <assert.h>
#include <stdlib.h>

enum { CHUNK = 1 << 18 };

static const size_t sizes[PARCEL_SIZES] = {384, 1024, 2048, 8192, 400 << 10};

static uint32_t shelf_of(size_t size)
{
	uint32_t shelf = 0;
	while (shelf < PARCEL_SIZES && sizes[shelf] < size)
		shelf++;
	assert(shelf < PARCEL_SIZES);
	return shelf;
}

static void fill_shelf(struct parcel_store *self, uint32_t shelf)
{
	size_t each = sizeof(struct parcel) + sizes[shelf];
	size_t count = each < CHUNK ? CHUNK / each : 1;
	assert(self->chunk_count < PARCEL_CHUNKS_MAX);
	uint8_t *chunk = aligned_alloc(64, (count * each + 63) / 64 * 64);
	if (chunk == NULL)
		abort();
	self->chunks[self->chunk_count++] = chunk;
	while (count-- > 0) {
		struct parcel *parcel = (struct parcel *)(chunk + count * each);
		parcel->shelf = shelf;
		parcel->next = self->free[shelf];
		self->free[shelf] = parcel;
	}
}

struct parcel *parcel_take(struct parcel_store *self, size_t size)
{
	uint32_t shelf = shelf_of(size);
	if (self->free[shelf] == NULL)
		fill_shelf(self, shelf);
	struct parcel *parcel = self->free[shelf];
	self->free[shelf] = parcel->next;
	parcel->next = NULL;
	parcel->references = 1;
	parcel->size = size;
	return parcel;
}

void parcel_keep(struct parcel *parcel)
{
	parcel->references++;
}

void parcel_drop(struct parcel_store *self, struct parcel *parcel)
{
	if (parcel == NULL || --parcel->references > 0)
		return;
	parcel->next = self->free[parcel->shelf];
	self->free[parcel->shelf] = parcel;
}

void parcel_store_close(struct parcel_store *self)
{
	while (self->chunk_count > 0)
		free(self->chunks[--self->chunk_count]);
}

void parcel_push(struct parcel_list *list, struct parcel *parcel)
{
	parcel->next = NULL;
	if (list->last != NULL)
		list->last->next = parcel;
	else
		list->first = parcel;
	list->last = parcel;
}

struct parcel *parcel_pop(struct parcel_list *list)
{
	struct parcel *parcel = list->first;
	if (parcel == NULL)
		return NULL;
	list->first = parcel->next;
	if (list->first == NULL)
		list->last = NULL;
	parcel->next = NULL;
	return parcel;
}

void parcel_drop_all(struct parcel_store *self, struct parcel_list *list)
{
	for (struct parcel *parcel; (parcel = parcel_pop(list)) != NULL;)
		parcel_drop(self, parcel);
}
