/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/recovery_bench.h"

#define BEFORE_NEXT_LOOK (18 * NANOS_S)
#define SECOND_LOOK (8 * NANOS_S)
#define FOUND_WITHIN (30 * NANOS_S) /* M-05 */

static struct recovery_bench *bench;

/* One look is over, in which all agreed. */
static int set_up(void **state)
{
	(void)state;
	bench = recovery_bench_open();
	bench->clock = 5 * NANOS_S;
	rec_given_executor(bench);
	rec_passes(bench, 2 * NANOS_S);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	recovery_bench_close(bench);
	return 0;
}

static bool is_guarded(void)
{
	return rec_commanded(bench, COMMAND_KIND_GUARD) > 0;
}

static void the_books_are_compared_at_once(void **state)
{
	(void)state;
	assert_true(bench->report.success && bench->report.agree);
	assert_int_equal(bench->report.number, 1);
	assert_true(name_is(&bench->report.trigger, "start"));
	assert_int_equal(bench->stack.status, TRADING_STATUS_NORMAL);
	assert_int_equal(bench->recovery->offset, 5 * NANOS_S);
}

static void and_again_and_again(void **state)
{
	(void)state;
	rec_passes(bench, 65 * NANOS_S);
	assert_int_equal(bench->report.number, 4);
	assert_true(name_is(&bench->report.trigger, "interval"));
	assert_false(is_guarded());
}

static void executions_that_both_have_agree(void **state)
{
	(void)state;
	for (int i = 0; i < 300; i++) {
		rec_given_execution(bench, i % 2 == 0 ? "BUY" : "SELL", i % 2 == 0 ? "0.3" : "0.1");
		rec_passes(bench, 200 * NANOS_MS);
	}
	assert_int_equal(rec_noted(bench, "recovery.suspicion"), 0);
	assert_true(bench->report.agree);
	assert_true(bench->report.number >= 3);
}

/* The exchange executes, and the executor hears of it a little later: every time. */
static void what_is_only_late_is_no_difference(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++) {
		rec_given_missed_execution(bench, "BUY", "0.1");
		rec_passes(bench, 300 * NANOS_MS);
		bench->fill_count--;
		bench->balances[0].free = bench->position.qty;
		rec_given_execution(bench, "BUY", "0.1");
		rec_passes(bench, 200 * NANOS_MS);
	}
	assert_false(is_guarded());
	assert_int_equal(rec_noted(bench, "books.differ"), 0);
}

static void a_missing_execution_is_found_told_and_guarded(void **state)
{
	nanos_t since = bench->logic.now;
	(void)state;
	rec_given_missed_execution(bench, "BUY", "0.5");
	while (!is_guarded() && bench->logic.now - since < NANOS_MIN)
		rec_passes(bench, 100 * NANOS_MS);
	assert_true(bench->logic.now - since <= FOUND_WITHIN);
	assert_int_equal(rec_commanded(bench, COMMAND_KIND_RECONCILE), 1);
	assert_int_equal(rec_noted(bench, "books.differ"), 1);
	assert_int_equal(bench->recovery->found.items[0].kind, DIFFERENCE_KIND_EXECUTION_MISSING);
	assert_non_null(
		strstr(bench->report.reason.text, "0 of 0 executions in our books, 0.5 of 1"));
	assert_true(bench->report.success && !bench->report.agree && bench->report.guarded);
	assert_true(bench->report.advice.size > 0);
	assert_int_equal(bench->stack.status, TRADING_STATUS_GUARDED);
	rec_passes(bench, NANOS_MIN);
	assert_int_equal(rec_noted(bench, "books.differ"), 1); /* told once */
	assert_int_equal(rec_commanded(bench, COMMAND_KIND_UNGUARD), 0);
}

/* A second difference appears and is only suspected: what is confirmed stays told. */
static void while_it_looks_again_the_last_report_stands(void **state)
{
	struct order gone = rec_given_order(bench, 1, PURPOSE_ENTRY);
	(void)state;
	rec_given_missed_execution(bench, "BUY", "0.5");
	rec_passes(bench, FOUND_WITHIN);
	uint64_t number = bench->report.number;
	bench->fill_count--;
	bench->balances[0].free = DECIMAL_ZERO;
	rec_given_order_told(bench, &gone);
	while (bench->recovery->dispute != DISPUTE_NONE && bench->report.number == number &&
	       rec_noted(bench, "recovery.suspicion") < 2)
		rec_passes(bench, 100 * NANOS_MS);
	logic_bench_republish(&bench->logic);
	const struct rec_report *report =
		logic_bench_body(&bench->logic, EFFECT_PUBLISH, MESSAGE_REC_REPORT);
	assert_true(report->reason.size > 0);
	assert_true(bench->recovery->stack.reason.size > 0);
}

