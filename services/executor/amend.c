/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/amend.h"

#include "services/executor/inquiry.h"
#include "services/executor/records.h"
#include "services/executor/replace.h"
#include "services/executor/replace_parts.h"
#include "services/executor/replace_records.h"
#include "services/executor/send.h"

/* The exchange takes no more amends of one order (MAX_NUM_ORDER_AMENDS). */
enum { AMENDS_MAX = 10 };

bool amend_start(struct executor *self, struct order_slot *slot, decimal_t qty, const char *reason)
{
	struct journal_replace replace = {
		.new_client_id = slot->order.client_id,
		.cap = qty,
		.mode = REPLACE_MODE_AMEND,
		.qty = qty,
	};
	struct journal_send send = {.at = self->now};
	struct http_request request;

	if (!replace_may_start(self, slot) || self->venue->amend == NULL ||
	    slot->amends >= AMENDS_MAX ||
	    self->venue->amend(&slot->order, qty, venue_now(self), self->profile, &request) != OK)
		return false;
	send.valid_until = request.valid_until;
	send_hash_request(&request, &send);
	replace_record(self, slot, &replace, &send, reason);
	replace_send(self, slot, &request);
	order_changed(self, slot);
	return true;
}

/* An amend is under way, or was given up: late evidence still wins. */
static bool is_amend_open(const struct order_slot *slot)
{
	return slot->replace_mode == REPLACE_MODE_AMEND && decimal_sign(slot->amend_qty) > 0;
}

bool amend_is_under_way(const struct order_slot *slot)
{
	return replace_is_under_way(slot) && is_amend_open(slot);
}

/* The request can't be accepted any more, and a query that leaves now would see what it did. */
static bool is_over(const struct executor *self, const struct order_slot *slot)
{
	const struct venue_profile *profile = self->profile;
	nanos_t bounds = ((nanos_t)profile->queue_ms + profile->view_lag_ms +
	                  2 * (nanos_t)profile->clock_step_ms) *
	                 NANOS_MS;

	return venue_now(self) > slot->replace_until + bounds &&
	       self->now > slot->replace_at + (nanos_t)profile->window_ms * NANOS_MS + bounds;
}

static struct order_slot *slot_of_word(struct executor *self, const struct venue_order *told)
{
	struct order_slot *slot = NULL;

	if (!ident_is_none(told->client_id))
		slot = orders_by_client(&self->books.orders, told->client_id);
	if (slot == NULL)
		slot = orders_by_venue(&self->books.orders, &told->symbol, told->venue_id);
	return slot;
}

/* A query that left behind the fence and still shows the old quantity: it was never amended. */
static void judge_unchanged(struct executor *self, struct order_slot *slot,
                            const struct venue_order *told)
{
	if (slot->order.replace == REPLACE_STATUS_UNKNOWN && told->source == SOURCE_QUERY &&
	    decimal_equals(told->qty, slot->order.qty) && is_over(self, slot))
		record_replace_end(self, slot, REPLACE_STATUS_REFUSED, DECIMAL_ZERO,
		                   "the quantity is as it was, behind the fence");
}

void amend_saw_order(struct executor *self, struct venue_order *told)
{
	struct order_slot *slot = self->journal_failed ? NULL : slot_of_word(self, told);

	if (slot == NULL || slot->amends == 0)
		return;
	if (is_amend_open(slot) && decimal_equals(told->qty, slot->amend_qty))
		record_replace_end(self, slot, REPLACE_STATUS_CONFIRMED, slot->amend_qty,
		                   "the exchange tells the lower quantity");
	else if (amend_is_under_way(slot))
		judge_unchanged(self, slot, told);
	/* Words overtake each other: one from before an amend has the quantity of then. */
	if (decimal_compare(told->qty, slot->order.qty) > 0 &&
	    decimal_compare(told->qty, slot->first_qty) <= 0)
		told->qty = slot->order.qty;
}

void amend_answered(struct executor *self, struct order_slot *slot,
                    const struct venue_answer *answer)
{
	if (!amend_is_under_way(slot))
		return;
	if (answer->evidence == EVIDENCE_REFUSED || answer->evidence == EVIDENCE_UNSENT)
		record_replace_end(self, slot, REPLACE_STATUS_REFUSED, DECIMAL_ZERO,
		                   answer->text.text);
	else
		record_replace_end(self, slot, REPLACE_STATUS_UNKNOWN, DECIMAL_ZERO,
		                   answer->text.text);
	if (answer->evidence != EVIDENCE_UNSENT)
		inquiry_ask(self, slot);
}
