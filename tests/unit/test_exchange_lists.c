/* SPDX-License-Identifier: Apache-2.0 */
/* Orders that the built-in exchange keeps together, as our dialect asks for them and reads them. */
#include "common/venue/binance/binance.h"
#include "services/exchange/engine.h"
#include "services/exchange/money.h"
#include "tests/lib/exchange_bench.h"
#include "tests/lib/venue_messages.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/lib/check_decimal.h"

enum { USER = 12 };

struct fixture {
	struct bench *bench;
	const struct venue *venue;
	const struct venue_profile *profile;
	struct venue_messages heard;
	struct venue_answer answer;
	struct order entry, stop, target;
	ident_t id;
};

static struct order order_of(uint64_t id, enum side side, enum order_type type, const char *price)
{
	return (struct order){
		.client_id = {1, id},
		.symbol = name_from("BTCUSDT"),
		.side = side,
		.type = type,
		.time_in_force = TIME_IN_FORCE_GTC,
		.qty = decimal_of("0.5"),
		.price = decimal_of(price),
		.stop_price = decimal_of(price),
	};
}

/* The tape is near 61800. */
static int open_bench(void **state)
{
	static struct fixture self;

	self = (struct fixture){
		.bench = bench_new(),
		.venue = venue_named("binance"),
		.profile = venue_profile_named("paper"),
		.entry = order_of(1, SIDE_BUY, ORDER_TYPE_LIMIT, "50000"),
		.stop = order_of(2, SIDE_SELL, ORDER_TYPE_STOP_LOSS, "40000"),
		.target = order_of(3, SIDE_SELL, ORDER_TYPE_LIMIT_MAKER, "70000"),
		.id = {9, 9},
	};
	bench_start(self.bench);
	bench_pass(self.bench, 10 * NANOS_S);
	*state = &self;
	return 0;
}

static int close_bench(void **state)
{
	struct fixture *self = *state;

	assert_false(self->bench->saved_after_answer);
	venue_messages_clear(&self->heard);
	bench_free(self->bench);
	return 0;
}

static nanos_t venue_time(const struct fixture *self)
{
	return exchange_time(self->bench->exchange, self->bench->now);
}

static void request(struct fixture *self, const struct http_request *wanted)
{
	venue_messages_clear(&self->heard);
	bench_request(self->bench, wanted, &self->heard.sink, &self->answer);
}

static void place(struct fixture *self, bool with_entry, bool with_target)
{
	struct venue_list list = {
		.id = self->id,
		.entry = with_entry ? &self->entry : NULL,
		.stop = &self->stop,
		.target = with_target ? &self->target : NULL,
	};
	struct http_request wanted;

	assert_int_equal(self->venue->list(&list, venue_time(self), self->profile, &wanted), OK);
	request(self, &wanted);
}

static const struct account_order *at_exchange(const struct fixture *self,
                                               const struct order *order)
{
	char id[IDENT_TEXT_SIZE];
	const struct account_order *found = account_order_of(&self->bench->exchange->account, 0,
	                                                     ident_print(order->client_id, id));

	assert_non_null(found);
	return found;
}

static void then(const struct fixture *self, const struct order *order, enum venue_status status,
                 const char *reason)
{
	assert_int_equal(at_exchange(self, order)->status, status);
	assert_string_equal(at_exchange(self, order)->reason.text, reason);
}

static void then_locked(const struct fixture *self, const char *asset, const char *locked)
{
	name_t name = name_from(asset);
	char text[DECIMAL_TEXT_SIZE];

	assert_string_equal(
		decimal_print(account_locked(&self->bench->exchange->account, &name), text),
		locked);
}

