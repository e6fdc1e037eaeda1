/* SPDX-License-Identifier: Apache-2.0 */
/* Each filter at its bounds: one tick or lot inside, on the bound, one outside. */
#include "common/model/instrument.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/check_decimal.h"

static struct instrument instrument;
static struct instrument_context context;

/* All filters but the grid are off; each test turns on its own. */
static int given_a_grid(void **state)
{
	(void)state;
	memset(&instrument, 0, sizeof instrument);
	memset(&context, 0, sizeof context);
	instrument.tick = decimal_of("0.01");
	instrument.price_min = decimal_of("0.05");
	instrument.price_max = decimal_of("1000");
	instrument.lot = decimal_of("0.001");
	instrument.qty_min = decimal_of("0.002");
	instrument.qty_max = decimal_of("50");
	return 0;
}

static struct instrument_order order_of(enum order_type type, const char *qty, const char *price,
                                        const char *stop_price)
{
	return (struct instrument_order){
		.side = SIDE_BUY,
		.type = type,
		.qty = decimal_of(qty),
		.price = decimal_of(price),
		.stop_price = decimal_of(stop_price),
	};
}

static struct instrument_order limit(const char *qty, const char *price)
{
	return order_of(ORDER_TYPE_LIMIT, qty, price, "0");
}

static struct instrument_order market(const char *qty)
{
	return order_of(ORDER_TYPE_MARKET, qty, "0", "0");
}

static struct instrument_order market_by_quote(const char *quote_qty)
{
	struct instrument_order order = market("0");

	order.quote_qty = decimal_of(quote_qty);
	return order;
}

static struct instrument_order selling(struct instrument_order order)
{
	order.side = SIDE_SELL;
	return order;
}

static struct instrument_order iceberg(const char *qty, const char *iceberg_qty)
{
	struct instrument_order order = limit(qty, "100");

	order.iceberg_qty = decimal_of(iceberg_qty);
	return order;
}

static void passes(struct instrument_order order)
{
	const char *filter = instrument_refusal(&instrument, &order, &context);

	if (filter != NULL)
		fail_msg("refused by %s", filter);
}

static void fails(struct instrument_order order, const char *expected)
{
	const char *filter = instrument_refusal(&instrument, &order, &context);

	assert_string_equal(filter != NULL ? filter : "none", expected);
}

static void price_filter_holds_range_and_tick(void **state)
{
	(void)state;
	fails(limit("1", "0.04"), "PRICE_FILTER");
	passes(limit("1", "0.05"));
	passes(limit("1", "0.06"));
	passes(limit("1", "999.99"));
	passes(limit("1", "1000"));
	fails(limit("1", "1000.01"), "PRICE_FILTER");
	fails(limit("1", "100.005"), "PRICE_FILTER");
	fails(limit("1", "100.0100000000001"), "PRICE_FILTER");
}

static void price_filter_refuses_a_limit_without_a_price(void **state)
{
	(void)state;
	fails(limit("1", "0"), "PRICE_FILTER");
	fails(limit("1", "-1"), "PRICE_FILTER");
	fails(order_of(ORDER_TYPE_LIMIT_MAKER, "1", "0", "0"), "PRICE_FILTER");
	instrument.tick = instrument.price_min = DECIMAL_ZERO;
	fails(limit("1", "0"), "PRICE_FILTER");
}

static void price_filter_holds_for_the_stop_price_too(void **state)
{
	(void)state;
	passes(order_of(ORDER_TYPE_STOP_LOSS, "1", "0", "0.05"));
	fails(order_of(ORDER_TYPE_STOP_LOSS, "1", "0", "0.04"), "PRICE_FILTER");
	fails(order_of(ORDER_TYPE_STOP_LOSS, "1", "0", "50.001"), "PRICE_FILTER");
	fails(order_of(ORDER_TYPE_STOP_LOSS, "1", "0", "0"), "PRICE_FILTER");
	passes(order_of(ORDER_TYPE_TAKE_PROFIT_LIMIT, "1", "100", "1000"));
	fails(order_of(ORDER_TYPE_TAKE_PROFIT_LIMIT, "1", "100", "1000.01"), "PRICE_FILTER");
	fails(order_of(ORDER_TYPE_STOP_LOSS_LIMIT, "1", "0.04", "100"), "PRICE_FILTER");
}

