/* SPDX-License-Identifier: Apache-2.0 */
#include "common/model/book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/base/random.h"
#include "tests/lib/check_decimal.h"

static struct book book;
static struct levels bids, asks;

/* "100:1 99.5:2": price and quantity of each level. */
static const struct levels *levels_of(struct levels *out, const char *text)
{
	char copy[256], *rest = copy;

	out->count = 0;
	snprintf(copy, sizeof copy, "%s", text);
	for (char *price; (price = strtok_r(rest, " ", &rest)) != NULL;) {
		char *qty = strchr(price, ':');
		*qty++ = '\0';
		out->items[out->count++] = (struct level){decimal_of(price), decimal_of(qty)};
	}
	return out;
}

static enum err load(uint64_t id, const char *bid_text, const char *ask_text)
{
	return book_load(&book, id, levels_of(&bids, bid_text), levels_of(&asks, ask_text));
}

static enum err apply(uint64_t first, uint64_t last, const char *bid_text, const char *ask_text)
{
	return book_apply(&book, first, last, levels_of(&bids, bid_text),
	                  levels_of(&asks, ask_text));
}

static void assert_side(const struct book_side *side, const char *expected)
{
	struct levels levels;

	levels_of(&levels, expected);
	assert_int_equal(side->count, levels.count);
	for (uint32_t i = 0; i < side->count; i++) {
		assert_true(decimal_equals(side->levels[i].price, levels.items[i].price));
		assert_true(decimal_equals(side->levels[i].qty, levels.items[i].qty));
	}
}

static void assert_empty(void)
{
	assert_true(book.id == 0);
	assert_null(book_best_bid(&book));
	assert_null(book_best_ask(&book));
}

static int given_a_book(void **state)
{
	(void)state;
	book_init(&book);
	return load(100, "99:1 98:2 97:3", "101:1 102:2 103:3") == OK ? 0 : -1;
}

static void takes_no_delta_before_a_snapshot(void **state)
{
	(void)state;
	book_init(&book);
	assert_int_equal(apply(1, 1, "99:1", "101:1"), ERR_INVALID);
	assert_empty();
}

static void tells_the_best_of_each_side_and_nothing_of_an_empty_one(void **state)
{
	(void)state;
	assert_decimal(book_best_bid(&book)->price, "99");
	assert_decimal(book_best_ask(&book)->price, "101");
	assert_int_equal(load(7, "", "5:1"), OK);
	assert_null(book_best_bid(&book));
	assert_decimal(book_best_ask(&book)->qty, "1");
}

static void a_snapshot_replaces_everything(void **state)
{
	(void)state;
	assert_int_equal(load(50, "10:1", "11:1"), OK);
	assert_true(book.id == 50);
	assert_side(&book.bids, "10:1");
	assert_side(&book.asks, "11:1");
}

