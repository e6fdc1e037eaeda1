/* SPDX-License-Identifier: Apache-2.0 */
/* The account's limits: the exchange's windows are never passed, cancels keep their part, silence
   that the exchange asks for is kept by everybody and over a restart. And its clock. */
#include "services/executor/executor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/executor/budget.h"
#include "tests/lib/desk.h"

static struct desk *desk;

static int set_up(void **state)
{
	(void)state;
	desk = desk_open();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	desk_close(desk);
	return 0;
}

static uint64_t taken(enum call_kind kind)
{
	struct desk_call *call = desk_call(desk, kind);

	assert_non_null(call);
	uint64_t token = call->token;
	size_t at = (size_t)(call - desk->calls);
	memmove(call, call + 1, (--desk->call_count - at) * sizeof *call);
	return token;
}

/* The exchange answers the oldest call of that kind with these words. */
static void answer(enum call_kind kind, struct venue_answer answer)
{
	uint64_t token = taken(kind);

	answer.sent = desk->now;
	answer.text = text_from("desk");
	desk_event(desk, EVENT_REPLY, token, MESSAGE_VENUE_ANSWER, &answer);
}

/* Somebody with our address used that much. */
static void told_weight(uint64_t used)
{
	struct venue_answer words = {.evidence = EVIDENCE_EXISTS, .used_weight = used};

	desk->executor->clock.due = desk->now;
	desk_pass(desk, NANOS_S);
	words.server_time = desk->now;
	answer(CALL_KIND_TIME, words);
}

static void throttled(enum call_kind kind, unsigned status, nanos_t wait)
{
	struct venue_answer words = {
		.evidence = EVIDENCE_REFUSED,
		.http_status = status,
		.code = 1003,
		.retry_after_ms = (uint64_t)(wait / NANOS_MS),
	};

	answer(kind, words);
}

static const char *refusal_of_entry(void)
{
	static struct receipt receipt;
	struct approval approval = desk_approval(desk, "BUY", "0.1", "100");

	receipt = desk_approve(desk, &approval);
	return receipt.accepted ? "" : receipt.rule.text;
}

static struct grant granted(uint64_t weight, nanos_t quiet_until)
{
	struct grant_request request = {.weight = weight, .quiet_until = quiet_until};

	desk_request(desk, MESSAGE_GRANT_REQUEST, &request);
	return *(const struct grant *)desk_last_said(desk, MESSAGE_GRANT);
}

static ident_t live_order(void)
{
	ident_t intent = desk_order(desk, "BUY", "0.1", "100");

	desk_answer(desk, CALL_KIND_ORDER);
	assert_int_equal(desk_book(desk, intent).status, ORDER_STATUS_LIVE);
	return intent;
}

static void wish_cancelled(ident_t intent)
{
	struct cancel cancel = {
		.intent_id = intent, .bot = name_from("bot"), .reason = name_from("test")};

	desk_request(desk, MESSAGE_CANCEL, &cancel);
}

static void entries_stop_when_only_the_reserve_is_left(void **state)
{
	(void)state;
	desk_start(desk);
	assert_string_equal(refusal_of_entry(), "");
	told_weight(desk->executor->budget.weight.limit - desk->executor->budget.reserve);
	assert_string_equal(refusal_of_entry(), "rate_budget");
}

static void questions_wait_and_cancels_go_when_only_the_reserve_is_left(void **state)
{
	(void)state;
	desk_start(desk);
	ident_t intent = live_order();
	told_weight(desk->executor->budget.weight.limit - desk->executor->budget.reserve);
	desk->executor->polled_at = 0;
	desk_pass(desk, NANOS_S);
	assert_null(desk_call(desk, CALL_KIND_OPEN_ORDERS));
	assert_null(desk_call(desk, CALL_KIND_TRADES));
	assert_null(desk_call(desk, CALL_KIND_BALANCES));
	wish_cancelled(intent);
	assert_non_null(desk_call(desk, CALL_KIND_CANCEL));
}

static void questions_go_on_in_the_next_window(void **state)
{
	(void)state;
	desk_start(desk);
	live_order();
	told_weight(desk->executor->budget.weight.limit);
	desk->executor->polled_at = 0;
	desk_pass(desk, NANOS_S);
	assert_null(desk_call(desk, CALL_KIND_OPEN_ORDERS));
	desk_pass(desk, 62 * NANOS_S);
	assert_non_null(desk_call(desk, CALL_KIND_OPEN_ORDERS));
	assert_non_null(desk_call(desk, CALL_KIND_TRADES));
	assert_non_null(desk_call(desk, CALL_KIND_BALANCES));
}

