/* SPDX-License-Identifier: Apache-2.0 */
/* Where the exchange replaces an order in one call, a stop changes without a moment in which there
   is none; and what comes of it when only a half was done, when it is refused, or when nobody
   knows. Never is more on sale than is held. */
#include "services/executor/protect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/executor/standing.h"
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

/* 0.5 of an entry of 1 held, with a stop of 5 % and 10 % behind the highest price. */
static size_t given_protected(struct desk *desk)
{
	size_t entry = desk_entry(desk, "1", "5", "10", STOP_PLACE_EXCHANGE);

	desk_fill(desk, entry, "0.5");
	desk_answer_all(desk);
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

static void then_never_too_much(const struct desk *desk)
{
	assert_true(decimal_compare(desk_offered(desk), desk_owned(desk)) <= 0);
}

/* In small steps, so that no moment with too much on sale is missed. */
static void live(struct desk *desk, nanos_t time)
{
	for (; time > 0; time -= 50 * NANOS_MS) {
		desk_live(desk, 50 * NANOS_MS);
		then_never_too_much(desk);
	}
}

static struct receipt when_exit_wanted(struct desk *desk, const char *qty, const char *price)
{
	struct approval approval = desk_approval(desk, "SELL", qty, price);

	desk_forget(desk);
	return desk_approve(desk, &approval);
}

static const struct desk_call *replace_call(struct desk *desk)
{
	assert_null(desk_call(desk, CALL_KIND_CANCEL));
	assert_null(desk_call(desk, CALL_KIND_ORDER));
	return desk_call(desk, CALL_KIND_REPLACE);
}

static struct order_slot *slot_of(struct desk *desk, ident_t client_id)
{
	return orders_by_client(&desk->executor->books.orders, client_id);
}

/* One call. */

static void a_further_execution_resizes_the_stop_in_one_call(void **state)
{
	struct desk *desk = *state;
	size_t entry = given_protected(desk);

	desk_fill(desk, entry, "0.3");
	assert_non_null(strstr(replace_call(desk)->request.query, "quantity=0.8&stopPrice=95&"));
	then_stop(desk, "0.5", "95");
	desk_answer(desk, CALL_KIND_REPLACE);
	then_stop(desk, "0.8", "95");
	assert_int_equal(desk->call_count, 0);
}

static void executions_during_a_replace_are_covered_by_the_next(void **state)
{
	struct desk *desk = *state;
	size_t entry = given_protected(desk);

	desk_fill(desk, entry, "0.3");
	desk_fill(desk, entry, "0.2");
	assert_int_equal(desk->call_count, 1);
	desk_answer(desk, CALL_KIND_REPLACE);
	desk_answer(desk, CALL_KIND_REPLACE);
	then_stop(desk, "1", "95");
	assert_int_equal(desk->call_count, 0);
}

static void a_trailing_stop_moves_in_one_call(void **state)
{
	struct desk *desk = *state;

	given_protected(desk);
	desk_mark(desk, "120");
	assert_non_null(strstr(replace_call(desk)->request.query, "stopPrice=108&"));
	desk_answer(desk, CALL_KIND_REPLACE);
	then_stop(desk, "0.5", "108");
}

static void when_the_old_stop_executes_first_the_rest_is_sold_too(void **state)
{
	struct desk *desk = *state;
	size_t entry = given_protected(desk);

	desk_fill(desk, entry, "0.3");
	desk_price(desk, "95");
	desk_answer(desk, CALL_KIND_REPLACE);
	live(desk, NANOS_S);
	assert_string_equal(desk_held(desk, "bot"), "0");
	assert_int_equal(decimal_sign(desk_owned(desk)), 0);
}

/* Exits. */

static void an_exit_takes_the_stops_place_in_one_call(void **state)
{
	struct desk *desk = *state;

	given_protected(desk);
	assert_true(when_exit_wanted(desk, "0.5", "101").accepted);
	assert_non_null(strstr(replace_call(desk)->request.query, "type=LIMIT&"));
	desk_answer(desk, CALL_KIND_REPLACE);
	live(desk, NANOS_S);
	assert_null(desk_stop(desk));
	assert_true(decimal_equals(desk_offered(desk), decimal_of("0.5")));
}

static void an_exit_of_a_part_leaves_a_stop_for_the_rest_in_the_same_step(void **state)
{
	struct desk *desk = *state;

	given_protected(desk);
	when_exit_wanted(desk, "0.2", "101");
	desk_answer(desk, CALL_KIND_REPLACE);
	desk_answer(desk, CALL_KIND_ORDER);
	then_stop(desk, "0.3", "95");
	assert_true(decimal_equals(desk_offered(desk), decimal_of("0.5")));
}

static void an_exit_that_the_gate_refuses_meanwhile_leaves_the_stop(void **state)
{
	struct desk *desk = *state;
	size_t entry = desk_entry(desk, "0.5", "5", "0", STOP_PLACE_EXCHANGE);
	struct command down = {
		.kind = COMMAND_KIND_WIND_DOWN,
		.actor = name_from("alice"),
		.reason = text_from("test"),
	};

	desk_fill(desk, entry, "0.5");
	when_exit_wanted(desk, "0.5", "101"); /* waits for the stop, which is on its way */
	desk_request(desk, MESSAGE_COMMAND, &down);
	desk_answer(desk, CALL_KIND_ORDER);
	const struct receipt *receipt = desk_last_said(desk, MESSAGE_RECEIPT);
	assert_string_equal(receipt->rule.text, "winding_down");
	assert_null(desk_call(desk, CALL_KIND_CANCEL));
	then_stop(desk, "0.5", "95");
}

/* Half done, refused, not sent. */

static void half_done_the_stop_is_placed_anew_in_the_same_step(void **state)
{
	struct desk *desk = *state;
	size_t entry = given_protected(desk);

	desk->replaces = DESK_CANCEL_ONLY;
	desk_fill(desk, entry, "0.3");
	desk_answer(desk, CALL_KIND_REPLACE);
	assert_true(desk_is_asked_for(desk, "type=STOP_LOSS&quantity=0.8&stopPrice=95&"));
	desk_answer(desk, CALL_KIND_ORDER);
	then_stop(desk, "0.8", "95");
	assert_int_equal(desk_noted(desk, "order.replace_half"), 1);
	assert_int_equal(desk_noted(desk, "position.naked"), 0);
}

static void half_done_by_an_exit_the_stop_is_back_in_the_same_step(void **state)
{
	struct desk *desk = *state;

	given_protected(desk);
	desk->replaces = DESK_CANCEL_ONLY;
	when_exit_wanted(desk, "0.5", "101");
	desk_answer(desk, CALL_KIND_REPLACE);
	assert_true(desk_is_asked_for(desk, "type=STOP_LOSS&quantity=0.5&stopPrice=95&"));
}

static void half_done_because_the_price_is_through_it_becomes_a_sale(void **state)
{
	struct desk *desk = *state;
	size_t entry = given_protected(desk);

	desk_fill(desk, entry, "0.5");
	desk->bid = decimal_of("94"); /* and the old stop did not trigger yet */
	desk_answer(desk, CALL_KIND_REPLACE);
	desk_answer_all(desk);
	assert_int_equal(desk_noted(desk, "stop.fired"), 1);
	assert_string_equal(desk_held(desk, "bot"), "0");
}

static void where_a_replace_is_refused_the_stop_is_cancelled_first(void **state)
{
	struct desk *desk = *state;
	size_t entry = given_protected(desk);

	desk->replaces = DESK_NEITHER;
	desk_fill(desk, entry, "0.3");
	desk_answer(desk, CALL_KIND_REPLACE);
	assert_non_null(desk_call(desk, CALL_KIND_CANCEL));
	then_stop(desk, "0.5", "95");
	desk_answer(desk, CALL_KIND_CANCEL);
	desk_answer_all(desk);
	then_stop(desk, "0.8", "95");
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_REPLACE), 1);
}

