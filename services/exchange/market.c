/* SPDX-License-Identifier: Apache-2.0 */
#include "services/exchange/market.h"

#include "services/exchange/money.h"

#include <string.h>

static decimal_t moved(const struct market *self, int64_t price)
{
	return money_add(decimal_make(price, -MONEY_PLACES), self->place.price_offset);
}

static void unfold_side(const struct market *self, const struct tape_level *items, uint32_t count,
                        struct levels *out)
{
	out->count = count;
	for (uint32_t i = 0; i < count; i++) {
		out->items[i].price = moved(self, items[i].price);
		out->items[i].qty = decimal_make(items[i].qty, -MONEY_PLACES);
	}
}

static void unfold(struct market *self, const struct tape_levels *levels)
{
	const struct tape_level *items = self->tape->pool + levels->start;
	unfold_side(self, items, levels->bids, &self->bids);
	unfold_side(self, items + levels->bids, levels->asks, &self->asks);
}

static uint64_t id_in_round(const struct market *self, uint64_t id, int64_t round)
{
	return id + (uint64_t)round * self->tape->id_span + self->place.id_offset;
}

static nanos_t round_start(const struct market *self)
{
	return self->place.origin + self->round * self->tape->period;
}

/* Between the start of a round and the seam, the book is still that of the round before. */
static void load_book(struct market *self)
{
	const struct tape *tape = self->tape;
	bool is_before_seam = self->round > 0 && self->position <= tape->seam;
	unfold(self, is_before_seam ? &tape->last_book : &tape->first_book);
	uint64_t id = is_before_seam ? id_in_round(self, tape->last_id, self->round - 1)
	                             : id_in_round(self, tape->first_id, self->round);
	enum err err = book_load(&self->book, id, &self->bids, &self->asks);
	assert(err == OK);
}

static void apply_depth(struct market *self, const struct tape_message *message, uint64_t *first,
                        uint64_t *last)
{
	const struct tape *tape = self->tape;
	bool is_seam = self->round > 0 && message == &tape->messages[tape->seam];
	unfold(self, is_seam ? &tape->seam_levels : &message->levels);
	*first = is_seam ? id_in_round(self, tape->last_id, self->round - 1) + 1
	                 : id_in_round(self, message->first, self->round);
	*last = id_in_round(self, message->last, self->round);
	enum err err = book_apply(&self->book, *first, *last, &self->bids, &self->asks);
	assert(err == OK);
}

/* The first message of the round that is due after `since`. */
static size_t position_at(const struct tape *tape, nanos_t since)
{
	size_t low = 0, high = tape->message_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (tape->messages[middle].due <= since)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t trades_before(const struct tape *tape, size_t position)
{
	size_t count = 0;
	for (size_t i = 0; i < position; i++)
		count += tape->messages[i].kind == TAPE_TRADE;
	return count;
}

void market_init(struct market *self, const struct tape *tape, const struct market_place *place,
                 nanos_t now)
{
	assert(now >= place->origin);
	self->tape = tape;
	self->place = *place;
	self->consumed_count = 0;
	self->round = (now - place->origin) / tape->period;
	self->position = position_at(tape, now - round_start(self));
	size_t trades = trades_before(tape, self->position);
	self->trades = (uint64_t)self->round * tape->trade_count + trades;
	self->last_price =
		moved(self, tape->trades[trades == 0 ? tape->trade_count - 1 : trades - 1].price);
	book_init(&self->book);
	load_book(self);
	uint64_t first, last;
	for (size_t i = tape->seam + 1; i < self->position; i++)
		if (tape->messages[i].kind == TAPE_DEPTH)
			apply_depth(self, &tape->messages[i], &first, &last);
	if (self->position == tape->message_count) {
		self->position = 0;
		self->round++;
	}
}

nanos_t market_due(const struct market *self)
{
	return round_start(self) + self->tape->messages[self->position].due;
}

/* A level that changes is the market's again. */
static void forget_consumed(struct market *self, enum side side, const struct levels *levels)
{
	size_t kept = 0;
	for (size_t i = 0; i < self->consumed_count; i++) {
		const struct consumed *consumed = &self->consumed[i];
		bool changed = false;
		for (uint32_t j = 0; j < levels->count && consumed->side == side && !changed; j++)
			changed = decimal_equals(consumed->price, levels->items[j].price);
		if (!changed)
			self->consumed[kept++] = *consumed;
	}
	self->consumed_count = kept;
}

static void play_trade(struct market *self, const struct tape_message *message,
                       struct market_message *out)
{
	out->first = message->first + (uint64_t)self->round * self->tape->trade_count +
	             self->place.trade_id_offset;
	out->last = out->first;
	self->last_price = out->bid;
	self->trades++;
}

static void play_depth(struct market *self, const struct tape_message *message,
                       struct market_message *out)
{
	apply_depth(self, message, &out->first, &out->last);
	out->bids = &self->bids;
	out->asks = &self->asks;
	forget_consumed(self, SIDE_BUY, &self->bids);
	forget_consumed(self, SIDE_SELL, &self->asks);
}

void market_next(struct market *self, struct market_message *out)
{
	const struct tape_message *message = &self->tape->messages[self->position];
	*out = (struct market_message){
		.kind = message->kind,
		.buyer_maker = message->buyer_maker,
		.event = round_start(self) + message->event,
		.at = round_start(self) + message->at,
		.first = id_in_round(self, message->first, self->round),
		.last = id_in_round(self, message->last, self->round),
	};
	if (message->kind != TAPE_DEPTH) {
		out->bid = moved(self, message->bid.price);
		out->bid_qty = decimal_make(message->bid.qty, -MONEY_PLACES);
	}
	if (message->kind == TAPE_TOP) {
		out->ask = moved(self, message->ask.price);
		out->ask_qty = decimal_make(message->ask.qty, -MONEY_PLACES);
	}
	if (message->kind == TAPE_TRADE)
		play_trade(self, message, out);
	if (message->kind == TAPE_DEPTH)
		play_depth(self, message, out);
	if (++self->position == self->tape->message_count) {
		self->position = 0;
		self->round++;
	}
}

static struct consumed *consumed_at(const struct market *self, enum side side, decimal_t price)
{
	for (size_t i = 0; i < self->consumed_count; i++) {
		const struct consumed *consumed = &self->consumed[i];
		if (consumed->side == side && decimal_equals(consumed->price, price))
			return (struct consumed *)consumed;
	}
	return NULL;
}

decimal_t market_available(const struct market *self, enum side resting, decimal_t price,
                           decimal_t displayed)
{
	const struct consumed *consumed = consumed_at(self, resting, price);
	if (consumed == NULL)
		return displayed;
	return decimal_max(money_subtract(displayed, consumed->qty), DECIMAL_ZERO);
}

void market_consume(struct market *self, enum side resting, decimal_t price, decimal_t qty)
{
	struct consumed *consumed = consumed_at(self, resting, price);
	if (consumed != NULL) {
		consumed->qty = money_add(consumed->qty, qty);
		return;
	}
	/* With the memory full the oldest level counts as whole again. */
	if (self->consumed_count == CONSUMED_MAX)
		memmove(self->consumed, self->consumed + 1,
		        --self->consumed_count * sizeof *self->consumed);
	self->consumed[self->consumed_count++] = (struct consumed){resting, price, qty};
}
