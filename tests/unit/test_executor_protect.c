/* SPDX-License-Identifier: Apache-2.0 */
/* A position has its stop: when it is placed, how it follows, what happens when it can't rest. */
#include "services/executor/protect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/executor/ids.h"
#include "tests/lib/desk_market.h"

/* Whether the exchange replaces an order in one call; what differs then is in
   test_executor_stop_replace.c. */
static bool replaces;

static int setup(void **state)
{
	struct desk *desk = desk_open();

	if (!replaces)
		desk_cancel_first(desk);
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

/* 0.5 held with a stop of 5 % that rests at the exchange. */
static size_t given_protected(struct desk *desk)
{
	size_t entry = desk_entry(desk, "1", "5", "0", STOP_PLACE_EXCHANGE);

	desk_fill(desk, entry, "0.5");
	desk_answer(desk, CALL_KIND_ORDER);
	return entry;
}

static void then_stop(struct desk *desk, const char *qty, const char *price)
{
	char text[DECIMAL_TEXT_SIZE];
	struct desk_order *stop = desk_stop(desk);

	assert_non_null(stop);
	assert_string_equal(decimal_print(desk_stopped(desk), text), qty);
	assert_string_equal(decimal_print(stop->stop_price, text), price);
}

static struct receipt when_exit_wanted(struct desk *desk, const char *qty, const char *price)
{
	struct approval approval = desk_approval(desk, "SELL", qty, price);

	desk_forget(desk);
	return desk_approve(desk, &approval);
}

/* Terms and records. */

static void terms_are_written_down_before_the_entry_leaves(void **state)
{
	static const enum message_type types[] = {MESSAGE_JOURNAL_PROTECT, MESSAGE_JOURNAL_INTENT,
	                                          MESSAGE_JOURNAL_SEND};
	struct desk *desk = *state;
	struct approval approval = desk_entry_terms(desk, "1", "5", "0", STOP_PLACE_EXCHANGE);

	desk_approve(desk, &approval);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(desk->out->effects[i].kind, EFFECT_SAVE);
		assert_int_equal(desk->out->effects[i].save_class, SAVE_SYNCED);
		assert_int_equal(desk->out->effects[i].type, types[i]);
	}
	assert_int_equal(desk->out->effects[3].kind, EFFECT_CALL);
}

static void the_same_terms_are_written_down_once(void **state)
{
	struct desk *desk = *state;

	desk_entry(desk, "1", "5", "0", STOP_PLACE_EXCHANGE);
	desk_entry(desk, "1", "5", "0", STOP_PLACE_EXCHANGE);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_PROTECT), 1);
}

static void an_entry_without_terms_takes_no_protection_away(void **state)
{
	struct desk *desk = *state;

	given_protected(desk);
	desk_entry(desk, "1", "0", "0", STOP_PLACE_EXCHANGE);
	assert_true(guard_has_terms(desk_guard(desk)));
}

static void an_entry_without_terms_has_no_stop(void **state)
{
	struct desk *desk = *state;
	size_t entry = desk_entry(desk, "1", "0", "0", STOP_PLACE_EXCHANGE);

	desk_fill(desk, entry, "1");
	desk_live(desk, NANOS_S);
	assert_null(desk_stop(desk));
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_PROTECT), 0);
}

/* Placing. */

static void the_first_execution_places_the_stop_in_the_same_step(void **state)
{
	struct desk *desk = *state;
	size_t entry = desk_entry(desk, "1", "5", "0", STOP_PLACE_EXCHANGE);

	assert_null(desk_call(desk, CALL_KIND_ORDER));
	desk_fill(desk, entry, "0.5");
	assert_true(desk_is_asked_for(desk, "side=SELL&type=STOP_LOSS&quantity=0.5&stopPrice=95&"));
	desk_answer(desk, CALL_KIND_ORDER);
	then_stop(desk, "0.5", "95");
}