static void a_replace_that_was_not_sent_is_tried_again_and_the_stop_stays(void **state)
{
	struct desk *desk = *state;
	size_t entry = given_protected(desk);

	desk_fill(desk, entry, "0.3");
	desk_refuse(desk, CALL_KIND_REPLACE, EVIDENCE_UNSENT, 0);
	assert_int_equal(desk->call_count, 0);
	then_stop(desk, "0.5", "95");
	desk_pass(desk, 300 * NANOS_MS);
	assert_non_null(replace_call(desk));
	desk_answer(desk, CALL_KIND_REPLACE);
	then_stop(desk, "0.8", "95");
}

/* Unknown. */

static void a_lost_answer_is_followed_by_a_look_at_each_leg(void **state)
{
	struct desk *desk = *state;
	size_t entry = given_protected(desk);

	desk_fill(desk, entry, "0.3");
	desk_lose_answer(desk, CALL_KIND_REPLACE);
	desk_answer(desk, CALL_KIND_QUERY);
	desk_answer(desk, CALL_KIND_QUERY);
	assert_null(replace_call(desk));
	assert_int_equal(slot_of(desk, desk_guard(desk)->client_id)->order.status,
	                 ORDER_STATUS_LIVE);
	then_stop(desk, "0.8", "95");
	live(desk, 10 * NANOS_S);
	then_stop(desk, "0.8", "95");
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_CANCEL), 0);
}

