/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TIMER = 1, REQUESTS = 1000, EVERY_MS = 40, WINDOW_MS = 60, SUBSCRIBE = 5000 };

static struct stage stage;

static struct {
	uint64_t asked, news, ups, downs, tops, frames_ended, frame_calls;
	unsigned answers[REQUESTS], sent[REQUESTS], executed[REQUESTS];
	nanos_t asked_at[REQUESTS], write_before[REQUESTS];
	unsigned evidence[EVIDENCE_UNSENT + 1], statuses[600];
	bool is_once, has_window, is_subscribed, wrote_late, heard_while_down, is_down;
} seen;

static int set_up(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof seen);
	stage_init(&stage, false);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	stage_close(&stage);
	return 0;
}

static void request_time(struct toy_state *self, const struct event *event, struct outbox *out)
{
	struct http_request request;
	char number[12];
	assert_int_equal(venue_named("binance")->time(&request), OK);
	snprintf(number, sizeof number, "%u", (unsigned)seen.asked);
	request.symbol = name_from(number); /* tells them apart; the exchange doesn't look at it */
	request.once = seen.is_once;
	request.timeout_ms = 1000;
	if (seen.has_window) {
		request.write_before = event->now + WINDOW_MS * NANOS_MS;
		toy_save(self, SAVE_SYNCED, seen.asked, out);
	}
	seen.asked_at[seen.asked] = event->now;
	seen.write_before[seen.asked] = request.write_before;
	outbox_call_http(out, seen.asked++, &request);
}

/* executor: asks the exchange for its time, again and again. */
static void ask(struct toy_state *self, const struct event *event, struct outbox *out)
{
	const struct venue_answer *answer = event_body(event, MESSAGE_VENUE_ANSWER);
	if (event->kind == EVENT_START || event->kind == EVENT_TIMER)
		outbox_set_timer(out, TIMER, event->now + EVERY_MS * NANOS_MS);
	if (event->kind == EVENT_TIMER && seen.asked < REQUESTS)
		request_time(self, event, out);
	if (event->kind != EVENT_REPLY)
		return;
	assert_non_null(answer);
	assert_true(answer->sent >= seen.asked_at[event->token] && answer->sent <= event->now);
	seen.answers[event->token]++;
	seen.evidence[answer->evidence]++;
	seen.statuses[answer->http_status]++;
}

static void on_sent(void *self, const struct world *world, unsigned node,
                    const struct http_request *request)
{
	unsigned number = (unsigned)atoi(request->symbol.text);
	(void)self;
	(void)node;
	seen.sent[number]++;
	/* The executor's clock is at most so far from true time. */
	seen.wrote_late |= seen.write_before[number] != 0 &&
	                   world_now(world) - 101 * NANOS_MS > seen.write_before[number];
}

static void on_executed(void *self, const struct world *world, unsigned node,
                        const struct http_request *request)
{
	(void)self;
	(void)world;
	(void)node;
	seen.executed[atoi(request->symbol.text)]++;
}

static void play_requests(void)
{
	stage.parts[STAGE_EXECUTOR].step = ask;
	stage.watch.sent = on_sent;
	stage.watch.executed = on_executed;
}

static void check_each_has_one_answer(void)
{
	unsigned old = 0;
	for (uint64_t i = 0; i < seen.asked; i++) {
		bool is_old = seen.asked_at[i] + 1500 * NANOS_MS < world_now(stage.world);
		assert_in_range(seen.answers[i], is_old ? 1 : 0, 1);
		old += is_old;
	}
	assert_true(old > 100);
}

static void a_request_ends_in_one_answer_whatever_goes_wrong(void **state)
{
	(void)state;
	static const enum fault_kind kinds[] = {
		FAULT_REQUEST_LOST, FAULT_REQUEST_LATE, FAULT_REQUEST_TWICE,
		FAULT_ANSWER_LOST,  FAULT_ANSWER_5XX,   FAULT_ANSWER_GARBLED,
		FAULT_QUEUE,        FAULT_HANG,         FAULT_THROTTLED,
	};
	play_requests();
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		memset(&seen, 0, sizeof seen);
		bool lasts = fault_infos[kinds[i]].most > 0;
		stage.plan.count = 0;
		stage_fault(&stage, kinds[i], STAGE_EXECUTOR, 2 * NANOS_S,
		            (lasts ? 6 : 2) * NANOS_S, 700);
		const struct world_figures *figures = stage_run(&stage);
		assert_true(figures->hits[kinds[i]] > 0);
		check_each_has_one_answer();
	}
}

