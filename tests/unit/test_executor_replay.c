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
#include "tests/lib/desk.h"

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
		assert_true(name_equals(&a->slots[i].cancel_reason, &b->slots[i].cancel_reason));
		assert_int_equal(a->slots[i].resurrected, b->slots[i].resurrected);
	}
}

static void same_markets(const struct holdings *a, const struct holdings *b)
{
	assert_int_equal(a->market_count, b->market_count);
	for (uint32_t i = 0; i < a->market_count; i++) {
		assert_int_equal(a->markets[i].is_marked, b->markets[i].is_marked);
		assert_int_equal(a->markets[i].trade_mark, b->markets[i].trade_mark);
		assert_int_equal(a->markets[i].trade_top, b->markets[i].trade_top);
		assert_int_equal(a->markets[i].trade_settled, b->markets[i].trade_settled);
	}
}

static void same_books(const struct books *a, const struct books *b)
{
	assert_int_equal(a->records, b->records);
	assert_int_equal(a->counter, b->counter);
	assert_int_equal(a->impossible, b->impossible);
	assert_int_equal(a->view_lag, b->view_lag);
	same_markets(&a->holdings, &b->holdings);
	assert_int_equal(a->latch.halted, b->latch.halted);
	same_body(MESSAGE_ORDER_COUNTS, &a->totals, &b->totals);
	same_orders(&a->orders, &b->orders);
	assert_int_equal(a->holdings.position_count, b->holdings.position_count);
	for (uint32_t i = 0; i < a->holdings.position_count; i++)
		same_body(MESSAGE_POSITION, &a->holdings.positions[i].position,
		          &b->holdings.positions[i].position);
}

static void wish_cancelled(struct desk *desk, const struct desk_order *order)
{
	const struct order_slot *slot =
		orders_by_client(&desk->executor->books.orders, order->told.client_id);
	struct cancel cancel = {.bot = name_from("bot"), .reason = name_from("chance")};

	if (slot != NULL)
		cancel.intent_id = slot->order.intent_id;
	desk_request(desk, MESSAGE_CANCEL, &cancel);
}

/* One random thing happens to the executor or at the exchange. */
static void happen(struct desk *desk, struct random *random)
{
	static const char *const sizes[] = {"0.1", "0.2", "0.3"};
	struct desk_order *order = desk->order_count == 0
	                                   ? NULL
	                                   : &desk->orders[random_below(random, desk->order_count)];
	struct desk_call *call =
		desk->call_count == 0 ? NULL : &desk->calls[random_below(random, desk->call_count)];
	bool open = order != NULL && (order->told.status == VENUE_STATUS_NEW ||
	                              order->told.status == VENUE_STATUS_PARTIALLY_FILLED);

	switch (random_below(random, 9)) {
	case 0:
	case 1:
		desk_order(desk, random_below(random, 2) == 0 ? "BUY" : "SELL",
		           sizes[random_below(random, 3)], "100");
		return;
	case 2:
		if (call != NULL)
			desk_answer(desk, token_kind(call->token));
		return;
	case 3:
		if (call != NULL)
			desk_lose_answer(desk, token_kind(call->token));
		return;
	case 4:
		if (open)
			desk_execute(desk, order, "0.1");
		return;
	case 5:
		if (order != NULL)
			desk_stream_order(desk, order);
		return;
	case 6:
		if (desk->fill_count > 0)
			desk_stream_fill(desk,
			                 &desk->fills[random_below(random, desk->fill_count)]);
		return;
	case 7:
		if (order != NULL)
			wish_cancelled(desk, order);
		return;
	case 8: desk_pass(desk, (nanos_t)random_below(random, 1500) * NANOS_MS); return;
	}
}

static void run_session(struct desk *desk, uint64_t seed)
{
	struct random random;

	random_init(&random, seed);
	desk_start(desk);
	for (unsigned i = 0; i < STEPS && !desk->crashed; i++)
		happen(desk, &random);
}

