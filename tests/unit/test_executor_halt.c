/* SPDX-License-Identifier: Apache-2.0 */
/* Levels of a halt, what recovery may shut, and the gate behind a restart. */
#include "services/executor/control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/desk_market.h"

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

static const struct command_result *when_commanded(struct desk *desk, enum command_kind kind,
                                                   uint64_t level)
{
	struct command command = {
		.kind = kind,
		.actor = name_from("alice"),
		.reason = text_from("test"),
		.level = level,
	};

	desk_forget(desk);
	desk_request(desk, MESSAGE_COMMAND, &command);
	return desk_last_said(desk, MESSAGE_COMMAND_RESULT);
}

static void given_position(struct desk *desk, const char *qty)
{
	desk_fill(desk, desk_entry(desk, qty, "5", "0", STOP_PLACE_EXCHANGE), qty);
	desk_answer_all(desk);
}

static const char *refusal_of(struct desk *desk, const char *side, const char *qty)
{
	static struct receipt receipt;
	struct approval approval = desk_approval(desk, side, qty, "100");

	receipt = desk_approve(desk, &approval);
	return receipt.rule.text;
}

static void then_level(struct desk *desk, unsigned level)
{
	assert_int_equal(desk->executor->books.latch.level, level);
}

static void then_flat(struct desk *desk)
{
	assert_string_equal(desk_held(desk, "bot"), "0");
	assert_int_equal(decimal_sign(desk_owned(desk)), 0);
	assert_int_equal(decimal_sign(desk_offered(desk)), 0);
}

/* Levels. */

static void level_1_takes_no_new_risk_and_cancels_nothing(void **state)
{
	struct desk *desk = *state;

	desk_order(desk, "BUY", "0.5", "100");
	desk_answer_all(desk);
	assert_true(when_commanded(desk, COMMAND_KIND_HALT, 1)->done);
	assert_int_equal(desk->call_count, 0);
	assert_string_equal(refusal_of(desk, "BUY", "0.5"), "halted");
	then_level(desk, 1);
}

static void a_halt_without_a_level_is_level_2(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "0.5");
	desk_order(desk, "BUY", "0.5", "100");
	desk_answer_all(desk);
	when_commanded(desk, COMMAND_KIND_HALT, 0);
	then_level(desk, 2);
	desk_live(desk, NANOS_S);
	assert_int_equal(desk_last(desk)->told.status, VENUE_STATUS_CANCELED);
	assert_non_null(desk_stop(desk));
	assert_string_equal(desk_held(desk, "bot"), "0.5");
}

static void a_lower_level_lowers_nothing(void **state)
{
	struct desk *desk = *state;

	when_commanded(desk, COMMAND_KIND_HALT, 3);
	when_commanded(desk, COMMAND_KIND_HALT, 1);
	then_level(desk, 3);
	when_commanded(desk, COMMAND_KIND_ARM, 0);
	then_level(desk, 0);
}

static void level_2_goes_on_cancelling_after_a_crash(void **state)
{
	struct desk *desk = *state;

	desk_order(desk, "BUY", "0.5", "100");
	desk_answer_all(desk);
	desk->journal_max = desk->record_count + 1; /* the latch, and no cancel */
	when_commanded(desk, COMMAND_KIND_HALT, 2);
	desk_restart(desk, desk->record_count);
	desk_start(desk);
	then_level(desk, 2);
	assert_int_equal(desk_last(desk)->told.status, VENUE_STATUS_CANCELED);
}

static void level_3_sells_every_position_and_leaves_nothing_open(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "0.5");
	desk_order(desk, "BUY", "0.5", "100");
	desk_answer_all(desk);
	desk->bid = decimal_of("99");
	assert_non_null(
		strstr(when_commanded(desk, COMMAND_KIND_HALT, 3)->text.text, "1 positions sold"));
	desk_live(desk, NANOS_S);
	then_flat(desk);
	assert_int_equal(desk->orders[desk->order_count - 2].told.status, VENUE_STATUS_CANCELED);
}

