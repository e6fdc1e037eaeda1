/* SPDX-License-Identifier: Apache-2.0 */
/* What the executor does about orders whose fate isn't known: probes, the fence and the lag that it
   is made of, orders that return, orphans, strangers, and what a person may do about them. */
#include "services/executor/executor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/executor/ids.h"
#include "services/executor/standing.h"
#include "tests/lib/desk_market.h"

/* Window, queue, lag and steps of the paper profile come to 4 s. */
#define WINDOW_OVER (2 * NANOS_S)
#define BEHIND_FENCE (8 * NANOS_S)

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

static void then_entries_pass(struct desk *desk)
{
	struct approval approval = desk_approval(desk, "BUY", "0.5", "100");

	assert_string_equal(desk_approve(desk, &approval).rule.text, "");
}

static ident_t given_live_order(struct desk *desk)
{
	ident_t intent = desk_order(desk, "BUY", "0.5", "100");

	desk_answer(desk, CALL_KIND_ORDER);
	return intent;
}

/* The answer is lost, the order waits in the engine's queue. */
static ident_t given_queued_order(struct desk *desk)
{
	ident_t intent = desk_order(desk, "BUY", "0.5", "100");

	desk_lose_answer(desk, CALL_KIND_ORDER);
	desk_last(desk)->queued = true;
	return intent;
}

static ident_t given_never(struct desk *desk)
{
	ident_t intent = given_queued_order(desk);

	desk_live(desk, BEHIND_FENCE);
	then_status(desk, intent, ORDER_STATUS_NEVER);
	return intent;
}

/* An order at the exchange with our mark or without. */
static struct desk_order *given_order_at_exchange(struct desk *desk, bool is_ours, uint64_t number)
{
	struct desk_order *order = &desk->orders[desk->order_count++];
	struct client_id id = {
		.tag = desk->executor->tag, .nonce = 9, .counter = number, .attempt = 1};

	*order = (struct desk_order){.told = {
					     .symbol = name_from("BTCUSDT"),
					     .venue_id = 7000 + number,
					     .side = SIDE_BUY,
					     .type = ORDER_TYPE_LIMIT,
					     .qty = decimal_of("3"),
					     .price = decimal_of("100"),
					     .status = VENUE_STATUS_NEW,
					     .client_text = text_from("order"),
				     }};
	if (is_ours)
		order->told.client_id = client_id_pack(&id);
	return order;
}

static struct order_slot *slot_at(struct desk *desk, const struct desk_order *order)
{
	return orders_by_client(&desk->executor->books.orders, order->told.client_id);
}

static void when_restarted(struct desk *desk)
{
	desk_restart(desk, desk->record_count);
	desk_start(desk);
}

/* The view lag, measured. */

static void when_measured_with_lag(struct desk *desk, nanos_t lag)
{
	desk_live(desk, 61 * NANOS_S);
	desk_order(desk, "BUY", "0.5", "100");
	desk_answer(desk, CALL_KIND_ORDER);
	desk_last(desk)->hidden = true;
	desk_live(desk, lag);
	desk_last(desk)->hidden = false;
	desk_live(desk, 10 * NANOS_S);
}

static void a_lag_beyond_half_of_the_bound_is_recorded_and_told(void **state)
{
	struct desk *desk = *state;

	when_measured_with_lag(desk, 700 * NANOS_MS);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_LAG), 1);
	assert_true(desk_noted(desk, "venue.view_lag") > 0);
	assert_int_equal(desk->executor->books.view_lag, 4 * NANOS_S);
	when_restarted(desk);
	assert_int_equal(desk->executor->books.view_lag, 4 * NANOS_S);
}

static void a_small_lag_changes_nothing(void **state)
{
	struct desk *desk = *state;

	desk->config.query_first = 100 * NANOS_MS;
	when_measured_with_lag(desk, 50 * NANOS_MS);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_LAG), 0);
	assert_true(desk->executor->lag_seen > 0);
}

static void a_wider_lag_moves_the_fence(void **state)
{
	struct desk *desk = *state;

	when_measured_with_lag(desk, 700 * NANOS_MS);
	ident_t intent = given_queued_order(desk);
	desk_live(desk, 5 * NANOS_S);
	then_status(desk, intent, ORDER_STATUS_UNKNOWN);
	desk_live(desk, BEHIND_FENCE);
	then_status(desk, intent, ORDER_STATUS_NEVER);
}

