/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/bucket.h"

#include <assert.h>

typedef __int128 level_t;

static level_t level_of(const struct bucket *self, uint32_t tokens)
{
	return (level_t)tokens * self->config.window;
}

static level_t refill_per_nano(const struct bucket *self)
{
	return self->config.limit - self->config.burst;
}

static level_t level_at(const struct bucket *self, nanos_t now)
{
	if (now <= self->refilled_at)
		return self->level;
	level_t full = level_of(self, self->config.burst);
	level_t level = self->level + ((level_t)now - self->refilled_at) * refill_per_nano(self);
	return level < full ? level : full;
}

static void refill(struct bucket *self, nanos_t now)
{
	self->level = level_at(self, now);
	self->refilled_at = now;
}

/* What must be there for a take: its cost, and below it what it may not touch. */
static level_t needed(const struct bucket *self, uint32_t cost, enum bucket_priority priority)
{
	uint32_t untouchable = priority == BUCKET_URGENT ? 0 : self->config.reserve;

	return level_of(self, cost) + level_of(self, untouchable);
}

void bucket_init(struct bucket *self, struct bucket_config config, nanos_t now)
{
	assert(config.window > 0);
	assert(config.reserve < config.burst && config.burst < config.limit);
	*self = (struct bucket){.config = config, .refilled_at = now, .blocked_until = INT64_MIN};
	self->level = level_of(self, config.burst);
}

bool bucket_take(struct bucket *self, nanos_t now, uint32_t cost, enum bucket_priority priority)
{
	refill(self, now);
	if (now < self->blocked_until || self->level < needed(self, cost, priority))
		return false;
	self->level -= level_of(self, cost);
	return true;
}

nanos_t bucket_wait(const struct bucket *self, nanos_t now, uint32_t cost,
                    enum bucket_priority priority)
{
	level_t missing = needed(self, cost, priority) - level_at(self, now);
	level_t wait = 0;

	if (needed(self, cost, priority) > level_of(self, self->config.burst))
		return BUCKET_NEVER;
	if (missing > 0)
		wait = (missing + refill_per_nano(self) - 1) / refill_per_nano(self);
	if (wait < (level_t)self->blocked_until - now)
		wait = (level_t)self->blocked_until - now;
	return wait < BUCKET_NEVER ? (nanos_t)wait : BUCKET_NEVER;
}

uint32_t bucket_left(const struct bucket *self, nanos_t now)
{
	if (now < self->blocked_until)
		return 0;
	return (uint32_t)(level_at(self, now) / self->config.window);
}

void bucket_lower_to(struct bucket *self, nanos_t now, uint32_t left)
{
	refill(self, now);
	if (self->level > level_of(self, left))
		self->level = level_of(self, left);
}

void bucket_block_until(struct bucket *self, nanos_t moment)
{
	if (self->blocked_until < moment)
		self->blocked_until = moment;
}