static void what_is_lost_or_unreadable_proves_nothing(void **state)
{
	(void)state;
	play_requests();
	stage_fault(&stage, FAULT_ANSWER_LOST, STAGE_EXECUTOR, NANOS_S, 3 * NANOS_S, 1000);
	stage_fault(&stage, FAULT_ANSWER_GARBLED, STAGE_EXECUTOR, 4 * NANOS_S, 6 * NANOS_S, 1000);
	stage_fault(&stage, FAULT_ANSWER_5XX, STAGE_EXECUTOR, 7 * NANOS_S, 9 * NANOS_S, 1000);
	const struct world_figures *figures = stage_run(&stage);
	uint64_t hits = figures->hits[FAULT_ANSWER_LOST] + figures->hits[FAULT_ANSWER_GARBLED] +
	                figures->hits[FAULT_ANSWER_5XX];
	assert_true(hits > 100);
	assert_in_range(seen.evidence[EVIDENCE_NOTHING], hits - 3, hits);
	assert_true(seen.statuses[0] > 30 && seen.statuses[503] > 30);
	assert_int_equal(seen.evidence[EVIDENCE_UNSENT], 0);
}

static void an_order_is_delivered_once_and_a_query_perhaps_twice(void **state)
{
	(void)state;
	play_requests();
	stage_fault(&stage, FAULT_REQUEST_TWICE, FAULT_ANY_NODE, 0, 10 * NANOS_S, 1000);
	for (int once = 0; once < 2; once++) {
		memset(&seen, 0, sizeof seen);
		seen.is_once = once == 1;
		stage_run(&stage);
		for (uint64_t i = 0; i + 30 < seen.asked; i++)
			assert_int_equal(seen.executed[i], seen.is_once ? 1 : 2);
		check_each_has_one_answer();
	}
}

static void nothing_is_written_after_its_window(void **state)
{
	(void)state;
	unsigned unsent = 0;
	play_requests();
	for (uint64_t seed = 1; seed <= 30; seed++) {
		memset(&seen, 0, sizeof seen);
		seen.has_window = true;
		stage.plan.seed = seed;
		stage.plan.count = 0;
		nanos_t from = 3 * NANOS_S + (nanos_t)seed * 7 * NANOS_MS;
		stage_fault(&stage, FAULT_HANG, STAGE_EXECUTOR, from, from + 2 * NANOS_S, 1000);
		stage_run(&stage);
		assert_false(seen.wrote_late);
		unsent += seen.evidence[EVIDENCE_UNSENT];
		for (uint64_t i = 0; i + 30 < seen.asked; i++)
			assert_in_range(seen.sent[i] + seen.evidence[EVIDENCE_UNSENT], 1, 3);
	}
	assert_true(unsent > 0);
}

static void no_order_waits_for_the_view(void **state)
{
	(void)state;
	play_requests();
	seen.is_once = true;
	stage_fault(&stage, FAULT_REDIS_DOWN, FAULT_ANY_NODE, 2 * NANOS_S, 8 * NANOS_S, 1000);
	stage_run(&stage);
	assert_int_equal(seen.evidence[EVIDENCE_NOTHING] + seen.evidence[EVIDENCE_UNSENT], 0);
	assert_true(seen.evidence[EVIDENCE_EXISTS] > 200);
}

static void a_request_of_a_dead_process_may_be_executed_and_is_never_answered(void **state)
{
	(void)state;
	unsigned orphans = 0;
	play_requests();
	for (uint64_t seed = 1; seed <= 20; seed++) {
		memset(&seen, 0, sizeof seen);
		stage.plan.seed = seed;
		stage.plan.count = 0;
		stage_fault(&stage, FAULT_CRASH, STAGE_EXECUTOR, 3 * NANOS_S, 3 * NANOS_S, 1000);
		stage_run(&stage);
		for (uint64_t i = 0; i + 30 < seen.asked; i++)
			orphans += seen.executed[i] == 1 && seen.answers[i] == 0;
	}
	assert_in_range(orphans, 1, 20);
}

static void take_news(const struct event *event)
{
	const struct link_state *link = event_body(event, MESSAGE_LINK_STATE);
	bool is_market = event->type == MESSAGE_VENUE_TOP || event->type == MESSAGE_VENUE_TRADE;
	bool is_account = event->type == MESSAGE_VENUE_ORDER || event->type == MESSAGE_VENUE_FILL;
	seen.tops += is_market;
	seen.news += is_account;
	seen.heard_while_down |= (is_market || is_account) && seen.is_down;
	if (link == NULL)
		return;
	seen.is_down = link->status == LINK_STATUS_DOWN;
	seen.ups += !seen.is_down;
	seen.downs += seen.is_down;
}

static void subscribe(const struct event *event, struct outbox *out)
{
	struct link_frame frame;
	assert_int_equal(venue_named("binance")->user_subscribe("user", &frame), OK);
	outbox_call_frame(out, SUBSCRIBE, event->now + NANOS_S, &frame);
	seen.frame_calls++;
}