static void an_order_that_was_acknowledged_and_is_not_found_for_long_is_disputed(void **state)
{
	struct desk *desk = *state;

	desk_live(desk, 61 * NANOS_S);
	ident_t intent = given_live_order(desk);
	desk_last(desk)->hidden = true;
	desk_live(desk, 30 * NANOS_S);
	then_status(desk, intent, ORDER_STATUS_DISPUTED);
}

/* The probe. */

static void a_probe_leaves_when_the_window_is_over_with_a_record_of_its_own(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_queued_order(desk);

	desk_live(desk, NANOS_S);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_CANCEL), 0);
	desk_live(desk, 2600 * NANOS_MS);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_CANCEL), 1);
	const struct journal_cancel *cancel = NULL;
	for (size_t i = 0; i < desk->record_count; i++)
		if (desk->records[i].type == MESSAGE_JOURNAL_CANCEL)
			cancel = desk->records[i].body;
	assert_true(name_is(&cancel->reason, "probe"));
	then_cancel_is(desk, intent, CANCEL_STATUS_REFUSED);
	then_status(desk, intent, ORDER_STATUS_UNKNOWN);
}

static void a_probe_kills_a_late_arrival_and_tells_what_it_executed(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_queued_order(desk);

	desk_live(desk, 1700 * NANOS_MS);
	desk_last(desk)->queued = false;
	desk_last(desk)->hidden = true;
	desk_execute(desk, desk_last(desk), "0.2");
	desk_live(desk, 3 * NANOS_S);
	then_status(desk, intent, ORDER_STATUS_CANCELED);
	assert_string_equal(desk_held(desk, "bot"), "0.2");
	assert_int_equal(desk_noted(desk, "order.resurrected"), 0);
}

/* A stop that was sent and is heard of no more; the intent of its attempts. */
static ident_t given_lost_stop(struct desk *desk)
{
	size_t entry = desk_entry(desk, "0.5", "5", "0", STOP_PLACE_EXCHANGE);

	desk_fill(desk, entry, "0.5");
	desk_refuse(desk, CALL_KIND_ORDER, EVIDENCE_NOTHING, 0);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_CANCEL), 0);
	return desk_guard(desk)->client_id;
}

static void a_stop_is_probed_once_behind_its_window_and_queue_and_placed_again(void **state)
{
	struct desk *desk = *state;
	desk->config.query_max = 200 * NANOS_MS; /* many questions between window and queue */
	ident_t first = given_lost_stop(desk);
	const struct order_slot *slot = orders_by_client(&desk->executor->books.orders, first);

	desk_live(desk, standing_late_at(desk->executor, slot) - desk->now);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_CANCEL), 0);
	assert_null(desk_stop(desk));
	desk_live(desk, NANOS_S);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_CANCEL), 1);
	assert_int_equal(slot->order.status, ORDER_STATUS_UNKNOWN);
	assert_null(desk_stop(desk)); /* an execution of it might not show yet */
	desk_live(desk, 1500 * NANOS_MS);
	assert_int_equal(desk_guard(desk)->attempt, 2);
	assert_true(decimal_equals(desk_stopped(desk), decimal_of("0.5")));
	desk_live(desk, BEHIND_FENCE);
	assert_int_equal(slot->order.status, ORDER_STATUS_NEVER);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_CANCEL), 1);
}

/* Silence, and answers that tell nothing. */

static void an_order_stays_unknown_as_long_as_the_exchange_is_silent(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_queued_order(desk);

	for (unsigned i = 0; i < 60; i++) {
		while (desk->call_count > 0)
			desk_refuse(desk, token_kind(desk->calls[0].token), EVIDENCE_NOTHING, 0);
		desk_pass(desk, NANOS_S);
	}
	then_status(desk, intent, ORDER_STATUS_UNKNOWN);
	assert_int_equal(desk_noted(desk, "order.unanswered"), 1);
	then_entries_are_refused_by(desk, "order_unknown");
	desk_live(desk, 20 * NANOS_S);
	then_status(desk, intent, ORDER_STATUS_NEVER);
}

