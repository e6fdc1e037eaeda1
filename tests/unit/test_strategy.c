/* SPDX-License-Identifier: Apache-2.0 */
#include "services/strategy/strategy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/strategy/check.h"
#include "services/strategy/plugins/plugins.h"
#include "tests/lib/strategy_words.h"

static const char EVERY_TICK[] = "every=1;order_qty=0.5";

static struct strategy_bench *given_metronome(void)
{
	return given_one_bot("metronome", EVERY_TICK);
}

static void tick(struct strategy_bench *bench)
{
	when_tick(bench, "BTCUSDT", "100.00", "100.02");
}

static void an_intent_carries_identity_expiry_and_the_stamp_of_its_tick(void **state)
{
	struct strategy_bench *bench = given_metronome();
	const struct intent *first = then_intent(bench, 0);

	(void)state;
	tick(bench);
	const struct intent *second = then_intent(bench, 1);
	assert_int_equal(first->intent_id.high, bench->identity.epoch);
	assert_int_not_equal(first->intent_id.low, second->intent_id.low);
	assert_int_equal(bench->tokens[1], second->intent_id.low);
	assert_int_equal(second->expires, bench->now + 500 * NANOS_MS);
	assert_int_equal(second->stamp, bench->stamp - 40 * NANOS_US);
	assert_string_equal(second->bot.text, "bot");
	assert_int_equal(second->purpose, PURPOSE_ENTRY);
	assert_true(decimal_equals(second->price, decimal_of("50")));
	strategy_bench_free(bench);
}

static void identities_of_two_bots_differ(void **state)
{
	struct strategy_bench *bench = strategy_bench_new();

	(void)state;
	given_bot(bench, "a", "metronome", "BTCUSDT", EVERY_TICK);
	given_bot(bench, "b", "metronome", "BTCUSDT", EVERY_TICK);
	given_sound_world(bench);
	then_intents(bench, 2);
	assert_int_equal(then_intent(bench, 0)->intent_id.low >> 48, 0);
	assert_int_equal(then_intent(bench, 1)->intent_id.low >> 48, 1);
	strategy_bench_free(bench);
}

static void a_tick_reaches_the_bots_of_its_symbol_only(void **state)
{
	struct strategy_bench *bench = strategy_bench_new();

	(void)state;
	given_bot(bench, "a", "metronome", "BTCUSDT", EVERY_TICK);
	given_bot(bench, "b", "metronome", "ALTUSDT", EVERY_TICK);
	given_sound_world(bench);
	size_t before = bench->intent_count;
	when_tick(bench, "ALTUSDT", "200.00", "200.01");
	then_intents(bench, before + 1);
	assert_string_equal(then_intent(bench, before)->bot.text, "b");
	when_tick(bench, "XYZ", "1", "2");
	then_intents(bench, before + 1);
	strategy_bench_free(bench);
}

static void feed_gone(struct strategy_bench *bench)
{
	when_stream(bench, "feed", false);
}
static void executor_gone(struct strategy_bench *bench)
{
	when_stream(bench, "executor", false);
}
static void risk_gone(struct strategy_bench *bench)
{
	when_stream(bench, "risk", false);
}
static void guarded(struct strategy_bench *bench)
{
	when_trading(bench, "risk", TRADING_STATUS_GUARDED);
}
static void executor_guarded(struct strategy_bench *bench)
{
	when_trading(bench, "executor", TRADING_STATUS_GUARDED);
}

static void reducing(struct strategy_bench *bench)
{
	when_trading(bench, "risk", TRADING_STATUS_REDUCING);
}
static void halted(struct strategy_bench *bench)
{
	when_trading(bench, "risk", TRADING_STATUS_HALTED);
}
static void stale(struct strategy_bench *bench)
{
	when_market(bench, "BTCUSDT", MARKET_STATUS_STALE);
}
static void syncing(struct strategy_bench *bench)
{
	when_market(bench, "BTCUSDT", MARKET_STATUS_SYNCING);
}

