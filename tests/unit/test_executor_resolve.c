/* SPDX-License-Identifier: Apache-2.0 */
/* A person's part in uncertainty: resolving a dispute, a comparison on demand; and the own states
   of a cancel, which decide whether it goes on after a restart. */
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

static void then_cancel_is(struct desk *desk, ident_t intent, enum cancel_status status)
{
	assert_string_equal(enum_print(&enum_cancel_status, desk_book(desk, intent).cancel),
	                    enum_print(&enum_cancel_status, status));
}

static void then_entries_are_refused_by(struct desk *desk, const char *rule)
{
	struct approval approval = desk_approval(desk, "BUY", "0.5", "100");

	assert_string_equal(desk_approve(desk, &approval).rule.text, rule);
}

static ident_t given_live_order(struct desk *desk)
{
	ident_t intent = desk_order(desk, "BUY", "0.5", "100");

	desk_answer(desk, CALL_KIND_ORDER);
	return intent;
}

/* The exchange tells another quantity than was ordered. */
static ident_t given_dispute(struct desk *desk, const char *executed)
{
	ident_t intent = given_live_order(desk);

	if (*executed != '\0')
		desk_stream_fill(desk, desk_execute(desk, desk_last(desk), executed));
	desk_last(desk)->told.qty = decimal_of("0.7");
	desk_stream_order(desk, desk_last(desk));
	desk_last(desk)->told.qty = decimal_of("0.5");
	then_status(desk, intent, ORDER_STATUS_DISPUTED);
	return intent;
}

/* NULL when the answer is still to come. */
static const struct command_result *when_commanded(struct desk *desk, enum command_kind kind,
                                                   ident_t order, const char *reason)
{
	struct command command = {.kind = kind,
	                          .actor = name_from("alice"),
	                          .order = order,
	                          .reason = text_from(reason)};

	desk_forget(desk);
	desk_request(desk, MESSAGE_COMMAND, &command);
	return desk_last_said(desk, MESSAGE_COMMAND_RESULT);
}

static bool when_resolved(struct desk *desk, ident_t intent, const char *reason)
{
	ident_t order = desk_book(desk, intent).client_id;

	return when_commanded(desk, COMMAND_KIND_RESOLVE, order, reason)->done;
}

static void when_cancelled(struct desk *desk, ident_t intent)
{
	struct cancel cancel = {
		.intent_id = intent, .bot = name_from("bot"), .reason = name_from("test")};

	desk_request(desk, MESSAGE_CANCEL, &cancel);
}

/* Resolving. */

static void a_person_ends_a_dispute_with_what_was_executed(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_dispute(desk, "0.2");

	then_entries_are_refused_by(desk, "order_unknown");
	assert_true(when_resolved(desk, intent, "saw it cancelled"));
	then_status(desk, intent, ORDER_STATUS_CANCELED);
	struct order order = desk_book(desk, intent);
	assert_true(decimal_equals(order.executed, decimal_of("0.2")));
	assert_string_equal(order.reason.text, "alice: saw it cancelled");
	assert_int_equal(desk_noted(desk, "order.resolved"), 1);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_OVERRIDE), 1);
}

static void a_resolved_order_that_is_open_after_all_is_cancelled(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_dispute(desk, "");

	when_resolved(desk, intent, "gone");
	desk_live(desk, NANOS_S);
	assert_int_equal(desk_last(desk)->told.status, VENUE_STATUS_CANCELED);
}

static void entries_pass_again_when_the_symbol_was_compared(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_dispute(desk, "");

	when_resolved(desk, intent, "gone");
	then_entries_are_refused_by(desk, "not_reconciled");
	desk_live(desk, NANOS_S);
	then_entries_are_refused_by(desk, "");
}

static void a_dispute_over_a_full_order_ends_as_filled(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_dispute(desk, "");

	desk_stream_fill(desk, desk_execute(desk, desk_last(desk), "0.5"));
	then_status(desk, intent, ORDER_STATUS_DISPUTED);
	assert_true(when_resolved(desk, intent, "filled"));
	then_status(desk, intent, ORDER_STATUS_FILLED);
	assert_string_equal(desk_held(desk, "bot"), "0.5");
}

static void a_resolution_survives_a_restart(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_dispute(desk, "0.2");

	desk_restart(desk, desk->record_count);
	desk_start(desk);
	then_status(desk, intent, ORDER_STATUS_DISPUTED);
	when_resolved(desk, intent, "gone");
	desk_restart(desk, desk->record_count);
	then_status(desk, intent, ORDER_STATUS_CANCELED);
	assert_int_equal(desk->executor->books.impossible, 0);
}

static void only_disputed_orders_are_ended_by_hand_and_only_with_a_reason(void **state)
{
	struct desk *desk = *state;
	ident_t live = given_live_order(desk);
	ident_t disputed = given_dispute(desk, "");

	assert_false(when_resolved(desk, live, "away with it"));
	then_status(desk, live, ORDER_STATUS_LIVE);
	assert_false(when_resolved(desk, disputed, ""));
	then_status(desk, disputed, ORDER_STATUS_DISPUTED);
	assert_false(when_commanded(desk, COMMAND_KIND_RESOLVE, (ident_t){4, 2}, "which?")->done);
	assert_false(when_commanded(desk, COMMAND_KIND_RESOLVE, (ident_t){0, 0}, "which?")->done);
}

