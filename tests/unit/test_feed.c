/* SPDX-License-Identifier: Apache-2.0 */
#include "services/feed/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/logic_bench.h"

enum { TIMER_CHECK = 1 };

static struct logic_bench bench;
static struct feed_config config;
static struct venue_depth depth;
static struct venue_book book;

static void tell_link(enum link_status status)
{
	struct link_state link = {
		.link = name_from("market"), .status = status, .reason = text_from("cable")};
	logic_bench_tell(&bench, MESSAGE_LINK_STATE, &link);
}

static int set_up(void **state)
{
	(void)state;
	config_defaults(&feed_config_type, &config);
	logic_bench_open(&bench, &feed_logic, &config);
	bench.stack.symbols.count = 1;
	bench.stack.symbols.items[0] = name_from("BTCUSDT");
	logic_bench_init(&bench);
	logic_bench_event(&bench, EVENT_START);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	logic_bench_close(&bench);
	return 0;
}

/* One bid and one ask; a quantity of zero removes the level. */
static void given_depth(uint64_t first, uint64_t last, const char *bid, const char *ask)
{
	depth = (struct venue_depth){.symbol = name_from("BTCUSDT"), .first = first, .last = last};
	depth.bids.count = depth.asks.count = 1;
	depth.bids.items[0] = (struct level){decimal_of(bid), decimal_of("1")};
	depth.asks.items[0] = (struct level){decimal_of(ask), decimal_of("1")};
	logic_bench_tell(&bench, MESSAGE_VENUE_DEPTH, &depth);
}

static uint64_t snapshot_token(void)
{
	for (size_t i = 0; i < bench.out->count; i++) {
		const struct effect *effect = &bench.out->effects[i];
		if (effect->kind == EFFECT_CALL && effect->target == CALL_HTTP &&
		    strstr(((const struct http_request *)effect->body)->path, "depth") != NULL)
			return effect->token;
	}
	return 0;
}

static void end_snapshot(uint64_t token, enum evidence evidence)
{
	struct venue_answer answer = {.evidence = evidence, .items = evidence == EVIDENCE_EXISTS};
	logic_bench_reply(&bench, token, MESSAGE_VENUE_ANSWER, &answer);
}

static void given_snapshot(uint64_t last)
{
	book = (struct venue_book){.symbol = name_from("BTCUSDT"), .last = last};
	book.bids.count = book.asks.count = 1;
	book.bids.items[0] = (struct level){decimal_of("99"), decimal_of("1")};
	book.asks.items[0] = (struct level){decimal_of("101"), decimal_of("1")};
	logic_bench_tell(&bench, MESSAGE_VENUE_BOOK, &book);
}

static const struct market_state *told(void)
{
	return logic_bench_body(&bench, EFFECT_PUBLISH, MESSAGE_MARKET_STATE);
}

static struct market_state state_now(void)
{
	logic_bench_republish(&bench);
	return *told();
}

static bool top_is_published(uint64_t id, const char *bid, const char *ask)
{
	struct venue_top top = {
		.symbol = name_from("BTCUSDT"),
		.book_id = id,
		.bid = decimal_of(bid),
		.ask = decimal_of(ask),
	};
	logic_bench_tell(&bench, MESSAGE_VENUE_TOP, &top);
	return logic_bench_count(&bench, EFFECT_PUBLISH, MESSAGE_TICK) == 1;
}

/* Link up, two events wait, the snapshot falls between them. */
static void given_live(void)
{
	tell_link(LINK_STATUS_UP);
	given_depth(11, 12, "99.5", "101");
	uint64_t token = snapshot_token();
	assert_int_not_equal(token, 0);
	given_depth(13, 14, "99.6", "101");
	given_snapshot(12);
	assert_int_equal(told()->status, MARKET_STATUS_LIVE);
	end_snapshot(token, EVIDENCE_EXISTS);
}

static void pass(nanos_t time)
{
	bench.now += time;
	logic_bench_timer(&bench, TIMER_CHECK);
}

