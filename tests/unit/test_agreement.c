/* SPDX-License-Identifier: Apache-2.0 */
#include "common/model/agreement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/random.h"

enum { TRADES_MAX = 600, ORDERS_MAX = 8, BALANCES_MAX = 8 };

/* Both sides begin equal; each test spoils one of them. */
struct bench {
	struct agreement_trade trades[TRADES_MAX];
	struct agreement_order orders[ORDERS_MAX];
	struct agreement_balance balances[BALANCES_MAX];
	struct agreement_books books;
};

static struct bench ours, theirs;
static struct agreement agreement;

static void add_trade(struct bench *bench, const char *symbol, uint64_t trade_id)
{
	bench->trades[bench->books.trade_count++] = (struct agreement_trade){
		.symbol = name_from(symbol),
		.trade_id = trade_id,
		.side = SIDE_BUY,
		.price = decimal_of("61000.5"),
		.qty = decimal_of("0.01"),
		.fee = decimal_of("0.00001"),
		.fee_asset = name_from("BTC"),
	};
}

static void add_order(struct bench *bench, uint64_t client, uint64_t venue_id, const char *executed)
{
	bench->orders[bench->books.order_count++] = (struct agreement_order){
		.symbol = name_from("BTCUSDT"),
		.client_id = {client, client},
		.venue_id = venue_id,
		.executed = decimal_of(executed),
	};
}

static void add_balance(struct bench *bench, const char *asset, const char *amount)
{
	bench->balances[bench->books.balance_count++] =
		(struct agreement_balance){name_from(asset), decimal_of(amount)};
}

static void fill_bench(struct bench *bench)
{
	memset(bench, 0, sizeof *bench);
	bench->books.trades = bench->trades;
	bench->books.orders = bench->orders;
	bench->books.balances = bench->balances;
	add_trade(bench, "BTCUSDT", 41);
	add_trade(bench, "BTCUSDT", 42);
	add_trade(bench, "ETHUSDT", 42);
	add_order(bench, 7, 1001, "0.5");
	add_order(bench, 8, 1002, "0");
	add_balance(bench, "BTC", "1.5");
	add_balance(bench, "USDT", "9000.25");
}

static int given_equal_books(void **state)
{
	(void)state;
	fill_bench(&ours);
	fill_bench(&theirs);
	return 0;
}

static void compare(void)
{
	agreement_compare(&ours.books, &theirs.books, &agreement);
	assert_true(agreement.agree == (agreement.found == 0));
}

static void then_they_agree(void)
{
	compare();
	if (!agreement.agree)
		fail_msg("%s", agreement.differences[0].text);
}

static void then_the_only_difference_is(const char *expected)
{
	compare();
	assert_int_equal(agreement.count, 1);
	assert_int_equal(agreement.found, 1);
	assert_string_equal(agreement.differences[0].text, expected);
}

static void equal_books_agree(void **state)
{
	(void)state;
	then_they_agree();
}

static void empty_books_agree(void **state)
{
	(void)state;
	memset(&ours, 0, sizeof ours);
	memset(&theirs, 0, sizeof theirs);
	then_they_agree();
}

static void the_order_of_the_lists_does_not_matter(void **state)
{
	struct agreement_trade trade = ours.trades[0];
	struct agreement_order order = ours.orders[0];
	struct agreement_balance balance = ours.balances[0];

	(void)state;
	ours.trades[0] = ours.trades[2];
	ours.trades[2] = trade;
	ours.orders[0] = ours.orders[1];
	ours.orders[1] = order;
	ours.balances[0] = ours.balances[1];
	ours.balances[1] = balance;
	then_they_agree();
}

static void sees_a_trade_that_our_books_lost(void **state)
{
	(void)state;
	add_trade(&theirs, "BTCUSDT", 43);
	then_the_only_difference_is("trade BTCUSDT 43 (BUY 0.01 at 61000.5): 0 times in our books, "
	                            "1 times at the exchange");
}

static void sees_a_trade_that_the_exchange_never_made(void **state)
{
	(void)state;
	add_trade(&ours, "BTCUSDT", 40);
	then_the_only_difference_is("trade BTCUSDT 40 (BUY 0.01 at 61000.5): 1 times in our books, "
	                            "0 times at the exchange");
}

static void sees_a_trade_that_our_books_counted_twice(void **state)
{
	(void)state;
	add_trade(&ours, "BTCUSDT", 42);
	then_the_only_difference_is("trade BTCUSDT 42 (BUY 0.01 at 61000.5): 2 times in our books, "
	                            "1 times at the exchange");
}

