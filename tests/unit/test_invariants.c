/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/random.h"
#include "common/model/invariants_money.h"
#include "common/model/position.h"

/* One order of one bot, seen by both sides alike; a test then breaks one thing. */
struct scene {
	struct order orders[2];
	struct fill fills[2];
	struct position position;
	struct balance ours, theirs;
	struct fact_order venue_orders[2];
	struct fact_trade trades[2];
	struct fact_send sends[2];
	struct instrument instrument;
	struct facts facts;
	text_t why;
};

static struct scene scene;

static const ident_t intent = {1, 1}, first = {2, 1}, second = {2, 2};

static struct order order_of(ident_t client_id, enum order_status status)
{
	return (struct order){
		.intent_id = intent,
		.client_id = client_id,
		.bot = name_from("bot"),
		.symbol = name_from("BTCUSDT"),
		.purpose = PURPOSE_ENTRY,
		.side = SIDE_BUY,
		.type = ORDER_TYPE_LIMIT,
		.status = status,
		.qty = decimal_of("2"),
		.price = decimal_of("100"),
		.attempt = 1,
	};
}

static struct fact_order venue_order_of(ident_t client_id, enum venue_status status)
{
	return (struct fact_order){
		.client_id = client_id,
		.symbol = name_from("BTCUSDT"),
		.side = SIDE_BUY,
		.status = status,
		.qty = decimal_of("2"),
		.price = decimal_of("100"),
	};
}

static void trade(size_t index, uint64_t trade_id, const char *qty)
{
	scene.fills[index] = (struct fill){
		.client_id = first,
		.trade_id = trade_id,
		.bot = name_from("bot"),
		.symbol = name_from("BTCUSDT"),
		.side = SIDE_BUY,
		.price = decimal_of("100"),
		.qty = decimal_of(qty),
		.fee = decimal_of("0.1"),
		.fee_asset = name_from("USDT"),
	};
	scene.trades[index] = (struct fact_trade){
		.symbol = name_from("BTCUSDT"),
		.trade_id = trade_id,
		.client_id = first,
		.side = SIDE_BUY,
		.qty = decimal_of(qty),
		.price = decimal_of("100"),
		.fee = decimal_of("0.1"),
		.fee_asset = name_from("USDT"),
	};
	assert_int_equal(position_apply(&scene.position, &scene.fills[index], &scene.instrument),
	                 OK);
}

static int given_a_partly_filled_order(void **state)
{
	name_t venue = name_from("binance"), symbol = name_from("BTCUSDT"), bot = name_from("bot");
	(void)state;
	memset(&scene, 0, sizeof scene);
	scene.instrument = (struct instrument){
		.symbol = symbol,
		.base = name_from("BTC"),
		.quote = name_from("USDT"),
		.base_places = 8,
		.quote_places = 8,
	};
	position_init(&scene.position, &venue, &symbol, &bot);
	trade(0, 7, "0.5");
	scene.orders[0] = order_of(first, ORDER_STATUS_PARTIAL);
	scene.venue_orders[0] = venue_order_of(first, VENUE_STATUS_PARTIALLY_FILLED);
	scene.orders[0].executed = scene.venue_orders[0].executed = decimal_of("0.5");
	scene.ours = (struct balance){.asset = name_from("USDT"), .free = decimal_of("49.9")};
	scene.theirs = scene.ours;
	scene.sends[0] = (struct fact_send){
		.client_id = first,
		.is_order = true,
		.durable_before = true,
		.purpose = PURPOSE_ENTRY,
		.at = 10,
		.valid_until = 20,
	};
	scene.facts = (struct facts){
		.orders = scene.orders,
		.order_count = 1,
		.fills = scene.fills,
		.fill_count = 1,
		.positions = &scene.position,
		.position_count = 1,
		.balances = &scene.ours,
		.balance_count = 1,
		.venue_orders = scene.venue_orders,
		.venue_order_count = 1,
		.venue_trades = scene.trades,
		.venue_trade_count = 1,
		.venue_balances = &scene.theirs,
		.venue_balance_count = 1,
		.sends = scene.sends,
		.send_count = 1,
		.instruments = &scene.instrument,
		.instrument_count = 1,
		.quiet = true,
	};
	return 0;
}