static void when_the_books_agree_again_the_guard_ends(void **state)
{
	(void)state;
	rec_given_missed_execution(bench, "BUY", "0.5");
	rec_passes(bench, FOUND_WITHIN);
	assert_true(is_guarded());
	bench->fill_count--;
	bench->balances[0].free = DECIMAL_ZERO;
	rec_given_execution(bench, "BUY", "0.5");
	rec_passes(bench, 10 * NANOS_S);
	assert_int_equal(rec_commanded(bench, COMMAND_KIND_UNGUARD), 1);
	assert_int_equal(rec_noted(bench, "books.agree"), 1);
	assert_true(bench->report.agree && !bench->report.guarded);
	assert_int_equal(bench->stack.status, TRADING_STATUS_NORMAL);
}

static void a_guard_is_ordered_again_after_the_executors_restart(void **state)
{
	(void)state;
	rec_given_missed_execution(bench, "BUY", "0.5");
	rec_passes(bench, FOUND_WITHIN);
	rec_forget(bench);
	rec_given_no_executor(bench);
	rec_passes(bench, 500 * NANOS_MS);
	rec_given_executor(bench);
	rec_passes(bench, 3 * NANOS_S);
	assert_true(is_guarded());
}

static void after_a_gap_of_the_executor_it_is_compared_at_once(void **state)
{
	(void)state;
	rec_given_no_executor(bench);
	rec_passes(bench, NANOS_S);
	rec_forget(bench);
	rec_given_executor(bench);
	rec_passes(bench, 2 * NANOS_S);
	assert_int_equal(bench->report.number, 2);
	assert_true(name_is(&bench->report.trigger, "executor"));
}

static void an_order_of_ours_that_we_do_not_know_is_found(void **state)
{
	struct order known = rec_given_order(bench, 1, PURPOSE_ENTRY);
	struct order lost = rec_given_order(bench, 2, PURPOSE_ENTRY);
	(void)state;
	rec_given_order_told(bench, &known);
	rec_given_order_listed(bench, &known);
	rec_given_order_listed(bench, &lost);
	rec_passes(bench, FOUND_WITHIN);
	assert_true(is_guarded());
	assert_int_equal(bench->recovery->found.items[0].kind, DIFFERENCE_KIND_ORDER_UNKNOWN);
	assert_int_equal(bench->recovery->found.count, 1);
	assert_int_equal(bench->report.orders_resumed, 1);
}

static void an_order_that_the_exchange_does_not_have_is_found(void **state)
{
	struct order gone = rec_given_order(bench, 1, PURPOSE_ENTRY);
	(void)state;
	rec_given_order_told(bench, &gone);
	rec_passes(bench, FOUND_WITHIN);
	assert_true(is_guarded());
	assert_int_equal(bench->recovery->found.items[0].kind, DIFFERENCE_KIND_ORDER_GONE);
	assert_true(ident_equals(bench->recovery->found.items[0].client_id, gone.client_id));
}

/* Orders come and go all the time; none of them is a difference. */
static void orders_that_come_and_go_are_no_difference(void **state)
{
	(void)state;
	for (uint64_t i = 1; i < 200; i++) {
		struct order order = rec_given_order(bench, i, PURPOSE_ENTRY);
		rec_given_order_told(bench, &order);
		rec_given_order_listed(bench, &order);
		rec_passes(bench, 300 * NANOS_MS);
		bench->order_count = 0;
		rec_passes(bench, 100 * NANOS_MS);
		order.status = ORDER_STATUS_CANCELED;
		rec_given_order_told(bench, &order);
	}
	assert_false(is_guarded());
	assert_true(bench->report.agree);
}

static void orders_of_unknown_fate_are_counted_and_no_difference(void **state)
{
	struct order order = rec_given_order(bench, 1, PURPOSE_ENTRY);
	(void)state;
	order.status = ORDER_STATUS_UNKNOWN;
	rec_given_order_told(bench, &order);
	rec_passes(bench, FOUND_WITHIN);
	assert_false(is_guarded());
	assert_int_equal(bench->report.orders_disputed, 1);
	assert_non_null(strstr(bench->report.advice.text, "unknown or disputed"));
}

