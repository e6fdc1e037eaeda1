/* SPDX-License-Identifier: Apache-2.0 */
#include "services/risk/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/risk_bench.h"

/* Which rules a test of this file has refused by; all at the end. */
static const char *const tested[] = {
	"halted",  "blind",    "expired",      "purpose",  "duplicate", "symbol",
	"market",  "form",     "market_order", "quantity", "value",     "collar",
	"holding", "exposure", "open_orders",  "rate",
};

static struct risk_bench *bench;

static int set_up(void **state)
{
	(void)state;
	bench = risk_bench_open(NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	risk_bench_close(bench);
	return 0;
}

static void given_config(const char *first, const char *second)
{
	const char *const changes[] = {first, second, NULL};
	risk_bench_close(bench);
	bench = risk_bench_open(changes);
}

static void allowed(struct intent intent)
{
	then_allowed(bench, &intent);
}

static void refused(struct intent intent, const char *rule)
{
	then_refused_by(bench, &intent, rule);
}

static void every_rule_has_a_test_here(void **state)
{
	(void)state;
	assert_int_equal(risk_rule_count, sizeof tested / sizeof *tested);
	for (size_t i = 0; i < risk_rule_count; i++)
		assert_string_equal(risk_rules[i].name, tested[i]);
}

static void an_order_within_every_limit_passes(void **state)
{
	(void)state;
	allowed(buy(bench, "1", "100"));
}

static void while_halted_nothing_passes_until_a_person_arms(void **state)
{
	(void)state;
	given_position(bench, "BTCUSDT", "bot", "5", "500");
	assert_true(when_command(bench, COMMAND_KIND_HALT, "lunch").done);
	refused(buy(bench, "1", "100"), "halted");
	refused(sell(bench, "1", "100"), "halted");
	assert_true(when_command(bench, COMMAND_KIND_ARM, "back").done);
	allowed(buy(bench, "1", "100"));
}

static void without_both_streams_whole_nothing_passes(void **state)
{
	(void)state;
	logic_bench_stream(&bench->logic, "feed", false);
	refused(buy(bench, "1", "100"), "blind");
	logic_bench_stream(&bench->logic, "feed", true);
	allowed(buy(bench, "1", "100"));
	logic_bench_stream(&bench->logic, "executor", false);
	refused(buy(bench, "1", "100"), "blind");
	logic_bench_stream(&bench->logic, "executor", true);
	allowed(buy(bench, "1", "100"));
}

static void more_positions_than_can_be_counted_allow_nothing(void **state)
{
	char bot[20];
	(void)state;
	for (unsigned i = 0; i < HOLDINGS_MAX; i++) {
		snprintf(bot, sizeof bot, "bot%u", i);
		given_position(bench, "BTCUSDT", bot, "0.001", "0.1");
	}
	allowed(buy(bench, "1", "100"));
	given_position(bench, "BTCUSDT", "one too many", "0.001", "0.1");
	refused(buy(bench, "1", "100"), "blind");
}

static void more_orders_than_can_be_counted_allow_nothing(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COMMITMENTS_MAX; i++) {
		struct intent foreign = sell(bench, "0.001", "100");
		given_order(bench, &foreign, ORDER_STATUS_LIVE, "0");
	}
	struct intent last = sell(bench, "0.001", "100");
	given_order(bench, &last, ORDER_STATUS_LIVE, "0");
	refused(buy(bench, "1", "100"), "blind");
}

static void an_intent_whose_time_is_over_is_refused(void **state)
{
	(void)state;
	struct intent intent = buy(bench, "1", "100");
	intent.expires = bench->logic.now;
	refused(intent, "expired");
	intent.expires = bench->logic.now + 1;
	allowed(intent);
}

static void only_entries_and_sales_as_a_way_out_are_a_strategys_to_ask(void **state)
{
	(void)state;
	given_position(bench, "BTCUSDT", "bot", "5", "500");
	struct intent intent = sell(bench, "1", "100");
	intent.purpose = PURPOSE_PROTECT;
	refused(intent, "purpose");
	intent.purpose = PURPOSE_FLATTEN;
	refused(intent, "purpose");
	intent.purpose = PURPOSE_EXIT;
	allowed(intent);
	struct intent disguised = buy(bench, "1", "100"); /* would go without its stop */
	disguised.purpose = PURPOSE_EXIT;
	refused(disguised, "purpose");
}

static void a_repeated_intent_has_no_second_order(void **state)
{
	(void)state;
	struct intent intent = buy(bench, "1", "100");
	allowed(intent);
	refused(intent, "duplicate");
	given_order(bench, &intent, ORDER_STATUS_LIVE, "0");
	refused(intent, "duplicate");
}