static void a_trade_counted_twice_on_both_sides_is_a_difference_too(void **state)
{
	(void)state;
	add_trade(&ours, "BTCUSDT", 42);
	add_trade(&theirs, "BTCUSDT", 42);
	then_the_only_difference_is("trade BTCUSDT 42 (BUY 0.01 at 61000.5): 2 times in our books, "
	                            "2 times at the exchange");
}

static void a_trade_id_counts_with_its_symbol(void **state)
{
	(void)state;
	ours.trades[2].symbol = name_from("LTCUSDT");
	compare();
	assert_int_equal(agreement.count, 2);
	assert_string_equal(agreement.differences[0].text,
	                    "trade ETHUSDT 42 (BUY 0.01 at 61000.5): 0 times in our books, "
	                    "1 times at the exchange");
	assert_string_equal(agreement.differences[1].text,
	                    "trade LTCUSDT 42 (BUY 0.01 at 61000.5): 1 times in our books, "
	                    "0 times at the exchange");
}

#define TRADE_41 "trade BTCUSDT 41 (BUY 0.01 at 61000.5): "

static void names_each_number_of_a_trade_that_differs(void **state)
{
	(void)state;
	theirs.trades[0].price = decimal_of("61000.51");
	theirs.trades[0].qty = decimal_of("0.02");
	theirs.trades[0].side = SIDE_SELL;
	theirs.trades[0].fee = decimal_of("0.00002");
	theirs.trades[0].fee_asset = name_from("BNB");
	compare();
	assert_int_equal(agreement.count, 5);
	assert_string_equal(agreement.differences[0].text,
	                    TRADE_41 "side BUY in our books, SELL at the exchange");
	assert_string_equal(agreement.differences[1].text,
	                    TRADE_41 "price 61000.5 in our books, 61000.51 at the exchange");
	assert_string_equal(agreement.differences[2].text,
	                    TRADE_41 "quantity 0.01 in our books, 0.02 at the exchange");
	assert_string_equal(agreement.differences[3].text,
	                    TRADE_41 "fee 0.00001 in our books, 0.00002 at the exchange");
	assert_string_equal(agreement.differences[4].text,
	                    TRADE_41 "fee asset BTC in our books, BNB at the exchange");
}

static void the_asset_of_no_fee_does_not_matter(void **state)
{
	(void)state;
	ours.trades[0].fee = theirs.trades[0].fee = DECIMAL_ZERO;
	ours.trades[0].fee_asset = name_from("");
	then_they_agree();
}

static void a_fee_on_one_side_only_is_one_difference(void **state)
{
	(void)state;
	ours.trades[0].fee = DECIMAL_ZERO;
	ours.trades[0].fee_asset = name_from("");
	then_the_only_difference_is(TRADE_41 "fee 0 in our books, 0.00001 at the exchange");
}

#define ORDER_7 "open order BTCUSDT 00000000000000070000000000000007: "

static void sees_an_order_that_only_we_think_open(void **state)
{
	(void)state;
	theirs.orders[0] = theirs.orders[1];
	theirs.books.order_count = 1;
	then_the_only_difference_is(ORDER_7 "1 times in our books, 0 times at the exchange");
}

static void sees_an_order_that_is_open_without_our_knowing(void **state)
{
	(void)state;
	ours.orders[0] = ours.orders[1];
	ours.books.order_count = 1;
	then_the_only_difference_is(ORDER_7 "0 times in our books, 1 times at the exchange");
}

static void sees_an_open_order_that_stands_twice_in_our_books(void **state)
{
	(void)state;
	add_order(&ours, 7, 1001, "0.5");
	then_the_only_difference_is(ORDER_7 "2 times in our books, 1 times at the exchange");
}

static void tells_a_repeated_unknown_order_once(void **state)
{
	(void)state;
	ours.orders[0] = ours.orders[1];
	ours.books.order_count = 1;
	add_order(&theirs, 7, 1001, "0.5");
	then_the_only_difference_is(ORDER_7 "0 times in our books, 2 times at the exchange");
}

static void sees_an_executed_quantity_that_differs(void **state)
{
	(void)state;
	theirs.orders[0].executed = decimal_of("0.75");
	then_the_only_difference_is(ORDER_7 "executed 0.5 in our books, 0.75 at the exchange");
}

static void names_a_foreign_order_by_the_exchanges_id(void **state)
{
	(void)state;
	add_order(&ours, 0, 555, "0");
	add_order(&theirs, 0, 555, "0");
	add_order(&theirs, 0, 556, "0");
	then_the_only_difference_is("open order BTCUSDT, exchange's id 556, not ours: "
	                            "0 times in our books, 1 times at the exchange");
}