static void then_all_holds(void)
{
	const struct invariant *broken = invariants_violated(&scene.facts, &scene.why);

	if (broken != NULL)
		fail_msg("%s: %s", broken->id, scene.why.text);
}

static void then_violated(const char *id)
{
	const struct invariant *broken = invariants_violated(&scene.facts, &scene.why);

	assert_non_null(broken);
	assert_string_equal(broken->id, id);
	assert_true(scene.why.size > 0);
}

static void equal_books_violate_nothing(void **state)
{
	(void)state;
	then_all_holds();
}

static void an_order_without_a_durable_send_is_seen(void **state)
{
	(void)state;
	scene.sends[0].durable_before = false;
	then_violated("I-01");
}

static void two_orders_of_one_id_are_seen(void **state)
{
	(void)state;
	scene.venue_orders[1] = scene.venue_orders[0];
	scene.facts.venue_order_count = 2;
	then_violated("I-02");
}

static void an_intent_that_is_exceeded_is_seen(void **state)
{
	(void)state;
	scene.orders[1] = order_of(second, ORDER_STATUS_LIVE);
	scene.venue_orders[1] = venue_order_of(second, VENUE_STATUS_NEW);
	scene.facts.order_count = scene.facts.venue_order_count = 2;
	then_violated("I-03");
}

static void a_cancelled_part_is_not_counted(void **state)
{
	(void)state;
	scene.orders[0].status = ORDER_STATUS_CANCELED;
	scene.venue_orders[0].status = VENUE_STATUS_CANCELED;
	scene.orders[1] = order_of(second, ORDER_STATUS_LIVE);
	scene.orders[1].qty = decimal_of("1.5");
	scene.orders[1].intent_id = (ident_t){1, 2};
	scene.orders[1].replaces = first;
	scene.venue_orders[1] = venue_order_of(second, VENUE_STATUS_NEW);
	scene.venue_orders[1].qty = decimal_of("1.5");
	scene.facts.order_count = scene.facts.venue_order_count = 2;
	then_all_holds();
	scene.orders[1].qty = scene.venue_orders[1].qty = decimal_of("1.6");
	then_violated("I-13");
}

static void an_order_that_left_twice_is_seen(void **state)
{
	(void)state;
	scene.sends[1] = scene.sends[0];
	scene.facts.send_count = 2;
	then_violated("I-04");
	scene.sends[1].is_order = false;
	then_all_holds();
}

static void an_entry_repeated_in_doubt_is_seen(void **state)
{
	(void)state;
	scene.orders[1] = order_of(second, ORDER_STATUS_SENDING);
	scene.orders[1].attempt = 2;
	scene.facts.order_count = 2;
	then_violated("I-05");
}

static void a_never_that_exists_is_seen(void **state)
{
	(void)state;
	scene.orders[0].status = ORDER_STATUS_NEVER;
	then_violated("I-06");
}

static void an_end_that_is_none_is_seen(void **state)
{
	(void)state;
	scene.orders[0].status = ORDER_STATUS_CANCELED;
	then_violated("I-07");
	scene.venue_orders[0].status = VENUE_STATUS_CANCELED;
	then_all_holds();
	scene.orders[0].executed = decimal_of("0.4");
	then_violated("I-07");
}

static void a_late_request_is_seen(void **state)
{
	(void)state;
	scene.sends[0].at = 21;
	then_violated("I-08");
}

static void a_lost_order_is_seen_when_all_is_quiet(void **state)
{
	(void)state;
	scene.facts.order_count = 0;
	then_violated("I-11");
	scene.facts.quiet = false;
	then_all_holds();
}

static void an_order_of_unknown_fate_is_not_quiet(void **state)
{
	(void)state;
	scene.orders[0].status = ORDER_STATUS_UNKNOWN;
	then_violated("I-11");
}

static void an_imagined_order_is_seen(void **state)
{
	(void)state;
	scene.facts.venue_order_count = 0;
	then_violated("I-10");
}

static void an_entry_while_halted_is_seen(void **state)
{
	(void)state;
	scene.sends[0].was_halted = true;
	then_violated("I-14");
	scene.sends[0].purpose = PURPOSE_EXIT;
	then_all_holds();
}

