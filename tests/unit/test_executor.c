/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/executor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/executor/ids.h"
#include "tests/lib/executor_bench.h"

/* Window, queue, lag and steps of the paper profile, and more than that. */
#define BEFORE_FENCE (2 * NANOS_S)
#define BEHIND_FENCE (8 * NANOS_S)

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

static void then_refused_by(struct executor_bench *bench, const struct approval *approval, const char *rule)
{
	uint64_t sent = bench_saved(bench, MESSAGE_JOURNAL_SEND);
	struct receipt receipt = bench_approve(bench, approval);

	assert_false(receipt.accepted);
	assert_string_equal(receipt.rule.text, rule);
	assert_int_equal(bench_saved(bench, MESSAGE_JOURNAL_SEND), sent);
	assert_null(bench_call(bench, CALL_KIND_ORDER));
}

/* The order path. */

static void two_records_stand_before_the_order_leaves_and_the_receipt_behind_them(void **state)
{
	static const enum effect_kind kinds[] = {EFFECT_SAVE, EFFECT_SAVE, EFFECT_CALL, EFFECT_ANSWER, EFFECT_PUBLISH};
	struct executor_bench *bench = *state;

	bench_order(bench, "BUY", "0.5", "100");
	assert_int_equal(bench->out->count, sizeof kinds / sizeof *kinds);
	for (size_t i = 0; i < bench->out->count; i++)
		assert_int_equal(bench->out->effects[i].kind, kinds[i]);
	assert_int_equal(bench->out->effects[0].type, MESSAGE_JOURNAL_INTENT);
	assert_int_equal(bench->out->effects[1].type, MESSAGE_JOURNAL_SEND);
	assert_int_equal(bench->out->effects[0].save_class, SAVE_SYNCED);
	assert_int_equal(bench->out->effects[1].save_class, SAVE_SYNCED);
	const struct journal_send *send = bench->out->effects[1].body;
	const struct http_request *request = bench->out->effects[2].body;
	assert_int_equal(send->valid_until, request->valid_until);
	assert_true(request->once && request->write_before < request->valid_until);
	assert_false(ident_is_none(send->hash_high) || ident_is_none(send->hash_low));
}

static void an_acknowledged_order_is_live(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = bench_order(bench, "BUY", "0.5", "100");

	bench_answer(bench, CALL_KIND_ORDER);
	then_status(bench, intent, ORDER_STATUS_LIVE);
	assert_int_equal(bench_book(bench, intent).venue_id, 1001);
	assert_int_equal(bench_saved(bench, MESSAGE_JOURNAL_ACK), 1);
}

static void a_repeated_approval_gets_the_same_receipt_and_no_second_order(void **state)
{
	struct executor_bench *bench = *state;
	struct approval approval = bench_approval(bench, "BUY", "0.5", "100");
	struct receipt first = bench_approve(bench, &approval);

	bench_answer(bench, CALL_KIND_ORDER);
	struct receipt second = bench_approve(bench, &approval);
	assert_memory_equal(&first, &second, sizeof first);
	assert_true(second.accepted);
	assert_int_equal(bench_saved(bench, MESSAGE_JOURNAL_SEND), 1);
	assert_null(bench_call(bench, CALL_KIND_ORDER));
}

static void a_repeat_after_a_restart_and_after_expiry_is_still_the_same_order(void **state)
{
	struct executor_bench *bench = *state;
	struct approval approval = bench_approval(bench, "BUY", "0.5", "100");

	bench_approve(bench, &approval);
	bench_answer(bench, CALL_KIND_ORDER);
	bench_restart(bench, bench->record_count);
	bench_start(bench);
	bench_live(bench, 30 * NANOS_S);
	assert_true(bench_approve(bench, &approval).accepted);
	assert_int_equal(bench_saved(bench, MESSAGE_JOURNAL_SEND), 1);
}

static void an_intent_with_other_terms_is_refused(void **state)
{
	struct executor_bench *bench = *state;
	struct approval approval = bench_approval(bench, "BUY", "0.5", "100");

	bench_approve(bench, &approval);
	bench_answer(bench, CALL_KIND_ORDER);
	approval.qty = decimal_of("0.6");
	approval.nonce.low++;
	then_refused_by(bench, &approval, "intent_reused");
}

