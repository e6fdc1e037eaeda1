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

static bool is_same(const struct journal_agreed *a, const struct journal_agreed *b)
{
	return a->watermark == b->watermark && a->executions == b->executions &&
	       decimal_equals(a->qty, b->qty);
}

static void note_symbol(struct recovery *self, const struct their_symbol *symbol)
{
	struct journal_agreed record = {
		.subject = symbol->symbol,
		.qty = symbol->qty,
		.executions = symbol->executions,
		.watermark = symbol->watermark,
		.at = self->now,
	};

	agreed_apply(&self->latest, &record);
}

static void note_asset(struct recovery *self, const struct their_asset *asset)
{
	struct journal_agreed record = {
		.subject = asset->asset,
		.is_asset = true,
		.qty = asset->amount,
		.at = self->now,
	};

	agreed_apply(&self->latest, &record);
}

static void save(struct recovery *self, const struct journal_agreed *record)
{
	const struct journal_agreed *old =
		agreed_find(&self->agreed, &record->subject, record->is_asset);

	if (old != NULL && is_same(old, record))
		return;
	outbox_save(self->out, SAVE_BUFFERED, MESSAGE_JOURNAL_AGREED, record);
	agreed_apply(&self->agreed, record);
}

/* An older number is as good to count on from: it only means reading more executions again. */
void agreed_note(struct recovery *self)
{
	const struct look *look = &self->look;

	for (uint32_t i = 0; i < look->symbol_count; i++)
		note_symbol(self, &look->symbols[i]);
	for (uint32_t i = 0; i < look->asset_count; i++)
		if (look_is_traded(look, &look->assets[i].asset))
			note_asset(self, &look->assets[i]);
	if (self->journal_failed ||
	    (self->agreed_saved_at != 0 && self->now - self->agreed_saved_at < SAVE_EVERY))
		return;
	self->agreed_saved_at = self->now;
	for (uint32_t i = 0; i < self->latest.count; i++)
		save(self, &self->latest.items[i]);
}

void agreed_checkpoint(const struct agreed *self, struct outbox *out)
{
	for (uint32_t i = 0; i < self->count; i++)
		outbox_save(out, SAVE_BUFFERED, MESSAGE_JOURNAL_AGREED, &self->items[i]);
}
