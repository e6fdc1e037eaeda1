/* SPDX-License-Identifier: Apache-2.0 */
/* Orders in another's place, amends, and orders that belong together. How their answers read is in
   test_sim_exchange_dialect.c. */
#include "common/sim/exchange.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/lib/check_decimal.h"
#include "tests/lib/sim_market.h"

static struct sim_market market;
static struct http_request request;

static int open_market(void **state)
{
	(void)state;
	market_open(&market, 4);
	return 0;
}

static int close_market(void **state)
{
	(void)state;
	bool conserved = sim_exchange_is_conserved(market.exchange);
	market_close(&market);
	return conserved ? 0 : -1;
}

static struct order entry, stop, target;
static struct venue_list list;

static void given_orders(const char *qty, int permille)
{
	entry = market_order(1, SIDE_BUY, ORDER_TYPE_LIMIT, qty,
	                     market_away(market_ask(&market), permille));
	stop = market_order(2, SIDE_SELL, ORDER_TYPE_STOP_LOSS, qty, DECIMAL_ZERO);
	stop.stop_price = market_away(market_bid(&market), -3);
	target = market_order(3, SIDE_SELL, ORDER_TYPE_LIMIT_MAKER, qty,
	                      market_away(market_ask(&market), 3));
	list = (struct venue_list){market_id(9), &entry, &stop, &target};
}

static enum evidence place_list(void)
{
	market_must(market.venue->list(&list, market.now, &market.profile, &request));
	return market_send(&market, &request);
}

static enum venue_status status_of(const struct order *order)
{
	return market_sees(&market, order)->status;
}

static const char *reason_of(const struct order *order)
{
	return market_sees(&market, order)->reason;
}

static void until_ended(const struct order *order)
{
	for (int i = 0; i < 100000 && sim_order_is_open(market_sees(&market, order)); i++)
		market_tick(&market);
	assert_false(sim_order_is_open(market_sees(&market, order)));
}

static decimal_t locked(const char *asset)
{
	for (uint32_t i = 0; i < market.exchange->balance_count; i++)
		if (name_is(&market.exchange->balances[i].asset, asset))
			return market.exchange->balances[i].locked;
	return DECIMAL_ZERO;
}

static void a_pair_locks_once_and_one_ends_the_other(void **state)
{
	(void)state;
	given_orders("0.02", 0);
	list.entry = NULL;
	assert_int_equal(place_list(), EVIDENCE_EXISTS);
	assert_int_equal(market.answer.items, 2);
	assert_decimal(locked("BTC"), "0.02");
	until_ended(&stop);
	until_ended(&target);
	bool was_target = status_of(&target) == VENUE_STATUS_FILLED;
	assert_int_equal(status_of(was_target ? &stop : &target), VENUE_STATUS_EXPIRED);
	assert_string_equal(reason_of(was_target ? &stop : &target), "OCO_TRIGGER");
	assert_true(was_target || status_of(&stop) == VENUE_STATUS_FILLED);
	assert_decimal(locked("BTC"), "0");
}

static void a_pair_s_first_part_ends_the_other_and_goes_on(void **state)
{
	(void)state;
	given_orders("0.1", 0);
	list.entry = NULL;
	stop.stop_price = market_away(market_bid(&market), -300);
	place_list();
	market.whim.small_parts = true;
	while (decimal_sign(market_sees(&market, &target)->executed) == 0)
		market_tick(&market);
	assert_int_equal(status_of(&stop), VENUE_STATUS_EXPIRED);
	until_ended(&target);
	assert_int_equal(status_of(&target), VENUE_STATUS_FILLED);
}