static void a_refused_approval_stays_refused_when_it_comes_again(void **state)
{
	struct executor_bench *bench = *state;
	struct approval approval = bench_approval(bench, "BUY", "0.5", "100");

	bench_link(bench, LINK_STATUS_DOWN);
	then_refused_by(bench, &approval, "user_stream_down");
	bench_link(bench, LINK_STATUS_UP);
	bench_live(bench, NANOS_S);
	then_refused_by(bench, &approval, "user_stream_down");
}

static void tick_to_order_is_measured_from_the_tick(void **state)
{
	struct executor_bench *bench = *state;

	bench_order(bench, "BUY", "0.5", "100");
	bench_pass(bench, NANOS_S);
	const struct latency *latency = bench_last_said(bench, MESSAGE_LATENCY);
	assert_int_equal(latency->samples, 1);
	assert_true(latency->p50 > 0);
}

/* The gate. */

static void the_gate_names_the_rule_that_refuses(void **state)
{
	struct executor_bench *bench = *state;
	struct approval good = bench_approval(bench, "BUY", "0.5", "100");
	struct approval bad = good;

	bad.expires = bench->now;
	then_refused_by(bench, &bad, "expired");
	bad = bench_approval(bench, "BUY", "0.5", "100");
	bad.nonce = (ident_t){0, 0};
	then_refused_by(bench, &bad, "nonce_used");
	bad = bench_approval(bench, "BUY", "0.5", "");
	bad.type = ORDER_TYPE_LIMIT;
	then_refused_by(bench, &bad, "terms");
	bad = bench_approval(bench, "BUY", "0.5", "100");
	bad.symbol = name_from("ETHUSDT");
	then_refused_by(bench, &bad, "instrument_unknown");
	bad = bench_approval(bench, "BUY", "20000", "100");
	then_refused_by(bench, &bad, "order_value_max");
	bad = bench_approval(bench, "SELL", "0.5", "100");
	bad.purpose = PURPOSE_PROTECT;
	then_refused_by(bench, &bad, "position");
}

static void a_nonce_is_accepted_once(void **state)
{
	struct executor_bench *bench = *state;
	struct approval first = bench_approval(bench, "BUY", "0.5", "100");
	struct approval second = bench_approval(bench, "BUY", "0.5", "100");

	bench_approve(bench, &first);
	bench_answer(bench, CALL_KIND_ORDER);
	second.nonce = first.nonce;
	then_refused_by(bench, &second, "nonce_used");
}

static void a_nonce_is_accepted_once_across_restarts(void **state)
{
	struct executor_bench *bench = *state;
	struct approval first = bench_approval(bench, "BUY", "0.5", "100");
	struct approval second = bench_approval(bench, "BUY", "0.5", "100");

	bench_approve(bench, &first);
	bench_answer(bench, CALL_KIND_ORDER);
	bench_restart(bench, bench->record_count);
	bench_start(bench);
	second.nonce = first.nonce;
	then_refused_by(bench, &second, "nonce_used");
}

static void the_minute_holds_no_more_orders_than_allowed(void **state)
{
	struct executor_bench *bench = *state;
	struct approval approval;

	bench->config.orders_per_minute = 3;
	for (unsigned i = 0; i < 3; i++) {
		bench_order(bench, "BUY", "0.5", "100");
		bench_answer(bench, CALL_KIND_ORDER);
		bench_live(bench, 10 * NANOS_S);
	}
	approval = bench_approval(bench, "BUY", "0.5", "100");
	then_refused_by(bench, &approval, "orders_per_minute");
	bench_live(bench, 31 * NANOS_S);
	approval = bench_approval(bench, "BUY", "0.5", "100");
	assert_true(bench_approve(bench, &approval).accepted);
}

static void open_orders_are_bounded(void **state)
{
	struct executor_bench *bench = *state;

	bench->config.orders_open_max = 1;
	bench_order(bench, "BUY", "0.5", "100");
	bench_answer(bench, CALL_KIND_ORDER);
	struct approval approval = bench_approval(bench, "BUY", "0.5", "100");
	then_refused_by(bench, &approval, "orders_open_max");
}

