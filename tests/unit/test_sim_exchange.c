/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/exchange.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/lib/check_decimal.h"
#include "tests/lib/sim_market.h"
#include "tests/lib/venue_answers.h"

static struct sim_market market;

static int open_market(void **state)
{
	(void)state;
	market_open(&market, 7);
	return 0;
}

static int close_market(void **state)
{
	(void)state;
	bool conserved = sim_exchange_is_conserved(market.exchange);
	market_close(&market);
	return conserved ? 0 : -1;
}

static struct order buy(uint64_t number, const char *qty, decimal_t price)
{
	return market_order(number, SIDE_BUY, ORDER_TYPE_LIMIT, qty, price);
}

static struct order sell(uint64_t number, const char *qty, decimal_t price)
{
	return market_order(number, SIDE_SELL, ORDER_TYPE_LIMIT, qty, price);
}

static struct order far_buy(uint64_t number)
{
	return buy(number, "0.01", market_away(market_bid(&market), -100));
}

static void assert_refused(enum evidence evidence, unsigned status, uint64_t code, const char *text)
{
	assert_int_equal(market.answer.evidence, evidence);
	assert_int_equal(market.answer.http_status, status);
	assert_int_equal(market.answer.code, code);
	assert_string_equal(market.answer.text.text, text);
	assert_int_equal(market.messages.count, 0);
	assert_int_equal(market.answer.items, 0);
}

static void assert_status(const struct order *order, enum venue_status status)
{
	assert_string_equal(
		enum_print(&enum_venue_status, (int)market_sees(&market, order)->status),
		enum_print(&enum_venue_status, (int)status));
}

static struct venue_balance balance(const char *asset)
{
	assert_int_equal(market_balances(&market), EVIDENCE_EXISTS);
	for (size_t i = 0; i < market.messages.count; i++) {
		const struct venue_balance *told =
			venue_message(&market.messages, i, MESSAGE_VENUE_BALANCE);
		if (name_is(&told->asset, asset))
			return *told;
	}
	return (struct venue_balance){.asset = {0}};
}

static void a_resting_order_locks_what_it_pays_with_and_frees_it_when_cancelled(void **state)
{
	struct order order = buy(1, "0.5", decimal_of("50000"));

	(void)state;
	assert_int_equal(market_place(&market, &order), EVIDENCE_EXISTS);
	assert_int_equal(market_answered(&market, 0)->status, VENUE_STATUS_NEW);
	assert_decimal(balance("USDT").free, "75000");
	assert_decimal(balance("USDT").locked, "25000");
	assert_int_equal(market_cancel(&market, &order), EVIDENCE_EXISTS);
	assert_int_equal(market_answered(&market, 0)->status, VENUE_STATUS_CANCELED);
	assert_true(ident_equals(market_answered(&market, 0)->client_id, order.client_id));
	assert_decimal(balance("USDT").free, "100000");
	assert_decimal(balance("USDT").locked, "0");
	assert_status(&order, VENUE_STATUS_CANCELED);
}

static void a_taking_buy_pays_the_ask_and_a_fee_in_what_it_receives(void **state)
{
	decimal_t ask = market_ask(&market), paid;
	struct order order = buy(1, "0.01", market_away(ask, 10));

	(void)state;
	assert_int_equal(market_place(&market, &order), EVIDENCE_EXISTS);
	assert_int_equal(market.messages.count, 2);
	const struct venue_fill *fill = venue_message(&market.messages, 1, MESSAGE_VENUE_FILL);
	assert_true(decimal_equals(fill->price, ask));
	assert_decimal(fill->fee, "0.00001");
	assert_string_equal(fill->fee_asset.text, "BTC");
	assert_false(fill->maker);
	assert_int_equal(fill->source, SOURCE_ACK);
	assert_status(&order, VENUE_STATUS_FILLED);
	assert_decimal(balance("BTC").free, "1.00999");
	market_must(decimal_multiply(ask, order.qty, &paid));
	market_must(decimal_add(paid, balance("USDT").free, &paid));
	assert_decimal(paid, "100000");
}

