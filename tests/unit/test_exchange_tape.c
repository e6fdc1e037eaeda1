/* SPDX-License-Identifier: Apache-2.0 */
#include "services/exchange/history.h"
#include "services/exchange/money.h"
#include "tests/lib/exchange_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const nanos_t opened = 1790000000 * NANOS_S;

struct stage {
	struct market market;
	struct book client; /* a client's, from one snapshot and the stream */
};

static struct stage *stage_at(nanos_t passed, const char *price_offset)
{
	struct stage *stage = calloc(1, sizeof *stage);
	struct market_place place = {
		.origin = opened, .price_offset = decimal_of(price_offset), .id_offset = 500};
	market_init(&stage->market, bench_tape(), &place, opened + passed);
	stage->client = stage->market.book;
	return stage;
}

static void the_recording_gives_its_known_counts(void **state)
{
	const struct tape *tape = bench_tape();
	(void)state;
	size_t kinds[TAPE_DEPTH + 1] = {0};
	for (size_t i = 0; i < tape->message_count; i++)
		kinds[tape->messages[i].kind]++;
	assert_int_equal(kinds[TAPE_TRADE], 9757);
	assert_int_equal(kinds[TAPE_TOP], 28040);
	assert_int_equal(kinds[TAPE_DEPTH], 3451 - 2); /* two are older than the snapshot */
	assert_int_equal(tape->first_id, 50093239224);
	assert_int_equal(tape->last_id, 50093421584);
	assert_int_equal(tape->last_book.bids, 1209);
	assert_int_equal(tape->last_book.asks, 2196);
	assert_int_equal(tape->trades[tape->trade_count].volume, 21203315000);
}

static void no_message_is_due_before_its_own_time(void **state)
{
	const struct tape *tape = bench_tape();
	(void)state;
	for (size_t i = 0; i < tape->message_count; i++) {
		const struct tape_message *message = &tape->messages[i];
		assert_true(i == 0 || message->due >= message[-1].due);
		assert_true(message->kind == TAPE_TOP ||
		            (message->event >= 0 && message->event <= message->due));
		assert_true(message->due < tape->period);
	}
	assert_int_equal(tape->period % NANOS_MS, 0);
}

static void a_client_follows_the_book_through_two_seams_without_a_gap(void **state)
{
	struct stage *stage = stage_at(0, "0");
	size_t count = 2 * bench_tape()->message_count + bench_tape()->seam + 500;
	uint64_t trade_id = 0, depth_id = 0;
	nanos_t due = 0;
	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct market_message message;
		assert_true(market_due(&stage->market) >= due);
		due = market_due(&stage->market);
		market_next(&stage->market, &message);
		if (message.kind == TAPE_TRADE) {
			assert_true(trade_id == 0 || message.first == trade_id + 1);
			trade_id = message.first;
		}
		if (message.kind != TAPE_DEPTH)
			continue;
		assert_true(depth_id == 0 || message.first == depth_id + 1);
		depth_id = message.last;
		assert_int_equal(book_apply(&stage->client, message.first, message.last,
		                            message.bids, message.asks),
		                 OK);
	}
	assert_int_equal(stage->market.round, 2);
	assert_int_equal(stage->client.id, stage->market.book.id);
	assert_int_equal(stage->client.bids.count, stage->market.book.bids.count);
	assert_int_equal(stage->client.asks.count, stage->market.book.asks.count);
	free(stage);
}

static void the_seam_brings_back_exactly_the_first_book(void **state)
{
	struct stage *stage = stage_at(0, "0");
	struct book first = stage->market.book;
	struct market_message message;
	(void)state;
	for (size_t i = 0; i < bench_tape()->message_count + bench_tape()->seam + 1; i++)
		market_next(&stage->market, &message);
	const struct book *now = &stage->market.book;
	assert_int_equal(now->id, first.id + bench_tape()->id_span);
	assert_int_equal(now->bids.count, first.bids.count);
	for (uint32_t i = 0; i < first.bids.count; i++)
		assert_true(decimal_equals(now->bids.levels[i].price, first.bids.levels[i].price) &&
		            decimal_equals(now->bids.levels[i].qty, first.bids.levels[i].qty));
	assert_int_equal(now->asks.count, first.asks.count);
	for (uint32_t i = 0; i < first.asks.count; i++)
		assert_true(decimal_equals(now->asks.levels[i].price, first.asks.levels[i].price) &&
		            decimal_equals(now->asks.levels[i].qty, first.asks.levels[i].qty));
	free(stage);
}

/* The recording's own oracle: after each depth message the top of the book is the latest best
 * price. */
static void the_best_prices_agree_with_the_book_in_every_round(void **state)
{
	struct stage *stage = stage_at(0, "5000");
	struct market_message top = {.last = 0}, message;
	size_t compared = 0;
	struct {
		uint64_t id;
		decimal_t bid, ask;
	} *tops = calloc(64, sizeof *tops);
	size_t next = 0;
	(void)state;
	for (size_t i = 0; i < 2 * bench_tape()->message_count; i++) {
		market_next(&stage->market, &message);
		if (message.kind == TAPE_TOP) {
			assert_true(message.last > top.last);
			top = message;
			tops[next % 64].id = message.last;
			tops[next % 64].bid = message.bid;
			tops[next++ % 64].ask = message.ask;
		}
		if (message.kind != TAPE_DEPTH || next < 64)
			continue;
		size_t best = 64;
		for (size_t j = 0; j < 64; j++)
			if (tops[j].id <= message.last &&
			    (best == 64 || tops[j].id > tops[best].id))
				best = j;
		if (best == 64)
			continue;
		compared++;
		assert_true(
			decimal_equals(book_best_bid(&stage->market.book)->price, tops[best].bid));
		assert_true(
			decimal_equals(book_best_ask(&stage->market.book)->price, tops[best].ask));
	}
	assert_in_range(compared, 6800, 7000);
	free(tops);
	free(stage);
}

