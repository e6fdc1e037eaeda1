/* SPDX-License-Identifier: Apache-2.0 */
#include "services/risk/risk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/risk_bench.h"

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

static const struct trading_state *told_state(void)
{
	return logic_bench_body(&bench->logic, EFFECT_PUBLISH, MESSAGE_TRADING_STATE);
}

static struct risk *self(void)
{
	return bench->logic.state;
}

/* the approval */

static void the_approval_is_over_exactly_the_order_that_was_asked_for(void **state)
{
	(void)state;
	given_config("stop_loss_pct=2", NULL);
	struct intent intent = buy(bench, "1.234", "99.99");
	allowed(intent);
	const struct approval *approval = approval_of(bench);
	assert_true(ident_equals(approval->intent_id, intent.intent_id));
	assert_true(name_equals(&approval->bot, &intent.bot) &&
	            name_equals(&approval->symbol, &intent.symbol));
	assert_int_equal(approval->purpose, intent.purpose);
	assert_int_equal(approval->side, intent.side);
	assert_int_equal(approval->type, intent.type);
	assert_int_equal(approval->time_in_force, intent.time_in_force);
	assert_true(decimal_equals(approval->qty, intent.qty) &&
	            decimal_equals(approval->price, intent.price));
	assert_true(decimal_equals(approval->stop_price, intent.stop_price));
	assert_true(decimal_equals(approval->stop_loss_pct, decimal_of("2")));
	assert_int_equal(approval->stamp, intent.stamp);
	assert_true(approval->limits_version != 0);
	assert_false(ident_is_none(approval->nonce));
}

static void the_approval_ends_with_the_intent_or_its_own_life(void **state)
{
	(void)state;
	struct intent intent = buy(bench, "1", "100");
	allowed(intent);
	assert_int_equal(approval_of(bench)->expires,
	                 bench->logic.now + bench->config.approval_life);
	intent = buy(bench, "1", "100");
	intent.expires = bench->logic.now + NANOS_MS;
	allowed(intent);
	assert_int_equal(approval_of(bench)->expires, intent.expires);
}

static void the_approval_asks_the_executor_and_outlives_its_expiry(void **state)
{
	(void)state;
	struct intent intent = buy(bench, "1", "100");
	allowed(intent);
	const struct effect *call =
		logic_bench_effect(&bench->logic, EFFECT_CALL, MESSAGE_APPROVAL, 0);
	assert_string_equal(call->peer.text, "executor");
	assert_true(call->at > ((const struct approval *)call->body)->expires);
}

static const struct verdict *verdict_now(void)
{
	return logic_bench_body(&bench->logic, EFFECT_ANSWER, MESSAGE_VERDICT);
}

static void the_verdict_comes_with_the_executors_receipt(void **state)
{
	(void)state;
	struct intent intent = buy(bench, "1", "100");
	allowed(intent);
	given_receipt(bench, &intent, true);
	assert_true(verdict_now()->allowed);
	assert_true(ident_equals(verdict_now()->intent_id, intent.intent_id));
}

static void a_refusal_of_the_executor_is_the_verdict(void **state)
{
	(void)state;
	struct intent intent = buy(bench, "1", "100");
	allowed(intent);
	given_receipt(bench, &intent, false);
	assert_false(verdict_now()->allowed);
	assert_string_equal(verdict_now()->rule.text, "closed");
}

static void given_call_failed(const struct intent *intent, bool sent)
{
	struct call_failed failed = {
		.peer = name_from("executor"), .sent = sent, .reason = text_from("no answer")};
	logic_bench_reply(&bench->logic, bench->calls[intent->intent_id.low], MESSAGE_CALL_FAILED,
	                  &failed);
}

static void given_limit_of_ten(void)
{
	given_config("symbol_exposure_max=1000", NULL); /* ten at 100 */
}

static void an_approval_that_never_left_is_refused_and_free_again(void **state)
{
	(void)state;
	given_limit_of_ten();
	struct intent intent = buy(bench, "10", "100");
	allowed(intent);
	given_call_failed(&intent, false);
	assert_string_equal(verdict_now()->rule.text, "unreachable");
	allowed(buy(bench, "10", "100"));
}

static void an_approval_that_may_have_arrived_counts_on(void **state)
{
	(void)state;
	given_limit_of_ten();
	struct intent intent = buy(bench, "10", "100");
	allowed(intent);
	given_call_failed(&intent, true);
	assert_true(verdict_now()->allowed);
	refused(buy(bench, "0.001", "100"), "exposure");
}