static void the_exchanges_id_need_not_be_known_for_our_own_orders(void **state)
{
	(void)state;
	ours.orders[0].venue_id = 0;
	then_they_agree();
}

static void sees_a_balance_that_differs_by_the_smallest_part(void **state)
{
	(void)state;
	theirs.balances[0].amount = decimal_of("1.49999999");
	then_the_only_difference_is("balance BTC: 1.5 expected by our books, "
	                            "1.49999999 at the exchange");
}

static void an_asset_that_is_not_listed_has_zero(void **state)
{
	(void)state;
	add_balance(&ours, "ETH", "0");
	add_balance(&theirs, "LTC", "0");
	then_they_agree();
	add_balance(&ours, "BNB", "2");
	then_the_only_difference_is("balance BNB: 2 expected by our books, 0 at the exchange");
	ours.books.balance_count--;
	add_balance(&theirs, "DOGE", "3");
	then_the_only_difference_is("balance DOGE: 0 expected by our books, 3 at the exchange");
}

static void lists_a_bounded_number_of_differences_and_counts_all(void **state)
{
	(void)state;
	for (uint64_t id = 100; id < 100 + AGREEMENT_DIFFERENCES_MAX + 10; id++)
		add_trade(&theirs, "BTCUSDT", id);
	compare();
	assert_int_equal(agreement.count, AGREEMENT_DIFFERENCES_MAX);
	assert_int_equal(agreement.found, AGREEMENT_DIFFERENCES_MAX + 10);
	assert_false(agreement.agree);
}

static void shuffle(struct random *random, struct agreement_trade *trades, size_t count)
{
	for (size_t i = count; i > 1; i--) {
		size_t other = random_below(random, i);
		struct agreement_trade kept = trades[i - 1];
		trades[i - 1] = trades[other];
		trades[other] = kept;
	}
}

static void finds_the_one_lost_trade_among_many_in_any_order(void **state)
{
	enum { ROUNDS = 20, COUNT = 500 };
	struct random random;

	(void)state;
	random_init(&random, 1);
	ours.books.trade_count = theirs.books.trade_count = 0;
	for (uint64_t id = 0; id < COUNT; id++) {
		add_trade(&ours, id % 3 == 0 ? "ETHUSDT" : "BTCUSDT", id);
		add_trade(&theirs, id % 3 == 0 ? "ETHUSDT" : "BTCUSDT", id);
	}
	for (int round = 0; round < ROUNDS; round++) {
		char expected[TEXT_MAX_SIZE];
		shuffle(&random, ours.trades, COUNT);
		shuffle(&random, theirs.trades, COUNT);
		const struct agreement_trade *lost = &ours.trades[COUNT - 1];
		snprintf(expected, sizeof expected,
		         "trade %s %llu (BUY 0.01 at 61000.5): 0 times in our books, "
		         "1 times at the exchange",
		         lost->symbol.text, (unsigned long long)lost->trade_id);
		ours.books.trade_count = COUNT - 1;
		then_the_only_difference_is(expected);
		ours.books.trade_count = COUNT;
	}
}

#define TEST(name) cmocka_unit_test_setup(name, given_equal_books)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(equal_books_agree),
		TEST(empty_books_agree),
		TEST(the_order_of_the_lists_does_not_matter),
		TEST(sees_a_trade_that_our_books_lost),
		TEST(sees_a_trade_that_the_exchange_never_made),
		TEST(sees_a_trade_that_our_books_counted_twice),
		TEST(a_trade_counted_twice_on_both_sides_is_a_difference_too),
		TEST(a_trade_id_counts_with_its_symbol),
		TEST(names_each_number_of_a_trade_that_differs),
		TEST(the_asset_of_no_fee_does_not_matter),
		TEST(a_fee_on_one_side_only_is_one_difference),
		TEST(sees_an_order_that_only_we_think_open),
		TEST(sees_an_order_that_is_open_without_our_knowing),
		TEST(sees_an_open_order_that_stands_twice_in_our_books),
		TEST(tells_a_repeated_unknown_order_once),
		TEST(sees_an_executed_quantity_that_differs),
		TEST(names_a_foreign_order_by_the_exchanges_id),
		TEST(the_exchanges_id_need_not_be_known_for_our_own_orders),
		TEST(sees_a_balance_that_differs_by_the_smallest_part),
		TEST(an_asset_that_is_not_listed_has_zero),
		TEST(lists_a_bounded_number_of_differences_and_counts_all),
		TEST(finds_the_one_lost_trade_among_many_in_any_order),
	};
	return cmocka_run_group_tests_name("agreement", tests, NULL, NULL);
}
