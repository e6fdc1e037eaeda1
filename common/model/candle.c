/* SPDX-License-Identifier: Apache-2.0 */
#include "common/model/candle.h"

#include <assert.h>
#include <string.h>

void candle_init(struct candle_builder *self, nanos_t period, nanos_t grace)
{
	assert(period > 0 && grace >= 0);
	memset(self, 0, sizeof *self);
	self->period = period;
	self->grace = grace;
}

static nanos_t period_start(nanos_t at, nanos_t period)
{
	nanos_t rest = at % period;

	return at - (rest < 0 ? rest + period : rest);
}

static void open_candle(struct candle_builder *self, nanos_t start, decimal_t price)
{
	self->open = (struct candle){
		.start = start,
		.period = self->period,
		.open = price,
		.high = price,
		.low = price,
		.incomplete = self->gap,
	};
	if (self->last_start != 0)
		self->open.missing = (uint64_t)((start - self->last_start) / self->period) - 1;
}

static void close_candle(struct candle_builder *self, struct candle *closed)
{
	*closed = self->open;
	self->last_start = self->open.start;
	memset(&self->open, 0, sizeof self->open);
}

static void add_trade(struct candle *candle, decimal_t price, decimal_t qty)
{
	candle->high = decimal_max(candle->high, price);
	candle->low = decimal_min(candle->low, price);
	candle->close = price;
	candle->trades++;
	if (decimal_add(candle->volume, qty, &candle->volume) != OK)
		candle->incomplete = true;
}

static bool is_late(const struct candle_builder *self, nanos_t start)
{
	if (self->open.trades > 0)
		return start < self->open.start;
	return self->last_start != 0 && start <= self->last_start;
}

bool candle_trade(struct candle_builder *self, nanos_t at, decimal_t price, decimal_t qty,
                  struct candle *closed)
{
	nanos_t start = period_start(at, self->period);
	bool completes = self->open.trades > 0 && start > self->open.start;

	if (is_late(self, start)) {
		self->late++;
		return false;
	}
	if (completes)
		close_candle(self, closed);
	if (self->open.trades == 0)
		open_candle(self, start, price);
	add_trade(&self->open, price, qty);
	self->gap = false;
	return completes;
}

bool candle_tick(struct candle_builder *self, nanos_t now, struct candle *closed)
{
	if (self->open.trades == 0 || now < candle_due(self))
		return false;
	close_candle(self, closed);
	return true;
}

nanos_t candle_due(const struct candle_builder *self)
{
	return self->open.trades > 0 ? self->open.start + self->period + self->grace : 0;
}

/* What is missed ends with the next trade, so the candle of that trade is marked as well. */
void candle_mark_gap(struct candle_builder *self)
{
	self->gap = true;
	if (self->open.trades > 0)
		self->open.incomplete = true;
}
