/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/send.h"

#include <assert.h>
#include <sodium/crypto_generichash.h>
#include <string.h>

#include "common/base/plant.h"
#include "common/model/lifecycle.h"
#include "services/executor/calls.h"
#include "services/executor/gate.h"
#include "services/executor/ids.h"
#include "services/executor/inquiry.h"
#include "services/executor/protect.h"
#include "services/executor/records.h"
#include "services/executor/replace.h"
#include "services/executor/standing.h"
#include "services/executor/terms.h"

#define CANCEL_PATIENCE (50 * NANOS_MS)

static struct receipt receipt_of(ident_t intent_id, const char *rule, const text_t *detail)
{
	return (struct receipt){
		.intent_id = intent_id,
		.accepted = rule == NULL,
		.rule = name_from(rule == NULL ? "" : rule),
		.detail = *detail,
	};
}

static void answer(struct executor *self, uint64_t token, ident_t intent_id, const char *rule,
                   const text_t *detail)
{
	struct receipt receipt = receipt_of(intent_id, rule, detail);

	outbox_answer(self->out, token, MESSAGE_RECEIPT, &receipt);
}

/* Remembered, so that a late repeat is not judged anew after risk took the refusal for final. */
static void refuse(struct executor *self, const struct approval *approval, uint64_t token,
                   const char *rule, const text_t *detail)
{
	struct refusals *refusals = &self->refusals;

	refusals->nonces[refusals->next] = approval->nonce;
	refusals->receipts[refusals->next] = receipt_of(approval->intent_id, rule, detail);
	refusals->next = (refusals->next + 1) % REFUSALS_MAX;
	self->refused++;
	outbox_note(self->out, SEVERITY_WARNING, "executor.refused", "%s %s: %s (%s)",
	            approval->bot.text, approval->symbol.text, rule, detail->text);
	answer(self, token, approval->intent_id, rule, detail);
}

void send_refuse(struct executor *self, const struct approval *approval, uint64_t token,
                 const char *rule, const char *detail)
{
	text_t text = text_from(detail);

	refuse(self, approval, token, rule, &text);
}

/* NULL when this approval was not refused. */
static const struct receipt *refused_before(const struct refusals *self,
                                            const struct approval *approval)
{
	if (ident_is_none(approval->nonce))
		return NULL;
	for (uint32_t i = 0; i < REFUSALS_MAX; i++)
		if (ident_equals(self->nonces[i], approval->nonce) &&
		    ident_equals(self->receipts[i].intent_id, approval->intent_id))
			return &self->receipts[i];
	return NULL;
}

static uint64_t big_endian(const unsigned char *bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 8; i++)
		value = value << 8 | bytes[i];
	return value;
}

void send_hash_request(const struct http_request *request, struct journal_send *send)
{
	static const char *const methods[] = {
		[HTTP_GET] = "GET",
		[HTTP_POST] = "POST",
		[HTTP_PUT] = "PUT",
		[HTTP_DELETE] = "DELETE",
	};
	const char *parts[] = {methods[request->method], "\n", request->path, "\n", request->query};
	unsigned char digest[crypto_generichash_BYTES];
	crypto_generichash_state state;

	static_assert(sizeof digest == 32, "two idents hold the digest");
	crypto_generichash_init(&state, NULL, 0, sizeof digest);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		crypto_generichash_update(&state, (const unsigned char *)parts[i],
		                          strlen(parts[i]));
	crypto_generichash_final(&state, digest, sizeof digest);
	send->hash_high = (ident_t){big_endian(digest), big_endian(digest + 8)};
	send->hash_low = (ident_t){big_endian(digest + 16), big_endian(digest + 24)};
}

ident_t send_next_client_id(const struct executor *self)
{
	struct client_id id = {
		.tag = self->tag,
		.nonce = self->books.nonce,
		.counter = self->books.counter + 1,
		.attempt = 1,
	};

	return client_id_pack(&id);
}

struct order send_order_of(const struct approval *approval, ident_t client_id)
{
	return (struct order){
		.intent_id = approval->intent_id,
		.client_id = client_id,
		.bot = approval->bot,
		.symbol = approval->symbol,
		.purpose = approval->purpose,
		.side = approval->side,
		.type = approval->type,
		.time_in_force = approval->time_in_force,
		.qty = approval->qty,
		.price = approval->price,
		.stop_price = approval->stop_price,
		.attempt = 1,
	};
}

