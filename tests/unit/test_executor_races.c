/* SPDX-License-Identifier: Apache-2.0 */
/* What the exchange tells about one order comes by several ways at once. Whatever arrives first,
   the books end the same: all orders of arrival are tried, one after the other, on one desk. */
#include "services/executor/executor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/lib/desk.h"

enum { EVENTS_MAX = 7, SETTLE_S = 9 };

/* One order, on its way with a cancel and a query, and all that will be told about it. */
struct race {
	struct desk *desk;
	ident_t intent;
	struct desk_call order, cancel, query;
	struct venue_order truth;
	struct venue_fill fills[2];
	unsigned fill_count;
	uint64_t trade_id, venue_id;
	const char *snapshot; /* what the query saw: executed; "" = nothing */
	bool cancel_hits;
	decimal_t held;
};

typedef void arrives(struct race *self);

static int setup(void **state)
{
	struct desk *desk = desk_open();

	desk->config.order_value_max = decimal_of("1000000");
	desk_start(desk);
	*state = desk;
	return 0;
}

static int teardown(void **state)
{
	desk_close(*state);
	return 0;
}

static struct desk_call take(struct desk *desk, enum call_kind kind)
{
	struct desk_call *call = desk_call(desk, kind);

	assert_non_null(call);
	struct desk_call taken = *call;
	*call = desk->calls[--desk->call_count];
	return taken;
}

static void drop_records(struct desk *desk)
{
	for (size_t i = 0; i < desk->record_count; i++)
		free(desk->records[i].body);
	desk->record_count = 0;
}

/* The answers to all three are under way. */
static void begin(struct race *self)
{
	struct desk *desk = self->desk;

	drop_records(desk);
	desk_forget(desk);
	desk->order_count = desk->fill_count = 0;
	self->intent = desk_order(desk, "BUY", "0.5", "1");
	struct cancel wish = {
		.intent_id = self->intent, .bot = name_from("bot"), .reason = name_from("race")};
	desk_request(desk, MESSAGE_CANCEL, &wish);
	desk_pass(desk, 2100 * NANOS_MS);
	self->order = take(desk, CALL_KIND_ORDER);
	self->cancel = take(desk, CALL_KIND_CANCEL);
	self->query = take(desk, CALL_KIND_QUERY);
}

static struct venue_fill fill_of(struct race *self, const char *qty)
{
	return (struct venue_fill){
		.source = SOURCE_STREAM,
		.symbol = name_from("BTCUSDT"),
		.client_id = self->truth.client_id,
		.venue_id = self->truth.venue_id,
		.trade_id = ++self->trade_id,
		.side = SIDE_BUY,
		.price = decimal_of("1"),
		.qty = decimal_of(qty),
		.fee_asset = name_from("USDT"),
		.at = self->desk->now,
	};
}

/* The exchange's truth, which later questions find. */
static void happen(struct race *self, const char *first, const char *second,
                   enum venue_status status)
{
	struct desk *desk = self->desk;

	self->truth = (struct venue_order){
		.symbol = name_from("BTCUSDT"),
		.client_id = desk_book(desk, self->intent).client_id,
		.client_text = text_from("ours"),
		.venue_id = ++self->venue_id,
		.status = status,
		.side = SIDE_BUY,
		.type = ORDER_TYPE_LIMIT,
		.qty = decimal_of("0.5"),
		.price = decimal_of("1"),
		.at = desk->now,
	};
	self->fills[0] = fill_of(self, first);
	self->fills[1] = fill_of(self, second);
	self->truth.executed = decimal_of(status == VENUE_STATUS_FILLED ? "0.5" : first);
	self->fill_count = status == VENUE_STATUS_FILLED ? 2 : 1;
	desk->orders[0] = (struct desk_order){.told = self->truth};
	desk->order_count = 1;
	desk->fill_count = self->fill_count;
	for (unsigned i = 0; i < self->fill_count; i++)
		desk->fills[i] = self->fills[i];
}

