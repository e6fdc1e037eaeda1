/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/executor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/executor/ids.h"
#include "tests/lib/desk.h"

/* Window, queue, lag and steps of the paper profile, and more than that. */
#define BEFORE_FENCE (2 * NANOS_S)
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

static void then_refused_by(struct desk *desk, const struct approval *approval, const char *rule)
{
	uint64_t sent = desk_saved(desk, MESSAGE_JOURNAL_SEND);
	struct receipt receipt = desk_approve(desk, approval);

	assert_false(receipt.accepted);
	assert_string_equal(receipt.rule.text, rule);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_SEND), sent);
	assert_null(desk_call(desk, CALL_KIND_ORDER));
}

/* The order path. */

static void two_records_stand_before_the_order_leaves_and_the_receipt_behind_them(void **state)
{
	static const enum effect_kind kinds[] = {EFFECT_SAVE, EFFECT_SAVE, EFFECT_CALL,
	                                         EFFECT_ANSWER, EFFECT_PUBLISH};
	struct desk *desk = *state;

	desk_order(desk, "BUY", "0.5", "100");
	assert_int_equal(desk->out->count, sizeof kinds / sizeof *kinds);
	for (size_t i = 0; i < desk->out->count; i++)
		assert_int_equal(desk->out->effects[i].kind, kinds[i]);
	assert_int_equal(desk->out->effects[0].type, MESSAGE_JOURNAL_INTENT);
	assert_int_equal(desk->out->effects[1].type, MESSAGE_JOURNAL_SEND);
	assert_int_equal(desk->out->effects[0].save_class, SAVE_SYNCED);
	assert_int_equal(desk->out->effects[1].save_class, SAVE_SYNCED);
	const struct journal_send *send = desk->out->effects[1].body;
	const struct http_request *request = desk->out->effects[2].body;
	assert_int_equal(send->valid_until, request->valid_until);
	assert_true(request->once && request->write_before < request->valid_until);
	assert_false(ident_is_none(send->hash_high) || ident_is_none(send->hash_low));
}

static void an_acknowledged_order_is_live(void **state)
{
	struct desk *desk = *state;
	ident_t intent = desk_order(desk, "BUY", "0.5", "100");

	desk_answer(desk, CALL_KIND_ORDER);
	then_status(desk, intent, ORDER_STATUS_LIVE);
	assert_int_equal(desk_book(desk, intent).venue_id, 1001);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_ACK), 1);
}

static void a_repeated_approval_gets_the_same_receipt_and_no_second_order(void **state)
{
	struct desk *desk = *state;
	struct approval approval = desk_approval(desk, "BUY", "0.5", "100");
	struct receipt first = desk_approve(desk, &approval);

	desk_answer(desk, CALL_KIND_ORDER);
	struct receipt second = desk_approve(desk, &approval);
	assert_true(first.accepted && second.accepted);
	assert_true(ident_equals(first.intent_id, second.intent_id));
	assert_string_equal(first.detail.text, second.detail.text);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_SEND), 1);
	assert_null(desk_call(desk, CALL_KIND_ORDER));
}

static void a_repeat_after_a_restart_and_after_expiry_is_still_the_same_order(void **state)
{
	struct desk *desk = *state;
	struct approval approval = desk_approval(desk, "BUY", "0.5", "100");

	desk_approve(desk, &approval);
	desk_answer(desk, CALL_KIND_ORDER);
	desk_restart(desk, desk->record_count);
	desk_start(desk);
	desk_live(desk, 30 * NANOS_S);
	assert_true(desk_approve(desk, &approval).accepted);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_SEND), 1);
}

static void an_intent_with_other_terms_is_refused(void **state)
{
	struct desk *desk = *state;
	struct approval approval = desk_approval(desk, "BUY", "0.5", "100");

	desk_approve(desk, &approval);
	desk_answer(desk, CALL_KIND_ORDER);
	approval.qty = decimal_of("0.6");
	approval.nonce.low++;
	then_refused_by(desk, &approval, "intent_reused");
}

