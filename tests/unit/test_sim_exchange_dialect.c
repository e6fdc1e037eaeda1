/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated exchange tells what the dialect reads from the real one's JSON. */
#include "common/sim/exchange.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/lib/sim_json.h"

static struct sim_market market;
static struct sim_json json;
static struct http_request request;

static int open_market(void **state)
{
	(void)state;
	market_open(&market, 11);
	json.size = 0;
	return 0;
}

static int close_market(void **state)
{
	(void)state;
	market_close(&market);
	return 0;
}

static void send(const struct order *order)
{
	market_must(market.venue->order(order, market.now, &market.profile, &request));
	market_send(&market, &request);
}

static const struct sim_order *newest(void)
{
	return &market.exchange->orders[market.exchange->order_count - 1];
}

static struct order taking(uint64_t number)
{
	return market_order(number, SIDE_BUY, ORDER_TYPE_LIMIT, "0.24",
	                    market_away(market_ask(&market), 20));
}

static void refused(const char *format, int code, const char *words)
{
	json.size = 0;
	json_add(&json, format, code, words);
	check_dialect_agrees(&market, &request, &json);
}

static void a_placed_order_with_its_executions(void **state)
{
	struct order order = taking(1);

	(void)state;
	send(&order);
	json_add_order(&json, newest(), NULL, "transactTime", false);
	json_add_fills(&json, market.exchange, newest()->venue_id);
	json_add(&json, "}");
	check_dialect_agrees(&market, &request, &json);
	assert_true(market.messages.count > 2);
}

static void an_order_that_expires_at_once(void **state)
{
	struct order order = taking(1);

	(void)state;
	order.time_in_force = TIME_IN_FORCE_IOC;
	order.qty = decimal_of("0.6");
	send(&order);
	assert_int_equal(newest()->status, VENUE_STATUS_EXPIRED);
	json_add_order(&json, newest(), NULL, "transactTime", false);
	json_add_fills(&json, market.exchange, newest()->venue_id);
	json_add(&json, "}");
	check_dialect_agrees(&market, &request, &json);
}

static void a_cancelled_order(void **state)
{
	struct order order = taking(1);

	(void)state;
	order.price = market_away(order.price, -100);
	send(&order);
	market_must(market.venue->cancel(&order, market.now, &market.profile, &request));
	market_send(&market, &request);
	json_add_order(&json, newest(), NULL, "transactTime", true);
	json_add(&json, "}");
	check_dialect_agrees(&market, &request, &json);
}

static void queries_of_orders_and_trades(void **state)
{
	struct order order = taking(1);

	(void)state;
	send(&order);
	market_must(market.venue->query(&order, market.now, &market.profile, &request));
	market_send(&market, &request);
	json_add_order(&json, newest(), NULL, "updateTime", false);
	json_add(&json, "}");
	check_dialect_agrees(&market, &request, &json);

	market_must(market.venue->fills("BTCUSDT", 0, 9, market.now, &market.profile, &request));
	market_send(&market, &request);
	json.size = 0;
	json_add(&json, "[");
	for (uint32_t i = 0; i < market.exchange->trade_count; i++) {
		const struct sim_trade *trade = &market.exchange->trades[i];
		json_add(&json, "%s{\"symbol\":\"BTCUSDT\",", i == 0 ? "" : ",");
		json_add_decimal(&json, "price", trade->price);
		json_add_decimal(&json, "qty", trade->qty);
		json_add_decimal(&json, "commission", trade->fee);
		json_add(&json,
		         "\"id\":%d,\"orderId\":%d,\"commissionAsset\":\"%s\",\"time\":%lld,"
		         "\"isBuyer\":true,\"isMaker\":false}",
		         (int)trade->trade_id, (int)trade->venue_id, trade->fee_asset.text,
		         json_millis(trade->at));
	}
	json_add(&json, "]");
	check_dialect_agrees(&market, &request, &json);
}

static void open_orders_and_balances(void **state)
{
	struct order order = taking(1);

	(void)state;
	order.price = market_away(order.price, -100);
	send(&order);
	market_must(market.venue->open_orders("", market.now, &market.profile, &request));
	market_send(&market, &request);
	json_add(&json, "[");
	json_add_order(&json, newest(), NULL, "updateTime", false);
	json_add(&json, "}]");
	check_dialect_agrees(&market, &request, &json);

	market_must(market.venue->balances(market.now, &market.profile, &request));
	market_send(&market, &request);
	json.size = 0;
	json_add(&json, "{\"updateTime\":%lld,\"balances\":[", json_millis(market.now));
	for (uint32_t i = 0; i < market.exchange->balance_count; i++) {
		const struct sim_balance *balance = &market.exchange->balances[i];
		json_add(&json, "%s{", i == 0 ? "" : ",");
		json_add_decimal(&json, "free", balance->free);
		json_add_decimal(&json, "locked", balance->locked);
		json_add(&json, "\"asset\":\"%s\"}", balance->asset.text);
	}
	json_add(&json, "]}");
	check_dialect_agrees(&market, &request, &json);
}