static void the_sale_takes_the_place_of_its_stop_in_one_call(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "0.5");
	desk->bid = decimal_of("99");
	when_commanded(desk, COMMAND_KIND_HALT, 3);
	assert_null(desk_call(desk, CALL_KIND_CANCEL));
	assert_non_null(strstr(desk_call(desk, CALL_KIND_REPLACE)->request.query,
	                       "type=MARKET&quantity=0.5&"));
	assert_non_null(desk_stop(desk));
	desk_answer(desk, CALL_KIND_REPLACE);
	then_flat(desk);
}

static void a_sale_that_can_not_take_its_stops_place_waits_until_it_is_gone(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "0.5");
	desk->bid = decimal_of("99");
	desk->replaces = DESK_NEITHER;
	when_commanded(desk, COMMAND_KIND_HALT, 3);
	desk_answer(desk, CALL_KIND_REPLACE);
	assert_non_null(desk_stop(desk));
	desk_answer(desk, CALL_KIND_CANCEL);
	assert_true(desk_is_asked_for(desk, "type=MARKET&quantity=0.5&"));
	desk_live(desk, NANOS_S);
	then_flat(desk);
}

static void where_nothing_is_replaced_its_stops_go_only_for_the_sale(void **state)
{
	struct desk *desk = *state;

	desk_cancel_first(desk);
	given_position(desk, "0.5");
	when_commanded(desk, COMMAND_KIND_HALT, 3);
	assert_non_null(desk_stop(desk));
	desk_answer(desk, CALL_KIND_CANCEL);
	assert_null(desk_stop(desk));
	assert_true(desk_is_asked_for(desk, "type=MARKET&quantity=0.5&"));
}

static void level_3_goes_on_after_a_crash_before_any_of_its_records(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "0.5");
	size_t before = desk->record_count;
	for (size_t more = 1; more <= 8; more++) {
		struct desk *other = desk_open();
		desk_start(other);
		given_position(other, "0.5");
		other->bid = decimal_of("99");
		other->journal_max = before + more;
		when_commanded(other, COMMAND_KIND_HALT, 3);
		desk_live(other, NANOS_S);
		desk_restart(other, other->record_count);
		desk_start(other);
		desk_live(other, 6 * NANOS_S);
		then_level(other, 3);
		then_flat(other);
		desk_close(other);
	}
}

static void what_level_3_can_not_sell_is_named(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "0.5");
	when_commanded(desk, COMMAND_KIND_HALT, 3);
	for (unsigned i = 0; i < 12; i++) {
		if (desk_call(desk, CALL_KIND_REPLACE) != NULL)
			desk_refuse(desk, CALL_KIND_REPLACE, EVIDENCE_REFUSED, 2010);
		if (desk_call(desk, CALL_KIND_CANCEL) != NULL)
			desk_answer(desk, CALL_KIND_CANCEL);
		if (desk_call(desk, CALL_KIND_ORDER) != NULL)
			desk_refuse(desk, CALL_KIND_ORDER, EVIDENCE_REFUSED, 2010);
		desk_pass(desk, NANOS_S);
	}
	assert_int_equal(desk_noted(desk, "halt.residue"), 1);
	const struct alert *alert = NULL;
	for (size_t i = 0; i < desk->said_count; i++)
		if (desk->said[i].type == MESSAGE_ALERT &&
		    name_is(&((const struct alert *)desk->said[i].body)->event, "halt.residue"))
			alert = desk->said[i].body;
	assert_non_null(strstr(alert->text.text, "0.5 BTCUSDT of bot"));
}

static void what_nobody_owns_is_never_sold(void **state)
{
	struct desk *desk = *state;
	struct desk_order foreign = {.told = {
					     .symbol = name_from("BTCUSDT"),
					     .venue_id = 77,
					     .side = SIDE_BUY,
					     .qty = decimal_of("3"),
					     .client_text = text_from("web_1"),
				     }};

	desk_stream_fill(desk, desk_execute(desk, &foreign, "1"));
	when_commanded(desk, COMMAND_KIND_HALT, 4);
	desk_live(desk, 30 * NANOS_S);
	assert_string_equal(desk_held(desk, "manual"), "1");
	assert_int_equal(desk->orders_received, 0);
	assert_int_equal(desk_noted(desk, "halt.residue"), 0);
}

