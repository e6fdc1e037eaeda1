/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/replace.h"

#include <assert.h>

#include "common/model/lifecycle.h"
#include "services/executor/amend.h"
#include "services/executor/calls.h"
#include "services/executor/evidence.h"
#include "services/executor/inquiry.h"
#include "services/executor/records.h"
#include "services/executor/replace_parts.h"
#include "services/executor/replace_records.h"
#include "services/executor/send.h"

enum leg { LEG_OLD, LEG_NEW };

#define ASK_EVERY (5 * NANOS_S)

/* Taken for never placed; late evidence may still tell otherwise. */
static bool ended_unseen(const struct order_slot *slot)
{
	return slot->order.status == ORDER_STATUS_REJECTED ||
	       slot->order.status == ORDER_STATUS_NEVER ||
	       slot->order.status == ORDER_STATUS_UNSENT;
}

/* The exchange's word counts before its executions are accounted. */
static decimal_t executed_of(const struct order_slot *slot)
{
	return decimal_max(slot->order.executed, slot->inquiry.told_executed);
}

/* What it took the place of may still execute. */
static bool is_predecessor_open(struct executor *self, const struct order_slot *slot)
{
	const struct order_slot *before =
		orders_by_client(&self->books.orders, slot->order.replaces);

	return before != NULL && replace_is_under_way(before);
}

bool replace_may_start(const struct executor *self, const struct order_slot *old)
{
	return !self->journal_failed && self->clock.known && self->now >= self->quiet_until &&
	       replace_is_on_book(old) && !replace_is_under_way(old) &&
	       old->inquiry.replace_token == 0 && old->inquiry.cancel_since == 0 &&
	       call_has_room(self, CALL_KIND_REPLACE);
}

void replace_send(struct executor *self, struct order_slot *old, struct http_request *request)
{
	old->inquiry.replace_legs[LEG_OLD] = old->inquiry.replace_legs[LEG_NEW] = 0;
	old->inquiry.replace_due = self->now + ASK_EVERY;
	old->inquiry.replace_token = call_exchange(
		self, CALL_KIND_REPLACE, orders_index_of(&self->books.orders, old), request);
}

void replace_record(struct executor *self, const struct order_slot *old,
                    struct journal_replace *replace, const struct journal_send *send,
                    const char *reason)
{
	replace->old_client_id = old->order.client_id;
	replace->reason = name_from(reason);
	replace->hash_high = send->hash_high;
	replace->hash_low = send->hash_low;
	replace->valid_until = send->valid_until;
	replace->at = self->now;
	records_save(self, MESSAGE_JOURNAL_REPLACE, replace);
}

static bool differ_in_qty_only(const struct order *old, const struct order *wanted)
{
	return old->side == wanted->side && old->type == wanted->type &&
	       old->purpose == wanted->purpose && old->time_in_force == wanted->time_in_force &&
	       name_equals(&old->bot, &wanted->bot) && name_equals(&old->symbol, &wanted->symbol) &&
	       decimal_equals(old->price, wanted->price) &&
	       decimal_equals(old->stop_price, wanted->stop_price);
}

/* INTENT and RPL_REQ, then SEND: with it the request may leave. */
static void send_pair(struct executor *self, struct order_slot *old, const struct order *order,
                      const struct approval *approval, struct http_request *request, decimal_t cap,
                      const char *reason)
{
	struct journal_intent intent = send_intent_of(self, order, approval);
	struct journal_replace replace = {
		.new_client_id = order->client_id,
		.cap = cap,
		.mode = REPLACE_MODE_CANCEL_PLACE,
		.qty = order->qty,
	};
	struct journal_send send = {
		.intent_id = order->intent_id,
		.client_id = order->client_id,
		.attempt = 1,
		.valid_until = request->valid_until,
		.at = self->now,
	};

	send_hash_request(request, &send);
	records_save(self, MESSAGE_JOURNAL_INTENT, &intent);
	replace_record(self, old, &replace, &send, reason);
	records_save(self, MESSAGE_JOURNAL_SEND, &send);
	replace_send(self, old, request);
	order_changed(self, old);
	order_changed(self, orders_by_client(&self->books.orders, order->client_id));
}

/* The cap counts what is accounted: whoever wants a quantity knows no more than that. */
static bool start(struct executor *self, struct order_slot *old, const struct order *wanted,
                  const struct approval *approval, const char *reason)
{
	struct order order = *wanted;
	struct http_request request;
	decimal_t cap;

	assert(!ident_is_none(wanted->intent_id));
	order.client_id = send_next_client_id(self);
	order.replaces = old->order.client_id;
	order.attempt = 1;
	if (!replace_may_start(self, old) || is_predecessor_open(self, old) ||
	    self->venue->replace == NULL || !orders_have_room(&self->books.orders, self->now) ||
	    orders_by_intent(&self->books.orders, wanted->intent_id) != NULL ||
	    decimal_add(old->order.executed, wanted->qty, &cap) != OK ||
	    self->venue->replace(&old->order, &order, venue_now(self), self->profile, &request) !=
	            OK)
		return false;
	send_pair(self, old, &order, approval, &request, cap, reason);
	return true;
}

