/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/executor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/desk.h"

static int setup(void **state)
{
	struct desk *desk = desk_open();

	desk_start(desk);
	desk_forget(desk);
	*state = desk;
	return 0;
}

static int teardown(void **state)
{
	desk_close(*state);
	return 0;
}

static void then_status(struct desk *desk, ident_t intent, enum order_status status)
{
	assert_string_equal(enum_print(&enum_order_status, desk_book(desk, intent).status),
	                    enum_print(&enum_order_status, status));
}

static struct receipt when_cancelled(struct desk *desk, ident_t intent, const char *bot)
{
	struct cancel cancel = {
		.intent_id = intent, .bot = name_from(bot), .reason = name_from("test")};

	desk_request(desk, MESSAGE_CANCEL, &cancel);
	return *(const struct receipt *)desk_last_said(desk, MESSAGE_RECEIPT);
}

/* NULL when the answer is still to come. */
static const struct command_result *when_commanded(struct desk *desk, enum command_kind kind,
                                                   const char *reason)
{
	struct command command = {
		.kind = kind, .actor = name_from("alice"), .reason = text_from(reason)};

	desk_forget(desk);
	desk_request(desk, MESSAGE_COMMAND, &command);
	return desk_last_said(desk, MESSAGE_COMMAND_RESULT);
}

static ident_t given_live_order(struct desk *desk)
{
	ident_t intent = desk_order(desk, "BUY", "0.5", "100");

	desk_answer(desk, CALL_KIND_ORDER);
	return intent;
}

static void then_entries_are_refused_by(struct desk *desk, const char *rule)
{
	struct approval approval = desk_approval(desk, "BUY", "0.5", "100");

	assert_string_equal(desk_approve(desk, &approval).rule.text, rule);
	assert_null(desk_call(desk, CALL_KIND_ORDER));
}

/* Cancels. */

static void a_cancel_is_written_down_before_it_leaves(void **state)
{
	static const enum effect_kind kinds[] = {EFFECT_SAVE, EFFECT_CALL, EFFECT_ANSWER,
	                                         EFFECT_PUBLISH};
	struct desk *desk = *state;
	ident_t intent = given_live_order(desk);

	assert_true(when_cancelled(desk, intent, "bot").accepted);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		assert_int_equal(desk->out->effects[i].kind, kinds[i]);
	assert_int_equal(desk->out->effects[0].type, MESSAGE_JOURNAL_CANCEL);
	desk_answer(desk, CALL_KIND_CANCEL);
	then_status(desk, intent, ORDER_STATUS_CANCELED);
}

static void the_answer_to_a_cancel_alone_ends_nothing(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_live_order(desk);

	when_cancelled(desk, intent, "bot");
	desk_refuse(desk, CALL_KIND_CANCEL, EVIDENCE_EXISTS, 0);
	then_status(desk, intent, ORDER_STATUS_LIVE);
	assert_int_equal(desk_book(desk, intent).cancel, CANCEL_STATUS_CONFIRMED);
	assert_non_null(desk_call(desk, CALL_KIND_QUERY));
}

static void unknown_order_as_an_answer_to_a_cancel_leads_to_the_fill_that_caused_it(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_live_order(desk);

	desk_execute(desk, desk_last(desk), "0.5");
	when_cancelled(desk, intent, "bot");
	desk_answer(desk, CALL_KIND_CANCEL);
	then_status(desk, intent, ORDER_STATUS_LIVE);
	assert_int_equal(desk_book(desk, intent).cancel, CANCEL_STATUS_REFUSED);
	desk_live(desk, NANOS_S);
	then_status(desk, intent, ORDER_STATUS_FILLED);
	assert_string_equal(desk_held(desk, "bot"), "0.5");
}

static void a_part_executed_before_the_cancel_is_kept(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_live_order(desk);

	desk_execute(desk, desk_last(desk), "0.2");
	when_cancelled(desk, intent, "bot");
	desk_answer(desk, CALL_KIND_CANCEL);
	then_status(desk, intent, ORDER_STATUS_LIVE);
	desk_live(desk, NANOS_S);
	then_status(desk, intent, ORDER_STATUS_CANCELED);
	assert_string_equal(desk_held(desk, "bot"), "0.2");
}