/* The market trades at this price. */
static void trade_at(struct fixture *self, const char *price)
{
	struct exchange *exchange = self->bench->exchange;
	struct market_message message = {
		.kind = TAPE_TRADE,
		.bid = decimal_of(price),
		.bid_qty = decimal_of("100"),
	};
	struct event event = {.kind = EVENT_TIMER, .now = self->bench->now, .entropy = 5};
	struct turn turn = {.event = &event, .out = self->bench->out, .chance = 5};

	turn.at = venue_time(self);
	exchange->markets[0].last_price = decimal_of(price);
	outbox_clear(self->bench->out);
	engine_follow(exchange, &turn, 0, &message);
	bench_keep(self->bench);
}

static bool is_open(const struct fixture *self)
{
	const struct account *account = &self->bench->exchange->account;

	return account_list_is_open(account, account_list(account, account->last_list));
}

static void a_pair_binds_what_it_sells_once(void **state)
{
	struct fixture *self = *state;

	place(self, false, true);
	assert_int_equal(self->answer.evidence, EVIDENCE_EXISTS);
	assert_int_equal(self->heard.count, 2);
	const struct venue_order *above = venue_message(&self->heard, 0, MESSAGE_VENUE_ORDER);
	const struct venue_order *below = venue_message(&self->heard, 1, MESSAGE_VENUE_ORDER);
	assert_true(ident_equals(above->client_id, self->target.client_id));
	assert_true(ident_equals(below->client_id, self->stop.client_id));
	assert_int_equal(above->list_id, 1);
	assert_false(below->triggered);
	then_locked(self, "BTC", "0.5");
}

static void the_target_of_a_pair_ends_its_stop(void **state)
{
	struct fixture *self = *state;

	place(self, false, true);
	trade_at(self, "70001");
	then(self, &self->target, VENUE_STATUS_FILLED, "");
	then(self, &self->stop, VENUE_STATUS_EXPIRED, "OCO_TRIGGER");
	assert_false(is_open(self));
	then_locked(self, "BTC", "0");
}

static void the_stop_of_a_pair_ends_its_target(void **state)
{
	struct fixture *self = *state;

	place(self, false, true);
	trade_at(self, "39999");
	then(self, &self->target, VENUE_STATUS_EXPIRED, "OCO_TRIGGER");
	assert_int_equal(at_exchange(self, &self->stop)->status, VENUE_STATUS_FILLED);
	assert_false(is_open(self));
	then_locked(self, "BTC", "0");
}

static void what_a_pair_binds_stays_with_the_one_that_goes_on(void **state)
{
	struct fixture *self = *state;

	self->stop.type = ORDER_TYPE_STOP_LOSS_LIMIT;
	self->stop.price = decimal_of("65000"); /* rests once it is triggered */
	place(self, false, true);
	trade_at(self, "39999");
	then(self, &self->target, VENUE_STATUS_EXPIRED, "OCO_TRIGGER");
	then(self, &self->stop, VENUE_STATUS_NEW, "");
	assert_true(at_exchange(self, &self->stop)->working);
	then_locked(self, "BTC", "0.5");
}

static void a_buying_pair_binds_the_dearer_of_both(void **state)
{
	struct fixture *self = *state;

	self->stop = order_of(2, SIDE_BUY, ORDER_TYPE_STOP_LOSS, "70000");
	self->target = order_of(3, SIDE_BUY, ORDER_TYPE_LIMIT_MAKER, "50000");
	place(self, false, true);
	assert_int_equal(self->answer.evidence, EVIDENCE_EXISTS);
	then_locked(self, "USDT", "35000");
	trade_at(self, "49999");
	then(self, &self->target, VENUE_STATUS_FILLED, "");
	then(self, &self->stop, VENUE_STATUS_EXPIRED, "OCO_TRIGGER");
	then_locked(self, "USDT", "0");
}

static void a_pair_lies_around_the_market(void **state)
{
	struct fixture *self = *state;

	self->target.price = decimal_of("61000");
	place(self, false, true);
	assert_int_equal(self->answer.evidence, EVIDENCE_REFUSED);
	assert_int_equal(self->answer.code, 2010);
	assert_int_equal(self->bench->exchange->account.last_list, 0);
	assert_int_equal(self->bench->exchange->account.open_count, 0);
}