static void at_the_start_it_opens_its_link_and_asks_for_the_rules(void **state)
{
	(void)state;
	logic_bench_init(&bench);
	logic_bench_event(&bench, EVENT_START);
	assert_int_equal(logic_bench_count(&bench, EFFECT_CALL, MESSAGE_LINK_OPEN), 1);
	const struct effect *call = NULL;
	for (size_t i = 0; i < bench.out->count; i++)
		if (bench.out->effects[i].kind == EFFECT_CALL &&
		    bench.out->effects[i].target == CALL_HTTP)
			call = &bench.out->effects[i];
	assert_non_null(call);
	assert_non_null(strstr(((const struct http_request *)call->body)->path, "exchangeInfo"));
	assert_int_equal(state_now().status, MARKET_STATUS_DOWN);
}

static void connected_it_is_syncing_until_the_snapshot_fits_the_updates(void **state)
{
	(void)state;
	tell_link(LINK_STATUS_UP);
	assert_int_equal(told()->status, MARKET_STATUS_SYNCING);
	assert_int_equal(snapshot_token(),
	                 0); /* not before the first update: the snapshot must fall behind it */
	given_depth(11, 12, "99.5", "101");
	assert_int_not_equal(snapshot_token(), 0);
	assert_false(top_is_published(12, "99.5", "101"));
	given_snapshot(11); /* inside the first that waits */
	assert_int_equal(told()->status, MARKET_STATUS_LIVE);
	assert_int_equal(state_now().resyncs, 1);
	assert_true(top_is_published(13, "99.5", "101"));
}

static void a_snapshot_that_is_too_old_is_asked_for_again(void **state)
{
	(void)state;
	tell_link(LINK_STATUS_UP);
	given_depth(11, 12, "99.5", "101");
	uint64_t token = snapshot_token();
	given_snapshot(9); /* 10 is missing */
	assert_null(told());
	end_snapshot(token, EVIDENCE_EXISTS);
	pass(100 * NANOS_MS);
	assert_int_not_equal(snapshot_token(), 0);
	given_snapshot(10);
	assert_int_equal(told()->status, MARKET_STATUS_LIVE);
}

static void a_snapshot_that_fails_is_asked_for_again_after_a_while(void **state)
{
	(void)state;
	tell_link(LINK_STATUS_UP);
	given_depth(11, 12, "99.5", "101");
	end_snapshot(snapshot_token(), EVIDENCE_NOTHING);
	assert_non_null(logic_bench_note(&bench, "market.query"));
	pass(config.snapshot_retry - NANOS_MS);
	assert_int_equal(snapshot_token(), 0);
	pass(NANOS_MS);
	assert_int_not_equal(snapshot_token(), 0);
}

static void a_snapshot_that_nobody_asked_for_is_ignored(void **state)
{
	(void)state;
	given_live();
	given_snapshot(50);
	assert_null(told());
	given_depth(15, 16, "99.7", "101");
	assert_null(told()); /* 50 would have made it old, and 51 was not asked for */
	assert_int_equal(state_now().status, MARKET_STATUS_LIVE);
}

static void a_gap_means_syncing_and_no_tick_until_the_book_is_whole(void **state)
{
	(void)state;
	given_live();
	assert_true(top_is_published(14, "99.6", "101"));
	given_depth(16, 17, "99.7", "101"); /* 15 is missing */
	assert_int_equal(told()->status, MARKET_STATUS_SYNCING);
	assert_non_null(logic_bench_note(&bench, "market.status"));
	assert_false(top_is_published(18, "99.7", "101"));
	assert_int_equal(state_now().gaps, 1);
	given_depth(18, 19, "99.7", "101");
	assert_int_not_equal(snapshot_token(), 0);
	given_snapshot(19);
	assert_true(top_is_published(20, "99.7", "101"));
}

static void an_update_that_crosses_the_book_is_no_update(void **state)
{
	(void)state;
	given_live();
	given_depth(15, 16, "102", "102.5");
	assert_int_equal(told()->status, MARKET_STATUS_SYNCING);
}

static void a_silent_symbol_is_stale_until_its_book_moves(void **state)
{
	(void)state;
	given_live();
	pass(config.stale_after);
	assert_int_equal(state_now().status, MARKET_STATUS_LIVE);
	pass(NANOS_MS);
	assert_int_equal(state_now().status, MARKET_STATUS_STALE);
	assert_false(top_is_published(15, "99.6", "101"));
	given_depth(15, 16, "99.7", "101");
	assert_int_equal(told()->status, MARKET_STATUS_LIVE);
	assert_true(top_is_published(16, "99.7", "101"));
}