static void foreign_orders_and_amounts_are_counted_and_left_alone(void **state)
{
	struct order order = rec_given_order(bench, 1, PURPOSE_ENTRY), other = order;
	(void)state;
	rec_given_order_told(bench, &order);
	rec_given_order_listed(bench, &order);
	other.client_id = (ident_t){0, 0};
	rec_given_order_listed(bench, &other);
	other.client_id = (ident_t){UINT64_C(8) << 48, 5}; /* another installation's mark */
	rec_given_order_listed(bench, &other);
	bench->balances[0].free = decimal_of("3");
	rec_given_execution(bench, "BUY", "0.5");
	rec_passes(bench, FOUND_WITHIN);
	assert_int_equal(bench->report.foreign_orders, 2);
	assert_int_equal(bench->report.foreign_positions, 1);
	assert_true(bench->report.agree);
	assert_false(is_guarded());
}

static void a_balance_that_differs_is_found(void **state)
{
	(void)state;
	bench->balances[1].free = decimal_of("9000"); /* the executor isn't told */
	rec_passes(bench, FOUND_WITHIN);
	assert_true(is_guarded());
	assert_int_equal(bench->recovery->found.items[0].kind, DIFFERENCE_KIND_BALANCE);
	assert_non_null(strstr(bench->report.reason.text, "USDT: 10000 in our books, 9000"));
}

/* Sold by somebody else: the executor's balance is right, its bots' position isn't covered. */
static void less_than_the_bots_hold_is_found(void **state)
{
	(void)state;
	rec_given_execution(bench, "BUY", "0.5");
	bench->balances[0].free = decimal_of("0.2");
	rec_given_executor(bench);
	rec_passes(bench, FOUND_WITHIN);
	assert_true(is_guarded());
	assert_non_null(strstr(bench->report.reason.text, "the bots hold 0.5 BTC"));
}

/* An account may hold a crumb of everything; only what is traded is ours to compare. */
static void assets_that_are_not_traded_are_no_difference(void **state)
{
	(void)state;
	bench->balances[bench->balance_count++] =
		(struct venue_balance){.asset = name_from("DOGE"), .free = decimal_of("5")};
	for (int i = 0; i < 100; i++) {
		text_t name = text_format("X%d", i);
		bench->balances[bench->balance_count++] = (struct venue_balance){
			.asset = name_from(name.text), .free = decimal_of("1")};
	}
	rec_passes(bench, FOUND_WITHIN);
	assert_false(is_guarded());
	assert_true(bench->report.success && bench->report.agree);
	assert_true(bench->report.foreign_positions >= 1);
}

static void crumbs_need_no_stop(void **state)
{
	struct order stop = rec_given_order(bench, 1, PURPOSE_PROTECT);
	(void)state;
	rec_given_execution(bench, "BUY", "0.00001");
	rec_given_order_told(bench, &stop);
	stop.status = ORDER_STATUS_FILLED;
	rec_given_order_told(bench, &stop);
	rec_passes(bench, 20 * NANOS_S);
	assert_int_equal(rec_noted(bench, "position.naked"), 0);
}

static void without_an_answer_it_says_so_after_its_bound_and_not_before(void **state)
{
	(void)state;
	recovery_bench_close(bench);
	bench = recovery_bench_open();
	bench->is_silent = true;
	rec_given_executor(bench);
	rec_passes(bench, bench->config.compare_max - NANOS_S);
	assert_false(is_guarded());
	assert_int_equal(bench->stack.status, TRADING_STATUS_GUARDED);
	rec_passes(bench, 7 * NANOS_S);
	assert_true(is_guarded());
	assert_false(bench->report.success);
	assert_non_null(strstr(bench->report.reason.text, "the exchange doesn't answer"));
	assert_int_equal(rec_noted(bench, "books.unseen"), 1);
	bench->is_silent = false;
	rec_passes(bench, 20 * NANOS_S);
	assert_true(bench->report.agree);
	assert_int_equal(rec_commanded(bench, COMMAND_KIND_UNGUARD), 1);
	assert_int_equal(bench->stack.status, TRADING_STATUS_NORMAL);
}