static void a_refused_approval_stays_refused_when_it_comes_again(void **state)
{
	struct desk *desk = *state;
	struct approval approval = desk_approval(desk, "BUY", "0.5", "100");

	desk_link(desk, LINK_STATUS_DOWN);
	then_refused_by(desk, &approval, "user_stream_down");
	desk_link(desk, LINK_STATUS_UP);
	desk_live(desk, NANOS_S);
	then_refused_by(desk, &approval, "user_stream_down");
}

static void tick_to_order_is_measured_from_the_tick(void **state)
{
	struct desk *desk = *state;

	desk_order(desk, "BUY", "0.5", "100");
	desk_pass(desk, NANOS_S);
	const struct latency *latency = desk_last_said(desk, MESSAGE_LATENCY);
	assert_int_equal(latency->samples, 1);
	assert_true(latency->p50 > 0);
}

/* The gate. */

static void the_gate_names_the_rule_that_refuses(void **state)
{
	struct desk *desk = *state;
	struct approval good = desk_approval(desk, "BUY", "0.5", "100");
	struct approval bad = good;

	bad.expires = desk->now;
	then_refused_by(desk, &bad, "expired");
	bad = desk_approval(desk, "BUY", "0.5", "100");
	bad.nonce = (ident_t){0, 0};
	then_refused_by(desk, &bad, "nonce_used");
	bad = desk_approval(desk, "BUY", "0.5", "");
	bad.type = ORDER_TYPE_LIMIT;
	then_refused_by(desk, &bad, "terms");
	bad = desk_approval(desk, "BUY", "0.5", "100");
	bad.symbol = name_from("ETHUSDT");
	then_refused_by(desk, &bad, "instrument_unknown");
	bad = desk_approval(desk, "BUY", "20000", "100");
	then_refused_by(desk, &bad, "order_value_max");
	bad = desk_approval(desk, "SELL", "0.5", "100");
	bad.purpose = PURPOSE_PROTECT;
	then_refused_by(desk, &bad, "position");
}

static void a_nonce_is_accepted_once(void **state)
{
	struct desk *desk = *state;
	struct approval first = desk_approval(desk, "BUY", "0.5", "100");
	struct approval second = desk_approval(desk, "BUY", "0.5", "100");

	desk_approve(desk, &first);
	desk_answer(desk, CALL_KIND_ORDER);
	second.nonce = first.nonce;
	then_refused_by(desk, &second, "nonce_used");
}

static void a_nonce_is_accepted_once_across_restarts(void **state)
{
	struct desk *desk = *state;
	struct approval first = desk_approval(desk, "BUY", "0.5", "100");
	struct approval second = desk_approval(desk, "BUY", "0.5", "100");

	desk_approve(desk, &first);
	desk_answer(desk, CALL_KIND_ORDER);
	desk_restart(desk, desk->record_count);
	desk_start(desk);
	second.nonce = first.nonce;
	then_refused_by(desk, &second, "nonce_used");
}

static void the_minute_holds_no_more_orders_than_allowed(void **state)
{
	struct desk *desk = *state;
	struct approval approval;

	desk->config.orders_per_minute = 3;
	for (unsigned i = 0; i < 3; i++) {
		desk_order(desk, "BUY", "0.5", "100");
		desk_answer(desk, CALL_KIND_ORDER);
		desk_live(desk, 10 * NANOS_S);
	}
	approval = desk_approval(desk, "BUY", "0.5", "100");
	then_refused_by(desk, &approval, "orders_per_minute");
	desk_live(desk, 31 * NANOS_S);
	approval = desk_approval(desk, "BUY", "0.5", "100");
	assert_true(desk_approve(desk, &approval).accepted);
}

static void open_orders_are_bounded(void **state)
{
	struct desk *desk = *state;

	desk->config.orders_open_max = 1;
	desk_order(desk, "BUY", "0.5", "100");
	desk_answer(desk, CALL_KIND_ORDER);
	struct approval approval = desk_approval(desk, "BUY", "0.5", "100");
	then_refused_by(desk, &approval, "orders_open_max");
}