/* The old stop stands meanwhile; behind the window and the queue the new one is probed, and then
   the old one goes the other way. */
static void a_lost_request_leaves_the_old_stop_until_no_other_can_come(void **state)
{
	struct desk *desk = *state;
	size_t entry = given_protected(desk);

	desk_fill(desk, entry, "0.3");
	desk_refuse(desk, CALL_KIND_REPLACE, EVIDENCE_NOTHING, 0);
	struct order_slot *new = slot_of(desk, desk_guard(desk)->client_id);
	nanos_t late = standing_late_at(desk->executor, new);
	live(desk, late - desk->now - 10 * NANOS_MS);
	then_stop(desk, "0.5", "95");
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_CANCEL), 0);
	live(desk, NANOS_S); /* the view lag */
	then_stop(desk, "0.5", "95");
	live(desk, 1500 * NANOS_MS);
	then_stop(desk, "0.8", "95");
	live(desk, 10 * NANOS_S);
	then_stop(desk, "0.8", "95");
	assert_int_equal(new->order.status, ORDER_STATUS_NEVER);
}

static void half_done_and_unheard_the_stop_is_back_behind_the_fence(void **state)
{
	struct desk *desk = *state;
	size_t entry = given_protected(desk);

	desk->replaces = DESK_CANCEL_ONLY;
	desk_fill(desk, entry, "0.3");
	desk_lose_answer(desk, CALL_KIND_REPLACE);
	struct order_slot *new = slot_of(desk, desk_guard(desk)->client_id);
	live(desk, standing_late_at(desk->executor, new) - desk->now + 2500 * NANOS_MS);
	then_stop(desk, "0.8", "95");
	assert_int_equal(desk_noted(desk, "position.naked"), 1);
}

static void a_lost_exit_leaves_the_stop_and_then_covers_all_again(void **state)
{
	struct desk *desk = *state;

	given_protected(desk);
	when_exit_wanted(desk, "0.5", "101");
	desk_refuse(desk, CALL_KIND_REPLACE, EVIDENCE_NOTHING, 0);
	live(desk, 10 * NANOS_S);
	then_stop(desk, "0.5", "95");
}

/* Crashes. */

enum scene { RESIZED, TRAILED, EXITED, SCENES };

