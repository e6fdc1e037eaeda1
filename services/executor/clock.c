/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/clock.h"

#include "services/executor/calls.h"
#include "services/executor/inquiry.h"

enum { CODE_CLOCK = 1021 }; /* outside of the window, or a second ahead */
enum { SLOW_TOLD = 3 };

#define CLOCK_RETRY (1 * NANOS_S)
/* Control M-08. */
#define DRIFT_ALARM (250 * NANOS_MS)
#define DRIFT_MAX (500 * NANOS_MS)

void clock_run(struct executor *self)
{
	struct venue_clock *clock = &self->clock;
	struct http_request request;

	if (clock->token != 0 || clock->due > self->now || !call_has_room(self, CALL_KIND_TIME))
		return;
	clock->due = self->now + CLOCK_RETRY;
	if (self->venue->time(&request) != OK)
		return;
	clock->token = call_exchange(self, CALL_KIND_TIME, 0, &request);
}

static nanos_t distance(nanos_t a, nanos_t b)
{
	return a > b ? a - b : b - a;
}

/* Small steps that add up. One large step is judged by itself, and is the new base once a second
   measurement agrees. */
static void judge_drift(struct executor *self, bool confirmed)
{
	struct venue_clock *clock = &self->clock;

	if (confirmed)
		clock->base = clock->offset;
	nanos_t drift = distance(clock->offset, clock->base);
	clock->drifted = clock->steady && drift > DRIFT_MAX;
	if (drift <= DRIFT_ALARM)
		clock->drift_told = false;
	if (!clock->steady || drift <= DRIFT_ALARM || clock->drift_told)
		return;
	clock->drift_told = true;
	outbox_alert(self->out, self->now, SEVERITY_ERROR, "clock.drift",
	             "our clock and the exchange's are %lld ms further apart than before; entries "
	             "stop at %lld ms: look at this machine's time service",
	             (long long)(drift / NANOS_MS), (long long)(DRIFT_MAX / NANOS_MS));
}

static void measured(struct executor *self, nanos_t offset)
{
	struct venue_clock *clock = &self->clock;
	nanos_t step = distance(offset, clock->offset);
	bool stepped = clock->known && step > self->config->clock_step_max;
	bool confirmed = !clock->known || (!clock->steady && !stepped);

	if (stepped)
		outbox_alert(self->out, self->now, SEVERITY_WARNING, "clock.step",
		             "the exchange's clock moved by %lld ms; entries wait for a second "
		             "measurement",
		             (long long)(step / NANOS_MS));
	if (!clock->known) {
		inquiry_wake(self, &self->inquiry_at, self->now);
		outbox_note(self->out, SEVERITY_INFO, "clock.known",
		            "the exchange's clock is %lld ms ahead of ours",
		            (long long)(offset / NANOS_MS));
	}
	clock->offset = offset;
	clock->steady = !stepped;
	clock->known = true;
	clock->measured_at = self->now;
	judge_drift(self, confirmed);
	clock->due = self->now + (stepped ? CLOCK_RETRY : self->config->clock_interval);
}

void clock_heard(struct executor *self, const struct venue_answer *answer)
{
	if (answer->code != CODE_CLOCK)
		return;
	self->clock.due = self->now;
	clock_run(self);
}

/* The middle of a round trip is wrong by half of it at most, and the fence allows for S. */
static bool is_slow(const struct executor *self, const struct venue_answer *answer)
{
	return self->now - answer->sent > 2 * (nanos_t)self->profile->clock_step_ms * NANOS_MS;
}

static void tell_slow(struct executor *self, nanos_t taken)
{
	struct venue_clock *clock = &self->clock;

	if (++clock->slow == SLOW_TOLD)
		outbox_alert(self->out, self->now, SEVERITY_ERROR, "clock.slow",
		             "the exchange's time took %lld ms to come, %u times in a row: its "
		             "clock can't be measured; look at the network",
		             (long long)(taken / NANOS_MS), clock->slow);
}

void clock_answered(struct executor *self, uint64_t token, const struct venue_answer *answer)
{
	if (token != self->clock.token) {
		self->dropped++;
		return;
	}
	self->clock.token = 0;
	if (answer->server_time == 0 || answer->sent == 0 || answer->sent > self->now) {
		self->clock.due = self->now + CLOCK_RETRY;
		return;
	}
	if (is_slow(self, answer)) {
		self->clock.due = self->now + CLOCK_RETRY;
		tell_slow(self, self->now - answer->sent);
		return;
	}
	self->clock.slow = 0;
	measured(self, answer->server_time - (answer->sent + (self->now - answer->sent) / 2));
}