static void an_unknown_clock_refuses_entries(void **state)
{
	struct desk *desk = *state;

	desk_restart(desk, desk->record_count);
	desk_boot(desk);
	struct approval approval = desk_approval(desk, "BUY", "0.5", "100");
	then_refused_by(desk, &approval, "clock_unknown");
}

static void a_step_of_the_exchanges_clock_stops_entries_until_a_second_measurement_agrees(
	void **state)
{
	struct desk *desk = *state;
	struct approval approval = desk_approval(desk, "BUY", "0.5", "100");

	desk->clock_offset = 400 * NANOS_MS;
	desk_pass(desk, 59 * NANOS_S);
	while (desk_call(desk, CALL_KIND_TIME) == NULL)
		desk_pass(desk, 100 * NANOS_MS);
	desk_answer(desk, CALL_KIND_TIME);
	approval.expires = desk->now + NANOS_S;
	then_refused_by(desk, &approval, "clock_unknown");
	desk_live(desk, 2 * NANOS_S);
	approval = desk_approval(desk, "BUY", "0.5", "100");
	assert_true(desk_approve(desk, &approval).accepted);
}

static void entries_wait_for_the_comparison_after_a_gap_of_the_stream(void **state)
{
	struct desk *desk = *state;

	desk_link(desk, LINK_STATUS_DOWN);
	desk_link(desk, LINK_STATUS_UP);
	desk_answer(desk, CALL_KIND_SUBSCRIBE);
	struct approval approval = desk_approval(desk, "BUY", "0.5", "100");
	then_refused_by(desk, &approval, "not_reconciled");
	desk_answer_all(desk);
	approval = desk_approval(desk, "BUY", "0.5", "100");
	assert_true(desk_approve(desk, &approval).accepted);
}

/* Executions. */

static void an_execution_told_three_times_is_accounted_once(void **state)
{
	struct desk *desk = *state;
	ident_t intent = desk_order(desk, "BUY", "0.5", "100");

	desk_answer(desk, CALL_KIND_ORDER);
	struct venue_fill *fill = desk_execute(desk, desk_last(desk), "0.2");
	struct venue_fill ack = *fill;
	ack.source = SOURCE_ACK;
	desk_event(desk, EVENT_MESSAGE, 0, MESSAGE_VENUE_FILL, &ack);
	desk_stream_fill(desk, fill);
	desk_live(desk, 31 * NANOS_S);
	assert_int_equal(desk_saved(desk, MESSAGE_FILL), 1);
	assert_int_equal(desk_said(desk, MESSAGE_FILL), 1);
	assert_string_equal(desk_held(desk, "bot"), "0.2");
	then_status(desk, intent, ORDER_STATUS_PARTIAL);
}

static void an_execution_before_the_acknowledgement_counts(void **state)
{
	struct desk *desk = *state;
	ident_t intent = desk_order(desk, "BUY", "0.5", "100");

	desk_lose_answer(desk, CALL_KIND_ORDER);
	then_status(desk, intent, ORDER_STATUS_UNKNOWN);
	desk_stream_fill(desk, desk_execute(desk, desk_last(desk), "0.5"));
	then_status(desk, intent, ORDER_STATUS_FILLED);
	assert_string_equal(desk_held(desk, "bot"), "0.5");
}

static void a_fill_is_durable_before_it_is_published(void **state)
{
	static const enum message_type order[] = {MESSAGE_FILL,  MESSAGE_FILL,
	                                          MESSAGE_ALERT, MESSAGE_JOURNAL_END,
	                                          MESSAGE_POSITION, MESSAGE_ORDER};
	struct desk *desk = *state;
	size_t at = 0;

	desk_order(desk, "BUY", "0.5", "100");
	desk_answer(desk, CALL_KIND_ORDER);
	desk_stream_fill(desk, desk_execute(desk, desk_last(desk), "0.5"));
	for (size_t i = 0; i < desk->out->count; i++)
		if (desk->out->effects[i].kind == EFFECT_SAVE ||
		    desk->out->effects[i].kind == EFFECT_PUBLISH)
			assert_int_equal(desk->out->effects[i].type, order[at++]);
	assert_int_equal(at, sizeof order / sizeof *order);
	assert_int_equal(desk->out->effects[0].kind, EFFECT_SAVE);
	assert_int_equal(desk_noted(desk, "order.filled"), 1);
	assert_int_equal(desk_noted(desk, "trade"), 1);
}