static void play(struct desk *desk, size_t entry, enum scene scene)
{
	if (scene == RESIZED)
		desk_fill(desk, entry, "0.5");
	else if (scene == TRAILED)
		desk_mark(desk, "120");
	else
		desk_order(desk, "SELL", "0.2", "101");
	if (!desk->crashed)
		desk_answer_all(desk);
}

/* What had left when it crashed arrives, or doesn't. */
static void land(struct desk *desk, bool arrives)
{
	desk->crashed = true;
	while (desk_call(desk, CALL_KIND_REPLACE) != NULL && arrives)
		desk_lose_answer(desk, CALL_KIND_REPLACE);
	while (desk_call(desk, CALL_KIND_ORDER) != NULL && arrives)
		desk_lose_answer(desk, CALL_KIND_ORDER);
}

static void then_all_is_offered(struct desk *desk, enum scene scene)
{
	assert_true(decimal_equals(desk_offered(desk), desk_owned(desk)));
	if (desk_stop(desk) != NULL)
		assert_true(decimal_equals(desk_stop(desk)->stop_price, desk_guard(desk)->trigger));
	if (scene != EXITED)
		assert_true(decimal_equals(desk_stopped(desk), desk_owned(desk)));
	assert_int_equal(desk->executor->books.impossible, 0);
}

/* False when the scene was over before. */
static bool crash(enum scene scene, enum desk_replace replaces, size_t record, bool arrives)
{
	struct desk *desk = desk_open();

	desk_start(desk);
	size_t entry = given_protected(desk);
	desk->journal_max = desk->record_count + record;
	desk->replaces = replaces;
	play(desk, entry, scene);
	bool crashed = desk->crashed;
	land(desk, arrives);
	desk->replaces = DESK_WHOLE;
	desk_restart(desk, desk->record_count);
	desk_start(desk);
	then_never_too_much(desk);
	live(desk, 4 * NANOS_S);
	if (decimal_sign(desk_owned(desk)) > 0)
		then_all_is_offered(desk, scene);
	desk_close(desk);
	return crashed;
}

static void a_crash_at_any_record_of_a_replace_ends_protected(void **state)
{
	static const enum desk_replace ways[] = {DESK_WHOLE, DESK_CANCEL_ONLY, DESK_NEITHER};
	size_t record;

	(void)state;
	for (enum scene scene = RESIZED; scene < SCENES; scene++)
		for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
			for (record = 0; crash(scene, ways[way], record, true); record++)
				assert_true(crash(scene, ways[way], record, false));
			assert_true(record >= 5);
		}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_further_execution_resizes_the_stop_in_one_call),
		TEST(executions_during_a_replace_are_covered_by_the_next),
		TEST(a_trailing_stop_moves_in_one_call),
		TEST(when_the_old_stop_executes_first_the_rest_is_sold_too),
		TEST(an_exit_takes_the_stops_place_in_one_call),
		TEST(an_exit_of_a_part_leaves_a_stop_for_the_rest_in_the_same_step),
		TEST(an_exit_that_the_gate_refuses_meanwhile_leaves_the_stop),
		TEST(half_done_the_stop_is_placed_anew_in_the_same_step),
		TEST(half_done_by_an_exit_the_stop_is_back_in_the_same_step),
		TEST(half_done_because_the_price_is_through_it_becomes_a_sale),
		TEST(where_a_replace_is_refused_the_stop_is_cancelled_first),
		TEST(a_replace_that_was_not_sent_is_tried_again_and_the_stop_stays),
		TEST(a_lost_answer_is_followed_by_a_look_at_each_leg),
		TEST(a_lost_request_leaves_the_old_stop_until_no_other_can_come),
		TEST(half_done_and_unheard_the_stop_is_back_behind_the_fence),
		TEST(a_lost_exit_leaves_the_stop_and_then_covers_all_again),
		TEST(a_crash_at_any_record_of_a_replace_ends_protected),
	};
	return cmocka_run_group_tests_name("executor_stop_replace", tests, NULL, NULL);
}
