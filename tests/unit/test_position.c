/* SPDX-License-Identifier: Apache-2.0 */
/* Cases computed by hand, then a property over random fills. A run prints its seed; SEED=n repeats
   it. */
#include "common/model/position.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/base/random.h"
#include "tests/lib/check_decimal.h"

static struct position position;
static struct instrument instrument;
static uint64_t next_version, seed;

static int given_nothing_held(void **state)
{
	name_t venue = name_from("paper"), symbol = name_from("BTCUSDT"), bot = name_from("alpha");

	(void)state;
	memset(&instrument, 0, sizeof instrument);
	instrument.symbol = symbol;
	instrument.base = name_from("BTC");
	instrument.quote = name_from("USDT");
	instrument.quote_places = 8;
	position_init(&position, &venue, &symbol, &bot);
	next_version = 1;
	return 0;
}

static struct fill fill_of(enum side side, const char *qty, const char *price, const char *fee,
                           const char *fee_asset)
{
	return (struct fill){
		.symbol = name_from("BTCUSDT"),
		.bot = name_from("alpha"),
		.side = side,
		.qty = decimal_of(qty),
		.price = decimal_of(price),
		.fee = decimal_of(fee),
		.fee_asset = name_from(fee_asset),
		.version = next_version++,
	};
}

static enum err apply(struct fill fill)
{
	return position_apply(&position, &fill, &instrument);
}

static void buy(const char *qty, const char *price)
{
	assert_int_equal(apply(fill_of(SIDE_BUY, qty, price, "0", "BNB")), OK);
}

static void sell(const char *qty, const char *price)
{
	assert_int_equal(apply(fill_of(SIDE_SELL, qty, price, "0", "BNB")), OK);
}

static void assert_position(const char *qty, const char *cost, const char *entry_price,
                            const char *realised)
{
	assert_decimal(position.qty, qty);
	assert_decimal(position.cost, cost);
	assert_decimal(position.entry_price, entry_price);
	assert_decimal(position.realised, realised);
}

static void begins_with_nothing_but_its_key(void **state)
{
	(void)state;
	assert_position("0", "0", "0", "0");
	assert_true(name_is(&position.venue, "paper"));
	assert_true(name_is(&position.symbol, "BTCUSDT"));
	assert_true(name_is(&position.bot, "alpha"));
	assert_int_equal(position.fills, 0);
}

static void buys_add_up_to_an_average_entry(void **state)
{
	(void)state;
	buy("1", "100");
	assert_position("1", "100", "100", "0");
	buy("3", "120");
	assert_position("4", "460", "115", "0");
	assert_int_equal(position.fills, 2);
	assert_int_equal(position.version, 2);
}

static void the_average_is_cut_to_the_quotes_places(void **state)
{
	(void)state;
	instrument.quote_places = 2;
	buy("1", "100");
	buy("2", "100.01");
	assert_position("3", "300.02", "100", "0");
	instrument.quote_places = 8;
	buy("0", "1");
	assert_decimal(position.entry_price, "100.00666666");
}

static void a_partial_sale_takes_its_share_of_the_cost(void **state)
{
	(void)state;
	buy("4", "115");
	sell("1", "130");
	assert_position("3", "345", "115", "15");
	sell("1.5", "100");
	assert_position("1.5", "172.5", "115", "-7.5");
}

static void what_the_share_cuts_off_stays_in_the_cost(void **state)
{
	(void)state;
	buy("3", "100.00000001");
	buy("4", "100");
	assert_decimal(position.cost, "700.00000003");
	sell("1", "101");
	assert_position("6", "600.00000003", "100", "1");
	sell("6", "100");
	assert_position("0", "0", "0", "0.99999997");
}

static void a_share_without_an_end_is_cut_after_eight_places(void **state)
{
	(void)state;
	buy("3", "100");
	buy("4", "100.1");
	sell("1", "100");
	assert_position("6", "600.34285715", "100.05714285", "-0.05714285");
}

static void a_complete_sale_leaves_no_cost(void **state)
{
	(void)state;
	buy("0.3", "33333.33");
	sell("0.1", "40000");
	sell("0.2", "30000");
	assert_position("0", "0", "0", "0.001");
}

static void a_fee_in_base_lowers_the_quantity(void **state)
{
	(void)state;
	assert_int_equal(apply(fill_of(SIDE_BUY, "1", "100", "0.001", "BTC")), OK);
	assert_position("0.999", "100", "100.1001001", "0");
	assert_decimal(position.fees, "0.1");
}

