/* SPDX-License-Identifier: Apache-2.0 */
/* Orders against a small book of our own making. */
#include "services/exchange/matching.h"
#include "services/exchange/money.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct desk {
	struct market market;
	struct levels bids, asks;
	struct match match;
};

static void set_levels(struct levels *levels, const char *const *texts)
{
	levels->count = 0;
	for (; texts[0] != NULL; texts += 2)
		levels->items[levels->count++] =
			(struct level){decimal_of(texts[0]), decimal_of(texts[1])};
}

/* Bids 100 × 2, 99 × 3; asks 101 × 1, 102 × 2, 104 × 5. */
static int open_desk(void **state)
{
	struct desk *desk = calloc(1, sizeof *desk);
	set_levels(&desk->bids, (const char *const[]){"100", "2", "99", "3", NULL});
	set_levels(&desk->asks, (const char *const[]){"101", "1", "102", "2", "104", "5", NULL});
	book_init(&desk->market.book);
	assert_int_equal(book_load(&desk->market.book, 1, &desk->bids, &desk->asks), OK);
	*state = desk;
	return 0;
}

static int close_desk(void **state)
{
	free(*state);
	return 0;
}

static void when_taking(struct desk *desk, enum side side, const char *limit, const char *qty,
                        const char *budget)
{
	struct match_terms terms = {side, decimal_of(limit), decimal_of(qty), decimal_of(budget),
	                            decimal_of("0.1")};
	match_take(&desk->market, &terms, &desk->match);
}

static void then_filled(const struct desk *desk, const char *const *fills)
{
	size_t count = 0;
	for (; fills[2 * count] != NULL; count++) {
		assert_true(count < desk->match.count);
		assert_true(decimal_equals(desk->match.fills[count].price,
		                           decimal_of(fills[2 * count])));
		assert_true(decimal_equals(desk->match.fills[count].qty,
		                           decimal_of(fills[2 * count + 1])));
	}
	assert_int_equal(desk->match.count, count);
}

#define FILLED(...) then_filled(desk, (const char *const[]){__VA_ARGS__, NULL})
#define UNFILLED() then_filled(desk, (const char *const[]){NULL})

static void a_market_buy_walks_up_the_asks(void **state)
{
	struct desk *desk = *state;
	when_taking(desk, SIDE_BUY, "0", "2.5", "0");
	FILLED("101", "1", "102", "1.5");
	assert_true(decimal_equals(desk->match.turnover, decimal_of("254")));
}

static void a_market_sell_walks_down_the_bids_and_ends_with_the_book(void **state)
{
	struct desk *desk = *state;
	when_taking(desk, SIDE_SELL, "0", "9", "0");
	FILLED("100", "2", "99", "3");
	assert_true(decimal_equals(desk->match.qty, decimal_of("5")));
}

static void a_limit_takes_no_worse_price(void **state)
{
	struct desk *desk = *state;
	when_taking(desk, SIDE_BUY, "102", "9", "0");
	FILLED("101", "1", "102", "2");
	when_taking(desk, SIDE_BUY, "100.99", "9", "0");
	UNFILLED();
	when_taking(desk, SIDE_SELL, "99.5", "9", "0");
	FILLED("100", "2");
}

static void a_budget_buys_whole_lots_only(void **state)
{
	struct desk *desk = *state;
	when_taking(desk, SIDE_BUY, "0", "0", "160");
	FILLED("101", "1", "102", "0.5"); /* 59 / 102 = 0.578… */
	when_taking(desk, SIDE_BUY, "0", "0", "5");
	UNFILLED();
	when_taking(desk, SIDE_SELL, "0", "0", "150");
	FILLED("100", "1.5");
}

static void what_we_took_is_gone_until_the_level_changes(void **state)
{
	struct desk *desk = *state;
	when_taking(desk, SIDE_BUY, "0", "2", "0");
	match_consume(&desk->market, SIDE_BUY, &desk->match);
	when_taking(desk, SIDE_BUY, "0", "2", "0");
	FILLED("102", "1", "104", "1");
	match_consume(&desk->market, SIDE_BUY, &desk->match);
	when_taking(desk, SIDE_BUY, "0", "9", "0");
	FILLED("104", "4");
}

static void taking_one_side_leaves_the_other_whole(void **state)
{
	struct desk *desk = *state;
	when_taking(desk, SIDE_BUY, "0", "3", "0");
	match_consume(&desk->market, SIDE_BUY, &desk->match);
	when_taking(desk, SIDE_SELL, "0", "2", "0");
	FILLED("100", "2");
}

static void post_only_looks_at_the_best_opposite_price(void **state)
{
	struct desk *desk = *state;
	assert_true(match_would_take(&desk->market, SIDE_BUY, decimal_of("101")));
	assert_false(match_would_take(&desk->market, SIDE_BUY, decimal_of("100.99")));
	assert_true(match_would_take(&desk->market, SIDE_SELL, decimal_of("100")));
	assert_false(match_would_take(&desk->market, SIDE_SELL, decimal_of("100.01")));
}