static void an_unknown_clock_refuses_entries(void **state)
{
	struct executor_bench *bench = *state;

	bench_restart(bench, bench->record_count);
	bench_boot(bench);
	struct approval approval = bench_approval(bench, "BUY", "0.5", "100");
	then_refused_by(bench, &approval, "clock_unknown");
}

static void a_step_of_the_exchanges_clock_stops_entries_until_a_second_measurement_agrees(void **state)
{
	struct executor_bench *bench = *state;
	struct approval approval = bench_approval(bench, "BUY", "0.5", "100");

	bench->clock_offset = 400 * NANOS_MS;
	bench_pass(bench, 61 * NANOS_S);
	bench_answer(bench, CALL_KIND_TIME);
	approval.expires = bench->now + NANOS_S;
	then_refused_by(bench, &approval, "clock_unknown");
	bench_live(bench, 2 * NANOS_S);
	approval = bench_approval(bench, "BUY", "0.5", "100");
	assert_true(bench_approve(bench, &approval).accepted);
}

static void entries_wait_for_the_comparison_after_a_gap_of_the_stream(void **state)
{
	struct executor_bench *bench = *state;

	bench_link(bench, LINK_STATUS_DOWN);
	bench_link(bench, LINK_STATUS_UP);
	bench_answer(bench, CALL_KIND_SUBSCRIBE);
	struct approval approval = bench_approval(bench, "BUY", "0.5", "100");
	then_refused_by(bench, &approval, "not_reconciled");
	bench_answer_all(bench);
	approval = bench_approval(bench, "BUY", "0.5", "100");
	assert_true(bench_approve(bench, &approval).accepted);
}

/* Executions. */

static void an_execution_told_three_times_is_accounted_once(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = bench_order(bench, "BUY", "0.5", "100");

	bench_answer(bench, CALL_KIND_ORDER);
	struct venue_fill *fill = bench_execute(bench, bench_last(bench), "0.2");
	struct venue_fill ack = *fill;
	ack.source = SOURCE_ACK;
	bench_event(bench, EVENT_MESSAGE, 0, MESSAGE_VENUE_FILL, &ack);
	bench_stream_fill(bench, fill);
	bench_live(bench, 31 * NANOS_S);
	assert_int_equal(bench_saved(bench, MESSAGE_FILL), 1);
	assert_int_equal(bench_said(bench, MESSAGE_FILL), 1);
	assert_string_equal(bench_held(bench, "bot"), "0.2");
	then_status(bench, intent, ORDER_STATUS_PARTIAL);
}

static void an_execution_before_the_acknowledgement_counts(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = bench_order(bench, "BUY", "0.5", "100");

	bench_lose_answer(bench, CALL_KIND_ORDER);
	then_status(bench, intent, ORDER_STATUS_UNKNOWN);
	bench_stream_fill(bench, bench_execute(bench, bench_last(bench), "0.5"));
	then_status(bench, intent, ORDER_STATUS_FILLED);
	assert_string_equal(bench_held(bench, "bot"), "0.5");
}

static void a_fill_is_durable_before_it_is_published(void **state)
{
	static const enum message_type order[] = {MESSAGE_FILL, MESSAGE_FILL, MESSAGE_ALERT, MESSAGE_JOURNAL_END,
	                                          MESSAGE_ORDER, MESSAGE_POSITION};
	struct executor_bench *bench = *state;
	size_t at = 0;

	bench_order(bench, "BUY", "0.5", "100");
	bench_answer(bench, CALL_KIND_ORDER);
	bench_stream_fill(bench, bench_execute(bench, bench_last(bench), "0.5"));
	for (size_t i = 0; i < bench->out->count; i++)
		if (bench->out->effects[i].kind == EFFECT_SAVE || bench->out->effects[i].kind == EFFECT_PUBLISH)
			assert_int_equal(bench->out->effects[i].type, order[at++]);
	assert_int_equal(at, sizeof order / sizeof *order);
	assert_int_equal(bench->out->effects[0].kind, EFFECT_SAVE);
	assert_int_equal(bench_noted(bench, "order.filled"), 1);
	assert_int_equal(bench_noted(bench, "trade"), 1);
}

