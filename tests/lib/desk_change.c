/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/desk_change.h"

#include "tests/lib/desk_market.h"

#include <assert.h>
#include <string.h>

void desk_within(struct desk *self, void (*decide)(struct executor *executor, void *context),
                 void *context)
{
	struct event nothing = {.kind = EVENT_TIMER, .timer = TIMER_INQUIRY, .now = self->now};

	outbox_clear(self->out);
	self->executor->now = self->now;
	self->executor->event = &nothing;
	self->executor->out = self->out;
	decide(self->executor, context);
	desk_perform(self);
	desk_event(self, EVENT_TIMER, 0, MESSAGE_NONE, NULL);
}

static const char *parameter(const struct desk_call *call, const char *name)
{
	const char *at = strstr(call->request.query, name);

	assert(at != NULL);
	return at + strlen(name);
}

static ident_t client_id_in(const struct desk_call *call, const char *name)
{
	ident_t id;
	enum err err = ident_parse(parameter(call, name), IDENT_TEXT_SIZE - 1, &id);

	assert(err == OK);
	return id;
}

static decimal_t decimal_in(const struct desk_call *call, const char *name)
{
	const char *text = parameter(call, name);
	decimal_t value;
	enum err err = decimal_parse(text, strcspn(text, "&"), &value);

	assert(err == OK);
	return value;
}

static struct desk_order *order_named(struct desk *self, ident_t client_id)
{
	for (size_t i = 0; i < self->order_count; i++)
		if (ident_equals(self->orders[i].told.client_id, client_id))
			return &self->orders[i];
	return NULL;
}

static bool is_open(const struct desk_order *order)
{
	return order->told.status == VENUE_STATUS_NEW ||
	       order->told.status == VENUE_STATUS_PARTIALLY_FILLED;
}

static void tell_order(struct desk *self, const struct desk_call *call,
                       const struct desk_order *order)
{
	struct venue_order told = order->told;

	told.source = SOURCE_ACK;
	desk_event(self, EVENT_MESSAGE, call->token, MESSAGE_VENUE_ORDER, &told);
}

static void reply(struct desk *self, const struct desk_call *call, enum evidence evidence,
                  uint64_t code)
{
	struct venue_answer answer = {
		.evidence = evidence,
		.code = code,
		.text = text_from("desk"),
		.sent = call->sent,
	};

	desk_event(self, EVENT_REPLY, call->token, MESSAGE_VENUE_ANSWER, &answer);
}

static void tell_leg(struct desk *self, const struct desk_call *call, ident_t id,
                     enum evidence evidence, uint64_t code, const char *words)
{
	struct venue_leg leg = {
		.client_id = id,
		.evidence = evidence,
		.code = code,
		.text = text_from(words),
	};

	desk_event(self, EVENT_MESSAGE, call->token, MESSAGE_VENUE_LEG, &leg);
}

/* What a cancel-replace did at the exchange; NULL for a half that was not done. */
struct halves {
	struct desk_order *old, *new;
};

static bool would_trigger(const struct desk *self, const struct desk_call *call)
{
	bool is_stop = strstr(call->request.query, "type=STOP_LOSS") != NULL;

	return is_stop &&
	       desk_would_trigger(self, ORDER_TYPE_STOP_LOSS, decimal_in(call, "stopPrice="));
}

static struct halves replace(struct desk *self, const struct desk_call *call)
{
	struct halves done = {NULL, NULL};
	struct desk_order *old = order_named(self, client_id_in(call, "cancelOrigClientOrderId="));

	if (self->replaces == DESK_NEITHER)
		return done;
	if (self->replaces != DESK_PLACE_ONLY) {
		if (old == NULL || !is_open(old))
			return done;
		old->told.status = VENUE_STATUS_CANCELED;
		done.old = old;
	}
	if (self->replaces != DESK_CANCEL_ONLY && !would_trigger(self, call))
		done.new = desk_place(self, call);
	return done;
}

static void tell_placed(struct desk *self, const struct desk_call *call,
                        const struct desk_order *order)
{
	tell_order(self, call, order);
	for (size_t i = 0; i < self->fill_count && !self->crashed; i++)
		if (ident_equals(self->fills[i].client_id, order->told.client_id))
			desk_event(self, EVENT_MESSAGE, call->token, MESSAGE_VENUE_FILL,
			           &self->fills[i]);
}

static void answer_replace(struct desk *self, const struct desk_call *call)
{
	struct halves done = replace(self, call);
	bool both = done.old != NULL && done.new != NULL,
	     none = done.old == NULL &&done.new == NULL;

	if (done.old != NULL)
		tell_order(self, call, done.old);
	if (done.new != NULL)
		tell_placed(self, call, done.new);
	tell_leg(self, call, client_id_in(call, "cancelOrigClientOrderId="),
	         done.old != NULL ? EVIDENCE_EXISTS : EVIDENCE_REFUSED, done.old != NULL ? 0 : 2011,
	         "desk");
	tell_leg(self, call, client_id_in(call, "newClientOrderId="),
	         done.new != NULL ? EVIDENCE_EXISTS : EVIDENCE_REFUSED, done.new != NULL ? 0 : 2010,
	         would_trigger(self, call) ? "Order would trigger immediately." : "desk");
	reply(self, call,
	      both   ? EVIDENCE_EXISTS
	      : none ? EVIDENCE_REFUSED
	             : EVIDENCE_NOTHING,
	      both ? 0 : 2021);
}

/* NULL when there is nothing to take off. */
static struct desk_order *amend(struct desk *self, const struct desk_call *call)
{
	struct desk_order *order = order_named(self, client_id_in(call, "origClientOrderId="));
	decimal_t qty = decimal_in(call, "newQty=");

	if (order == NULL || !is_open(order) || self->replaces == DESK_NEITHER ||
	    decimal_compare(qty, order->told.executed) <= 0 ||
	    decimal_compare(qty, order->told.qty) >= 0)
		return NULL;
	order->told.qty = qty;
	return order;
}

static void answer_amend(struct desk *self, const struct desk_call *call)
{
	const struct desk_order *order = amend(self, call);

	if (order == NULL) {
		reply(self, call, EVIDENCE_REFUSED, 2038);
		return;
	}
	tell_order(self, call, order);
	reply(self, call, EVIDENCE_EXISTS, 0);
}

static bool is_amend(const struct desk_call *call)
{
	return call->request.method == HTTP_PUT;
}

void desk_answer_change(struct desk *self, const struct desk_call *call)
{
	if (is_amend(call))
		answer_amend(self, call);
	else
		answer_replace(self, call);
}

void desk_change(struct desk *self, const struct desk_call *call)
{
	if (is_amend(call))
		amend(self, call);
	else
		replace(self, call);
}