static void the_trigger_lies_on_the_tick_above(void **state)
{
	struct desk *desk = *state;
	size_t entry = desk_entry(desk, "1", "3.333", "0", STOP_PLACE_EXCHANGE);

	desk_fill(desk, entry, "1");
	assert_true(desk_is_asked_for(desk, "stopPrice=96.67&"));
}

static void the_stop_holds_whole_lots_only(void **state)
{
	struct desk *desk = *state;
	size_t entry = desk_entry(desk, "1", "5", "0", STOP_PLACE_EXCHANGE);

	desk_fill(desk, entry, "0.123456789");
	assert_true(desk_is_asked_for(desk, "quantity=0.12345&"));
}

static void a_further_execution_resizes_the_stop_by_cancelling_first(void **state)
{
	struct desk *desk = *state;
	size_t entry = given_protected(desk);

	desk_fill(desk, entry, "0.3");
	assert_null(desk_call(desk, CALL_KIND_ORDER));
	desk_answer(desk, CALL_KIND_CANCEL);
	desk_answer(desk, CALL_KIND_ORDER);
	then_stop(desk, "0.8", "95");
}

static void executions_while_a_stop_is_on_its_way_are_covered_afterwards(void **state)
{
	struct desk *desk = *state;
	size_t entry = desk_entry(desk, "1", "5", "0", STOP_PLACE_EXCHANGE);

	desk_fill(desk, entry, "0.5");
	desk_fill(desk, entry, "0.5");
	assert_null(desk_call(desk, CALL_KIND_CANCEL));
	desk_live(desk, NANOS_MS);
	then_stop(desk, "1", "95");
}

static void a_sold_position_takes_its_stop_away(void **state)
{
	struct desk *desk = *state;

	given_protected(desk);
	desk_stream_fill(desk, desk_execute(desk, desk_stop(desk), "0.2"));
	assert_int_equal(desk->call_count, 0); /* it sells what it was made for */
	desk_stream_fill(desk, desk_execute(desk, desk_stop(desk), "0.3"));
	desk_live(desk, NANOS_S);
	assert_null(desk_stop(desk));
	assert_int_equal(decimal_sign(desk_guard(desk)->trigger), 0);
}

static void a_stop_that_the_exchange_cancelled_is_placed_again(void **state)
{
	struct desk *desk = *state;

	given_protected(desk);
	struct desk_order *stop = desk_stop(desk);
	stop->told.status = VENUE_STATUS_CANCELED;
	desk_stream_order(desk, stop);
	desk_answer(desk, CALL_KIND_ORDER);
	then_stop(desk, "0.5", "95");
}

static void where_stops_have_limits_they_lie_below_the_trigger(void **state)
{
	struct desk *desk = *state;
	size_t entry = desk_entry(desk, "1", "5", "0", STOP_PLACE_EXCHANGE);

	desk->config.stop_type = name_from("STOP_LOSS_LIMIT");
	desk_fill(desk, entry, "1");
	assert_true(desk_is_asked_for(desk, "type=STOP_LOSS_LIMIT&timeInForce=GTC"));
	assert_true(desk_is_asked_for(desk, "price=94.05&stopPrice=95&"));
}

static void a_gap_through_the_limit_of_a_stop_sells_at_once(void **state)
{
	struct desk *desk = *state;

	desk->config.stop_type = name_from("STOP_LOSS_LIMIT");
	given_protected(desk);
	desk_price(desk, "90");
	desk_mark(desk, "94.2");
	assert_null(desk_call(desk, CALL_KIND_CANCEL));
	desk_mark(desk, "90");
	desk_live(desk, NANOS_S);
	assert_string_equal(desk_held(desk, "bot"), "0");
}

static void what_is_too_little_for_a_stop_is_told_once_and_watched(void **state)
{
	struct desk *desk = *state;
	size_t entry = desk_entry(desk, "1", "5", "0", STOP_PLACE_EXCHANGE);

	desk_fill(desk, entry, "0.000005");
	desk_fill(desk, entry, "0.000001");
	desk_mark(desk, "90");
	desk_live(desk, 3 * NANOS_S);
	assert_int_equal(desk_noted(desk, "stop.dust"), 1);
	assert_int_equal(desk->orders_received, 1);
	assert_false(desk_guard(desk)->fired);
}