static void one_leg_cancelled_is_the_list_cancelled(void **state)
{
	struct fixture *self = *state;
	struct http_request wanted;

	place(self, false, true);
	assert_int_equal(self->venue->cancel(&self->stop, venue_time(self), self->profile, &wanted),
	                 OK);
	request(self, &wanted);
	assert_int_equal(self->answer.evidence, EVIDENCE_EXISTS);
	then(self, &self->stop, VENUE_STATUS_CANCELED, "");
	then(self, &self->target, VENUE_STATUS_CANCELED, "");
	then_locked(self, "BTC", "0");
}

static void cancel_list(struct fixture *self)
{
	struct http_request wanted;

	assert_int_equal(self->venue->cancel_list("BTCUSDT", self->id, venue_time(self),
	                                          self->profile, &wanted),
	                 OK);
	request(self, &wanted);
}

static void a_list_is_cancelled_by_our_id(void **state)
{
	struct fixture *self = *state;

	place(self, true, true);
	cancel_list(self);
	assert_int_equal(self->answer.evidence, EVIDENCE_EXISTS);
	assert_int_equal(self->heard.count, 3);
	then(self, &self->entry, VENUE_STATUS_CANCELED, "");
	then(self, &self->stop, VENUE_STATUS_CANCELED, "");
	cancel_list(self);
	assert_int_equal(self->answer.evidence, EVIDENCE_REFUSED);
	assert_int_equal(self->answer.code, 2011);
}

static void what_follows_an_entry_waits_and_binds_nothing(void **state)
{
	struct fixture *self = *state;

	place(self, true, false);
	assert_int_equal(self->answer.evidence, EVIDENCE_EXISTS);
	const struct venue_order *stop = venue_message(&self->heard, 1, MESSAGE_VENUE_ORDER);
	assert_int_equal(stop->status, VENUE_STATUS_PENDING_NEW);
	assert_false(stop->triggered);
	then_locked(self, "BTC", "0");
	then_locked(self, "USDT", "25000");
	trade_at(self, "50000.01");
	then(self, &self->stop, VENUE_STATUS_PENDING_NEW, "");
}

static void a_filled_entry_brings_its_stop_to_life(void **state)
{
	struct fixture *self = *state;

	place(self, true, false);
	trade_at(self, "49999");
	then(self, &self->entry, VENUE_STATUS_FILLED, "");
	then(self, &self->stop, VENUE_STATUS_NEW, "");
	assert_false(at_exchange(self, &self->stop)->working);
	then_locked(self, "BTC", "0.5");
	trade_at(self, "39999");
	assert_int_equal(at_exchange(self, &self->stop)->status, VENUE_STATUS_FILLED);
	assert_false(is_open(self));
}

static void a_filled_entry_brings_its_pair_to_life(void **state)
{
	struct fixture *self = *state;

	/* More than half of what is held then: it can't be bound twice. */
	self->entry.qty = self->stop.qty = self->target.qty = decimal_of("1");
	place(self, true, true);
	assert_int_equal(self->heard.count, 3);
	trade_at(self, "49999");
	then(self, &self->stop, VENUE_STATUS_NEW, "");
	then(self, &self->target, VENUE_STATUS_NEW, "");
	then_locked(self, "BTC", "1");
	trade_at(self, "70001");
	then(self, &self->target, VENUE_STATUS_FILLED, "");
	then(self, &self->stop, VENUE_STATUS_EXPIRED, "OCO_TRIGGER");
	then_locked(self, "BTC", "0");
}

