/* SPDX-License-Identifier: Apache-2.0 */
#include "common/model/candle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>

#include <cmocka.h>

#include "tests/lib/check_decimal.h"

/* A whole minute. */
#define T0 (INT64_C(1723161240) * NANOS_S)

static struct candle_builder builder;
static struct candle closed;

static int given_a_minute_builder(void **state)
{
	(void)state;
	candle_init(&builder, NANOS_MIN, 2 * NANOS_S);
	closed = (struct candle){0};
	return 0;
}

static bool trade(nanos_t at, const char *price, const char *qty)
{
	return candle_trade(&builder, at, decimal_of(price), decimal_of(qty), &closed);
}

static void holds_open_high_low_close_volume_and_count(void **state)
{
	(void)state;
	assert_false(trade(T0 + 5 * NANOS_S, "100.5", "1"));
	assert_false(trade(T0 + 6 * NANOS_S, "103", "0.25"));
	assert_false(trade(T0 + 7 * NANOS_S, "99.99", "0.00000001"));
	assert_false(trade(T0 + 59 * NANOS_S, "101", "2"));
	assert_true(candle_tick(&builder, T0 + 62 * NANOS_S, &closed));
	assert_true(closed.start == T0);
	assert_true(closed.period == NANOS_MIN);
	assert_decimal(closed.open, "100.5");
	assert_decimal(closed.high, "103");
	assert_decimal(closed.low, "99.99");
	assert_decimal(closed.close, "101");
	assert_decimal(closed.volume, "3.25000001");
	assert_int_equal(closed.trades, 4);
	assert_false(closed.incomplete);
}

static void the_first_trade_of_a_later_period_closes_and_opens(void **state)
{
	(void)state;
	assert_false(trade(T0 + NANOS_MIN - 1, "100", "1"));
	assert_true(trade(T0 + NANOS_MIN, "200", "2"));
	assert_true(closed.start == T0);
	assert_decimal(closed.close, "100");
	assert_decimal(closed.volume, "1");
	assert_true(builder.open.start == T0 + NANOS_MIN);
	assert_decimal(builder.open.open, "200");
	assert_int_equal(builder.open.missing, 0);
}

static void the_clock_closes_at_the_end_and_grace_and_not_before(void **state)
{
	(void)state;
	assert_false(trade(T0, "100", "1"));
	assert_true(candle_due(&builder) == T0 + 62 * NANOS_S);
	assert_false(candle_tick(&builder, T0 + 62 * NANOS_S - 1, &closed));
	assert_true(candle_tick(&builder, T0 + 62 * NANOS_S, &closed));
	assert_false(candle_tick(&builder, T0 + 999 * NANOS_S, &closed));
}

static void nothing_is_due_when_nothing_is_open(void **state)
{
	(void)state;
	assert_true(candle_due(&builder) == 0);
	assert_false(candle_tick(&builder, T0, &closed));
	assert_false(trade(T0, "100", "1"));
	assert_true(candle_tick(&builder, T0 + NANOS_DAY, &closed));
	assert_true(candle_due(&builder) == 0);
}

static void a_trade_within_the_grace_still_belongs_to_its_period(void **state)
{
	(void)state;
	assert_false(trade(T0, "100", "1"));
	assert_false(candle_tick(&builder, T0 + 61 * NANOS_S, &closed));
	assert_false(trade(T0 + 30 * NANOS_S, "110", "1"));
	assert_true(candle_tick(&builder, T0 + 62 * NANOS_S, &closed));
	assert_decimal(closed.high, "110");
	assert_int_equal(builder.late, 0);
}

static void drops_and_counts_trades_of_closed_periods(void **state)
{
	(void)state;
	assert_false(trade(T0, "100", "1"));
	assert_true(candle_tick(&builder, T0 + 62 * NANOS_S, &closed));
	assert_false(trade(T0 + 59 * NANOS_S, "500", "1"));
	assert_int_equal(builder.late, 1);
	assert_true(candle_due(&builder) == 0);
	assert_false(trade(T0 + NANOS_MIN, "101", "1"));
	assert_false(trade(T0 + 59 * NANOS_S, "500", "1"));
	assert_int_equal(builder.late, 2);
	assert_int_equal(builder.open.trades, 1);
	assert_decimal(builder.open.high, "101");
}

