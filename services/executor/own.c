/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/own.h"

#include "services/executor/ids.h"
#include "services/executor/inquiry.h"
#include "services/executor/replace.h"
#include "services/executor/rounds.h"
#include "services/executor/send.h"

enum { ATTEMPTS_MAX = 255, DOUBLINGS_MAX = 6 };

#define RETRY_WAIT (250 * NANOS_MS)
#define PROBE_INTERVAL (1 * NANOS_S)

void own_wake(struct executor *self, nanos_t at)
{
	if (self->protection.due == 0 || at < self->protection.due)
		self->protection.due = at;
}

struct order_slot *own_last(struct executor *self, const struct holding *holding)
{
	ident_t id = holding->guard.client_id;

	return ident_is_none(id) ? NULL : orders_by_client(&self->books.orders, id);
}

/* When the next order may go after this one. */
static nanos_t retry_at(const struct holding *holding, const struct order_slot *last)
{
	uint64_t doublings = holding->guard.rejections;

	if (last == NULL)
		return 0;
	switch (last->order.status) {
	case ORDER_STATUS_REJECTED:
		if (!ident_is_none(last->order.replaces))
			return 0; /* the way was refused: the other way, at once */
		if (doublings > DOUBLINGS_MAX)
			doublings = DOUBLINGS_MAX;
		return last->order.updated + (RETRY_WAIT << doublings) / 2;
	case ORDER_STATUS_UNSENT:
	case ORDER_STATUS_EXPIRED: return last->order.updated + RETRY_WAIT;
	default: return 0;
	}
}

static bool may_be_tried_again(enum order_status status)
{
	return status == ORDER_STATUS_REJECTED || status == ORDER_STATUS_NEVER ||
	       status == ORDER_STATUS_UNSENT || status == ORDER_STATUS_UNKNOWN;
}

static bool has_terms_of(const struct order *a, const struct order *b)
{
	return a->purpose == b->purpose && a->type == b->type && decimal_equals(a->qty, b->qty) &&
	       decimal_equals(a->price, b->price) && decimal_equals(a->stop_price, b->stop_price);
}

static void name_intent(const struct executor *self, struct order *order)
{
	order->intent_id = (ident_t){self->books.epoch, INTENT_OWN | (self->books.counter + 1)};
	order->client_id = send_next_client_id(self);
	order->attempt = 1;
}

static void name_attempt(const struct executor *self, const struct holding *holding,
                         const struct order_slot *last, struct order *order)
{
	const struct guard *guard = &holding->guard;
	/* Of this run: an attempt that a damaged journal forgot can't have had the same id. */
	struct client_id id = {
		.tag = self->tag,
		.nonce = self->books.nonce,
		.counter = self->books.counter + 1,
		.attempt = (uint8_t)(guard->attempt + 1),
	};

	if (last == NULL || !may_be_tried_again(last->order.status) ||
	    !has_terms_of(&last->order, order) || guard->attempt >= ATTEMPTS_MAX) {
		name_intent(self, order);
		return;
	}
	order->intent_id = guard->intent_id;
	order->client_id = client_id_pack(&id);
	order->attempt = guard->attempt + 1;
}

static void tell_stuck(struct executor *self, const struct standing *standing)
{
	const struct position *position = &standing->holding->position;

	standing->watch->failed_at = self->now;
	own_wake(self, self->now + NANOS_S);
	if (standing->watch->stuck_told)
		return;
	standing->watch->stuck_told = true;
	outbox_alert(self->out, self->now, SEVERITY_CRITICAL, "protection.impossible",
	             "%s %s: a protective order can't be made: check stop_type and own_type in "
	             "executor.yaml and the number of open orders",
	             position->bot.text, position->symbol.text);
}

void own_send(struct executor *self, const struct standing *standing, struct order *order)
{
	struct order_slot *last = own_last(self, standing->holding);
	nanos_t at = retry_at(standing->holding, last);

	if (standing->watch->failed_at != 0 && at < standing->watch->failed_at + NANOS_S)
		at = standing->watch->failed_at + NANOS_S;
	if (at > self->now) {
		own_wake(self, at);
		return;
	}
	name_attempt(self, standing->holding, last, order);
	if (send_own(self, order) == NULL) {
		tell_stuck(self, standing);
		return;
	}
	standing->watch->failed_at = 0;
	standing->watch->stuck_told = false;
}

bool own_replace(struct executor *self, const struct standing *standing, struct order *order,
                 const char *reason)
{
	struct order_slot *last = own_last(self, standing->holding);
	bool is_unsent = last != NULL && last->order.status == ORDER_STATUS_UNSENT;
	nanos_t at = retry_at(standing->holding, last);

	if (standing->have != HAVE_LIVE ||
	    (standing->order->order.replace == REPLACE_STATUS_REFUSED && !is_unsent))
		return false;
	if (is_unsent && at > self->now) {
		own_wake(self, at);
		return true;
	}
	name_intent(self, order);
	order->client_id = (ident_t){0, 0};
	return replace_start(self, standing->order, order, reason);
}

void own_probe(struct executor *self, struct order_slot *slot)
{
	struct inquiry *inquiry = &slot->inquiry;
	nanos_t late = standing_late_at(self, slot);

	if (slot->order.status != ORDER_STATUS_UNKNOWN)
		return;
	if (self->now <= late) {
		own_wake(self, late + 1);
		return;
	}
	if (inquiry->probed_at != 0 && self->now - inquiry->probed_at < PROBE_INTERVAL) {
		own_wake(self, inquiry->probed_at + PROBE_INTERVAL);
		return;
	}
	inquiry->probed_at = self->now;
	own_wake(self, self->now + PROBE_INTERVAL);
	if (!standing_is_late(self, slot, inquiry->gone_at) &&
	    (!send_is_strategys(&slot->order) || standing_is_late(self, slot, inquiry->absent_at)))
		send_probe(self, slot);
	if (!standing_would_show(self, slot, inquiry->absent_at))
		inquiry_ask(self, slot);
	if (!standing_would_show(self, slot, inquiry->trades_at))
		rounds_scan_from(self, &slot->order.symbol, slot->trade_floor + 1);
}

void own_hurry(struct executor *self, struct order_slot *slot)
{
	struct inquiry *inquiry = &slot->inquiry;
	enum order_status status = slot->order.status;
	unsigned tries =
		inquiry->cancel_tries < DOUBLINGS_MAX ? inquiry->cancel_tries : DOUBLINGS_MAX;
	nanos_t at = inquiry->cancel_sent + (RETRY_WAIT << tries) / 2;
	bool found_nothing = inquiry->gone_at >= inquiry->cancel_sent;
	bool came_behind_it = inquiry->known_at >= inquiry->gone_at;

	if ((status != ORDER_STATUS_LIVE && status != ORDER_STATUS_PARTIAL) ||
	    inquiry->cancel_token != 0 || (found_nothing && !came_behind_it))
		return;
	if (self->now < at)
		own_wake(self, at);
	else
		send_probe(self, slot);
}