static void an_order_told_as_filled_stays_open_until_its_executions_are_here(void **state)
{
	struct desk *desk = *state;
	ident_t intent = desk_order(desk, "BUY", "0.5", "100");

	desk_answer(desk, CALL_KIND_ORDER);
	desk_execute(desk, desk_last(desk), "0.5");
	desk_stream_order(desk, desk_last(desk));
	then_status(desk, intent, ORDER_STATUS_LIVE);
	desk_live(desk, NANOS_S);
	then_status(desk, intent, ORDER_STATUS_FILLED);
	assert_string_equal(desk_held(desk, "bot"), "0.5");
}

static void a_foreign_execution_belongs_to_manual(void **state)
{
	struct desk *desk = *state;
	struct desk_order foreign = {.told = {
					     .symbol = name_from("BTCUSDT"),
					     .venue_id = 77,
					     .side = SIDE_BUY,
					     .qty = decimal_of("3"),
					     .status = VENUE_STATUS_NEW,
					     .client_text = text_from("web_1"),
				     }};

	desk_stream_order(desk, &foreign);
	desk_stream_fill(desk, desk_execute(desk, &foreign, "1"));
	assert_string_equal(desk_held(desk, "manual"), "1");
	assert_int_equal(desk_noted(desk, "order.foreign"), 1);
	assert_int_equal(desk->call_count, 0);
}

static void an_order_with_our_mark_and_no_record_raises_an_alarm_once(void **state)
{
	struct desk *desk = *state;
	struct client_id id = {.tag = desk->executor->tag, .nonce = 9, .counter = 9, .attempt = 1};
	struct desk_order orphan = {.told = {
					    .symbol = name_from("BTCUSDT"),
					    .venue_id = 78,
					    .side = SIDE_BUY,
					    .qty = decimal_of("3"),
					    .status = VENUE_STATUS_NEW,
					    .client_id = client_id_pack(&id),
				    }};

	desk_stream_order(desk, &orphan);
	desk_stream_order(desk, &orphan);
	assert_int_equal(desk_noted(desk, "order.orphan"), 1);
	assert_int_equal(desk->call_count, 0);
}

/* Uncertainty. */

static void a_lost_answer_makes_the_order_unknown_and_a_query_finds_it(void **state)
{
	struct desk *desk = *state;
	ident_t intent = desk_order(desk, "BUY", "0.5", "100");

	desk_lose_answer(desk, CALL_KIND_ORDER);
	then_status(desk, intent, ORDER_STATUS_UNKNOWN);
	assert_int_equal(desk_noted(desk, "order.unknown"), 1);
	desk_answer(desk, CALL_KIND_QUERY);
	then_status(desk, intent, ORDER_STATUS_LIVE);
	assert_int_equal(desk->orders_received, 1);
}

static void absence_before_the_fence_changes_nothing(void **state)
{
	struct desk *desk = *state;
	ident_t intent = desk_order(desk, "BUY", "0.5", "100");

	desk_refuse(desk, CALL_KIND_ORDER, EVIDENCE_NOTHING, 0);
	desk_live(desk, BEFORE_FENCE);
	then_status(desk, intent, ORDER_STATUS_UNKNOWN);
	struct approval approval = desk_approval(desk, "BUY", "0.5", "100");
	then_refused_by(desk, &approval, "order_unknown");
}

