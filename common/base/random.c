/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/random.h"

#include <assert.h>

#include "common/base/hash.h"

void random_init(struct random *self, uint64_t seed)
{
	for (unsigned i = 0; i < 4; i++)
		self->words[i] = hash_mix(seed += HASH_STEP);
}

static uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

uint64_t random_next(struct random *self)
{
	uint64_t *w = self->words;
	uint64_t result = rotate(w[1] * 5, 7) * 9;
	uint64_t shifted = w[1] << 17;

	w[2] ^= w[0];
	w[3] ^= w[1];
	w[1] ^= w[2];
	w[0] ^= w[3];
	w[2] ^= shifted;
	w[3] = rotate(w[3], 45);
	return result;
}

uint64_t random_below(struct random *self, uint64_t bound)
{
	assert(bound > 0);
	/* The first 2^64 mod bound numbers would give small results once too often: drawn again. */
	uint64_t surplus = -bound % bound;
	uint64_t drawn = random_next(self);
	while (drawn < surplus)
		drawn = random_next(self);
	return drawn % bound;
}