static void refuses_a_snapshot_without_sense_and_is_then_empty(void **state)
{
	static const struct {
		uint64_t id;
		const char *bids, *asks;
	} rows[] = {
		{0, "99:1", "101:1"},
		{9, "98:1 99:1", "101:1"},
		{9, "99:1 99:2", "101:1"},
		{9, "99:1", "102:1 101:1"},
		{9, "99:1", "101:1 101.0:1"},
		{9, "99:1", "99:1"},
		{9, "99:1", "98:1"},
		{9, "99:-1", "101:1"},
		{9, "99:1", "101:-0.00000001"},
		{9, "0:1", "101:1"},
		{9, "99:1 -1:1", "101:1"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(load(100, "99:1", "101:1"), OK);
		assert_int_equal(load(rows[i].id, rows[i].bids, rows[i].asks), ERR_INVALID);
		assert_empty();
	}
}

static void a_snapshot_level_of_zero_is_not_there(void **state)
{
	(void)state;
	assert_int_equal(load(9, "99:1 98:0 97:1", "101:0"), OK);
	assert_side(&book.bids, "99:1 97:1");
	assert_null(book_best_ask(&book));
}

static void a_delta_inserts_replaces_and_deletes(void **state)
{
	(void)state;
	assert_int_equal(apply(101, 105, "99.5:4 98:0 97:7 96:1", "100.5:1 102:0 104:9"), OK);
	assert_true(book.id == 105);
	assert_side(&book.bids, "99.5:4 99:1 97:7 96:1");
	assert_side(&book.asks, "100.5:1 101:1 103:3 104:9");
}

static void deleting_an_unknown_level_is_normal(void **state)
{
	(void)state;
	assert_int_equal(apply(101, 101, "98.5:0 1:0 99.9:0", "101.5:0 999:0"), OK);
	assert_side(&book.bids, "99:1 98:2 97:3");
	assert_side(&book.asks, "101:1 102:2 103:3");
}

static void a_price_is_the_same_whatever_its_trailing_zeros(void **state)
{
	(void)state;
	bids.count = 1;
	bids.items[0] = (struct level){(decimal_t){9900, -2}, decimal_of("5")};
	asks.count = 0;
	assert_int_equal(book_apply(&book, 101, 101, &bids, &asks), OK);
	assert_side(&book.bids, "99:5 98:2 97:3");
}

static void ignores_a_delta_that_is_wholly_old(void **state)
{
	(void)state;
	assert_int_equal(apply(90, 99, "99:9", "101:9"), OK);
	assert_int_equal(apply(90, 100, "99:9", "101:9"), OK);
	assert_true(book.id == 100);
	assert_side(&book.bids, "99:1 98:2 97:3");
}

static void applies_the_delta_that_straddles_the_snapshot(void **state)
{
	(void)state;
	assert_int_equal(apply(95, 103, "99:9", ""), OK);
	assert_true(book.id == 103);
	assert_decimal(book_best_bid(&book)->qty, "9");
}

static void applies_the_delta_that_begins_right_after_the_snapshot(void **state)
{
	(void)state;
	assert_int_equal(apply(101, 101, "99:9", ""), OK);
	assert_true(book.id == 101);
}

static void sees_a_single_missing_update(void **state)
{
	(void)state;
	assert_int_equal(apply(102, 110, "99:9", ""), ERR_GAP);
	assert_empty();
	assert_int_equal(load(200, "99:1", "101:1"), OK);
}

static void refuses_a_delta_that_ends_before_it_begins(void **state)
{
	(void)state;
	assert_int_equal(apply(105, 101, "", ""), ERR_INVALID);
	assert_empty();
}

static void refuses_a_delta_that_crosses_or_locks_the_book(void **state)
{
	(void)state;
	assert_int_equal(apply(101, 101, "101:1", ""), ERR_INVALID);
	assert_empty();
	assert_int_equal(load(100, "99:1", "101:1"), OK);
	assert_int_equal(apply(101, 101, "", "98.99:1"), ERR_INVALID);
	assert_empty();
}

static void takes_a_delta_that_moves_both_sides_past_the_old_best(void **state)
{
	(void)state;
	assert_int_equal(apply(101, 101, "102.5:1", "101:0 102:0 103:1"), OK);
	assert_decimal(book_best_bid(&book)->price, "102.5");
	assert_decimal(book_best_ask(&book)->price, "103");
}

static void refuses_negative_numbers_in_a_delta(void **state)
{
	static const char *const rows[] = {"99:-1", "-99:1", "0:1", "0:0"};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(load(100, "99:1", "101:1"), OK);
		assert_int_equal(apply(101, 101, rows[i], ""), ERR_INVALID);
		assert_empty();
	}
}

static void keeps_absurd_numbers_exactly(void **state)
{
	(void)state;
	assert_int_equal(apply(UINT64_C(101), UINT64_MAX,
	                       "0.000000000000000001:9223372036854775807",
	                       "9223372036854775807000000000000000000:0.000000000000000001"),
	                 OK);
	assert_true(book.id == UINT64_MAX);
	assert_decimal(book.bids.levels[3].qty, "9223372036854775807");
	assert_decimal(book.asks.levels[3].price, "9223372036854775807000000000000000000");
	assert_int_equal(apply(1, UINT64_MAX, "99:0", ""), OK);
}

static void tells_what_is_displayed_at_a_price(void **state)
{
	(void)state;
	assert_decimal(book_qty_at(&book, SIDE_BUY, decimal_of("98")), "2");
	assert_decimal(book_qty_at(&book, SIDE_SELL, decimal_of("103")), "3");
	assert_decimal(book_qty_at(&book, SIDE_SELL, decimal_of("98")), "0");
	assert_decimal(book_qty_at(&book, SIDE_BUY, decimal_of("1")), "0");
}

static decimal_t available(enum side resting, const char *limit, const char *enough)
{
	decimal_t sum;

	assert_int_equal(
		book_available(&book, resting, decimal_of(limit), decimal_of(enough), &sum), OK);
	return sum;
}

static void sums_what_is_available_up_to_a_price_or_to_enough(void **state)
{
	(void)state;
	assert_decimal(available(SIDE_SELL, "100.99", "9"), "0");
	assert_decimal(available(SIDE_SELL, "101", "9"), "1");
	assert_decimal(available(SIDE_SELL, "102", "9"), "3");
	assert_decimal(available(SIDE_SELL, "999", "9"), "6");
	assert_decimal(available(SIDE_SELL, "999", "2.5"), "2.5");
	assert_decimal(available(SIDE_BUY, "98", "9"), "3");
	assert_decimal(available(SIDE_BUY, "98.01", "9"), "1");
	assert_decimal(available(SIDE_BUY, "1", "0"), "0");
}