static void a_resting_order_is_executed_at_its_price_once_the_market_comes(void **state)
{
	struct order order = sell(1, "0.02", market_away(market_ask(&market), 2));
	int ticks = 0;

	(void)state;
	market_place(&market, &order);
	assert_status(&order, VENUE_STATUS_NEW);
	while (market_sees(&market, &order)->status == VENUE_STATUS_NEW && ticks++ < 100000)
		market_tick(&market);
	assert_status(&order, VENUE_STATUS_FILLED);
	assert_true(decimal_compare(market_bid(&market), order.price) >= 0);
	market_fills(&market, 0);
	const struct venue_fill *fill = venue_message(&market.messages, 0, MESSAGE_VENUE_FILL);
	assert_true(decimal_equals(fill->price, order.price));
	assert_true(fill->maker);
	assert_string_equal(fill->fee_asset.text, "USDT");
	assert_true(ident_is_none(fill->client_id));
	assert_int_equal(fill->venue_id, market_sees(&market, &order)->venue_id);
}

static void orders_that_take_leave_nothing_on_the_book(void **state)
{
	struct order market_buy = market_order(1, SIDE_BUY, ORDER_TYPE_MARKET, "0.8", DECIMAL_ZERO);
	struct order ioc = sell(2, "0.9", market_bid(&market)), fok = sell(3, "0.9", ioc.price);

	(void)state;
	ioc.time_in_force = TIME_IN_FORCE_IOC;
	fok.time_in_force = TIME_IN_FORCE_FOK;
	assert_int_equal(market_place(&market, &market_buy), EVIDENCE_EXISTS);
	assert_status(&market_buy, VENUE_STATUS_EXPIRED);
	assert_true(decimal_sign(market_sees(&market, &market_buy)->executed) > 0);
	assert_int_equal(market_place(&market, &ioc), EVIDENCE_EXISTS);
	assert_string_equal(market_answered(&market, 0)->reason.text,
	                    "UNFILLED_IOC_QUANTITY_EXPIRED");
	assert_true(decimal_sign(market_sees(&market, &ioc)->executed) > 0);
	assert_int_equal(market_place(&market, &fok), EVIDENCE_EXISTS);
	assert_status(&fok, VENUE_STATUS_EXPIRED);
	assert_decimal(market_sees(&market, &fok)->executed, "0");
}

static void a_maker_that_would_take_is_refused(void **state)
{
	struct order order =
		market_order(1, SIDE_BUY, ORDER_TYPE_LIMIT_MAKER, "0.01", market_ask(&market));

	(void)state;
	market_place(&market, &order);
	assert_refused(EVIDENCE_REFUSED, 400, 2010, "Order would immediately match and take.");
	assert_null(market_sees(&market, &order));
	order.price = market_bid(&market);
	assert_int_equal(market_place(&market, &order), EVIDENCE_EXISTS);
}

static void a_client_id_is_taken_only_while_its_order_is_open(void **state)
{
	struct order order = far_buy(1);

	(void)state;
	market_place(&market, &order);
	market_place(&market, &order);
	assert_refused(EVIDENCE_NOTHING, 400, 2010, "Duplicate order sent.");
	market_cancel(&market, &order);
	assert_int_equal(market_place(&market, &order), EVIDENCE_EXISTS);
	assert_int_equal(market.exchange->order_count, 2);
	assert_status(&order, VENUE_STATUS_NEW);
}

static void what_the_account_can_t_pay_or_the_filters_forbid_is_refused(void **state)
{
	struct order rich = buy(1, "5", decimal_of("50000"));
	struct order odd = buy(2, "0.01", decimal_of("50000.001"));

	(void)state;
	market_place(&market, &rich);
	assert_refused(EVIDENCE_REFUSED, 400, 2010,
	               "Account has insufficient balance for requested action.");
	market_place(&market, &odd);
	assert_refused(EVIDENCE_REFUSED, 400, 1013, "Filter failure: PRICE_FILTER");
	odd.price = decimal_of("50000");
	odd.qty = decimal_of("0.00001");
	market_place(&market, &odd);
	assert_refused(EVIDENCE_REFUSED, 400, 1013, "Filter failure: NOTIONAL");
}

static void what_isn_t_open_can_t_be_cancelled_and_what_isn_t_there_not_queried(void **state)
{
	struct order order = far_buy(1);

	(void)state;
	market_cancel(&market, &order);
	assert_refused(EVIDENCE_REFUSED, 400, 2011, "Unknown order sent.");
	market_query(&market, &order);
	assert_refused(EVIDENCE_ABSENT, 400, 2013, "Order does not exist.");
}

