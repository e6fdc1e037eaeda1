/* SPDX-License-Identifier: Apache-2.0 */
/* A recorded session of 346 seconds through the book, the trades and the candles. What must come
   out was computed from the same file by other means. */
#include "common/model/book.h"
#include "common/model/candle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/lib/capture.h"
#include "tests/lib/check_decimal.h"

enum { TOPS_MAX = 30000, CANDLES_MAX = 16 };

struct session {
	struct book book;
	struct venue_depth pending[BOOK_PENDING_MAX];
	size_t pending_count;
	uint64_t snapshot_id;
	unsigned depths, obsolete, applied, refused;

	struct venue_top tops[TOPS_MAX];
	size_t top_count, top_next; /* next: the first one that is newer than the book */
	unsigned comparisons, differences, tops_out_of_order;

	unsigned trades, trades_out_of_order;
	uint64_t first_trade_id, last_trade_id;
	struct decimal_total qty, notional, taker_buys;
	decimal_t high, low;

	struct candle_builder builder;
	struct candle candles[CANDLES_MAX];
	size_t candle_count;
};

static bool equals_top(const struct book *book, const struct venue_top *top)
{
	const struct level *bid = book_best_bid(book), *ask = book_best_ask(book);

	return bid != NULL && ask != NULL && decimal_equals(bid->price, top->bid) &&
	       decimal_equals(bid->qty, top->bid_qty) && decimal_equals(ask->price, top->ask) &&
	       decimal_equals(ask->qty, top->ask_qty);
}

static void compare_with_latest_top(struct session *session)
{
	while (session->top_next < session->top_count &&
	       session->tops[session->top_next].book_id <= session->book.id)
		session->top_next++;
	if (session->top_next == 0)
		return;
	session->comparisons++;
	session->differences += !equals_top(&session->book, &session->tops[session->top_next - 1]);
}

static void apply_depth(struct session *session, const struct venue_depth *depth)
{
	bool old = depth->last <= session->book.id;

	if (book_apply(&session->book, depth->first, depth->last, &depth->bids, &depth->asks) != OK)
		session->refused++;
	else if (old)
		session->obsolete++;
	else
		session->applied++;
}

static void take_depth(struct session *session, const struct venue_depth *depth)
{
	session->depths++;
	if (session->book.id == 0) {
		assert_true(session->pending_count < BOOK_PENDING_MAX);
		session->pending[session->pending_count++] = *depth;
		return;
	}
	apply_depth(session, depth);
	compare_with_latest_top(session);
}

static void take_book(struct session *session, const struct venue_book *snapshot)
{
	session->snapshot_id = snapshot->last;
	assert_int_equal(
		book_load(&session->book, snapshot->last, &snapshot->bids, &snapshot->asks), OK);
	for (size_t i = 0; i < session->pending_count; i++)
		apply_depth(session, &session->pending[i]);
}

static void take_top(struct session *session, const struct venue_top *top)
{
	size_t count = session->top_count;

	assert_true(count < TOPS_MAX);
	if (count > 0 && top->book_id <= session->tops[count - 1].book_id)
		session->tops_out_of_order++;
	session->tops[session->top_count++] = *top;
}

static void add_to_candles(struct session *session, const struct venue_trade *trade)
{
	struct candle closed;

	if (!candle_trade(&session->builder, trade->at, trade->price, trade->qty, &closed))
		return;
	assert_true(session->candle_count < CANDLES_MAX);
	session->candles[session->candle_count++] = closed;
}

static void take_trade(struct session *session, const struct venue_trade *trade)
{
	if (session->trades++ == 0) {
		session->first_trade_id = trade->trade_id;
		session->high = session->low = trade->price;
	} else if (trade->trade_id != session->last_trade_id + 1) {
		session->trades_out_of_order++;
	}
	session->last_trade_id = trade->trade_id;
	session->high = decimal_max(session->high, trade->price);
	session->low = decimal_min(session->low, trade->price);
	assert_int_equal(decimal_total_add(&session->qty, trade->qty), OK);
	assert_int_equal(decimal_total_add_product(&session->notional, trade->price, trade->qty),
	                 OK);
	if (trade->taker == SIDE_BUY)
		assert_int_equal(decimal_total_add(&session->taker_buys, trade->qty), OK);
	add_to_candles(session, trade);
}

static void take_message(struct session *session, const struct capture_message *message)
{
	switch (message->kind) {
	case CAPTURE_TRADE: take_trade(session, &message->trade); return;
	case CAPTURE_TOP: take_top(session, &message->top); return;
	case CAPTURE_DEPTH: take_depth(session, &message->depth); return;
	case CAPTURE_BOOK: take_book(session, &message->book); return;
	}
}

static int play_session(void **state)
{
	struct session *session = calloc(1, sizeof *session);
	struct capture *capture = capture_open(CAPTURE_BTCUSDT);
	const struct capture_message *message;

	candle_init(&session->builder, NANOS_MIN, NANOS_S);
	while ((message = capture_next(capture)) != NULL)
		take_message(session, message);
	capture_close(capture);
	struct candle *last = &session->candles[session->candle_count];
	assert_true(candle_tick(&session->builder, candle_due(&session->builder), last));
	session->candle_count++;
	*state = session;
	return 0;
}