static void tells_when_the_available_sum_does_not_fit(void **state)
{
	decimal_t sum = DECIMAL_ONE;

	(void)state;
	assert_int_equal(load(1, "2:9000000000000000001 1:0.000000000000000001", ""), OK);
	assert_int_equal(book_available(&book, SIDE_BUY, decimal_of("1"),
	                                decimal_of("9223372036854775807000"), &sum),
	                 ERR_OVERFLOW);
	assert_decimal(sum, "1");
}

static void fill_bids(uint32_t count)
{
	bids.count = count;
	asks.count = 0;
	for (uint32_t i = 0; i < count; i++)
		bids.items[i] = (struct level){decimal_make(10000 - (int)i, 0), DECIMAL_ONE};
	assert_int_equal(book_load(&book, 1, &bids, &asks), OK);
}

static void forgets_the_farthest_level_when_it_is_full(void **state)
{
	(void)state;
	fill_bids(BOOK_DEPTH_MAX);
	assert_int_equal(apply(2, 2, "10001:1", ""), OK);
	assert_int_equal(book.bids.count, BOOK_DEPTH_MAX);
	assert_decimal(book_best_bid(&book)->price, "10001");
	assert_decimal(book_qty_at(&book, SIDE_BUY, decimal_of("5001")), "0");
	assert_decimal(book_qty_at(&book, SIDE_BUY, decimal_of("5002")), "1");
}

static void does_not_take_a_level_behind_the_farthest_when_it_is_full(void **state)
{
	(void)state;
	fill_bids(BOOK_DEPTH_MAX);
	assert_int_equal(apply(2, 2, "4000:1", ""), OK);
	assert_int_equal(book.bids.count, BOOK_DEPTH_MAX);
	assert_decimal(book_qty_at(&book, SIDE_BUY, decimal_of("4000")), "0");
	assert_decimal(book_qty_at(&book, SIDE_BUY, decimal_of("5001")), "1");
}

/* Random deltas against a plain table with one entry per price. */
static void holds_the_same_as_a_table_after_random_deltas(void **state)
{
	enum { DELTAS = 2000, PRICES = 400, LEVELS_EACH = 6 };
	const char *given = getenv("SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
	int64_t table[PRICES] = {0};
	struct random random;

	(void)state;
	printf("seed %llu\n", (unsigned long long)seed);
	random_init(&random, seed);
	fill_bids(0);
	for (uint64_t id = 2; id < 2 + DELTAS; id++) {
		bids.count = (uint32_t)random_below(&random, LEVELS_EACH);
		for (uint32_t i = 0; i < bids.count; i++) {
			size_t price = random_below(&random, PRICES);
			table[price] = (int64_t)random_below(&random, 3);
			bids.items[i] = (struct level){decimal_make((int64_t)price + 1, -1),
			                               decimal_make(table[price], 0)};
		}
		assert_int_equal(book_apply(&book, id, id, &bids, &asks), OK);
	}
	uint32_t place = 0;
	for (size_t price = PRICES; price-- > 0;) {
		if (table[price] == 0)
			continue;
		assert_true(decimal_equals(book.bids.levels[place].price,
		                           decimal_make((int64_t)price + 1, -1)));
		assert_true(
			decimal_equals(book.bids.levels[place].qty, decimal_make(table[price], 0)));
		place++;
	}
	assert_int_equal(book.bids.count, place);
}

#define TEST(name) cmocka_unit_test_setup(name, given_a_book)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_no_delta_before_a_snapshot),
		TEST(tells_the_best_of_each_side_and_nothing_of_an_empty_one),
		TEST(a_snapshot_replaces_everything),
		TEST(refuses_a_snapshot_without_sense_and_is_then_empty),
		TEST(a_snapshot_level_of_zero_is_not_there),
		TEST(a_delta_inserts_replaces_and_deletes),
		TEST(deleting_an_unknown_level_is_normal),
		TEST(a_price_is_the_same_whatever_its_trailing_zeros),
		TEST(ignores_a_delta_that_is_wholly_old),
		TEST(applies_the_delta_that_straddles_the_snapshot),
		TEST(applies_the_delta_that_begins_right_after_the_snapshot),
		TEST(sees_a_single_missing_update),
		TEST(refuses_a_delta_that_ends_before_it_begins),
		TEST(refuses_a_delta_that_crosses_or_locks_the_book),
		TEST(takes_a_delta_that_moves_both_sides_past_the_old_best),
		TEST(refuses_negative_numbers_in_a_delta),
		TEST(keeps_absurd_numbers_exactly),
		TEST(tells_what_is_displayed_at_a_price),
		TEST(sums_what_is_available_up_to_a_price_or_to_enough),
		TEST(tells_when_the_available_sum_does_not_fit),
		TEST(forgets_the_farthest_level_when_it_is_full),
		TEST(does_not_take_a_level_behind_the_farthest_when_it_is_full),
		TEST(holds_the_same_as_a_table_after_random_deltas),
	};
	return cmocka_run_group_tests_name("book", tests, NULL, NULL);
}
