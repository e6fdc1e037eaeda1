/* SPDX-License-Identifier: Apache-2.0 */
#include "services/recovery/take_over.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/desk.h"
#include "tests/lib/logic_bench.h"

enum { TIMER_LOOK = LOGIC_TIMERS_MAX - 1 };

static struct desk *desk;
static struct logic_bench bench;
static struct logic logic;

static int set_up(void **state)
{
	(void)state;
	desk = desk_open();
	desk_start(desk);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	logic_bench_close(&bench);
	desk_close(desk);
	return 0;
}

/* Another process over the executor's journal: nothing was told to it, nobody listens. */
static void when_recovery_takes_over(uint64_t level)
{
	struct command halt = {
		.kind = COMMAND_KIND_HALT,
		.actor = name_from("recovery"),
		.reason = text_from("drill"),
		.level = level,
	};
	logic = take_over_logic(&halt);
	logic_bench_open(&bench, &logic, &desk->config);
	bench.stack = desk->stack;
	bench.identity.epoch = 99;
	logic_bench_init(&bench);
	for (size_t i = 0; i < desk->record_count; i++)
		logic.apply(bench.state, desk->records[i].type, desk->records[i].body);
	bench.now = desk->now;
	logic_bench_event(&bench, EVENT_START);
}

static const struct http_request *call_to(const char *path, uint64_t *token)
{
	const struct effect *effect;
	for (size_t i = 0; (effect = logic_bench_effect(&bench, EFFECT_CALL, MESSAGE_NONE, i)); i++)
		if (effect->target == CALL_HTTP &&
		    strstr(((const struct http_request *)effect->body)->path, path) != NULL) {
			*token = effect->token;
			return effect->body;
		}
	return NULL;
}

static void answer(uint64_t token, nanos_t server_time)
{
	struct venue_answer told = {
		.evidence = EVIDENCE_EXISTS, .sent = bench.now, .server_time = server_time};
	logic_bench_reply(&bench, token, MESSAGE_VENUE_ANSWER, &told);
}

/* Time, then whatever is asked: open orders, executions, balances; nothing is new. */
static size_t when_the_exchange_answers(nanos_t time)
{
	uint64_t tokens[64];
	size_t waiting = 0, cancels = 0, count;
	for (nanos_t left = time; left >= 0; left -= 100 * NANOS_MS) {
		for (size_t i = 0; i < bench.out->count; i++) {
			const struct effect *effect = &bench.out->effects[i];
			const struct http_request *request = effect->body;
			if (effect->kind != EFFECT_CALL || effect->target != CALL_HTTP)
				continue;
			cancels += request->method == HTTP_DELETE;
			if (waiting < 64)
				tokens[waiting++] = effect->token;
		}
		count = waiting;
		waiting = 0;
		for (size_t i = 0; i < count; i++)
			answer(tokens[i], bench.now);
		bench.now += 100 * NANOS_MS;
		if (count == 0)
			logic_bench_timer(&bench, 2);
	}
	return cancels;
}

static void the_halt_is_its_first_request_and_durable(void **state)
{
	(void)state;
	when_recovery_takes_over(2);
	const struct journal_latch *latch =
		logic_bench_body(&bench, EFFECT_SAVE, MESSAGE_JOURNAL_LATCH);
	assert_non_null(latch);
	assert_true(latch->halted);
	assert_string_equal(latch->reason.text, "drill");
	assert_int_equal(logic_bench_count(&bench, EFFECT_ANSWER, MESSAGE_NONE), 0);
	assert_non_null(logic_bench_note(&bench, "kill.halt"));
}

static void open_orders_of_the_journal_are_cancelled(void **state)
{
	uint64_t token = 0;
	(void)state;
	desk_order(desk, "BUY", "0.01", "100");
	desk_answer_all(desk);
	when_recovery_takes_over(2);
	assert_non_null(call_to("/time", &token));
	answer(token, bench.now);
	assert_true(when_the_exchange_answers(2 * NANOS_S) > 0);
}

static void it_does_not_end_before_the_exchange_was_asked(void **state)
{
	(void)state;
	when_recovery_takes_over(2);
	bench.now += NANOS_S;
	logic_bench_timer(&bench, TIMER_LOOK);
	assert_int_equal(logic_bench_count(&bench, EFFECT_EXIT, MESSAGE_NONE), 0);
	assert_int_equal(take_over_verdict(bench.state), 1);
}

static void it_ends_when_nothing_is_left(void **state)
{
	uint64_t token = 0;
	(void)state;
	when_recovery_takes_over(2);
	call_to("/time", &token);
	answer(token, bench.now);
	when_the_exchange_answers(NANOS_S);
	logic_bench_timer(&bench, TIMER_LOOK);
	assert_int_equal(logic_bench_count(&bench, EFFECT_EXIT, MESSAGE_NONE), 1);
	assert_int_equal(take_over_verdict(bench.state), 0);
}

static void what_does_not_end_in_time_is_listed_and_the_run_fails(void **state)
{
	(void)state;
	desk_order(desk, "BUY", "0.01", "100");
	desk_answer_all(desk);
	when_recovery_takes_over(2);
	bench.now += 10 * NANOS_MIN;
	logic_bench_timer(&bench, TIMER_LOOK);
	assert_int_equal(logic_bench_count(&bench, EFFECT_EXIT, MESSAGE_NONE), 1);
	assert_int_equal(take_over_verdict(bench.state), 1);
}

static void the_command_line_is_told_from_the_services(void **state)
{
	char *const usual[] = {(char *)"recovery", (char *)"--state", (char *)"x"};
	char *const asked[] = {(char *)"recovery", (char *)"--take-over", (char *)"2"};
	(void)state;
	logic_bench_open(&bench, &executor_logic, &desk->config);
	assert_false(take_over_is_asked(3, (char **)usual));
	assert_true(take_over_is_asked(3, (char **)asked));
	assert_int_equal(take_over_main(3, (char **)asked), 2); /* no reason */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_halt_is_its_first_request_and_durable),
		TEST(open_orders_of_the_journal_are_cancelled),
		TEST(it_does_not_end_before_the_exchange_was_asked),
		TEST(it_ends_when_nothing_is_left),
		TEST(what_does_not_end_in_time_is_listed_and_the_run_fails),
		TEST(the_command_line_is_told_from_the_services),
	};
	return cmocka_run_group_tests_name("take over", tests, NULL, NULL);
}
