/* SPDX-License-Identifier: Apache-2.0 */
/* Long sessions of the simulated exchange: whatever is asked of it in whatever order, its books
   agree with each other, with its streams and, after the lag, with its queries. */
#include "common/sim/exchange.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/base/hash.h"
#include "common/model/book.h"
#include "tests/lib/sim_market.h"

enum { SESSIONS = 40, STEPS = 600, OURS_MAX = 900, LAG_MS_MAX = 3000 };

struct session {
	struct sim_market market;
	struct random random;
	struct order ours[OURS_MAX];
	unsigned count;
	uint64_t hash;
};

static struct session session;

static uint64_t below(uint64_t bound)
{
	return random_below(&session.random, bound);
}

/* From ten lots up to more than the book holds, near the market or across it. */
static struct order drawn_order(void)
{
	static const enum order_type types[] = {
		ORDER_TYPE_LIMIT,       ORDER_TYPE_LIMIT,
		ORDER_TYPE_LIMIT_MAKER, ORDER_TYPE_MARKET,
		ORDER_TYPE_STOP_LOSS,   ORDER_TYPE_STOP_LOSS_LIMIT,
		ORDER_TYPE_TAKE_PROFIT, ORDER_TYPE_TAKE_PROFIT_LIMIT,
	};
	enum order_type type = types[below(sizeof types / sizeof *types)];
	enum side side = below(2) == 0 ? SIDE_BUY : SIDE_SELL;
	char qty[24];

	snprintf(qty, sizeof qty, "0.%05u", 10 + (unsigned)below(below(8) == 0 ? 90000 : 2000));
	struct order order =
		market_order(session.count + 1, side, type, qty,
	                     market_away(market_bid(&session.market), (int)below(11) - 5));
	order.stop_price = market_away(market_bid(&session.market), (int)below(21) - 10);
	order.time_in_force = (enum time_in_force)(below(6) == 0 ? 2 + below(2) : 1);
	return order;
}

static const struct order *some_order(void)
{
	return &session.ours[below(session.count)];
}

static void send_replace(void)
{
	const struct order *old = some_order();
	struct order new = drawn_order();
	struct http_request request;

	session.market.whim.half_replace = below(4) == 0;
	market_must(session.market.venue->replace(old, &new, session.market.now,
	                                          &session.market.profile, &request));
	market_send(&session.market, &request);
	session.ours[session.count++] = new;
}

static void send_amend(void)
{
	const struct order *order = some_order();
	struct http_request request;
	decimal_t half;

	market_must(decimal_multiply(order->qty, decimal_make(5, -1), &half));
	market_must(decimal_round_to(half, decimal_make(1, -5), ROUND_DOWN, &half));
	if (session.market.venue->amend(order, half, session.market.now, &session.market.profile,
	                                &request) == OK)
		market_send(&session.market, &request);
}

static void send_list(void)
{
	struct order orders[3];
	struct http_request request;
	int away = (int)below(8) - 1;

	for (int i = 0; i < 3; i++) {
		orders[i] = drawn_order();
		orders[i].client_id = market_id(++session.count);
		orders[i].side = i == 0 ? SIDE_BUY : SIDE_SELL;
		orders[i].qty = decimal_of("0.01");
		orders[i].type = i == 1 ? ORDER_TYPE_STOP_LOSS : ORDER_TYPE_LIMIT_MAKER;
		session.ours[session.count - 1] = orders[i];
	}
	orders[0].type = ORDER_TYPE_LIMIT;
	orders[1].stop_price = market_away(market_bid(&session.market), -away);
	orders[2].price = market_away(market_ask(&session.market), away);
	struct venue_list list = {
		.id = market_id(1000000 + session.count),
		.entry = below(3) == 0 ? NULL : &orders[0],
		.stop = &orders[1],
		.target = &orders[2],
	};
	if (list.entry != NULL && below(2) == 0)
		list.target = NULL;
	market_must(session.market.venue->list(&list, session.market.now, &session.market.profile,
	                                       &request));
	market_send(&session.market, &request);
}

static void send_order(void)
{
	struct order order = below(10) == 0 && session.count > 0 ? *some_order() : drawn_order();

	market_place(&session.market, &order);
	session.ours[session.count++] = order;
}

static void act(void)
{
	struct sim_market *market = &session.market;

	switch (session.count == 0 ? 0 : below(12)) {
	case 0:
	case 1:
	case 2: send_order(); break;
	case 3:
	case 4: market_cancel(market, some_order()); break;
	case 5: send_replace(); break;
	case 6: send_amend(); break;
	case 7: send_list(); break;
	case 8: market_query(market, some_order()); break;
	case 9: sim_exchange_manual_order(market->exchange, market->now); break;
	case 10: sim_exchange_manual_cancel(market->exchange, market->now); break;
	default: market_fills(market, below(2000)); break;
	}
	market_listen(market);
	session.hash = hash_mix(session.hash + market->answer.code + market->answer.items + 1);
}

