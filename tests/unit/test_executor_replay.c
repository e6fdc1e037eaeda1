/* SPDX-License-Identifier: Apache-2.0 */
/* Law 6: START and the folded journal give the same state; and a crash before any record loses no
   order, doubles none and accounts every execution once. */
#include "services/executor/executor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/random.h"
#include "common/model/lifecycle.h"
#include "tests/lib/executor_bench.h"

enum { BODY_MAX = 2048, STEPS = 300, QUIET_S = 45 };

static void same_body(enum message_type type, const void *a, const void *b)
{
	uint8_t bytes_a[BODY_MAX], bytes_b[BODY_MAX];
	size_t size_a = 0, size_b = 0;

	assert_int_equal(codec_pack_body(type, a, bytes_a, sizeof bytes_a, &size_a), OK);
	assert_int_equal(codec_pack_body(type, b, bytes_b, sizeof bytes_b, &size_b), OK);
	assert_int_equal(size_a, size_b);
	assert_memory_equal(bytes_a, bytes_b, size_a);
}

static void same_orders(const struct orders *a, const struct orders *b)
{
	assert_int_equal(a->used, b->used);
	assert_int_equal(a->open_count, b->open_count);
	assert_int_equal(a->ended_count, b->ended_count);
	for (uint32_t i = 0; i < a->used; i++) {
		same_body(MESSAGE_ORDER, &a->slots[i].order, &b->slots[i].order);
		assert_true(ident_equals(a->slots[i].nonce, b->slots[i].nonce));
		assert_int_equal(a->slots[i].valid_until, b->slots[i].valid_until);
		assert_int_equal(a->slots[i].trade_floor, b->slots[i].trade_floor);
		assert_true(decimal_equals(a->slots[i].sent_qty, b->slots[i].sent_qty));
	}
}

static void same_books(const struct books *a, const struct books *b)
{
	assert_int_equal(a->records, b->records);
	assert_int_equal(a->counter, b->counter);
	assert_int_equal(a->impossible, b->impossible);
	assert_int_equal(a->latch.halted, b->latch.halted);
	same_body(MESSAGE_ORDER_COUNTS, &a->totals, &b->totals);
	same_orders(&a->orders, &b->orders);
	assert_int_equal(a->ledger.holding_count, b->ledger.holding_count);
	for (uint32_t i = 0; i < a->ledger.holding_count; i++)
		same_body(MESSAGE_POSITION, &a->ledger.holdings[i].position, &b->ledger.holdings[i].position);
}

/* One random thing happens to the executor or at the exchange. */
static void happen(struct executor_bench *bench, struct random *random)
{
	static const char *const sizes[] = {"0.1", "0.2", "0.3"};
	struct bench_order *order = bench->order_count == 0 ? NULL :
		&bench->orders[random_below(random, bench->order_count)];
	struct bench_call *call = bench->call_count == 0 ? NULL :
		&bench->calls[random_below(random, bench->call_count)];
	bool open = order != NULL && (order->told.status == VENUE_STATUS_NEW ||
	                              order->told.status == VENUE_STATUS_PARTIALLY_FILLED);

	switch (random_below(random, 9)) {
	case 0:
	case 1:
		bench_order(bench, random_below(random, 2) == 0 ? "BUY" : "SELL", sizes[random_below(random, 3)], "100");
		return;
	case 2:
		if (call != NULL)
			bench_answer(bench, token_kind(call->token));
		return;
	case 3:
		if (call != NULL)
			bench_lose_answer(bench, token_kind(call->token));
		return;
	case 4:
		if (open)
			bench_execute(bench, order, "0.1");
		return;
	case 5:
		if (order != NULL)
			bench_stream_order(bench, order);
		return;
	case 6:
		if (bench->fill_count > 0)
			bench_stream_fill(bench, &bench->fills[random_below(random, bench->fill_count)]);
		return;
	case 7:
		if (order != NULL) {
			struct order_slot *slot = orders_by_client(&bench->executor->books.orders, order->told.client_id);
			struct cancel cancel = {.bot = name_from("bot"), .reason = name_from("chance")};
			if (slot != NULL)
				cancel.intent_id = slot->order.intent_id;
			bench_request(bench, MESSAGE_CANCEL, &cancel);
		}
		return;
	case 8:
		bench_pass(bench, (nanos_t)random_below(random, 1500) * NANOS_MS);
		return;
	}
}

static void run_session(struct executor_bench *bench, uint64_t seed)
{
	struct random random;

	random_init(&random, seed);
	bench_start(bench);
	for (unsigned i = 0; i < STEPS && !bench->crashed; i++)
		happen(bench, &random);
}

static decimal_t sum_at_exchange(const struct executor_bench *bench, enum side side)
{
	decimal_t sum = DECIMAL_ZERO;

	for (size_t i = 0; i < bench->fill_count; i++)
		if (bench->fills[i].side == side)
			assert_int_equal(decimal_add(sum, bench->fills[i].qty, &sum), OK);
	return sum;
}