struct journal_intent send_intent_of(const struct executor *self, const struct order *order,
                                     const struct approval *approval)
{
	struct journal_intent intent = {
		.intent_id = order->intent_id,
		.client_id = order->client_id,
		.nonce = order->client_id,
		.bot = order->bot,
		.symbol = order->symbol,
		.purpose = order->purpose,
		.side = order->side,
		.type = order->type,
		.time_in_force = order->time_in_force,
		.stop_place = STOP_PLACE_EXCHANGE,
		.qty = order->qty,
		.price = order->price,
		.stop_price = order->stop_price,
		.replaces = order->replaces,
		.attempt = order->attempt,
		.at = self->now,
	};

	if (approval == NULL)
		return intent;
	intent.nonce = approval->nonce;
	intent.limits_version = approval->limits_version;
	intent.stop_loss_pct = approval->stop_loss_pct;
	intent.stop_trail_pct = approval->stop_trail_pct;
	intent.stop_place = approval->stop_place;
	intent.expires = approval->expires;
	return intent;
}

/* The sum of all that was sent for this intent stays within what was approved. */
static bool within_approval(const struct order_slot *slot)
{
	decimal_t sum;

	return decimal_add(slot->sent_qty, slot->order.qty, &sum) == OK &&
	       decimal_compare(sum, slot->order.qty) <= 0;
}

/* Both records stand before the first byte. */
static void record(struct executor *self, enum message_type type, const void *body)
{
	bool is_left_out =
		PLANTED(JOURNAL_AFTER_ACK) || (PLANTED(ONE_RECORD) && type == MESSAGE_JOURNAL_SEND);

	if (is_left_out)
		records_apply(self, type, body);
	else
		records_save(self, type, body);
}

static struct journal_send send_of(const struct executor *self, const struct order_slot *slot,
                                   const struct http_request *request)
{
	struct journal_send send = {
		.intent_id = slot->order.intent_id,
		.client_id = slot->order.client_id,
		.attempt = slot->order.attempt,
		.valid_until = request->valid_until,
		.at = self->now,
	};

	send_hash_request(request, &send);
	return send;
}

/* NO_WINDOW: what the exchange would refuse as too late is as good as endless then. */
static enum err word_order(const struct executor *self, const struct order *order,
                           struct http_request *request)
{
	enum { ENDLESS_MS = 60000 };
	nanos_t at = venue_now(self);
	enum err err = self->venue->order(order, at, self->profile, request);

	if (err == OK && PLANTED(NO_WINDOW)) {
		struct venue_profile endless = *self->profile;
		nanos_t valid_until = request->valid_until;
		endless.window_ms = ENDLESS_MS;
		err = self->venue->order(order, at, &endless, request);
		request->valid_until = valid_until;
	}
	return err;
}

static void transmit(struct executor *self, struct order_slot *slot, struct http_request *request)
{
	struct journal_send send = send_of(self, slot, request);

	assert(within_approval(slot));
	record(self, MESSAGE_JOURNAL_SEND, &send);
	if (PLANTED(W4_BYTES_REBUILT) && self->venue->order(&slot->order, venue_now(self) + NANOS_S,
	                                                    self->profile, request) != OK)
		return;
	slot->inquiry.order_token = call_exchange(
		self, CALL_KIND_ORDER, orders_index_of(&self->books.orders, slot), request);
}

/* NULL when the exchange has no such order; nothing is recorded then. */
static struct order_slot *send_order(struct executor *self, const struct order *order,
                                     const struct approval *approval, enum err *err)
{
	struct journal_intent intent = send_intent_of(self, order, approval);
	struct http_request request;

	*err = word_order(self, order, &request);
	if (*err != OK)
		return NULL;
	if (approval != NULL)
		terms_keep(self, approval);
	record(self, MESSAGE_JOURNAL_INTENT, &intent);
	struct order_slot *slot = orders_by_client(&self->books.orders, order->client_id);
	assert(slot != NULL);
	transmit(self, slot, &request);
	order_changed(self, slot);
	return slot;
}