static void no_entry_while_anything_is_not_known_to_be_sound(void **state)
{
	static void (*const troubles[])(struct strategy_bench *) = {
		feed_gone, executor_gone, risk_gone, guarded, executor_guarded,
		reducing,  halted,        stale,     syncing,
	};

	(void)state;
	for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++) {
		struct strategy_bench *bench = given_metronome();
		size_t before = bench->intent_count;
		troubles[i](bench);
		const struct bot_state *told = strategy_bench_published(bench, MESSAGE_BOT_STATE);
		assert_non_null(told);
		assert_false(told->active);
		assert_true(told->reason.size > 0);
		tick(bench);
		then_intents(bench, before);
		strategy_bench_free(bench);
	}
}

static void nothing_is_asked_before_everything_is_known(void **state)
{
	struct strategy_bench *bench = strategy_bench_new();

	(void)state;
	given_bot(bench, "bot", "metronome", "BTCUSDT", EVERY_TICK);
	strategy_bench_start(bench);
	tick(bench);
	when_stream(bench, "feed", true);
	when_stream(bench, "risk", true);
	when_stream(bench, "executor", true);
	when_market(bench, "BTCUSDT", MARKET_STATUS_LIVE);
	when_trading(bench, "risk", TRADING_STATUS_NORMAL);
	when_trading(bench, "executor", TRADING_STATUS_NORMAL);
	tick(bench);
	then_intents(bench, 0);
	when_instrument(bench, "BTCUSDT");
	tick(bench);
	then_intents(bench, 1);
	strategy_bench_free(bench);
}

static void prices_from_before_a_gap_are_not_used(void **state)
{
	struct strategy_bench *bench = given_metronome();

	(void)state;
	when_stream(bench, "feed", false);
	when_stream(bench, "feed", true);
	assert_false(strategy_bench_state(bench, "bot")->active);
	tick(bench);
	assert_true(strategy_bench_state(bench, "bot")->active);
	strategy_bench_free(bench);
}

static void a_refusal_is_counted_and_frees_the_place(void **state)
{
	struct strategy_bench *bench = given_metronome();

	(void)state;
	assert_int_equal(bench->host->bots[0].orders.count, 1);
	when_verdict(bench, 0, "order_value_max");
	assert_int_equal(bench->host->bots[0].orders.count, 0);
	assert_int_equal(strategy_bench_state(bench, "bot")->refused, 1);
	assert_int_equal(strategy_bench_state(bench, "bot")->intents, 1);
	strategy_bench_free(bench);
}

static void an_intent_that_never_left_counts_as_refused(void **state)
{
	struct strategy_bench *bench = given_metronome();
	struct call_failed failed = {.sent = false};

	(void)state;
	when_reply(bench, bench->tokens[0], MESSAGE_CALL_FAILED, &failed);
	assert_int_equal(bench->host->bots[0].orders.count, 0);
	assert_int_equal(strategy_bench_state(bench, "bot")->refused, 1);
	strategy_bench_free(bench);
}

static void silence_of_risk_keeps_the_order_until_its_time_is_over(void **state)
{
	struct strategy_bench *bench = given_metronome();
	struct call_failed failed = {.sent = true};

	(void)state;
	when_time_passes(bench, 500 * NANOS_MS);
	when_reply(bench, bench->tokens[0], MESSAGE_CALL_FAILED, &failed);
	assert_int_equal(bench->host->bots[0].orders.count, 1);
	when_time_passes(bench, NANOS_S);
	assert_int_equal(bench->host->bots[0].orders.count, 1);
	when_time_passes(bench, NANOS_S);
	assert_int_equal(bench->host->bots[0].orders.count, 0);
	then_intents(bench, 1);
	strategy_bench_free(bench);
}