static void no_two_approvals_share_a_nonce(void **state)
{
	(void)state;
	allowed(buy(bench, "1", "100"));
	ident_t first = approval_of(bench)->nonce;
	allowed(buy(bench, "1", "100"));
	assert_false(ident_equals(first, approval_of(bench)->nonce));
}

static void an_exit_carries_no_protection_terms(void **state)
{
	(void)state;
	given_config("stop_loss_pct=2", NULL);
	given_position(bench, "BTCUSDT", "bot", "5", "500");
	allowed(sell(bench, "1", "100"));
	assert_int_equal(decimal_sign(approval_of(bench)->stop_loss_pct), 0);
}

static void other_limits_have_another_version(void **state)
{
	(void)state;
	allowed(buy(bench, "1", "100"));
	uint64_t version = approval_of(bench)->limits_version;
	given_config("collar_pct=2", NULL);
	allowed(buy(bench, "1", "100"));
	assert_true(approval_of(bench)->limits_version != version);
}

/* what is reserved */

static void intents_at_once_never_exceed_the_limit_by_one_lot(void **state)
{
	unsigned passed = 0;
	(void)state;
	given_config("symbol_exposure_max=1000", "orders_open_max=500");
	for (unsigned i = 0; i < 200; i++) {
		struct intent intent = buy(bench, "0.099", "100");
		passed += when_intent(bench, &intent).allowed;
	}
	assert_int_equal(passed, 101); /* 9.999; one more lot fits, no more */
	allowed(buy(bench, "0.001", "100"));
	refused(buy(bench, "0.001", "100"), "exposure");
}

static void what_the_executor_refuses_is_free_again(void **state)
{
	(void)state;
	given_limit_of_ten();
	struct intent intent = buy(bench, "10", "100");
	allowed(intent);
	given_receipt(bench, &intent, true);
	refused(buy(bench, "0.001", "100"), "exposure");
	given_receipt(bench, &intent, false);
	allowed(buy(bench, "10", "100"));
}

static void a_refusal_does_not_free_an_order_that_was_seen(void **state)
{
	(void)state;
	given_limit_of_ten();
	struct intent intent = buy(bench, "10", "100");
	allowed(intent);
	given_order(bench, &intent, ORDER_STATUS_LIVE, "0");
	given_receipt(bench, &intent, false);
	refused(buy(bench, "0.001", "100"), "exposure");
}

static void silence_of_the_executor_frees_nothing_before_the_approval_is_surely_over(void **state)
{
	struct call_failed failed = {.sent = true, .reason = text_from("no answer in time")};
	(void)state;
	given_limit_of_ten();
	struct intent intent = buy(bench, "10", "100");
	allowed(intent);
	logic_bench_reply(&bench->logic, intent.intent_id.low, MESSAGE_CALL_FAILED, &failed);
	refused(buy(bench, "0.001", "100"), "exposure");
	when_time_passes(bench, bench->config.approval_life + NANOS_S);
	given_tick(bench, "BTCUSDT", "100", "100.1");
	refused(buy(bench, "0.001", "100"), "exposure");
	when_time_passes(bench, 2 * NANOS_S);
	given_tick(bench, "BTCUSDT", "100", "100.1");
	allowed(buy(bench, "0.001", "100"));
}

static void an_order_that_was_seen_counts_until_its_end_is_told(void **state)
{
	(void)state;
	given_limit_of_ten();
	struct intent intent = buy(bench, "10", "100");
	allowed(intent);
	given_order(bench, &intent, ORDER_STATUS_UNKNOWN, "0");
	when_time_passes(bench, 3600 * NANOS_S);
	given_tick(bench, "BTCUSDT", "100", "100.1");
	refused(buy(bench, "0.001", "100"), "exposure");
	given_order(bench, &intent, ORDER_STATUS_NEVER, "0");
	allowed(buy(bench, "10", "100"));
}

static void an_executed_part_counts_as_position_and_the_rest_as_order(void **state)
{
	(void)state;
	given_limit_of_ten();
	struct intent intent = buy(bench, "10", "100");
	allowed(intent);
	given_position(bench, "BTCUSDT", "bot", "4", "400");
	given_order(bench, &intent, ORDER_STATUS_PARTIAL, "4");
	refused(buy(bench, "0.001", "100"), "exposure");
	given_order(bench, &intent, ORDER_STATUS_CANCELED, "4");
	refused(buy(bench, "6.001", "100"), "exposure");
	allowed(buy(bench, "6", "100"));
}