static void add_levels(const char *name, const struct levels *levels)
{
	char price[DECIMAL_TEXT_SIZE], qty[DECIMAL_TEXT_SIZE];

	json_add(&json, ",\"%s\":[", name);
	for (uint32_t i = 0; i < levels->count; i++)
		json_add(&json, "%s[\"%s\",\"%s\"]", i == 0 ? "" : ",",
		         decimal_print(levels->items[i].price, price),
		         decimal_print(levels->items[i].qty, qty));
	json_add(&json, "]");
}

static void the_time_and_the_book(void **state)
{
	(void)state;
	market_must(market.venue->time(&request));
	market_send(&market, &request);
	json_add(&json, "{\"serverTime\":%lld}", json_millis(market.now));
	check_dialect_agrees(&market, &request, &json);

	market_must(market.venue->book("BTCUSDT", 2, &request));
	market_send(&market, &request);
	const struct venue_book *book = venue_message(&market.messages, 0, MESSAGE_VENUE_BOOK);
	json.size = 0;
	json_add(&json, "{\"lastUpdateId\":%d", (int)market.exchange->symbols[0].book_id);
	add_levels("bids", &book->bids);
	add_levels("asks", &book->asks);
	json_add(&json, "}");
	check_dialect_agrees(&market, &request, &json);
	assert_int_equal(book->bids.count, 2);
}

#define ERROR "{\"code\":%d,\"msg\":\"%s\"}"

static void refusals_of_each_kind(void **state)
{
	struct order order = taking(1), same = order;

	(void)state;
	market_must(market.venue->query(&order, market.now, &market.profile, &request));
	market_send(&market, &request);
	refused(ERROR, -2013, "Order does not exist.");
	market_must(market.venue->cancel(&order, market.now, &market.profile, &request));
	market_send(&market, &request);
	refused(ERROR, -2011, "Unknown order sent.");
	order.price = same.price = market_away(order.price, -100);
	send(&order);
	send(&same);
	refused(ERROR, -2010, "Duplicate order sent.");
	market.now += 3 * NANOS_S;
	market_send(&market, &request);
	refused(ERROR, -1021, "Timestamp for this request is outside of the recvWindow.");
	sim_exchange_silence(market.exchange, market.now + 10 * NANOS_S, 429);
	market_send(&market, &request);
	char words[128];
	snprintf(words, sizeof words, "%s", market.answer.text.text);
	refused(ERROR, -1003, words);
}

static void given_a_resting_pair(struct order *old, struct order *new)
{
	*old = taking(1);
	old->price = market_away(old->price, -100);
	*new = *old;
	new->client_id = market_id(2);
	new->price = market_away(old->price, 5);
	send(old);
}

static void replace(const struct order *old, const struct order *new)
{
	market_must(market.venue->replace(old, new, market.now, &market.profile, &request));
	market_send(&market, &request);
	json.size = 0;
}

static void add_halves(const char *cancelled, const char *placed)
{
	json_add(&json,
	         "\"cancelResult\":\"%s\",\"newOrderResult\":\"%s\",\"cancelResponse\":", cancelled,
	         placed);
}

static void a_replace_that_works_in_both_halves(void **state)
{
	struct order old, new;

	(void)state;
	given_a_resting_pair(&old, &new);
	replace(&old, &new);
	json_add(&json, "{");
	add_halves("SUCCESS", "SUCCESS");
	json_add_order(&json, market_sees(&market, &old), NULL, "transactTime", true);
	json_add(&json, "},\"newOrderResponse\":");
	json_add_order(&json, market_sees(&market, &new), NULL, "transactTime", false);
	json_add(&json, ",\"fills\":[]}}");
	check_dialect_agrees(&market, &request, &json);
	assert_int_equal(market.messages.count, 4);
}

