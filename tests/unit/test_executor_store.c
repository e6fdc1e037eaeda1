/* SPDX-License-Identifier: Apache-2.0 */
/* The two stores below the executor: orders and holdings. */
#include "services/executor/orders.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/base/random.h"
#include "common/model/lifecycle.h"
#include "services/executor/holdings.h"

static int setup(void **state)
{
	struct orders *orders = calloc(1, sizeof *orders);

	orders_init(orders);
	*state = orders;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static ident_t numbered(uint64_t kind, uint64_t number)
{
	return (ident_t){kind, number};
}

static struct order_slot *given_order(struct orders *orders, uint64_t number, nanos_t now)
{
	struct order order = {
		.intent_id = numbered(1, number),
		.client_id = numbered(2, number),
		.symbol = name_from("BTCUSDT"),
		.status = ORDER_STATUS_INTENT,
	};

	return orders_add(orders, &order, numbered(3, number), now);
}

static void end_order(struct orders *orders, struct order_slot *slot)
{
	orders_set_status(orders, slot, ORDER_STATUS_FILLED);
}

static void an_order_is_found_by_each_of_its_names(void **state)
{
	struct orders *orders = *state;
	name_t symbol = name_from("BTCUSDT"), other = name_from("ALTUSDT");
	struct order_slot *slot = given_order(orders, 7, 1);

	orders_set_venue_id(orders, slot, 99);
	assert_ptr_equal(orders_by_intent(orders, numbered(1, 7)), slot);
	assert_ptr_equal(orders_by_client(orders, numbered(2, 7)), slot);
	assert_ptr_equal(orders_by_nonce(orders, numbered(3, 7)), slot);
	assert_ptr_equal(orders_by_venue(orders, &symbol, 99), slot);
	assert_null(orders_by_venue(orders, &other, 99));
	assert_null(orders_by_venue(orders, &symbol, 0));
	assert_null(orders_by_client(orders, numbered(2, 8)));
}

static void an_exchange_id_is_set_once(void **state)
{
	struct orders *orders = *state;
	struct order_slot *slot = given_order(orders, 7, 1);

	orders_set_venue_id(orders, slot, 99);
	orders_set_venue_id(orders, slot, 100);
	assert_int_equal(slot->order.venue_id, 99);
	assert_null(orders_by_venue(orders, &slot->order.symbol, 100));
}

static void a_full_store_gives_up_the_order_that_ended_first(void **state)
{
	struct orders *orders = *state;

	for (uint64_t i = 1; i <= ORDERS_MAX; i++)
		assert_non_null(given_order(orders, i, 1));
	assert_false(orders_have_room(orders, 2));
	assert_null(given_order(orders, 5000, 2));
	end_order(orders, orders_by_intent(orders, numbered(1, 20)));
	end_order(orders, orders_by_intent(orders, numbered(1, 10)));
	assert_true(orders_have_room(orders, 2));
	assert_non_null(given_order(orders, 5000, 2));
	assert_null(orders_by_intent(orders, numbered(1, 20)));
	assert_null(orders_by_client(orders, numbered(2, 20)));
	assert_null(orders_by_nonce(orders, numbered(3, 20)));
	assert_non_null(orders_by_intent(orders, numbered(1, 10)));
}

static void an_order_whose_approval_may_still_come_again_is_kept(void **state)
{
	struct orders *orders = *state;

	for (uint64_t i = 1; i <= ORDERS_MAX; i++) {
		struct order_slot *slot = given_order(orders, i, 1);
		slot->expires = i == 2 ? 50 : 100;
		end_order(orders, slot);
	}
	assert_null(given_order(orders, 5000, 50));
	assert_non_null(given_order(orders, 5000, 51));
	assert_null(orders_by_intent(orders, numbered(1, 2)));
	assert_non_null(orders_by_intent(orders, numbered(1, 1)));
}

static void lists_and_indexes_agree_after_any_history(void **state)
{
	struct orders *orders = *state;
	struct random random;
	uint64_t minted = 0;

	random_init(&random, 3);
	for (unsigned i = 0; i < 30000; i++) {
		if (random_below(&random, 2) == 0) {
			struct order_slot *slot = given_order(orders, ++minted, (nanos_t)i);
			if (slot != NULL)
				orders_set_venue_id(orders, slot, minted);
		} else if (orders->open_count > 0) {
			uint32_t at = orders->open[random_below(&random, orders->open_count)];
			enum order_status end = random_below(&random, 2) == 0 ? ORDER_STATUS_NEVER
			                                                      : ORDER_STATUS_FILLED;
			orders_set_status(orders, &orders->slots[at], end);
			if (end == ORDER_STATUS_NEVER && random_below(&random, 4) == 0)
				orders_set_status(orders, &orders->slots[at], ORDER_STATUS_LIVE);
		}
	}
	assert_int_equal(orders->open_count + orders->ended_count, orders->used);
	for (uint32_t i = 0; i < orders->used; i++) {
		struct order_slot *slot = &orders->slots[i];
		assert_ptr_equal(orders_by_client(orders, slot->order.client_id), slot);
		assert_ptr_equal(orders_by_venue(orders, &slot->order.symbol, slot->order.venue_id),
		                 slot);
		assert_int_equal(slot->open_at != TABLE_NONE,
		                 order_status_is_open(slot->order.status));
	}
}

/* Holdings. */

static struct holdings *given_market(void)
{
	struct holdings *holdings = calloc(1, sizeof *holdings);
	struct instrument instrument = {
		.symbol = name_from("BTCUSDT"),
		.base = name_from("BTC"),
		.quote = name_from("USDT"),
		.quote_places = 8,
	};
	name_t venue = name_from("binance");

	holdings_init(holdings, &venue);
	assert_int_equal(holdings_set_instrument(holdings, &instrument), OK);
	return holdings;
}

static struct fill numbered_fill(uint64_t trade_id)
{
	return (struct fill){
		.trade_id = trade_id,
		.bot = name_from("bot"),
		.symbol = name_from("BTCUSDT"),
		.side = SIDE_BUY,
		.price = decimal_of("100"),
		.qty = decimal_of("0.001"),
		.fee_asset = name_from("USDT"),
	};
}

static void a_forgotten_execution_is_never_taken_for_a_new_one(void **state)
{
	struct holdings *holdings = given_market();
	struct market *market = &holdings->markets[0];
	uint64_t count = FILLS_REMEMBERED + 100;

	(void)state;
	for (uint64_t id = 1; id <= count; id++) {
		struct fill fill = numbered_fill(id);
		assert_int_equal(holdings_account(holdings, market, &fill), OK);
	}
	assert_int_equal(holdings_news(holdings, market, 1), FILL_TOO_OLD);
	assert_int_equal(holdings_news(holdings, market, 100), FILL_TOO_OLD);
	assert_int_equal(holdings_news(holdings, market, 101), FILL_KNOWN);
	assert_int_equal(holdings_news(holdings, market, count), FILL_KNOWN);
	assert_int_equal(holdings_news(holdings, market, count + 1), FILL_NEW);
	assert_int_equal(market->trade_top, count);
	free(holdings);
}

static void bots_and_symbols_are_held_apart(void **state)
{
	struct holdings *holdings = given_market();
	name_t symbol = name_from("BTCUSDT"), bot = name_from("bot"), other = name_from("other");
	struct fill fill = numbered_fill(5);

	(void)state;
	assert_int_equal(holdings_account(holdings, &holdings->markets[0], &fill), OK);
	assert_true(decimal_equals(holdings_qty(holdings, &symbol, &bot), decimal_of("0.001")));
	assert_true(decimal_equals(holdings_qty(holdings, &symbol, &other), DECIMAL_ZERO));
	free(holdings);
}

static void a_number_that_does_not_fit_is_counted_and_changes_no_position(void **state)
{
	struct holdings *holdings = given_market();
	name_t symbol = name_from("BTCUSDT"), bot = name_from("bot");
	struct fill fill = numbered_fill(5);

	(void)state;
	fill.price = decimal_make(INT64_MAX, 18);
	fill.qty = decimal_make(INT64_MAX, 0);
	assert_int_equal(holdings_account(holdings, &holdings->markets[0], &fill), ERR_OVERFLOW);
	assert_int_equal(holdings->unaccounted, 1);
	assert_true(decimal_equals(holdings_qty(holdings, &symbol, &bot), DECIMAL_ZERO));
	assert_int_equal(holdings_news(holdings, &holdings->markets[0], 5), FILL_KNOWN);
	free(holdings);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_order_is_found_by_each_of_its_names),
		TEST(an_exchange_id_is_set_once),
		TEST(a_full_store_gives_up_the_order_that_ended_first),
		TEST(an_order_whose_approval_may_still_come_again_is_kept),
		TEST(lists_and_indexes_agree_after_any_history),
		cmocka_unit_test(a_forgotten_execution_is_never_taken_for_a_new_one),
		cmocka_unit_test(bots_and_symbols_are_held_apart),
		cmocka_unit_test(a_number_that_does_not_fit_is_counted_and_changes_no_position),
	};
	return cmocka_run_group_tests_name("executor_store", tests, NULL, NULL);
}
