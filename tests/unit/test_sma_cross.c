/* SPDX-License-Identifier: Apache-2.0 */
#include "services/strategy/plugins/sma_cross.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/strategy_words.h"

/* Candles of a second, means of 2 and 4. */
static const char PARAMS[] =
	"period=1s;short_mean=2;long_mean=4;order_qty=1;slippage_ticks=5;retry=200ms";

static struct strategy_bench *given_cross(void)
{
	return given_one_bot("sma_cross", PARAMS);
}

/* One trade per candle, the first of them opens it; a candle is known when the next one begins. */
static void when_closes(struct strategy_bench *bench, const char *const *closes)
{
	for (; *closes != NULL; closes++) {
		when_trade(bench, "BTCUSDT", *closes);
		when_time_passes(bench, NANOS_S);
	}
}

/* The first candle may have begun before us, and is left out. */
static void given_falling_market(struct strategy_bench *bench)
{
	when_closes(bench, (const char *[]){"100", "100", "99", "98", "97", NULL});
	then_intents(bench, 0);
}

static void given_rise(struct strategy_bench *bench)
{
	when_closes(bench, (const char *[]){"110", NULL});
	when_time_passes(bench, NANOS_S);
}

static void given_a_buy_was_filled(struct strategy_bench *bench)
{
	given_falling_market(bench);
	given_rise(bench);
	when_verdict(bench, 0, "");
	when_order(bench, 0, ORDER_STATUS_FILLED, "1");
	when_held(bench, "bot", "0.999");
}

static void buys_when_the_short_mean_crosses_above(void **state)
{
	struct strategy_bench *bench = given_cross();

	(void)state;
	given_falling_market(bench);
	given_rise(bench);
	then_intents(bench, 1);
	const struct intent *intent = then_intent(bench, 0);
	assert_int_equal(intent->side, SIDE_BUY);
	assert_int_equal(intent->purpose, PURPOSE_ENTRY);
	assert_int_equal(intent->type, ORDER_TYPE_LIMIT);
	assert_int_equal(intent->time_in_force, TIME_IN_FORCE_IOC);
	assert_true(decimal_equals(intent->qty, DECIMAL_ONE));
	assert_true(decimal_equals(intent->price, decimal_of("100.07")));
	strategy_bench_free(bench);
}

static void counts_whole_candles_only_and_no_cross_before_all_are_there(void **state)
{
	struct strategy_bench *bench = given_cross();

	(void)state;
	when_closes(bench, (const char *[]){"100", "99", "98", "97", "110", NULL});
	when_time_passes(bench, NANOS_S);
	then_intents(bench, 0);
	strategy_bench_free(bench);
}

static void a_candle_closed_by_time_has_no_stamp_and_one_closed_by_a_trade_has(void **state)
{
	struct strategy_bench *bench = given_cross();

	(void)state;
	given_falling_market(bench);
	given_rise(bench);
	assert_int_equal(then_intent(bench, 0)->stamp, 0);
	strategy_bench_free(bench);
	bench = given_cross();
	given_falling_market(bench);
	when_trade(bench, "BTCUSDT", "110");
	bench->now += NANOS_S; /* the trade overtakes the timer */
	when_trade(bench, "BTCUSDT", "110");
	assert_int_equal(then_intent(bench, 0)->stamp, bench->stamp - 30 * NANOS_US);
	strategy_bench_free(bench);
}

static void a_buy_leaves_a_line_in_the_signal_log(void **state)
{
	struct strategy_bench *bench = given_cross();
	const char *line = NULL;

	(void)state;
	given_falling_market(bench);
	when_trade(bench, "BTCUSDT", "110");
	bench->now += NANOS_S;
	when_trade(bench, "BTCUSDT", "110");
	for (size_t i = 0; i < bench->out->count; i++)
		if (bench->out->effects[i].kind == EFFECT_NOTE &&
		    bench->out->effects[i].note == NOTE_SIGNAL)
			line = bench->out->effects[i].text;
	assert_non_null(line);
	assert_non_null(strstr(line, "signal(BUY, cross_up, 1.00)"));
	strategy_bench_free(bench);
}

static void a_size_in_quote_units_is_cut_to_the_lot(void **state)
{
	struct strategy_bench *bench =
		given_one_bot("sma_cross", "period=1s;short_mean=2;long_mean=4;order_value=33.335");

	(void)state;
	given_falling_market(bench);
	given_rise(bench);
	assert_true(decimal_equals(then_intent(bench, 0)->qty, decimal_of("0.333")));
	strategy_bench_free(bench);
}

static void sells_what_it_holds_when_the_short_mean_crosses_below(void **state)
{
	struct strategy_bench *bench = given_cross();

	(void)state;
	given_a_buy_was_filled(bench);
	when_closes(bench, (const char *[]){"90", "80", NULL});
	when_time_passes(bench, NANOS_S);
	then_intents(bench, 2);
	const struct intent *intent = then_intent(bench, 1);
	assert_int_equal(intent->side, SIDE_SELL);
	assert_int_equal(intent->purpose, PURPOSE_EXIT);
	assert_int_equal(intent->time_in_force, TIME_IN_FORCE_IOC);
	assert_true(decimal_equals(intent->qty, decimal_of("0.999")));
	assert_true(decimal_equals(intent->price, decimal_of("99.95")));
	strategy_bench_free(bench);
}