static void run(uint64_t seed)
{
	struct sim_market *market = &session.market;

	market_open(market, seed);
	random_init(&session.random, seed);
	session.count = 0;
	session.hash = seed;
	for (int i = 0; i < STEPS && session.count + 4 < OURS_MAX; i++) {
		market->whim.view_lag = below(3) == 0 ? (nanos_t)below(LAG_MS_MAX) * NANOS_MS : 0;
		market->whim.small_parts = below(2) == 0;
		act();
		if (below(50) == 0)
			sim_exchange_jump(market->exchange, market->now);
		market_tick(market);
		if (market->told_count > MARKET_TOLD_MAX / 2)
			market->told_count = 0;
	}
}

static void check_orders(const struct sim_exchange *exchange)
{
	for (uint32_t i = 0; i < exchange->order_count; i++) {
		const struct sim_order *order = &exchange->orders[i];
		decimal_t executed = DECIMAL_ZERO;
		for (uint32_t j = 0; j < exchange->trade_count; j++)
			if (exchange->trades[j].venue_id == order->venue_id)
				market_must(
					decimal_add(executed, exchange->trades[j].qty, &executed));
		assert_true(decimal_equals(executed, order->executed));
		assert_true(decimal_compare(executed, order->qty) <= 0);
		assert_int_equal(decimal_equals(executed, order->qty),
		                 order->status == VENUE_STATUS_FILLED);
		assert_int_equal(sim_order_is_open(order), order->ended_at == 0);
	}
}

static void books_agree_after_any_session(void **state)
{
	unsigned seen[16] = {0};

	(void)state;
	for (uint64_t seed = 1; seed <= SESSIONS; seed++) {
		run(seed);
		if (!sim_exchange_is_conserved(session.market.exchange))
			fail_msg("balances of seed %llu don't add up", (unsigned long long)seed);
		check_orders(session.market.exchange);
		for (uint32_t i = 0; i < session.market.exchange->order_count; i++)
			seen[session.market.exchange->orders[i].status]++;
		market_close(&session.market);
	}
	/* The sessions lead everywhere. */
	assert_true(seen[VENUE_STATUS_NEW] > 0 && seen[VENUE_STATUS_PARTIALLY_FILLED] > 0);
	assert_true(seen[VENUE_STATUS_FILLED] > 0 && seen[VENUE_STATUS_CANCELED] > 0);
	assert_true(seen[VENUE_STATUS_EXPIRED] > 0 && seen[VENUE_STATUS_REJECTED] > 0);
	assert_true(seen[VENUE_STATUS_PENDING_NEW] > 0);
}

static void one_seed_gives_one_session(void **state)
{
	uint64_t hashes[2];
	uint32_t trades[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		run(77);
		hashes[i] = session.hash;
		trades[i] = session.market.exchange->trade_count;
		market_close(&session.market);
	}
	assert_true(hashes[0] == hashes[1]);
	assert_int_equal(trades[0], trades[1]);
}

static void the_market_moves_the_same_whatever_is_ordered(void **state)
{
	struct sim_market quiet;

	(void)state;
	market_open(&quiet, 5);
	market_open(&session.market, 5);
	random_init(&session.random, 5);
	session.count = 0;
	for (int i = 0; i < 200; i++) {
		act();
		market_tick(&session.market);
		market_tick(&quiet);
		assert_true(decimal_equals(market_bid(&quiet), market_bid(&session.market)));
		assert_true(decimal_equals(market_ask(&quiet), market_ask(&session.market)));
	}
	market_close(&session.market);
	market_close(&quiet);
}

static void after_the_longest_lag_queries_see_everything(void **state)
{
	struct sim_market *market = &session.market;
	unsigned open = 0;

	(void)state;
	run(78);
	market->now += LAG_MS_MAX * NANOS_MS;
	for (unsigned i = 0; i < session.count; i++) {
		const struct sim_order *order = market_sees(market, &session.ours[i]);
		market_query(market, &session.ours[i]);
		assert_int_equal(market->messages.count, order != NULL);
		if (order != NULL)
			assert_int_equal(market_answered(market, 0)->status, order->status);
	}
	for (uint32_t i = 0; i < market->exchange->order_count; i++)
		open += sim_order_is_open(&market->exchange->orders[i]) &&
		        name_is(&market->exchange->orders[i].symbol, "BTCUSDT");
	market_open_orders(market);
	assert_int_equal(market->answer.items, open);
	market_close(market);
}