static void a_fee_in_base_on_a_sale_is_gone_with_it(void **state)
{
	(void)state;
	buy("2", "100");
	assert_int_equal(apply(fill_of(SIDE_SELL, "0.9", "200", "0.1", "BTC")), OK);
	assert_position("1", "100", "100", "80");
	assert_decimal(position.fees, "20");
}

static void a_fee_in_quote_lowers_the_result(void **state)
{
	(void)state;
	assert_int_equal(apply(fill_of(SIDE_BUY, "1", "100", "0.1", "USDT")), OK);
	assert_position("1", "100", "100", "-0.1");
	assert_int_equal(apply(fill_of(SIDE_SELL, "1", "110", "0.11", "USDT")), OK);
	assert_position("0", "0", "0", "9.79");
	assert_decimal(position.fees, "0.21");
}

static void a_fee_in_another_asset_changes_nothing_here(void **state)
{
	(void)state;
	assert_int_equal(apply(fill_of(SIDE_BUY, "1", "100", "0.5", "BNB")), OK);
	assert_position("1", "100", "100", "0");
	assert_decimal(position.fees, "0");
}

static void a_fee_that_eats_all_that_is_held_makes_its_cost_a_loss(void **state)
{
	(void)state;
	assert_int_equal(apply(fill_of(SIDE_BUY, "0.001", "100", "0.001", "BTC")), OK);
	assert_position("0", "0", "0", "-0.1");
}

static void counts_fills_and_keeps_the_version_of_the_last(void **state)
{
	(void)state;
	buy("1", "100");
	next_version = 41;
	sell("1", "100");
	assert_int_equal(position.fills, 2);
	assert_int_equal(position.version, 41);
}

static void a_sale_beyond_the_holding_shows_as_a_negative_quantity(void **state)
{
	(void)state;
	buy("1", "100");
	sell("1.5", "120");
	assert_position("-0.5", "0", "0", "80");
}

static void a_buy_first_covers_what_was_sold_beyond_the_holding(void **state)
{
	(void)state;
	sell("0.5", "120");
	assert_position("-0.5", "0", "0", "60");
	buy("0.2", "110");
	assert_position("-0.3", "0", "0", "38");
	buy("1.3", "100");
	assert_position("1", "100", "100", "8");
}

static void shares_stay_exact_where_the_product_is_wider_than_64_bits(void **state)
{
	(void)state;
	buy("212.03315", "61707.6797");
	assert_decimal(position.cost, "13084073.705982055");
	sell("106.016575", "61707.6797");
	assert_position("106.016575", "6542036.852991035", "61707.6797", "0.0000000075");
}

static void a_cost_without_room_for_eight_places_is_shared_with_fewer(void **state)
{
	(void)state;
	buy("3", "1000000000000000.01");
	assert_decimal(position.cost, "3000000000000000.03");
	sell("1", "1000000000000000.01");
	assert_position("2", "2000000000000000.02", "1000000000000000.01", "0");
	sell("1.5", "1000000000000000.01");
	assert_decimal(position.cost, "500000000000000.005");
}

static void the_unrealised_result_is_value_less_cost(void **state)
{
	decimal_t result;

	(void)state;
	assert_int_equal(apply(fill_of(SIDE_BUY, "1", "100", "0.001", "BTC")), OK);
	assert_int_equal(position_unrealised(&position, decimal_of("110"), &result), OK);
	assert_decimal(result, "9.89");
	sell("1.999", "100");
	assert_int_equal(position_unrealised(&position, decimal_of("90"), &result), OK);
	assert_decimal(result, "-90");
}

static void a_number_that_does_not_fit_leaves_the_position_unchanged(void **state)
{
	struct position before;

	(void)state;
	buy("1", "0.00000001");
	before = position;
	assert_int_equal(apply(fill_of(SIDE_BUY, "9223372036854775807", "1", "0", "BNB")),
	                 ERR_OVERFLOW);
	assert_int_equal(apply(fill_of(SIDE_SELL, "9223372036854775807", "3", "0", "BNB")),
	                 ERR_OVERFLOW);
	assert_memory_equal(&before, &position, sizeof before);
}