static void tell(struct race *self, enum source source, const char *executed, uint64_t token)
{
	struct venue_order told = self->truth;

	told.source = source;
	if (executed != NULL && !decimal_equals(decimal_of(executed), told.executed)) {
		told.executed = decimal_of(executed);
		told.status = decimal_sign(told.executed) == 0 ? VENUE_STATUS_NEW
		                                               : VENUE_STATUS_PARTIALLY_FILLED;
	} else if (executed != NULL && self->truth.status == VENUE_STATUS_CANCELED) {
		told.status = VENUE_STATUS_PARTIALLY_FILLED;
	}
	desk_event(self->desk, EVENT_MESSAGE, token, MESSAGE_VENUE_ORDER, &told);
}

static void reply(struct race *self, const struct desk_call *call, enum evidence evidence)
{
	struct venue_answer answer = {.evidence = evidence, .sent = call->sent, .http_status = 200};

	desk_event(self->desk, EVENT_REPLY, call->token, MESSAGE_VENUE_ANSWER, &answer);
}

static void ack(struct race *self)
{
	tell(self, SOURCE_ACK, "0", self->order.token);
	reply(self, &self->order, EVIDENCE_EXISTS);
}

static void ack_is_lost(struct race *self)
{
	reply(self, &self->order, EVIDENCE_NOTHING);
}

static void stream_new(struct race *self)
{
	tell(self, SOURCE_STREAM, "0", 0);
}

static void stream_first_fill(struct race *self)
{
	desk_stream_fill(self->desk, &self->fills[0]);
}

static void stream_second_fill(struct race *self)
{
	desk_stream_fill(self->desk, &self->fills[1]);
}

static void stream_end(struct race *self)
{
	tell(self, SOURCE_STREAM, NULL, 0);
}

static void cancel_answer(struct race *self)
{
	if (self->cancel_hits)
		tell(self, SOURCE_ACK, NULL, self->cancel.token);
	reply(self, &self->cancel, self->cancel_hits ? EVIDENCE_EXISTS : EVIDENCE_REFUSED);
}

static void query_answer(struct race *self)
{
	if (*self->snapshot != '\0')
		tell(self, SOURCE_QUERY, *self->snapshot == 'e' ? NULL : self->snapshot,
		     self->query.token);
	reply(self, &self->query, *self->snapshot != '\0' ? EVIDENCE_EXISTS : EVIDENCE_ABSENT);
}

static void then_ended(struct race *self, enum order_status status, const unsigned *order)
{
	struct desk *desk = self->desk;
	struct order book = desk_book(desk, self->intent);
	char expected[DECIMAL_TEXT_SIZE];

	assert_int_equal(decimal_add(self->held, self->truth.executed, &self->held), OK);
	if (book.status != status || !decimal_equals(book.executed, self->truth.executed) ||
	    desk_saved(desk, MESSAGE_FILL) != self->fill_count ||
	    desk->executor->books.impossible != 0 || desk_noted(desk, "order.disputed") != 0 ||
	    desk_noted(desk, "order.impossible") != 0 ||
	    desk->executor->books.orders.open_count != 0)
		fail_msg("arrival %u%u%u%u%u%u%u, query saw '%s': %s, %s executed, %zu fills",
		         order[0], order[1], order[2], order[3], order[4], order[5], order[6],
		         self->snapshot, enum_print(&enum_order_status, book.status),
		         decimal_print(book.executed, expected), desk_saved(desk, MESSAGE_FILL));
	assert_string_equal(desk_held(desk, "bot"), decimal_print(self->held, expected));
}

struct story {
	arrives *events[EVENTS_MAX];
	unsigned count;
	const char *first, *second;
	enum venue_status status;
	enum order_status end;
};

static void run(struct race *self, const struct story *story, const unsigned *order)
{
	begin(self);
	happen(self, story->first, story->second, story->status);
	for (unsigned i = 0; i < story->count; i++)
		story->events[order[i]](self);
	desk_live(self->desk, SETTLE_S * NANOS_S);
	then_ended(self, story->end, order);
}