/* Uncertainty and refusal. */

static void a_refused_stop_is_tried_again_as_the_next_attempt_of_its_intent(void **state)
{
	struct desk *desk = *state;
	size_t entry = desk_entry(desk, "1", "5", "0", STOP_PLACE_EXCHANGE);
	struct client_id first, second;

	desk_fill(desk, entry, "0.5");
	struct guard before = *desk_guard(desk);
	desk_refuse(desk, CALL_KIND_ORDER, EVIDENCE_REFUSED, 2010);
	assert_null(desk_call(desk, CALL_KIND_ORDER));
	desk_pass(desk, NANOS_S);
	assert_true(client_id_unpack(before.client_id, &first));
	assert_true(client_id_unpack(desk_guard(desk)->client_id, &second));
	assert_true(ident_equals(before.intent_id, desk_guard(desk)->intent_id));
	assert_int_equal(second.attempt, 2);
	assert_true(second.counter > first.counter);
	desk_answer(desk, CALL_KIND_ORDER);
	then_stop(desk, "0.5", "95");
}

static void a_stop_refused_three_times_is_watched_by_the_executor(void **state)
{
	struct desk *desk = *state;
	size_t entry = desk_entry(desk, "0.5", "5", "0", STOP_PLACE_EXCHANGE);

	desk_fill(desk, entry, "0.5");
	for (unsigned i = 0; i < 3; i++) {
		desk_refuse(desk, CALL_KIND_ORDER, EVIDENCE_REFUSED, 2010);
		desk_pass(desk, 900 * NANOS_MS);
	}
	assert_null(desk_call(desk, CALL_KIND_ORDER));
	assert_int_equal(desk_noted(desk, "stop.refused"), 1);
	desk_mark(desk, "94");
	desk_live(desk, NANOS_S);
	assert_string_equal(desk_held(desk, "bot"), "0.5");
	desk->bid = decimal_of("94");
	desk_live(desk, NANOS_S);
	assert_true(desk_guard(desk)->fired);
}

static void a_stop_that_would_trigger_at_once_becomes_a_sale(void **state)
{
	struct desk *desk = *state;
	size_t entry = desk_entry(desk, "0.5", "5", "0", STOP_PLACE_EXCHANGE);

	desk->bid = decimal_of("94");
	desk_fill(desk, entry, "0.5");
	desk_live(desk, NANOS_S);
	assert_int_equal(desk_noted(desk, "stop.fired"), 1);
	assert_string_equal(desk_held(desk, "bot"), "0");
}

static void a_stop_whose_answer_is_lost_rests_and_is_found(void **state)
{
	struct desk *desk = *state;
	size_t entry = desk_entry(desk, "1", "5", "0", STOP_PLACE_EXCHANGE);

	desk_fill(desk, entry, "0.5");
	desk_lose_answer(desk, CALL_KIND_ORDER);
	assert_null(desk_call(desk, CALL_KIND_ORDER));
	desk_live(desk, NANOS_S);
	then_stop(desk, "0.5", "95");
	assert_int_equal(desk->orders_received, 2);
}

static void a_stop_that_never_arrived_is_sent_again_when_its_execution_would_show(void **state)
{
	struct desk *desk = *state;
	size_t entry = desk_entry(desk, "0.5", "5", "0", STOP_PLACE_EXCHANGE);

	desk_fill(desk, entry, "0.5");
	desk_refuse(desk, CALL_KIND_ORDER, EVIDENCE_NOTHING, 0);
	desk_live(desk, 3900 * NANOS_MS); /* window, queue, clock steps, view lag: 4 s */
	assert_null(desk_stop(desk));
	desk_live(desk, 1500 * NANOS_MS);
	then_stop(desk, "0.5", "95");
}