static void nothing_at_all_leaves_a_window_that_is_full(void **state)
{
	(void)state;
	desk_start(desk);
	ident_t intent = live_order();
	told_weight(desk->executor->budget.weight.limit);
	wish_cancelled(intent);
	assert_null(desk_call(desk, CALL_KIND_CANCEL));
	desk_pass(desk, 62 * NANOS_S);
	assert_non_null(desk_call(desk, CALL_KIND_CANCEL));
}

static unsigned orders_accepted(unsigned tries)
{
	unsigned count = 0;

	for (unsigned i = 0; i < tries; i++)
		count += *refusal_of_entry() == '\0';
	return count;
}

static void ten_seconds_hold_no_more_orders_than_the_exchange_allows(void **state)
{
	(void)state;
	desk->stack.rate_orders = 10;
	desk_start(desk);
	assert_int_equal(orders_accepted(20), 8); /* two are kept for protection */
	desk_live(desk, 15 * NANOS_S);
	assert_int_equal(orders_accepted(20), 8);
}

static void orders_near_a_border_count_in_both_windows(void **state)
{
	(void)state;
	desk->stack.rate_orders = 10;
	desk_start(desk);
	desk_live(desk, 10 * NANOS_S - desk->now % (10 * NANOS_S) - NANOS_S);
	assert_int_equal(orders_accepted(20), 8);
	desk_live(desk, 2 * NANOS_S);
	assert_string_equal(refusal_of_entry(), "rate_budget");
	desk_live(desk, 10 * NANOS_S);
	assert_string_equal(refusal_of_entry(), "");
}

static void what_the_run_before_may_have_granted_counts_after_a_restart(void **state)
{
	(void)state;
	desk_start(desk);
	uint64_t limit = desk->executor->budget.grants.limit;
	assert_true(budget_use(desk->executor, desk->now).weight_used >= limit);
	assert_int_equal(granted(1, 0).weight, 0);
}

static void what_is_under_way_comes_on_top_of_what_is_told(void **state)
{
	(void)state;
	desk_start(desk);
	assert_int_equal(orders_accepted(10), 10);
	told_weight(desk->executor->budget.weight.limit - desk->executor->budget.reserve - 10);
	assert_string_equal(refusal_of_entry(), "rate_budget");
}

static void a_restart_does_not_forget_the_orders_of_the_window(void **state)
{
	(void)state;
	desk->stack.rate_orders = 10;
	desk_start(desk);
	assert_int_equal(orders_accepted(20), 8);
	desk_restart(desk, desk->record_count);
	desk_boot(desk);
	text_t detail;
	assert_false(budget_has_order(desk->executor, false, &detail));
	assert_true(budget_has_order(desk->executor, true, &detail));
}

static void no_minute_of_the_exchange_sees_more_than_the_limit(void **state)
{
	(void)state;
	desk->stack.rate_weight = 100;
	desk->config.poll_interval = NANOS_S;
	desk_start(desk);
	desk_live(desk, NANOS_MIN - desk->now % NANOS_MIN);
	for (unsigned minute = 0; minute < 5; minute++) {
		uint64_t before = desk->weight_received;
		for (unsigned i = 0; i < 240; i++) {
			refusal_of_entry();
			desk_live(desk, 250 * NANOS_MS);
			if (i % 7 == 0 && desk->order_count > 0)
				desk_execute(desk, desk_last(desk), "0.01");
		}
		uint64_t used = desk->weight_received - before;
		assert_in_range(used, 40, desk->executor->budget.weight.limit);
		desk_forget(desk);
	}
}

static void after_429_nobody_asks_before_its_moment(void **state)
{
	(void)state;
	desk_start(desk);
	live_order();
	desk->executor->polled_at = 0;
	desk_pass(desk, NANOS_S);
	throttled(CALL_KIND_OPEN_ORDERS, 429, 20 * NANOS_S);
	assert_string_equal(refusal_of_entry(), "throttled");
	desk->call_count = 0;
	desk_pass(desk, 19 * NANOS_S);
	assert_int_equal(desk->call_count, 0);
	desk_pass(desk, 3 * NANOS_S);
	assert_true(desk->call_count > 0);
}

static void silence_survives_a_restart(void **state)
{
	(void)state;
	desk_start(desk);
	ident_t intent = live_order();
	wish_cancelled(intent);
	throttled(CALL_KIND_CANCEL, 418, 120 * NANOS_S);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_QUIET), 1);
	desk_restart(desk, desk->record_count);
	desk_start(desk);
	assert_int_equal(desk->call_count, 0);
	desk_pass(desk, 110 * NANOS_S);
	assert_int_equal(desk->call_count, 0);
	desk_pass(desk, 12 * NANOS_S);
	assert_non_null(desk_call(desk, CALL_KIND_TIME));
}