/* The next permutation in the order of the alphabet; false after the last. */
static bool next(unsigned *order, unsigned count)
{
	unsigned at = count - 1, with = count - 1;

	while (at > 0 && order[at - 1] >= order[at])
		at--;
	if (at == 0)
		return false;
	while (order[with] <= order[at - 1])
		with--;
	unsigned swapped = order[with];
	order[with] = order[at - 1];
	order[at - 1] = swapped;
	for (unsigned low = at, high = count - 1; low < high; low++, high--) {
		swapped = order[low];
		order[low] = order[high];
		order[high] = swapped;
	}
	return true;
}

static void run_all(struct desk *desk, const struct story *story, bool cancel_hits,
                    const char *snapshot)
{
	unsigned order[EVENTS_MAX] = {0, 1, 2, 3, 4, 5, 6}, runs = 0;
	struct race race = {.desk = desk,
	                    .venue_id = 1000,
	                    .trade_id = 100,
	                    .snapshot = snapshot,
	                    .cancel_hits = cancel_hits};

	do {
		run(&race, story, order);
		runs++;
	} while (next(order, story->count));
	print_message("%u orders of arrival\n", runs);
}

static const struct story filled = {
	.events = {ack, stream_new, stream_first_fill, stream_second_fill, stream_end,
                   cancel_answer, query_answer},
	.count = 7,
	.first = "0.2",
	.second = "0.3",
	.status = VENUE_STATUS_FILLED,
	.end = ORDER_STATUS_FILLED,
};

static const struct story cancelled = {
	.events = {ack, stream_new, stream_first_fill, stream_end, cancel_answer, query_answer},
	.count = 6,
	.first = "0.2",
	.second = "0.3",
	.status = VENUE_STATUS_CANCELED,
	.end = ORDER_STATUS_CANCELED,
};

static const struct story stream_is_silent = {
	.events = {ack, cancel_answer, query_answer},
	.count = 3,
	.first = "0.2",
	.second = "0.3",
	.status = VENUE_STATUS_FILLED,
	.end = ORDER_STATUS_FILLED,
};

static const struct story ack_lost = {
	.events = {ack_is_lost, stream_new, stream_first_fill, stream_second_fill, stream_end,
                   cancel_answer, query_answer},
	.count = 7,
	.first = "0.2",
	.second = "0.3",
	.status = VENUE_STATUS_FILLED,
	.end = ORDER_STATUS_FILLED,
};

static void a_filled_order_ends_the_same_whatever_comes_first(void **state)
{
	run_all(*state, &filled, false, "0.2");
}

static void the_same_when_the_query_was_too_early(void **state)
{
	run_all(*state, &filled, false, "");
}

static void the_same_when_the_query_saw_the_end(void **state)
{
	run_all(*state, &filled, false, "end");
}

static void a_cancelled_order_ends_the_same_whatever_comes_first(void **state)
{
	static const char *const snapshots[] = {"", "0", "0.2", "end"};

	for (size_t i = 0; i < 4; i++) {
		run_all(*state, &cancelled, true, snapshots[i]);
		teardown(state);
		setup(state);
	}
}

static void without_the_stream_questions_lead_to_the_same_end(void **state)
{
	static const char *const snapshots[] = {"", "0", "0.2", "end"};

	for (size_t i = 0; i < 4; i++) {
		run_all(*state, &stream_is_silent, false, snapshots[i]);
		teardown(state);
		setup(state);
	}
}

static void a_lost_answer_leads_to_the_same_end(void **state)
{
	run_all(*state, &ack_lost, false, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_filled_order_ends_the_same_whatever_comes_first),
		TEST(the_same_when_the_query_was_too_early),
		TEST(the_same_when_the_query_saw_the_end),
		TEST(a_cancelled_order_ends_the_same_whatever_comes_first),
		TEST(without_the_stream_questions_lead_to_the_same_end),
		TEST(a_lost_answer_leads_to_the_same_end),
	};
	return cmocka_run_group_tests_name("executor_races", tests, NULL, NULL);
}