static void an_order_told_as_filled_stays_open_until_its_executions_are_here(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = bench_order(bench, "BUY", "0.5", "100");

	bench_answer(bench, CALL_KIND_ORDER);
	bench_execute(bench, bench_last(bench), "0.5");
	bench_stream_order(bench, bench_last(bench));
	then_status(bench, intent, ORDER_STATUS_LIVE);
	bench_live(bench, NANOS_S);
	then_status(bench, intent, ORDER_STATUS_FILLED);
	assert_string_equal(bench_held(bench, "bot"), "0.5");
}

static void a_foreign_execution_belongs_to_manual(void **state)
{
	struct executor_bench *bench = *state;
	struct bench_order foreign = {.told = {
		.symbol = name_from("BTCUSDT"), .venue_id = 77, .side = SIDE_BUY, .qty = decimal_of("3"),
		.status = VENUE_STATUS_NEW, .client_text = text_from("web_1"),
	}};

	bench_stream_order(bench, &foreign);
	bench_stream_fill(bench, bench_execute(bench, &foreign, "1"));
	assert_string_equal(bench_held(bench, "manual"), "1");
	assert_int_equal(bench_noted(bench, "order.foreign"), 1);
	assert_int_equal(bench->call_count, 0);
}

static void an_order_with_our_mark_and_no_record_raises_an_alarm_once(void **state)
{
	struct executor_bench *bench = *state;
	struct client_id id = {.tag = bench->executor->tag, .nonce = 9, .counter = 9, .attempt = 1};
	struct bench_order orphan = {.told = {
		.symbol = name_from("BTCUSDT"), .venue_id = 78, .side = SIDE_BUY, .qty = decimal_of("3"),
		.status = VENUE_STATUS_NEW, .client_id = client_id_pack(&id),
	}};

	bench_stream_order(bench, &orphan);
	bench_stream_order(bench, &orphan);
	assert_int_equal(bench_noted(bench, "order.orphan"), 1);
	assert_int_equal(bench->call_count, 0);
}

/* Uncertainty. */

static void a_lost_answer_makes_the_order_unknown_and_a_query_finds_it(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = bench_order(bench, "BUY", "0.5", "100");

	bench_lose_answer(bench, CALL_KIND_ORDER);
	then_status(bench, intent, ORDER_STATUS_UNKNOWN);
	assert_int_equal(bench_noted(bench, "order.unknown"), 1);
	bench_answer(bench, CALL_KIND_QUERY);
	then_status(bench, intent, ORDER_STATUS_LIVE);
	assert_int_equal(bench->orders_received, 1);
}

static void absence_before_the_fence_changes_nothing(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = bench_order(bench, "BUY", "0.5", "100");

	bench_refuse(bench, CALL_KIND_ORDER, EVIDENCE_NOTHING, 0);
	bench_live(bench, BEFORE_FENCE);
	then_status(bench, intent, ORDER_STATUS_UNKNOWN);
	struct approval approval = bench_approval(bench, "BUY", "0.5", "100");
	then_refused_by(bench, &approval, "order_unknown");
}

static void absence_behind_the_fence_ends_it_as_never(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = bench_order(bench, "BUY", "0.5", "100");

	bench_refuse(bench, CALL_KIND_ORDER, EVIDENCE_NOTHING, 0);
	bench_live(bench, BEHIND_FENCE);
	then_status(bench, intent, ORDER_STATUS_NEVER);
	assert_int_equal(bench->orders_received, 0);
	assert_null(bench_call(bench, CALL_KIND_ORDER));
}

static void absence_alone_is_not_enough_without_a_look_at_the_executions(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = bench_order(bench, "BUY", "0.5", "100");

	bench_refuse(bench, CALL_KIND_ORDER, EVIDENCE_NOTHING, 0);
	bench_pass(bench, BEHIND_FENCE);
	bench_refuse(bench, CALL_KIND_QUERY, EVIDENCE_ABSENT, 2013);
	bench_pass(bench, 2 * NANOS_S);
	bench_refuse(bench, CALL_KIND_QUERY, EVIDENCE_ABSENT, 2013);
	then_status(bench, intent, ORDER_STATUS_UNKNOWN);
	bench_answer(bench, CALL_KIND_TRADES);
	then_status(bench, intent, ORDER_STATUS_NEVER);
}