static void without_an_executor_it_says_so_too(void **state)
{
	(void)state;
	recovery_bench_close(bench);
	bench = recovery_bench_open();
	rec_passes(bench, bench->config.compare_max + NANOS_S);
	assert_false(bench->report.success);
	assert_int_equal(bench->report.number, 1);
	assert_non_null(strstr(bench->report.reason.text, "executor"));
	assert_int_equal(bench->stack.status, TRADING_STATUS_GUARDED);
	assert_non_null(strstr(bench->stack.works.text, "bw kill"));
}

static void the_exchanges_wish_to_be_left_alone_is_obeyed(void **state)
{
	(void)state;
	bench->is_silent = true;
	bench->retry_after_ms = 60000;
	rec_passes(bench, BEFORE_NEXT_LOOK);
	rec_forget(bench);
	rec_passes(bench, 50 * NANOS_S);
	assert_in_range(bench->asked, 0, 1);
}

static void what_was_agreed_on_is_counted_on_from(void **state)
{
	(void)state;
	rec_given_execution(bench, "BUY", "0.5");
	rec_given_execution(bench, "BUY", "0.25");
	rec_passes(bench, 90 * NANOS_S);
	assert_true(bench->record_count > 0);
	assert_int_equal(bench->report.executions, 0); /* all of them agreed before */
	recovery_bench_restart(bench);
	rec_given_executor(bench);
	rec_passes(bench, 2 * NANOS_S);
	assert_true(bench->report.agree);
	assert_true(bench->report.restored > 0);
	assert_int_equal(bench->report.executions, 0);
	assert_true(decimal_equals(bench->recovery->lines[0].exchange, decimal_of("0.75")));
	assert_int_equal(bench->recovery->lines[0].executions_exchange, 2);
}

/* A journal of another account, or one that lies. */
static void a_wrong_agreed_number_is_counted_anew(void **state)
{
	(void)state;
	rec_given_execution(bench, "BUY", "0.5");
	bench->records[0] = (struct journal_agreed){
		.subject = name_from("BTCUSDT"),
		.qty = decimal_of("77"),
		.executions = 12,
		.watermark = 100,
	};
	bench->record_count = 1;
	recovery_bench_restart(bench);
	rec_given_executor(bench);
	rec_passes(bench, SECOND_LOOK);
	assert_true(bench->report.agree);
	assert_false(is_guarded());
}

static void a_lost_journal_costs_only_reading_again(void **state)
{
	(void)state;
	rec_given_execution(bench, "BUY", "0.5");
	rec_passes(bench, NANOS_MIN);
	bench->record_count = 0;
	recovery_bench_restart(bench);
	rec_given_executor(bench);
	rec_passes(bench, 2 * NANOS_S);
	assert_true(bench->report.agree);
	assert_int_equal(bench->report.executions, 1);
}

static void many_executions_are_read_by_pages(void **state)
{
	(void)state;
	for (int i = 0; i < 550; i++)
		rec_given_execution(bench, "BUY", "0.01");
	rec_passes(bench, FOUND_WITHIN);
	assert_true(bench->report.agree);
	assert_int_equal(bench->recovery->lines[0].executions_exchange, 550);
}

static void a_position_whose_stop_is_gone_is_told_once(void **state)
{
	struct order stop = rec_given_order(bench, 1, PURPOSE_PROTECT);
	(void)state;
	rec_given_execution(bench, "BUY", "1");
	rec_given_order_told(bench, &stop);
	rec_given_order_listed(bench, &stop);
	rec_passes(bench, 10 * NANOS_S);
	assert_int_equal(rec_noted(bench, "position.naked"), 0);
	stop.status = ORDER_STATUS_CANCELED;
	bench->order_count = 0;
	rec_given_order_told(bench, &stop);
	rec_passes(bench, bench->config.naked_max);
	assert_int_equal(rec_noted(bench, "position.naked"), 0);
	rec_passes(bench, 20 * NANOS_S);
	assert_int_equal(rec_noted(bench, "position.naked"), 1);
}

static void without_a_position_no_stop_is_missed(void **state)
{
	struct order stop = rec_given_order(bench, 1, PURPOSE_PROTECT);
	(void)state;
	rec_given_execution(bench, "BUY", "1");
	rec_given_order_told(bench, &stop);
	stop.status = ORDER_STATUS_FILLED;
	rec_given_order_told(bench, &stop);
	rec_given_execution(bench, "SELL", "1");
	rec_passes(bench, 20 * NANOS_S);
	assert_int_equal(rec_noted(bench, "position.naked"), 0);
}

