/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/pages.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Now and then all is given back, so that what was touched once isn't cleared for ever. */
enum { PAGE = 4096, GIVE_BACK_EVERY = 64 };

static size_t size_of(const struct pages *self)
{
	return self->count * PAGE;
}

void pages_open(struct pages *self, size_t size)
{
	self->count = (size + PAGE - 1) / PAGE;
	self->clearings = 0;
	self->touched = calloc(2, self->count);
	self->memory = mmap(NULL, size_of(self), PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (self->touched == NULL || self->memory == MAP_FAILED)
		abort();
	/* Huge pages would be cleared as a whole. */
	madvise(self->memory, size_of(self), MADV_NOHUGEPAGE);
}

/* What was seen once stays noted, also while it is swapped out. */
static void look(struct pages *self)
{
	uint8_t *resident = self->touched + self->count;
	if (mincore(self->memory, size_of(self), resident) != 0)
		abort();
	for (size_t i = 0; i < self->count; i++)
		self->touched[i] |= resident[i] & 1;
}

static void give_back(struct pages *self)
{
	madvise(self->memory, size_of(self), MADV_DONTNEED);
	memset(self->touched, 0, self->count);
}

void pages_clear(struct pages *self)
{
	if (++self->clearings % GIVE_BACK_EVERY == 0) {
		give_back(self);
		return;
	}
	look(self);
	for (size_t i = 0, end; i < self->count; i = end) {
		end = i + 1;
		if (!self->touched[i])
			continue;
		while (end < self->count && self->touched[end])
			end++;
		memset(self->memory + i * PAGE, 0, (end - i) * PAGE);
	}
}

void pages_close(struct pages *self)
{
	munmap(self->memory, size_of(self));
	free(self->touched);
}
