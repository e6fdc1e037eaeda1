/* SPDX-License-Identifier: Apache-2.0 */
#include "services/exchange/history.h"

#include "services/exchange/money.h"

struct place { /* of a trade in the ring: round may be below zero */
	int64_t round;
	size_t index;
};

static int64_t floor_divide(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* The first trade at or after a moment. */
static struct place place_at(const struct market *self, nanos_t moment)
{
	const struct tape *tape = self->tape;
	int64_t round = floor_divide(moment - self->place.origin, tape->period);
	nanos_t since = moment - self->place.origin - round * tape->period;
	size_t low = 0, high = tape->trade_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (tape->trades[middle].at < since)
			low = middle + 1;
		else
			high = middle;
	}
	return (struct place){round, low};
}

static int64_t number_of(const struct market *self, struct place place)
{
	return place.round * (int64_t)self->tape->trade_count + (int64_t)place.index;
}

static struct place place_of(const struct market *self, int64_t number)
{
	int64_t count = (int64_t)self->tape->trade_count;
	int64_t round = floor_divide(number, count);
	return (struct place){round, (size_t)(number - round * count)};
}

struct range {
	int64_t high, low; /* prices */
};

static void scan(const struct tape *tape, size_t from, size_t to, struct range *range)
{
	for (size_t i = from; i < to; i++) {
		int64_t price = tape->trades[i].price;
		range->high = price > range->high ? price : range->high;
		range->low = price < range->low ? price : range->low;
	}
}

static struct range range_between(const struct tape *tape, struct place from, struct place to)
{
	struct range range = {INT64_MIN, INT64_MAX};
	if (from.round == to.round) {
		scan(tape, from.index, to.index, &range);
		return range;
	}
	scan(tape, from.index, tape->trade_count, &range);
	if (to.round - from.round > 1)
		scan(tape, 0, from.index, &range);
	scan(tape, 0, to.index, &range);
	return range;
}

static decimal_t moved(const struct market *self, int64_t price)
{
	return money_add(decimal_make(price, -MONEY_PLACES), self->place.price_offset);
}

/* volume and turnover before a place, counted from round `base`; the price offset is in the
 * turnover. */
static struct tape_trade totals_at(const struct market *self, struct place place, int64_t base)
{
	const struct tape_trade *all = &self->tape->trades[self->tape->trade_count];
	const struct tape_trade *part = &self->tape->trades[place.index];
	int64_t rounds = place.round - base;
	struct tape_trade sum = {
		.volume = rounds * all->volume + part->volume,
		.taker_volume = rounds * all->taker_volume + part->taker_volume,
		.turnover = rounds * all->turnover + part->turnover,
		.taker_turnover = rounds * all->taker_turnover + part->taker_turnover,
	};
	return sum;
}

static struct decimal_total turnover_of(const struct market *self, __int128 turnover,
                                        int64_t volume)
{
	struct decimal_total total = {turnover, -2 * MONEY_PLACES};
	enum err err = decimal_total_add_product(&total, decimal_make(volume, -MONEY_PLACES),
	                                         self->place.price_offset);
	assert(err == OK);
	return total;
}

bool history_candle(const struct market *self, nanos_t start, nanos_t end,
                    struct history_candle *out)
{
	const struct tape *tape = self->tape;
	int64_t from = number_of(self, place_at(self, start)),
		to = number_of(self, place_at(self, end));
	to = to < (int64_t)self->trades ? to : (int64_t)self->trades;
	*out = (struct history_candle){.volume = DECIMAL_TOTAL_ZERO};
	decimal_t last = moved(self, tape->trades[place_of(self, to - 1).index].price);
	out->open = out->high = out->low = out->close = last;
	if (from >= to)
		return false;
	struct place first = place_of(self, from), beyond = place_of(self, to);
	struct range range = range_between(tape, first, beyond);
	struct tape_trade a = totals_at(self, first, first.round),
			  b = totals_at(self, beyond, first.round);
	out->open = moved(self, tape->trades[first.index].price);
	out->high = moved(self, range.high);
	out->low = moved(self, range.low);
	out->trades = (uint64_t)(to - from);
	out->volume = (struct decimal_total){b.volume - a.volume, -MONEY_PLACES};
	out->taker_volume = (struct decimal_total){b.taker_volume - a.taker_volume, -MONEY_PLACES};
	out->turnover = turnover_of(self, b.turnover - a.turnover, b.volume - a.volume);
	out->taker_turnover = turnover_of(self, b.taker_turnover - a.taker_turnover,
	                                  b.taker_volume - a.taker_volume);
	return true;
}

decimal_t history_average(const struct market *self, nanos_t start, nanos_t end)
{
	struct history_candle candle;
	if (!history_candle(self, start, end, &candle))
		return self->last_price;
	decimal_t volume, turnover, average;
	if (decimal_total_value(&candle.volume, &volume) != OK ||
	    decimal_total_value(&candle.turnover, &turnover) != OK)
		return candle.close;
	/* A turnover of sixteen places may not fit with them; its last ones don't matter to an
	 * average. */
	if (decimal_divide_rounded(turnover, volume, MONEY_PLACES, ROUND_DOWN, &average) != OK)
		return candle.close;
	return average;
}
