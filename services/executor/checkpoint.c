/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/checkpoint.h"

#include <assert.h>
#include <stddef.h>

#include "common/model/lifecycle.h"

enum { ENDED_KEPT = 300, FIXED_RECORDS = 8 };

/* Executions of an order that was proven never to have arrived are looked for so long. */
#define NEVER_KEPT NANOS_DAY
/* The gate looks back no further. */
#define SENDS_KEPT NANOS_MIN

static_assert(offsetof(struct order_slot, inquiry) == 656,
              "a field of an order that the journal tells needs its place in a checkpoint");
static_assert(sizeof(struct books) - sizeof(struct send_times) - sizeof(struct orders) -
                              sizeof(struct holdings) ==
                      448,
              "a field of the books needs its place in a checkpoint");

static_assert(sizeof(struct market) == 488 && sizeof(struct holding) == 200,
              "a field of a market or a position needs its place in a checkpoint");

/* Numbers of a piece, in the order in which they are read again. */
struct numbers {
	struct counts *counts;
	uint32_t next;
};

static void put(struct numbers *self, uint64_t number)
{
	assert(self->counts->count < COUNTS_MAX);
	self->counts->items[self->counts->count++] = number;
}

static uint64_t get(struct numbers *self)
{
	return self->next < self->counts->count ? self->counts->items[self->next++] : 0;
}

static void put_ident(struct numbers *self, ident_t ident)
{
	put(self, ident.high);
	put(self, ident.low);
}

static ident_t get_ident(struct numbers *self)
{
	uint64_t high = get(self);

	return (ident_t){high, get(self)};
}

static void put_decimal(struct numbers *self, decimal_t value)
{
	put(self, (uint64_t)value.coefficient);
	put(self, (uint64_t)(int64_t)value.exponent);
}

static decimal_t get_decimal(struct numbers *self)
{
	int64_t coefficient = (int64_t)get(self), exponent = (int64_t)get(self);

	if (exponent < DECIMAL_EXPONENT_MIN || exponent > DECIMAL_EXPONENT_MAX)
		return DECIMAL_ZERO;
	return decimal_make(coefficient, (int)exponent);
}

static void save_piece(struct outbox *out, const struct journal_checkpoint *piece)
{
	outbox_save(out, SAVE_SYNCED, MESSAGE_JOURNAL_CHECKPOINT, piece);
}

/* Last of all: whatever was counted while the others were folded in is set right. */
static void save_books(const struct books *self, struct outbox *out)
{
	struct journal_checkpoint piece = {.part = CHECKPOINT_PART_BOOKS};
	struct numbers numbers = {&piece.numbers, 0};

	put(&numbers, self->records);
	put(&numbers, self->epoch);
	put(&numbers, self->counter);
	put(&numbers, self->nonce);
	put(&numbers, self->impossible);
	put(&numbers, self->holdings.unaccounted);
	put(&numbers, self->totals.sent);
	put(&numbers, self->totals.filled);
	put(&numbers, self->totals.cancelled);
	put(&numbers, self->totals.expired);
	put(&numbers, self->totals.rejected);
	put(&numbers, self->totals.fills);
	save_piece(out, &piece);
}

static void apply_books(struct books *self, struct numbers *numbers)
{
	self->records = get(numbers);
	self->epoch = get(numbers);
	self->counter = get(numbers);
	self->nonce = (uint32_t)get(numbers);
	self->impossible = get(numbers);
	self->holdings.unaccounted = get(numbers);
	self->totals.sent = get(numbers);
	self->totals.filled = get(numbers);
	self->totals.cancelled = get(numbers);
	self->totals.expired = get(numbers);
	self->totals.rejected = get(numbers);
	self->totals.fills = get(numbers);
}

static void save_latch(const struct books *self, struct outbox *out)
{
	const struct latch *latch = &self->latch;
	struct journal_latch record = {
		.halted = latch->halted,
		.level = latch->level,
		.actor = latch->actor,
		.reason = latch->reason,
		.at = latch->at,
	};
	struct journal_quiet quiet = {
		.until = self->quiet.until,
		.status = self->quiet.status,
		.at = self->quiet.at,
	};

	outbox_save(out, SAVE_SYNCED, MESSAGE_JOURNAL_LATCH, &record);
	outbox_save(out, SAVE_SYNCED, MESSAGE_JOURNAL_QUIET, &quiet);
}