/* Comparing on demand. */

static void a_comparison_is_answered_when_it_is_done(void **state)
{
	struct desk *desk = *state;

	given_live_order(desk);
	desk_execute(desk, desk_last(desk), "0.2");
	desk_live(desk, 3 * NANOS_S); /* what was under way before tells nothing */
	assert_null(when_commanded(desk, COMMAND_KIND_RECONCILE, (ident_t){0, 0}, ""));
	then_entries_are_refused_by(desk, "not_reconciled");
	desk_answer(desk, CALL_KIND_OPEN_ORDERS);
	desk_answer(desk, CALL_KIND_TRADES);
	assert_null(desk_last_said(desk, MESSAGE_COMMAND_RESULT));
	desk_answer(desk, CALL_KIND_BALANCES);
	const struct command_result *result = desk_last_said(desk, MESSAGE_COMMAND_RESULT);
	assert_true(result->done);
	assert_non_null(strstr(result->text.text, "1 symbols"));
	assert_non_null(strstr(result->text.text, "1 executions were new"));
	assert_non_null(strstr(result->text.text, "1 orders are open"));
}

static void a_comparison_that_takes_too_long_names_what_is_missing(void **state)
{
	struct desk *desk = *state;

	when_commanded(desk, COMMAND_KIND_RECONCILE, (ident_t){0, 0}, "");
	desk_answer(desk, CALL_KIND_BALANCES);
	desk_answer(desk, CALL_KIND_OPEN_ORDERS);
	desk_pass(desk, 11 * NANOS_S);
	const struct command_result *result = desk_last_said(desk, MESSAGE_COMMAND_RESULT);
	assert_false(result->done);
	assert_non_null(strstr(result->text.text, "BTCUSDT executions"));
	assert_null(strstr(result->text.text, "balances"));
}

static void every_one_who_waits_for_a_comparison_is_answered(void **state)
{
	struct desk *desk = *state;
	struct command command = {.kind = COMMAND_KIND_RECONCILE, .actor = name_from("alice")};

	for (unsigned i = 0; i < WAITERS_MAX + 1; i++)
		desk_request(desk, MESSAGE_COMMAND, &command);
	assert_int_equal(desk_said(desk, MESSAGE_COMMAND_RESULT), 1);
	desk_live(desk, NANOS_S);
	assert_int_equal(desk_said(desk, MESSAGE_COMMAND_RESULT), WAITERS_MAX + 1);
}

/* A cancel's own states. */

static void a_cancel_goes_from_sent_to_what_its_answer_tells(void **state)
{
	static const struct {
		enum evidence evidence;
		enum cancel_status status;
	} answers[] = {
		{EVIDENCE_EXISTS, CANCEL_STATUS_CONFIRMED},
		{EVIDENCE_REFUSED, CANCEL_STATUS_REFUSED},
		{EVIDENCE_NOTHING, CANCEL_STATUS_UNKNOWN},
		{EVIDENCE_UNSENT, CANCEL_STATUS_REQUESTED},
	};
	struct desk *desk = *state;

	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		ident_t intent = given_live_order(desk);
		then_cancel_is(desk, intent, CANCEL_STATUS_NONE);
		when_cancelled(desk, intent);
		then_cancel_is(desk, intent, CANCEL_STATUS_SENT);
		desk_refuse(desk, CALL_KIND_CANCEL, answers[i].evidence, 2011);
		then_cancel_is(desk, intent, answers[i].status);
		then_status(desk, intent, ORDER_STATUS_LIVE);
	}
}

static void a_cancel_whose_answer_never_comes_is_unknown_and_sent_again(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_live_order(desk);

	when_cancelled(desk, intent);
	desk->call_count = 0;
	desk_pass(desk, 7 * NANOS_S);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_CANCEL_END), 1);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_CANCEL), 2);
	desk_live(desk, 20 * NANOS_S);
	then_status(desk, intent, ORDER_STATUS_CANCELED);
}

static void given_silence(struct desk *desk, unsigned ms)
{
	struct venue_answer answer = {.evidence = EVIDENCE_NOTHING, .retry_after_ms = ms};

	desk_order(desk, "SELL", "0.1", "100");
	desk_event(desk, EVENT_REPLY, desk_call(desk, CALL_KIND_ORDER)->token, MESSAGE_VENUE_ANSWER,
	           &answer);
	desk->call_count = 0;
}

static void a_cancel_during_silence_leaves_by_the_user_link(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_live_order(desk);

	given_silence(desk, 5000);
	when_cancelled(desk, intent);
	then_cancel_is(desk, intent, CANCEL_STATUS_SENT);
	assert_null(desk_call(desk, CALL_KIND_CANCEL));
	desk_answer(desk, CALL_KIND_CANCEL_FRAME);
	then_status(desk, intent, ORDER_STATUS_CANCELED);
	assert_true(desk->now < desk->executor->quiet_until);
}

