/* SPDX-License-Identifier: Apache-2.0 */
/* Latencies in nanoseconds, counted in buckets that widen with the value: exact below 32 ns, within
   1/32 (3.2 %) up to 34 s; what is longer shares the last bucket. Fixed memory, no lock. */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <assert.h>
#include <stdint.h>

enum {
	HISTOGRAM_STEP_BITS = 5,   /* 32 buckets for each doubling */
	HISTOGRAM_RANGE_BITS = 35, /* up to 2^35 ns */
	HISTOGRAM_BUCKETS = (HISTOGRAM_RANGE_BITS - HISTOGRAM_STEP_BITS + 1) << HISTOGRAM_STEP_BITS,
};

struct histogram {
	uint64_t count, sum, min, max; /* of the values themselves; min and max are 0 when empty */
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

static_assert(sizeof(struct histogram) <= 8192, "a histogram is cheap to keep and to copy");

void histogram_reset(struct histogram *self);
void histogram_add(struct histogram *self, uint64_t value);
void histogram_merge(struct histogram *self, const struct histogram *other);

/* The value that the share `p` (0 to 1) of all values doesn't exceed: the upper end of its bucket,
   never above the largest value. 0 when empty. */
uint64_t histogram_quantile(const struct histogram *self, double p);

/* How many values lie in the buckets up to and with that of `value` (for cumulative exports). */
uint64_t histogram_count_to(const struct histogram *self, uint64_t value);

#endif