static void a_symbol_must_be_configured_known_and_trading(void **state)
{
	(void)state;
	struct intent intent = buy(bench, "1", "100");
	intent.symbol = name_from("XYZUSDT");
	refused(intent, "symbol");
	struct instrument instrument = risk_bench_instrument("BTCUSDT");
	instrument.trading = false;
	given_instrument(bench, &instrument);
	refused(buy(bench, "1", "100"), "symbol");
	logic_bench_init(&bench->logic);
	logic_bench_event(&bench->logic, EVENT_START);
	logic_bench_stream(&bench->logic, "executor", true);
	logic_bench_stream(&bench->logic, "feed", true);
	refused(buy(bench, "1", "100"), "symbol");
}

static void only_a_live_market_is_traded(void **state)
{
	static const enum market_status others[] = {MARKET_STATUS_DOWN, MARKET_STATUS_SYNCING,
	                                            MARKET_STATUS_STALE};
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		given_market(bench, "BTCUSDT", others[i]);
		refused(buy(bench, "1", "100"), "market");
	}
	given_market(bench, "BTCUSDT", MARKET_STATUS_LIVE);
	allowed(buy(bench, "1", "100"));
}

static void a_price_that_is_too_old_allows_nothing(void **state)
{
	(void)state;
	bench->logic.now += bench->config.tick_age_max;
	allowed(buy(bench, "1", "100"));
	bench->logic.now += 1;
	refused(buy(bench, "1", "100"), "market");
	given_tick(bench, "BTCUSDT", "100", "100.1");
	allowed(buy(bench, "1", "100"));
}

static void an_order_must_have_the_exchanges_form(void **state)
{
	(void)state;
	refused(buy(bench, "1", "100.001"), "form");
	refused(buy(bench, "1.0005", "100"), "form");
	refused(buy(bench, "0", "100"), "form");
	refused(buy(bench, "9000.001", "100"), "form");
}

static struct intent market_buy(const char *qty)
{
	struct intent intent = buy(bench, qty, "0");
	intent.type = ORDER_TYPE_MARKET;
	return intent;
}

static void an_order_without_a_price_needs_leave(void **state)
{
	(void)state;
	refused(market_buy("1"), "market_order");
	given_config("market_orders=true", NULL);
	allowed(market_buy("1"));
}

static void the_quantity_limit_passes_and_one_lot_more_does_not(void **state)
{
	(void)state;
	given_config("order_qty_max=5", NULL);
	refused(buy(bench, "5.001", "100"), "quantity");
	allowed(buy(bench, "5", "100"));
}

static void the_value_limit_passes_and_one_lot_more_does_not(void **state)
{
	(void)state;
	given_config("order_value_max=5000", NULL);
	refused(buy(bench, "50.001", "100"), "value");
	allowed(buy(bench, "50", "100"));
}

static void an_order_without_a_price_is_valued_at_the_worst_that_the_collar_allows(void **state)
{
	(void)state;
	given_config("order_value_max=1011.01", "market_orders=true"); /* 10 × 100.1 × 1.01 */
	refused(market_buy("10.001"), "value");
	allowed(market_buy("10"));
}

static void the_collar_passes_and_one_tick_beyond_does_not(void **state)
{
	(void)state;
	given_position(bench, "BTCUSDT", "bot", "5", "500");
	refused(buy(bench, "1", "101.11"), "collar"); /* 100.1 × 1.01 = 101.101 */
	allowed(buy(bench, "1", "101.1"));
	refused(sell(bench, "1", "98.99"), "collar");
	allowed(sell(bench, "1", "99"));
}

static void a_sale_is_covered_by_the_bots_holding_less_its_open_sales(void **state)
{
	(void)state;
	given_position(bench, "BTCUSDT", "bot", "2", "200");
	given_position(bench, "BTCUSDT", "other", "9", "900");
	given_position(bench, "ALTUSDT", "bot", "9", "900");
	refused(sell(bench, "2.001", "100"), "holding");
	allowed(sell(bench, "1.5", "100"));
	refused(sell(bench, "0.501", "100"), "holding");
	allowed(sell(bench, "0.5", "100"));
	refused(sell(bench, "0.001", "100"), "holding");
}

static void a_resting_stop_gives_way_to_a_sale(void **state)
{
	(void)state;
	struct intent stop = sell(bench, "2", "90");
	stop.purpose = PURPOSE_PROTECT;
	given_position(bench, "BTCUSDT", "bot", "2", "200");
	given_order(bench, &stop, ORDER_STATUS_LIVE, "0");
	allowed(sell(bench, "2", "100"));
	refused(sell(bench, "0.001", "100"), "holding");
}