static void a_person_may_ask_for_a_comparison(void **state)
{
	struct command command = {.kind = COMMAND_KIND_RECONCILE, .actor = name_from("eve")};
	(void)state;
	rec_passes(bench, NANOS_S);
	uint64_t token = logic_bench_ask(&bench->logic, MESSAGE_COMMAND, &command);
	assert_int_equal(logic_bench_count(&bench->logic, EFFECT_ANSWER, MESSAGE_NONE), 0);
	rec_passes(bench, 2 * NANOS_S);
	assert_int_equal(bench->report.number, 2);
	assert_true(name_is(&bench->report.trigger, "eve"));
	assert_int_equal(bench->recovery->waiter, 0);
	assert_int_not_equal(token, 0);
	command.kind = COMMAND_KIND_HALT;
	logic_bench_ask(&bench->logic, MESSAGE_COMMAND, &command);
	const struct command_result *result =
		logic_bench_body(&bench->logic, EFFECT_ANSWER, MESSAGE_COMMAND_RESULT);
	assert_non_null(result);
	assert_false(result->done);
}

static void a_take_over_is_never_begun_unasked(void **state)
{
	(void)state;
	rec_given_execution(bench, "BUY", "1");
	rec_given_no_executor(bench);
	rec_passes(bench, 10 * NANOS_MIN);
	assert_int_equal(rec_noted(bench, "recovery.take_over"), 0);
}

static void where_it_is_configured_it_begins_once_with_positions_open(void **state)
{
	(void)state;
	bench->config.takeover_after = NANOS_MIN;
	rec_given_execution(bench, "BUY", "1");
	rec_passes(bench, NANOS_S);
	rec_given_no_executor(bench);
	rec_passes(bench, 59 * NANOS_S);
	assert_int_equal(rec_noted(bench, "recovery.take_over"), 0);
	rec_passes(bench, 5 * NANOS_MIN);
	assert_int_equal(rec_noted(bench, "recovery.take_over"), 1);
}

static void the_last_report_is_told_to_who_comes_late(void **state)
{
	(void)state;
	logic_bench_republish(&bench->logic);
	assert_int_equal(logic_bench_count(&bench->logic, EFFECT_PUBLISH, MESSAGE_REC_REPORT), 1);
	assert_int_equal(logic_bench_count(&bench->logic, EFFECT_PUBLISH, MESSAGE_REC_LINE), 3);
	assert_int_equal(logic_bench_count(&bench->logic, EFFECT_PUBLISH, MESSAGE_STACK_STATE), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_books_are_compared_at_once),
		TEST(and_again_and_again),
		TEST(executions_that_both_have_agree),
		TEST(what_is_only_late_is_no_difference),
		TEST(a_missing_execution_is_found_told_and_guarded),
		TEST(while_it_looks_again_the_last_report_stands),
		TEST(when_the_books_agree_again_the_guard_ends),
		TEST(a_guard_is_ordered_again_after_the_executors_restart),
		TEST(after_a_gap_of_the_executor_it_is_compared_at_once),
		TEST(an_order_of_ours_that_we_do_not_know_is_found),
		TEST(an_order_that_the_exchange_does_not_have_is_found),
		TEST(orders_that_come_and_go_are_no_difference),
		TEST(orders_of_unknown_fate_are_counted_and_no_difference),
		TEST(foreign_orders_and_amounts_are_counted_and_left_alone),
		TEST(a_balance_that_differs_is_found),
		TEST(less_than_the_bots_hold_is_found),
		TEST(assets_that_are_not_traded_are_no_difference),
		TEST(crumbs_need_no_stop),
		TEST(without_an_answer_it_says_so_after_its_bound_and_not_before),
		TEST(without_an_executor_it_says_so_too),
		TEST(the_exchanges_wish_to_be_left_alone_is_obeyed),
		TEST(what_was_agreed_on_is_counted_on_from),
		TEST(a_wrong_agreed_number_is_counted_anew),
		TEST(a_lost_journal_costs_only_reading_again),
		TEST(many_executions_are_read_by_pages),
		TEST(a_position_whose_stop_is_gone_is_told_once),
		TEST(without_a_position_no_stop_is_missed),
		TEST(a_person_may_ask_for_a_comparison),
		TEST(a_take_over_is_never_begun_unasked),
		TEST(where_it_is_configured_it_begins_once_with_positions_open),
		TEST(the_last_report_is_told_to_who_comes_late),
	};
	return cmocka_run_group_tests_name("recovery books", tests, NULL, NULL);
}