static struct intent market_buy(const char *qty)
{
	struct intent intent = buy(bench, qty, "0");
	intent.type = ORDER_TYPE_MARKET;
	return intent;
}

static void an_order_without_a_price_is_reserved_at_the_worst_price(void **state)
{
	(void)state;
	given_config("symbol_exposure_max=1011.01", "market_orders=true"); /* ten at 100.1 × 1.01 */
	struct intent intent = market_buy("9.999");
	allowed(intent);
	refused(market_buy("0.002"), "exposure");
	given_order(bench, &intent, ORDER_STATUS_SENDING, "0");
	refused(market_buy("0.002"), "exposure");
	allowed(market_buy("0.001"));
}

static void an_order_that_we_did_not_approve_counts_too(void **state)
{
	(void)state;
	given_limit_of_ten();
	struct intent foreign = buy(bench, "10", "100");
	given_order(bench, &foreign, ORDER_STATUS_LIVE, "0");
	refused(buy(bench, "0.001", "100"), "exposure");
}

static void an_order_whose_numbers_make_no_sense_counts_as_a_whole(void **state)
{
	(void)state;
	given_limit_of_ten();
	struct intent intent = buy(bench, "10", "100");
	given_order(bench, &intent, ORDER_STATUS_PARTIAL, "11");
	refused(buy(bench, "0.001", "100"), "exposure");
}

/* What was lost on the stream may have been an end: only what is said again counts. */
static void after_a_loss_on_the_executors_stream_orders_count_as_told_again(void **state)
{
	(void)state;
	given_limit_of_ten();
	struct intent lost = buy(bench, "6", "100"), kept = buy(bench, "4", "100");
	given_order(bench, &lost, ORDER_STATUS_LIVE, "0");
	given_order(bench, &kept, ORDER_STATUS_LIVE, "0");
	logic_bench_stream(&bench->logic, "executor", false);
	refused(buy(bench, "0.001", "100"), "blind");
	given_order(bench, &kept, ORDER_STATUS_LIVE, "0");
	logic_bench_stream(&bench->logic, "executor", true);
	refused(buy(bench, "6.001", "100"), "exposure");
	allowed(buy(bench, "6", "100"));
}

static void an_approval_on_its_way_survives_that_loss(void **state)
{
	(void)state;
	given_limit_of_ten();
	allowed(buy(bench, "10", "100"));
	logic_bench_stream(&bench->logic, "executor", false);
	logic_bench_stream(&bench->logic, "executor", true);
	refused(buy(bench, "0.001", "100"), "exposure");
}

/* the latch */

static void a_halt_is_on_disk_before_anybody_is_told(void **state)
{
	(void)state;
	when_command(bench, COMMAND_KIND_HALT, "lunch");
	const struct effect *save =
		logic_bench_effect(&bench->logic, EFFECT_SAVE, MESSAGE_JOURNAL_LATCH, 0);
	assert_non_null(save);
	assert_int_equal(save->save_class, SAVE_SYNCED);
	assert_int_equal(logic_bench_place(&bench->logic, EFFECT_SAVE, MESSAGE_JOURNAL_LATCH), 0);
	assert_int_equal(told_state()->status, TRADING_STATUS_HALTED);
	assert_string_equal(told_state()->reason.text, "lunch");
}

static void replay(const struct journal_latch *records, size_t count)
{
	logic_bench_init(&bench->logic);
	for (size_t i = 0; i < count; i++)
		bench->logic.logic->apply(bench->logic.state, MESSAGE_JOURNAL_LATCH, &records[i]);
	risk_bench_start(bench);
}

static void a_halt_survives_a_restart_and_so_does_its_end(void **state)
{
	struct journal_latch records[2];
	(void)state;
	when_command(bench, COMMAND_KIND_HALT, "lunch");
	records[0] = *(const struct journal_latch *)logic_bench_body(&bench->logic, EFFECT_SAVE,
	                                                             MESSAGE_JOURNAL_LATCH);
	replay(records, 1);
	refused(buy(bench, "1", "100"), "halted");
	when_command(bench, COMMAND_KIND_ARM, "back");
	records[1] = *(const struct journal_latch *)logic_bench_body(&bench->logic, EFFECT_SAVE,
	                                                             MESSAGE_JOURNAL_LATCH);
	replay(records, 2);
	allowed(buy(bench, "1", "100"));
}

static void a_command_needs_a_reason_and_must_be_known(void **state)
{
	(void)state;
	assert_false(when_command(bench, COMMAND_KIND_HALT, "").done);
	assert_false(when_command(bench, COMMAND_KIND_STOP, "now").done);
	assert_int_equal(logic_bench_count(&bench->logic, EFFECT_SAVE, MESSAGE_NONE), 0);
	allowed(buy(bench, "1", "100"));
}

