/* SPDX-License-Identifier: Apache-2.0 */
#include "services/strategy/plugins/touch_quoter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/lib/strategy_words.h"

static const char PARAMS[] =
	"order_qty=1;inventory_max=250;requote_ticks=3;refresh=1s;calm=0;backoff_max=8s";

/* The first tick of the sound world has made the first bid, at 100.00. */
static struct strategy_bench *given_bid_asked(void)
{
	struct strategy_bench *bench = given_one_bot("touch_quoter", PARAMS);

	then_intents(bench, 1);
	return bench;
}

static struct strategy_bench *given_bid_live(void)
{
	struct strategy_bench *bench = given_bid_asked();

	when_verdict(bench, 0, "");
	when_order(bench, 0, ORDER_STATUS_LIVE, "0");
	return bench;
}

static void tick(struct strategy_bench *bench, const char *bid, const char *ask)
{
	when_tick(bench, "BTCUSDT", bid, ask);
}

static void then_quote(struct strategy_bench *bench, size_t index, enum side side, const char *qty,
                       const char *price)
{
	const struct intent *intent = then_intent(bench, index);

	assert_int_equal(intent->side, side);
	assert_int_equal(intent->type, ORDER_TYPE_LIMIT_MAKER);
	assert_true(decimal_equals(intent->qty, decimal_of(qty)));
	assert_true(decimal_equals(intent->price, decimal_of(price)));
}

static void rests_one_post_only_bid_at_the_best_bid(void **state)
{
	struct strategy_bench *bench = given_bid_asked();

	(void)state;
	then_quote(bench, 0, SIDE_BUY, "1", "100.00");
	for (int i = 0; i < 5; i++) {
		tick(bench, "100.00", "100.02");
		when_time_passes(bench, NANOS_S / 4);
	}
	then_intents(bench, 1);
	then_cancels(bench, 0);
	strategy_bench_free(bench);
}

static void a_bid_that_the_market_has_left_is_cancelled_and_then_made_anew(void **state)
{
	struct strategy_bench *bench = given_bid_live();

	(void)state;
	when_time_passes(bench, 2 * NANOS_S);
	tick(bench, "100.02", "100.04");
	then_cancels(bench, 0);
	tick(bench, "100.03", "100.05");
	then_cancels(bench, 1);
	assert_string_equal(then_cancel(bench, 0)->reason.text, "requote");
	tick(bench, "100.09", "100.10");
	then_cancels(bench, 1);
	then_intents(bench, 1);
	when_order(bench, 0, ORDER_STATUS_CANCELED, "0");
	tick(bench, "100.08", "100.10");
	then_quote(bench, 1, SIDE_BUY, "1", "100.08");
	strategy_bench_free(bench);
}

static void quotes_no_faster_than_refresh(void **state)
{
	struct strategy_bench *bench = given_bid_live();

	(void)state;
	tick(bench, "101.00", "101.02");
	when_time_passes(bench, NANOS_S / 2);
	tick(bench, "102.00", "102.02");
	then_cancels(bench, 0);
	when_time_passes(bench, NANOS_S / 2);
	tick(bench, "102.00", "102.02");
	then_cancels(bench, 1);
	strategy_bench_free(bench);
}

static void a_price_is_quoted_only_when_it_has_stood_for_a_while(void **state)
{
	struct strategy_bench *bench = given_one_bot("touch_quoter", "order_qty=1;calm=100ms");

	(void)state;
	when_time_passes(bench, 90 * NANOS_MS);
	tick(bench, "100.01", "100.02");
	when_time_passes(bench, 90 * NANOS_MS);
	tick(bench, "100.01", "100.03");
	then_intents(bench, 0);
	when_time_passes(bench, 10 * NANOS_MS);
	tick(bench, "100.01", "100.04");
	then_quote(bench, 0, SIDE_BUY, "1", "100.01");
	strategy_bench_free(bench);
}

static void an_order_that_the_executor_has_not_reported_is_waited_for(void **state)
{
	struct strategy_bench *bench = given_bid_asked();

	(void)state;
	when_verdict(bench, 0, "");
	when_time_passes(bench, NANOS_S);
	tick(bench, "105.00", "105.02");
	then_cancels(bench, 0);
	then_intents(bench, 1);
	strategy_bench_free(bench);
}

static void asks_the_best_ask_for_all_that_it_holds(void **state)
{
	struct strategy_bench *bench = given_bid_live();

	(void)state;
	when_order(bench, 0, ORDER_STATUS_FILLED, "1");
	when_held(bench, "bot", "0.9994");
	tick(bench, "100.00", "100.02");
	then_quote(bench, 1, SIDE_SELL, "0.999", "100.02");
	assert_int_equal(then_intent(bench, 1)->purpose, PURPOSE_EXIT);
	strategy_bench_free(bench);
}

static void a_new_bid_waits_for_the_news_of_the_last_execution(void **state)
{
	struct strategy_bench *bench = given_bid_live();

	(void)state;
	when_time_passes(bench, 5 * NANOS_S);
	when_order(bench, 0, ORDER_STATUS_FILLED, "1");
	tick(bench, "100.00", "100.02");
	then_intents(bench, 1);
	when_time_passes(bench, NANOS_S);
	tick(bench, "100.00", "100.02");
	then_quote(bench, 1, SIDE_BUY, "1", "100.00");
	strategy_bench_free(bench);
}