static void tells_how_many_empty_periods_came_before(void **state)
{
	(void)state;
	assert_false(trade(T0, "100", "1"));
	assert_int_equal(builder.open.missing, 0);
	assert_true(trade(T0 + 4 * NANOS_MIN, "101", "1"));
	assert_int_equal(builder.open.missing, 3);
	assert_true(candle_tick(&builder, T0 + 6 * NANOS_MIN, &closed));
	assert_int_equal(closed.missing, 3);
	assert_false(trade(T0 + 6 * NANOS_MIN, "102", "1"));
	assert_int_equal(builder.open.missing, 1);
}

static void a_gap_within_a_period_marks_that_candle_only(void **state)
{
	(void)state;
	assert_false(trade(T0, "100", "1"));
	candle_mark_gap(&builder);
	assert_false(trade(T0 + 30 * NANOS_S, "100", "1"));
	assert_true(trade(T0 + NANOS_MIN, "100", "1"));
	assert_true(closed.incomplete);
	assert_true(trade(T0 + 2 * NANOS_MIN, "100", "1"));
	assert_false(closed.incomplete);
}

static void a_gap_across_the_border_marks_both_candles(void **state)
{
	(void)state;
	assert_false(trade(T0, "100", "1"));
	candle_mark_gap(&builder);
	assert_true(trade(T0 + 90 * NANOS_S, "100", "1"));
	assert_true(closed.incomplete);
	assert_true(candle_tick(&builder, T0 + NANOS_DAY, &closed));
	assert_true(closed.incomplete);
}

static void a_gap_while_nothing_is_open_marks_the_next_candle(void **state)
{
	(void)state;
	candle_mark_gap(&builder);
	assert_false(trade(T0 + 30 * NANOS_S, "100", "1"));
	assert_true(trade(T0 + NANOS_MIN, "100", "1"));
	assert_true(closed.incomplete);
	assert_true(trade(T0 + 2 * NANOS_MIN, "100", "1"));
	assert_false(closed.incomplete);
}

static void a_late_trade_does_not_end_a_gap(void **state)
{
	(void)state;
	assert_false(trade(T0, "100", "1"));
	assert_true(candle_tick(&builder, T0 + 62 * NANOS_S, &closed));
	candle_mark_gap(&builder);
	assert_false(trade(T0 + 1, "100", "1"));
	assert_false(trade(T0 + NANOS_MIN, "100", "1"));
	assert_true(builder.open.incomplete);
}

static void a_volume_that_does_not_fit_makes_the_candle_incomplete(void **state)
{
	(void)state;
	assert_false(trade(T0, "100", "9223372036854775807"));
	assert_false(trade(T0, "100", "0.00000001"));
	assert_true(candle_tick(&builder, T0 + NANOS_DAY, &closed));
	assert_true(closed.incomplete);
	assert_int_equal(closed.trades, 2);
	assert_decimal(closed.volume, "9223372036854775807");
}

static void periods_begin_at_multiples_also_before_1970(void **state)
{
	(void)state;
	assert_false(trade(-1, "100", "1"));
	assert_true(builder.open.start == -NANOS_MIN);
	assert_true(trade(0, "100", "1"));
	assert_true(builder.open.start == 0);
}

static void days_begin_at_midnight_utc(void **state)
{
	(void)state;
	candle_init(&builder, NANOS_DAY, 0);
	assert_false(trade(INT64_C(1723161599999) * NANOS_MS, "100", "1"));
	assert_true(trade(INT64_C(1723161600000) * NANOS_MS, "100", "1"));
}

#define TEST(name) cmocka_unit_test_setup(name, given_a_minute_builder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(holds_open_high_low_close_volume_and_count),
		TEST(the_first_trade_of_a_later_period_closes_and_opens),
		TEST(the_clock_closes_at_the_end_and_grace_and_not_before),
		TEST(nothing_is_due_when_nothing_is_open),
		TEST(a_trade_within_the_grace_still_belongs_to_its_period),
		TEST(drops_and_counts_trades_of_closed_periods),
		TEST(tells_how_many_empty_periods_came_before),
		TEST(a_gap_within_a_period_marks_that_candle_only),
		TEST(a_gap_across_the_border_marks_both_candles),
		TEST(a_gap_while_nothing_is_open_marks_the_next_candle),
		TEST(a_late_trade_does_not_end_a_gap),
		TEST(a_volume_that_does_not_fit_makes_the_candle_incomplete),
		TEST(periods_begin_at_multiples_also_before_1970),
		TEST(days_begin_at_midnight_utc),
	};
	return cmocka_run_group_tests_name("candle", tests, NULL, NULL);
}