/* executor: opens the user link; subscribes when the test wants it. */
static void listen(struct toy_state *self, const struct event *event, struct outbox *out)
{
	struct link_open open = {.link = name_from("user"), .path = text_from("/ws")};
	const struct link_state *link = event_body(event, MESSAGE_LINK_STATE);
	(void)self;
	take_news(event);
	if (event->kind == EVENT_START)
		outbox_call_host(out, MESSAGE_LINK_OPEN, &open);
	if (seen.is_subscribed && link != NULL && link->status == LINK_STATUS_UP)
		subscribe(event, out);
	if (event->kind == EVENT_REPLY && event->token == SUBSCRIBE)
		seen.frames_ended++;
}

/* The same with the market's link. */
static void watch_market(struct toy_state *self, const struct event *event, struct outbox *out)
{
	struct link_open open = {.link = name_from("market"), .path = text_from("/stream")};
	(void)self;
	take_news(event);
	if (event->kind == EVENT_START)
		outbox_call_host(out, MESSAGE_LINK_OPEN, &open);
}

static void trade_by_hand(unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		nanos_t at = (2 + (nanos_t)i / 2) * NANOS_S;
		stage_fault(&stage, FAULT_MANUAL_ORDER, FAULT_ANY_NODE, at, at, 1000);
	}
}

static void the_account_is_streamed_to_subscribers_only(void **state)
{
	(void)state;
	stage.parts[STAGE_EXECUTOR].step = listen;
	trade_by_hand(8);
	stage_run(&stage);
	assert_int_equal(seen.ups, 1);
	assert_int_equal(seen.news, 0);
	memset(&seen, 0, sizeof seen);
	seen.is_subscribed = true;
	stage_run(&stage);
	assert_int_equal(seen.frames_ended, 1);
	assert_true(seen.news >= 4);
}

static uint64_t news_with(enum fault_kind kind)
{
	memset(&seen, 0, sizeof seen);
	seen.is_subscribed = true;
	stage.plan.count = 0;
	trade_by_hand(8);
	if (kind != FAULT_NONE)
		stage_fault(&stage, kind, STAGE_EXECUTOR, 1500 * NANOS_MS, 10 * NANOS_S, 1000);
	stage_run(&stage);
	return seen.news;
}

static void streamed_events_are_dropped_repeated_and_late(void **state)
{
	(void)state;
	stage.parts[STAGE_EXECUTOR].step = listen;
	uint64_t news = news_with(FAULT_NONE);
	assert_int_equal(news_with(FAULT_STREAM_DROP), 0);
	assert_int_equal(news_with(FAULT_STREAM_REPEAT), 2 * news);
	assert_int_equal(news_with(FAULT_STREAM_LATE), news);
}

static void a_cut_link_goes_down_and_comes_up_again(void **state)
{
	(void)state;
	stage.parts[STAGE_STRATEGY].step = watch_market;
	stage_fault(&stage, FAULT_STREAM_CUT, STAGE_STRATEGY, 3 * NANOS_S, 6 * NANOS_S, 1000);
	stage_run(&stage);
	assert_int_equal(seen.ups, 2);
	assert_int_equal(seen.downs, 1);
	assert_false(seen.heard_while_down);
	assert_true(seen.tops > 20);
}

static void a_frame_call_ends_once_also_when_its_link_is_cut(void **state)
{
	(void)state;
	stage.parts[STAGE_EXECUTOR].step = listen;
	for (uint64_t seed = 1; seed <= 30; seed++) {
		memset(&seen, 0, sizeof seen);
		seen.is_subscribed = true;
		stage.plan.seed = seed;
		stage.plan.count = 0;
		nanos_t from = 300 * NANOS_MS + (nanos_t)seed * 5 * NANOS_MS;
		stage_fault(&stage, FAULT_STREAM_CUT, STAGE_EXECUTOR, from, from + NANOS_S, 1000);
		stage_run(&stage);
		assert_true(seen.frame_calls >= 1);
		assert_int_equal(seen.frames_ended, seen.frame_calls);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_request_ends_in_one_answer_whatever_goes_wrong),
		TEST(what_is_lost_or_unreadable_proves_nothing),
		TEST(an_order_is_delivered_once_and_a_query_perhaps_twice),
		TEST(nothing_is_written_after_its_window),
		TEST(no_order_waits_for_the_view),
		TEST(a_request_of_a_dead_process_may_be_executed_and_is_never_answered),
		TEST(the_account_is_streamed_to_subscribers_only),
		TEST(streamed_events_are_dropped_repeated_and_late),
		TEST(a_cut_link_goes_down_and_comes_up_again),
		TEST(a_frame_call_ends_once_also_when_its_link_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