static void an_unknown_stop_keeps_its_share_and_the_rest_is_covered(void **state)
{
	struct desk *desk = *state;
	size_t entry = desk_entry(desk, "1", "5", "0", STOP_PLACE_EXCHANGE);

	desk_fill(desk, entry, "0.5");
	desk_refuse(desk, CALL_KIND_ORDER, EVIDENCE_NOTHING, 0);
	desk_fill(desk, entry, "0.2");
	assert_true(desk_is_asked_for(desk, "quantity=0.2&"));
	desk_live(desk, 10 * NANOS_S);
	then_stop(desk, "0.7", "95");
}

static void a_stop_proven_never_sent_is_placed_whole(void **state)
{
	struct desk *desk = *state;
	size_t entry = desk_entry(desk, "0.5", "5", "0", STOP_PLACE_EXCHANGE);

	desk->base_free = decimal_of("0.3");
	desk_fill(desk, entry, "0.5");
	desk_refuse(desk, CALL_KIND_ORDER, EVIDENCE_NOTHING, 0);
	desk_live(desk, 5500 * NANOS_MS); /* behind the fence nothing of the first is to fear */
	then_stop(desk, "0.5", "95");
}

static void a_position_left_without_its_stop_is_told_once(void **state)
{
	struct desk *desk = *state;
	size_t entry = desk_entry(desk, "0.5", "5", "0", STOP_PLACE_EXCHANGE);

	desk_fill(desk, entry, "0.5");
	desk_pass(desk, 900 * NANOS_MS);
	assert_int_equal(desk_noted(desk, "position.naked"), 0);
	desk_pass(desk, NANOS_S);
	assert_int_equal(desk_noted(desk, "position.naked"), 1);
}

/* Exits. */

static void an_exit_waits_until_the_stop_is_gone_and_is_answered_then(void **state)
{
	struct desk *desk = *state;

	given_protected(desk);
	when_exit_wanted(desk, "0.5", "101");
	assert_null(desk_call(desk, CALL_KIND_ORDER));
	assert_int_equal(desk_said(desk, MESSAGE_RECEIPT), 0);
	desk_answer(desk, CALL_KIND_CANCEL);
	assert_true(((const struct receipt *)desk_last_said(desk, MESSAGE_RECEIPT))->accepted);
	assert_true(desk_is_asked_for(desk, "type=LIMIT&"));
	desk_live(desk, NANOS_S);
	assert_int_equal(decimal_sign(desk_stopped(desk)), 0);
}

static void an_exit_of_a_part_leaves_a_stop_for_the_rest(void **state)
{
	struct desk *desk = *state;

	given_protected(desk);
	when_exit_wanted(desk, "0.2", "101");
	desk_live(desk, NANOS_S);
	then_stop(desk, "0.3", "95");
	char text[DECIMAL_TEXT_SIZE];
	assert_string_equal(decimal_print(desk_offered(desk), text), "0.5");
}

static void an_exit_that_ends_unfilled_brings_the_stop_back_at_once(void **state)
{
	struct desk *desk = *state;

	given_protected(desk);
	when_exit_wanted(desk, "0.5", "101");
	desk_answer_all(desk);
	struct desk_order *exit = desk_last(desk);
	exit->told.status = VENUE_STATUS_CANCELED;
	desk_stream_order(desk, exit);
	assert_true(desk_is_asked_for(desk, "type=STOP_LOSS&quantity=0.5&"));
}

static void an_exit_whose_time_runs_out_is_refused_and_the_stop_stays(void **state)
{
	struct desk *desk = *state;

	given_protected(desk);
	when_exit_wanted(desk, "0.5", "101");
	desk_pass(desk, 6 * NANOS_S);
	assert_string_equal(
		((const struct receipt *)desk_last_said(desk, MESSAGE_RECEIPT))->rule.text,
		"expired");
	desk_live(desk, NANOS_S);
	then_stop(desk, "0.5", "95");
}

