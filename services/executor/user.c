/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/user.h"

#include "services/executor/calls.h"
#include "services/executor/clock.h"
#include "services/executor/rounds.h"

#define SUBSCRIBE_RETRY (1 * NANOS_S)
#define SUBSCRIBE_PATIENCE (5 * NANOS_S)

void user_open(struct executor *self)
{
	struct link_open link = {.link = name_from(USER_LINK)};

	if (self->venue->user_path(&link.path) == OK)
		outbox_call_host(self->out, MESSAGE_LINK_OPEN, &link);
}

void user_subscribe(struct executor *self)
{
	struct link_frame frame;

	if (!self->link_up || self->user_up || self->subscribe_token != 0 ||
	    self->subscribe_due > self->now || self->quiet_until > self->now)
		return;
	self->subscribe_due = self->now + SUBSCRIBE_RETRY;
	if (self->venue->user_subscribe(USER_LINK, &frame) != OK)
		return;
	frame.venue_now = venue_now(self);
	self->subscribe_token = call_token(self, CALL_KIND_SUBSCRIBE, 0);
	outbox_call_frame(self->out, self->subscribe_token, self->now + SUBSCRIBE_PATIENCE, &frame);
}

void user_answered(struct executor *self, uint64_t token, const struct venue_answer *answer)
{
	if (token != self->subscribe_token) {
		self->dropped++;
		return;
	}
	self->subscribe_token = 0;
	self->user_up = answer->evidence == EVIDENCE_EXISTS && self->link_up;
	if (self->user_up) {
		rounds_gap(self);
		outbox_note(self->out, SEVERITY_INFO, "executor.user_stream",
		            "up; comparing with the exchange");
	} else {
		outbox_note(self->out, SEVERITY_WARNING, "executor.user_stream", "refused: %s",
		            answer->text.text);
	}
}

/* What was missed is compared when it is up again; until then the regular comparison goes on. */
static void lose(struct executor *self, const char *reason)
{
	if (self->user_up)
		outbox_alert(
			self->out, self->now, SEVERITY_WARNING, "executor.user_stream",
			"the stream of our own orders and executions is down (%s); entries wait",
			reason);
	self->user_up = false;
}

void user_link(struct executor *self, const void *body)
{
	const struct link_state *link = body;

	if (!name_is(&link->link, USER_LINK))
		return;
	self->link_up = link->status == LINK_STATUS_UP;
	lose(self, link->reason.text);
	self->subscribe_token = 0;
	self->subscribe_due = 0;
	user_subscribe(self);
}

void user_notice(struct executor *self, const void *body)
{
	const struct venue_notice *notice = body;
	struct link_close close = {.link = notice->link, .reason = notice->text};

	if (!name_is(&notice->link, USER_LINK))
		return;
	if (!name_is(&notice->event, "terminated") && !name_is(&notice->event, "shutdown"))
		return;
	lose(self, notice->text.text);
	outbox_call_host(self->out, MESSAGE_LINK_CLOSE, &close);
}