static void assert_side(const struct book_side *side, const struct levels *levels)
{
	assert_int_equal(side->count, levels->count);
	for (uint32_t i = 0; i < side->count; i++) {
		assert_true(decimal_equals(side->levels[i].price, levels->items[i].price));
		assert_true(decimal_equals(side->levels[i].qty, levels->items[i].qty));
	}
}

/* As services/feed does: a snapshot, then each update behind it. */
static void a_book_kept_from_updates_is_the_book_of_the_snapshot(void **state)
{
	struct sim_market *market = &session.market;
	struct book *book = malloc(sizeof *book);
	const struct venue_book *snapshot;
	struct http_request request;
	struct sim_event event;

	(void)state;
	market_open(market, 6);
	market_must(market->venue->book("BTCUSDT", 100, &request));
	market_send(market, &request);
	snapshot = venue_message(&market->messages, 0, MESSAGE_VENUE_BOOK);
	book_init(book);
	market_must(book_load(book, snapshot->last, &snapshot->bids, &snapshot->asks));
	for (int i = 0; i < 2000; i++) {
		if (i % 100 == 99)
			sim_exchange_jump(market->exchange, ++market->now);
		sim_exchange_tick(market->exchange, ++market->now, &market->whim);
		while (sim_exchange_event(market->exchange, &event)) {
			const struct venue_depth *depth = sim_event_body(&event, market->depth);
			if (event.type != MESSAGE_VENUE_DEPTH ||
			    !name_is(&event.body.depth.symbol, "BTCUSDT"))
				continue;
			assert_int_equal(depth->first, book->id + 1);
			market_must(book_apply(book, depth->first, depth->last, &depth->bids,
			                       &depth->asks));
		}
	}
	market_send(market, &request);
	snapshot = venue_message(&market->messages, 0, MESSAGE_VENUE_BOOK);
	assert_int_equal(snapshot->last, book->id);
	assert_side(&book->bids, &snapshot->bids);
	assert_side(&book->asks, &snapshot->asks);
	free(book);
	market_close(market);
}

static void what_isn_t_well_formed_is_refused(void **state)
{
	struct sim_market *market = &session.market;
	struct order order;
	struct http_request request, cut;

	(void)state;
	market_open(market, 8);
	session.count = 0;
	order = market_order(1, SIDE_BUY, ORDER_TYPE_LIMIT, "0.01",
	                     market_away(market_bid(market), -10));
	market_must(market->venue->order(&order, market->now, &market->profile, &request));
	for (size_t size = 0; request.query[size] != '\0'; size++) {
		cut = request;
		cut.query[size] = '\0';
		market_send(market, &cut);
		assert_true(market->answer.http_status == 400 || market->answer.items == 1);
		market_cancel(market, &order);
	}
	snprintf(request.path, sizeof request.path, "/api/v3/nothing");
	market_send(market, &request);
	assert_int_equal(market->answer.http_status, 404);
	assert_int_equal(market->answer.evidence, EVIDENCE_NOTHING);
	market_close(market);
}

static void a_full_ledger_takes_no_more_and_stays_sound(void **state)
{
	struct sim_market *market = &session.market;
	struct order order;

	(void)state;
	market_open(market, 9);
	market->profile.orders_per_10s = 100000;
	market->profile.weight_per_minute = 1000000;
	for (unsigned i = 0; i < SIM_ORDERS_MAX + 10; i++) {
		order = market_order(i + 1, i % 2 == 0 ? SIDE_BUY : SIDE_SELL, ORDER_TYPE_MARKET,
		                     "0.3", DECIMAL_ZERO);
		market_place(market, &order);
		market->told_count = 0;
	}
	assert_int_equal(market->answer.evidence, EVIDENCE_REFUSED);
	assert_int_equal(market->exchange->order_count, SIM_ORDERS_MAX);
	assert_true(sim_exchange_is_conserved(market->exchange));
	market_tick(market);
	market_close(market);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(books_agree_after_any_session),
		cmocka_unit_test(one_seed_gives_one_session),
		cmocka_unit_test(the_market_moves_the_same_whatever_is_ordered),
		cmocka_unit_test(after_the_longest_lag_queries_see_everything),
		cmocka_unit_test(a_book_kept_from_updates_is_the_book_of_the_snapshot),
		cmocka_unit_test(what_isn_t_well_formed_is_refused),
		cmocka_unit_test(a_full_ledger_takes_no_more_and_stays_sound),
	};

	return cmocka_run_group_tests_name("sim_exchange_session", tests, NULL, NULL);
}
