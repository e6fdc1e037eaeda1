/* SPDX-License-Identifier: Apache-2.0 */
#include "services/feed/allowance.h"

enum { SHARE_MIN = 8, GRANT_WEIGHT = 300, GRANT_LOW = 60 };

#define ASK_EVERY (5 * NANOS_S)
#define ASK_PATIENCE (2 * NANOS_S)

void allowance_init(struct allowance *self, const struct stack_config *stack,
                    uint64_t weight_per_minute, nanos_t now)
{
	uint64_t all = stack->rate_weight != 0 ? stack->rate_weight : weight_per_minute;
	uint64_t share = all * stack->rate_share_feed_pct / 100;

	share = share < SHARE_MIN ? SHARE_MIN : share;
	*self = (struct allowance){0};
	bucket_init(&self->share,
	            (struct bucket_config){
			    .limit = (uint32_t)share,
			    .burst = (uint32_t)share / 2,
			    .window = NANOS_MIN,
		    },
	            now);
	/* The run before may have spent as much a moment ago. */
	bucket_lower_to(&self->share, now, (uint32_t)share / 4);
}

bool allowance_take(struct allowance *self, nanos_t now, unsigned weight)
{
	uint32_t cost = weight > 0 ? weight : 1;

	if (now < self->quiet_until)
		return false;
	if (now >= self->granted_until || self->granted < cost)
		return bucket_take(&self->share, now, cost, BUCKET_NORMAL);
	self->granted -= cost;
	return true;
}

void allowance_ask(struct allowance *self, uint64_t token, nanos_t now, struct outbox *out)
{
	struct grant_request request = {
		.weight = GRANT_WEIGHT,
		.quiet_until = self->quiet_until > now ? self->quiet_until : 0,
	};

	if (self->asked || now < self->ask_at ||
	    (now < self->granted_until && self->granted >= GRANT_LOW))
		return;
	self->asked = true;
	self->ask_at = now + ASK_EVERY;
	outbox_call(out, "executor", token, now + ASK_PATIENCE, MESSAGE_GRANT_REQUEST, &request);
}

static void be_quiet(struct allowance *self, nanos_t until)
{
	if (until > self->quiet_until)
		self->quiet_until = until;
}

void allowance_answered(struct allowance *self, const struct grant *grant, nanos_t now)
{
	self->asked = false;
	if (grant == NULL)
		return;
	be_quiet(self, grant->quiet_until);
	if (now >= self->granted_until)
		self->granted = 0;
	self->granted += grant->weight;
	self->granted_until = grant->until;
}

void allowance_heard(struct allowance *self, const struct venue_answer *answer, nanos_t now)
{
	uint64_t wait_ms = answer->retry_after_ms;

	if (wait_ms == 0)
		return;
	if (wait_ms > (uint64_t)(NANOS_DAY / NANOS_MS))
		wait_ms = (uint64_t)(NANOS_DAY / NANOS_MS);
	be_quiet(self, now + (nanos_t)wait_ms * NANOS_MS);
	self->granted_until = 0;
	self->ask_at = now;
}