static void an_exchange_that_answers_but_never_about_the_order_leads_to_a_dispute(void **state)
{
	struct desk *desk = *state;
	struct venue_answer answer = {.evidence = EVIDENCE_NOTHING, .http_status = 400};
	ident_t intent = given_queued_order(desk);

	for (unsigned i = 0; i < 120; i++) {
		struct desk_call *call = desk_call(desk, CALL_KIND_QUERY);
		desk_pass(desk, NANOS_S);
		if (call == NULL)
			continue;
		uint64_t token = desk_call(desk, CALL_KIND_QUERY)->token;
		desk->call_count = 0;
		desk_event(desk, EVENT_REPLY, token, MESSAGE_VENUE_ANSWER, &answer);
	}
	then_status(desk, intent, ORDER_STATUS_DISPUTED);
}

static void a_stranger_trading_beside_an_unknown_order_is_told_apart(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_queued_order(desk);

	desk_execute(desk, given_order_at_exchange(desk, false, 1), "1");
	desk_live(desk, BEHIND_FENCE);
	then_status(desk, intent, ORDER_STATUS_NEVER);
	assert_string_equal(desk_held(desk, "manual"), "1");
}

static void an_execution_that_is_listed_behind_a_younger_one_is_not_lost(void **state)
{
	struct desk *desk = *state;
	struct desk_order *stranger = given_order_at_exchange(desk, false, 1);

	desk->trades_lag = 900 * NANOS_MS;
	desk_execute(desk, stranger, "0.1"); /* listed late */
	desk_execute(desk, stranger, "0.2");
	desk_link(desk, LINK_STATUS_UP);
	desk_live(desk, 100 * NANOS_MS);
	assert_string_equal(desk_held(desk, "manual"), "0.2");
	desk_live(desk, 40 * NANOS_S);
	assert_string_equal(desk_held(desk, "manual"), "0.3");
}

static void a_stranger_whose_order_is_not_shown_yet_disputes_nothing(void **state)
{
	struct desk *desk = *state;
	struct journal_lag lag = {.lag = 20 * NANOS_S, .seen = 9 * NANOS_S, .at = desk->now};

	executor_logic.apply(desk->executor, MESSAGE_JOURNAL_LAG, &lag);
	ident_t intent = given_queued_order(desk);
	desk_live(desk, 14 * NANOS_S);
	struct desk_order *stranger = given_order_at_exchange(desk, false, 1);
	stranger->hidden = true;
	desk_execute(desk, stranger, "1");
	desk_live(desk, 19 * NANOS_S);
	then_status(desk, intent, ORDER_STATUS_UNKNOWN);
	stranger->hidden = false;
	desk_live(desk, 20 * NANOS_S);
	then_status(desk, intent, ORDER_STATUS_NEVER);
	assert_string_equal(desk_held(desk, "manual"), "1");
}

/* Orders that return. */

static void an_entry_that_returns_is_cancelled(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_never(desk);

	desk_last(desk)->queued = false;
	desk_stream_order(desk, desk_last(desk));
	assert_int_equal(desk_noted(desk, "order.resurrected"), 1);
	assert_non_null(desk_call(desk, CALL_KIND_CANCEL));
	desk_live(desk, NANOS_S);
	then_status(desk, intent, ORDER_STATUS_CANCELED);
}

static void an_entry_that_returns_is_cancelled_after_a_restart_too(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_never(desk);

	desk_last(desk)->queued = false;
	desk->journal_max = desk->record_count + 1; /* ACK, no cancel */
	desk_stream_order(desk, desk_last(desk));
	desk_restart(desk, desk->record_count);
	then_status(desk, intent, ORDER_STATUS_LIVE);
	desk_start(desk);
	desk_live(desk, NANOS_S);
	then_status(desk, intent, ORDER_STATUS_CANCELED);
}

static void a_refused_or_unsent_order_returns_like_any(void **state)
{
	static const enum evidence ends[] = {EVIDENCE_REFUSED, EVIDENCE_UNSENT};
	struct desk *desk = *state;

	for (size_t i = 0; i < 2; i++) {
		ident_t intent = desk_order(desk, "BUY", "0.5", "100");
		struct desk_call call = *desk_call(desk, CALL_KIND_ORDER);
		desk_refuse(desk, CALL_KIND_ORDER, ends[i], 2010);
		then_status(desk, intent, i == 0 ? ORDER_STATUS_REJECTED : ORDER_STATUS_UNSENT);
		desk->calls[desk->call_count++] = call; /* and yet it got through */
		desk_lose_answer(desk, CALL_KIND_ORDER);
		desk_stream_fill(desk, desk_execute(desk, desk_last(desk), "0.2"));
		then_status(desk, intent, ORDER_STATUS_PARTIAL);
		desk_live(desk, NANOS_S);
		then_status(desk, intent, ORDER_STATUS_CANCELED);
	}
	assert_int_equal(desk_noted(desk, "order.resurrected"), 2);
	assert_string_equal(desk_held(desk, "bot"), "0.4");
}

