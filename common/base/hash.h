/* SPDX-License-Identifier: Apache-2.0 */
/* Spreads the bits of a number, for tables and seeds. Not for secrets. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

/* The odd number nearest to 2^64 divided by the golden ratio: its multiples spread evenly. */
#define HASH_STEP UINT64_C(0x9e3779b97f4a7c15)

/* The finishing steps of splitmix64: every input bit reaches every output bit, and no two inputs
   give the same output. 0 stays 0. */
static inline uint64_t hash_mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

#endif