static void the_symbols_exposure_passes_and_one_lot_more_does_not(void **state)
{
	(void)state;
	given_config("symbol_exposure_max=1000", NULL);
	given_position(bench, "BTCUSDT", "other", "2", "150"); /* counts at the bid: 200 */
	allowed(buy(bench, "3", "100"));
	refused(buy(bench, "5.001", "100"), "exposure");
	allowed(buy(bench, "5", "100"));
	refused(buy(bench, "0.001", "100"), "exposure");
	struct intent elsewhere = buy(bench, "10", "100");
	elsewhere.symbol = name_from("ALTUSDT");
	allowed(elsewhere);
}

static void the_total_exposure_passes_and_one_lot_more_does_not(void **state)
{
	(void)state;
	given_config("total_exposure_max=1000", NULL);
	given_position(bench, "ALTUSDT", "other", "2", "300"); /* counts at its cost */
	refused(buy(bench, "7.001", "100"), "exposure");
	allowed(buy(bench, "7", "100"));
	refused(buy(bench, "0.001", "100"), "exposure");
}

static void a_sale_passes_however_high_the_exposure_is(void **state)
{
	(void)state;
	given_config("symbol_exposure_max=10", NULL);
	given_position(bench, "BTCUSDT", "bot", "5", "500");
	allowed(sell(bench, "5", "100"));
}

static void the_last_open_order_passes_and_the_next_does_not(void **state)
{
	(void)state;
	given_config("orders_open_max=2", NULL);
	struct intent first = buy(bench, "1", "100");
	allowed(first);
	allowed(buy(bench, "1", "100"));
	refused(buy(bench, "1", "100"), "open_orders");
	given_order(bench, &first, ORDER_STATUS_CANCELED, "0");
	allowed(buy(bench, "1", "100"));
}

static void a_bots_burst_passes_and_then_only_its_rate(void **state)
{
	(void)state;
	given_config("bot_burst=3", "bot_rate=2");
	for (unsigned i = 0; i < 3; i++)
		allowed(buy(bench, "0.001", "100"));
	refused(buy(bench, "0.001", "100"), "rate");
	struct intent other = buy(bench, "0.001", "100");
	other.bot = name_from("other");
	allowed(other);
	bench->logic.now += NANOS_S / 2;
	allowed(buy(bench, "0.001", "100"));
	refused(buy(bench, "0.001", "100"), "rate");
}

static void an_intent_that_another_rule_refuses_costs_no_rate(void **state)
{
	(void)state;
	given_config("bot_burst=1", "bot_rate=1");
	for (unsigned i = 0; i < 10; i++)
		refused(buy(bench, "1", "150"), "collar");
	allowed(buy(bench, "1", "100"));
}

static void more_bots_than_can_be_counted_are_refused(void **state)
{
	char name[20];
	(void)state;
	given_config("orders_open_max=500", NULL);
	for (unsigned i = 0; i <= RISK_BOTS_MAX; i++) {
		struct intent intent = buy(bench, "0.001", "100");
		snprintf(name, sizeof name, "bot%u", i);
		intent.bot = name_from(name);
		if (i < RISK_BOTS_MAX)
			allowed(intent);
		else
			refused(intent, "rate");
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_rule_has_a_test_here),
		TEST(an_order_within_every_limit_passes),
		TEST(while_halted_nothing_passes_until_a_person_arms),
		TEST(without_both_streams_whole_nothing_passes),
		TEST(more_positions_than_can_be_counted_allow_nothing),
		TEST(more_orders_than_can_be_counted_allow_nothing),
		TEST(an_intent_whose_time_is_over_is_refused),
		TEST(only_entries_and_sales_as_a_way_out_are_a_strategys_to_ask),
		TEST(a_repeated_intent_has_no_second_order),
		TEST(a_symbol_must_be_configured_known_and_trading),
		TEST(only_a_live_market_is_traded),
		TEST(a_price_that_is_too_old_allows_nothing),
		TEST(an_order_must_have_the_exchanges_form),
		TEST(an_order_without_a_price_needs_leave),
		TEST(the_quantity_limit_passes_and_one_lot_more_does_not),
		TEST(the_value_limit_passes_and_one_lot_more_does_not),
		TEST(an_order_without_a_price_is_valued_at_the_worst_that_the_collar_allows),
		TEST(the_collar_passes_and_one_tick_beyond_does_not),
		TEST(a_sale_is_covered_by_the_bots_holding_less_its_open_sales),
		TEST(a_resting_stop_gives_way_to_a_sale),
		TEST(the_symbols_exposure_passes_and_one_lot_more_does_not),
		TEST(the_total_exposure_passes_and_one_lot_more_does_not),
		TEST(a_sale_passes_however_high_the_exposure_is),
		TEST(the_last_open_order_passes_and_the_next_does_not),
		TEST(a_bots_burst_passes_and_then_only_its_rate),
		TEST(an_intent_that_another_rule_refuses_costs_no_rate),
		TEST(more_bots_than_can_be_counted_are_refused),
	};
	return cmocka_run_group_tests_name("risk_rules", tests, NULL, NULL);
}