/* The answer tells of the state before: whoever believes it asks again. */
static void an_entry_that_fills_at_once_is_answered_with_its_stop_waiting(void **state)
{
	struct fixture *self = *state;

	self->entry.price = decimal_of("65000");
	place(self, true, false);
	const struct venue_order *entry = venue_message(&self->heard, 0, MESSAGE_VENUE_ORDER);
	assert_int_equal(entry->status, VENUE_STATUS_FILLED);
	const struct venue_order *stop =
		venue_message(&self->heard, self->heard.count - 1, MESSAGE_VENUE_ORDER);
	assert_int_equal(stop->status, VENUE_STATUS_PENDING_NEW);
	then(self, &self->stop, VENUE_STATUS_NEW, "");
}

static void what_can_not_come_to_life_expires(void **state)
{
	struct fixture *self = *state;

	self->stop.stop_price = decimal_of("50000"); /* reached when the entry fills */
	place(self, true, false);
	trade_at(self, "49999");
	then(self, &self->entry, VENUE_STATUS_FILLED, "");
	then(self, &self->stop, VENUE_STATUS_EXPIRED, "REJECTED");
	assert_false(is_open(self));
}

static void a_list_is_found_by_our_id(void **state)
{
	struct fixture *self = *state;
	struct http_request wanted;

	place(self, true, true);
	assert_int_equal(self->venue->query_list("BTCUSDT", self->id, venue_time(self),
	                                         self->profile, &wanted),
	                 OK);
	request(self, &wanted);
	assert_int_equal(self->answer.evidence, EVIDENCE_EXISTS);
	assert_int_equal(self->heard.count, 3);
	const struct venue_leg *first = venue_message(&self->heard, 0, MESSAGE_VENUE_LEG);
	assert_true(ident_equals(first->client_id, self->entry.client_id));
	assert_string_equal(bench_text(self->bench, "contingencyType"), "OTO");
	bench_ask_signed(self->bench, "GET", "/api/v3/openOrderList", "");
	assert_int_equal(bench_number(self->bench, "0.orderListId"), 1);
	cancel_list(self);
	bench_ask_signed(self->bench, "GET", "/api/v3/openOrderList", "");
	assert_int_equal(json_array_size(self->bench->body), 0);
	bench_ask_signed(self->bench, "GET", "/api/v3/allOrderList", "");
	assert_string_equal(bench_text(self->bench, "0.listOrderStatus"), "ALL_DONE");
	assert_int_equal(self->venue->query_list("BTCUSDT", (ident_t){4, 4}, venue_time(self),
	                                         self->profile, &wanted),
	                 OK);
	request(self, &wanted);
	assert_int_equal(self->answer.evidence, EVIDENCE_ABSENT);
}

static void two_open_lists_have_two_ids(void **state)
{
	struct fixture *self = *state;

	place(self, true, false);
	self->entry.client_id.low = 11;
	self->stop.client_id.low = 12;
	place(self, true, false);
	assert_int_equal(self->answer.code, 2010);
	assert_int_equal(self->answer.evidence, EVIDENCE_NOTHING); /* a duplicate is open */
	self->id.low = 10;
	place(self, true, false);
	assert_int_equal(self->answer.evidence, EVIDENCE_EXISTS);
}

static void a_list_of_other_orders_is_refused(void **state)
{
	struct fixture *self = *state;

	bench_ask_signed(self->bench, "POST", "/api/v3/orderList/oco",
	                 "symbol=BTCUSDT&side=SELL&quantity=0.1&aboveType=STOP_LOSS"
	                 "&aboveStopPrice=70000&belowType=STOP_LOSS&belowStopPrice=40000");
	assert_int_equal(bench_number(self->bench, "code"), -1014);
	bench_ask_signed(self->bench, "POST", "/api/v3/orderList/oto",
	                 "symbol=BTCUSDT&workingSide=BUY&workingQuantity=0.1&workingType=MARKET"
	                 "&pendingSide=SELL&pendingQuantity=0.1&pendingType=STOP_LOSS"
	                 "&pendingStopPrice=40000");
	assert_int_equal(bench_number(self->bench, "code"), -1014);
	bench_ask_signed(self->bench, "POST", "/api/v3/orderList/oto",
	                 "symbol=BTCUSDT&workingSide=BUY&workingQuantity=0.1&workingType=LIMIT"
	                 "&workingPrice=50000&workingTimeInForce=GTC&pendingSide=SELL"
	                 "&pendingQuantity=0.1&pendingType=STOP_LOSS&pendingStopPrice=40000"
	                 "&pendingPrice=40000");
	assert_int_equal(bench_number(self->bench, "code"), -1106);
	assert_int_equal(self->bench->exchange->account.open_count, 0);
}