static void silence_is_not_longer_because_the_clock_went_back(void **state)
{
	(void)state;
	desk_start(desk);
	wish_cancelled(live_order());
	throttled(CALL_KIND_CANCEL, 429, 10 * NANOS_S);
	desk->now -= 30 * NANOS_DAY;
	desk_restart(desk, desk->record_count);
	desk_boot(desk);
	desk_pass(desk, 12 * NANOS_S);
	assert_non_null(desk_call(desk, CALL_KIND_TIME));
}

static void many_answers_that_ask_for_the_same_silence_are_one_record(void **state)
{
	(void)state;
	desk_start(desk);
	for (unsigned i = 0; i < 10; i++)
		live_order();
	desk->executor->polled_at = 0;
	desk_pass(desk, NANOS_S);
	throttled(CALL_KIND_OPEN_ORDERS, 429, 20 * NANOS_S);
	desk->now += 10 * NANOS_MS;
	throttled(CALL_KIND_TRADES, 429, 20 * NANOS_S);
	desk->now += 10 * NANOS_MS;
	throttled(CALL_KIND_BALANCES, 429, 20 * NANOS_S);
	assert_int_equal(desk_saved(desk, MESSAGE_JOURNAL_QUIET), 1);
}

static void during_silence_a_cancel_takes_the_user_link(void **state)
{
	(void)state;
	desk_start(desk);
	ident_t first = live_order(), second = live_order();
	wish_cancelled(first);
	throttled(CALL_KIND_CANCEL, 418, 120 * NANOS_S);
	wish_cancelled(second);
	assert_null(desk_call(desk, CALL_KIND_CANCEL));
	assert_true(desk_call(desk, CALL_KIND_CANCEL_FRAME)->is_frame);
	assert_int_equal(desk_book(desk, second).cancel, CANCEL_STATUS_SENT);
}

static void a_cancel_that_was_throttled_is_repeated_by_the_user_link(void **state)
{
	(void)state;
	desk_start(desk);
	wish_cancelled(live_order());
	throttled(CALL_KIND_CANCEL, 418, 120 * NANOS_S);
	desk_pass(desk, 5 * NANOS_S);
	assert_non_null(desk_call(desk, CALL_KIND_CANCEL_FRAME));
	assert_null(desk_call(desk, CALL_KIND_CANCEL));
}

static void when_the_user_link_is_silenced_too_cancels_wait(void **state)
{
	(void)state;
	desk_start(desk);
	ident_t first = live_order(), second = live_order();
	wish_cancelled(first);
	throttled(CALL_KIND_CANCEL, 418, 60 * NANOS_S);
	wish_cancelled(second);
	throttled(CALL_KIND_CANCEL_FRAME, 418, 60 * NANOS_S);
	desk->call_count = 0;
	desk_pass(desk, 59 * NANOS_S);
	assert_int_equal(desk->call_count, 0);
	desk_pass(desk, 20 * NANOS_S);
	assert_non_null(desk_call(desk, CALL_KIND_CANCEL));
}

static void a_grant_is_counted_as_used(void **state)
{
	(void)state;
	desk_start(desk);
	desk_pass(desk, 60 * NANOS_S); /* what the run before may have granted is over */
	uint64_t before = budget_use(desk->executor, desk->now).weight_used;
	struct grant grant = granted(300, 0);
	assert_int_equal(grant.weight, 300);
	assert_true(grant.until > desk->now && grant.until <= desk->now + 2 * NANOS_MIN);
	assert_int_equal(budget_use(desk->executor, desk->now).weight_used, before + 300);
}

static void grants_of_a_window_are_bounded_and_never_out_of_the_reserve(void **state)
{
	uint64_t sum = 0;

	(void)state;
	desk_start(desk);
	desk_pass(desk, 60 * NANOS_S);
	for (unsigned i = 0; i < 100; i++)
		sum += granted(300, 0).weight;
	assert_int_equal(sum, desk->executor->budget.grants.limit);
	told_weight(desk->executor->budget.weight.limit - desk->executor->budget.reserve);
	assert_int_equal(granted(1, 0).weight, 0);
}

static void who_was_told_to_be_silent_silences_everybody(void **state)
{
	(void)state;
	desk_start(desk);
	struct grant grant = granted(300, desk->now + 10 * NANOS_S);
	assert_int_equal(grant.weight, 0);
	assert_int_equal(grant.quiet_until, desk->now + 10 * NANOS_S);
	assert_string_equal(refusal_of_entry(), "throttled");
}