static void a_restart_finds_the_same_market_at_the_same_time(void **state)
{
	static const nanos_t moments[] = {0,
	                                  50 * NANOS_MS,
	                                  170 * NANOS_MS,
	                                  90 * NANOS_S,
	                                  346 * NANOS_S,
	                                  346300 * NANOS_MS,
	                                  346450 * NANOS_MS,
	                                  500 * NANOS_S};
	(void)state;
	for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
		struct stage *played = stage_at(0, "0"), *found = stage_at(moments[i], "0");
		struct market_message message;
		while (market_due(&played->market) <= opened + moments[i])
			market_next(&played->market, &message);
		assert_int_equal(found->market.round, played->market.round);
		assert_int_equal(found->market.position, played->market.position);
		assert_int_equal(found->market.trades, played->market.trades);
		assert_int_equal(found->market.book.id, played->market.book.id);
		assert_int_equal(found->market.book.bids.count, played->market.book.bids.count);
		assert_int_equal(found->market.book.asks.count, played->market.book.asks.count);
		assert_true(moments[i] < NANOS_S ||
		            decimal_equals(found->market.last_price, played->market.last_price));
		free(played);
		free(found);
	}
}

static void a_candle_is_what_its_trades_make_of_it(void **state)
{
	struct stage *stage = stage_at(0, "5000");
	nanos_t start = (opened + 330 * NANOS_S) / NANOS_MIN * NANOS_MIN,
		end = start + NANOS_MIN; /* over the seam */
	struct history_candle made = {.trades = 0,
	                              .volume = DECIMAL_TOTAL_ZERO,
	                              .turnover = DECIMAL_TOTAL_ZERO},
			      told;
	struct market_message message;
	(void)state;
	while (market_due(&stage->market) < end + NANOS_S) {
		market_next(&stage->market, &message);
		if (message.kind != TAPE_TRADE || message.at < start || message.at >= end)
			continue;
		made.open = made.trades == 0 ? message.bid : made.open;
		made.high = made.trades == 0 ? message.bid : decimal_max(made.high, message.bid);
		made.low = made.trades == 0 ? message.bid : decimal_min(made.low, message.bid);
		made.close = message.bid;
		made.trades++;
		assert_int_equal(decimal_total_add(&made.volume, message.bid_qty), OK);
		assert_int_equal(
			decimal_total_add_product(&made.turnover, message.bid, message.bid_qty),
			OK);
	}
	assert_true(history_candle(&stage->market, start, end, &told));
	assert_int_equal(told.trades, made.trades);
	assert_true(decimal_equals(told.open, made.open) && decimal_equals(told.close, made.close));
	assert_true(decimal_equals(told.high, made.high) && decimal_equals(told.low, made.low));
	decimal_t a, b;
	assert_int_equal(decimal_total_value(&told.volume, &a), OK);
	assert_int_equal(decimal_total_value(&made.volume, &b), OK);
	assert_true(decimal_equals(a, b));
	assert_int_equal(decimal_total_value(&told.turnover, &a), OK);
	assert_int_equal(decimal_total_value(&made.turnover, &b), OK);
	assert_true(decimal_equals(a, b));
	free(stage);
}

static void there_is_history_before_the_exchange_first_opened(void **state)
{
	struct stage *stage = stage_at(0, "0");
	struct history_candle candle;
	(void)state;
	assert_true(history_candle(&stage->market, opened - 3600 * NANOS_S, opened, &candle));
	assert_in_range(candle.trades, 10 * 9757, 11 * 9757);
	assert_string_equal(decimal_print(candle.high, (char[DECIMAL_TEXT_SIZE]){0}), "61860.8");
	assert_string_equal(decimal_print(candle.low, (char[DECIMAL_TEXT_SIZE]){0}), "61583.22");
	assert_false(history_candle(&stage->market, opened + NANOS_MIN, opened + 2 * NANOS_MIN,
	                            &candle));
	free(stage);
}

static void a_missing_or_foreign_file_is_refused_with_a_remedy(void **state)
{
	struct tape *tape;
	text_t why;
	(void)state;
	assert_int_equal(tape_open(&tape, "/nowhere/tape.gz", &why), ERR_NOT_FOUND);
	assert_non_null(strstr(why.text, "/nowhere/tape.gz"));
	assert_int_equal(tape_open(&tape, "services/exchange/config.def", &why), ERR_MALFORMED);
	assert_non_null(strstr(why.text, "line 1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_recording_gives_its_known_counts),
		cmocka_unit_test(no_message_is_due_before_its_own_time),
		cmocka_unit_test(a_client_follows_the_book_through_two_seams_without_a_gap),
		cmocka_unit_test(the_seam_brings_back_exactly_the_first_book),
		cmocka_unit_test(the_best_prices_agree_with_the_book_in_every_round),
		cmocka_unit_test(a_restart_finds_the_same_market_at_the_same_time),
		cmocka_unit_test(a_candle_is_what_its_trades_make_of_it),
		cmocka_unit_test(there_is_history_before_the_exchange_first_opened),
		cmocka_unit_test(a_missing_or_foreign_file_is_refused_with_a_remedy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