bool replace_start(struct executor *self, struct order_slot *old, const struct order *wanted,
                   const char *reason)
{
	decimal_t qty;

	if (differ_in_qty_only(&old->order, wanted) && decimal_sign(wanted->qty) > 0 &&
	    decimal_add(old->order.executed, wanted->qty, &qty) == OK &&
	    decimal_compare(qty, old->order.qty) < 0 && amend_start(self, old, qty, reason))
		return true;
	return start(self, old, wanted, NULL, reason);
}

bool replace_start_approved(struct executor *self, struct order_slot *old,
                            const struct approval *approval, const char *reason)
{
	struct order wanted = send_order_of(approval, (ident_t){0, 0});

	return start(self, old, &wanted, approval, reason);
}

static struct order_slot *old_of_call(struct executor *self, uint64_t token)
{
	struct order_slot *slot = &self->books.orders.slots[token_index(token) % ORDERS_MAX];
	bool waits = slot->used && slot->inquiry.replace_token == token;

	return token_kind(token) == CALL_KIND_REPLACE && waits ? slot : NULL;
}

static void answer_new_leg(struct executor *self, struct order_slot *old, enum evidence evidence,
                           uint64_t code, const text_t *text)
{
	struct venue_answer answer = {.evidence = evidence, .code = code, .text = *text};
	struct order_slot *new = orders_by_client(&self->books.orders, old->replaced_by);

	old->inquiry.replace_legs[LEG_NEW] = evidence;
	if (new != NULL)
		evidence_order_answered(self, new, &answer);
}

void replace_saw_leg(struct executor *self, const struct venue_leg *leg)
{
	struct order_slot *old = old_of_call(self, self->event->token);

	if (old == NULL || self->journal_failed)
		return;
	if (ident_equals(leg->client_id, old->order.client_id))
		old->inquiry.replace_legs[LEG_OLD] = leg->evidence;
	else if (ident_equals(leg->client_id, old->replaced_by))
		answer_new_leg(self, old, leg->evidence, leg->code, &leg->text);
}

static void alert_half(struct executor *self, const struct order_slot *old, const char *what)
{
	char id[IDENT_TEXT_SIZE];

	outbox_alert(self->out, self->now, SEVERITY_ERROR, "order.replace_half",
	             "%s %s: replacing order %s was half done: %s", old->order.bot.text,
	             old->order.symbol.text, ident_print(old->order.client_id, id), what);
}

static bool is_refusal(enum evidence evidence)
{
	return evidence == EVIDENCE_REFUSED || evidence == EVIDENCE_UNSENT;
}

/* Both legs have told; what is certain already is concluded by follow(). */
static void end_pair(struct executor *self, struct order_slot *old,
                     const struct venue_answer *answer)
{
	const enum evidence *legs = old->inquiry.replace_legs;

	if (legs[LEG_NEW] == 0)
		answer_new_leg(self, old, answer->evidence, answer->code, &answer->text);
	if (legs[LEG_OLD] == 0)
		old->inquiry.replace_legs[LEG_OLD] = answer->evidence;
	if (is_refusal(legs[LEG_OLD]) && is_refusal(legs[LEG_NEW])) {
		record_replace_end(self, old, REPLACE_STATUS_REFUSED, DECIMAL_ZERO,
		                   answer->text.text);
	} else if (legs[LEG_OLD] == EVIDENCE_EXISTS && is_refusal(legs[LEG_NEW])) {
		alert_half(self, old, "it is cancelled, and the new one was refused");
		record_replace_end(self, old, REPLACE_STATUS_REFUSED, DECIMAL_ZERO,
		                   "half done: cancelled, and the new one was refused");
	} else if (legs[LEG_OLD] != EVIDENCE_EXISTS || legs[LEG_NEW] != EVIDENCE_EXISTS) {
		if (is_refusal(legs[LEG_OLD]) && legs[LEG_NEW] == EVIDENCE_EXISTS)
			alert_half(self, old, "the new one rests, and it was not cancelled");
		record_replace_end(self, old, REPLACE_STATUS_UNKNOWN, DECIMAL_ZERO,
		                   answer->text.text);
	}
	if (legs[LEG_OLD] != EVIDENCE_EXISTS && legs[LEG_OLD] != EVIDENCE_UNSENT)
		inquiry_ask(self, old);
}

void replace_answered(struct executor *self, struct order_slot *old,
                      const struct venue_answer *answer)
{
	old->inquiry.replace_token = 0;
	if (self->journal_failed)
		return;
	if (old->replace_mode == REPLACE_MODE_AMEND)
		amend_answered(self, old, answer);
	else
		end_pair(self, old, answer);
	order_changed(self, old);
}

/* What the cap leaves for the new order, as its whole quantity. */
static bool room_of(const struct order_slot *old, const struct order_slot *new, decimal_t *room)
{
	return decimal_subtract(new->cap, executed_of(old), room) == OK;
}