static void absence_behind_the_fence_ends_it_as_never(void **state)
{
	struct desk *desk = *state;
	ident_t intent = desk_order(desk, "BUY", "0.5", "100");

	desk_refuse(desk, CALL_KIND_ORDER, EVIDENCE_NOTHING, 0);
	desk_live(desk, BEHIND_FENCE);
	then_status(desk, intent, ORDER_STATUS_NEVER);
	assert_int_equal(desk->orders_received, 0);
	assert_null(desk_call(desk, CALL_KIND_ORDER));
}

static void absence_alone_is_not_enough_without_a_look_at_the_executions(void **state)
{
	struct desk *desk = *state;
	ident_t intent = desk_order(desk, "BUY", "0.5", "100");

	desk_refuse(desk, CALL_KIND_ORDER, EVIDENCE_NOTHING, 0);
	desk_pass(desk, BEHIND_FENCE);
	desk_refuse(desk, CALL_KIND_QUERY, EVIDENCE_ABSENT, 2013);
	desk_pass(desk, 2 * NANOS_S);
	desk_refuse(desk, CALL_KIND_QUERY, EVIDENCE_ABSENT, 2013);
	then_status(desk, intent, ORDER_STATUS_UNKNOWN);
	desk_answer(desk, CALL_KIND_TRADES);
	then_status(desk, intent, ORDER_STATUS_NEVER);
}

static void an_order_that_only_its_executions_show_is_not_never(void **state)
{
	struct desk *desk = *state;
	ident_t intent = desk_order(desk, "BUY", "0.5", "100");

	desk_lose_answer(desk, CALL_KIND_ORDER);
	desk_last(desk)->hidden = true;
	desk_execute(desk, desk_last(desk), "0.5");
	desk_live(desk, BEHIND_FENCE);
	then_status(desk, intent, ORDER_STATUS_UNKNOWN);
	desk_live(desk, 2 * BEHIND_FENCE);
	then_status(desk, intent, ORDER_STATUS_DISPUTED);
	assert_int_equal(desk_noted(desk, "order.disputed"), 1);
}

static void executions_of_an_unknown_order_wait_for_its_name(void **state)
{
	struct desk *desk = *state;
	ident_t intent = desk_order(desk, "BUY", "0.5", "100");

	desk_lose_answer(desk, CALL_KIND_ORDER);
	desk_last(desk)->hidden = true;
	desk_execute(desk, desk_last(desk), "0.5");
	desk_link(desk, LINK_STATUS_UP);
	desk_live(desk, NANOS_S);
	assert_string_equal(desk_held(desk, "manual"), "0");
	desk_last(desk)->hidden = false;
	desk_live(desk, 5 * NANOS_S);
	then_status(desk, intent, ORDER_STATUS_FILLED);
	assert_string_equal(desk_held(desk, "bot"), "0.5");
	assert_string_equal(desk_held(desk, "manual"), "0");
}

static void late_evidence_wins_over_never(void **state)
{
	struct desk *desk = *state;
	ident_t intent = desk_order(desk, "BUY", "0.5", "100");

	desk_lose_answer(desk, CALL_KIND_ORDER);
	desk_last(desk)->queued = true;
	desk_live(desk, BEHIND_FENCE);
	then_status(desk, intent, ORDER_STATUS_NEVER);
	desk_stream_order(desk, desk_last(desk));
	then_status(desk, intent, ORDER_STATUS_LIVE);
	assert_int_equal(desk_noted(desk, "order.resurrected"), 1);
	desk_stream_fill(desk, desk_execute(desk, desk_last(desk), "0.5"));
	then_status(desk, intent, ORDER_STATUS_FILLED);
}

static void a_definite_refusal_rejects_and_an_unsent_request_is_unsent(void **state)
{
	struct desk *desk = *state;
	ident_t refused = desk_order(desk, "BUY", "0.5", "100");

	desk_refuse(desk, CALL_KIND_ORDER, EVIDENCE_REFUSED, 2010);
	then_status(desk, refused, ORDER_STATUS_REJECTED);
	assert_int_equal(desk_noted(desk, "order.rejected"), 1);
	ident_t unsent = desk_order(desk, "BUY", "0.5", "100");
	desk_refuse(desk, CALL_KIND_ORDER, EVIDENCE_UNSENT, 0);
	then_status(desk, unsent, ORDER_STATUS_UNSENT);
}

