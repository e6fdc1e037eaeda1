/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/stops.h"

#include "common/model/instrument.h"

void guard_init(struct guard *self)
{
	*self = (struct guard){.place = STOP_PLACE_EXCHANGE, .held = STOP_PLACE_EXCHANGE};
}

bool guard_has_terms(const struct guard *self)
{
	return decimal_sign(self->loss_pct) > 0 || decimal_sign(self->trail_pct) > 0;
}

void guard_set(struct guard *self, const struct journal_protect *record)
{
	*self = (struct guard){
		.loss_pct = record->stop_loss_pct,
		.trail_pct = record->stop_trail_pct,
		.place = record->stop_place,
		.held = record->held,
		.trigger = record->trigger,
		.high = record->high,
		.fired = record->fired,
		.intent_id = record->intent_id,
		.client_id = record->client_id,
		.attempt = record->attempt,
		.rejections = record->rejections,
	};
}

struct journal_protect guard_record(const struct guard *self, const struct position *position,
                                    nanos_t at)
{
	return (struct journal_protect){
		.bot = position->bot,
		.symbol = position->symbol,
		.stop_loss_pct = self->loss_pct,
		.stop_trail_pct = self->trail_pct,
		.stop_place = self->place,
		.held = self->held,
		.trigger = self->trigger,
		.high = self->high,
		.fired = self->fired,
		.intent_id = self->intent_id,
		.client_id = self->client_id,
		.attempt = self->attempt,
		.rejections = self->rejections,
		.at = at,
	};
}

/* price × (100 − pct) / 100 */
static enum err lowered(decimal_t price, decimal_t pct, decimal_t *out)
{
	decimal_t share;
	enum err err = decimal_subtract(decimal_of("100"), pct, &share);

	if (err == OK)
		err = decimal_multiply(share, decimal_of("0.01"), &share);
	return err == OK ? decimal_multiply(price, share, out) : err;
}

decimal_t stops_on_tick(decimal_t price, const struct instrument *instrument)
{
	decimal_t rounded;

	return instrument_round_price(instrument, price, ROUND_CEIL, &rounded) == OK ? rounded
	                                                                             : price;
}

decimal_t stops_below(decimal_t price, decimal_t pct, const struct instrument *instrument)
{
	decimal_t low;

	if (lowered(price, pct, &low) != OK ||
	    instrument_round_price(instrument, low, ROUND_FLOOR, &low) != OK)
		return price;
	return low;
}

/* Zero without such a term, or when it doesn't fit. */
static decimal_t trigger_below(decimal_t price, decimal_t pct, const struct instrument *instrument)
{
	decimal_t trigger;

	if (decimal_sign(pct) <= 0 || lowered(price, pct, &trigger) != OK)
		return DECIMAL_ZERO;
	return stops_on_tick(trigger, instrument);
}

decimal_t guard_raised(const struct guard *self, decimal_t high,
                       const struct instrument *instrument)
{
	return decimal_max(self->trigger, trigger_below(high, self->trail_pct, instrument));
}

bool guard_is_step(const struct guard *self, decimal_t raised, decimal_t step_pct)
{
	decimal_t step, least;

	if (decimal_compare(raised, self->trigger) <= 0)
		return false;
	if (decimal_multiply(step_pct, decimal_of("0.01"), &step) != OK ||
	    decimal_multiply(step, self->trigger, &step) != OK ||
	    decimal_add(self->trigger, step, &least) != OK)
		return true;
	return decimal_compare(raised, least) >= 0;
}

static void disarm(struct guard *self)
{
	self->trigger = self->high = DECIMAL_ZERO;
	self->fired = false;
	self->held = self->place;
	self->rejections = 0;
}

static bool is_at_least(decimal_t value, decimal_t least)
{
	return decimal_sign(least) <= 0 || decimal_compare(value, least) >= 0;
}

static bool has_value(const struct instrument *instrument, enum order_type type, decimal_t qty,
                      decimal_t price)
{
	bool at_market = type == ORDER_TYPE_MARKET || type == ORDER_TYPE_STOP_LOSS;
	decimal_t value;

	if ((at_market && !instrument->notional_min_market) || decimal_sign(price) <= 0)
		return true;
	return decimal_multiply(qty, price, &value) != OK ||
	       is_at_least(value, instrument->notional_min);
}

static decimal_t at_most(decimal_t qty, decimal_t most)
{
	return decimal_sign(most) > 0 ? decimal_min(qty, most) : qty;
}

decimal_t stops_fit(const struct instrument *instrument, enum order_type type, decimal_t qty,
                    decimal_t price)
{
	bool at_once = type == ORDER_TYPE_MARKET;

	qty = at_most(qty, instrument->qty_max);
	if (at_once)
		qty = at_most(qty, instrument->market_qty_max);
	if (decimal_sign(qty) <= 0 || instrument_round_qty(instrument, qty, &qty) != OK)
		return DECIMAL_ZERO;
	if (at_once && decimal_sign(instrument->market_lot) > 0 &&
	    decimal_round_to(qty, instrument->market_lot, ROUND_DOWN, &qty) != OK)
		return DECIMAL_ZERO;
	if (decimal_sign(qty) <= 0 || !is_at_least(qty, instrument->qty_min) ||
	    (at_once && !is_at_least(qty, instrument->market_qty_min)) ||
	    !has_value(instrument, type, qty, price))
		return DECIMAL_ZERO;
	return qty;
}

/* What a sale leaves that nobody could sell is no position any more: the next entry begins anew. */
static bool is_over(const struct position *position, const struct fill *fill,
                    const struct instrument *instrument)
{
	if (decimal_sign(position->qty) <= 0)
		return true;
	return fill->side == SIDE_SELL && decimal_sign(stops_fit(instrument, ORDER_TYPE_MARKET,
	                                                         position->qty, fill->price)) <= 0;
}

void guard_filled(struct guard *self, const struct position *position, const struct fill *fill,
                  const struct instrument *instrument)
{
	if (is_over(position, fill, instrument)) {
		disarm(self);
		return;
	}
	if (fill->side != SIDE_BUY || !guard_has_terms(self))
		return;
	self->high = decimal_max(self->high, fill->price);
	decimal_t loss = trigger_below(position->entry_price, self->loss_pct, instrument);
	decimal_t trail = trigger_below(self->high, self->trail_pct, instrument);
	if (decimal_sign(loss) > 0 || decimal_sign(trail) > 0)
		self->trigger = decimal_max(loss, trail);
}