struct order_slot *send_own(struct executor *self, const struct order *order)
{
	enum err err;

	assert(order_is_own(order) && order->side == SIDE_SELL);
	if (self->journal_failed || !orders_have_room(&self->books.orders, self->now))
		return NULL;
	return send_order(self, order, NULL, &err);
}

static void place(struct executor *self, const struct approval *approval, uint64_t token)
{
	text_t detail = text_from("");
	struct order order = send_order_of(approval, send_next_client_id(self));
	enum err err;

	if (send_order(self, &order, approval, &err) == NULL) {
		detail = text_format("the exchange has no such order (%s)", err_text(err));
		refuse(self, approval, token, "unsupported", &detail);
		return;
	}
	answer(self, token, approval->intent_id, NULL, &detail);
	self->placed_stamp = approval->stamp;
	self->handed_before = self->event->handed;
}

void send_released(struct executor *self, const struct approval *approval, uint64_t token)
{
	text_t detail = text_from("");
	const char *rule = gate_refusal(self, approval, &detail);

	if (rule != NULL)
		refuse(self, approval, token, rule, &detail);
	else
		place(self, approval, token);
}

bool send_replacing(struct executor *self, struct order_slot *old, const struct approval *approval,
                    uint64_t token)
{
	text_t detail = text_from("");
	const char *rule = gate_refusal(self, approval, &detail);

	if (rule != NULL) {
		refuse(self, approval, token, rule, &detail);
		return true;
	}
	bool begun = replace_start_approved(self, old, approval, "exit");
	if (begun)
		answer(self, token, approval->intent_id, NULL, &detail);
	return begun;
}

void send_approved(struct executor *self, const struct approval *approval)
{
	struct order_slot *slot = orders_by_intent(&self->books.orders, approval->intent_id);
	const struct receipt *before = refused_before(&self->refusals, approval);
	uint64_t token = self->event->token;
	text_t detail = text_from("");

	self->approvals++;
	if (slot != NULL && gate_is_repeat(&slot->order, approval)) {
		answer(self, token, approval->intent_id, NULL, &detail);
		return;
	}
	if (slot != NULL) {
		detail = text_from("the intent was ordered before with other terms");
		refuse(self, approval, token, "intent_reused", &detail);
		return;
	}
	if (before != NULL) {
		outbox_answer(self->out, token, MESSAGE_RECEIPT, before);
		return;
	}
	const char *rule = gate_refusal(self, approval, &detail);
	if (rule != NULL)
		refuse(self, approval, token, rule, &detail);
	else if (!protect_keeps_waiting(self, approval, token))
		place(self, approval, token);
}

/* Planted faults only: what is written when the answer is here is written too late, and what is
   sent again with the same id may be executed twice. */
void send_answered(struct executor *self, struct order_slot *slot,
                   const struct venue_answer *answer)
{
	struct http_request request;

	if (!PLANTED(JOURNAL_AFTER_ACK) && !PLANTED(RESEND_SAME_ID))
		return;
	if (word_order(self, &slot->order, &request) != OK)
		return;
	if (PLANTED(JOURNAL_AFTER_ACK)) {
		struct journal_intent intent = send_intent_of(self, &slot->order, NULL);
		struct journal_send send = send_of(self, slot, &request);
		intent.nonce = slot->nonce;
		outbox_save(self->out, SAVE_SYNCED, MESSAGE_JOURNAL_INTENT, &intent);
		outbox_save(self->out, SAVE_SYNCED, MESSAGE_JOURNAL_SEND, &send);
	} else if (answer->evidence == EVIDENCE_NOTHING &&
	           slot->order.status == ORDER_STATUS_UNKNOWN) {
		slot->inquiry.order_token =
			call_exchange(self, CALL_KIND_ORDER,
		                      orders_index_of(&self->books.orders, slot), &request);
	}
}

static nanos_t cancel_wait(const struct executor *self, unsigned tries)
{
	nanos_t wait = self->config->cancel_retry;

	for (unsigned i = 0; i < tries && wait < self->config->query_max; i++)
		wait *= 2;
	return wait < self->config->query_max ? wait : self->config->query_max;
}

