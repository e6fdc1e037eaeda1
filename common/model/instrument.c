/* SPDX-License-Identifier: Apache-2.0 */
/* Map: exact comparison with a product; one function per filter; the table of filters, in the order
   in which they are asked; rounding. What can't be computed is refused by the filter that asks. */
#include "common/model/instrument.h"

#include <assert.h>

/* The sign of value − a × b; false when it doesn't fit. */
static bool compare_product(decimal_t value, decimal_t a, decimal_t b, int *sign)
{
	struct decimal_total total = DECIMAL_TOTAL_ZERO;

	if (decimal_total_add_product(&total, decimal_negate(a), b) != OK)
		return false;
	if (decimal_total_add(&total, value) != OK)
		return false;
	*sign = (total.coefficient > 0) - (total.coefficient < 0);
	return true;
}

static bool at_most_product(decimal_t value, decimal_t a, decimal_t b)
{
	int sign;

	return compare_product(value, a, b, &sign) && sign <= 0;
}

static bool at_least_product(decimal_t value, decimal_t a, decimal_t b)
{
	int sign;

	return compare_product(value, a, b, &sign) && sign >= 0;
}

/* Above zero, in range and on the grid; a zero bound or step is no rule. */
static bool fits_grid(decimal_t value, decimal_t low, decimal_t high, decimal_t step)
{
	if (decimal_sign(value) <= 0)
		return false;
	if (decimal_compare(value, low) < 0)
		return false;
	if (decimal_sign(high) > 0 && decimal_compare(value, high) > 0)
		return false;
	return decimal_sign(step) <= 0 || decimal_is_multiple(value, step);
}

static bool has_limit_price(enum order_type type)
{
	return type == ORDER_TYPE_LIMIT || type == ORDER_TYPE_LIMIT_MAKER ||
	       type == ORDER_TYPE_STOP_LOSS_LIMIT || type == ORDER_TYPE_TAKE_PROFIT_LIMIT;
}

static bool is_by_quote(const struct instrument_order *order)
{
	return decimal_sign(order->quote_qty) > 0;
}

static bool passes_price(const struct instrument *self, const struct instrument_order *order,
                         const struct instrument_context *context)
{
	bool needs_stop = instrument_is_algo(order->type) || decimal_sign(order->stop_price) != 0;

	(void)context;
	if (needs_stop &&
	    !fits_grid(order->stop_price, self->price_min, self->price_max, self->tick))
		return false;
	return !has_limit_price(order->type) ||
	       fits_grid(order->price, self->price_min, self->price_max, self->tick);
}

static bool passes_percent(const struct instrument *self, const struct instrument_order *order,
                           const struct instrument_context *context)
{
	bool buys = order->side == SIDE_BUY;
	decimal_t up = buys ? self->bid_up : self->ask_up;
	decimal_t down = buys ? self->bid_down : self->ask_down;

	if (!has_limit_price(order->type) || decimal_sign(context->average_price) <= 0)
		return true;
	if (decimal_sign(up) > 0 && !at_most_product(order->price, context->average_price, up))
		return false;
	return decimal_sign(down) <= 0 ||
	       at_least_product(order->price, context->average_price, down);
}

static bool passes_lot(const struct instrument *self, const struct instrument_order *order,
                       const struct instrument_context *context)
{
	(void)context;
	if (decimal_sign(order->iceberg_qty) != 0 &&
	    !fits_grid(order->iceberg_qty, self->qty_min, self->qty_max, self->lot))
		return false;
	return is_by_quote(order) || fits_grid(order->qty, self->qty_min, self->qty_max, self->lot);
}

static bool passes_market_lot(const struct instrument *self, const struct instrument_order *order,
                              const struct instrument_context *context)
{
	(void)context;
	if (order->type != ORDER_TYPE_MARKET || is_by_quote(order))
		return true;
	return fits_grid(order->qty, self->market_qty_min, self->market_qty_max, self->market_lot);
}

static bool notional_fits(decimal_t low, decimal_t high, decimal_t price, decimal_t qty)
{
	if (decimal_sign(low) > 0 && !at_most_product(low, price, qty))
		return false;
	return decimal_sign(high) <= 0 || at_least_product(high, price, qty);
}

static bool passes_notional(const struct instrument *self, const struct instrument_order *order,
                            const struct instrument_context *context)
{
	if (has_limit_price(order->type))
		return notional_fits(self->notional_min, self->notional_max, order->price,
		                     order->qty);
	decimal_t low = self->notional_min_market ? self->notional_min : DECIMAL_ZERO;
	decimal_t high = self->notional_max_market ? self->notional_max : DECIMAL_ZERO;
	if (is_by_quote(order))
		return notional_fits(low, high, DECIMAL_ONE, order->quote_qty);
	if (decimal_sign(context->average_price) <= 0)
		return true;
	return notional_fits(low, high, context->average_price, order->qty);
}