static void a_sale_that_left_something_is_tried_again_after_a_while(void **state)
{
	struct strategy_bench *bench = given_cross();

	(void)state;
	given_a_buy_was_filled(bench);
	when_closes(bench, (const char *[]){"90", "80", NULL});
	when_order(bench, 1, ORDER_STATUS_EXPIRED, "0.5");
	when_held(bench, "bot", "0.499");
	when_tick(bench, "BTCUSDT", "80.00", "80.01");
	then_intents(bench, 2);
	when_time_passes(bench, 300 * NANOS_MS);
	then_intents(bench, 3);
	assert_true(decimal_equals(then_intent(bench, 2)->qty, decimal_of("0.499")));
	strategy_bench_free(bench);
}

static void dust_below_the_minimum_is_not_sold(void **state)
{
	struct strategy_bench *bench = given_cross();

	(void)state;
	given_a_buy_was_filled(bench);
	when_held(bench, "bot", "0.04");
	when_closes(bench, (const char *[]){"90", "80", NULL});
	when_time_passes(bench, 5 * NANOS_S);
	then_intents(bench, 1);
	strategy_bench_free(bench);
}

static void does_not_buy_while_it_holds_or_while_an_order_is_open(void **state)
{
	struct strategy_bench *bench = given_cross();

	(void)state;
	given_falling_market(bench);
	given_rise(bench);
	when_order(bench, 0, ORDER_STATUS_UNKNOWN, "0");
	when_closes(bench, (const char *[]){"90", "80", "70", "120", NULL});
	when_time_passes(bench, NANOS_S);
	then_intents(bench, 1);
	strategy_bench_free(bench);
	bench = given_cross();
	given_falling_market(bench);
	when_trade(bench, "BTCUSDT",
	           "110"); /* the last falling candle is over: nothing was sold for it */
	when_held(bench, "bot", "2");
	when_time_passes(bench, 2 * NANOS_S);
	then_intents(bench, 0);
	strategy_bench_free(bench);
}

static void a_cross_while_entries_are_shut_is_missed_not_made_up_for(void **state)
{
	struct strategy_bench *bench = given_cross();

	(void)state;
	given_falling_market(bench);
	when_trading(bench, "risk", TRADING_STATUS_GUARDED);
	given_rise(bench);
	when_trading(bench, "risk", TRADING_STATUS_NORMAL);
	when_closes(bench, (const char *[]){"111", "112", NULL});
	when_tick(bench, "BTCUSDT", "112.00", "112.01");
	then_intents(bench, 0);
	strategy_bench_free(bench);
}

static void a_sale_that_can_not_be_made_waits_for_its_moment(void **state)
{
	struct strategy_bench *bench = given_cross();

	(void)state;
	given_a_buy_was_filled(bench);
	when_trading(bench, "risk", TRADING_STATUS_HALTED);
	when_closes(bench, (const char *[]){"90", "80", NULL});
	when_time_passes(bench, NANOS_S);
	then_intents(bench, 1);
	when_trading(bench, "risk", TRADING_STATUS_REDUCING);
	when_time_passes(bench, NANOS_S);
	then_intents(bench, 2);
	strategy_bench_free(bench);
}

static void what_an_earlier_run_left_is_sold_when_the_means_say_so(void **state)
{
	struct strategy_bench *bench = given_cross();

	(void)state;
	when_held(bench, "bot", "2");
	when_closes(bench, (const char *[]){"100", "100", "99", "98", "97", NULL});
	when_time_passes(bench, NANOS_S);
	then_intents(bench, 1);
	assert_int_equal(then_intent(bench, 0)->side, SIDE_SELL);
	strategy_bench_free(bench);
}

static void missed_trades_start_the_means_anew(void **state)
{
	struct strategy_bench *bench = given_cross();

	(void)state;
	given_falling_market(bench);
	when_stream(bench, "feed", false);
	when_stream(bench, "feed", true);
	when_tick(bench, "BTCUSDT", "100.00", "100.02");
	when_closes(bench, (const char *[]){"110", "111", "112", NULL});
	when_time_passes(bench, NANOS_S);
	then_intents(bench, 0);
	strategy_bench_free(bench);
}

static void periods_without_a_trade_keep_the_last_close(void **state)
{
	struct strategy_bench *bench = given_cross();

	(void)state;
	when_closes(bench, (const char *[]){"100", "100", "99", NULL});
	when_time_passes(bench, 3 * NANOS_S);
	then_intents(bench, 0);
	/* 100 99, three times 99 again, 99: below. Then 100: 99.5 above 99.25. */
	when_closes(bench, (const char *[]){"99", "100", NULL});
	when_time_passes(bench, NANOS_S);
	then_intents(bench, 1);
	strategy_bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buys_when_the_short_mean_crosses_above),
		cmocka_unit_test(counts_whole_candles_only_and_no_cross_before_all_are_there),
		cmocka_unit_test(
			a_candle_closed_by_time_has_no_stamp_and_one_closed_by_a_trade_has),
		cmocka_unit_test(a_buy_leaves_a_line_in_the_signal_log),
		cmocka_unit_test(a_size_in_quote_units_is_cut_to_the_lot),
		cmocka_unit_test(sells_what_it_holds_when_the_short_mean_crosses_below),
		cmocka_unit_test(a_sale_that_left_something_is_tried_again_after_a_while),
		cmocka_unit_test(dust_below_the_minimum_is_not_sold),
		cmocka_unit_test(does_not_buy_while_it_holds_or_while_an_order_is_open),
		cmocka_unit_test(a_cross_while_entries_are_shut_is_missed_not_made_up_for),
		cmocka_unit_test(a_sale_that_can_not_be_made_waits_for_its_moment),
		cmocka_unit_test(what_an_earlier_run_left_is_sold_when_the_means_say_so),
		cmocka_unit_test(missed_trades_start_the_means_anew),
		cmocka_unit_test(periods_without_a_trade_keep_the_last_close),
	};

	return cmocka_run_group_tests_name("sma_cross", tests, NULL, NULL);
}