static void without_the_link_a_cancel_during_silence_is_requested_and_leaves_after_it(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_live_order(desk);

	given_silence(desk, 5000);
	desk_link(desk, LINK_STATUS_DOWN);
	when_cancelled(desk, intent);
	then_cancel_is(desk, intent, CANCEL_STATUS_REQUESTED);
	desk_pass(desk, 4 * NANOS_S);
	assert_null(desk_call(desk, CALL_KIND_CANCEL));
	assert_null(desk_call(desk, CALL_KIND_CANCEL_FRAME));
	desk_live(desk, 2 * NANOS_S);
	then_status(desk, intent, ORDER_STATUS_CANCELED);
}

static void a_link_that_comes_back_takes_the_cancel_that_waits(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_live_order(desk);

	given_silence(desk, 60000);
	desk_link(desk, LINK_STATUS_DOWN);
	when_cancelled(desk, intent);
	desk_link(desk, LINK_STATUS_UP);
	desk_live(desk, 2 * NANOS_S);
	then_status(desk, intent, ORDER_STATUS_CANCELED);
	assert_true(desk->now < desk->executor->quiet_until);
}

/* Crash rows 16 to 19. */

static void a_strategys_cancel_that_did_not_leave_goes_on_after_a_restart(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_live_order(desk);

	given_silence(desk, 5000);
	desk_link(desk, LINK_STATUS_DOWN);
	when_cancelled(desk, intent);
	desk_restart(desk, desk->record_count);
	then_cancel_is(desk, intent, CANCEL_STATUS_REQUESTED);
	desk_start(desk);
	desk_live(desk, NANOS_S);
	then_status(desk, intent, ORDER_STATUS_CANCELED);
	assert_false(desk->executor->clock.known); /* by the link, still during the silence */
}

static void a_wind_down_that_did_not_leave_is_dropped_by_a_restart(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_live_order(desk);

	given_silence(desk, 5000);
	desk_link(desk, LINK_STATUS_DOWN);
	when_commanded(desk, COMMAND_KIND_WIND_DOWN, (ident_t){0, 0}, "bw down");
	then_cancel_is(desk, intent, CANCEL_STATUS_REQUESTED);
	desk_restart(desk, desk->record_count);
	desk_start(desk);
	desk_live(desk, 5 * NANOS_S);
	then_cancel_is(desk, intent, CANCEL_STATUS_NONE);
	then_status(desk, intent, ORDER_STATUS_LIVE);
}

static void a_halt_that_did_not_cancel_yet_does_so_after_a_restart(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_live_order(desk);

	given_silence(desk, 5000);
	desk_link(desk, LINK_STATUS_DOWN);
	when_commanded(desk, COMMAND_KIND_HALT, (ident_t){0, 0}, "strange");
	desk_restart(desk, desk->record_count);
	desk_start(desk);
	desk_live(desk, 5 * NANOS_S);
	then_status(desk, intent, ORDER_STATUS_CANCELED);
}

static void a_cancel_that_hit_unseen_is_found_after_a_restart(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_live_order(desk);

	when_cancelled(desk, intent);
	desk->journal_max = desk->record_count; /* the exchange does it, we die */
	desk_answer(desk, CALL_KIND_CANCEL);
	desk_restart(desk, desk->record_count);
	then_cancel_is(desk, intent, CANCEL_STATUS_SENT);
	desk_start(desk);
	then_status(desk, intent, ORDER_STATUS_CANCELED);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_CANCEL), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_person_ends_a_dispute_with_what_was_executed),
		TEST(a_resolved_order_that_is_open_after_all_is_cancelled),
		TEST(entries_pass_again_when_the_symbol_was_compared),
		TEST(a_dispute_over_a_full_order_ends_as_filled),
		TEST(a_resolution_survives_a_restart),
		TEST(only_disputed_orders_are_ended_by_hand_and_only_with_a_reason),
		TEST(a_comparison_is_answered_when_it_is_done),
		TEST(a_comparison_that_takes_too_long_names_what_is_missing),
		TEST(every_one_who_waits_for_a_comparison_is_answered),
		TEST(a_cancel_goes_from_sent_to_what_its_answer_tells),
		TEST(a_cancel_whose_answer_never_comes_is_unknown_and_sent_again),
		TEST(a_cancel_during_silence_leaves_by_the_user_link),
		TEST(without_the_link_a_cancel_during_silence_is_requested_and_leaves_after_it),
		TEST(a_link_that_comes_back_takes_the_cancel_that_waits),
		TEST(a_strategys_cancel_that_did_not_leave_goes_on_after_a_restart),
		TEST(a_wind_down_that_did_not_leave_is_dropped_by_a_restart),
		TEST(a_halt_that_did_not_cancel_yet_does_so_after_a_restart),
		TEST(a_cancel_that_hit_unseen_is_found_after_a_restart),
	};
	return cmocka_run_group_tests_name("executor_resolve", tests, NULL, NULL);
}
