/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/histogram.h"

#include <string.h>

enum { STEPS = 1 << HISTOGRAM_STEP_BITS };

/* Values below STEPS have a bucket each. Above, the highest bit selects the row of STEPS buckets
   and the next bits the bucket in it. */
static unsigned bucket_of(uint64_t value)
{
	if (value < STEPS)
		return (unsigned)value;
	unsigned highest = 63 - (unsigned)__builtin_clzll(value);
	if (highest >= HISTOGRAM_RANGE_BITS)
		return HISTOGRAM_BUCKETS - 1;
	unsigned shift = highest - HISTOGRAM_STEP_BITS;
	return shift * STEPS + (unsigned)(value >> shift);
}

static uint64_t bucket_top(unsigned bucket)
{
	if (bucket < STEPS)
		return bucket;
	unsigned shift = bucket / STEPS - 1;
	return ((bucket % STEPS + STEPS + UINT64_C(1)) << shift) - 1;
}

void histogram_reset(struct histogram *self)
{
	memset(self, 0, sizeof *self);
}

void histogram_add(struct histogram *self, uint64_t value)
{
	if (self->count == 0 || value < self->min)
		self->min = value;
	if (value > self->max)
		self->max = value;
	self->count++;
	self->sum += value;
	self->buckets[bucket_of(value)]++;
}

void histogram_merge(struct histogram *self, const struct histogram *other)
{
	if (other->count == 0)
		return;
	if (self->count == 0 || other->min < self->min)
		self->min = other->min;
	if (other->max > self->max)
		self->max = other->max;
	self->count += other->count;
	self->sum += other->sum;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		self->buckets[i] += other->buckets[i];
}

uint64_t histogram_quantile(const struct histogram *self, double p)
{
	assert(p >= 0 && p <= 1);
	double wanted = p * (double)self->count;
	uint64_t passed = 0;

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
		passed += self->buckets[i];
		if (passed > 0 && (double)passed >= wanted)
			return bucket_top(i) < self->max ? bucket_top(i) : self->max;
	}
	return self->max;
}

uint64_t histogram_count_to(const struct histogram *self, uint64_t value)
{
	uint64_t passed = 0;

	for (unsigned i = 0; i <= bucket_of(value); i++)
		passed += self->buckets[i];
	return passed;
}