static void behind_its_window_a_request_is_refused(void **state)
{
	struct order order = far_buy(1);
	struct http_request request;

	(void)state;
	market_must(market.venue->order(&order, market.now, &market.profile, &request));
	market.now = request.valid_until + NANOS_MS;
	market_send(&market, &request);
	assert_refused(EVIDENCE_REFUSED, 400, 1021,
	               "Timestamp for this request is outside of the recvWindow.");
	assert_int_equal(market.exchange->late_requests, 1);
	market.now = request.valid_until;
	assert_int_equal(market_send(&market, &request), EVIDENCE_EXISTS);
	assert_int_equal(market_sees(&market, &order)->valid_until, request.valid_until);
}

static void a_request_from_the_future_is_refused(void **state)
{
	struct order order = far_buy(1);
	struct http_request request;

	(void)state;
	market_must(market.venue->order(&order, market.now + NANOS_S, &market.profile, &request));
	assert_int_equal(market_send(&market, &request), EVIDENCE_REFUSED);
	assert_int_equal(market.answer.code, 1021);
}

static void the_queue_may_outlast_the_window(void **state)
{
	struct order order = far_buy(1);
	struct http_request request;
	struct venue_answer answer;

	(void)state;
	market_must(market.venue->order(&order, market.now, &market.profile, &request));
	assert_true(sim_exchange_admits(market.exchange, market.now, &request, &answer));
	sim_exchange_execute(market.exchange, request.valid_until + NANOS_MIN, &request,
	                     &market.whim, &market.messages.sink, &answer);
	assert_int_equal(answer.evidence, EVIDENCE_EXISTS);
}

static void silence_tells_its_wait_and_counts_who_comes_before(void **state)
{
	struct order order = far_buy(1);

	(void)state;
	sim_exchange_silence(market.exchange, market.now + 2500 * NANOS_MS, 418);
	market_place(&market, &order);
	assert_int_equal(market.answer.evidence, EVIDENCE_REFUSED);
	assert_int_equal(market.answer.http_status, 418);
	assert_int_equal(market.answer.code, 1003);
	assert_int_equal(market.answer.retry_after_ms, 3000);
	assert_int_equal(market.exchange->early_requests, 0);
	market_query(&market, &order);
	assert_int_equal(market.answer.evidence, EVIDENCE_NOTHING);
	assert_int_equal(market.exchange->early_requests, 1);
	market.now += 3 * NANOS_S;
	assert_int_equal(market_place(&market, &order), EVIDENCE_EXISTS);
}

static void weight_is_counted_by_the_minute_and_its_limit_enforced(void **state)
{
	struct http_request request;

	(void)state;
	market_must(market.venue->time(&request));
	request.weight = 0;
	market.profile.weight_per_minute = 10;
	market_send(&market, &request);
	assert_int_equal(market.answer.used_weight, 1);
	assert_int_equal(market.answer.server_time, market.now);
	request.weight = 9;
	assert_int_equal(market_send(&market, &request), EVIDENCE_EXISTS);
	market_send(&market, &request);
	assert_int_equal(market.answer.http_status, 429);
	assert_int_equal(market.answer.used_weight, 19);
	market.now += (nanos_t)market.answer.retry_after_ms * NANOS_MS;
	assert_int_equal(market_send(&market, &request), EVIDENCE_EXISTS);
	assert_int_equal(market.answer.used_weight, 9);
}

static void too_many_orders_in_ten_seconds_are_refused(void **state)
{
	(void)state;
	market.profile.orders_per_10s = 2;
	for (uint64_t i = 1; i <= 3; i++) {
		struct order order = far_buy(i);
		market_place(&market, &order);
	}
	assert_int_equal(market.answer.evidence, EVIDENCE_REFUSED);
	assert_int_equal(market.answer.code, 1015);
	assert_true(market.answer.retry_after_ms > 0);
}

static void an_execution_gives_the_count_of_its_order_back(void **state)
{
	(void)state;
	market.profile.orders_per_10s = 2;
	for (uint64_t i = 1; i <= 5; i++) {
		struct order order = buy(i, "0.01", market_away(market_ask(&market), 10));
		assert_int_equal(market_place(&market, &order), EVIDENCE_EXISTS);
	}
}