static void price_filter_leaves_market_orders_alone(void **state)
{
	(void)state;
	passes(market("1"));
}

static void a_zero_disables_that_part_of_the_price_filter(void **state)
{
	(void)state;
	instrument.price_max = DECIMAL_ZERO;
	passes(limit("1", "1000.01"));
	instrument.price_min = DECIMAL_ZERO;
	passes(limit("1", "0.01"));
	instrument.tick = DECIMAL_ZERO;
	passes(limit("1", "0.000001"));
}

static void lot_size_holds_range_and_step(void **state)
{
	(void)state;
	fails(limit("0.001", "100"), "LOT_SIZE");
	passes(limit("0.002", "100"));
	passes(limit("0.003", "100"));
	passes(limit("49.999", "100"));
	passes(limit("50", "100"));
	fails(limit("50.001", "100"), "LOT_SIZE");
	fails(limit("1.0005", "100"), "LOT_SIZE");
	fails(limit("0", "100"), "LOT_SIZE");
	fails(limit("-1", "100"), "LOT_SIZE");
}

static void lot_size_has_no_offset_by_its_minimum(void **state)
{
	(void)state;
	instrument.qty_min = decimal_of("0.0015");
	passes(limit("0.002", "100"));
	fails(limit("0.0025", "100"), "LOT_SIZE");
}

static void lot_size_holds_for_market_orders_and_iceberg_parts_too(void **state)
{
	(void)state;
	fails(market("0.001"), "LOT_SIZE");
	passes(market("0.002"));
	fails(iceberg("1", "0.001"), "LOT_SIZE");
	passes(iceberg("1", "0.002"));
	fails(iceberg("1", "0.0025"), "LOT_SIZE");
}

static void market_lot_size_holds_for_market_orders_only(void **state)
{
	(void)state;
	instrument.market_lot = decimal_of("0.01");
	instrument.market_qty_min = decimal_of("0.02");
	instrument.market_qty_max = decimal_of("10");
	fails(market("0.01"), "MARKET_LOT_SIZE");
	passes(market("0.02"));
	passes(market("0.03"));
	fails(market("0.025"), "MARKET_LOT_SIZE");
	passes(market("10"));
	fails(market("10.01"), "MARKET_LOT_SIZE");
	passes(limit("10.001", "100"));
}

static void a_market_order_by_quote_has_no_lot(void **state)
{
	(void)state;
	instrument.market_qty_min = decimal_of("1");
	passes(market_by_quote("0.01"));
}

static void percent_price_bounds_buys_by_their_own_multipliers(void **state)
{
	(void)state;
	context.average_price = decimal_of("100");
	instrument.bid_up = decimal_of("1.2");
	instrument.bid_down = decimal_of("0.8");
	passes(limit("1", "119.99"));
	passes(limit("1", "120"));
	fails(limit("1", "120.01"), "PERCENT_PRICE_BY_SIDE");
	passes(limit("1", "80"));
	fails(limit("1", "79.99"), "PERCENT_PRICE_BY_SIDE");
	passes(selling(limit("1", "79.99")));
}

static void percent_price_bounds_sells_by_their_own_multipliers(void **state)
{
	(void)state;
	context.average_price = decimal_of("100");
	instrument.ask_up = decimal_of("5");
	instrument.ask_down = decimal_of("0.5");
	passes(selling(limit("1", "500")));
	fails(selling(limit("1", "500.01")), "PERCENT_PRICE_BY_SIDE");
	passes(selling(limit("1", "50")));
	fails(selling(limit("1", "49.99")), "PERCENT_PRICE_BY_SIDE");
	passes(limit("1", "500.01"));
}

static void percent_price_is_exact_with_a_long_average(void **state)
{
	(void)state;
	context.average_price = decimal_of("90.90909090909091");
	instrument.bid_up = decimal_of("1.1");
	passes(limit("1", "100"));
	context.average_price = decimal_of("90.9090909090909");
	fails(limit("1", "100"), "PERCENT_PRICE_BY_SIDE");
}

static void percent_price_needs_an_average_and_a_limit(void **state)
{
	(void)state;
	instrument.bid_up = decimal_of("1.2");
	passes(limit("1", "999"));
	context.average_price = decimal_of("100");
	passes(market("1"));
}