static void a_cancel_without_effect_is_sent_again_and_told_at_last(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_live_order(desk);

	when_cancelled(desk, intent, "bot");
	for (unsigned i = 0; i < 14; i++) {
		if (desk_call(desk, CALL_KIND_CANCEL) != NULL)
			desk_refuse(desk, CALL_KIND_CANCEL, EVIDENCE_NOTHING, 0);
		desk_pass(desk, NANOS_S);
		if (desk_call(desk, CALL_KIND_QUERY) != NULL)
			desk_answer(desk, CALL_KIND_QUERY);
	}
	assert_true(desk_saved(desk, MESSAGE_JOURNAL_CANCEL) >= 3);
	assert_int_equal(desk_noted(desk, "order.cancel_stuck"), 1);
	desk_live(desk, 16 * NANOS_S);
	then_status(desk, intent, ORDER_STATUS_CANCELED);
}

static void a_cancel_is_refused_for_strangers_and_for_what_has_ended(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_live_order(desk);

	assert_string_equal(when_cancelled(desk, intent, "other").rule.text,
	                    "order_of_another_bot");
	assert_string_equal(when_cancelled(desk, (ident_t){9, 9}, "bot").rule.text,
	                    "order_not_found");
	when_cancelled(desk, intent, "bot");
	desk_answer(desk, CALL_KIND_CANCEL);
	assert_string_equal(when_cancelled(desk, intent, "bot").rule.text, "order_ended");
}

static void a_second_wish_to_cancel_sends_no_second_cancel(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_live_order(desk);

	when_cancelled(desk, intent, "bot");
	assert_true(when_cancelled(desk, intent, "bot").accepted);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_CANCEL), 1);
}

static void a_cancel_survives_a_restart(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_live_order(desk);

	when_cancelled(desk, intent, "bot");
	desk_restart(desk, desk->record_count);
	desk_start(desk);
	desk_live(desk, 2 * NANOS_S);
	then_status(desk, intent, ORDER_STATUS_CANCELED);
}

/* Commands. */

static void a_halt_is_durable_cancels_and_refuses_entries(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_live_order(desk);

	assert_true(when_commanded(desk, COMMAND_KIND_HALT, "strange prices")->done);
	assert_int_equal(desk_noted(desk, "executor.halted"), 1);
	const struct trading_state *trading = desk_last_said(desk, MESSAGE_TRADING_STATE);
	assert_int_equal(trading->status, TRADING_STATUS_HALTED);
	assert_int_equal(trading->level, 2);
	desk_answer_all(desk);
	then_status(desk, intent, ORDER_STATUS_CANCELED);
	then_entries_are_refused_by(desk, "halted");
}

static void a_halt_survives_restarts_until_armed_with_a_reason(void **state)
{
	struct desk *desk = *state;

	when_commanded(desk, COMMAND_KIND_HALT, "");
	desk_restart(desk, desk->record_count);
	desk_start(desk);
	then_entries_are_refused_by(desk, "halted");
	assert_false(when_commanded(desk, COMMAND_KIND_ARM, "")->done);
	then_entries_are_refused_by(desk, "halted");
	assert_true(when_commanded(desk, COMMAND_KIND_ARM, "checked the books")->done);
	desk_restart(desk, desk->record_count);
	desk_start(desk);
	desk_order(desk, "BUY", "0.5", "100");
	assert_non_null(desk_call(desk, CALL_KIND_ORDER));
}

static void a_halt_leaves_the_way_out_open(void **state)
{
	struct desk *desk = *state;

	given_live_order(desk);
	desk_stream_fill(desk, desk_execute(desk, desk_last(desk), "0.5"));
	when_commanded(desk, COMMAND_KIND_HALT, "test");
	struct approval more = desk_approval(desk, "SELL", "0.6", "100");
	assert_false(desk_approve(desk, &more).accepted);
	struct approval out = desk_approval(desk, "SELL", "0.5", "100");
	assert_true(desk_approve(desk, &out).accepted);
}

static void a_wind_down_answers_when_every_cancel_is_confirmed(void **state)
{
	struct desk *desk = *state;
	ident_t first = given_live_order(desk), second = given_live_order(desk);

	assert_null(when_commanded(desk, COMMAND_KIND_WIND_DOWN, "bw down"));
	desk_answer(desk, CALL_KIND_CANCEL);
	assert_int_equal(desk_said(desk, MESSAGE_COMMAND_RESULT), 0);
	then_entries_are_refused_by(desk, "winding_down");
	desk_answer_all(desk);
	const struct command_result *result = desk_last_said(desk, MESSAGE_COMMAND_RESULT);
	assert_true(result != NULL && result->done);
	then_status(desk, first, ORDER_STATUS_CANCELED);
	then_status(desk, second, ORDER_STATUS_CANCELED);
}