static void a_call_that_never_ends_becomes_unknown(void **state)
{
	struct desk *desk = *state;
	ident_t intent = desk_order(desk, "BUY", "0.5", "100");

	desk_pass(desk, 8 * NANOS_S);
	then_status(desk, intent, ORDER_STATUS_UNKNOWN);
}

static void an_order_missing_from_the_open_ones_is_asked_for(void **state)
{
	struct desk *desk = *state;
	ident_t intent = desk_order(desk, "BUY", "0.5", "100");

	desk_answer(desk, CALL_KIND_ORDER);
	desk_last(desk)->told.status = VENUE_STATUS_EXPIRED;
	desk_live(desk, 31 * NANOS_S);
	then_status(desk, intent, ORDER_STATUS_EXPIRED);
}

static void the_exchange_is_left_alone_when_it_asks_for_silence(void **state)
{
	struct desk *desk = *state;
	ident_t intent = desk_order(desk, "BUY", "0.5", "100");
	struct venue_answer answer = {.evidence = EVIDENCE_NOTHING, .retry_after_ms = 5000};

	desk_event(desk, EVENT_REPLY, desk->calls[0].token, MESSAGE_VENUE_ANSWER, &answer);
	desk->call_count = 0;
	desk_pass(desk, 4900 * NANOS_MS);
	assert_null(desk_call(desk, CALL_KIND_QUERY));
	desk_pass(desk, 200 * NANOS_MS);
	assert_non_null(desk_call(desk, CALL_KIND_QUERY));
	then_status(desk, intent, ORDER_STATUS_UNKNOWN);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(two_records_stand_before_the_order_leaves_and_the_receipt_behind_them),
		TEST(an_acknowledged_order_is_live),
		TEST(a_repeated_approval_gets_the_same_receipt_and_no_second_order),
		TEST(a_repeat_after_a_restart_and_after_expiry_is_still_the_same_order),
		TEST(an_intent_with_other_terms_is_refused),
		TEST(a_refused_approval_stays_refused_when_it_comes_again),
		TEST(tick_to_order_is_measured_from_the_tick),
		TEST(the_gate_names_the_rule_that_refuses),
		TEST(a_nonce_is_accepted_once),
		TEST(a_nonce_is_accepted_once_across_restarts),
		TEST(the_minute_holds_no_more_orders_than_allowed),
		TEST(open_orders_are_bounded),
		TEST(an_unknown_clock_refuses_entries),
		TEST(a_step_of_the_exchanges_clock_stops_entries_until_a_second_measurement_agrees),
		TEST(entries_wait_for_the_comparison_after_a_gap_of_the_stream),
		TEST(an_execution_told_three_times_is_accounted_once),
		TEST(an_execution_before_the_acknowledgement_counts),
		TEST(a_fill_is_durable_before_it_is_published),
		TEST(an_order_told_as_filled_stays_open_until_its_executions_are_here),
		TEST(a_foreign_execution_belongs_to_manual),
		TEST(an_order_with_our_mark_and_no_record_raises_an_alarm_once),
		TEST(a_lost_answer_makes_the_order_unknown_and_a_query_finds_it),
		TEST(absence_before_the_fence_changes_nothing),
		TEST(absence_behind_the_fence_ends_it_as_never),
		TEST(absence_alone_is_not_enough_without_a_look_at_the_executions),
		TEST(an_order_that_only_its_executions_show_is_not_never),
		TEST(executions_of_an_unknown_order_wait_for_its_name),
		TEST(late_evidence_wins_over_never),
		TEST(a_definite_refusal_rejects_and_an_unsent_request_is_unsent),
		TEST(a_call_that_never_ends_becomes_unknown),
		TEST(an_order_missing_from_the_open_ones_is_asked_for),
		TEST(the_exchange_is_left_alone_when_it_asks_for_silence),
	};
	return cmocka_run_group_tests_name("executor", tests, NULL, NULL);
}