static void a_lagging_view_shows_an_order_later_than_the_answer_does(void **state)
{
	struct order order = far_buy(1);

	(void)state;
	market.whim.view_lag = 5 * NANOS_S;
	assert_int_equal(market_place(&market, &order), EVIDENCE_EXISTS);
	assert_decimal(balance("USDT").locked, "0");
	assert_int_equal(market_query(&market, &order), EVIDENCE_ABSENT);
	market_open_orders(&market);
	assert_int_equal(market.answer.items, 0);
	market.now += 5 * NANOS_S;
	assert_int_equal(market_query(&market, &order), EVIDENCE_EXISTS);
	market_open_orders(&market);
	assert_int_equal(market.answer.items, 1);
	assert_true(decimal_sign(balance("USDT").locked) > 0);
}

static void a_lagging_view_shows_an_ended_order_as_it_was(void **state)
{
	struct order order = far_buy(1);

	(void)state;
	market_place(&market, &order);
	market.whim.view_lag = 5 * NANOS_S;
	assert_int_equal(market_cancel(&market, &order), EVIDENCE_EXISTS);
	market_tick(&market);
	market_query(&market, &order);
	assert_int_equal(market_answered(&market, 0)->status, VENUE_STATUS_NEW);
	market_open_orders(&market);
	assert_int_equal(market.answer.items, 1);
	market.now += 5 * NANOS_S;
	market_query(&market, &order);
	assert_int_equal(market_answered(&market, 0)->status, VENUE_STATUS_CANCELED);
	market_open_orders(&market);
	assert_int_equal(market.answer.items, 0);
}

static void no_change_is_seen_later_than_the_lag_for_all_that_follow(void **state)
{
	struct order first = far_buy(1), second = buy(2, "0.02", first.price);
	struct http_request request;

	(void)state;
	market_place(&market, &first);
	market.whim.view_lag = 5 * NANOS_S;
	market_must(market.venue->amend(&first, decimal_of("0.005"), market.now, &market.profile,
	                                &request));
	market_send(&market, &request);
	assert_int_equal(balance("USDT").at, market.now);
	market.now += 4 * NANOS_S;
	market_cancel(&market, &first);
	market_place(&market, &second);
	assert_decimal(balance("USDT").free, "99460");
	market.now += NANOS_S;
	market_query(&market, &first);
	assert_int_equal(market_answered(&market, 0)->status, VENUE_STATUS_CANCELED);
	assert_decimal(balance("USDT").free, "98920");
	market_query(&market, &second);
	assert_int_equal(market.answer.evidence, EVIDENCE_ABSENT);
}

static void a_query_tells_the_older_of_two_while_the_newer_can_t_be_seen(void **state)
{
	struct order order = far_buy(1);

	(void)state;
	market_place(&market, &order);
	market_cancel(&market, &order);
	market.whim.view_lag = NANOS_S;
	market_place(&market, &order);
	assert_int_equal(market_query(&market, &order), EVIDENCE_EXISTS);
	assert_int_equal(market_answered(&market, 0)->status, VENUE_STATUS_CANCELED);
	market.now += NANOS_S;
	market_query(&market, &order);
	assert_int_equal(market_answered(&market, 0)->status, VENUE_STATUS_NEW);
}

static void a_lagging_view_hides_trades_and_never_out_of_order(void **state)
{
	struct order first = buy(1, "0.01", market_away(market_ask(&market), 10)), second = first;

	(void)state;
	second.client_id = market_id(2);
	market.whim.view_lag = 5 * NANOS_S;
	market_place(&market, &first);
	market.whim.view_lag = 0;
	market_place(&market, &second);
	market_fills(&market, 0);
	assert_int_equal(market.answer.items, 0);
	market.now += 5 * NANOS_S;
	market_fills(&market, 0);
	assert_int_equal(market.answer.items, 2);
	const struct venue_fill *last = venue_message(&market.messages, 1, MESSAGE_VENUE_FILL);
	market_fills(&market, last->trade_id);
	assert_int_equal(market.answer.items, 1);
}

static void small_parts_add_up_to_the_order(void **state)
{
	struct order order = sell(1, "0.5", market_away(market_ask(&market), 1));
	unsigned fills = 0;

	(void)state;
	market.whim.small_parts = true;
	market_place(&market, &order);
	for (int i = 0; i < 100000 && sim_order_is_open(market_sees(&market, &order)); i++)
		market_tick(&market);
	assert_status(&order, VENUE_STATUS_FILLED);
	for (size_t i = 0; i < market.told_count; i++)
		fills += market.told[i].type == MESSAGE_VENUE_FILL;
	assert_true(fills > 1);
	assert_int_equal(fills, market.exchange->trade_count);
}

