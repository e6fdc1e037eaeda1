/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/quota.h"

#include <assert.h>

void quota_init(struct quota *self, uint32_t limit, nanos_t window, nanos_t early, nanos_t late)
{
	assert(window > 0 && early >= 0 && late >= 0 && early + late < window);
	*self = (struct quota){.limit = limit, .window = window, .early = early, .late = late};
}

static int64_t window_at(const struct quota *self, nanos_t moment)
{
	nanos_t rest = moment % self->window;

	return moment / self->window - (rest < 0);
}

static uint32_t used_in(const struct quota *self, int64_t window)
{
	int64_t place = window - self->number;

	return place == 0 || place == 1 ? self->used[place] : 0;
}

/* A clock that goes back finds its windows again as long as they are kept, else empty ones. */
static void move_to(struct quota *self, int64_t window)
{
	uint32_t first = used_in(self, window), second = used_in(self, window + 1);

	self->number = window;
	self->used[0] = first;
	self->used[1] = second;
}

static uint32_t most_used(const struct quota *self, nanos_t now)
{
	uint32_t first = used_in(self, window_at(self, now - self->early));
	uint32_t last = used_in(self, window_at(self, now + self->late));

	return first > last ? first : last;
}

uint32_t quota_left(const struct quota *self, nanos_t now)
{
	uint32_t used = most_used(self, now);

	return used < self->limit ? self->limit - used : 0;
}

static void add(uint32_t *used, uint32_t cost)
{
	*used = cost < UINT32_MAX - *used ? *used + cost : UINT32_MAX;
}

void quota_charge(struct quota *self, nanos_t now, uint32_t cost)
{
	int64_t first = window_at(self, now - self->early);

	move_to(self, first);
	add(&self->used[0], cost);
	if (window_at(self, now + self->late) != first)
		add(&self->used[1], cost);
}

void quota_told(struct quota *self, nanos_t sent, nanos_t now, uint32_t used)
{
	int64_t window = window_at(self, sent - self->early);

	if (sent > now || window != window_at(self, now + self->early) ||
	    (window != self->number && window != self->number + 1))
		return;
	uint32_t *known = &self->used[window - self->number];
	if (*known < used)
		*known = used;
}

uint32_t quota_used(const struct quota *self, nanos_t now)
{
	return used_in(self, window_at(self, now));
}

nanos_t quota_valid_until(const struct quota *self, nanos_t now)
{
	return (window_at(self, now + self->late) + 1) * self->window - self->late - self->early;
}