static void a_replace_that_cancels_and_can_t_place(void **state)
{
	struct order old, new;

	(void)state;
	given_a_resting_pair(&old, &new);
	market.whim.half_replace = true;
	replace(&old, &new);
	assert_int_equal(market.answer.http_status, 409);
	assert_int_equal(market_sees(&market, &old)->status, VENUE_STATUS_CANCELED);
	assert_null(market_sees(&market, &new));
	json_add(&json, "{\"code\":-2021,\"msg\":\"Order cancel-replace partially failed.\","
	                "\"data\":{");
	add_halves("SUCCESS", "FAILURE");
	json_add_order(&json, market_sees(&market, &old), NULL, "transactTime", true);
	json_add(&json, "},\"newOrderResponse\":" ERROR "}}", -2010,
	         "Account has insufficient balance for requested action.");
	check_dialect_agrees(&market, &request, &json);
}

static void a_replace_that_can_t_cancel(void **state)
{
	struct order old, new;

	(void)state;
	given_a_resting_pair(&old, &new);
	market_cancel(&market, &old);
	replace(&old, &new);
	json_add(&json, "{\"code\":-2022,\"msg\":\"Order cancel-replace failed.\",\"data\":{");
	add_halves("FAILURE", "NOT_ATTEMPTED");
	json_add(&json, ERROR ",\"newOrderResponse\":null}}", -2011, "Unknown order sent.");
	check_dialect_agrees(&market, &request, &json);
	assert_null(market_sees(&market, &new));
}

static void a_replace_that_is_refused_as_a_whole(void **state)
{
	struct order old, new;

	(void)state;
	given_a_resting_pair(&old, &new);
	new.price = decimal_of("50000.001");
	replace(&old, &new);
	refused(ERROR, -1013, "Filter failure: PRICE_FILTER");
	market.now += 3 * NANOS_S;
	market_send(&market, &request);
	sim_exchange_legs(&request, &market.answer, &market.messages.sink);
	refused(ERROR, -1021, "Timestamp for this request is outside of the recvWindow.");
	assert_int_equal(market.messages.count, 2);
}

static void an_amended_order(void **state)
{
	struct order order = taking(1);

	(void)state;
	order.price = market_away(order.price, -100);
	send(&order);
	market_must(market.venue->amend(&order, decimal_of("0.2"), market.now, &market.profile,
	                                &request));
	market_send(&market, &request);
	json_add(&json, "{\"transactTime\":%lld,\"amendedOrder\":", json_millis(market.now));
	json_add_order(&json, newest(), NULL, "updateTime", false);
	json_add(&json, "}}");
	check_dialect_agrees(&market, &request, &json);
	assert_true(decimal_equals(newest()->qty, decimal_of("0.2")));
}

static void a_list_with_an_entry_that_is_executed_at_once(void **state)
{
	struct order entry = taking(1);
	struct order stop = market_order(2, SIDE_SELL, ORDER_TYPE_STOP_LOSS, "0.2", DECIMAL_ZERO);
	struct order target = market_order(3, SIDE_SELL, ORDER_TYPE_LIMIT_MAKER, "0.2",
	                                   market_away(market_ask(&market), 50));
	struct venue_list list = {market_id(9), &entry, &stop, &target};
	char id[IDENT_TEXT_SIZE];

	(void)state;
	entry.qty = decimal_of("0.2");
	stop.stop_price = market_away(market_bid(&market), -50);
	market_must(market.venue->list(&list, market.now, &market.profile, &request));
	market_send(&market, &request);
	json_add(&json, "{\"listClientOrderId\":\"%s\",\"orderReports\":[",
	         ident_print(list.id, id));
	json_add_order(&json, market_sees(&market, &entry), NULL, "transactTime", false);
	json_add_fills(&json, market.exchange, market_sees(&market, &entry)->venue_id);
	json_add(&json, "},");
	/* Above, then below, both as they waited. */
	json_add_order(&json, market_sees(&market, &target), "PENDING_NEW", "transactTime", false);
	json_add(&json, "},");
	json_add_order(&json, market_sees(&market, &stop), "PENDING_NEW", "transactTime", false);
	json_add(&json, "}]}");
	check_dialect_agrees(&market, &request, &json);
	assert_int_equal(market_sees(&market, &stop)->status, VENUE_STATUS_NEW);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_market, close_market)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_placed_order_with_its_executions),
		TEST(an_order_that_expires_at_once),
		TEST(a_cancelled_order),
		TEST(queries_of_orders_and_trades),
		TEST(open_orders_and_balances),
		TEST(the_time_and_the_book),
		TEST(refusals_of_each_kind),
		TEST(a_replace_that_works_in_both_halves),
		TEST(a_replace_that_cancels_and_can_t_place),
		TEST(a_replace_that_can_t_cancel),
		TEST(a_replace_that_is_refused_as_a_whole),
		TEST(an_amended_order),
		TEST(a_list_with_an_entry_that_is_executed_at_once),
	};

	return cmocka_run_group_tests_name("sim_exchange_dialect", tests, NULL, NULL);
}