static void an_intent_is_not_given_up_while_the_executor_is_not_heard(void **state)
{
	struct strategy_bench *bench = given_metronome();

	(void)state;
	when_stream(bench, "executor", false);
	when_time_passes(bench, 10 * NANOS_S);
	assert_int_equal(bench->host->bots[0].orders.count, 1);
	when_stream(bench, "executor", true);
	when_time_passes(bench, NANOS_S);
	assert_int_equal(bench->host->bots[0].orders.count, 0);
	strategy_bench_free(bench);
}

static void an_order_lives_until_the_executor_says_that_it_ended(void **state)
{
	struct strategy_bench *bench = given_metronome();

	(void)state;
	when_verdict(bench, 0, "");
	when_order(bench, 0, ORDER_STATUS_SENDING, "0");
	when_order(bench, 0, ORDER_STATUS_UNKNOWN, "0");
	when_time_passes(bench, 60 * NANOS_S);
	assert_int_equal(bench->host->bots[0].orders.count, 1);
	when_order(bench, 0, ORDER_STATUS_EXPIRED, "0");
	assert_int_equal(bench->host->bots[0].orders.count, 0);
	strategy_bench_free(bench);
}

static void an_order_that_a_whole_executor_no_longer_reports_has_ended(void **state)
{
	struct strategy_bench *bench = given_metronome();

	(void)state;
	tick(bench);
	when_order(bench, 0, ORDER_STATUS_LIVE, "0");
	when_order(bench, 1, ORDER_STATUS_LIVE, "0");
	when_stream(bench, "executor", false);
	when_order(bench, 1, ORDER_STATUS_LIVE, "0");
	when_stream(bench, "executor", true);
	assert_int_equal(bench->host->bots[0].orders.count, 1);
	assert_true(ident_equals(bench->host->bots[0].orders.items[0].intent_id,
	                         then_intent(bench, 1)->intent_id));
	strategy_bench_free(bench);
}

static void a_cancel_is_asked_for_once_and_only_of_a_reported_order(void **state)
{
	struct strategy_bench *bench = given_metronome();
	struct event event = {.now = bench->now};
	struct bot_context context =
		bot_context_of(bench->host, &bench->host->bots[0], &event, 0, bench->out);
	ident_t id = then_intent(bench, 0)->intent_id;

	(void)state;
	assert_int_equal(bot_cancel(&context, id, "test"), ERR_NOT_FOUND);
	when_order(bench, 0, ORDER_STATUS_LIVE, "0");
	assert_int_equal(bot_cancel(&context, id, "test"), OK);
	assert_int_equal(bot_cancel(&context, id, "test"), ERR_EXISTS);
	strategy_bench_free(bench);
}

static struct order old_order(const char *bot)
{
	return (struct order){
		.intent_id = {0x01d, 7},
		.bot = name_from(bot),
		.symbol = name_from("BTCUSDT"),
		.purpose = PURPOSE_ENTRY,
		.side = SIDE_BUY,
		.type = ORDER_TYPE_LIMIT_MAKER,
		.status = ORDER_STATUS_LIVE,
		.cancel = CANCEL_STATUS_NONE,
		.replace = REPLACE_STATUS_NONE,
		.stop = STOP_STATUS_NONE,
		.qty = DECIMAL_ONE,
		.price = decimal_of("99"),
	};
}

static void an_order_of_an_earlier_run_is_found_again(void **state)
{
	struct strategy_bench *bench = given_metronome();
	struct order order = old_order("bot");

	(void)state;
	when_message(bench, MESSAGE_ORDER, &order);
	assert_int_equal(bench->host->bots[0].orders.count, 2);
	assert_true(bench->host->bots[0].orders.items[1].adopted);
	order = old_order("somebody");
	when_message(bench, MESSAGE_ORDER, &order);
	assert_int_equal(bench->host->bots[0].orders.count, 2);
	strategy_bench_free(bench);
}

