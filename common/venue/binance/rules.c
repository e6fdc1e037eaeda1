/* SPDX-License-Identifier: Apache-2.0 */
#include "common/venue/binance/rules.h"

#include <string.h>

enum { PLACES_MAX = 18 };

static uint64_t read_places(struct fields *self, const char *key)
{
	uint64_t places = fields_count(self, key);

	if (places > PLACES_MAX)
		fields_refuse(self, key);
	return places;
}

static void read_price_filter(struct fields *filter, struct instrument *out)
{
	out->price_min = fields_amount(filter, "minPrice");
	out->price_max = fields_amount(filter, "maxPrice");
	out->tick = fields_amount(filter, "tickSize");
}

static void read_lot_size(struct fields *filter, struct instrument *out)
{
	out->qty_min = fields_amount(filter, "minQty");
	out->qty_max = fields_amount(filter, "maxQty");
	out->lot = fields_amount(filter, "stepSize");
}

static void read_market_lot_size(struct fields *filter, struct instrument *out)
{
	out->market_qty_min = fields_amount(filter, "minQty");
	out->market_qty_max = fields_amount(filter, "maxQty");
	out->market_lot = fields_amount(filter, "stepSize");
}

static void read_percent_price(struct fields *filter, struct instrument *out)
{
	out->bid_up = out->ask_up = fields_amount(filter, "multiplierUp");
	out->bid_down = out->ask_down = fields_amount(filter, "multiplierDown");
	out->average_minutes = fields_count(filter, "avgPriceMins");
}

static void read_percent_price_by_side(struct fields *filter, struct instrument *out)
{
	out->bid_up = fields_amount(filter, "bidMultiplierUp");
	out->bid_down = fields_amount(filter, "bidMultiplierDown");
	out->ask_up = fields_amount(filter, "askMultiplierUp");
	out->ask_down = fields_amount(filter, "askMultiplierDown");
	out->average_minutes = fields_count(filter, "avgPriceMins");
}

static void read_min_notional(struct fields *filter, struct instrument *out)
{
	out->notional_min = fields_amount(filter, "minNotional");
	out->notional_min_market = fields_flag(filter, "applyToMarket");
	out->average_minutes = fields_count(filter, "avgPriceMins");
}

static void read_notional(struct fields *filter, struct instrument *out)
{
	out->notional_min = fields_amount(filter, "minNotional");
	out->notional_min_market = fields_flag(filter, "applyMinToMarket");
	out->notional_max = fields_amount(filter, "maxNotional");
	out->notional_max_market = fields_flag(filter, "applyMaxToMarket");
	out->average_minutes = fields_count(filter, "avgPriceMins");
}

static void read_iceberg_parts(struct fields *filter, struct instrument *out)
{
	out->iceberg_parts = fields_count(filter, "limit");
}

static void read_max_num_orders(struct fields *filter, struct instrument *out)
{
	out->orders_max = fields_count(filter, "maxNumOrders");
}

static void read_max_num_algo_orders(struct fields *filter, struct instrument *out)
{
	out->algo_orders_max = fields_count(filter, "maxNumAlgoOrders");
}

static void read_max_num_iceberg_orders(struct fields *filter, struct instrument *out)
{
	out->iceberg_orders_max = fields_count(filter, "maxNumIcebergOrders");
}

static void read_max_num_order_lists(struct fields *filter, struct instrument *out)
{
	out->order_lists_max = fields_count(filter, "maxNumOrderLists");
}

static void read_max_num_order_amends(struct fields *filter, struct instrument *out)
{
	out->amends_max = fields_count(filter, "maxNumOrderAmends");
}

static void read_max_position(struct fields *filter, struct instrument *out)
{
	out->position_max = fields_amount(filter, "maxPosition");
}

static void read_trailing_delta(struct fields *filter, struct instrument *out)
{
	out->trailing_above_min = fields_count(filter, "minTrailingAboveDelta");
	out->trailing_above_max = fields_count(filter, "maxTrailingAboveDelta");
	out->trailing_below_min = fields_count(filter, "minTrailingBelowDelta");
	out->trailing_below_max = fields_count(filter, "maxTrailingBelowDelta");
}

static const struct {
	const char *type;
	void (*read)(struct fields *filter, struct instrument *out);
} filters[] = {
	{"PRICE_FILTER", read_price_filter},
	{"LOT_SIZE", read_lot_size},
	{"MARKET_LOT_SIZE", read_market_lot_size},
	{"PERCENT_PRICE", read_percent_price},
	{"PERCENT_PRICE_BY_SIDE", read_percent_price_by_side},
	{"MIN_NOTIONAL", read_min_notional},
	{"NOTIONAL", read_notional},
	{"ICEBERG_PARTS", read_iceberg_parts},
	{"MAX_NUM_ORDERS", read_max_num_orders},
	{"MAX_NUM_ALGO_ORDERS", read_max_num_algo_orders},
	{"MAX_NUM_ICEBERG_ORDERS", read_max_num_iceberg_orders},
	{"MAX_NUM_ORDER_LISTS", read_max_num_order_lists},
	{"MAX_NUM_ORDER_AMENDS", read_max_num_order_amends},
	{"MAX_POSITION", read_max_position},
	{"TRAILING_DELTA", read_trailing_delta},
};

static void read_filter(struct fields *filter, struct instrument *out)
{
	const char *type = fields_text(filter, "filterType");

	for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++)
		if (strcmp(filters[i].type, type) == 0)
			filters[i].read(filter, out);
}

void rules_read(struct fields *self, struct instrument *out)
{
	*out = (struct instrument){
		.symbol = fields_name(self, "symbol"),
		.base = fields_name(self, "baseAsset"),
		.quote = fields_name(self, "quoteAsset"),
		.trading = strcmp(fields_text(self, "status"), "TRADING") == 0,
		.base_places = read_places(self, "baseAssetPrecision"),
		.quote_places = read_places(self, "quoteAssetPrecision"),
	};
	const json_t *list = fields_list(self, "filters");

	for (size_t i = 0; i < json_array_size(list); i++) {
		struct fields filter = fields_of(json_array_get(list, i));
		read_filter(&filter, out);
		if (filter.bad != NULL)
			fields_refuse(self, filter.bad);
	}
}