/* All that there is: only the one that holds the lock can pay. */
static void a_pair_of_all_that_is_there_executes_at_either_end(void **state)
{
	static const enum order_type targets[] = {ORDER_TYPE_LIMIT_MAKER, ORDER_TYPE_TAKE_PROFIT};
	bool seen_target = false, seen_stop = false;

	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		market_close(&market);
		market_open(&market, seed);
		given_orders("1", 0);
		target.type = targets[seed % 2];
		target.stop_price = target.price;
		list.entry = NULL;
		assert_int_equal(place_list(), EVIDENCE_EXISTS);
		for (int i = 0; i < 3; i++)
			sim_exchange_jump(market.exchange, market.now);
		bool was_target = decimal_sign(market_sees(&market, &target)->executed) > 0;
		bool was_stop = decimal_sign(market_sees(&market, &stop)->executed) > 0;
		assert_true(was_target != was_stop);
		assert_decimal(locked("BTC"), "0");
		seen_target |= was_target;
		seen_stop |= was_stop;
	}
	assert_true(seen_target && seen_stop);
}

static void a_triggered_stop_that_rests_holds_what_the_pair_locked(void **state)
{
	(void)state;
	given_orders("1", 0);
	list.entry = NULL;
	stop.type = ORDER_TYPE_STOP_LOSS_LIMIT;
	stop.price = market_away(market_ask(&market), 500);
	target.price = market_away(market_ask(&market), 400);
	place_list();
	for (int i = 0; i < 1000 && !market_sees(&market, &stop)->triggered; i++) {
		sim_exchange_jump(market.exchange, market.now);
		market_listen(&market);
	}
	assert_int_equal(status_of(&target), VENUE_STATUS_EXPIRED);
	assert_int_equal(status_of(&stop), VENUE_STATUS_NEW);
	assert_decimal(locked("BTC"), "1");
}

static void woken_legs_may_spend_what_the_entry_brought(void **state)
{
	struct order all = market_order(7, SIDE_SELL, ORDER_TYPE_LIMIT, "1",
	                                market_away(market_ask(&market), 400));

	(void)state;
	market_place(&market, &all);
	given_orders("0.02", 10);
	stop.qty = target.qty = decimal_of("0.01998");
	assert_int_equal(place_list(), EVIDENCE_EXISTS);
	assert_int_equal(status_of(&target), VENUE_STATUS_NEW);
	until_ended(&target);
	assert_int_equal(status_of(&target) == VENUE_STATUS_FILLED,
	                 status_of(&stop) != VENUE_STATUS_FILLED);
}

static void legs_that_nobody_can_pay_are_rejected(void **state)
{
	struct order all = market_order(7, SIDE_SELL, ORDER_TYPE_LIMIT, "1",
	                                market_away(market_ask(&market), 400));

	(void)state;
	market_place(&market, &all);
	given_orders("0.02", 10);
	assert_int_equal(place_list(), EVIDENCE_EXISTS);
	assert_int_equal(status_of(&entry), VENUE_STATUS_FILLED);
	assert_int_equal(status_of(&stop), VENUE_STATUS_REJECTED);
	assert_string_equal(reason_of(&stop), "INSUFFICIENT_BALANCES");
}

static void cancelling_one_of_a_pair_cancels_both(void **state)
{
	(void)state;
	given_orders("0.02", 0);
	list.entry = NULL;
	place_list();
	assert_int_equal(market_cancel(&market, &target), EVIDENCE_EXISTS);
	assert_int_equal(status_of(&stop), VENUE_STATUS_CANCELED);
	assert_decimal(locked("BTC"), "0");
}

static void an_entry_s_execution_wakes_what_waits_behind_it(void **state)
{
	(void)state;
	given_orders("0.02", -1);
	list.target = NULL;
	assert_int_equal(place_list(), EVIDENCE_EXISTS);
	assert_int_equal(status_of(&stop), VENUE_STATUS_PENDING_NEW);
	assert_decimal(locked("BTC"), "0");
	until_ended(&entry);
	assert_int_equal(status_of(&stop), VENUE_STATUS_NEW);
	assert_decimal(locked("BTC"), "0.02");
	until_ended(&stop);
	assert_int_equal(status_of(&stop), VENUE_STATUS_FILLED);
}

