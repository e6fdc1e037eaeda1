/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/calls.h"

#include <assert.h>

#include "services/executor/budget.h"

enum { INDEX_SHIFT = 8, SERIAL_SHIFT = 24, MARGIN_PARTS = 10, UNDER_WAY_MAX = 24 };

static_assert(ORDERS_MAX <= 1 << (SERIAL_SHIFT - INDEX_SHIFT),
              "a token holds the index of every order");
static_assert((int)CALL_KIND_COUNT <= (int)CALL_KINDS_MAX, "every kind is counted");

enum call_kind token_kind(uint64_t token)
{
	return (enum call_kind)(token & ((1u << INDEX_SHIFT) - 1));
}

uint32_t token_index(uint64_t token)
{
	return (uint32_t)(token >> INDEX_SHIFT & ((1u << (SERIAL_SHIFT - INDEX_SHIFT)) - 1));
}

uint64_t call_token(struct executor *self, enum call_kind kind, uint32_t index)
{
	return ++self->serial << SERIAL_SHIFT | (uint64_t)index << INDEX_SHIFT | (uint64_t)kind;
}

uint64_t call_exchange(struct executor *self, enum call_kind kind, uint32_t index,
                       struct http_request *request)
{
	uint64_t token = call_token(self, kind, index);
	nanos_t margin = (nanos_t)self->profile->window_ms * NANOS_MS / MARGIN_PARTS;

	if (request->valid_until != 0)
		request->write_before = request->valid_until - self->clock.offset - margin;
	self->under_way[kind]++;
	budget_charge(self, kind, request->weight);
	outbox_call_http(self->out, token, request);
	return token;
}

bool call_has_room(const struct executor *self, enum call_kind kind)
{
	return self->now >= self->quiet_until && self->under_way[kind] < UNDER_WAY_MAX &&
	       budget_allows(self, kind);
}

void call_ended(struct executor *self, enum call_kind kind)
{
	if (self->under_way[kind] > 0)
		self->under_way[kind]--;
}

struct venue_answer call_answer(const struct event *event)
{
	const struct venue_answer *answer = event_body(event, MESSAGE_VENUE_ANSWER);
	const struct call_failed *failed = event_body(event, MESSAGE_CALL_FAILED);

	if (answer != NULL)
		return *answer;
	if (failed == NULL)
		return (struct venue_answer){
			.evidence = EVIDENCE_NOTHING,
			.text = text_from("an answer of another kind"),
		};
	return (struct venue_answer){
		.evidence = failed->sent ? EVIDENCE_NOTHING : EVIDENCE_UNSENT,
		.text = failed->reason,
	};
}

/* The user link is another connection than those of HTTP, and may have been spared. */
static bool may_cancel_by_frame(const struct executor *self)
{
	return self->venue->cancel_frame != NULL && self->link_up &&
	       self->now < self->quiet_until && self->now >= self->budget.frames_quiet_until &&
	       self->under_way[CALL_KIND_CANCEL_FRAME] < UNDER_WAY_MAX &&
	       budget_allows(self, CALL_KIND_CANCEL_FRAME);
}

bool call_may_cancel(const struct executor *self)
{
	/* Silence may last for days, and the clock isn't measured meanwhile: our own is good
	   enough to try, since the exchange refuses a moment that is too far off. */
	return may_cancel_by_frame(self) ||
	       (self->clock.known && call_has_room(self, CALL_KIND_CANCEL));
}

uint64_t call_cancel(struct executor *self, const struct order_slot *slot,
                     struct http_request *request)
{
	uint32_t index = orders_index_of(&self->books.orders, slot);
	nanos_t patience = (nanos_t)self->profile->request_timeout_ms * NANOS_MS;
	struct link_frame frame;

	if (!may_cancel_by_frame(self) ||
	    self->venue->cancel_frame(&slot->order, USER_LINK, venue_now(self), self->profile,
	                              &frame) != OK)
		return call_exchange(self, CALL_KIND_CANCEL, index, request);
	uint64_t token = call_token(self, CALL_KIND_CANCEL_FRAME, index);
	self->under_way[CALL_KIND_CANCEL_FRAME]++;
	budget_charge(self, CALL_KIND_CANCEL_FRAME, request->weight);
	outbox_call_frame(self->out, token, self->now + patience, &frame);
	return token;
}