static void an_order_that_only_its_executions_show_is_not_never(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = bench_order(bench, "BUY", "0.5", "100");

	bench_lose_answer(bench, CALL_KIND_ORDER);
	bench_last(bench)->hidden = true;
	bench_execute(bench, bench_last(bench), "0.5");
	bench_live(bench, BEHIND_FENCE);
	then_status(bench, intent, ORDER_STATUS_DISPUTED);
	assert_int_equal(bench_noted(bench, "order.disputed"), 1);
}

static void executions_of_an_unknown_order_wait_for_its_name(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = bench_order(bench, "BUY", "0.5", "100");

	bench_lose_answer(bench, CALL_KIND_ORDER);
	bench_last(bench)->hidden = true;
	bench_execute(bench, bench_last(bench), "0.5");
	bench_link(bench, LINK_STATUS_UP);
	bench_live(bench, NANOS_S);
	assert_string_equal(bench_held(bench, "manual"), "0");
	bench_last(bench)->hidden = false;
	bench_live(bench, 5 * NANOS_S);
	then_status(bench, intent, ORDER_STATUS_FILLED);
	assert_string_equal(bench_held(bench, "bot"), "0.5");
	assert_string_equal(bench_held(bench, "manual"), "0");
}

static void late_evidence_wins_over_never(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = bench_order(bench, "BUY", "0.5", "100");

	bench_lose_answer(bench, CALL_KIND_ORDER);
	bench_last(bench)->hidden = true;
	bench_live(bench, BEHIND_FENCE);
	then_status(bench, intent, ORDER_STATUS_NEVER);
	bench_stream_order(bench, bench_last(bench));
	then_status(bench, intent, ORDER_STATUS_LIVE);
	assert_int_equal(bench_noted(bench, "order.resurrected"), 1);
	bench_stream_fill(bench, bench_execute(bench, bench_last(bench), "0.5"));
	then_status(bench, intent, ORDER_STATUS_FILLED);
}

static void a_definite_refusal_rejects_and_an_unsent_request_is_unsent(void **state)
{
	struct executor_bench *bench = *state;
	ident_t refused = bench_order(bench, "BUY", "0.5", "100");

	bench_refuse(bench, CALL_KIND_ORDER, EVIDENCE_REFUSED, 2010);
	then_status(bench, refused, ORDER_STATUS_REJECTED);
	assert_int_equal(bench_noted(bench, "order.rejected"), 1);
	ident_t unsent = bench_order(bench, "BUY", "0.5", "100");
	bench_refuse(bench, CALL_KIND_ORDER, EVIDENCE_UNSENT, 0);
	then_status(bench, unsent, ORDER_STATUS_UNSENT);
}

static void a_call_that_never_ends_becomes_unknown(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = bench_order(bench, "BUY", "0.5", "100");

	bench_pass(bench, 8 * NANOS_S);
	then_status(bench, intent, ORDER_STATUS_UNKNOWN);
}

static void an_order_missing_from_the_open_ones_is_asked_for(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = bench_order(bench, "BUY", "0.5", "100");

	bench_answer(bench, CALL_KIND_ORDER);
	bench_last(bench)->told.status = VENUE_STATUS_EXPIRED;
	bench_live(bench, 31 * NANOS_S);
	then_status(bench, intent, ORDER_STATUS_EXPIRED);
}

static void the_exchange_is_left_alone_when_it_asks_for_silence(void **state)
{
	struct executor_bench *bench = *state;
	ident_t intent = bench_order(bench, "BUY", "0.5", "100");
	struct venue_answer answer = {.evidence = EVIDENCE_NOTHING, .retry_after_ms = 5000};

	bench_event(bench, EVENT_REPLY, bench->calls[0].token, MESSAGE_VENUE_ANSWER, &answer);
	bench->call_count = 0;
	bench_pass(bench, 4900 * NANOS_MS);
	assert_null(bench_call(bench, CALL_KIND_QUERY));
	bench_pass(bench, 200 * NANOS_MS);
	assert_non_null(bench_call(bench, CALL_KIND_QUERY));
	then_status(bench, intent, ORDER_STATUS_UNKNOWN);
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