static void an_execution_of_an_order_that_was_given_up_finds_its_way_by_the_scan(void **state)
{
	struct desk *desk = *state;
	ident_t intent = given_never(desk);

	desk_last(desk)->queued = false;
	desk_execute(desk, desk_last(desk), "0.5");
	desk_link(desk, LINK_STATUS_UP);
	desk_live(desk, 10 * NANOS_S);
	then_status(desk, intent, ORDER_STATUS_FILLED);
	assert_string_equal(desk_held(desk, "bot"), "0.5");
	assert_string_equal(desk_held(desk, "manual"), "0");
}

static void protection_that_returns_stays(void **state)
{
	struct desk *desk = *state;

	given_live_order(desk);
	desk_stream_fill(desk, desk_execute(desk, desk_last(desk), "0.5"));
	struct approval stop = desk_approval(desk, "SELL", "0.5", "90");
	stop.purpose = PURPOSE_PROTECT;
	desk_approve(desk, &stop);
	desk_lose_answer(desk, CALL_KIND_ORDER);
	desk_last(desk)->queued = true;
	desk_live(desk, BEHIND_FENCE);
	then_status(desk, stop.intent_id, ORDER_STATUS_NEVER);
	desk_last(desk)->queued = false;
	desk_stream_order(desk, desk_last(desk));
	desk_live(desk, 5 * NANOS_S);
	then_status(desk, stop.intent_id, ORDER_STATUS_LIVE);
}

/* Orphans. */

static void an_orphan_is_adopted_counted_and_cancelled(void **state)
{
	struct desk *desk = *state;
	struct desk_order *orphan = given_order_at_exchange(desk, true, 1);

	desk_stream_order(desk, orphan);
	desk_stream_order(desk, orphan);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_ADOPT), 1);
	assert_int_equal(desk_noted(desk, "order.orphan"), 1);
	const struct order *order = desk_last_said(desk, MESSAGE_ORDER);
	assert_int_equal(order->status, ORDER_STATUS_ORPHAN);
	assert_string_equal(order->bot.text, "manual");
	desk_answer(desk, CALL_KIND_CANCEL);
	assert_int_equal(slot_at(desk, orphan)->order.status, ORDER_STATUS_CANCELED);
}

static void entries_wait_until_the_orphan_ended_and_the_symbol_was_compared(void **state)
{
	struct desk *desk = *state;

	desk_stream_order(desk, given_order_at_exchange(desk, true, 1));
	then_entries_are_refused_by(desk, "orphan");
	desk_answer(desk, CALL_KIND_CANCEL);
	then_entries_are_refused_by(desk, "not_reconciled");
	desk_live(desk, NANOS_S);
	then_entries_pass(desk);
}

static void executions_of_an_orphan_belong_to_manual(void **state)
{
	struct desk *desk = *state;
	struct desk_order *orphan = given_order_at_exchange(desk, true, 1);

	desk_execute(desk, orphan, "1"); /* before it is met */
	desk_link(desk, LINK_STATUS_UP);
	desk_answer(desk, CALL_KIND_SUBSCRIBE);
	desk_answer(desk, CALL_KIND_OPEN_ORDERS);
	desk_stream_fill(desk, desk_execute(desk, orphan, "0.5"));
	desk_live(desk, 10 * NANOS_S);
	const struct order_slot *slot = slot_at(desk, orphan);
	assert_int_equal(slot->order.status, ORDER_STATUS_CANCELED);
	assert_true(decimal_equals(slot->order.executed, decimal_of("1.5")));
	assert_string_equal(desk_held(desk, "manual"), "1.5");
}

