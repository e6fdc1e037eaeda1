/* SPDX-License-Identifier: Apache-2.0 */
#include "common/model/book.h"

#include <assert.h>
#include <string.h>

static_assert((int)LEVELS_MAX <= (int)BOOK_DEPTH_MAX, "a snapshot fits into a book");

static int compare_prices(decimal_t a, decimal_t b)
{
	if (a.exponent == b.exponent)
		return (a.coefficient > b.coefficient) - (a.coefficient < b.coefficient);
	return decimal_compare(a, b);
}

/* True when `a` stands before `b` on that side. */
static bool is_better(enum side resting, decimal_t a, decimal_t b)
{
	int order = compare_prices(a, b);

	return resting == SIDE_BUY ? order > 0 : order < 0;
}

static void empty(struct book *self)
{
	self->id = 0;
	self->bids.count = 0;
	self->asks.count = 0;
}

void book_init(struct book *self)
{
	memset(self, 0, sizeof *self);
}

static bool is_crossed(const struct book *self)
{
	return self->bids.count > 0 && self->asks.count > 0 &&
	       compare_prices(self->bids.levels[0].price, self->asks.levels[0].price) >= 0;
}

static bool is_sound(const struct level *level)
{
	return decimal_sign(level->price) > 0 && decimal_sign(level->qty) >= 0;
}

static enum err load_side(struct book_side *side, enum side resting, const struct levels *levels)
{
	if (levels->count > LEVELS_MAX)
		return ERR_INVALID;
	for (uint32_t i = 0; i < levels->count; i++) {
		const struct level *level = &levels->items[i];
		if (!is_sound(level))
			return ERR_INVALID;
		if (i > 0 && !is_better(resting, levels->items[i - 1].price, level->price))
			return ERR_INVALID;
		if (decimal_sign(level->qty) > 0)
			side->levels[side->count++] = *level;
	}
	return OK;
}

enum err book_load(struct book *self, uint64_t id, const struct levels *bids,
                   const struct levels *asks)
{
	empty(self);
	enum err err = id == 0 ? ERR_INVALID : load_side(&self->bids, SIDE_BUY, bids);
	if (err == OK)
		err = load_side(&self->asks, SIDE_SELL, asks);
	if (err == OK && is_crossed(self))
		err = ERR_INVALID;
	if (err != OK) {
		empty(self);
		return err;
	}
	self->id = id;
	return OK;
}

/* Where the first level stands that is not better than `price`. */
static uint32_t place_of(const struct book_side *side, enum side resting, decimal_t price)
{
	uint32_t low = 0, high = side->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (is_better(resting, side->levels[middle].price, price))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool stands_at(const struct book_side *side, uint32_t place, decimal_t price)
{
	return place < side->count && compare_prices(side->levels[place].price, price) == 0;
}

static void remove_at(struct book_side *side, uint32_t place)
{
	struct level *level = &side->levels[place];

	side->count--;
	memmove(level, level + 1, (side->count - place) * sizeof *level);
}

static void insert_at(struct book_side *side, uint32_t place, const struct level *new)
{
	struct level *level = &side->levels[place];

	if (place == BOOK_DEPTH_MAX)
		return;
	if (side->count == BOOK_DEPTH_MAX)
		side->count--;
	memmove(level + 1, level, (side->count - place) * sizeof *level);
	*level = *new;
	side->count++;
}

static void set_level(struct book_side *side, enum side resting, const struct level *level)
{
	uint32_t place = place_of(side, resting, level->price);
	bool stands = stands_at(side, place, level->price);

	if (decimal_sign(level->qty) > 0) {
		if (stands)
			side->levels[place].qty = level->qty;
		else
			insert_at(side, place, level);
	} else if (stands) {
		remove_at(side, place);
	}
}

static enum err apply_side(struct book_side *side, enum side resting, const struct levels *levels)
{
	if (levels->count > LEVELS_MAX)
		return ERR_INVALID;
	for (uint32_t i = 0; i < levels->count; i++) {
		if (!is_sound(&levels->items[i]))
			return ERR_INVALID;
		set_level(side, resting, &levels->items[i]);
	}
	return OK;
}

static enum err apply(struct book *self, uint64_t first, uint64_t last, const struct levels *bids,
                      const struct levels *asks)
{
	if (self->id == 0 || first > last)
		return ERR_INVALID;
	if (last <= self->id)
		return OK;
	if (first > self->id + 1)
		return ERR_GAP;
	enum err err = apply_side(&self->bids, SIDE_BUY, bids);
	if (err == OK)
		err = apply_side(&self->asks, SIDE_SELL, asks);
	if (err != OK)
		return err;
	self->id = last;
	return is_crossed(self) ? ERR_INVALID : OK;
}

enum err book_apply(struct book *self, uint64_t first, uint64_t last, const struct levels *bids,
                    const struct levels *asks)
{
	enum err err = apply(self, first, last, bids, asks);

	if (err != OK)
		empty(self);
	return err;
}

const struct level *book_best_bid(const struct book *self)
{
	return self->bids.count > 0 ? &self->bids.levels[0] : NULL;
}

const struct level *book_best_ask(const struct book *self)
{
	return self->asks.count > 0 ? &self->asks.levels[0] : NULL;
}

static const struct book_side *side_of(const struct book *self, enum side resting)
{
	assert(resting == SIDE_BUY || resting == SIDE_SELL);
	return resting == SIDE_BUY ? &self->bids : &self->asks;
}

decimal_t book_qty_at(const struct book *self, enum side side, decimal_t price)
{
	const struct book_side *levels = side_of(self, side);
	uint32_t place = place_of(levels, side, price);

	return stands_at(levels, place, price) ? levels->levels[place].qty : DECIMAL_ZERO;
}

enum err book_available(const struct book *self, enum side resting, decimal_t limit,
                        decimal_t enough, decimal_t *out)
{
	const struct book_side *side = side_of(self, resting);
	decimal_t sum = DECIMAL_ZERO;

	for (uint32_t i = 0; i < side->count && decimal_compare(sum, enough) < 0; i++) {
		if (is_better(resting, limit, side->levels[i].price))
			break;
		enum err err = decimal_add(sum, side->levels[i].qty, &sum);
		if (err != OK)
			return err;
	}
	*out = decimal_min(sum, enough);
	return OK;
}