static void stops_trigger_on_their_own_side(void **state)
{
	decimal_t stop = decimal_of("100"), above = decimal_of("100.01"),
		  below = decimal_of("99.99");
	(void)state;
	assert_true(match_triggers(ORDER_TYPE_STOP_LOSS, SIDE_BUY, stop, above));
	assert_false(match_triggers(ORDER_TYPE_STOP_LOSS, SIDE_BUY, stop, below));
	assert_true(match_triggers(ORDER_TYPE_STOP_LOSS_LIMIT, SIDE_SELL, stop, below));
	assert_false(match_triggers(ORDER_TYPE_STOP_LOSS_LIMIT, SIDE_SELL, stop, above));
	assert_true(match_triggers(ORDER_TYPE_TAKE_PROFIT, SIDE_BUY, stop, below));
	assert_false(match_triggers(ORDER_TYPE_TAKE_PROFIT, SIDE_BUY, stop, above));
	assert_true(match_triggers(ORDER_TYPE_TAKE_PROFIT_LIMIT, SIDE_SELL, stop, above));
	assert_false(match_triggers(ORDER_TYPE_TAKE_PROFIT_LIMIT, SIDE_SELL, stop, below));
	for (int side = SIDE_BUY; side <= SIDE_SELL; side++) {
		assert_true(match_triggers(ORDER_TYPE_STOP_LOSS, (enum side)side, stop, stop));
		assert_true(match_triggers(ORDER_TYPE_TAKE_PROFIT, (enum side)side, stop, stop));
	}
}

static struct market_message trade(const char *price, const char *qty, bool buyer_maker)
{
	return (struct market_message){.kind = TAPE_TRADE,
	                               .buyer_maker = buyer_maker,
	                               .bid = decimal_of(price),
	                               .bid_qty = decimal_of(qty)};
}

static struct match_resting resting(enum side side, const char *price, const char *left,
                                    const char *ahead)
{
	return (struct match_resting){side, decimal_of(price), decimal_of(left), decimal_of(ahead)};
}

static void then_fills(struct match_resting *order, struct market_message message, const char *qty)
{
	decimal_t used = DECIMAL_ZERO;
	decimal_t filled = match_trade(order, &message, &used);
	assert_true(decimal_equals(filled, decimal_of(qty)));
	order->left = money_subtract(order->left, filled);
}

static void an_order_waits_behind_what_is_displayed(void **state)
{
	struct desk *desk = *state;
	assert_true(decimal_equals(match_queue(&desk->market, SIDE_BUY, decimal_of("100")),
	                           decimal_of("2")));
	assert_true(money_is_zero(match_queue(&desk->market, SIDE_BUY, decimal_of("100.5"))));
	assert_true(decimal_equals(match_queue(&desk->market, SIDE_SELL, decimal_of("104")),
	                           decimal_of("5")));
}

static void a_trade_at_our_price_eats_the_queue_first(void **state)
{
	struct match_resting order = resting(SIDE_BUY, "100", "3", "2");
	(void)state;
	then_fills(&order, trade("100", "1.5", true), "0");
	then_fills(&order, trade("100", "1.5", true), "1");
	then_fills(&order, trade("100", "9", true), "2");
}

static void a_trade_of_the_other_aggressor_does_not_reach_us(void **state)
{
	struct match_resting buy = resting(SIDE_BUY, "100", "3", "0"),
			     sell = resting(SIDE_SELL, "101", "3", "0");
	(void)state;
	then_fills(&buy, trade("100", "1", false), "0");
	then_fills(&sell, trade("101", "1", true), "0");
	then_fills(&sell, trade("101", "1", false), "1");
}

static void a_trade_through_our_price_fills_us_whole(void **state)
{
	struct match_resting buy = resting(SIDE_BUY, "100", "3", "50"),
			     sell = resting(SIDE_SELL, "101", "3", "50");
	(void)state;
	then_fills(&buy, trade("99.99", "0.1", true), "3");
	then_fills(&sell, trade("101.01", "0.1", false), "3");
}

static void a_trade_short_of_our_price_leaves_us_alone(void **state)
{
	struct match_resting buy = resting(SIDE_BUY, "100", "3", "0");
	(void)state;
	then_fills(&buy, trade("100.01", "5", true), "0");
}

static void our_own_orders_share_what_a_trade_brings(void **state)
{
	struct match_resting first = resting(SIDE_BUY, "100", "1", "2"),
			     second = resting(SIDE_BUY, "100", "5", "2");
	struct market_message message = trade("100", "4", true);
	decimal_t used = DECIMAL_ZERO;
	(void)state;
	assert_true(decimal_equals(match_trade(&first, &message, &used), decimal_of("1")));
	assert_true(decimal_equals(match_trade(&second, &message, &used), decimal_of("1")));
}

static void a_queue_shrinks_with_what_is_displayed(void **state)
{
	struct desk *desk = *state;
	struct match_resting order = resting(SIDE_BUY, "99", "1", "7");
	match_requeue(&order, &desk->market);
	assert_true(decimal_equals(order.ahead, decimal_of("3")));
	order = resting(SIDE_BUY, "98", "1", "7");
	match_requeue(&order, &desk->market);
	assert_true(money_is_zero(order.ahead));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_market_buy_walks_up_the_asks),
		CASE(a_market_sell_walks_down_the_bids_and_ends_with_the_book),
		CASE(a_limit_takes_no_worse_price),
		CASE(a_budget_buys_whole_lots_only),
		CASE(what_we_took_is_gone_until_the_level_changes),
		CASE(taking_one_side_leaves_the_other_whole),
		CASE(post_only_looks_at_the_best_opposite_price),
		CASE(stops_trigger_on_their_own_side),
		CASE(an_order_waits_behind_what_is_displayed),
		CASE(a_trade_at_our_price_eats_the_queue_first),
		CASE(a_trade_of_the_other_aggressor_does_not_reach_us),
		CASE(a_trade_through_our_price_fills_us_whole),
		CASE(a_trade_short_of_our_price_leaves_us_alone),
		CASE(our_own_orders_share_what_a_trade_brings),
		CASE(a_queue_shrinks_with_what_is_displayed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