static void a_bot_that_is_switched_off_stands_still_and_its_orders_are_cancelled(void **state)
{
	struct strategy_bench *bench = strategy_bench_new();
	struct order order = old_order("bot");

	(void)state;
	given_bot(bench, "bot", "metronome", "BTCUSDT", EVERY_TICK)->active = false;
	given_sound_world(bench);
	then_intents(bench, 0);
	when_message(bench, MESSAGE_ORDER, &order);
	assert_true(ident_equals(then_cancel(bench, 0)->intent_id, order.intent_id));
	assert_string_equal(then_cancel(bench, 0)->bot.text, "bot");
	strategy_bench_free(bench);
}

static void a_bot_has_a_bounded_number_of_open_orders(void **state)
{
	struct strategy_bench *bench = given_metronome();

	(void)state;
	for (int i = 0; i < BOT_ORDERS_MAX + 10; i++)
		tick(bench);
	then_intents(bench, BOT_ORDERS_MAX);
	when_order(bench, 3, ORDER_STATUS_EXPIRED, "0");
	tick(bench);
	then_intents(bench, BOT_ORDERS_MAX + 1);
	strategy_bench_free(bench);
}

static void states_and_latency_are_published_every_second(void **state)
{
	struct strategy_bench *bench = given_metronome();
	const struct latency *latency = NULL;

	(void)state;
	for (int i = 0; latency == NULL && i < 10; i++) {
		when_time_passes(bench, 200 * NANOS_MS);
		latency = strategy_bench_published(bench, MESSAGE_LATENCY);
	}
	assert_non_null(latency);
	assert_string_equal(latency->stage.text, "tick_to_intent");
	assert_int_equal(latency->samples, 1);
	assert_in_range(latency->p50, 40 * NANOS_US, 42 * NANOS_US);
	assert_non_null(strategy_bench_published(bench, MESSAGE_BOT_STATE));
	strategy_bench_free(bench);
}

static void republish_tells_every_bot(void **state)
{
	struct strategy_bench *bench = strategy_bench_new();

	(void)state;
	given_bot(bench, "a", "metronome", "BTCUSDT", EVERY_TICK);
	given_bot(bench, "b", "sma_cross", "ALTUSDT", "");
	given_sound_world(bench);
	outbox_clear(bench->out);
	strategy_logic.republish(bench->host, bench->now, bench->out);
	assert_int_equal(bench->out->count, 3);
	strategy_bench_free(bench);
}

static void health_tells_which_bot_waits_for_what(void **state)
{
	struct strategy_bench *bench = given_metronome();
	text_t why = text_from("");

	(void)state;
	assert_int_equal(strategy_logic.health(bench->host, bench->now, &why),
	                 SERVICE_STATUS_HEALTHY);
	when_trading(bench, "risk", TRADING_STATUS_HALTED);
	assert_int_equal(strategy_logic.health(bench->host, bench->now, &why),
	                 SERVICE_STATUS_HEALTHY);
	when_stream(bench, "feed", false);
	assert_int_equal(strategy_logic.health(bench->host, bench->now, &why),
	                 SERVICE_STATUS_DEGRADED);
	assert_non_null(strstr(why.text, "bot"));
	assert_non_null(strstr(why.text, "feed"));
	strategy_bench_free(bench);
}

static void then_check_names(struct strategy_bench *bench, const char *bot, const char *key,
                             const char *remedy)
{
	text_t why = text_from("");

	assert_int_equal(strategy_check(&bench->config, &bench->stack, NULL, &why), ERR_CONFIG);
	if (strstr(why.text, bot) == NULL || strstr(why.text, key) == NULL ||
	    strstr(why.text, remedy) == NULL)
		fail_msg("\"%s\" doesn't name %s, %s and %s", why.text, bot, key, remedy);
}