/* At a quiet point the books are the exchange's: nothing lost, nothing doubled, nothing unknown. */
static void then_books_agree(struct executor_bench *bench)
{
	struct orders *orders = &bench->executor->books.orders;
	char expected[DECIMAL_TEXT_SIZE];
	decimal_t held;

	assert_int_equal(bench->executor->books.impossible, 0);
	for (size_t i = 0; i < bench->order_count; i++) {
		const struct venue_order *told = &bench->orders[i].told;
		const struct order_slot *slot = orders_by_client(orders, told->client_id);
		assert_non_null(slot);
		assert_true(decimal_equals(slot->order.executed, told->executed));
		assert_int_equal(order_status_is_open(slot->order.status),
		                 told->status == VENUE_STATUS_NEW || told->status == VENUE_STATUS_PARTIALLY_FILLED);
	}
	for (uint32_t i = 0; i < orders->open_count; i++) {
		enum order_status status = orders->slots[orders->open[i]].order.status;
		assert_true(status == ORDER_STATUS_LIVE || status == ORDER_STATUS_PARTIAL);
	}
	assert_int_equal(bench_saved(bench, MESSAGE_FILL), bench->fill_count);
	assert_int_equal(decimal_subtract(sum_at_exchange(bench, SIDE_BUY), sum_at_exchange(bench, SIDE_SELL), &held), OK);
	assert_string_equal(bench_held(bench, "bot"), decimal_print(held, expected));
}

static void the_folded_journal_is_the_state(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct executor_bench *bench = bench_open();
		struct books *lived = malloc(sizeof *lived);
		run_session(bench, seed);
		memcpy(lived, &bench->executor->books, sizeof *lived);
		bench_restart(bench, bench->record_count);
		same_books(lived, &bench->executor->books);
		free(lived);
		bench_close(bench);
	}
}

static void after_a_quiet_time_the_books_are_the_exchanges(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct executor_bench *bench = bench_open();
		run_session(bench, seed);
		bench_link(bench, LINK_STATUS_UP);
		bench_live(bench, QUIET_S * NANOS_S);
		then_books_agree(bench);
		bench_close(bench);
	}
}

/* What was sent before the crash may still be on its way to the exchange, or be lost. */
static void land_or_lose(struct executor_bench *bench, uint64_t seed)
{
	struct random random;

	random_init(&random, seed);
	bench->crashed = true;
	while (bench_call(bench, CALL_KIND_ORDER) != NULL) {
		struct bench_call *call = bench_call(bench, CALL_KIND_ORDER);
		if (random_below(&random, 2) == 0)
			bench_lose_answer(bench, CALL_KIND_ORDER);
		else
			call->token = 0;
	}
}

static void crash_at(uint64_t seed, size_t record)
{
	struct executor_bench *bench = bench_open();

	bench->journal_max = record;
	run_session(bench, seed);
	land_or_lose(bench, seed + record);
	bench_restart(bench, bench->record_count);
	bench_start(bench);
	bench_live(bench, QUIET_S * NANOS_S);
	then_books_agree(bench);
	bench_close(bench);
}

static void a_crash_before_any_record_loses_nothing_and_doubles_nothing(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct executor_bench *bench = bench_open();
		run_session(bench, seed);
		size_t count = bench->record_count;
		bench_close(bench);
		for (size_t record = 1; record <= count; record++)
			crash_at(seed, record);
	}
}

static void a_crash_inside_the_recovery_ends_the_same(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct executor_bench *bench = bench_open();
		run_session(bench, seed);
		for (size_t more = 1; more <= 4; more++) {
			land_or_lose(bench, seed);
			bench_restart(bench, bench->record_count);
			bench->journal_max = bench->record_count + more;
			bench_start(bench);
			bench_live(bench, 10 * NANOS_S);
		}
		bench_restart(bench, bench->record_count);
		bench_start(bench);
		bench_live(bench, QUIET_S * NANOS_S);
		then_books_agree(bench);
		bench_close(bench);
	}
}

static void client_ids_never_repeat_over_restarts(void **state)
{
	struct executor_bench *bench = bench_open();
	ident_t ids[50];

	(void)state;
	for (size_t i = 0; i < 50; i++) {
		bench_restart(bench, 0);
		bench_start(bench);
		ids[i] = bench_book(bench, bench_order(bench, "BUY", "0.1", "100")).client_id;
		for (size_t j = 0; j < i; j++)
			assert_false(ident_equals(ids[i], ids[j]));
	}
	bench_close(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_folded_journal_is_the_state),
		cmocka_unit_test(after_a_quiet_time_the_books_are_the_exchanges),
		cmocka_unit_test(a_crash_before_any_record_loses_nothing_and_doubles_nothing),
		cmocka_unit_test(a_crash_inside_the_recovery_ends_the_same),
		cmocka_unit_test(client_ids_never_repeat_over_restarts),
	};
	return cmocka_run_group_tests_name("executor_replay", tests, NULL, NULL);
}
