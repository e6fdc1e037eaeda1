/* SPDX-License-Identifier: Apache-2.0 */
#include "services/recovery/agreed.h"

#include "services/recovery/state.h"

#define SAVE_EVERY NANOS_MIN

static struct journal_agreed *find(struct agreed *self, const name_t *subject, bool is_asset)
{
	for (uint32_t i = 0; i < self->count; i++)
		if (self->items[i].is_asset == is_asset &&
		    name_equals(&self->items[i].subject, subject))
			return &self->items[i];
	return NULL;
}

const struct journal_agreed *agreed_find(const struct agreed *self, const name_t *subject,
                                         bool is_asset)
{
	return find((struct agreed *)self, subject, is_asset);
}

void agreed_apply(struct agreed *self, const struct journal_agreed *record)
{
	struct journal_agreed *item = find(self, &record->subject, record->is_asset);

	self->records++;
	if (item == NULL && self->count < sizeof self->items / sizeof *self->items)
		item = &self->items[self->count++];
	if (item != NULL)
		*item = *record;
}

static void save(struct recovery *self, const struct journal_agreed *record)
{
	const struct journal_agreed *old =
		agreed_find(&self->agreed, &record->subject, record->is_asset);

	if (old != NULL && old->watermark == record->watermark &&
	    old->executions == record->executions && decimal_equals(old->qty, record->qty))
		return;
	outbox_save(self->out, SAVE_BUFFERED, MESSAGE_JOURNAL_AGREED, record);
	agreed_apply(&self->agreed, record);
}

/* An older number is as good to count on from: it only means reading more executions again. */
void agreed_save(struct recovery *self)
{
	const struct look *look = &self->look;

	if (self->journal_failed ||
	    (self->agreed_saved_at != 0 && self->now - self->agreed_saved_at < SAVE_EVERY))
		return;
	self->agreed_saved_at = self->now;
	for (uint32_t i = 0; i < look->symbol_count; i++) {
		const struct their_symbol *symbol = &look->symbols[i];
		struct journal_agreed record = {
			.subject = symbol->symbol,
			.qty = symbol->qty,
			.executions = symbol->executions,
			.watermark = symbol->watermark,
			.at = self->now,
		};
		save(self, &record);
	}
	for (uint32_t i = 0; i < look->asset_count; i++) {
		if (!look_is_traded(look, &look->assets[i].asset))
			continue;
		struct journal_agreed record = {
			.subject = look->assets[i].asset,
			.is_asset = true,
			.qty = look->assets[i].amount,
			.at = self->now,
		};
		save(self, &record);
	}
}

void agreed_checkpoint(const struct agreed *self, struct outbox *out)
{
	for (uint32_t i = 0; i < self->count; i++)
		outbox_save(out, SAVE_BUFFERED, MESSAGE_JOURNAL_AGREED, &self->items[i]);
}
