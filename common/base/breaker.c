/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/breaker.h"

#include <assert.h>

static void enter(struct breaker *self, enum breaker_state state, nanos_t now)
{
	self->state = state;
	self->since = now;
	self->failures = 0;
}

void breaker_init(struct breaker *self, struct breaker_config config, nanos_t now)
{
	assert(config.failures_max > 0 && config.recovery > 0);
	self->config = config;
	enter(self, BREAKER_CLOSED, now);
}

nanos_t breaker_wait(const struct breaker *self, nanos_t now)
{
	nanos_t waited = now - self->since;

	if (self->state == BREAKER_CLOSED || waited >= self->config.recovery)
		return 0;
	/* A clock that was set back must not prolong the wait without bound. */
	return waited < 0 ? self->config.recovery : self->config.recovery - waited;
}

bool breaker_allows(const struct breaker *self, nanos_t now)
{
	return breaker_wait(self, now) == 0;
}

bool breaker_take(struct breaker *self, nanos_t now)
{
	if (self->state != BREAKER_CLOSED && now < self->since)
		self->since = now;
	if (!breaker_allows(self, now))
		return false;
	if (self->state != BREAKER_CLOSED)
		enter(self, BREAKER_HALF_OPEN, now);
	return true;
}

void breaker_succeed(struct breaker *self, nanos_t now)
{
	if (self->state == BREAKER_CLOSED)
		self->failures = 0;
	else if (self->state == BREAKER_HALF_OPEN)
		enter(self, BREAKER_CLOSED, now);
}

void breaker_fail(struct breaker *self, nanos_t now)
{
	if (self->state == BREAKER_HALF_OPEN)
		enter(self, BREAKER_OPEN, now);
	else if (self->state == BREAKER_CLOSED && ++self->failures >= self->config.failures_max)
		enter(self, BREAKER_OPEN, now);
}

void breaker_reset(struct breaker *self, nanos_t now)
{
	enter(self, BREAKER_CLOSED, now);
}

const char *breaker_state_name(enum breaker_state state)
{
	switch (state) {
	case BREAKER_CLOSED: return "closed";
	case BREAKER_OPEN: return "open";
	case BREAKER_HALF_OPEN: return "half_open";
	}
	return "unknown";
}
