/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/executor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/executor_bench.h"

static int setup(void **state)
{
	struct executor_bench *bench = bench_open();

	bench_start(bench);
	bench_forget(bench);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	bench_close(*state);
	return 0;
}

static void then_status(struct executor_bench *bench, ident_t intent, enum order_status status)
{
	assert_string_equal(enum_print(&enum_order_status, bench_book(bench, intent).status),
	                    enum_print(&enum_order_status, status));
}

static struct receipt when_cancelled(struct executor_bench *bench, ident_t intent, const char *bot)
{
	struct cancel cancel = {.intent_id = intent, .bot = name_from(bot), .reason = name_from("test")};

	bench_request(bench, MESSAGE_CANCEL, &cancel);
	return *(const struct receipt *)bench_last_said(bench, MESSAGE_RECEIPT);
}

/* NULL when the answer is still to come. */
static const struct command_result *when_commanded(struct executor_bench *bench, enum command_kind kind,
                                                   const char *reason)
{
	struct command command = {.kind = kind, .actor = name_from("alice"), .reason = text_from(reason)};

	bench_forget(bench);
	bench_request(bench, MESSAGE_COMMAND, &command);
	return bench_last_said(bench, MESSAGE_COMMAND_RESULT);
}

static ident_t given_live_order(struct executor_bench *bench)
{
	ident_t intent = bench_order(bench, "BUY", "0.5", "100");

	bench_answer(bench, CALL_KIND_ORDER);
	return intent;
}

static void then_entries_are_refused_by(struct executor_bench *bench, const char *rule)
{
	struct approval approval = bench_approval(bench, "BUY", "0.5", "100");

	assert_string_equal(bench_approve(bench, &approval).rule.text, rule);
	assert_null(bench_call(bench, CALL_KIND_ORDER));
}

/* Cancels. */

static void a_cancel_is_written_down_before_it_leaves(void **state)
{
	static const enum effect_kind kinds[] = {EFFECT_SAVE, EFFECT_CALL, EFFECT_ANSWER, EFFECT_PUBLISH};
	struct executor_bench *bench = *state;
	ident_t intent = given_live_order(bench);

	assert_true(when_cancelled(bench, intent, "bot").accepted);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		assert_int_equal(bench->out->effects[i].kind, kinds[i]);
	assert_int_equal(bench->out->effects[0].type, MESSAGE_JOURNAL_CANCEL);
	bench_answer(bench, CALL_KIND_CANCEL);
	then_status(bench, intent, ORDER_STATUS_CANCELED);
}

static void the_answer_to_a_cancel_alone_ends_nothing(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = given_live_order(bench);

	when_cancelled(bench, intent, "bot");
	bench_refuse(bench, CALL_KIND_CANCEL, EVIDENCE_EXISTS, 0);
	then_status(bench, intent, ORDER_STATUS_LIVE);
	assert_int_equal(bench_book(bench, intent).cancel, CANCEL_STATUS_CONFIRMED);
	assert_non_null(bench_call(bench, CALL_KIND_QUERY));
}

static void unknown_order_as_an_answer_to_a_cancel_leads_to_the_fill_that_caused_it(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = given_live_order(bench);

	bench_execute(bench, bench_last(bench), "0.5");
	when_cancelled(bench, intent, "bot");
	bench_answer(bench, CALL_KIND_CANCEL);
	then_status(bench, intent, ORDER_STATUS_LIVE);
	assert_int_equal(bench_book(bench, intent).cancel, CANCEL_STATUS_REFUSED);
	bench_live(bench, NANOS_S);
	then_status(bench, intent, ORDER_STATUS_FILLED);
	assert_string_equal(bench_held(bench, "bot"), "0.5");
}

