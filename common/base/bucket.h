/* SPDX-License-Identifier: Apache-2.0 */
/* Token bucket for a budget of the kind "at most `limit` in any `window`". It holds at most `burst`
   tokens and refills by `limit - burst` per window: whatever window one looks at, no more than
   `limit` were taken in it. A reserve can be taken with priority only (cancels, protection).
   Pure; the caller supplies time. Time that goes back refills nothing. */
#ifndef BASE_BUCKET_H
#define BASE_BUCKET_H

#include "common/base/time.h"

#include <stdbool.h>
#include <stdint.h>

enum bucket_priority {
	BUCKET_NORMAL, /* leaves the reserve alone */
	BUCKET_URGENT,
};

#define BUCKET_NEVER INT64_MAX

struct bucket_config {
	uint32_t limit;   /* above burst */
	uint32_t burst;   /* above reserve */
	uint32_t reserve; /* of the burst; may be zero */
	nanos_t window;   /* above zero */
};

struct bucket {
	struct bucket_config config;
	nanos_t refilled_at, blocked_until;
	__int128 level; /* tokens × window, so that a nanosecond's refill is a whole number */
};

/* Starts full. After a restart that may follow a burst, lower it first. */
void bucket_init(struct bucket *self, struct bucket_config config, nanos_t now);

/* Takes `cost` tokens, or none and says false: ask again after bucket_wait(). */
bool bucket_take(struct bucket *self, nanos_t now, uint32_t cost, enum bucket_priority priority);

/* The time until bucket_take() says yes if nobody takes before; 0 for now, BUCKET_NEVER when the
   cost is more than the bucket can hold for that priority. */
nanos_t bucket_wait(const struct bucket *self, nanos_t now, uint32_t cost,
                    enum bucket_priority priority);

/* Whole tokens there are, the reserve included; 0 while blocked. */
uint32_t bucket_left(const struct bucket *self, nanos_t now);

/* The other side says that at most `left` are left. Never raises. */
void bucket_lower_to(struct bucket *self, nanos_t now, uint32_t left);

/* Nothing is taken before that moment (Retry-After, a ban), whatever the priority. Never shortens
   an earlier block. */
void bucket_block_until(struct bucket *self, nanos_t moment);

#endif
