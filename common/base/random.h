/* SPDX-License-Identifier: Apache-2.0 */
/* A seeded generator (xoshiro256**, seeded through splitmix64): the same seed gives the same
   numbers on every machine. For simulation, tests and jitter; never for keys or nonces. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t words[4];
};

void random_init(struct random *self, uint64_t seed);
uint64_t random_next(struct random *self);

/* Every number from 0 to bound - 1 equally often; the bound is above zero. */
uint64_t random_below(struct random *self, uint64_t bound);

#endif
