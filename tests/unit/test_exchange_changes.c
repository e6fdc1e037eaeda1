/* SPDX-License-Identifier: Apache-2.0 */
/* What the built-in exchange does with cancel-replaces and amends that our dialect words, and what
   our dialect reads of its answers. */
#include "common/venue/binance/binance.h"
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
	struct order old, new;
};

static struct order sell(uint64_t id, const char *qty, const char *price)
{
	return (struct order){
		.client_id = {1, id},
		.symbol = name_from("BTCUSDT"),
		.side = SIDE_SELL,
		.type = ORDER_TYPE_LIMIT,
		.time_in_force = TIME_IN_FORCE_GTC,
		.qty = decimal_of(qty),
		.price = decimal_of(price),
	};
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

static void place(struct fixture *self, const struct order *order)
{
	struct http_request wanted;

	assert_int_equal(self->venue->order(order, venue_time(self), self->profile, &wanted), OK);
	request(self, &wanted);
	assert_int_equal(self->answer.evidence, EVIDENCE_EXISTS);
}

/* A sell of 0.5 rests far above the market. */
static int open_bench(void **state)
{
	static struct fixture self;

	self = (struct fixture){
		.bench = bench_new(),
		.venue = venue_named("binance"),
		.profile = venue_profile_named("paper"),
		.old = sell(1, "0.5", "70000"),
		.new = sell(2, "0.5", "71000"),
	};
	bench_start(self.bench);
	bench_pass(self.bench, 10 * NANOS_S);
	place(&self, &self.old);
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

static void replace(struct fixture *self)
{
	struct http_request wanted;

	assert_int_equal(self->venue->replace(&self->old, &self->new, venue_time(self),
	                                      self->profile, &wanted),
	                 OK);
	request(self, &wanted);
}

static void amend(struct fixture *self, const char *qty)
{
	struct http_request wanted;

	assert_int_equal(self->venue->amend(&self->old, decimal_of(qty), venue_time(self),
	                                    self->profile, &wanted),
	                 OK);
	request(self, &wanted);
}

static const struct account_order *at_exchange(const struct fixture *self,
                                               const struct order *order)
{
	char id[IDENT_TEXT_SIZE];

	return account_order_of(&self->bench->exchange->account, 0,
	                        ident_print(order->client_id, id));
}

static void then_locked(const struct fixture *self, const char *asset, const char *locked)
{
	name_t name = name_from(asset);
	char text[DECIMAL_TEXT_SIZE];

	assert_string_equal(
		decimal_print(account_locked(&self->bench->exchange->account, &name), text),
		locked);
}

static const struct venue_leg *leg(const struct fixture *self, size_t number)
{
	return venue_message(&self->heard, self->heard.count - 2 + number, MESSAGE_VENUE_LEG);
}

static void then_halves(const struct fixture *self, unsigned status, enum evidence cancel,
                        enum evidence order)
{
	assert_int_equal(self->bench->status, status);
	assert_int_equal(leg(self, 0)->evidence, cancel);
	assert_int_equal(leg(self, 1)->evidence, order);
}

static void a_replace_cancels_and_places(void **state)
{
	struct fixture *self = *state;

	replace(self);
	then_halves(self, 200, EVIDENCE_EXISTS, EVIDENCE_EXISTS);
	const struct venue_order *old = venue_message(&self->heard, 0, MESSAGE_VENUE_ORDER);
	const struct venue_order *new = venue_message(&self->heard, 1, MESSAGE_VENUE_ORDER);
	assert_int_equal(old->status, VENUE_STATUS_CANCELED);
	assert_true(ident_equals(old->client_id, self->old.client_id));
	assert_int_equal(new->status, VENUE_STATUS_NEW);
	assert_true(ident_equals(new->client_id, self->new.client_id));
	assert_int_equal(at_exchange(self, &self->old)->status, VENUE_STATUS_CANCELED);
	then_locked(self, "BTC", "0.5");
}

static void a_replace_of_an_order_that_is_gone_places_nothing(void **state)
{
	struct fixture *self = *state;

	self->old.client_id.low = 99;
	replace(self);
	then_halves(self, 400, EVIDENCE_REFUSED, EVIDENCE_REFUSED);
	assert_int_equal(self->answer.code, 2022);
	assert_string_equal(bench_text(self->bench, "data.newOrderResult"), "NOT_ATTEMPTED");
	assert_true(json_is_null(bench_walk(self->bench->body, "data.newOrderResponse")));
	assert_null(at_exchange(self, &self->new));
}

static void a_replace_whose_order_is_refused_is_half_done(void **state)
{
	struct fixture *self = *state;

	self->new.qty = decimal_of("50");
	replace(self);
	then_halves(self, 409, EVIDENCE_EXISTS, EVIDENCE_REFUSED);
	assert_int_equal(self->answer.code, 2021);
	assert_int_equal(leg(self, 1)->code, 2010);
	assert_int_equal(at_exchange(self, &self->old)->status, VENUE_STATUS_CANCELED);
	assert_null(at_exchange(self, &self->new));
	then_locked(self, "BTC", "0");
}

static void filters_are_checked_before_anything_is_done(void **state)
{
	struct fixture *self = *state;

	self->new.price = decimal_of("71000.001");
	replace(self);
	then_halves(self, 400, EVIDENCE_REFUSED, EVIDENCE_REFUSED);
	assert_int_equal(self->answer.code, 1013);
	assert_int_equal(at_exchange(self, &self->old)->status, VENUE_STATUS_NEW);
}

static void chance_refuses_the_new_order_of_a_replace_too(void **state)
{
	struct fixture *self = *state;

	self->bench->config.reject_pct = decimal_make(100, 0);
	replace(self);
	then_halves(self, 409, EVIDENCE_EXISTS, EVIDENCE_REFUSED);
}

static void a_failed_replace_proves_nothing_of_either(void **state)
{
	struct fixture *self = *state;

	self->bench->config.fail_pct = decimal_make(100, 0);
	replace(self);
	then_halves(self, 503, EVIDENCE_NOTHING, EVIDENCE_NOTHING);
	self->bench->config.fail_pct = DECIMAL_ZERO;
	self->bench->config.drop_pct = decimal_make(100, 0);
	replace(self);
	then_halves(self, 0, EVIDENCE_NOTHING, EVIDENCE_NOTHING);
}

/* Not how we ask, but how others may. */
static void ask(struct fixture *self, const char *more)
{
	char query[512], old[IDENT_TEXT_SIZE];

	snprintf(query, sizeof query,
	         "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.1&price=70000"
	         "&cancelOrigClientOrderId=%s&%s",
	         ident_print(self->old.client_id, old), more);
	bench_ask_signed(self->bench, "POST", "/api/v3/order/cancelReplace", query);
}

static void a_mode_must_be_told_and_known(void **state)
{
	struct fixture *self = *state;

	ask(self, "");
	assert_int_equal(bench_number(self->bench, "code"), -1102);
	ask(self, "cancelReplaceMode=PERHAPS");
	assert_int_equal(bench_number(self->bench, "code"), -1130);
	ask(self, "cancelReplaceMode=STOP_ON_FAILURE&newQty=3");
	assert_int_equal(bench_number(self->bench, "code"), -1104);
	assert_int_equal(at_exchange(self, &self->old)->status, VENUE_STATUS_NEW);
}

static void allowed_to_fail_it_places_although_it_cancelled_nothing(void **state)
{
	struct fixture *self = *state;

	ask(self, "cancelReplaceMode=ALLOW_FAILURE&cancelRestrictions=ONLY_PARTIALLY_FILLED");
	assert_int_equal(self->bench->status, 409);
	assert_int_equal(bench_number(self->bench, "code"), -2021);
	assert_string_equal(bench_text(self->bench, "data.cancelResult"), "FAILURE");
	assert_int_equal(bench_number(self->bench, "data.cancelResponse.code"), -2011);
	assert_string_equal(bench_text(self->bench, "data.newOrderResponse.status"), "NEW");
	then_locked(self, "BTC", "0.6");
}

static void behind_the_order_limit_nothing_is_done_or_only_the_cancel(void **state)
{
	struct fixture *self = *state;

	self->bench->exchange->limits.windows[LIMIT_ORDERS_10S].max = 1;
	ask(self, "cancelReplaceMode=STOP_ON_FAILURE");
	assert_int_equal(self->bench->status, 429);
	assert_int_equal(bench_number(self->bench, "code"), -1015);
	assert_int_equal(at_exchange(self, &self->old)->status, VENUE_STATUS_NEW);
	ask(self, "cancelReplaceMode=STOP_ON_FAILURE&orderRateLimitExceededMode=CANCEL_ONLY");
	assert_int_equal(self->bench->status, 429);
	assert_int_equal(bench_number(self->bench, "code"), -2021);
	assert_int_equal(bench_number(self->bench, "data.newOrderResponse.code"), -1015);
	assert_int_equal(at_exchange(self, &self->old)->status, VENUE_STATUS_CANCELED);
}

static void an_amend_frees_what_it_takes_off(void **state)
{
	struct fixture *self = *state;
	uint64_t id = at_exchange(self, &self->old)->id;

	amend(self, "0.2");
	assert_int_equal(self->answer.evidence, EVIDENCE_EXISTS);
	const struct venue_order *told = venue_message(&self->heard, 0, MESSAGE_VENUE_ORDER);
	assert_decimal(told->qty, "0.2");
	assert_true(ident_equals(told->client_id, self->old.client_id));
	assert_int_equal(at_exchange(self, &self->old)->id, id);
	then_locked(self, "BTC", "0.2");
}

static void an_amend_keeps_the_place_in_the_queue(void **state)
{
	struct fixture *self = *state;
	struct exchange_place *place = &self->bench->exchange->places[0];

	assert_int_equal(place->order, at_exchange(self, &self->old)->id);
	place->ahead = decimal_of("7");
	amend(self, "0.2");
	assert_decimal(place->ahead, "7");
}

static void an_amend_that_does_not_lower_is_refused(void **state)
{
	struct fixture *self = *state;

	amend(self, "0.4");
	self->old.qty = decimal_of("2");
	amend(self, "0.4");
	assert_int_equal(self->answer.code, 2038);
	assert_int_equal(self->answer.evidence, EVIDENCE_REFUSED);
	amend(self, "1");
	assert_int_equal(self->answer.code, 2038);
	amend(self, "0.000001");
	assert_int_equal(self->answer.code, 1013);
	self->old.client_id.low = 99;
	amend(self, "0.1");
	assert_int_equal(self->answer.code, 2013);
	assert_int_equal(self->answer.evidence, EVIDENCE_NOTHING);
}

static void an_order_is_amended_ten_times_at_most(void **state)
{
	static const char *const steps[] = {"0.49", "0.48", "0.47", "0.46", "0.45",
	                                    "0.44", "0.43", "0.42", "0.41", "0.4"};
	struct fixture *self = *state;

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		amend(self, steps[i]);
		assert_int_equal(self->answer.evidence, EVIDENCE_EXISTS);
	}
	amend(self, "0.3");
	assert_int_equal(self->answer.code, 2038);
}

/* Whoever leaves newClientOrderId out loses the id by which he knows the order. */
static void an_amend_without_an_id_gets_another(void **state)
{
	struct fixture *self = *state;
	char query[128], id[IDENT_TEXT_SIZE];

	ident_print(self->old.client_id, id);
	snprintf(query, sizeof query, "symbol=BTCUSDT&origClientOrderId=%s&newQty=0.1", id);
	bench_ask_signed(self->bench, "PUT", "/api/v3/order/amend/keepPriority", query);
	assert_int_equal(self->bench->status, 200);
	assert_string_equal(bench_text(self->bench, "amendedOrder.origClientOrderId"), id);
	assert_string_not_equal(bench_text(self->bench, "amendedOrder.clientOrderId"), id);
	assert_null(account_open_order_of(&self->bench->exchange->account, 0, id));
}

static void the_user_stream_tells_of_both(void **state)
{
	struct fixture *self = *state;
	struct bench *bench = self->bench;
	char id[IDENT_TEXT_SIZE];

	bench_connect(bench, USER, "/ws-api/v3", "");
	bench_send_signed(bench, USER, 1, "userDataStream.subscribe.signature", "{}");
	bench_forget(bench);
	amend(self, "0.2");
	json_t *event = json_object_get(bench->frames[0].json, "event");
	assert_string_equal(json_string_value(json_object_get(event, "x")), "REPLACED");
	assert_string_equal(json_string_value(json_object_get(event, "q")), "0.20000000");
	assert_string_equal(json_string_value(json_object_get(event, "C")),
	                    ident_print(self->old.client_id, id));
	bench_forget(bench);
	replace(self);
	event = json_object_get(bench->frames[0].json, "event");
	assert_string_equal(json_string_value(json_object_get(event, "x")), "CANCELED");
	event = json_object_get(bench->frames[2].json, "event");
	assert_string_equal(json_string_value(json_object_get(event, "x")), "NEW");
}

static void the_link_replaces_amends_cancels_and_tells(void **state)
{
	struct fixture *self = *state;
	struct bench *bench = self->bench;
	char params[512], id[IDENT_TEXT_SIZE];

	bench_connect(bench, USER, "/ws-api/v3", "");
	ident_print(self->old.client_id, id);
	snprintf(params, sizeof params,
	         "{\"symbol\":\"BTCUSDT\",\"origClientOrderId\":\"%s\",\"newClientOrderId\":\"%s\","
	         "\"newQty\":\"0.3\"}",
	         id, id);
	bench_send_signed(bench, USER, 1, "order.amend.keepPriority", params);
	assert_int_equal(json_integer_value(json_object_get(bench->frames[0].json, "status")), 200);
	snprintf(params, sizeof params,
	         "{\"symbol\":\"BTCUSDT\",\"side\":\"SELL\",\"type\":\"LIMIT\",\"timeInForce\":"
	         "\"GTC\","
	         "\"quantity\":\"90\",\"price\":\"70000\",\"cancelOrigClientOrderId\":\"%s\","
	         "\"cancelReplaceMode\":\"STOP_ON_FAILURE\"}",
	         id);
	bench_send_signed(bench, USER, 2, "order.cancelReplace", params);
	json_t *answer = bench->frames[1].json;
	assert_int_equal(json_integer_value(bench_walk(answer, "status")), 409);
	assert_int_equal(json_integer_value(bench_walk(answer, "error.code")), -2021);
	assert_string_equal(json_string_value(bench_walk(answer, "error.data.cancelResult")),
	                    "SUCCESS");
	snprintf(params, sizeof params, "{\"symbol\":\"BTCUSDT\",\"origClientOrderId\":\"%s\"}",
	         id);
	bench_send_signed(bench, USER, 3, "order.cancel", params);
	answer = bench->frames[2].json;
	assert_int_equal(json_integer_value(bench_walk(answer, "error.code")), -2011);
	bench_send_signed(bench, USER, 4, "order.status", params);
	answer = bench->frames[3].json;
	assert_string_equal(json_string_value(bench_walk(answer, "result.status")), "CANCELED");
}

static void a_restart_keeps_what_was_changed(void **state)
{
	struct fixture *self = *state;

	amend(self, "0.3");
	bench_restart(self->bench);
	assert_decimal(at_exchange(self, &self->old)->qty, "0.3");
	assert_int_equal(at_exchange(self, &self->old)->amends, 1);
	then_locked(self, "BTC", "0.3");
	replace(self);
	bench_restart(self->bench);
	assert_int_equal(at_exchange(self, &self->old)->status, VENUE_STATUS_CANCELED);
	assert_int_equal(at_exchange(self, &self->new)->status, VENUE_STATUS_NEW);
}

static void a_stop_takes_a_stops_place_and_is_told_untriggered(void **state)
{
	struct fixture *self = *state;

	self->new.type = ORDER_TYPE_STOP_LOSS;
	self->new.stop_price = decimal_of("50000");
	replace(self);
	then_halves(self, 200, EVIDENCE_EXISTS, EVIDENCE_EXISTS);
	const struct venue_order *told = venue_message(&self->heard, 1, MESSAGE_VENUE_ORDER);
	assert_false(told->triggered);
	self->old = self->new;
	self->new.client_id.low = 3;
	self->new.stop_price = decimal_of("51000");
	replace(self);
	then_halves(self, 200, EVIDENCE_EXISTS, EVIDENCE_EXISTS);
	then_locked(self, "BTC", "0.5");
}

int main(void)
{
#define WITH_BENCH(test) cmocka_unit_test_setup_teardown(test, open_bench, close_bench)
	const struct CMUnitTest tests[] = {
		WITH_BENCH(a_replace_cancels_and_places),
		WITH_BENCH(a_replace_of_an_order_that_is_gone_places_nothing),
		WITH_BENCH(a_replace_whose_order_is_refused_is_half_done),
		WITH_BENCH(filters_are_checked_before_anything_is_done),
		WITH_BENCH(chance_refuses_the_new_order_of_a_replace_too),
		WITH_BENCH(a_failed_replace_proves_nothing_of_either),
		WITH_BENCH(a_mode_must_be_told_and_known),
		WITH_BENCH(allowed_to_fail_it_places_although_it_cancelled_nothing),
		WITH_BENCH(behind_the_order_limit_nothing_is_done_or_only_the_cancel),
		WITH_BENCH(an_amend_frees_what_it_takes_off),
		WITH_BENCH(an_amend_keeps_the_place_in_the_queue),
		WITH_BENCH(an_amend_that_does_not_lower_is_refused),
		WITH_BENCH(an_order_is_amended_ten_times_at_most),
		WITH_BENCH(an_amend_without_an_id_gets_another),
		WITH_BENCH(the_user_stream_tells_of_both),
		WITH_BENCH(the_link_replaces_amends_cancels_and_tells),
		WITH_BENCH(a_restart_keeps_what_was_changed),
		WITH_BENCH(a_stop_takes_a_stops_place_and_is_told_untriggered),
	};
#undef WITH_BENCH

	return cmocka_run_group_tests_name("exchange_changes", tests, NULL, NULL);
}