static void a_top_that_makes_no_sense_is_refused_and_counted(void **state)
{
	(void)state;
	given_live();
	assert_false(top_is_published(15, "101", "100"));
	assert_false(top_is_published(16, "100", "100"));
	assert_false(top_is_published(17, "0", "100"));
	assert_false(top_is_published(18, "100", "0"));
	assert_int_equal(state_now().refused, 4);
	assert_true(top_is_published(19, "100", "100.01"));
}

static void an_old_top_is_not_published_again(void **state)
{
	(void)state;
	given_live();
	assert_true(top_is_published(15, "99.6", "101"));
	assert_false(top_is_published(15, "99.5", "101"));
	assert_false(top_is_published(14, "99.5", "101"));
}

static void a_frame_that_did_not_parse_is_counted_and_said(void **state)
{
	struct venue_notice notice = {.link = name_from("market"), .event = name_from("malformed")};
	(void)state;
	given_live();
	logic_bench_tell(&bench, MESSAGE_VENUE_NOTICE, &notice);
	assert_non_null(logic_bench_note(&bench, "market.notice"));
	assert_int_equal(state_now().refused, 1);
	assert_int_equal(state_now().status, MARKET_STATUS_LIVE);
}

static void a_lost_link_means_down_and_a_new_one_begins_anew(void **state)
{
	(void)state;
	given_live();
	tell_link(LINK_STATUS_DOWN);
	assert_int_equal(told()->status, MARKET_STATUS_DOWN);
	assert_string_equal(told()->reason.text, "cable");
	assert_false(top_is_published(15, "99.6", "101"));
	tell_link(LINK_STATUS_UP);
	assert_int_equal(told()->status, MARKET_STATUS_SYNCING);
	given_depth(31, 32, "99.5", "101");
	assert_int_not_equal(snapshot_token(), 0);
}

static void a_snapshot_of_the_link_before_does_not_make_the_new_one_live(void **state)
{
	(void)state;
	tell_link(LINK_STATUS_UP);
	given_depth(11, 12, "99.5", "101");
	tell_link(LINK_STATUS_DOWN);
	tell_link(LINK_STATUS_UP);
	given_snapshot(12);
	assert_null(told());
	assert_int_equal(state_now().status, MARKET_STATUS_SYNCING);
}

static void a_silent_link_is_dropped_to_be_made_again(void **state)
{
	(void)state;
	given_live();
	pass(config.reconnect_after);
	assert_int_equal(logic_bench_count(&bench, EFFECT_CALL, MESSAGE_LINK_CLOSE), 0);
	pass(NANOS_MS);
	assert_int_equal(logic_bench_count(&bench, EFFECT_CALL, MESSAGE_LINK_CLOSE), 1);
}

static bool trade_is_published(uint64_t id, const char *price)
{
	struct venue_trade trade = {
		.symbol = name_from("BTCUSDT"),
		.trade_id = id,
		.price = decimal_of(price),
		.qty = decimal_of("1"),
		.taker = SIDE_BUY,
	};
	logic_bench_tell(&bench, MESSAGE_VENUE_TRADE, &trade);
	return logic_bench_count(&bench, EFFECT_PUBLISH, MESSAGE_TRADE) == 1;
}

static void trades_are_published_once_and_their_gaps_counted(void **state)
{
	(void)state;
	given_live();
	uint64_t gaps = state_now().gaps;
	assert_true(trade_is_published(5, "100"));
	assert_false(trade_is_published(5, "100"));
	assert_false(trade_is_published(6, "0"));
	assert_true(trade_is_published(8, "100"));
	assert_int_equal(state_now().gaps, gaps + 1);
	assert_int_equal(state_now().refused, 1);
}