static void stops_of_lists_count_to_the_filters(void **state)
{
	struct fixture *self = *state;

	for (uint64_t i = 0; i < EXCHANGE_ALGO_ORDERS_MAX; i++) {
		self->id.low = self->entry.client_id.low = 100 + i;
		self->stop.client_id.low = 200 + i;
		self->entry.qty = self->stop.qty = decimal_of("0.01");
		place(self, true, false);
		assert_int_equal(self->answer.evidence, EVIDENCE_EXISTS);
	}
	self->id.low = self->entry.client_id.low = 99;
	self->stop.client_id.low = 98;
	place(self, true, false);
	assert_int_equal(self->answer.code, 1013);
}

static const char *event_text(const struct bench_frame *frame, const char *key)
{
	const char *text =
		json_string_value(json_object_get(json_object_get(frame->json, "event"), key));

	return text == NULL ? "" : text;
}

static size_t told(const struct bench *bench, const char *list_status)
{
	size_t count = 0;

	for (size_t i = 0; i < bench->frame_count; i++)
		count += strcmp(event_text(&bench->frames[i], "e"), "listStatus") == 0 &&
		         strcmp(event_text(&bench->frames[i], "L"), list_status) == 0;
	return count;
}

static void the_user_stream_tells_of_lists(void **state)
{
	struct fixture *self = *state;
	struct bench *bench = self->bench;

	bench_connect(bench, USER, "/ws-api/v3", "");
	bench_send_signed(bench, USER, 1, "userDataStream.subscribe.signature", "{}");
	bench_forget(bench);
	place(self, true, true);
	assert_string_equal(event_text(&bench->frames[1], "X"), "PENDING_NEW");
	assert_int_equal(told(bench, "EXECUTING"), 1);
	trade_at(self, "49999");
	assert_int_equal(told(bench, "EXECUTING"), 2);
	trade_at(self, "70001");
	assert_int_equal(told(bench, "ALL_DONE"), 1);
	for (size_t i = 0; i < bench->frame_count; i++) {
		char *text = json_dumps(bench->frames[i].json, JSON_COMPACT);
		struct venue_answer answer;
		uint64_t call;
		assert_int_equal(binance_dialect.read_frame("user", text, strlen(text),
		                                            &self->heard.sink, &call, &answer),
		                 OK);
		free(text);
	}
}

static void the_link_places_and_cancels_lists(void **state)
{
	struct fixture *self = *state;
	struct bench *bench = self->bench;

	bench_connect(bench, USER, "/ws-api/v3", "");
	bench_send_signed(bench, USER, 1, "orderList.place.oco",
	                  "{\"symbol\":\"BTCUSDT\",\"side\":\"SELL\",\"quantity\":\"0.1\","
	                  "\"aboveType\":\"LIMIT_MAKER\",\"abovePrice\":\"70000\","
	                  "\"belowType\":\"STOP_LOSS\",\"belowStopPrice\":\"40000\","
	                  "\"listClientOrderId\":\"mine\"}");
	assert_int_equal(json_integer_value(json_object_get(bench->frames[0].json, "status")), 200);
	bench_send_signed(bench, USER, 2, "orderList.cancel",
	                  "{\"symbol\":\"BTCUSDT\",\"listClientOrderId\":\"mine\"}");
	assert_int_equal(json_integer_value(json_object_get(bench->frames[1].json, "status")), 200);
	assert_int_equal(bench->exchange->account.open_count, 0);
}

