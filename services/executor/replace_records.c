/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/replace_records.h"

#include "services/executor/records.h"

static void apply_amend(struct order_slot *slot, const struct journal_replace *record)
{
	slot->order.replace = REPLACE_STATUS_SENT;
	slot->amend_qty = record->qty;
	slot->amends++;
}

void replace_records_apply(struct books *self, const void *record)
{
	const struct journal_replace *replace = record;
	struct order_slot *old = books_order(self, replace->old_client_id);
	struct order_slot *new = books_order(self, replace->new_client_id);

	if (old == NULL || new == NULL)
		return;
	old->replace_mode = replace->mode;
	old->replace_at = replace->at;
	old->replace_until = replace->valid_until;
	if (replace->mode == REPLACE_MODE_AMEND) {
		apply_amend(old, replace);
	} else {
		old->order.replace = REPLACE_STATUS_REQUESTED;
		old->replaced_by = replace->new_client_id;
		new->cap = replace->cap;
	}
	books_touch(self, old, replace->at);
}

void replace_records_sent(struct books *self, const struct order_slot *slot, nanos_t at)
{
	struct order_slot *old = ident_is_none(slot->order.replaces)
	                                 ? NULL
	                                 : orders_by_client(&self->orders, slot->order.replaces);

	if (old == NULL || old->order.replace != REPLACE_STATUS_REQUESTED)
		return;
	old->order.replace = REPLACE_STATUS_SENT;
	books_touch(self, old, at);
}

void replace_records_apply_end(struct books *self, const void *record)
{
	const struct journal_replace_end *end = record;
	struct order_slot *slot = books_order(self, end->client_id);

	if (slot == NULL)
		return;
	slot->order.replace = end->status;
	if (decimal_sign(end->qty) > 0)
		slot->order.qty = end->qty;
	if (end->status == REPLACE_STATUS_CONFIRMED)
		slot->amend_qty = DECIMAL_ZERO;
	books_touch(self, slot, end->at);
}

void record_replace_end(struct executor *self, struct order_slot *slot, enum replace_status status,
                        decimal_t qty, const char *reason)
{
	struct journal_replace_end end = {
		.client_id = slot->order.client_id,
		.status = status,
		.qty = qty,
		.reason = text_from(reason),
		.at = self->now,
	};

	if (slot->order.replace == status)
		return;
	records_save(self, MESSAGE_JOURNAL_REPLACE_END, &end);
	order_changed(self, slot);
}
