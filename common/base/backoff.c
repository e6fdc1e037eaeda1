/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/backoff.h"

#include <assert.h>

#include "common/base/hash.h"

static nanos_t ceiling(const struct backoff *self, unsigned attempt)
{
	nanos_t bound = self->base;

	for (; attempt > 0 && bound < self->max; attempt--)
		bound = bound > self->max / 2 ? self->max : bound * 2;
	return bound;
}

nanos_t backoff_delay(const struct backoff *self, unsigned attempt, uint64_t entropy)
{
	assert(self->base > 0 && self->base <= self->max);
	nanos_t least = self->base / 2;
	uint64_t choices = (uint64_t)(ceiling(self, attempt) - least) + 1;
	/* An event's entropy may serve several draws: the attempt sets ours apart. */
	uint64_t drawn = hash_mix(entropy + (attempt + UINT64_C(1)) * HASH_STEP);
	return least + (nanos_t)((unsigned __int128)drawn * choices >> 64);
}
