/* SPDX-License-Identifier: Apache-2.0 */
#include "services/feed/symbol.h"

#include <string.h>

/* A depth event in the waiting ring: this head, then bids, then asks. */
struct waiting {
	uint64_t first, last;
	uint32_t bid_count, ask_count;
};

void symbol_init(struct symbol *self, const name_t *name)
{
	self->state.symbol = *name;
	symbol_restart(self, MARKET_STATUS_DOWN, "not connected yet");
}

static bool set_status(struct symbol *self, enum market_status status, const char *reason)
{
	bool is_new = self->state.status != status;
	self->state.status = status;
	self->state.reason = text_from(reason);
	return is_new;
}

void symbol_restart(struct symbol *self, enum market_status status, const char *reason)
{
	set_status(self, status, reason);
	book_init(&self->book);
	ring_init(&self->waiting, self->waiting_memory, sizeof self->waiting_memory);
	self->snapshot_asked = false;
	self->snapshot_retry = 0;
	self->trade_id = 0;
	self->tick.book_id = 0;
	self->marked_id = 0;
}

static void count_message(struct symbol *self, nanos_t now)
{
	self->state.messages++;
	self->state.last = now;
}

static void resync(struct symbol *self, const char *reason)
{
	self->state.gaps++;
	symbol_restart(self, MARKET_STATUS_SYNCING, reason);
}

/* Three records of the ring: head, bids, asks. */
static bool keep_waiting(struct symbol *self, const struct venue_depth *depth)
{
	struct waiting head = {
		.first = depth->first,
		.last = depth->last,
		.bid_count = depth->bids.count,
		.ask_count = depth->asks.count,
	};
	return ring_push(&self->waiting, &head, sizeof head) &&
	       ring_push(&self->waiting, depth->bids.items,
	                 head.bid_count * sizeof(struct level)) &&
	       ring_push(&self->waiting, depth->asks.items, head.ask_count * sizeof(struct level));
}

static bool is_synced(const struct symbol *self)
{
	return self->book.id != 0;
}

bool symbol_depth(struct symbol *self, const struct venue_depth *depth, nanos_t now)
{
	count_message(self, now);
	if (!is_synced(self)) {
		if (!keep_waiting(self, depth))
			resync(self, "too many depth events wait for the snapshot");
		return false;
	}
	enum err err =
		book_apply(&self->book, depth->first, depth->last, &depth->bids, &depth->asks);
	if (err == OK)
		return self->state.status == MARKET_STATUS_STALE &&
		       set_status(self, MARKET_STATUS_LIVE, "");
	resync(self,
	       err == ERR_GAP ? "depth updates are missing" : "a depth update makes no sense");
	return true;
}

static void take_levels(struct ring *waiting, uint32_t count, struct levels *out)
{
	size_t size;
	out->count = count;
	memcpy(out->items, ring_peek(waiting, &size), count * sizeof(struct level));
	ring_pop(waiting);
}

/* One waiting event on the new book; its levels are copied where book_apply wants them. */
static enum err apply_waiting(struct symbol *self, struct venue_depth *scratch)
{
	struct waiting head;
	size_t size;
	memcpy(&head, ring_peek(&self->waiting, &size), sizeof head);
	ring_pop(&self->waiting);
	take_levels(&self->waiting, head.bid_count, &scratch->bids);
	take_levels(&self->waiting, head.ask_count, &scratch->asks);
	return book_apply(&self->book, head.first, head.last, &scratch->bids, &scratch->asks);
}

/* A snapshot older than the first event that waits can't be joined to it. */
static bool is_too_old(const struct symbol *self, uint64_t last)
{
	struct waiting head;
	size_t size;
	const void *record = ring_peek(&self->waiting, &size);
	if (record == NULL)
		return false;
	memcpy(&head, record, sizeof head);
	return last + 1 < head.first;
}

bool symbol_snapshot(struct symbol *self, const struct venue_book *snapshot, nanos_t now)
{
	struct venue_depth scratch;
	self->snapshot_asked = false;
	if (is_too_old(self, snapshot->last)) {
		self->snapshot_retry = now;
		return false;
	}
	enum err err = book_load(&self->book, snapshot->last, &snapshot->bids, &snapshot->asks);
	while (err == OK && self->waiting.count > 0)
		err = apply_waiting(self, &scratch);
	if (err != OK) {
		resync(self, "the snapshot doesn't fit the updates after it");
		return false;
	}
	self->state.resyncs++;
	return set_status(self, MARKET_STATUS_LIVE, "");
}

bool symbol_check(struct symbol *self, nanos_t now, nanos_t stale_after)
{
	if (self->state.status != MARKET_STATUS_LIVE || now - self->state.last <= stale_after)
		return false;
	return set_status(self, MARKET_STATUS_STALE, "no message for too long");
}

static bool is_sound_top(const struct venue_top *top)
{
	return decimal_sign(top->bid) > 0 && decimal_sign(top->ask) > 0 &&
	       decimal_compare(top->bid, top->ask) < 0;
}

bool symbol_top(struct symbol *self, const struct venue_top *top, nanos_t now, nanos_t stamp,
                struct tick *tick)
{
	count_message(self, now);
	if (self->state.status != MARKET_STATUS_LIVE || top->book_id <= self->tick.book_id)
		return false;
	if (!is_sound_top(top)) {
		self->state.refused++;
		return false;
	}
	self->tick = (struct tick){
		.symbol = self->state.symbol,
		.bid = top->bid,
		.bid_qty = top->bid_qty,
		.ask = top->ask,
		.ask_qty = top->ask_qty,
		.book_id = top->book_id,
		.at = now,
		.stamp = stamp,
	};
	*tick = self->tick;
	return true;
}

bool symbol_trade(struct symbol *self, const struct venue_trade *in, nanos_t now, nanos_t stamp,
                  struct trade *trade)
{
	count_message(self, now);
	if (decimal_sign(in->price) <= 0 || decimal_sign(in->qty) <= 0) {
		self->state.refused++;
		return false;
	}
	if (in->trade_id <= self->trade_id)
		return false;
	if (self->trade_id != 0 && in->trade_id != self->trade_id + 1)
		self->state.gaps++;
	self->trade_id = in->trade_id;
	*trade = (struct trade){
		.symbol = in->symbol,
		.trade_id = in->trade_id,
		.price = in->price,
		.qty = in->qty,
		.taker = in->taker,
		.at = in->at,
		.stamp = stamp,
	};
	return true;
}

bool symbol_wants_snapshot(const struct symbol *self, nanos_t now)
{
	return self->state.status == MARKET_STATUS_SYNCING && !is_synced(self) &&
	       !self->snapshot_asked && self->waiting.count > 0 && now >= self->snapshot_retry;
}

struct mark symbol_mark_now(const struct symbol *self)
{
	const struct tick *tick = &self->tick;
	return (struct mark){
		.symbol = tick->symbol, .bid = tick->bid, .ask = tick->ask, .at = tick->at};
}

bool symbol_mark(struct symbol *self, nanos_t now, nanos_t interval, struct mark *mark)
{
	const struct tick *tick = &self->tick;
	if (tick->book_id == self->marked_id || now - self->marked_at < interval)
		return false;
	self->marked_id = tick->book_id;
	self->marked_at = now;
	*mark = symbol_mark_now(self);
	return true;
}
