/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/clock.h"

#include "services/executor/calls.h"
#include "services/executor/inquiry.h"

#define CLOCK_RETRY (1 * NANOS_S)

void clock_run(struct executor *self)
{
	struct venue_clock *clock = &self->clock;
	struct http_request request;

	if (clock->token != 0 || clock->due > self->now)
		return;
	clock->due = self->now + CLOCK_RETRY;
	if (self->venue->time(&request) != OK)
		return;
	clock->token = call_exchange(self, CALL_KIND_TIME, 0, &request);
}

static void measured(struct executor *self, nanos_t offset)
{
	struct venue_clock *clock = &self->clock;
	nanos_t step = offset > clock->offset ? offset - clock->offset : clock->offset - offset;
	bool stepped = clock->known && step > self->config->clock_step_max;

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
	clock->due = self->now + (stepped ? CLOCK_RETRY : self->config->clock_interval);
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
	measured(self, answer->server_time - (answer->sent + (self->now - answer->sent) / 2));
}