static decimal_t sum_at_exchange(const struct desk *desk, enum side side)
{
	decimal_t sum = DECIMAL_ZERO;

	for (size_t i = 0; i < desk->fill_count; i++)
		if (desk->fills[i].side == side)
			assert_int_equal(decimal_add(sum, desk->fills[i].qty, &sum), OK);
	return sum;
}

/* At a quiet point the books are the exchange's: nothing lost, nothing doubled, nothing unknown. */
static void then_books_agree(struct desk *desk)
{
	struct orders *orders = &desk->executor->books.orders;
	decimal_t bought = sum_at_exchange(desk, SIDE_BUY);
	char expected[DECIMAL_TEXT_SIZE];
	decimal_t held;

	assert_int_equal(desk->executor->books.impossible, 0);
	for (size_t i = 0; i < desk->order_count; i++) {
		const struct venue_order *told = &desk->orders[i].told;
		const struct order_slot *slot = orders_by_client(orders, told->client_id);
		assert_non_null(slot);
		assert_true(decimal_equals(slot->order.executed, told->executed));
		assert_int_equal(order_status_is_open(slot->order.status),
		                 told->status == VENUE_STATUS_NEW ||
		                         told->status == VENUE_STATUS_PARTIALLY_FILLED);
	}
	for (uint32_t i = 0; i < orders->open_count; i++) {
		enum order_status status = orders->slots[orders->open[i]].order.status;
		assert_true(status == ORDER_STATUS_LIVE || status == ORDER_STATUS_PARTIAL);
	}
	assert_int_equal(desk_saved(desk, MESSAGE_FILL), desk->fill_count);
	assert_int_equal(decimal_subtract(bought, sum_at_exchange(desk, SIDE_SELL), &held), OK);
	assert_string_equal(desk_held(desk, "bot"), decimal_print(held, expected));
}

static void the_folded_journal_is_the_state(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct desk *desk = desk_open();
		struct books *lived = malloc(sizeof *lived);
		run_session(desk, seed);
		memcpy(lived, &desk->executor->books, sizeof *lived);
		desk_restart(desk, desk->record_count);
		same_books(lived, &desk->executor->books);
		free(lived);
		desk_close(desk);
	}
}

static void after_a_quiet_time_the_books_are_the_exchanges(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct desk *desk = desk_open();
		run_session(desk, seed);
		desk_link(desk, LINK_STATUS_UP);
		desk_live(desk, QUIET_S * NANOS_S);
		then_books_agree(desk);
		desk_close(desk);
	}
}

/* What was sent before the crash may still be on its way to the exchange, or be lost. */
static void land_or_lose(struct desk *desk, uint64_t seed)
{
	struct random random;

	random_init(&random, seed);
	desk->crashed = true;
	while (desk_call(desk, CALL_KIND_ORDER) != NULL) {
		struct desk_call *call = desk_call(desk, CALL_KIND_ORDER);
		if (random_below(&random, 2) == 0)
			desk_lose_answer(desk, CALL_KIND_ORDER);
		else
			call->token = 0;
	}
}

static void crash_at(uint64_t seed, size_t record)
{
	struct desk *desk = desk_open();

	desk->journal_max = record;
	run_session(desk, seed);
	land_or_lose(desk, seed + record);
	desk_restart(desk, desk->record_count);
	desk_start(desk);
	desk_live(desk, QUIET_S * NANOS_S);
	then_books_agree(desk);
	desk_close(desk);
}

static void a_crash_before_any_record_loses_nothing_and_doubles_nothing(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct desk *desk = desk_open();
		run_session(desk, seed);
		size_t count = desk->record_count;
		desk_close(desk);
		for (size_t record = 1; record <= count; record++)
			crash_at(seed, record);
	}
}