/* ceil(qty / iceberg) ≤ limit says the same as qty ≤ limit × iceberg. */
static bool passes_iceberg_parts(const struct instrument *self,
                                 const struct instrument_order *order,
                                 const struct instrument_context *context)
{
	(void)context;
	if (decimal_sign(order->iceberg_qty) <= 0)
		return true;
	if (self->iceberg_parts == 0 || self->iceberg_parts > INT64_MAX)
		return true;
	decimal_t parts = decimal_make((int64_t)self->iceberg_parts, 0);
	return at_most_product(order->qty, parts, order->iceberg_qty);
}

static bool has_room(uint64_t limit, unsigned open)
{
	return limit == 0 || open < limit;
}

static bool passes_orders(const struct instrument *self, const struct instrument_order *order,
                          const struct instrument_context *context)
{
	(void)order;
	return has_room(self->orders_max, context->open_orders);
}

static bool passes_algo_orders(const struct instrument *self, const struct instrument_order *order,
                               const struct instrument_context *context)
{
	return !instrument_is_algo(order->type) ||
	       has_room(self->algo_orders_max, context->open_algo_orders);
}

static bool passes_iceberg_orders(const struct instrument *self,
                                  const struct instrument_order *order,
                                  const struct instrument_context *context)
{
	return decimal_sign(order->iceberg_qty) <= 0 ||
	       has_room(self->iceberg_orders_max, context->open_iceberg_orders);
}

/* How much base a buy may bring; zero when that depends on a price that nobody knows. */
static enum err base_wanted(const struct instrument_order *order, decimal_t average_price,
                            decimal_t *out)
{
	enum { PLACES = 8 };

	*out = order->qty;
	if (!is_by_quote(order))
		return OK;
	*out = DECIMAL_ZERO;
	if (decimal_sign(average_price) <= 0)
		return OK;
	return decimal_divide_rounded(order->quote_qty, average_price, PLACES, ROUND_UP, out);
}

static bool passes_position(const struct instrument *self, const struct instrument_order *order,
                            const struct instrument_context *context)
{
	decimal_t wanted;

	if (order->side != SIDE_BUY || decimal_sign(self->position_max) <= 0)
		return true;
	if (base_wanted(order, context->average_price, &wanted) != OK)
		return false;
	if (decimal_add(wanted, context->base_held, &wanted) != OK)
		return false;
	return decimal_compare(wanted, self->position_max) <= 0;
}

static const struct filter {
	const char *name;
	bool (*passes)(const struct instrument *self, const struct instrument_order *order,
	               const struct instrument_context *context);
} filters[] = {
	{"PRICE_FILTER", passes_price},
	{"PERCENT_PRICE_BY_SIDE", passes_percent},
	{"LOT_SIZE", passes_lot},
	{"MARKET_LOT_SIZE", passes_market_lot},
	{"NOTIONAL", passes_notional},
	{"ICEBERG_PARTS", passes_iceberg_parts},
	{"MAX_NUM_ORDERS", passes_orders},
	{"MAX_NUM_ALGO_ORDERS", passes_algo_orders},
	{"MAX_NUM_ICEBERG_ORDERS", passes_iceberg_orders},
	{"MAX_POSITION", passes_position},
};

const char *instrument_refusal(const struct instrument *self, const struct instrument_order *order,
                               const struct instrument_context *context)
{
	assert(order->side == SIDE_BUY || order->side == SIDE_SELL);
	for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++)
		if (!filters[i].passes(self, order, context))
			return filters[i].name;
	return NULL;
}

bool instrument_is_algo(enum order_type type)
{
	return type == ORDER_TYPE_STOP_LOSS || type == ORDER_TYPE_STOP_LOSS_LIMIT ||
	       type == ORDER_TYPE_TAKE_PROFIT || type == ORDER_TYPE_TAKE_PROFIT_LIMIT;
}

static enum err round_on_grid(decimal_t value, decimal_t step, enum rounding rounding,
                              decimal_t *out)
{
	if (decimal_sign(step) > 0)
		return decimal_round_to(value, step, rounding, out);
	*out = value;
	return OK;
}

enum err instrument_round_price(const struct instrument *self, decimal_t price,
                                enum rounding rounding, decimal_t *out)
{
	return round_on_grid(price, self->tick, rounding, out);
}

enum err instrument_round_qty(const struct instrument *self, decimal_t qty, decimal_t *out)
{
	return round_on_grid(qty, self->lot, ROUND_DOWN, out);
}

bool instrument_is_dust(const struct instrument *self, decimal_t qty, decimal_t price)
{
	decimal_t value;

	if (decimal_compare(qty, decimal_max(self->lot, self->qty_min)) < 0)
		return true;
	return decimal_multiply(qty, price, &value) == OK &&
	       decimal_compare(value, self->notional_min) < 0;
}