static void imagined_doubled_and_changed_fills_are_seen(void **state)
{
	(void)state;
	scene.facts.venue_trade_count = 0;
	then_violated("I-15");
	scene.facts.venue_trade_count = 1;
	scene.trades[0].qty = decimal_of("0.6");
	then_violated("I-15");
	scene.trades[0].qty = decimal_of("0.5");
	scene.fills[1] = scene.fills[0];
	scene.facts.fill_count = 2;
	then_violated("I-15");
}

static void a_missing_execution_is_seen(void **state)
{
	(void)state;
	scene.trades[1] = scene.trades[0];
	scene.trades[1].trade_id = 8;
	scene.trades[1].client_id = (ident_t){0, 0};
	scene.facts.venue_trade_count = 2;
	then_violated("I-15q");
}

static void a_wrong_position_is_seen(void **state)
{
	(void)state;
	scene.position.qty = decimal_of("0.6");
	then_violated("I-16");
}

static void a_wrong_balance_is_seen(void **state)
{
	(void)state;
	scene.theirs.locked = decimal_of("1");
	then_violated("I-17");
}

static void lost_cash_is_seen(void **state)
{
	(void)state;
	scene.position.realised = decimal_of("1");
	then_violated("I-19");
}

static void a_position_below_zero_is_seen_unless_nobody_owns_it(void **state)
{
	(void)state;
	scene.fills[0].side = scene.trades[0].side = SIDE_SELL;
	memset(&scene.position.qty, 0, sizeof scene.position - offsetof(struct position, qty));
	assert_int_equal(position_apply(&scene.position, &scene.fills[0], &scene.instrument), OK);
	then_violated("I-25");
	scene.position.bot = scene.fills[0].bot = name_from("manual");
	then_all_holds();
}

/* Fees in base, quote and a third asset; partly and wholly closed; below zero. */
static void random_executions_conserve(void **state)
{
	static const char *const assets[] = {"BTC", "USDT", "BNB"};
	enum { FILLS = 200 };
	struct fill fills[FILLS];
	struct random random;
	(void)state;
	random_init(&random, 20240808);
	position_init(&scene.position, &scene.position.venue, &scene.instrument.symbol,
	              &scene.position.bot);
	scene.facts = (struct facts){
		.fills = fills,
		.positions = &scene.position,
		.position_count = 1,
		.instruments = &scene.instrument,
		.instrument_count = 1,
	};
	for (size_t i = 0; i < FILLS; i++) {
		fills[i] = (struct fill){
			.bot = scene.position.bot,
			.symbol = scene.position.symbol,
			.side = random_below(&random, 2) ? SIDE_BUY : SIDE_SELL,
			.price = decimal_make(1 + (int64_t)random_below(&random, 100000), -2),
			.qty = decimal_make(1 + (int64_t)random_below(&random, 1000), -3),
			.fee = decimal_make((int64_t)random_below(&random, 100), -6),
			.fee_asset = name_from(assets[random_below(&random, 3)]),
		};
		assert_int_equal(position_apply(&scene.position, &fills[i], &scene.instrument), OK);
		scene.facts.fill_count = i + 1;
		assert_true(money_positions_are_sums(&scene.facts, &scene.why));
		assert_true(money_is_conserved(&scene.facts, &scene.why));
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, given_a_partly_filled_order)
	const struct CMUnitTest tests[] = {
		TEST(equal_books_violate_nothing),
		TEST(an_order_without_a_durable_send_is_seen),
		TEST(two_orders_of_one_id_are_seen),
		TEST(an_intent_that_is_exceeded_is_seen),
		TEST(a_cancelled_part_is_not_counted),
		TEST(an_order_that_left_twice_is_seen),
		TEST(an_entry_repeated_in_doubt_is_seen),
		TEST(a_never_that_exists_is_seen),
		TEST(an_end_that_is_none_is_seen),
		TEST(a_late_request_is_seen),
		TEST(a_lost_order_is_seen_when_all_is_quiet),
		TEST(an_order_of_unknown_fate_is_not_quiet),
		TEST(an_imagined_order_is_seen),
		TEST(an_entry_while_halted_is_seen),
		TEST(imagined_doubled_and_changed_fills_are_seen),
		TEST(a_missing_execution_is_seen),
		TEST(a_wrong_position_is_seen),
		TEST(a_wrong_balance_is_seen),
		TEST(lost_cash_is_seen),
		TEST(a_position_below_zero_is_seen_unless_nobody_owns_it),
		TEST(random_executions_conserve),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