/* Without a journal a cancel still leaves: it lowers risk and its repetition does no harm. */
static void cancel_now(struct executor *self, struct order_slot *slot, const char *reason)
{
	struct inquiry *inquiry = &slot->inquiry;
	name_t why = name_from(reason);
	struct http_request request;

	if (!call_may_cancel(self)) {
		inquiry_wake(self, &inquiry->cancel_due,
		             self->now +
		                     (self->now < self->quiet_until ? NANOS_S : CANCEL_PATIENCE));
		if (slot->order.cancel == CANCEL_STATUS_NONE)
			record_cancel(self, slot, &why, 0);
		return;
	}
	inquiry_wake(self, &inquiry->cancel_due,
	             self->now + cancel_wait(self, inquiry->cancel_tries++));
	if (inquiry->cancel_token != 0)
		return;
	if (self->venue->cancel(&slot->order, venue_now(self), self->profile, &request) != OK)
		return;
	record_cancel(self, slot, &why, request.valid_until);
	inquiry->cancel_sent = self->now;
	inquiry->cancel_token = call_cancel(self, slot, &request);
}

void send_cancel(struct executor *self, struct order_slot *slot, const char *reason)
{
	if (slot->inquiry.cancel_since != 0)
		return;
	slot->inquiry.cancel_since = self->now;
	cancel_now(self, slot, reason);
}

void send_probe(struct executor *self, struct order_slot *slot)
{
	if (slot->inquiry.cancel_since == 0)
		slot->inquiry.cancel_since = self->now;
	cancel_now(self, slot, "probe");
}

void send_cancel_again(struct executor *self, struct order_slot *slot)
{
	struct inquiry *inquiry = &slot->inquiry;

	if (inquiry->cancel_since == 0)
		inquiry->cancel_since = self->now;
	/* One of our own has been probed to the end: nothing of it can arrive any more. */
	if (order_is_own(&slot->order) && slot->order.status == ORDER_STATUS_UNKNOWN &&
	    standing_is_late(self, slot, inquiry->gone_at)) {
		inquiry_wake(self, &inquiry->cancel_due, self->now + self->config->cancel_retry);
		return;
	}
	if (self->now - inquiry->cancel_since >= self->config->cancel_alarm &&
	    !inquiry->cancel_told && slot->order.status != ORDER_STATUS_UNKNOWN) {
		inquiry->cancel_told = true;
		outbox_alert(self->out, self->now, SEVERITY_ERROR, "order.cancel_stuck",
		             "%s %s: a cancel has had no effect for %lld s", slot->order.bot.text,
		             slot->order.symbol.text,
		             (long long)((self->now - inquiry->cancel_since) / NANOS_S));
	}
	inquiry_ask(self, slot);
	cancel_now(self, slot, "again");
}

bool send_is_strategys(const struct order *order)
{
	return order->purpose == PURPOSE_ENTRY || order->purpose == PURPOSE_EXIT;
}

void send_cancel_all(struct executor *self, const char *reason)
{
	struct orders *orders = &self->books.orders;

	for (uint32_t i = 0; i < orders->open_count; i++) {
		struct order_slot *slot = &orders->slots[orders->open[i]];
		if (send_is_strategys(&slot->order) && slot->order.status != ORDER_STATUS_DISPUTED)
			send_cancel(self, slot, reason);
	}
}

void send_cancel_wanted(struct executor *self, const struct cancel *cancel)
{
	struct order_slot *slot = orders_by_intent(&self->books.orders, cancel->intent_id);
	text_t detail = text_from("");
	const char *rule = NULL;

	if (slot == NULL)
		rule = "order_not_found";
	else if (!name_equals(&slot->order.bot, &cancel->bot))
		rule = "order_of_another_bot";
	else if (order_status_is_terminal(slot->order.status))
		rule = "order_ended";
	if (rule == NULL)
		send_cancel(self, slot, cancel->reason.text);
	else if (slot != NULL)
		detail = text_format("order is %s, of %s",
		                     enum_print(&enum_order_status, slot->order.status),
		                     slot->order.bot.text);
	answer(self, self->event->token, cancel->intent_id, rule, &detail);
}