static void at_level_3_a_strategy_sells_nothing_itself(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "0.5");
	when_commanded(desk, COMMAND_KIND_HALT, 3);
	assert_string_equal(refusal_of(desk, "SELL", "0.5"), "halted");
}

static void an_exit_that_waits_for_its_stop_ends_with_level_3(void **state)
{
	struct desk *desk = *state;

	desk_cancel_first(desk);
	given_position(desk, "0.5");
	refusal_of(desk, "SELL", "0.5");
	when_commanded(desk, COMMAND_KIND_HALT, 3);
	const struct receipt *receipt = desk_last_said(desk, MESSAGE_RECEIPT);
	assert_string_equal(receipt->rule.text, "flattening");
	desk->bid = decimal_of("99");
	desk_live(desk, NANOS_S);
	then_flat(desk);
}

static void an_exit_that_takes_its_stops_place_is_cancelled_by_level_3(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "0.5");
	struct approval exit = desk_approval(desk, "SELL", "0.5", "110");
	assert_true(desk_approve(desk, &exit).accepted);
	when_commanded(desk, COMMAND_KIND_HALT, 3);
	desk->bid = decimal_of("99");
	desk_live(desk, NANOS_S);
	then_flat(desk);
	assert_int_equal(desk_book(desk, exit.intent_id).status, ORDER_STATUS_CANCELED);
}

static void an_entry_whose_record_is_still_awaited_is_taken_back(void **state)
{
	struct desk *desk = *state;
	size_t recalls = 0, latch = 0;

	desk_order(desk, "BUY", "0.5", "100");
	uint64_t token = desk_call(desk, CALL_KIND_ORDER)->token;
	when_commanded(desk, COMMAND_KIND_HALT, 1);
	for (size_t i = 0; i < desk->out->count; i++) {
		const struct effect *effect = &desk->out->effects[i];
		if (effect->kind == EFFECT_SAVE)
			latch = i;
		if (effect->kind != EFFECT_CALL || effect->target != CALL_RECALL)
			continue;
		recalls++;
		assert_int_equal(effect->token, token);
		assert_int_equal(latch, 0); /* before the halt is durable */
	}
	assert_int_equal(recalls, 1);
}

/* Recovery. */

static void recovery_guards_entries_with_its_reason(void **state)
{
	struct desk *desk = *state;

	given_position(desk, "0.5");
	assert_true(when_commanded(desk, COMMAND_KIND_GUARD, 0)->done);
	const struct trading_state *trading = desk_last_said(desk, MESSAGE_TRADING_STATE);
	assert_int_equal(trading->status, TRADING_STATUS_GUARDED);
	assert_string_equal(trading->reason.text, "test");
	assert_string_equal(refusal_of(desk, "BUY", "0.5"), "guarded");
	when_commanded(desk, COMMAND_KIND_UNGUARD, 0);
	assert_string_equal(refusal_of(desk, "BUY", "0.5"), "");
}

static void a_guard_leaves_exits_and_protection_alone(void **state)
{
	struct desk *desk = *state;
	size_t entry = desk_entry(desk, "0.5", "5", "0", STOP_PLACE_EXCHANGE);

	when_commanded(desk, COMMAND_KIND_GUARD, 0);
	desk_fill(desk, entry, "0.5");
	desk_answer_all(desk);
	assert_non_null(desk_stop(desk));
	desk_order(desk, "SELL", "0.5", "110");
	desk_live(desk, NANOS_S);
	assert_int_equal(desk_last(desk)->told.type, ORDER_TYPE_LIMIT);
}