static void save_market(const struct market *market, struct outbox *out)
{
	struct journal_checkpoint piece = {
		.part = CHECKPOINT_PART_MARKET,
		.name = market->instrument.symbol,
	};
	struct numbers numbers = {&piece.numbers, 0};

	put(&numbers, market->trade_top);
	put(&numbers, market->trade_forgotten);
	outbox_save(out, SAVE_SYNCED, MESSAGE_INSTRUMENT, &market->instrument);
	save_piece(out, &piece);
}

static void apply_market(struct books *self, const name_t *symbol, struct numbers *numbers)
{
	struct market *market = holdings_market(&self->holdings, symbol);

	if (market == NULL) {
		self->impossible++;
		return;
	}
	market->trade_top = get(numbers);
	market->trade_forgotten = get(numbers);
}

void checkpoint_apply_position(struct books *self, const void *record)
{
	if (holdings_set_position(&self->holdings, record) != OK)
		self->impossible++;
}

/* A list in pieces, saved as they fill up; end_list() saves what is left. */
static void save_number(struct outbox *out, struct journal_checkpoint *piece, uint64_t number)
{
	struct numbers numbers = {&piece->numbers, 0};

	put(&numbers, number);
	if (piece->numbers.count < COUNTS_MAX)
		return;
	save_piece(out, piece);
	piece->numbers.count = 0;
}

static void end_list(struct outbox *out, const struct journal_checkpoint *piece)
{
	if (piece->numbers.count > 0)
		save_piece(out, piece);
}

/* A ring that is not full begins at its first place, a full one at the next to be overwritten. */
static void save_fills(const struct holdings *self, struct outbox *out)
{
	struct journal_checkpoint piece = {.part = CHECKPOINT_PART_FILLS};
	uint32_t count = self->seen.index.count;
	uint32_t first = count == self->seen.capacity ? self->seen.next : 0;

	for (uint32_t i = 0; i < count; i++)
		save_number(out, &piece, self->seen_keys[(first + i) % self->seen.capacity]);
	end_list(out, &piece);
}

static void apply_fills(struct books *self, struct numbers *numbers)
{
	while (numbers->next < numbers->counts->count)
		if (!seen_add(&self->holdings.seen, get(numbers)))
			self->impossible++;
}

static uint32_t send_at(const struct send_times *self, uint32_t back)
{
	return (self->next + SENDS_MAX - 1 - back) % SENDS_MAX;
}

/* How many are recent, seen from the last one. */
static uint32_t recent_sends(const struct send_times *self)
{
	uint32_t count = 0;

	while (count < self->count &&
	       self->items[send_at(self, count)] > self->items[send_at(self, 0)] - SENDS_KEPT)
		count++;
	return count;
}

static void save_sends(const struct send_times *self, struct outbox *out)
{
	struct journal_checkpoint piece = {.part = CHECKPOINT_PART_SENDS};

	for (uint32_t back = recent_sends(self); back-- > 0;)
		save_number(out, &piece, (uint64_t)self->items[send_at(self, back)]);
	end_list(out, &piece);
}

static void apply_sends(struct books *self, struct numbers *numbers)
{
	while (numbers->next < numbers->counts->count)
		send_times_add(&self->sends, (nanos_t)get(numbers));
}

/* Two records: what makes the slot, then the order as it is published. */
static void save_order(const struct order_slot *slot, struct outbox *out)
{
	struct journal_checkpoint piece = {
		.part = CHECKPOINT_PART_ORDER,
		.id = slot->order.client_id,
	};
	struct numbers numbers = {&piece.numbers, 0};

	put_ident(&numbers, slot->order.intent_id);
	put_ident(&numbers, slot->nonce);
	put(&numbers, (uint64_t)slot->expires);
	put(&numbers, (uint64_t)slot->sent_at);
	put(&numbers, (uint64_t)slot->valid_until);
	put_decimal(&numbers, slot->sent_qty);
	put_decimal(&numbers, slot->stop_loss_pct);
	put_decimal(&numbers, slot->stop_trail_pct);
	put(&numbers, (uint64_t)slot->stop_place);
	put(&numbers, slot->limits_version);
	put(&numbers, slot->attempt);
	put(&numbers, slot->trade_floor);
	save_piece(out, &piece);
	outbox_save(out, SAVE_SYNCED, MESSAGE_ORDER, &slot->order);
}