static void a_wrong_bot_is_found_at_start_with_its_remedy(void **state)
{
	static const struct {
		const char *name, *plugin, *symbol, *params;
		const char *tells[3];
	} rows[] = {
		{"b", "sma_cros", "BTCUSDT", "", {"bot b", "plugin", "touch_quoter"}},
		{"b", "sma_cross", "BTCUSD", "", {"bot b", "symbol", "BTCUSDT,ALTUSDT"}},
		{"b", "sma_cross", "BTCUSDT", "perod=2s", {"bot b", "params.perod", "period"}},
		{"b", "sma_cross", "BTCUSDT", "period=0", {"bot b", "params.period", "100ms"}},
		{"b",
	         "sma_cross",
	         "BTCUSDT",
	         "short_mean=8",
	         {"bot b", "params.short_mean", "long_mean"}},
		{"a", "sma_cross", "BTCUSDT", "", {"bot a", "name", "its own"}},
		{"", "sma_cross", "BTCUSDT", "", {"bots.1", "name", "needs a name"}},
		{"manual", "sma_cross", "BTCUSDT", "", {"bots.1", "manual", "choose another"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct strategy_bench *bench = strategy_bench_new();
		given_bot(bench, "a", "metronome", "BTCUSDT", "");
		given_bot(bench, rows[i].name, rows[i].plugin, rows[i].symbol, rows[i].params);
		then_check_names(bench, rows[i].tells[0], rows[i].tells[1], rows[i].tells[2]);
		strategy_bench_free(bench);
	}
}

static void every_plugin_passes_with_its_defaults_and_fits_its_memory(void **state)
{
	struct strategy_bench *bench = strategy_bench_new();
	text_t why;

	(void)state;
	for (size_t i = 0; i < plugin_count; i++) {
		assert_true(bot_memory_needed(plugins[i]) <= BOT_MEMORY_SIZE);
		given_bot(bench, plugins[i]->name, plugins[i]->name, "BTCUSDT", "");
	}
	assert_int_equal(strategy_check(&bench->config, &bench->stack, NULL, &why), OK);
	given_sound_world(bench);
	strategy_bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_intent_carries_identity_expiry_and_the_stamp_of_its_tick),
		cmocka_unit_test(identities_of_two_bots_differ),
		cmocka_unit_test(a_tick_reaches_the_bots_of_its_symbol_only),
		cmocka_unit_test(no_entry_while_anything_is_not_known_to_be_sound),
		cmocka_unit_test(nothing_is_asked_before_everything_is_known),
		cmocka_unit_test(prices_from_before_a_gap_are_not_used),
		cmocka_unit_test(a_refusal_is_counted_and_frees_the_place),
		cmocka_unit_test(an_intent_that_never_left_counts_as_refused),
		cmocka_unit_test(silence_of_risk_keeps_the_order_until_its_time_is_over),
		cmocka_unit_test(an_intent_is_not_given_up_while_the_executor_is_not_heard),
		cmocka_unit_test(an_order_lives_until_the_executor_says_that_it_ended),
		cmocka_unit_test(an_order_that_a_whole_executor_no_longer_reports_has_ended),
		cmocka_unit_test(a_cancel_is_asked_for_once_and_only_of_a_reported_order),
		cmocka_unit_test(an_order_of_an_earlier_run_is_found_again),
		cmocka_unit_test(
			a_bot_that_is_switched_off_stands_still_and_its_orders_are_cancelled),
		cmocka_unit_test(a_bot_has_a_bounded_number_of_open_orders),
		cmocka_unit_test(states_and_latency_are_published_every_second),
		cmocka_unit_test(republish_tells_every_bot),
		cmocka_unit_test(health_tells_which_bot_waits_for_what),
		cmocka_unit_test(a_wrong_bot_is_found_at_start_with_its_remedy),
		cmocka_unit_test(every_plugin_passes_with_its_defaults_and_fits_its_memory),
	};

	return cmocka_run_group_tests_name("strategy", tests, NULL, NULL);
}