static void a_wind_down_with_nothing_open_is_answered_at_once(void **state)
{
	const struct command_result *result = when_commanded(*state, COMMAND_KIND_WIND_DOWN, "");

	assert_true(result != NULL && result->done);
}

static void a_wind_down_that_takes_too_long_names_what_is_left(void **state)
{
	struct desk *desk = *state;

	given_live_order(desk);
	when_commanded(desk, COMMAND_KIND_WIND_DOWN, "");
	desk_pass(desk, 31 * NANOS_S);
	const struct command_result *result = desk_last_said(desk, MESSAGE_COMMAND_RESULT);
	assert_true(result != NULL && !result->done);
	assert_non_null(strstr(result->text.text, "1 orders have not ended"));
	assert_non_null(strstr(result->text.text, "LIVE"));
}

static void a_wind_down_is_forgotten_by_a_restart(void **state)
{
	struct desk *desk = *state;

	when_commanded(desk, COMMAND_KIND_WIND_DOWN, "");
	desk_restart(desk, desk->record_count);
	desk_start(desk);
	desk_order(desk, "BUY", "0.5", "100");
	assert_non_null(desk_call(desk, CALL_KIND_ORDER));
}

static void a_wind_down_leaves_protection_in_place(void **state)
{
	struct desk *desk = *state;

	given_live_order(desk);
	desk_stream_fill(desk, desk_execute(desk, desk_last(desk), "0.5"));
	struct approval stop = desk_approval(desk, "SELL", "0.5", "");
	stop.purpose = PURPOSE_PROTECT;
	stop.type = ORDER_TYPE_STOP_LOSS;
	stop.stop_price = decimal_of("90");
	assert_true(desk_approve(desk, &stop).accepted);
	desk_answer(desk, CALL_KIND_ORDER);
	assert_true(when_commanded(desk, COMMAND_KIND_WIND_DOWN, "")->done);
	then_status(desk, stop.intent_id, ORDER_STATUS_LIVE);
}

static void commands_for_others_are_refused(void **state)
{
	assert_false(when_commanded(*state, COMMAND_KIND_RESTART, "")->done);
}

/* Failure and health. */

static void a_failed_journal_stops_orders_and_lets_cancels_through(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_live_order(desk);
	size_t records = desk->record_count;
	text_t why;

	desk_event(desk, EVENT_SAVE_FAILED, 0, MESSAGE_NONE, NULL);
	assert_int_equal(desk_noted(desk, "journal.failed"), 1);
	then_entries_are_refused_by(desk, "journal_failed");
	when_cancelled(desk, intent, "bot");
	assert_non_null(desk_call(desk, CALL_KIND_CANCEL));
	assert_int_equal(desk->record_count, records);
	assert_int_equal(executor_logic.health(desk->executor, desk->now, &why),
	                 SERVICE_STATUS_DEGRADED);
}

static void health_tells_what_is_missing(void **state)
{
	struct desk *desk = *state;
	text_t why;

	assert_int_equal(executor_logic.health(desk->executor, desk->now, &why),
	                 SERVICE_STATUS_HEALTHY);
	desk_order(desk, "BUY", "0.5", "100");
	desk_refuse(desk, CALL_KIND_ORDER, EVIDENCE_NOTHING, 0);
	assert_int_equal(executor_logic.health(desk->executor, desk->now, &why),
	                 SERVICE_STATUS_DEGRADED);
	assert_non_null(strstr(why.text, "unknown"));
	desk_link(desk, LINK_STATUS_DOWN);
	executor_logic.health(desk->executor, desk->now, &why);
	assert_non_null(strstr(why.text, "stream"));
}

static void a_lost_stream_guards_and_its_return_makes_normal(void **state)
{
	struct desk *desk = *state;

	desk_link(desk, LINK_STATUS_DOWN);
	const struct trading_state *trading = desk_last_said(desk, MESSAGE_TRADING_STATE);
	assert_int_equal(trading->status, TRADING_STATUS_GUARDED);
	desk_link(desk, LINK_STATUS_UP);
	desk_live(desk, NANOS_S);
	trading = desk_last_said(desk, MESSAGE_TRADING_STATE);
	assert_int_equal(trading->status, TRADING_STATUS_NORMAL);
}

static void everything_can_be_published_again(void **state)
{
	struct desk *desk = *state;
	struct outbox *out = desk->out;
	size_t orders = 0, positions = 0, counts = 0;

	given_live_order(desk);
	given_live_order(desk);
	desk_stream_fill(desk, desk_execute(desk, desk_last(desk), "0.5"));
	outbox_clear(out);
	executor_logic.republish(desk->executor, desk->now, out);
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