static void what_cannot_be_remembered_is_not_allowed(void **state)
{
	(void)state;
	logic_bench_event(&bench->logic, EVENT_SAVE_FAILED);
	assert_int_equal(told_state()->status, TRADING_STATUS_HALTED);
	refused(buy(bench, "1", "100"), "halted");
	assert_false(when_command(bench, COMMAND_KIND_ARM, "it is fine").done);
	assert_int_equal(logic_bench_count(&bench->logic, EFFECT_SAVE, MESSAGE_NONE), 0);
	refused(buy(bench, "1", "100"), "halted");
}

/* what it says of itself */

static void trading_is_guarded_until_both_streams_are_whole(void **state)
{
	(void)state;
	logic_bench_stream(&bench->logic, "feed", false);
	assert_int_equal(told_state()->status, TRADING_STATUS_GUARDED);
	assert_non_null(logic_bench_note(&bench->logic, "trading.state"));
	text_t why;
	assert_int_equal(risk_logic.health(self(), 0, &why), SERVICE_STATUS_DEGRADED);
	logic_bench_stream(&bench->logic, "feed", true);
	assert_int_equal(told_state()->status, TRADING_STATUS_NORMAL);
	assert_int_equal(risk_logic.health(self(), 0, &why), SERVICE_STATUS_HEALTHY);
	logic_bench_stream(&bench->logic, "feed", true);
	assert_null(told_state()); /* nothing new */
}

static void it_says_its_whole_state_again(void **state)
{
	(void)state;
	logic_bench_republish(&bench->logic);
	assert_int_equal(told_state()->status, TRADING_STATUS_NORMAL);
	assert_int_equal(logic_bench_count(&bench->logic, EFFECT_PUBLISH, MESSAGE_LATENCY), 1);
}

static void messages_about_other_symbols_change_nothing(void **state)
{
	(void)state;
	given_tick(bench, "XYZUSDT", "1", "2");
	given_market(bench, "XYZUSDT", MARKET_STATUS_LIVE);
	allowed(buy(bench, "1", "100"));
}

static void asked_to_stop_it_exits(void **state)
{
	(void)state;
	logic_bench_event(&bench->logic, EVENT_STOP);
	assert_int_equal(logic_bench_count(&bench->logic, EFFECT_EXIT, MESSAGE_NONE), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_approval_is_over_exactly_the_order_that_was_asked_for),
		TEST(the_approval_ends_with_the_intent_or_its_own_life),
		TEST(the_approval_asks_the_executor_and_outlives_its_expiry),
		TEST(the_verdict_comes_with_the_executors_receipt),
		TEST(a_refusal_of_the_executor_is_the_verdict),
		TEST(an_approval_that_never_left_is_refused_and_free_again),
		TEST(an_approval_that_may_have_arrived_counts_on),
		TEST(no_two_approvals_share_a_nonce),
		TEST(an_exit_carries_no_protection_terms),
		TEST(other_limits_have_another_version),
		TEST(intents_at_once_never_exceed_the_limit_by_one_lot),
		TEST(what_the_executor_refuses_is_free_again),
		TEST(a_refusal_does_not_free_an_order_that_was_seen),
		TEST(silence_of_the_executor_frees_nothing_before_the_approval_is_surely_over),
		TEST(an_order_that_was_seen_counts_until_its_end_is_told),
		TEST(an_executed_part_counts_as_position_and_the_rest_as_order),
		TEST(an_order_without_a_price_is_reserved_at_the_worst_price),
		TEST(an_order_that_we_did_not_approve_counts_too),
		TEST(an_order_whose_numbers_make_no_sense_counts_as_a_whole),
		TEST(after_a_loss_on_the_executors_stream_orders_count_as_told_again),
		TEST(an_approval_on_its_way_survives_that_loss),
		TEST(a_halt_is_on_disk_before_anybody_is_told),
		TEST(a_halt_survives_a_restart_and_so_does_its_end),
		TEST(a_command_needs_a_reason_and_must_be_known),
		TEST(what_cannot_be_remembered_is_not_allowed),
		TEST(trading_is_guarded_until_both_streams_are_whole),
		TEST(it_says_its_whole_state_again),
		TEST(messages_about_other_symbols_change_nothing),
		TEST(asked_to_stop_it_exits),
	};
	return cmocka_run_group_tests_name("risk", tests, NULL, NULL);
}