static void a_stop_triggers_when_its_price_trades(void **state)
{
	struct order stop = market_order(1, SIDE_SELL, ORDER_TYPE_STOP_LOSS, "0.02", DECIMAL_ZERO);
	struct order limit =
		market_order(2, SIDE_SELL, ORDER_TYPE_STOP_LOSS_LIMIT, "0.02", DECIMAL_ZERO);

	(void)state;
	stop.stop_price = market_away(market_ask(&market), 10);
	market_place(&market, &stop);
	assert_refused(EVIDENCE_REFUSED, 400, 2010, "Order would trigger immediately.");
	stop.stop_price = limit.stop_price = market_away(market_bid(&market), -2);
	limit.price = market_away(market_bid(&market), 5);
	assert_int_equal(market_place(&market, &stop), EVIDENCE_EXISTS);
	assert_int_equal(market_place(&market, &limit), EVIDENCE_EXISTS);
	for (int i = 0; i < 100000 && !market_sees(&market, &limit)->triggered; i++)
		market_tick(&market);
	assert_status(&stop, VENUE_STATUS_FILLED);
	assert_true(market_sees(&market, &stop)->triggered);
	assert_status(&limit, VENUE_STATUS_NEW);
	market_cancel(&market, &limit);
	assert_status(&limit, VENUE_STATUS_CANCELED);
}

static void each_kind_of_stop_waits_for_its_own_side_of_the_market(void **state)
{
	static const struct {
		enum order_type type;
		enum side side;
		int permille;
	} waiting[] = {
		{ORDER_TYPE_STOP_LOSS, SIDE_BUY, 10},
		{ORDER_TYPE_STOP_LOSS, SIDE_SELL, -10},
		{ORDER_TYPE_TAKE_PROFIT, SIDE_BUY, -10},
		{ORDER_TYPE_TAKE_PROFIT, SIDE_SELL, 10},
	};
	decimal_t last = market.exchange->symbols[0].last;

	(void)state;
	for (size_t i = 0; i < sizeof waiting / sizeof *waiting; i++) {
		struct order order =
			market_order(i + 1, waiting[i].side, waiting[i].type, "0.01", DECIMAL_ZERO);
		order.stop_price = market_away(last, -waiting[i].permille);
		market_place(&market, &order);
		assert_refused(EVIDENCE_REFUSED, 400, 2010, "Order would trigger immediately.");
		order.stop_price = market_away(last, waiting[i].permille);
		assert_int_equal(market_place(&market, &order), EVIDENCE_EXISTS);
		assert_false(market_answered(&market, 0)->triggered);
	}
	for (int i = 0; i < 20; i++)
		sim_exchange_jump(market.exchange, market.now);
	market.told_count = 0;
	market_listen(&market);
	unsigned told = 0;
	for (size_t i = 0; i < market.told_count; i++)
		told += market.told[i].type == MESSAGE_VENUE_ORDER &&
		        market.told[i].body.order.status == VENUE_STATUS_NEW &&
		        market.told[i].body.order.triggered;
	assert_int_equal(told, sizeof waiting / sizeof *waiting);
	for (size_t i = 0; i < sizeof waiting / sizeof *waiting; i++) {
		struct order order = {.symbol = name_from("BTCUSDT"),
		                      .client_id = market_id(i + 1)};
		market_query(&market, &order);
		assert_int_equal(market_answered(&market, 0)->triggered,
		                 market_sees(&market, &order)->triggered);
		assert_true(market_sees(&market, &order)->triggered);
	}
}

static void a_jump_goes_through_stops_and_resting_orders(void **state)
{
	struct order low = buy(1, "0.01", market_away(market_bid(&market), -5));
	struct order high = sell(2, "0.01", market_away(market_ask(&market), 5));

	(void)state;
	market_place(&market, &low);
	market_place(&market, &high);
	sim_exchange_jump(market.exchange, market.now);
	market_listen(&market);
	assert_true((market_sees(&market, &low)->status == VENUE_STATUS_FILLED) !=
	            (market_sees(&market, &high)->status == VENUE_STATUS_FILLED));
}