static int end_session(void **state)
{
	free(*state);
	return 0;
}

static void takes_3451_depth_events_without_a_gap_or_a_crossed_book(void **state)
{
	const struct session *session = *state;

	assert_int_equal(session->depths, 3451);
	assert_int_equal(session->refused, 0);
	assert_int_equal(session->obsolete, 2);
	assert_int_equal(session->applied, 3449);
}

static void starts_from_a_snapshot_that_a_buffered_event_straddles(void **state)
{
	const struct session *session = *state;

	assert_true(session->snapshot_id == 50093239218);
	assert_int_equal(session->pending_count, 3);
	assert_true(session->pending[1].last <= session->snapshot_id);
	assert_true(session->pending[2].first == 50093239208);
	assert_true(session->pending[2].last == 50093239224);
}

static void ends_with_the_known_book(void **state)
{
	const struct book *book = &((const struct session *)*state)->book;

	assert_true(book->id == 50093421584);
	assert_int_equal(book->bids.count, 1209);
	assert_int_equal(book->asks.count, 2196);
	assert_decimal(book_best_bid(book)->price, "61685.99");
	assert_decimal(book_best_bid(book)->qty, "1.0087");
	assert_decimal(book_best_ask(book)->price, "61686");
	assert_decimal(book_best_ask(book)->qty, "2.29327");
}

static bool is_sorted(const struct book_side *side, int direction)
{
	for (uint32_t i = 1; i < side->count; i++)
		if (decimal_compare(side->levels[i - 1].price, side->levels[i].price) * direction <=
		    0)
			return false;
	return true;
}

static void ends_with_bids_that_fall_and_asks_that_rise(void **state)
{
	const struct session *session = *state;

	assert_true(is_sorted(&session->book.bids, 1));
	assert_true(is_sorted(&session->book.asks, -1));
}

static void agrees_with_the_best_prices_of_the_other_stream_after_each_depth_event(void **state)
{
	const struct session *session = *state;

	assert_int_equal(session->comparisons, 3448);
	assert_int_equal(session->differences, 0);
}

static void sees_28040_best_prices_with_rising_ids(void **state)
{
	const struct session *session = *state;

	assert_int_equal(session->top_count, 28040);
	assert_int_equal(session->tops_out_of_order, 0);
}

static void sees_9757_trades_with_contiguous_ids(void **state)
{
	const struct session *session = *state;

	assert_int_equal(session->trades, 9757);
	assert_int_equal(session->trades_out_of_order, 0);
	assert_true(session->first_trade_id == 3735683259);
	assert_true(session->last_trade_id == 3735693015);
}

static void assert_total(const struct decimal_total *total, const char *expected)
{
	char text[DECIMAL_TEXT_SIZE + 16];

	assert_string_equal(decimal_total_print(total, text), expected);
}

static void sums_the_trades_to_the_known_totals(void **state)
{
	const struct session *session = *state;

	assert_total(&session->qty, "212.03315");
	assert_total(&session->notional, "13084074.1123886");
	assert_total(&session->taker_buys, "96.65118");
	assert_decimal(session->high, "61860.8");
	assert_decimal(session->low, "61583.22");
}

static void builds_candles_that_hold_every_trade_once(void **state)
{
	const struct session *session = *state;
	struct decimal_total volume = DECIMAL_TOTAL_ZERO;
	uint64_t trades = 0;

	for (size_t i = 0; i < session->candle_count; i++) {
		assert_int_equal(decimal_total_add(&volume, session->candles[i].volume), OK);
		trades += session->candles[i].trades;
	}
	assert_total(&volume, "212.03315");
	assert_int_equal(trades, 9757);
	assert_int_equal(session->builder.late, 0);
}

static void builds_seven_candles_in_a_row_within_the_known_range(void **state)
{
	const struct session *session = *state;
	decimal_t high = session->candles[0].high, low = session->candles[0].low;

	assert_int_equal(session->candle_count, 7);
	for (size_t i = 1; i < session->candle_count; i++) {
		assert_int_equal(session->candles[i].missing, 0);
		assert_true(session->candles[i].start == session->candles[i - 1].start + NANOS_MIN);
		high = decimal_max(high, session->candles[i].high);
		low = decimal_min(low, session->candles[i].low);
	}
	assert_decimal(high, "61860.8");
	assert_decimal(low, "61583.22");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_3451_depth_events_without_a_gap_or_a_crossed_book),
		cmocka_unit_test(starts_from_a_snapshot_that_a_buffered_event_straddles),
		cmocka_unit_test(ends_with_the_known_book),
		cmocka_unit_test(ends_with_bids_that_fall_and_asks_that_rise),
		cmocka_unit_test(
			agrees_with_the_best_prices_of_the_other_stream_after_each_depth_event),
		cmocka_unit_test(sees_28040_best_prices_with_rising_ids),
		cmocka_unit_test(sees_9757_trades_with_contiguous_ids),
		cmocka_unit_test(sums_the_trades_to_the_known_totals),
		cmocka_unit_test(builds_candles_that_hold_every_trade_once),
		cmocka_unit_test(builds_seven_candles_in_a_row_within_the_known_range),
	};
	return cmocka_run_group_tests_name("capture", tests, play_session, end_session);
}