static void makes_no_bid_beyond_its_inventory(void **state)
{
	struct strategy_bench *bench = given_bid_live();

	(void)state;
	when_order(bench, 0, ORDER_STATUS_FILLED, "1");
	when_held(bench, "bot", "2");
	when_time_passes(bench, 5 * NANOS_S);
	tick(bench, "100.00", "100.02");
	for (size_t i = 1; i < bench->intent_count; i++)
		assert_int_equal(then_intent(bench, i)->side, SIDE_SELL);
	strategy_bench_free(bench);
}

static void a_quote_that_would_have_taken_is_answered_by_waiting(void **state)
{
	struct strategy_bench *bench = given_bid_asked();

	(void)state;
	when_order(bench, 0, ORDER_STATUS_REJECTED, "0");
	when_time_passes(bench, NANOS_S - 1);
	tick(bench, "100.00", "100.02");
	then_intents(bench, 1);
	when_time_passes(bench, 2 * NANOS_S);
	tick(bench, "100.00", "100.02");
	then_intents(bench, 2);
	strategy_bench_free(bench);
}

static void refusals_in_a_row_are_answered_by_longer_waits(void **state)
{
	struct strategy_bench *bench = given_bid_asked();
	size_t refused = 0;

	(void)state;
	for (int quarter = 0; quarter < 4 * 60; quarter++) {
		for (; refused < bench->intent_count; refused++)
			when_verdict(bench, refused, "symbol_exposure_max");
		when_time_passes(bench, NANOS_S / 4);
		tick(bench, "100.00", "100.02");
	}
	assert_in_range(bench->intent_count, 6, 24);
	strategy_bench_free(bench);
}

static void a_bid_is_withdrawn_when_entries_are_shut_even_without_ticks(void **state)
{
	struct strategy_bench *bench = given_bid_live();

	(void)state;
	when_trading(bench, "risk", TRADING_STATUS_GUARDED);
	when_time_passes(bench, 3 * NANOS_S);
	then_cancels(bench, 1);
	assert_string_equal(then_cancel(bench, 0)->reason.text, "entries_shut");
	when_order(bench, 0, ORDER_STATUS_CANCELED, "0");
	tick(bench, "100.00", "100.02");
	then_intents(bench, 1);
	strategy_bench_free(bench);
}

static void what_an_earlier_run_left_is_cancelled_before_anything_is_quoted(void **state)
{
	struct strategy_bench *bench = strategy_bench_new();
	struct order old = {
		.intent_id = {0x01d, 7},
		.bot = name_from("bot"),
		.symbol = name_from("BTCUSDT"),
		.purpose = PURPOSE_EXIT,
		.side = SIDE_SELL,
		.type = ORDER_TYPE_LIMIT_MAKER,
		.status = ORDER_STATUS_LIVE,
		.cancel = CANCEL_STATUS_NONE,
		.replace = REPLACE_STATUS_NONE,
		.stop = STOP_STATUS_NONE,
		.qty = DECIMAL_ONE,
		.price = decimal_of("100.02"),
	};

	(void)state;
	given_bot(bench, "bot", "touch_quoter", "BTCUSDT", PARAMS);
	strategy_bench_start(bench);
	when_message(bench, MESSAGE_ORDER, &old);
	when_world_is_sound(bench);
	then_intents(bench, 0);
	then_cancels(bench, 1);
	assert_true(ident_equals(then_cancel(bench, 0)->intent_id, old.intent_id));
	old.status = ORDER_STATUS_CANCELED;
	when_message(bench, MESSAGE_ORDER, &old);
	tick(bench, "100.00", "100.02");
	then_quote(bench, 0, SIDE_BUY, "1", "100.00");
	strategy_bench_free(bench);
}

static void a_cancel_that_was_refused_is_tried_again_after_a_while(void **state)
{
	struct strategy_bench *bench = given_bid_live();
	struct receipt receipt = {.accepted = false, .rule = name_from("order_not_found")};

	(void)state;
	when_time_passes(bench, NANOS_S);
	tick(bench, "105.00", "105.02");
	then_cancels(bench, 1);
	when_reply(bench, bench->cancel_tokens[0], MESSAGE_RECEIPT, &receipt);
	tick(bench, "105.00", "105.02");
	then_cancels(bench, 1);
	when_time_passes(bench, NANOS_S);
	tick(bench, "105.00", "105.02");
	then_cancels(bench, 2);
	strategy_bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rests_one_post_only_bid_at_the_best_bid),
		cmocka_unit_test(a_bid_that_the_market_has_left_is_cancelled_and_then_made_anew),
		cmocka_unit_test(quotes_no_faster_than_refresh),
		cmocka_unit_test(a_price_is_quoted_only_when_it_has_stood_for_a_while),
		cmocka_unit_test(an_order_that_the_executor_has_not_reported_is_waited_for),
		cmocka_unit_test(asks_the_best_ask_for_all_that_it_holds),
		cmocka_unit_test(a_new_bid_waits_for_the_news_of_the_last_execution),
		cmocka_unit_test(makes_no_bid_beyond_its_inventory),
		cmocka_unit_test(a_quote_that_would_have_taken_is_answered_by_waiting),
		cmocka_unit_test(refusals_in_a_row_are_answered_by_longer_waits),
		cmocka_unit_test(a_bid_is_withdrawn_when_entries_are_shut_even_without_ticks),
		cmocka_unit_test(what_an_earlier_run_left_is_cancelled_before_anything_is_quoted),
		cmocka_unit_test(a_cancel_that_was_refused_is_tried_again_after_a_while),
	};

	return cmocka_run_group_tests_name("touch_quoter", tests, NULL, NULL);
}
