/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/fence.h"

#include "common/base/plant.h"
#include "services/executor/inquiry.h"
#include "services/executor/records.h"

/* More is no lag: such an order is disputed. */
#define LAG_MAX (10 * NANOS_MIN)

struct fence fence_of(const struct venue_profile *profile, nanos_t lag)
{
	nanos_t promised = (nanos_t)profile->view_lag_ms * NANOS_MS;

	return (struct fence){
		.window = (nanos_t)profile->window_ms * NANOS_MS,
		.queue = (nanos_t)profile->queue_ms * NANOS_MS,
		.lag = lag > promised ? lag : promised,
		.step = (nanos_t)profile->clock_step_ms * NANOS_MS,
	};
}

struct fence fence_now(const struct executor *self)
{
	return fence_of(self->profile, self->books.view_lag);
}

nanos_t fence_reach(const struct fence *self)
{
	nanos_t queue = PLANTED(FENCE_NO_QUEUE) ? 0 : self->queue;
	nanos_t lag = PLANTED(FENCE_NO_LAG) ? 0 : self->lag;
	nanos_t steps = PLANTED(FENCE_NO_STEP) ? 0 : 2 * self->step;

	return queue + lag + steps;
}

nanos_t fence_length(const struct fence *self)
{
	return self->window + fence_reach(self);
}

static bool both_behind(const struct fence *self, nanos_t sent_at, nanos_t valid_until,
                        struct fence_moment moment, nanos_t reach)
{
	return moment.at != 0 && moment.at + moment.offset > valid_until + reach &&
	       moment.at > sent_at + self->window + reach;
}

bool fence_has_passed(const struct fence *self, nanos_t sent_at, nanos_t valid_until,
                      struct fence_moment moment)
{
	return both_behind(self, sent_at, valid_until, moment, fence_reach(self));
}

bool fence_window_is_over(const struct fence *self, nanos_t sent_at, nanos_t valid_until,
                          struct fence_moment moment)
{
	return both_behind(self, sent_at, valid_until, moment, self->step);
}

nanos_t fence_widened(nanos_t lag, nanos_t seen)
{
	while (lag > 0 && seen > lag / 2 && lag < LAG_MAX)
		lag = lag * 2 < LAG_MAX ? lag * 2 : LAG_MAX;
	return lag;
}

void fence_saw_lag(struct executor *self, const name_t *symbol, nanos_t seen)
{
	nanos_t lag = fence_now(self).lag;
	struct journal_lag record = {
		.lag = fence_widened(lag, seen), .seen = seen, .at = self->now};

	if (seen > self->lag_seen)
		self->lag_seen = seen;
	if (record.lag == lag || self->journal_failed)
		return;
	records_save(self, MESSAGE_JOURNAL_LAG, &record);
	outbox_alert(
		self->out, self->now, SEVERITY_ERROR, "venue.view_lag",
		"%s: an order that the exchange had was not found by a query after %lld ms; the "
		"view lag is taken for up to %lld ms from now on",
		symbol->text, (long long)(seen / NANOS_MS), (long long)(record.lag / NANOS_MS));
}

void fence_measure(struct executor *self, struct order_slot *slot)
{
	if (self->now < self->lag_due)
		return;
	self->lag_due = self->now + self->config->lag_interval;
	inquiry_ask(self, slot);
}
