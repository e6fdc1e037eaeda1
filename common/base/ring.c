/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/ring.h"

#include <assert.h>
#include <string.h>

/* What stands before each record, and alone where the rest of the memory is passed over. */
struct head {
	uint32_t size;
	uint32_t skip;
};

static_assert(sizeof(struct head) == RING_HEAD_SIZE, "RING_ROOM counts it");

static uint8_t *memory_of(const struct ring *self)
{
	return relative_at(self, self->memory);
}

static struct head head_at(const struct ring *self, uint32_t offset)
{
	struct head head;

	memcpy(&head, memory_of(self) + offset, sizeof head);
	return head;
}

static void put_head(struct ring *self, uint32_t offset, struct head head)
{
	memcpy(memory_of(self) + offset, &head, sizeof head);
}

void ring_init(struct ring *self, void *memory, size_t size)
{
	assert((uintptr_t)memory % RING_ALIGN == 0 && size % RING_ALIGN == 0 && size <= UINT32_MAX);
	*self = (struct ring){.memory = relative_from(self, memory), .size = (uint32_t)size};
	memset(memory, 0, size);
}

/* Makes `room` bytes free in one piece at `write`; false when there aren't any. */
static bool make_room(struct ring *self, size_t room)
{
	if (self->count == 0)
		self->read = self->write = 0;
	if (self->count > 0 && self->write <= self->read)
		return room <= self->read - self->write;
	if (room <= self->size - self->write)
		return true;
	if (room > self->read)
		return false;
	if (self->write < self->size)
		put_head(self, self->write, (struct head){.skip = 1});
	self->write = 0;
	return true;
}

bool ring_push(struct ring *self, const void *bytes, size_t size)
{
	if (size > UINT32_MAX - RING_HEAD_SIZE - RING_ALIGN || !make_room(self, RING_ROOM(size)))
		return false;
	put_head(self, self->write, (struct head){.size = (uint32_t)size});
	if (size > 0)
		memcpy(memory_of(self) + self->write + RING_HEAD_SIZE, bytes, size);
	self->write += (uint32_t)RING_ROOM(size);
	self->count++;
	return true;
}

static uint32_t oldest(const struct ring *self)
{
	return self->read == self->size || head_at(self, self->read).skip ? 0 : self->read;
}

const void *ring_peek(const struct ring *self, size_t *size)
{
	if (self->count == 0)
		return NULL;
	*size = head_at(self, oldest(self)).size;
	return memory_of(self) + oldest(self) + RING_HEAD_SIZE;
}

void ring_pop(struct ring *self)
{
	assert(self->count > 0);
	uint32_t at = oldest(self);
	self->read = at + (uint32_t)RING_ROOM(head_at(self, at).size);
	self->count--;
}