static void notional_bounds_price_times_quantity(void **state)
{
	(void)state;
	instrument.notional_min = decimal_of("5");
	instrument.notional_max = decimal_of("1000");
	fails(limit("0.049", "100"), "NOTIONAL");
	fails(limit("0.05", "99.99"), "NOTIONAL");
	passes(limit("0.05", "100"));
	passes(limit("0.05", "100.01"));
	passes(limit("10", "100"));
	fails(limit("10.001", "100"), "NOTIONAL");
	fails(limit("10", "100.01"), "NOTIONAL");
}

static void notional_looks_at_market_orders_only_where_it_says_so(void **state)
{
	(void)state;
	context.average_price = decimal_of("100");
	instrument.notional_min = decimal_of("5");
	instrument.notional_max = decimal_of("1000");
	passes(market("0.049"));
	passes(market("10.001"));
	instrument.notional_min_market = instrument.notional_max_market = true;
	fails(market("0.049"), "NOTIONAL");
	passes(market("0.05"));
	passes(market("10"));
	fails(market("10.001"), "NOTIONAL");
	context.average_price = DECIMAL_ZERO;
	passes(market("0.049"));
}

static void notional_of_a_market_order_by_quote_is_that_quote(void **state)
{
	(void)state;
	instrument.notional_min = decimal_of("5");
	instrument.notional_max = decimal_of("1000");
	instrument.notional_min_market = instrument.notional_max_market = true;
	fails(market_by_quote("4.99"), "NOTIONAL");
	passes(market_by_quote("5"));
	passes(market_by_quote("1000"));
	fails(market_by_quote("1000.01"), "NOTIONAL");
}

static void iceberg_parts_are_counted_upward(void **state)
{
	(void)state;
	instrument.iceberg_parts = 10;
	passes(iceberg("10", "1"));
	fails(iceberg("10.001", "1"), "ICEBERG_PARTS");
	fails(iceberg("10", "0.999"), "ICEBERG_PARTS");
	passes(iceberg("9.99", "0.999"));
	passes(limit("50", "100"));
}

static void max_num_orders_counts_all_open_orders(void **state)
{
	(void)state;
	instrument.orders_max = 3;
	context.open_orders = 2;
	passes(limit("1", "100"));
	context.open_orders = 3;
	fails(limit("1", "100"), "MAX_NUM_ORDERS");
}

static void max_num_algo_orders_counts_stops_and_take_profits_only(void **state)
{
	(void)state;
	instrument.algo_orders_max = 2;
	context.open_algo_orders = 1;
	passes(order_of(ORDER_TYPE_STOP_LOSS, "1", "0", "90"));
	context.open_algo_orders = 2;
	fails(order_of(ORDER_TYPE_STOP_LOSS, "1", "0", "90"), "MAX_NUM_ALGO_ORDERS");
	fails(order_of(ORDER_TYPE_TAKE_PROFIT_LIMIT, "1", "90", "90"), "MAX_NUM_ALGO_ORDERS");
	passes(limit("1", "100"));
}

static void max_num_iceberg_orders_counts_icebergs_only(void **state)
{
	(void)state;
	instrument.iceberg_orders_max = 1;
	passes(iceberg("1", "1"));
	context.open_iceberg_orders = 1;
	fails(iceberg("1", "1"), "MAX_NUM_ICEBERG_ORDERS");
	passes(limit("1", "100"));
}

static void max_position_bounds_what_buys_may_bring(void **state)
{
	(void)state;
	instrument.position_max = decimal_of("10");
	context.base_held = decimal_of("9.5");
	passes(limit("0.499", "100"));
	passes(limit("0.5", "100"));
	fails(limit("0.501", "100"), "MAX_POSITION");
	passes(selling(limit("9", "100")));
	context.average_price = decimal_of("100");
	passes(market_by_quote("50"));
	fails(market_by_quote("50.01"), "MAX_POSITION");
}

static void what_cannot_be_computed_is_refused(void **state)
{
	(void)state;
	instrument.position_max = decimal_of("10");
	context.base_held = decimal_of("9223372036854775807");
	fails(limit("0.5", "100"), "MAX_POSITION");
}

static void an_instrument_without_rules_passes_what_makes_sense(void **state)
{
	(void)state;
	memset(&instrument, 0, sizeof instrument);
	passes(limit("0.000000000000000001", "9223372036854775807"));
	passes(market("9223372036854775807"));
	fails(limit("0", "1"), "LOT_SIZE");
}