static void a_part_executed_before_the_cancel_is_kept(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = given_live_order(bench);

	bench_execute(bench, bench_last(bench), "0.2");
	when_cancelled(bench, intent, "bot");
	bench_answer(bench, CALL_KIND_CANCEL);
	then_status(bench, intent, ORDER_STATUS_LIVE);
	bench_live(bench, NANOS_S);
	then_status(bench, intent, ORDER_STATUS_CANCELED);
	assert_string_equal(bench_held(bench, "bot"), "0.2");
}

static void a_cancel_without_effect_is_sent_again_and_told_at_last(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = given_live_order(bench);

	when_cancelled(bench, intent, "bot");
	for (unsigned i = 0; i < 14; i++) {
		if (bench_call(bench, CALL_KIND_CANCEL) != NULL)
			bench_refuse(bench, CALL_KIND_CANCEL, EVIDENCE_NOTHING, 0);
		bench_pass(bench, NANOS_S);
		if (bench_call(bench, CALL_KIND_QUERY) != NULL)
			bench_answer(bench, CALL_KIND_QUERY);
	}
	assert_true(bench_saved(bench, MESSAGE_JOURNAL_CANCEL) >= 3);
	assert_int_equal(bench_noted(bench, "order.cancel_stuck"), 1);
	bench_live(bench, 16 * NANOS_S);
	then_status(bench, intent, ORDER_STATUS_CANCELED);
}

static void a_cancel_is_refused_for_strangers_and_for_what_has_ended(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = given_live_order(bench);

	assert_string_equal(when_cancelled(bench, intent, "other").rule.text, "order_of_another_bot");
	assert_string_equal(when_cancelled(bench, (ident_t){9, 9}, "bot").rule.text, "order_not_found");
	when_cancelled(bench, intent, "bot");
	bench_answer(bench, CALL_KIND_CANCEL);
	assert_string_equal(when_cancelled(bench, intent, "bot").rule.text, "order_ended");
}

static void a_second_wish_to_cancel_sends_no_second_cancel(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = given_live_order(bench);

	when_cancelled(bench, intent, "bot");
	assert_true(when_cancelled(bench, intent, "bot").accepted);
	assert_int_equal(bench_saved(bench, MESSAGE_JOURNAL_CANCEL), 1);
}

static void a_cancel_survives_a_restart(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = given_live_order(bench);

	when_cancelled(bench, intent, "bot");
	bench_restart(bench, bench->record_count);
	bench_start(bench);
	bench_live(bench, 2 * NANOS_S);
	then_status(bench, intent, ORDER_STATUS_CANCELED);
}

/* Commands. */

static void a_halt_is_durable_cancels_and_refuses_entries(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = given_live_order(bench);

	assert_true(when_commanded(bench, COMMAND_KIND_HALT, "strange prices")->done);
	assert_int_equal(bench_noted(bench, "executor.halted"), 1);
	const struct trading_state *trading = bench_last_said(bench, MESSAGE_TRADING_STATE);
	assert_int_equal(trading->status, TRADING_STATUS_HALTED);
	assert_int_equal(trading->level, 1);
	bench_answer_all(bench);
	then_status(bench, intent, ORDER_STATUS_CANCELED);
	then_entries_are_refused_by(bench, "halted");
}

static void a_halt_survives_restarts_until_armed_with_a_reason(void **state)
{
	struct executor_bench *bench = *state;

	when_commanded(bench, COMMAND_KIND_HALT, "");
	bench_restart(bench, bench->record_count);
	bench_start(bench);
	then_entries_are_refused_by(bench, "halted");
	assert_false(when_commanded(bench, COMMAND_KIND_ARM, "")->done);
	then_entries_are_refused_by(bench, "halted");
	assert_true(when_commanded(bench, COMMAND_KIND_ARM, "checked the books")->done);
	bench_restart(bench, bench->record_count);
	bench_start(bench);
	bench_order(bench, "BUY", "0.5", "100");
	assert_non_null(bench_call(bench, CALL_KIND_ORDER));
}