static void cut(struct bench *bench, size_t kept)
{
	while (bench->record_count > kept)
		free(bench->records[--bench->record_count].body);
}

/* Whatever was the last record, the list goes on to the same end. */
static void a_list_goes_on_from_any_record(void **state)
{
	struct fixture *self = *state;
	struct bench *bench = self->bench;

	place(self, true, true);
	size_t placed = bench->record_count;
	trade_at(self, "49999");
	assert_true(bench->record_count >= placed + 3);
	for (size_t kept = bench->record_count; kept >= placed; kept--) {
		cut(bench, kept);
		bench_restart(bench);
		enum venue_status entry = at_exchange(self, &self->entry)->status;
		enum venue_status stop = at_exchange(self, &self->stop)->status;
		assert_int_equal(stop, entry == VENUE_STATUS_FILLED ? VENUE_STATUS_NEW
		                                                    : VENUE_STATUS_PENDING_NEW);
		assert_int_equal(at_exchange(self, &self->target)->status, stop);
		then_locked(self, "BTC", stop == VENUE_STATUS_NEW ? "0.5" : "0");
	}
}

static void all_that_is_open_is_cancelled_with_its_lists(void **state)
{
	struct fixture *self = *state;

	place(self, true, true);
	self->entry.client_id.low = 40;
	struct http_request wanted;
	assert_int_equal(self->venue->order(&self->entry, venue_time(self), self->profile, &wanted),
	                 OK);
	request(self, &wanted);
	bench_ask_signed(self->bench, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT");
	assert_int_equal(self->bench->status, 200);
	assert_int_equal(json_array_size(self->bench->body), 2);
	assert_int_equal(json_array_size(bench_walk(self->bench->body, "0.orderReports")), 3);
	assert_int_equal(self->bench->exchange->account.open_count, 0);
}

int main(void)
{
#define WITH_BENCH(test) cmocka_unit_test_setup_teardown(test, open_bench, close_bench)
	const struct CMUnitTest tests[] = {
		WITH_BENCH(a_pair_binds_what_it_sells_once),
		WITH_BENCH(the_target_of_a_pair_ends_its_stop),
		WITH_BENCH(the_stop_of_a_pair_ends_its_target),
		WITH_BENCH(what_a_pair_binds_stays_with_the_one_that_goes_on),
		WITH_BENCH(a_buying_pair_binds_the_dearer_of_both),
		WITH_BENCH(a_pair_lies_around_the_market),
		WITH_BENCH(one_leg_cancelled_is_the_list_cancelled),
		WITH_BENCH(a_list_is_cancelled_by_our_id),
		WITH_BENCH(what_follows_an_entry_waits_and_binds_nothing),
		WITH_BENCH(a_filled_entry_brings_its_stop_to_life),
		WITH_BENCH(a_filled_entry_brings_its_pair_to_life),
		WITH_BENCH(an_entry_that_fills_at_once_is_answered_with_its_stop_waiting),
		WITH_BENCH(what_can_not_come_to_life_expires),
		WITH_BENCH(a_list_is_found_by_our_id),
		WITH_BENCH(two_open_lists_have_two_ids),
		WITH_BENCH(a_list_of_other_orders_is_refused),
		WITH_BENCH(stops_of_lists_count_to_the_filters),
		WITH_BENCH(the_user_stream_tells_of_lists),
		WITH_BENCH(the_link_places_and_cancels_lists),
		WITH_BENCH(a_list_goes_on_from_any_record),
		WITH_BENCH(all_that_is_open_is_cancelled_with_its_lists),
	};
#undef WITH_BENCH

	return cmocka_run_group_tests_name("exchange_lists", tests, NULL, NULL);
}
