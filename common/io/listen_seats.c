/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/listen_parts.h"

#include <assert.h>

enum { SEAT_BITS = 12, KIND_BITS = 1 };

static_assert(LISTEN_SEATS_MAX == 1 << SEAT_BITS, "a number holds its seat");

static unsigned seat_of(uint64_t number)
{
	return (unsigned)(number >> KIND_BITS) & (LISTEN_SEATS_MAX - 1);
}

enum seat_kind seat_kind(uint64_t number)
{
	return number & 1 ? SEAT_HALL : SEAT_DESK;
}

uint64_t seats_take(struct seats *self, enum seat_kind kind, void *who)
{
	if (self->count == LISTEN_SEATS_MAX)
		return 0;
	while (self->sitting[self->next] != NULL)
		self->next = (self->next + 1) % LISTEN_SEATS_MAX;
	uint64_t number = ++self->serial << (SEAT_BITS + KIND_BITS) |
	                  (uint64_t)self->next << KIND_BITS | (kind == SEAT_HALL);
	self->sitting[self->next] = who;
	self->numbers[self->next] = number;
	self->next = (self->next + 1) % LISTEN_SEATS_MAX;
	self->count++;
	return number;
}

void *seats_find(const struct seats *self, uint64_t number)
{
	unsigned seat = seat_of(number);

	return number != 0 && self->numbers[seat] == number ? self->sitting[seat] : NULL;
}

void seats_leave(struct seats *self, uint64_t number)
{
	unsigned seat = seat_of(number);

	assert(seats_find(self, number) != NULL);
	self->sitting[seat] = NULL;
	self->numbers[seat] = 0;
	self->count--;
}