static void an_entry_s_cancel_ends_what_waits_behind_it(void **state)
{
	(void)state;
	given_orders("0.02", -100);
	place_list();
	market_open_orders(&market);
	assert_int_equal(market.answer.items, 3);
	market_cancel(&market, &entry);
	assert_int_equal(status_of(&stop), VENUE_STATUS_CANCELED);
	assert_int_equal(status_of(&target), VENUE_STATUS_CANCELED);
}

static void cancelling_what_waits_cancels_the_entry(void **state)
{
	(void)state;
	given_orders("0.02", -100);
	place_list();
	market_cancel(&market, &stop);
	assert_int_equal(status_of(&entry), VENUE_STATUS_CANCELED);
	assert_int_equal(status_of(&target), VENUE_STATUS_CANCELED);
	assert_decimal(locked("USDT"), "0");
}

static void legs_that_can_t_begin_to_work_are_rejected_together(void **state)
{
	(void)state;
	given_orders("0.02", 10);
	stop.stop_price = market_away(market_ask(&market), 20);
	assert_int_equal(place_list(), EVIDENCE_EXISTS);
	assert_int_equal(status_of(&entry), VENUE_STATUS_FILLED);
	assert_int_equal(status_of(&stop), VENUE_STATUS_REJECTED);
	assert_string_equal(reason_of(&stop), "STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY");
	assert_int_equal(status_of(&target), VENUE_STATUS_REJECTED);
}

static void a_list_is_placed_whole_or_not_at_all(void **state)
{
	(void)state;
	given_orders("0.02", -100);
	target.price = decimal_of("70000.001");
	assert_int_equal(place_list(), EVIDENCE_REFUSED);
	assert_int_equal(market.answer.code, 1013);
	assert_int_equal(market.exchange->order_count, 0);
	given_orders("0.02", -100);
	assert_int_equal(place_list(), EVIDENCE_EXISTS);
	assert_int_equal(place_list(), EVIDENCE_NOTHING);
	assert_string_equal(market.answer.text.text, "Duplicate order sent.");
	assert_int_equal(market.exchange->order_count, 3);
}

static void a_list_is_queried_and_cancelled_by_its_own_id(void **state)
{
	(void)state;
	given_orders("0.02", -100);
	market.whim.view_lag = NANOS_S;
	place_list();
	market_must(market.venue->query_list("BTCUSDT", list.id, market.now, &market.profile,
	                                     &request));
	assert_int_equal(market_send(&market, &request), EVIDENCE_ABSENT);
	market.now += NANOS_S;
	assert_int_equal(market_send(&market, &request), EVIDENCE_EXISTS);
	assert_int_equal(market.answer.items, 3);
	market_must(market.venue->cancel_list("BTCUSDT", list.id, market.now, &market.profile,
	                                      &request));
	assert_int_equal(market_send(&market, &request), EVIDENCE_EXISTS);
	assert_int_equal(market.answer.items, 3);
	assert_int_equal(status_of(&entry), VENUE_STATUS_CANCELED);
	assert_int_equal(market_send(&market, &request), EVIDENCE_REFUSED);
	assert_int_equal(market.answer.code, 2011);
}

static void replace(const struct order *old, const struct order *new)
{
	market_must(market.venue->replace(old, new, market.now, &market.profile, &request));
	market_send(&market, &request);
}

static void a_replacement_may_spend_what_the_old_order_locked(void **state)
{
	(void)state;
	given_orders("1.5", -20);
	market_place(&market, &entry);
	struct order new = entry;
	new.client_id = market_id(5);
	new.price = market_away(entry.price, 2);
	replace(&entry, &new);
	assert_int_equal(market.answer.evidence, EVIDENCE_EXISTS);
	assert_int_equal(status_of(&entry), VENUE_STATUS_CANCELED);
	assert_int_equal(status_of(&new), VENUE_STATUS_NEW);
}

static void nothing_is_placed_when_there_is_nothing_to_cancel(void **state)
{
	(void)state;
	given_orders("0.02", -20);
	struct order new = entry;
	new.client_id = market_id(5);
	replace(&entry, &new);
	assert_int_equal(market.answer.http_status, 400);
	assert_int_equal(market.answer.code, 2022);
	assert_int_equal(market.answer.evidence, EVIDENCE_REFUSED);
	assert_null(market_sees(&market, &new));
}