static void an_exit_of_more_than_the_stop_left_is_refused(void **state)
{
	struct desk *desk = *state;

	given_protected(desk);
	when_exit_wanted(desk, "0.5", "101");
	desk_stream_fill(desk, desk_execute(desk, desk_stop(desk), "0.1"));
	desk_live(desk, NANOS_S);
	const struct receipt *receipt = desk_last_said(desk, MESSAGE_RECEIPT);
	assert_string_equal(receipt->rule.text, "position");
	then_stop(desk, "0.4", "95");
}

static void a_trigger_is_watched_while_an_exit_takes_the_stops_place(void **state)
{
	struct desk *desk = *state;

	given_protected(desk);
	when_exit_wanted(desk, "0.5", "101");
	desk_answer_all(desk);
	desk->bid = decimal_of("94");
	desk_mark(desk, "94");
	desk_live(desk, NANOS_S);
	assert_string_equal(desk_held(desk, "bot"), "0");
	assert_int_equal(decimal_sign(desk_owned(desk)), 0);
}

static void a_bot_whose_stop_the_executor_holds_waits_for_nothing(void **state)
{
	struct desk *desk = *state;
	size_t entry = desk_entry(desk, "1", "5", "0", STOP_PLACE_EXECUTOR);

	desk_fill(desk, entry, "0.5");
	assert_int_equal(desk->call_count, 0);
	assert_true(when_exit_wanted(desk, "0.5", "101").accepted);
	assert_non_null(desk_call(desk, CALL_KIND_ORDER));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(terms_are_written_down_before_the_entry_leaves),
		TEST(the_same_terms_are_written_down_once),
		TEST(an_entry_without_terms_takes_no_protection_away),
		TEST(an_entry_without_terms_has_no_stop),
		TEST(the_first_execution_places_the_stop_in_the_same_step),
		TEST(the_trigger_lies_on_the_tick_above),
		TEST(the_stop_holds_whole_lots_only),
		TEST(executions_while_a_stop_is_on_its_way_are_covered_afterwards),
		TEST(a_sold_position_takes_its_stop_away),
		TEST(a_stop_that_the_exchange_cancelled_is_placed_again),
		TEST(where_stops_have_limits_they_lie_below_the_trigger),
		TEST(a_gap_through_the_limit_of_a_stop_sells_at_once),
		TEST(what_is_too_little_for_a_stop_is_told_once_and_watched),
		TEST(a_refused_stop_is_tried_again_as_the_next_attempt_of_its_intent),
		TEST(a_stop_refused_three_times_is_watched_by_the_executor),
		TEST(a_stop_that_would_trigger_at_once_becomes_a_sale),
		TEST(a_stop_whose_answer_is_lost_rests_and_is_found),
		TEST(a_stop_that_never_arrived_is_sent_again_when_its_execution_would_show),
		TEST(an_unknown_stop_keeps_its_share_and_the_rest_is_covered),
		TEST(a_stop_proven_never_sent_is_placed_whole),
		TEST(a_position_left_without_its_stop_is_told_once),
		TEST(an_exit_of_a_part_leaves_a_stop_for_the_rest),
		TEST(an_exit_that_ends_unfilled_brings_the_stop_back_at_once),
		TEST(a_trigger_is_watched_while_an_exit_takes_the_stops_place),
		TEST(a_bot_whose_stop_the_executor_holds_waits_for_nothing),
	};
	const struct CMUnitTest by_cancelling_first[] = {
		TEST(a_further_execution_resizes_the_stop_by_cancelling_first),
		TEST(an_exit_waits_until_the_stop_is_gone_and_is_answered_then),
		TEST(an_exit_whose_time_runs_out_is_refused_and_the_stop_stays),
		TEST(an_exit_of_more_than_the_stop_left_is_refused),
	};
	int failed = cmocka_run_group_tests_name("executor_protect", tests, NULL, NULL) +
	             cmocka_run_group_tests_name("executor_protect, cancelling first",
	                                         by_cancelling_first, NULL, NULL);
	replaces = true;
	return failed +
	       cmocka_run_group_tests_name("executor_protect, replacing", tests, NULL, NULL);
}
