/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/witness_parts.h"

#include <string.h>

static unsigned place_of(const name_t *sender)
{
	unsigned place = 0;
	while (place < CAST_COUNT && !name_is(sender, cast_names[place]))
		place++;
	return place;
}

static void check_request(struct witness *self, unsigned node, const struct event *event)
{
	const struct envelope *envelope = event->envelope;
	struct requests *requests = &self->requests[node];
	uint64_t id = envelope_id(envelope);
	if (envelope->expires != 0 && event->now > envelope->expires)
		violate(self, "B-11", "A request whose time is over decides nothing.",
		        text_format("%s heard a %s of %s %lld ms late", cast_names[node],
		                    message_info(event->type)->name, envelope->sender.text,
		                    (long long)((event->now - envelope->expires) / NANOS_MS)));
	for (unsigned i = 0; i < REQUESTS_MAX; i++)
		if (requests->ids[i] == id)
			violate(self, "B-01", "A repeated request has no second effect.",
			        text_format("%s heard the same %s of %s twice", cast_names[node],
			                    message_info(event->type)->name,
			                    envelope->sender.text));
	requests->ids[requests->next++ % REQUESTS_MAX] = id;
}

static void check_sequence(struct witness *self, unsigned node, const struct envelope *envelope)
{
	unsigned sender = place_of(&envelope->sender);
	if (sender == CAST_COUNT || sender == node)
		return;
	struct heard *heard = &self->heard[node][sender];
	if (heard->epoch != envelope->epoch)
		*heard = (struct heard){.epoch = envelope->epoch, .broken = heard->broken};
	uint64_t *last = &heard->last[envelope->type];
	if (*last != 0 && envelope->sequence > *last + 1 && !heard->broken)
		violate(self, "B-04", "A gap in a stream is told before what comes behind it.",
		        text_format("%s: %s %llu of %s came behind %llu", cast_names[node],
		                    message_info(envelope->type)->name,
		                    (unsigned long long)envelope->sequence, envelope->sender.text,
		                    (unsigned long long)*last));
	*last = envelope->sequence;
}

static void take_stream_state(struct witness *self, unsigned node, const struct stream_state *state)
{
	unsigned sender = place_of(&state->publisher);
	self->outcome->rare[RARE_GAP_HEALED] += self->broken[node] && state->whole;
	self->broken[node] = !state->whole;
	if (sender == CAST_COUNT)
		return;
	struct heard *heard = &self->heard[node][sender];
	heard->broken = !state->whole;
	/* What was missed is told by its publisher's whole state; a trade of then never comes. */
	if (state->whole)
		memset(heard->last, 0, sizeof heard->last);
}

void bus_stepped(struct witness *self, unsigned node, const struct event *event)
{
	const struct stream_state *state = event_body(event, MESSAGE_STREAM_STATE);
	if (state != NULL)
		take_stream_state(self, node, state);
	else if (event->envelope != NULL && event->kind == EVENT_REQUEST)
		check_request(self, node, event);
	else if (event->envelope != NULL && event->kind == EVENT_MESSAGE)
		check_sequence(self, node, event->envelope);
}

void bus_booted(struct witness *self, unsigned node)
{
	self->broken[node] = false;
	memset(self->heard[node], 0, sizeof self->heard[node]);
	memset(&self->requests[node], 0, sizeof self->requests[node]);
}