static void a_crash_inside_the_recovery_ends_the_same(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct desk *desk = desk_open();
		run_session(desk, seed);
		for (size_t more = 1; more <= 4; more++) {
			land_or_lose(desk, seed);
			desk_restart(desk, desk->record_count);
			desk->journal_max = desk->record_count + more;
			desk_start(desk);
			desk_live(desk, 10 * NANOS_S);
		}
		desk_restart(desk, desk->record_count);
		desk_start(desk);
		desk_live(desk, QUIET_S * NANOS_S);
		then_books_agree(desk);
		desk_close(desk);
	}
}

static void what_was_on_its_way_is_unknown_after_a_restart(void **state)
{
	struct desk *desk = desk_open();

	(void)state;
	desk_start(desk);
	ident_t intent = desk_order(desk, "BUY", "0.1", "100");
	desk_restart(desk, desk->record_count);
	desk_boot(desk);
	assert_int_equal(desk_book(desk, intent).status, ORDER_STATUS_UNKNOWN);
	desk_close(desk);
}

static void what_was_written_down_and_not_sent_is_never_sent(void **state)
{
	struct desk *desk = desk_open();

	(void)state;
	desk_start(desk);
	desk->journal_max = desk->record_count + 1; /* INTENT, no SEND */
	ident_t intent = desk_order(desk, "BUY", "0.1", "100");
	desk_restart(desk, desk->record_count);
	desk_start(desk);
	desk_live(desk, 10 * NANOS_S);
	assert_int_equal(desk_book(desk, intent).status, ORDER_STATUS_UNSENT);
	assert_int_equal(desk->orders_received, 0);
	desk_close(desk);
}

static void executions_are_scanned_from_before_the_oldest_open_order(void **state)
{
	struct desk *desk = desk_open();

	(void)state;
	desk_start(desk);
	desk_order(desk, "BUY", "0.1", "100");
	desk_answer(desk, CALL_KIND_ORDER);
	desk_execute(desk, desk_last(desk), "0.05"); /* trade 100, never told */
	desk_stream_fill(desk, desk_execute(desk, desk_last(desk), "0.01"));
	desk_restart(desk, desk->record_count);
	desk_boot(desk);
	desk_answer(desk, CALL_KIND_TIME);
	assert_non_null(strstr(desk_call(desk, CALL_KIND_TRADES)->request.query, "fromId=1&"));
	desk_close(desk);
}

static void a_failed_scan_is_repeated(void **state)
{
	struct desk *desk = desk_open();

	(void)state;
	desk_start(desk);
	desk_link(desk, LINK_STATUS_UP);
	desk_answer(desk, CALL_KIND_SUBSCRIBE);
	desk_refuse(desk, CALL_KIND_TRADES, EVIDENCE_NOTHING, 0);
	desk_pass(desk, 1100 * NANOS_MS);
	assert_non_null(desk_call(desk, CALL_KIND_TRADES));
	desk_close(desk);
}

static void client_ids_never_repeat_over_restarts(void **state)
{
	struct desk *desk = desk_open();
	ident_t ids[50];

	(void)state;
	for (size_t i = 0; i < 50; i++) {
		desk_restart(desk, 0);
		desk_start(desk);
		ids[i] = desk_book(desk, desk_order(desk, "BUY", "0.1", "100")).client_id;
		for (size_t j = 0; j < i; j++)
			assert_false(ident_equals(ids[i], ids[j]));
	}
	desk_close(desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_folded_journal_is_the_state),
		cmocka_unit_test(after_a_quiet_time_the_books_are_the_exchanges),
		cmocka_unit_test(a_crash_before_any_record_loses_nothing_and_doubles_nothing),
		cmocka_unit_test(a_crash_inside_the_recovery_ends_the_same),
		cmocka_unit_test(what_was_on_its_way_is_unknown_after_a_restart),
		cmocka_unit_test(what_was_written_down_and_not_sent_is_never_sent),
		cmocka_unit_test(executions_are_scanned_from_before_the_oldest_open_order),
		cmocka_unit_test(a_failed_scan_is_repeated),
		cmocka_unit_test(client_ids_never_repeat_over_restarts),
	};
	return cmocka_run_group_tests_name("executor_replay", tests, NULL, NULL);
}