static void only_stops_and_take_profits_are_algo_orders(void **state)
{
	(void)state;
	for (int type = ORDER_TYPE_LIMIT; type <= ORDER_TYPE_TAKE_PROFIT_LIMIT; type++)
		assert_int_equal(instrument_is_algo((enum order_type)type),
		                 type >= ORDER_TYPE_STOP_LOSS);
}

static void rounds_prices_to_the_tick_in_the_named_direction(void **state)
{
	decimal_t price;

	(void)state;
	assert_int_equal(
		instrument_round_price(&instrument, decimal_of("100.019"), ROUND_DOWN, &price), OK);
	assert_decimal(price, "100.01");
	assert_int_equal(
		instrument_round_price(&instrument, decimal_of("100.011"), ROUND_UP, &price), OK);
	assert_decimal(price, "100.02");
	assert_int_equal(
		instrument_round_price(&instrument, decimal_of("100.02"), ROUND_UP, &price), OK);
	assert_decimal(price, "100.02");
}

static void rounds_quantities_down_to_the_lot(void **state)
{
	decimal_t qty;

	(void)state;
	assert_int_equal(instrument_round_qty(&instrument, decimal_of("1.0009999"), &qty), OK);
	assert_decimal(qty, "1");
	assert_int_equal(instrument_round_qty(&instrument, decimal_of("0.0009"), &qty), OK);
	assert_decimal(qty, "0");
	instrument.lot = DECIMAL_ZERO;
	assert_int_equal(instrument_round_qty(&instrument, decimal_of("1.0009999"), &qty), OK);
	assert_decimal(qty, "1.0009999");
}

static void what_no_order_can_sell_is_dust(void **state)
{
	struct instrument rules = {
		.lot = decimal_of("0.001"),
		.qty_min = decimal_of("0.002"),
		.notional_min = decimal_of("5"),
	};
	(void)state;
	assert_true(instrument_is_dust(&rules, decimal_of("0.0019"), decimal_of("60000")));
	assert_false(instrument_is_dust(&rules, decimal_of("0.002"), decimal_of("60000")));
	assert_true(instrument_is_dust(&rules, decimal_of("0.002"), decimal_of("2499")));
	assert_false(instrument_is_dust(&rules, decimal_of("0.002"), decimal_of("2500")));
}

#define TEST(name) cmocka_unit_test_setup(name, given_a_grid)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(price_filter_holds_range_and_tick),
		TEST(price_filter_refuses_a_limit_without_a_price),
		TEST(price_filter_holds_for_the_stop_price_too),
		TEST(price_filter_leaves_market_orders_alone),
		TEST(a_zero_disables_that_part_of_the_price_filter),
		TEST(lot_size_holds_range_and_step),
		TEST(lot_size_has_no_offset_by_its_minimum),
		TEST(lot_size_holds_for_market_orders_and_iceberg_parts_too),
		TEST(market_lot_size_holds_for_market_orders_only),
		TEST(a_market_order_by_quote_has_no_lot),
		TEST(percent_price_bounds_buys_by_their_own_multipliers),
		TEST(percent_price_bounds_sells_by_their_own_multipliers),
		TEST(percent_price_is_exact_with_a_long_average),
		TEST(percent_price_needs_an_average_and_a_limit),
		TEST(notional_bounds_price_times_quantity),
		TEST(notional_looks_at_market_orders_only_where_it_says_so),
		TEST(notional_of_a_market_order_by_quote_is_that_quote),
		TEST(iceberg_parts_are_counted_upward),
		TEST(max_num_orders_counts_all_open_orders),
		TEST(max_num_algo_orders_counts_stops_and_take_profits_only),
		TEST(max_num_iceberg_orders_counts_icebergs_only),
		TEST(max_position_bounds_what_buys_may_bring),
		TEST(what_cannot_be_computed_is_refused),
		TEST(an_instrument_without_rules_passes_what_makes_sense),
		TEST(only_stops_and_take_profits_are_algo_orders),
		TEST(rounds_prices_to_the_tick_in_the_named_direction),
		TEST(rounds_quantities_down_to_the_lot),
		TEST(what_no_order_can_sell_is_dust),
	};
	return cmocka_run_group_tests_name("instrument", tests, NULL, NULL);
}