static void a_person_s_order_is_foreign_and_a_person_may_cancel_ours(void **state)
{
	struct order order = far_buy(1);

	(void)state;
	market_place(&market, &order);
	for (int i = 0; i < 20; i++)
		sim_exchange_manual_order(market.exchange, market.now);
	market_listen(&market);
	const struct sim_order *foreign = &market.exchange->orders[1];
	assert_true(foreign->foreign);
	assert_true(ident_is_none(foreign->client_id));
	assert_memory_equal(foreign->client_text.text, "web_", 4);
	sim_exchange_manual_cancel(market.exchange, market.now);
	assert_status(&order, VENUE_STATUS_CANCELED);
}

static void the_stream_tells_each_state_and_execution_with_our_id(void **state)
{
	struct order order = buy(1, "0.01", market_away(market_ask(&market), 10));

	(void)state;
	market_place(&market, &order);
	assert_int_equal(market.told_count, 5);
	assert_int_equal(market.told[0].body.order.status, VENUE_STATUS_NEW);
	assert_int_equal(market.told[1].body.order.status, VENUE_STATUS_FILLED);
	assert_int_equal(market.told[1].body.order.source, SOURCE_STREAM);
	assert_int_equal(market.told[2].type, MESSAGE_VENUE_FILL);
	assert_true(ident_equals(market.told[2].body.fill.client_id, order.client_id));
	assert_int_equal(market.told[2].body.fill.source, SOURCE_STREAM);
	assert_int_equal(market.told[3].type, MESSAGE_VENUE_BALANCE);
	assert_int_equal(market.told[4].type, MESSAGE_VENUE_BALANCE);
}

/* Three more files look at: what the dialect reads, long sessions, lists and replaces. */
static void the_user_link_is_subscribed(void **state)
{
	struct link_frame frame;

	(void)state;
	market_must(market.venue->user_subscribe("user", &frame));
	frame.venue_now = market.now;
	sim_exchange_frame(market.exchange, market.now, &frame, &market.whim, &market.messages.sink,
	                   &market.answer);
	assert_int_equal(market.answer.evidence, EVIDENCE_EXISTS);
	const struct venue_notice *notice =
		venue_message(&market.messages, 0, MESSAGE_VENUE_NOTICE);
	assert_string_equal(notice->event.text, "subscribed");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_market, close_market)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_resting_order_locks_what_it_pays_with_and_frees_it_when_cancelled),
		TEST(a_taking_buy_pays_the_ask_and_a_fee_in_what_it_receives),
		TEST(a_resting_order_is_executed_at_its_price_once_the_market_comes),
		TEST(orders_that_take_leave_nothing_on_the_book),
		TEST(a_maker_that_would_take_is_refused),
		TEST(a_client_id_is_taken_only_while_its_order_is_open),
		TEST(what_the_account_can_t_pay_or_the_filters_forbid_is_refused),
		TEST(what_isn_t_open_can_t_be_cancelled_and_what_isn_t_there_not_queried),
		TEST(behind_its_window_a_request_is_refused),
		TEST(a_request_from_the_future_is_refused),
		TEST(the_queue_may_outlast_the_window),
		TEST(silence_tells_its_wait_and_counts_who_comes_before),
		TEST(weight_is_counted_by_the_minute_and_its_limit_enforced),
		TEST(too_many_orders_in_ten_seconds_are_refused),
		TEST(an_execution_gives_the_count_of_its_order_back),
		TEST(a_lagging_view_shows_an_order_later_than_the_answer_does),
		TEST(a_lagging_view_shows_an_ended_order_as_it_was),
		TEST(no_change_is_seen_later_than_the_lag_for_all_that_follow),
		TEST(a_query_tells_the_older_of_two_while_the_newer_can_t_be_seen),
		TEST(a_lagging_view_hides_trades_and_never_out_of_order),
		TEST(small_parts_add_up_to_the_order),
		TEST(a_stop_triggers_when_its_price_trades),
		TEST(each_kind_of_stop_waits_for_its_own_side_of_the_market),
		TEST(a_jump_goes_through_stops_and_resting_orders),
		TEST(a_person_s_order_is_foreign_and_a_person_may_cancel_ours),
		TEST(the_stream_tells_each_state_and_execution_with_our_id),
		TEST(the_user_link_is_subscribed),
	};

	return cmocka_run_group_tests_name("sim_exchange", tests, NULL, NULL);
}