static void a_guard_is_forgotten_by_a_restart(void **state)
{
	struct desk *desk = *state;

	when_commanded(desk, COMMAND_KIND_GUARD, 0);
	desk_restart(desk, desk->record_count);
	desk_start(desk);
	assert_string_equal(refusal_of(desk, "BUY", "0.5"), "");
}

/* The gate. */

static void a_successor_waits_for_the_rest_of_the_older_window(void **state)
{
	struct desk *desk = *state;

	desk_live(desk, 100 * NANOS_MS);
	desk_order(desk, "BUY", "0.5", "100");
	desk_restart(desk, desk->record_count);
	desk_boot(desk);
	desk_link(desk, LINK_STATUS_UP);
	desk_answer_all(desk);
	assert_string_equal(refusal_of(desk, "BUY", "0.5"), "successor");
	desk_live(desk, 1600 * NANOS_MS);
	assert_string_not_equal(refusal_of(desk, "BUY", "0.5"), "successor");
}

static void protection_waits_for_no_older_window(void **state)
{
	struct desk *desk = *state;
	size_t entry = desk_entry(desk, "0.5", "5", "0", STOP_PLACE_EXCHANGE);

	desk->journal_max = desk->record_count + 1; /* the execution, and no stop */
	desk_fill(desk, entry, "0.5");
	desk_restart(desk, desk->record_count);
	desk_boot(desk);
	assert_null(desk_call(desk, CALL_KIND_ORDER));
	desk_answer(desk, CALL_KIND_TIME);
	assert_true(desk_is_asked_for(desk, "type=STOP_LOSS&quantity=0.5&"));
}

static void the_minute_of_a_symbol_holds_no_more_than_allowed(void **state)
{
	struct desk *desk = *state;

	desk->config.symbol_qty_per_minute = decimal_of("1");
	assert_string_equal(refusal_of(desk, "BUY", "0.6"), "");
	assert_string_equal(refusal_of(desk, "BUY", "0.6"), "symbol_qty_per_minute");
	assert_string_equal(refusal_of(desk, "BUY", "0.4"), "");
	desk_answer_all(desk);
	desk_restart(desk, desk->record_count);
	desk_start(desk);
	desk_live(desk, 5 * NANOS_S);
	assert_string_equal(refusal_of(desk, "BUY", "0.1"), "symbol_qty_per_minute");
	desk_live(desk, 62 * NANOS_S);
	assert_string_equal(refusal_of(desk, "BUY", "0.1"), "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(level_1_takes_no_new_risk_and_cancels_nothing),
		TEST(a_halt_without_a_level_is_level_2),
		TEST(a_lower_level_lowers_nothing),
		TEST(level_2_goes_on_cancelling_after_a_crash),
		TEST(level_3_sells_every_position_and_leaves_nothing_open),
		TEST(the_sale_takes_the_place_of_its_stop_in_one_call),
		TEST(a_sale_that_can_not_take_its_stops_place_waits_until_it_is_gone),
		TEST(where_nothing_is_replaced_its_stops_go_only_for_the_sale),
		TEST(level_3_goes_on_after_a_crash_before_any_of_its_records),
		TEST(what_level_3_can_not_sell_is_named),
		TEST(what_nobody_owns_is_never_sold),
		TEST(at_level_3_a_strategy_sells_nothing_itself),
		TEST(an_exit_that_waits_for_its_stop_ends_with_level_3),
		TEST(an_exit_that_takes_its_stops_place_is_cancelled_by_level_3),
		TEST(an_entry_whose_record_is_still_awaited_is_taken_back),
		TEST(recovery_guards_entries_with_its_reason),
		TEST(a_guard_leaves_exits_and_protection_alone),
		TEST(a_guard_is_forgotten_by_a_restart),
		TEST(a_successor_waits_for_the_rest_of_the_older_window),
		TEST(protection_waits_for_no_older_window),
		TEST(the_minute_of_a_symbol_holds_no_more_than_allowed),
	};
	return cmocka_run_group_tests_name("executor_halt", tests, NULL, NULL);
}
