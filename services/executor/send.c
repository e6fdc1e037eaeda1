/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/send.h"

#include <assert.h>
#include <sodium/crypto_generichash.h>
#include <string.h>

#include "common/model/lifecycle.h"
#include "services/executor/calls.h"
#include "services/executor/gate.h"
#include "services/executor/ids.h"
#include "services/executor/inquiry.h"
#include "services/executor/records.h"

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

static void answer(struct executor *self, ident_t intent_id, const char *rule, const text_t *detail)
{
	struct receipt receipt = receipt_of(intent_id, rule, detail);

	outbox_answer(self->out, self->event->token, MESSAGE_RECEIPT, &receipt);
}

/* Remembered, so that a late repeat is not judged anew after risk took the refusal for final. */
static void refuse(struct executor *self, const struct approval *approval, const char *rule,
                   const text_t *detail)
{
	struct refusals *refusals = &self->refusals;

	refusals->nonces[refusals->next] = approval->nonce;
	refusals->receipts[refusals->next] = receipt_of(approval->intent_id, rule, detail);
	refusals->next = (refusals->next + 1) % REFUSALS_MAX;
	self->refused++;
	outbox_note(self->out, SEVERITY_WARNING, "executor.refused", "%s %s: %s (%s)",
	            approval->bot.text, approval->symbol.text, rule, detail->text);
	answer(self, approval->intent_id, rule, detail);
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

/* BLAKE2b-256 over the canonical unsigned request (it is signed after the record). */
static void hash_request(const struct http_request *request, struct journal_send *send)
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

static ident_t next_client_id(const struct executor *self)
{
	struct client_id id = {
		.tag = self->tag,
		.nonce = self->books.nonce,
		.counter = self->books.counter + 1,
		.attempt = 1,
	};

	return client_id_pack(&id);
}

static struct order order_of(const struct approval *approval, ident_t client_id)
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

static void record_intent(struct executor *self, const struct approval *approval, ident_t client_id)
{
	struct journal_intent intent = {
		.intent_id = approval->intent_id,
		.client_id = client_id,
		.nonce = approval->nonce,
		.limits_version = approval->limits_version,
		.bot = approval->bot,
		.symbol = approval->symbol,
		.purpose = approval->purpose,
		.side = approval->side,
		.type = approval->type,
		.time_in_force = approval->time_in_force,
		.qty = approval->qty,
		.price = approval->price,
		.stop_price = approval->stop_price,
		.stop_loss_pct = approval->stop_loss_pct,
		.stop_trail_pct = approval->stop_trail_pct,
		.stop_place = approval->stop_place,
		.attempt = 1,
		.expires = approval->expires,
		.at = self->now,
	};

	records_save(self, MESSAGE_JOURNAL_INTENT, &intent);
}

/* The sum of all that was sent for this intent stays within what was approved. */
static bool within_approval(const struct order_slot *slot)
{
	decimal_t sum;

	return decimal_add(slot->sent_qty, slot->order.qty, &sum) == OK &&
	       decimal_compare(sum, slot->order.qty) <= 0;
}

static void transmit(struct executor *self, struct order_slot *slot, struct http_request *request)
{
	struct journal_send send = {
		.intent_id = slot->order.intent_id,
		.client_id = slot->order.client_id,
		.attempt = 1,
		.valid_until = request->valid_until,
		.at = self->now,
	};

	assert(within_approval(slot));
	hash_request(request, &send);
	records_save(self, MESSAGE_JOURNAL_SEND, &send);
	slot->inquiry.order_token = call_exchange(
		self, CALL_KIND_ORDER, orders_index_of(&self->books.orders, slot), request);
}

static void place(struct executor *self, const struct approval *approval)
{
	text_t detail = text_from("");
	struct http_request request;
	struct order order = order_of(approval, next_client_id(self));
	enum err err = self->venue->order(&order, venue_now(self), self->profile, &request);

	if (err != OK) {
		detail = text_format("the exchange has no such order (%s)", err_text(err));
		refuse(self, approval, "unsupported", &detail);
		return;
	}
	record_intent(self, approval, order.client_id);
	struct order_slot *slot = orders_by_client(&self->books.orders, order.client_id);
	assert(slot != NULL);
	transmit(self, slot, &request);
	answer(self, approval->intent_id, NULL, &detail);
	self->placed_stamp = approval->stamp;
	self->handed_before = self->event->handed;
	order_changed(self, slot);
}

void send_approved(struct executor *self, const struct approval *approval)
{
	struct order_slot *slot = orders_by_intent(&self->books.orders, approval->intent_id);
	const struct receipt *before = refused_before(&self->refusals, approval);
	text_t detail = text_from("");

	self->approvals++;
	if (slot != NULL && gate_is_repeat(&slot->order, approval)) {
		answer(self, approval->intent_id, NULL, &detail);
		return;
	}
	if (slot != NULL) {
		detail = text_from("the intent was ordered before with other terms");
		refuse(self, approval, "intent_reused", &detail);
		return;
	}
	if (before != NULL) {
		outbox_answer(self->out, self->event->token, MESSAGE_RECEIPT, before);
		return;
	}
	const char *rule = gate_refusal(self, approval, &detail);
	if (rule != NULL)
		refuse(self, approval, rule, &detail);
	else
		place(self, approval);
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
	inquiry->cancel_token = call_cancel(self, slot, &request);
}

void send_cancel(struct executor *self, struct order_slot *slot, const char *reason)
{
	if (slot->inquiry.cancel_since != 0)
		return;
	slot->inquiry.cancel_since = self->now;
	cancel_now(self, slot, reason);
}

void send_cancel_again(struct executor *self, struct order_slot *slot)
{
	struct inquiry *inquiry = &slot->inquiry;

	if (inquiry->cancel_since == 0)
		inquiry->cancel_since = self->now;
	if (self->now - inquiry->cancel_since >= self->config->cancel_alarm &&
	    !inquiry->cancel_told) {
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
	answer(self, cancel->intent_id, rule, &detail);
}