static decimal_t random_amount(struct random *random, uint64_t bound, int exponent)
{
	return decimal_make((int64_t)random_below(random, bound), exponent);
}

static struct fill random_fill(struct random *random)
{
	static const char *const fee_assets[] = {"BTC", "USDT", "BNB"};
	struct fill fill = fill_of(random_below(random, 2) == 0 ? SIDE_BUY : SIDE_SELL, "0", "0",
	                           "0", fee_assets[random_below(random, 3)]);

	fill.qty = random_amount(random, 200000, -5);
	fill.price = random_amount(random, 10000000, -2);
	fill.fee = random_amount(random, 10000, -8);
	return fill;
}

/* What the fill moves in the account's two assets. */
struct ledger {
	struct decimal_total base, quote;
};

static void post(struct ledger *ledger, const struct fill *fill)
{
	bool buys = fill->side == SIDE_BUY;
	decimal_t base = buys ? fill->qty : decimal_negate(fill->qty);

	assert_int_equal(decimal_total_add(&ledger->base, base), OK);
	assert_int_equal(
		decimal_total_add_product(&ledger->quote, decimal_negate(base), fill->price), OK);
	if (name_is(&fill->fee_asset, "BTC"))
		assert_int_equal(decimal_total_add(&ledger->base, decimal_negate(fill->fee)), OK);
	if (name_is(&fill->fee_asset, "USDT"))
		assert_int_equal(decimal_total_add(&ledger->quote, decimal_negate(fill->fee)), OK);
}

static void assert_conserved(const struct ledger *ledger)
{
	decimal_t base, quote, cash;

	assert_int_equal(decimal_total_value(&ledger->base, &base), OK);
	assert_int_equal(decimal_total_value(&ledger->quote, &quote), OK);
	assert_int_equal(decimal_subtract(position.realised, position.cost, &cash), OK);
	assert_true(decimal_equals(position.qty, base));
	assert_true(decimal_equals(cash, quote));
	assert_true(decimal_sign(position.cost) >= 0);
	if (decimal_sign(position.qty) <= 0)
		assert_int_equal(decimal_sign(position.cost), 0);
}

static void no_cash_and_no_base_is_lost_over_random_fills(void **state)
{
	enum { RUNS = 200, FILLS = 200 };
	struct random random;

	random_init(&random, seed);
	for (int run = 0; run < RUNS; run++) {
		struct ledger ledger = {DECIMAL_TOTAL_ZERO, DECIMAL_TOTAL_ZERO};
		given_nothing_held(state);
		for (int i = 0; i < FILLS; i++) {
			struct fill fill = random_fill(&random);
			assert_int_equal(apply(fill), OK);
			post(&ledger, &fill);
			assert_conserved(&ledger);
		}
		assert_int_equal(position.fills, FILLS);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, given_nothing_held)

int main(void)
{
	const char *given = getenv("SEED");
	const struct CMUnitTest tests[] = {
		TEST(begins_with_nothing_but_its_key),
		TEST(buys_add_up_to_an_average_entry),
		TEST(the_average_is_cut_to_the_quotes_places),
		TEST(a_partial_sale_takes_its_share_of_the_cost),
		TEST(what_the_share_cuts_off_stays_in_the_cost),
		TEST(a_share_without_an_end_is_cut_after_eight_places),
		TEST(a_complete_sale_leaves_no_cost),
		TEST(a_fee_in_base_lowers_the_quantity),
		TEST(a_fee_in_base_on_a_sale_is_gone_with_it),
		TEST(a_fee_in_quote_lowers_the_result),
		TEST(a_fee_in_another_asset_changes_nothing_here),
		TEST(a_fee_that_eats_all_that_is_held_makes_its_cost_a_loss),
		TEST(counts_fills_and_keeps_the_version_of_the_last),
		TEST(a_sale_beyond_the_holding_shows_as_a_negative_quantity),
		TEST(a_buy_first_covers_what_was_sold_beyond_the_holding),
		TEST(shares_stay_exact_where_the_product_is_wider_than_64_bits),
		TEST(a_cost_without_room_for_eight_places_is_shared_with_fewer),
		TEST(the_unrealised_result_is_value_less_cost),
		TEST(a_number_that_does_not_fit_leaves_the_position_unchanged),
		TEST(no_cash_and_no_base_is_lost_over_random_fills),
	};
	seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
	printf("seed %llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests_name("position", tests, NULL, NULL);
}
