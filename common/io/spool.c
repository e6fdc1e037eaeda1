/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/spool.h"

#include "common/base/crc32c.h"
#include "proto/codec.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* As it lies in the file; its place is its number's remainder. */
struct slot {
	uint64_t number; /* from 1 */
	uint32_t size;   /* of the body */
	uint32_t sum;    /* of number, size and body */
	uint8_t body[SPOOL_SLOT_SIZE - 16];
};

static_assert(sizeof(struct slot) == SPOOL_SLOT_SIZE, "a slot has no holes");
static_assert(sizeof(struct alert) < SPOOL_SLOT_SIZE - 64, "every alert fits when it is packed");

static uint32_t sum_of(const struct slot *slot)
{
	uint32_t sum = crc32c(slot, offsetof(struct slot, sum));
	return crc32c_extend(sum, slot->body, slot->size);
}

static bool is_whole(const struct slot *slot, size_t place)
{
	return slot->number != 0 && slot->number % SPOOL_SLOTS == place &&
	       slot->size <= sizeof slot->body && slot->sum == sum_of(slot);
}

/* Slots beyond the end of a short file stay zero: empty. */
static enum err read_slots(int fd, struct slot slots[SPOOL_SLOTS])
{
	uint8_t *bytes = (uint8_t *)slots;
	size_t size = 0;
	ssize_t got;
	memset(slots, 0, SPOOL_SLOTS * sizeof *slots);
	while (size < SPOOL_SLOTS * sizeof *slots &&
	       (got = pread(fd, bytes + size, SPOOL_SLOTS * sizeof *slots - size, (off_t)size)) !=
	               0) {
		if (got < 0 && errno != EINTR)
			return ERR_IO;
		size += got > 0 ? (size_t)got : 0;
	}
	return OK;
}

static uint64_t newest(const struct slot slots[SPOOL_SLOTS])
{
	uint64_t number = 0;
	for (size_t i = 0; i < SPOOL_SLOTS; i++)
		if (is_whole(&slots[i], i) && slots[i].number > number)
			number = slots[i].number;
	return number;
}

static size_t unpack_slots(const struct slot slots[SPOOL_SLOTS], uint64_t last,
                           struct alert out[SPOOL_SLOTS])
{
	size_t count = 0;
	uint64_t first = last > SPOOL_SLOTS ? last - SPOOL_SLOTS + 1 : 1;
	for (uint64_t number = first; number <= last; number++) {
		const struct slot *slot = &slots[number % SPOOL_SLOTS];
		if (slot->number == number && is_whole(slot, number % SPOOL_SLOTS) &&
		    codec_unpack_body(MESSAGE_ALERT, slot->body, slot->size, &out[count],
		                      sizeof *out) == OK)
			count++;
	}
	return count;
}

enum err spool_open(struct spool *self, const char *path, struct alert out[SPOOL_SLOTS],
                    size_t *count, text_t *why)
{
	struct slot slots[SPOOL_SLOTS];
	self->count = 0;
	self->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	self->is_open = self->fd >= 0;
	if (!self->is_open || read_slots(self->fd, slots) != OK) {
		*why = text_format("%.180s: %s", path, strerror(errno));
		spool_close(self);
		return ERR_IO;
	}
	self->count = newest(slots);
	*count = unpack_slots(slots, self->count, out);
	return OK;
}

enum err spool_add(struct spool *self, const struct alert *alert, text_t *why)
{
	struct slot slot = {.number = self->count + 1};
	size_t size;
	if (!self->is_open)
		return OK;
	enum err err = codec_pack_body(MESSAGE_ALERT, alert, slot.body, sizeof slot.body, &size);
	assert(err == OK);
	slot.size = (uint32_t)size;
	slot.sum = sum_of(&slot);
	ssize_t put = pwrite(self->fd, &slot, sizeof slot,
	                     (off_t)(slot.number % SPOOL_SLOTS * sizeof slot));
	if (put != (ssize_t)sizeof slot) {
		*why = text_from(put < 0 ? strerror(errno) : "no room on the disk");
		spool_close(self);
		return ERR_IO;
	}
	self->count++;
	return OK;
}

void spool_close(struct spool *self)
{
	if (self->is_open)
		close(self->fd);
	self->is_open = false;
}