static void marks_come_at_a_calm_pace_and_never_lose_the_last_price(void **state)
{
	(void)state;
	given_live();
	assert_true(top_is_published(15, "99.6", "101"));
	assert_int_equal(logic_bench_count(&bench, EFFECT_PUBLISH, MESSAGE_MARK), 1);
	assert_true(top_is_published(16, "99.7", "101"));
	assert_int_equal(logic_bench_count(&bench, EFFECT_PUBLISH, MESSAGE_MARK), 0);
	pass(config.mark_interval);
	const struct mark *mark = logic_bench_body(&bench, EFFECT_PUBLISH, MESSAGE_MARK);
	assert_non_null(mark);
	assert_true(decimal_equals(mark->bid, decimal_of("99.7")));
	pass(config.mark_interval);
	assert_int_equal(logic_bench_count(&bench, EFFECT_PUBLISH, MESSAGE_MARK), 0);
}

static void more_updates_than_can_wait_begin_anew_instead_of_losing_some(void **state)
{
	(void)state;
	tell_link(LINK_STATUS_UP);
	for (uint64_t i = 1; i <= 5000 && state_now().gaps == 0; i++)
		given_depth(i, i, "99.5", "101");
	assert_int_equal(state_now().gaps, 1);
	assert_int_equal(state_now().status, MARKET_STATUS_SYNCING);
}

static void it_is_healthy_when_every_symbol_is_live_and_its_rules_are_known(void **state)
{
	text_t why;
	struct instrument instrument = {.symbol = name_from("BTCUSDT"), .trading = true};
	(void)state;
	given_live();
	assert_int_equal(feed_logic.health(bench.state, bench.now, &why), SERVICE_STATUS_DEGRADED);
	logic_bench_tell(&bench, MESSAGE_INSTRUMENT, &instrument);
	assert_int_equal(logic_bench_count(&bench, EFFECT_PUBLISH, MESSAGE_INSTRUMENT), 1);
	assert_int_equal(feed_logic.health(bench.state, bench.now, &why), SERVICE_STATUS_HEALTHY);
	tell_link(LINK_STATUS_DOWN);
	assert_int_equal(feed_logic.health(bench.state, bench.now, &why), SERVICE_STATUS_DEGRADED);
}

static void it_says_its_whole_state_again(void **state)
{
	struct instrument instrument = {.symbol = name_from("BTCUSDT"), .trading = true};
	(void)state;
	given_live();
	logic_bench_tell(&bench, MESSAGE_INSTRUMENT, &instrument);
	assert_true(top_is_published(15, "99.6", "101"));
	logic_bench_republish(&bench);
	assert_int_equal(logic_bench_count(&bench, EFFECT_PUBLISH, MESSAGE_MARKET_STATE), 1);
	assert_int_equal(logic_bench_count(&bench, EFFECT_PUBLISH, MESSAGE_INSTRUMENT), 1);
	assert_int_equal(logic_bench_count(&bench, EFFECT_PUBLISH, MESSAGE_TICK), 1);
	assert_int_equal(logic_bench_count(&bench, EFFECT_PUBLISH, MESSAGE_MARK), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(at_the_start_it_opens_its_link_and_asks_for_the_rules),
		TEST(connected_it_is_syncing_until_the_snapshot_fits_the_updates),
		TEST(a_snapshot_that_is_too_old_is_asked_for_again),
		TEST(a_snapshot_that_fails_is_asked_for_again_after_a_while),
		TEST(a_snapshot_that_nobody_asked_for_is_ignored),
		TEST(a_gap_means_syncing_and_no_tick_until_the_book_is_whole),
		TEST(an_update_that_crosses_the_book_is_no_update),
		TEST(a_silent_symbol_is_stale_until_its_book_moves),
		TEST(a_top_that_makes_no_sense_is_refused_and_counted),
		TEST(an_old_top_is_not_published_again),
		TEST(a_frame_that_did_not_parse_is_counted_and_said),
		TEST(a_lost_link_means_down_and_a_new_one_begins_anew),
		TEST(a_snapshot_of_the_link_before_does_not_make_the_new_one_live),
		TEST(a_silent_link_is_dropped_to_be_made_again),
		TEST(trades_are_published_once_and_their_gaps_counted),
		TEST(marks_come_at_a_calm_pace_and_never_lose_the_last_price),
		TEST(more_updates_than_can_wait_begin_anew_instead_of_losing_some),
		TEST(it_is_healthy_when_every_symbol_is_live_and_its_rules_are_known),
		TEST(it_says_its_whole_state_again),
	};
	return cmocka_run_group_tests_name("feed", tests, NULL, NULL);
}