/* The old order executed more than when the replace was asked for: the excess must not stay open.
 */
static void keep_cap(struct executor *self, const struct order_slot *old, struct order_slot *new)
{
	decimal_t room;

	if (decimal_sign(new->cap) == 0 || !replace_is_on_book(new) || !room_of(old, new, &room) ||
	    decimal_compare(new->order.qty, room) <= 0 || amend_is_under_way(new))
		return;
	if (decimal_compare(room, executed_of(new)) <= 0 ||
	    new->order.replace == REPLACE_STATUS_REFUSED ||
	    !amend_start(self, new, room, "replace_cap"))
		send_cancel(self, new, "replace_cap");
}

/* Nothing that was asked about it is without an answer. */
static bool is_answered(const struct order_slot *slot)
{
	return slot->inquiry.query_token == 0 && slot->inquiry.query_due == 0;
}

/* Ends the replace once both legs are certain. */
static void conclude(struct executor *self, struct order_slot *old, const struct order_slot *new)
{
	bool is_old_over = order_status_is_terminal(old->order.status);
	bool is_new_seen = !ended_unseen(new) &&
	                   new->order.status != ORDER_STATUS_SENDING &&new->order.status !=
	                           ORDER_STATUS_UNKNOWN &&new->order.status != ORDER_STATUS_INTENT;

	if (!replace_is_under_way(old) || old->inquiry.replace_token != 0)
		return;
	if (is_new_seen && is_old_over)
		record_replace_end(self, old, REPLACE_STATUS_CONFIRMED, DECIMAL_ZERO,
		                   "the old one has ended, the new one is placed");
	else if (is_new_seen && replace_is_on_book(old) && is_answered(old) &&
	         old->inquiry.told_end == 0)
		send_cancel(self, old, "replaced");
	else if (ended_unseen(new) && is_old_over)
		record_replace_end(self, old, REPLACE_STATUS_REFUSED, DECIMAL_ZERO,
		                   "the old one has ended, the new one does not exist");
	else if (ended_unseen(new) && replace_is_on_book(old) && is_answered(old))
		record_replace_end(self, old, REPLACE_STATUS_REFUSED, DECIMAL_ZERO,
		                   "the old one rests, the new one does not exist");
}

static void follow(struct executor *self, struct order_slot *slot)
{
	struct orders *orders = &self->books.orders;
	struct order_slot *old = orders_by_client(orders, slot->order.replaces);
	struct order_slot *new = orders_by_client(orders, slot->replaced_by);

	if (old != NULL && ident_equals(old->replaced_by, slot->order.client_id)) {
		keep_cap(self, old, slot);
		conclude(self, old, slot);
	} else if (old != NULL && decimal_sign(slot->cap) > 0 && replace_is_on_book(slot)) {
		/* Given up, and the old one was replaced by another since: it came late. */
		send_cancel(self, slot, "superseded");
	}
	if (new != NULL) {
		keep_cap(self, slot, new);
		conclude(self, slot, new);
	}
}

void replace_run(struct executor *self)
{
	struct orders *orders = &self->books.orders;

	/* Following may change more orders; they come behind. */
	for (uint32_t i = 0; i < self->changed_count && !self->journal_failed; i++)
		follow(self, &orders->slots[self->changed[i]]);
}

/* A look at a leg of unknown fate is repeated until the fence; the new leg sees to itself. */
static void ask_again(struct executor *self, struct order_slot *slot)
{
	if (!replace_is_under_way(slot) || slot->inquiry.replace_token != 0 ||
	    self->now < slot->inquiry.replace_due)
		return;
	slot->inquiry.replace_due = self->now + ASK_EVERY;
	if (replace_is_on_book(slot) && is_answered(slot))
		inquiry_ask(self, slot);
}

void replace_watch(struct executor *self)
{
	struct orders *orders = &self->books.orders;

	for (uint32_t i = 0; i < orders->open_count && !self->journal_failed; i++) {
		struct order_slot *slot = &orders->slots[orders->open[i]];
		if (replace_is_under_way(slot) || !ident_is_none(slot->order.replaces))
			follow(self, slot);
		ask_again(self, slot);
	}
}

void replace_open(struct executor *self)
{
	struct orders *orders = &self->books.orders;

	for (uint32_t i = 0; i < orders->used; i++) {
		struct order_slot *slot = &orders->slots[i];
		if (slot->used && slot->order.replace == REPLACE_STATUS_REQUESTED)
			record_replace_end(self, slot, REPLACE_STATUS_REFUSED, DECIMAL_ZERO,
			                   "the executor was restarted before it was sent");
		else if (slot->used && slot->order.replace == REPLACE_STATUS_SENT)
			record_replace_end(self, slot, REPLACE_STATUS_UNKNOWN, DECIMAL_ZERO,
			                   "the executor was restarted before an answer came");
		if (slot->used && slot->order.replace == REPLACE_STATUS_UNKNOWN)
			follow(self, slot);
	}
}
