/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/mailbox.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

enum { ALIGNMENT = 8 };

struct buffer {
	uint8_t *bytes;
	size_t capacity;
};

struct mailbox {
	pthread_mutex_t lock;
	struct buffer filling, draining;
	size_t used, reserved, capacity_max;
	bool is_asleep;
};

static enum err buffer_grow(struct buffer *buffer, size_t capacity)
{
	uint8_t *bytes = realloc(buffer->bytes, capacity);

	if (bytes == NULL)
		return ERR_FULL;
	*buffer = (struct buffer){bytes, capacity};
	return OK;
}

enum err mailbox_open(struct mailbox **out, size_t capacity, size_t capacity_max)
{
	struct mailbox *self = calloc(1, sizeof *self);

	if (self == NULL)
		return ERR_IO;
	pthread_mutex_init(&self->lock, NULL);
	self->capacity_max = capacity_max;
	if (buffer_grow(&self->filling, capacity) != OK ||
	    buffer_grow(&self->draining, capacity) != OK) {
		mailbox_close(&self);
		return ERR_IO;
	}
	*out = self;
	return OK;
}

static enum err make_room(struct mailbox *self, size_t size)
{
	size_t capacity = self->filling.capacity;

	if (size > self->capacity_max - self->used)
		return ERR_FULL;
	while (capacity < self->used + size)
		capacity *= 2;
	if (capacity > self->capacity_max)
		capacity = self->capacity_max;
	return capacity > self->filling.capacity ? buffer_grow(&self->filling, capacity) : OK;
}

void *mailbox_reserve(struct mailbox *self, size_t size)
{
	size_t padded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

	pthread_mutex_lock(&self->lock);
	if (self->used + padded > self->filling.capacity && make_room(self, padded) != OK) {
		pthread_mutex_unlock(&self->lock);
		return NULL;
	}
	self->reserved = padded;
	return self->filling.bytes + self->used;
}

bool mailbox_commit(struct mailbox *self)
{
	bool was_asleep = self->is_asleep;

	self->used += self->reserved;
	self->is_asleep = false;
	pthread_mutex_unlock(&self->lock);
	return was_asleep;
}

size_t mailbox_take(struct mailbox *self, uint8_t **bytes)
{
	pthread_mutex_lock(&self->lock);
	size_t used = self->used;
	if (used > 0) {
		struct buffer full = self->filling;
		self->filling = self->draining;
		self->draining = full;
		self->used = 0;
	}
	self->is_asleep = used == 0;
	pthread_mutex_unlock(&self->lock);
	*bytes = self->draining.bytes;
	return used;
}

void mailbox_close(struct mailbox **self)
{
	if (*self == NULL)
		return;
	pthread_mutex_destroy(&(*self)->lock);
	free((*self)->filling.bytes);
	free((*self)->draining.bytes);
	free(*self);
	*self = NULL;
}