static void a_halt_leaves_the_way_out_open(void **state)
{
	struct executor_bench *bench = *state;

	given_live_order(bench);
	bench_stream_fill(bench, bench_execute(bench, bench_last(bench), "0.5"));
	when_commanded(bench, COMMAND_KIND_HALT, "test");
	struct approval more = bench_approval(bench, "SELL", "0.6", "100");
	assert_false(bench_approve(bench, &more).accepted);
	struct approval out = bench_approval(bench, "SELL", "0.5", "100");
	assert_true(bench_approve(bench, &out).accepted);
}

static void a_wind_down_answers_when_every_cancel_is_confirmed(void **state)
{
	struct executor_bench *bench = *state;
	ident_t first = given_live_order(bench), second = given_live_order(bench);

	assert_null(when_commanded(bench, COMMAND_KIND_WIND_DOWN, "bw down"));
	bench_answer(bench, CALL_KIND_CANCEL);
	assert_int_equal(bench_said(bench, MESSAGE_COMMAND_RESULT), 0);
	then_entries_are_refused_by(bench, "winding_down");
	bench_answer_all(bench);
	const struct command_result *result = bench_last_said(bench, MESSAGE_COMMAND_RESULT);
	assert_true(result != NULL && result->done);
	then_status(bench, first, ORDER_STATUS_CANCELED);
	then_status(bench, second, ORDER_STATUS_CANCELED);
}

static void a_wind_down_with_nothing_open_is_answered_at_once(void **state)
{
	const struct command_result *result = when_commanded(*state, COMMAND_KIND_WIND_DOWN, "");

	assert_true(result != NULL && result->done);
}

static void a_wind_down_that_takes_too_long_names_what_is_left(void **state)
{
	struct executor_bench *bench = *state;

	given_live_order(bench);
	when_commanded(bench, COMMAND_KIND_WIND_DOWN, "");
	bench_pass(bench, 31 * NANOS_S);
	const struct command_result *result = bench_last_said(bench, MESSAGE_COMMAND_RESULT);
	assert_true(result != NULL && !result->done);
	assert_non_null(strstr(result->text.text, "1 orders have not ended"));
	assert_non_null(strstr(result->text.text, "LIVE"));
}

static void a_wind_down_is_forgotten_by_a_restart(void **state)
{
	struct executor_bench *bench = *state;

	when_commanded(bench, COMMAND_KIND_WIND_DOWN, "");
	bench_restart(bench, bench->record_count);
	bench_start(bench);
	bench_order(bench, "BUY", "0.5", "100");
	assert_non_null(bench_call(bench, CALL_KIND_ORDER));
}

static void a_wind_down_leaves_protection_in_place(void **state)
{
	struct executor_bench *bench = *state;

	given_live_order(bench);
	bench_stream_fill(bench, bench_execute(bench, bench_last(bench), "0.5"));
	struct approval stop = bench_approval(bench, "SELL", "0.5", "");
	stop.purpose = PURPOSE_PROTECT;
	stop.type = ORDER_TYPE_STOP_LOSS;
	stop.stop_price = decimal_of("90");
	assert_true(bench_approve(bench, &stop).accepted);
	bench_answer(bench, CALL_KIND_ORDER);
	assert_true(when_commanded(bench, COMMAND_KIND_WIND_DOWN, "")->done);
	then_status(bench, stop.intent_id, ORDER_STATUS_LIVE);
}

static void commands_for_others_are_refused(void **state)
{
	assert_false(when_commanded(*state, COMMAND_KIND_RESTART, "")->done);
}

/* Failure and health. */

static void a_failed_journal_stops_orders_and_lets_cancels_through(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = given_live_order(bench);
	size_t records = bench->record_count;
	text_t why;

	bench_event(bench, EVENT_SAVE_FAILED, 0, MESSAGE_NONE, NULL);
	assert_int_equal(bench_noted(bench, "journal.failed"), 1);
	then_entries_are_refused_by(bench, "journal_failed");
	when_cancelled(bench, intent, "bot");
	assert_non_null(bench_call(bench, CALL_KIND_CANCEL));
	assert_int_equal(bench->record_count, records);
	assert_int_equal(executor_logic.health(bench->executor, bench->now, &why), SERVICE_STATUS_DEGRADED);
}