static void the_use_is_published_every_second(void **state)
{
	(void)state;
	desk_start(desk);
	desk_forget(desk);
	desk_pass(desk, 5 * NANOS_S);
	assert_int_equal(desk_said(desk, MESSAGE_RATE_USE), 5);
}

/* The exchange's clock moves by that much, and is measured again and again. */
static void drift(nanos_t step)
{
	desk->clock_offset += step;
	desk_live(desk, desk->config.clock_interval + NANOS_S);
}

static void a_clock_that_creeps_away_stops_entries_and_not_cancels(void **state)
{
	(void)state;
	desk_start(desk);
	ident_t intent = live_order();
	drift(200 * NANOS_MS);
	assert_int_equal(desk_noted(desk, "clock.drift"), 0);
	drift(200 * NANOS_MS);
	assert_int_equal(desk_noted(desk, "clock.drift"), 1);
	assert_string_equal(refusal_of_entry(), "");
	drift(200 * NANOS_MS);
	assert_string_equal(refusal_of_entry(), "clock_unknown");
	wish_cancelled(intent);
	assert_non_null(desk_call(desk, CALL_KIND_CANCEL));
	drift(-200 * NANOS_MS);
	assert_string_equal(refusal_of_entry(), "");
}

static void a_bad_clock_does_not_stop_protection(void **state)
{
	(void)state;
	desk_start(desk);
	live_order();
	desk_stream_fill(desk, desk_execute(desk, desk_last(desk), "0.1"));
	for (unsigned i = 0; i < 3; i++)
		drift(200 * NANOS_MS);
	assert_string_equal(refusal_of_entry(), "clock_unknown");
	struct approval approval = desk_approval(desk, "SELL", "0.1", "90");
	approval.purpose = PURPOSE_PROTECT;
	assert_true(desk_approve(desk, &approval).accepted);
}

static void a_step_that_a_second_measurement_confirms_is_no_drift(void **state)
{
	(void)state;
	desk_start(desk);
	drift(5 * NANOS_S);
	desk_live(desk, 2 * NANOS_S);
	assert_string_equal(refusal_of_entry(), "");
	assert_int_equal(desk_noted(desk, "clock.drift"), 0);
}

static void a_request_refused_for_its_time_has_the_clock_measured_at_once(void **state)
{
	(void)state;
	desk_start(desk);
	live_order();
	desk->executor->polled_at = 0;
	desk_pass(desk, NANOS_S);
	assert_null(desk_call(desk, CALL_KIND_TIME));
	desk_refuse(desk, CALL_KIND_OPEN_ORDERS, EVIDENCE_NOTHING, 1021);
	assert_non_null(desk_call(desk, CALL_KIND_TIME));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(entries_stop_when_only_the_reserve_is_left),
		TEST(questions_wait_and_cancels_go_when_only_the_reserve_is_left),
		TEST(questions_go_on_in_the_next_window),
		TEST(nothing_at_all_leaves_a_window_that_is_full),
		TEST(ten_seconds_hold_no_more_orders_than_the_exchange_allows),
		TEST(orders_near_a_border_count_in_both_windows),
		TEST(what_the_run_before_may_have_granted_counts_after_a_restart),
		TEST(what_is_under_way_comes_on_top_of_what_is_told),
		TEST(a_restart_does_not_forget_the_orders_of_the_window),
		TEST(no_minute_of_the_exchange_sees_more_than_the_limit),
		TEST(after_429_nobody_asks_before_its_moment),
		TEST(silence_survives_a_restart),
		TEST(silence_is_not_longer_because_the_clock_went_back),
		TEST(many_answers_that_ask_for_the_same_silence_are_one_record),
		TEST(during_silence_a_cancel_takes_the_user_link),
		TEST(a_cancel_that_was_throttled_is_repeated_by_the_user_link),
		TEST(when_the_user_link_is_silenced_too_cancels_wait),
		TEST(a_grant_is_counted_as_used),
		TEST(grants_of_a_window_are_bounded_and_never_out_of_the_reserve),
		TEST(who_was_told_to_be_silent_silences_everybody),
		TEST(the_use_is_published_every_second),
		TEST(a_clock_that_creeps_away_stops_entries_and_not_cancels),
		TEST(a_bad_clock_does_not_stop_protection),
		TEST(a_step_that_a_second_measurement_confirms_is_no_drift),
		TEST(a_request_refused_for_its_time_has_the_clock_measured_at_once),
	};
	return cmocka_run_group_tests_name("executor_budget", tests, NULL, NULL);
}