static void amend(const char *qty)
{
	market_must(market.venue->amend(&entry, decimal_of(qty), market.now, &market.profile,
	                                &request));
	market_send(&market, &request);
}

static void an_amend_gives_back_what_it_no_longer_needs(void **state)
{
	(void)state;
	given_orders("0.5", 0);
	entry.price = decimal_of("50000");
	market_place(&market, &entry);
	amend("0.2");
	assert_int_equal(market.answer.evidence, EVIDENCE_EXISTS);
	assert_decimal(locked("USDT"), "10000");
	amend("0.2");
	assert_int_equal(market.answer.evidence, EVIDENCE_REFUSED);
	assert_int_equal(market.answer.code, 2038);
	market_cancel(&market, &entry);
	amend("0.1");
	assert_int_equal(market.answer.code, 2038);
}

static void ten_amends_are_enough(void **state)
{
	char qty[16];

	(void)state;
	given_orders("0.5", -100);
	market_place(&market, &entry);
	for (int i = 0; i < 10; i++) {
		snprintf(qty, sizeof qty, "0.%d", 400 - i * 10);
		amend(qty);
		assert_int_equal(market.answer.evidence, EVIDENCE_EXISTS);
	}
	amend("0.1");
	assert_int_equal(market.answer.evidence, EVIDENCE_REFUSED);
}

static void a_frame_cancels_an_order(void **state)
{
	char id[IDENT_TEXT_SIZE];
	struct link_frame frame = {.is_signed = true};

	(void)state;
	given_orders("0.02", -20);
	market_place(&market, &entry);
	frame.venue_now = market.now;
	snprintf(frame.text, sizeof frame.text,
	         "{\"method\":\"order.cancel\",\"params\":{\"symbol\":\"BTCUSDT\", "
	         "\"origClientOrderId\":\"%s\",\"recvWindow\":2000}}",
	         ident_print(entry.client_id, id));
	for (int i = 0; i < 2; i++) {
		venue_messages_clear(&market.messages);
		sim_exchange_frame(market.exchange, market.now, &frame, &market.whim,
		                   &market.messages.sink, &market.answer);
		assert_int_equal(market.answer.evidence,
		                 i == 0 ? EVIDENCE_EXISTS : EVIDENCE_REFUSED);
		assert_int_equal(market.messages.count, i == 0);
	}
	assert_int_equal(status_of(&entry), VENUE_STATUS_CANCELED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_market, close_market)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_pair_locks_once_and_one_ends_the_other),
		TEST(a_pair_s_first_part_ends_the_other_and_goes_on),
		TEST(a_pair_of_all_that_is_there_executes_at_either_end),
		TEST(a_triggered_stop_that_rests_holds_what_the_pair_locked),
		TEST(woken_legs_may_spend_what_the_entry_brought),
		TEST(legs_that_nobody_can_pay_are_rejected),
		TEST(cancelling_one_of_a_pair_cancels_both),
		TEST(an_entry_s_execution_wakes_what_waits_behind_it),
		TEST(an_entry_s_cancel_ends_what_waits_behind_it),
		TEST(cancelling_what_waits_cancels_the_entry),
		TEST(legs_that_can_t_begin_to_work_are_rejected_together),
		TEST(a_list_is_placed_whole_or_not_at_all),
		TEST(a_list_is_queried_and_cancelled_by_its_own_id),
		TEST(a_replacement_may_spend_what_the_old_order_locked),
		TEST(nothing_is_placed_when_there_is_nothing_to_cancel),
		TEST(an_amend_gives_back_what_it_no_longer_needs),
		TEST(ten_amends_are_enough),
		TEST(a_frame_cancels_an_order),
	};

	return cmocka_run_group_tests_name("sim_exchange_lists", tests, NULL, NULL);
}