static void health_tells_what_is_missing(void **state)
{
	struct executor_bench *bench = *state;
	text_t why;

	assert_int_equal(executor_logic.health(bench->executor, bench->now, &why), SERVICE_STATUS_HEALTHY);
	bench_order(bench, "BUY", "0.5", "100");
	bench_refuse(bench, CALL_KIND_ORDER, EVIDENCE_NOTHING, 0);
	assert_int_equal(executor_logic.health(bench->executor, bench->now, &why), SERVICE_STATUS_DEGRADED);
	assert_non_null(strstr(why.text, "unknown"));
	bench_link(bench, LINK_STATUS_DOWN);
	executor_logic.health(bench->executor, bench->now, &why);
	assert_non_null(strstr(why.text, "stream"));
}

static void a_lost_stream_guards_and_its_return_makes_normal(void **state)
{
	struct executor_bench *bench = *state;

	bench_link(bench, LINK_STATUS_DOWN);
	const struct trading_state *trading = bench_last_said(bench, MESSAGE_TRADING_STATE);
	assert_int_equal(trading->status, TRADING_STATUS_GUARDED);
	bench_link(bench, LINK_STATUS_UP);
	bench_live(bench, NANOS_S);
	trading = bench_last_said(bench, MESSAGE_TRADING_STATE);
	assert_int_equal(trading->status, TRADING_STATUS_NORMAL);
}

static void everything_can_be_published_again(void **state)
{
	struct executor_bench *bench = *state;
	struct outbox *out = bench->out;
	size_t orders = 0, positions = 0, counts = 0;

	given_live_order(bench);
	given_live_order(bench);
	bench_stream_fill(bench, bench_execute(bench, bench_last(bench), "0.5"));
	outbox_clear(out);
	executor_logic.republish(bench->executor, bench->now, out);
	for (size_t i = 0; i < out->count; i++) {
		orders += out->effects[i].type == MESSAGE_ORDER;
		positions += out->effects[i].type == MESSAGE_POSITION;
		counts += out->effects[i].type == MESSAGE_ORDER_COUNTS;
	}
	assert_int_equal(orders, 2);
	assert_int_equal(positions, 1);
	assert_int_equal(counts, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_cancel_is_written_down_before_it_leaves),
		TEST(the_answer_to_a_cancel_alone_ends_nothing),
		TEST(unknown_order_as_an_answer_to_a_cancel_leads_to_the_fill_that_caused_it),
		TEST(a_part_executed_before_the_cancel_is_kept),
		TEST(a_cancel_without_effect_is_sent_again_and_told_at_last),
		TEST(a_cancel_is_refused_for_strangers_and_for_what_has_ended),
		TEST(a_second_wish_to_cancel_sends_no_second_cancel),
		TEST(a_cancel_survives_a_restart),
		TEST(a_halt_is_durable_cancels_and_refuses_entries),
		TEST(a_halt_survives_restarts_until_armed_with_a_reason),
		TEST(a_halt_leaves_the_way_out_open),
		TEST(a_wind_down_answers_when_every_cancel_is_confirmed),
		TEST(a_wind_down_with_nothing_open_is_answered_at_once),
		TEST(a_wind_down_that_takes_too_long_names_what_is_left),
		TEST(a_wind_down_is_forgotten_by_a_restart),
		TEST(a_wind_down_leaves_protection_in_place),
		TEST(commands_for_others_are_refused),
		TEST(a_failed_journal_stops_orders_and_lets_cancels_through),
		TEST(health_tells_what_is_missing),
		TEST(a_lost_stream_guards_and_its_return_makes_normal),
		TEST(everything_can_be_published_again),
	};
	return cmocka_run_group_tests_name("executor_control", tests, NULL, NULL);
}