static void what_an_orphan_executed_before_it_was_met_enters_its_own_sum_only(void **state)
{
	struct desk *desk = *state;
	struct desk_order *orphan = given_order_at_exchange(desk, true, 1);

	desk_execute(desk, orphan, "1");
	desk_restart(desk, 0); /* a new journal: the execution is below the mark */
	desk_start(desk);
	desk_live(desk, 20 * NANOS_S);
	const struct order_slot *slot = slot_at(desk, orphan);
	assert_int_equal(slot->order.status, ORDER_STATUS_CANCELED);
	assert_true(decimal_equals(slot->order.executed, decimal_of("1")));
	assert_string_equal(desk_held(desk, "manual"), "0");
	then_entries_pass(desk);
}

static void an_orphan_that_was_adopted_before_a_crash_is_cancelled_after_it(void **state)
{
	struct desk *desk = *state;
	struct desk_order *orphan = given_order_at_exchange(desk, true, 1);

	desk->journal_max = desk->record_count + 1; /* ADOPT, no cancel */
	desk_stream_order(desk, orphan);
	when_restarted(desk);
	desk_live(desk, 2 * NANOS_S);
	assert_int_equal(slot_at(desk, orphan)->order.status, ORDER_STATUS_CANCELED);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_ADOPT), 1);
}

static void a_lost_journal_leaves_orphans_and_no_loss(void **state)
{
	struct desk *desk = *state;

	given_live_order(desk);
	given_live_order(desk);
	desk_restart(desk, 0);
	desk_start(desk);
	desk_live(desk, 5 * NANOS_S);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_ADOPT), 2);
	for (size_t i = 0; i < desk->order_count; i++)
		assert_int_equal(desk->orders[i].told.status, VENUE_STATUS_CANCELED);
	then_entries_pass(desk);
}

/* Where accounting begins. */

static void executions_from_before_the_first_start_are_not_accounted(void **state)
{
	struct desk *desk = *state;
	struct desk_order *old = given_order_at_exchange(desk, false, 1);

	for (unsigned i = 0; i < 20; i++)
		desk_execute(desk, old, "0.1");
	desk_restart(desk, 0);
	desk_start(desk);
	desk_live(desk, 40 * NANOS_S);
	assert_string_equal(desk_held(desk, "manual"), "0");
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_MARK), 1);
	desk_execute(desk, old, "0.1");
	desk_link(desk, LINK_STATUS_UP);
	desk_live(desk, NANOS_S);
	assert_string_equal(desk_held(desk, "manual"), "0.1");
	when_restarted(desk);
	desk_live(desk, 40 * NANOS_S);
	assert_string_equal(desk_held(desk, "manual"), "0.1");
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_MARK), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_lag_beyond_half_of_the_bound_is_recorded_and_told),
		TEST(a_small_lag_changes_nothing),
		TEST(a_wider_lag_moves_the_fence),
		TEST(an_order_that_was_acknowledged_and_is_not_found_for_long_is_disputed),
		TEST(a_probe_leaves_when_the_window_is_over_with_a_record_of_its_own),
		TEST(a_probe_kills_a_late_arrival_and_tells_what_it_executed),
		TEST(a_stop_is_probed_once_behind_its_window_and_queue_and_placed_again),
		TEST(an_order_stays_unknown_as_long_as_the_exchange_is_silent),
		TEST(an_exchange_that_answers_but_never_about_the_order_leads_to_a_dispute),
		TEST(a_stranger_trading_beside_an_unknown_order_is_told_apart),
		TEST(an_execution_that_is_listed_behind_a_younger_one_is_not_lost),
		TEST(a_stranger_whose_order_is_not_shown_yet_disputes_nothing),
		TEST(an_entry_that_returns_is_cancelled),
		TEST(an_entry_that_returns_is_cancelled_after_a_restart_too),
		TEST(a_refused_or_unsent_order_returns_like_any),
		TEST(an_execution_of_an_order_that_was_given_up_finds_its_way_by_the_scan),
		TEST(protection_that_returns_stays),
		TEST(an_orphan_is_adopted_counted_and_cancelled),
		TEST(entries_wait_until_the_orphan_ended_and_the_symbol_was_compared),
		TEST(executions_of_an_orphan_belong_to_manual),
		TEST(what_an_orphan_executed_before_it_was_met_enters_its_own_sum_only),
		TEST(an_orphan_that_was_adopted_before_a_crash_is_cancelled_after_it),
		TEST(a_lost_journal_leaves_orphans_and_no_loss),
		TEST(executions_from_before_the_first_start_are_not_accounted),
	};
	return cmocka_run_group_tests_name("executor_uncertainty", tests, NULL, NULL);
}