static void apply_slot(struct books *self, ident_t client_id, struct numbers *numbers)
{
	struct order order = {
		.intent_id = get_ident(numbers),
		.client_id = client_id,
		.status = ORDER_STATUS_INTENT,
	};
	struct order_slot *slot = orders_add(&self->orders, &order, get_ident(numbers), 0);

	if (slot == NULL) {
		self->impossible++;
		return;
	}
	slot->expires = (nanos_t)get(numbers);
	slot->sent_at = (nanos_t)get(numbers);
	slot->valid_until = (nanos_t)get(numbers);
	slot->sent_qty = get_decimal(numbers);
	slot->stop_loss_pct = get_decimal(numbers);
	slot->stop_trail_pct = get_decimal(numbers);
	slot->stop_place = (enum stop_place)get(numbers);
	slot->limits_version = get(numbers);
	slot->attempt = get(numbers);
	slot->trade_floor = get(numbers);
}

void checkpoint_apply_order(struct books *self, const void *record)
{
	const struct order *order = record;
	struct order_slot *slot = orders_by_client(&self->orders, order->client_id);

	if (slot == NULL || slot->order.status != ORDER_STATUS_INTENT) {
		self->impossible++;
		return;
	}
	slot->order = *order;
	slot->order.venue_id = 0;
	slot->order.status = ORDER_STATUS_INTENT;
	orders_set_venue_id(&self->orders, slot, order->venue_id);
	orders_set_status(&self->orders, slot, order->status);
}

void checkpoint_apply(struct books *self, const void *record)
{
	struct journal_checkpoint piece = *(const struct journal_checkpoint *)record;
	struct numbers numbers = {&piece.numbers, 0};

	switch (piece.part) {
	case CHECKPOINT_PART_MARK: return;
	case CHECKPOINT_PART_BOOKS: apply_books(self, &numbers); return;
	case CHECKPOINT_PART_MARKET: apply_market(self, &piece.name, &numbers); return;
	case CHECKPOINT_PART_ORDER: apply_slot(self, piece.id, &numbers); return;
	case CHECKPOINT_PART_FILLS: apply_fills(self, &numbers); return;
	case CHECKPOINT_PART_SENDS: apply_sends(self, &numbers); return;
	}
}

/* The latest moment that an order tells. */
static nanos_t latest(const struct orders *self)
{
	nanos_t moment = 0;

	for (uint32_t i = 0; i < self->used; i++)
		if (self->slots[i].order.updated > moment)
			moment = self->slots[i].order.updated;
	return moment;
}

/* An ended order that may still be asked about, whatever came after it. */
static bool still_matters(const struct order_slot *slot, nanos_t now)
{
	return slot->expires >= now || (slot->order.status == ORDER_STATUS_NEVER &&
	                                slot->order.updated >= now - NEVER_KEPT);
}

/* Saves every ended order that is kept, oldest first; returns their count. With no outbox it only
   counts. */
static uint32_t ended_kept(const struct orders *self, struct outbox *out)
{
	nanos_t now = latest(self);
	uint32_t left = self->ended_count, count = 0;

	for (uint32_t at = self->ended_oldest; at != TABLE_NONE; at = self->slots[at].newer) {
		if (left-- > ENDED_KEPT && !still_matters(&self->slots[at], now))
			continue;
		count++;
		if (out != NULL)
			save_order(&self->slots[at], out);
	}
	return count;
}

static uint32_t pieces_of(uint32_t numbers)
{
	return (numbers + COUNTS_MAX - 1) / COUNTS_MAX;
}

static bool fits(const struct books *self)
{
	uint32_t records =
		FIXED_RECORDS + 2 * self->holdings.market_count + self->holdings.position_count +
		pieces_of(self->holdings.seen.index.count) + pieces_of(recent_sends(&self->sends)) +
		2 * (ended_kept(&self->orders, NULL) + self->orders.open_count);

	return records <= OUTBOX_EFFECTS_MAX;
}

void checkpoint_save(const void *state, struct outbox *out)
{
	const struct books *self = &((const struct executor *)state)->books;
	const struct orders *orders = &self->orders;

	if (!fits(self))
		return;
	save_latch(self, out);
	for (uint32_t i = 0; i < self->holdings.market_count; i++)
		save_market(&self->holdings.markets[i], out);
	for (uint32_t i = 0; i < self->holdings.position_count; i++)
		outbox_save(out, SAVE_SYNCED, MESSAGE_POSITION,
		            &self->holdings.positions[i].position);
	save_fills(&self->holdings, out);
	save_sends(&self->sends, out);
	ended_kept(orders, out);
	for (uint32_t i = 0; i < orders->open_count; i++)
		save_order(&orders->slots[orders->open[i]], out);
	save_books(self, out);
}
