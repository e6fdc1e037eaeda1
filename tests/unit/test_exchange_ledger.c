/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange's books through many random orders over the played tape: nothing is made from
   nothing, nothing is lost, and a restart from the records gives the same books. */
#include "common/base/random.h"
#include "services/exchange/money.h"
#include "tests/lib/exchange_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ORDERS = 150 };

static const struct instrument instruments[] = {
	{.symbol = {7, "BTCUSDT"}, .base = {3, "BTC"}, .quote = {4, "USDT"}}};

static struct account *account_with(const char *usdt, const char *btc)
{
	struct account *account = calloc(1, sizeof *account);
	account_init(account, instruments, 1);
	struct ledger_deposit deposit = {name_from("USDT"), decimal_of(usdt)};
	account_apply(account, MESSAGE_LEDGER_DEPOSIT, &deposit);
	deposit = (struct ledger_deposit){name_from("BTC"), decimal_of(btc)};
	account_apply(account, MESSAGE_LEDGER_DEPOSIT, &deposit);
	return account;
}

static void when_order(struct account *account, uint64_t id, enum side side, const char *qty,
                       const char *price)
{
	struct ledger_order order = {.venue_id = id,
	                             .symbol = name_from("BTCUSDT"),
	                             .client_text = text_format("c%llu", (unsigned long long)id),
	                             .side = side,
	                             .type = ORDER_TYPE_LIMIT,
	                             .time_in_force = TIME_IN_FORCE_GTC,
	                             .qty = decimal_of(qty),
	                             .price = decimal_of(price),
	                             .working = true,
	                             .at = (nanos_t)id};
	account_apply(account, MESSAGE_LEDGER_ORDER, &order);
}

static void when_filled(struct account *account, uint64_t id, const char *price, const char *qty,
                        const char *fee)
{
	struct ledger_trade trade = {.venue_id = id,
	                             .trade_id = account->trade_ids[0] + 1,
	                             .price = decimal_of(price),
	                             .qty = decimal_of(qty),
	                             .fee = decimal_of(fee),
	                             .maker = true,
	                             .at = 50};
	account_apply(account, MESSAGE_LEDGER_TRADE, &trade);
}

static void when_ended(struct account *account, uint64_t id)
{
	struct ledger_end end = {.venue_id = id,
	                         .status = VENUE_STATUS_CANCELED,
	                         .reason = text_from("x"),
	                         .at = 60};
	account_apply(account, MESSAGE_LEDGER_END, &end);
}

static void then_holds(const struct account *account, const char *asset, const char *free_text,
                       const char *locked)
{
	char text[DECIMAL_TEXT_SIZE];
	name_t name = name_from(asset);
	assert_string_equal(decimal_print(account_free(account, &name), text), free_text);
	assert_string_equal(decimal_print(account_locked(account, &name), text), locked);
}

static void a_resting_buy_binds_its_price_and_a_better_fill_frees_the_rest(void **state)
{
	struct account *account = account_with("1000", "0");
	(void)state;
	when_order(account, 1, SIDE_BUY, "2", "100");
	then_holds(account, "USDT", "800", "200");
	when_filled(account, 1, "90", "1", "0.001");
	then_holds(account, "USDT", "810", "100");
	then_holds(account, "BTC", "0.999", "0");
	when_filled(account, 1, "100", "1", "0.001");
	then_holds(account, "USDT", "810", "0");
	assert_int_equal(account_order(account, 1)->status, VENUE_STATUS_FILLED);
	assert_int_equal(account->open_count, 0);
	free(account);
}

static void a_sell_binds_base_and_pays_its_fee_from_the_quote(void **state)
{
	struct account *account = account_with("0", "3");
	(void)state;
	when_order(account, 1, SIDE_SELL, "2", "100");
	then_holds(account, "BTC", "1", "2");
	when_filled(account, 1, "100", "0.5", "0.05");
	then_holds(account, "USDT", "49.95", "0");
	then_holds(account, "BTC", "1", "1.5");
	when_ended(account, 1);
	then_holds(account, "BTC", "2.5", "0");
	assert_int_equal(account_order(account, 1)->status, VENUE_STATUS_CANCELED);
	free(account);
}

static void a_buys_fee_is_cut_in_base_and_a_sells_in_quote(void **state)
{
	char text[DECIMAL_TEXT_SIZE];
	decimal_t rate = decimal_of("0.001");
	(void)state;
	assert_string_equal(decimal_print(account_fee(SIDE_BUY, decimal_of("61837.63"),
	                                              decimal_of("0.00123"), rate),
	                                  text),
	                    "0.00000123");
	assert_string_equal(decimal_print(account_fee(SIDE_BUY, decimal_of("61837.63"),
	                                              decimal_of("0.00001999"), rate),
	                                  text),
	                    "0.00000001");
	assert_string_equal(decimal_print(account_fee(SIDE_SELL, decimal_of("61837.63"),
	                                              decimal_of("0.00123"), rate),
	                                  text),
	                    "0.07606028");
}

static void records_of_an_ended_or_unknown_order_change_nothing(void **state)
{
	struct account *account = account_with("1000", "0");
	(void)state;
	when_order(account, 1, SIDE_BUY, "2", "100");
	when_ended(account, 1);
	when_ended(account, 1);
	when_filled(account, 1, "100", "1", "0");
	when_filled(account, 9, "100", "1", "0");
	then_holds(account, "USDT", "1000", "0");
	assert_int_equal(account->fill_count, 0);
	free(account);
}

static void open_orders_outlive_any_number_of_later_ones(void **state)
{
	struct account *account = account_with("1000", "0");
	(void)state;
	when_order(account, 1, SIDE_BUY, "2", "100");
	for (unsigned i = 0; i < ACCOUNT_ORDERS_MAX + 10; i++) {
		uint64_t id = account_next_id(account);
		when_order(account, id, SIDE_BUY, "1", "1");
		when_ended(account, id);
	}
	assert_true(account_is_open(account_order(account, 1)));
	assert_string_equal(account_order_of(account, 0, "c1")->client, "c1");
	assert_null(account_order(account, 2));
	assert_int_equal(account->last_id,
	                 ACCOUNT_ORDERS_MAX + 12); /* the open one's place was passed over */
	free(account);
}

static decimal_t held(const struct account *account, const char *asset)
{
	name_t name = name_from(asset);
	return money_add(account_free(account, &name), account_locked(account, &name));
}

/* What the fills say that the holdings must be. */
static void then_books_balance(const struct account *account)
{
	decimal_t btc = DECIMAL_ONE, alt = DECIMAL_ONE, usdt = decimal_of("100000");
	for (uint64_t i = 0; i < account_fills_kept(account); i++) {
		const struct account_fill *fill = account_fill(account, i);
		decimal_t *base = fill->symbol == 0 ? &btc : &alt,
			  turnover = money_multiply(fill->price, fill->qty);
		bool buys = fill->side == SIDE_BUY;
		*base = buys ? money_add(*base, money_subtract(fill->qty, fill->fee))
		             : money_subtract(*base, fill->qty);
		usdt = buys ? money_subtract(usdt, turnover)
		            : money_add(usdt, money_subtract(turnover, fill->fee));
	}
	assert_true(decimal_equals(btc, held(account, "BTC")));
	assert_true(decimal_equals(alt, held(account, "ALT")));
	assert_true(decimal_equals(usdt, held(account, "USDT")));
}

static void then_locks_belong_to_open_orders(const struct account *account)
{
	decimal_t locked[ACCOUNT_ASSETS_MAX] = {DECIMAL_ZERO};
	for (unsigned i = 0; i < account->open_count; i++) {
		const struct account_order *order = account_order(account, account->open[i]);
		const name_t *asset =
			account_paying_asset(&account->instruments[order->symbol], order->side);
		for (unsigned j = 0; j < account->asset_count; j++)
			if (name_equals(asset, &account->assets[j].name))
				locked[j] = money_add(locked[j], order->locked);
		assert_true(account_is_open(order) && decimal_sign(order->locked) >= 0);
	}
	for (unsigned j = 0; j < account->asset_count; j++) {
		assert_true(decimal_equals(locked[j], account->assets[j].locked));
		assert_true(decimal_sign(account->assets[j].free) >= 0);
	}
}

/* An order near the market, of any kind; many are refused, and rightly. */
static void order_something(struct bench *bench, struct random *random)
{
	static const char *const kinds[] = {
		"type=LIMIT&timeInForce=GTC&price=%s",
		"type=LIMIT&timeInForce=IOC&price=%s",
		"type=LIMIT&timeInForce=FOK&price=%s",
		"type=LIMIT_MAKER&price=%s",
		"type=MARKET",
		"type=STOP_LOSS&stopPrice=%s",
		"type=STOP_LOSS_LIMIT&timeInForce=GTC&stopPrice=%s&price=%s",
		"type=TAKE_PROFIT_LIMIT&timeInForce=GTC&stopPrice=%s&price=%s",
		"type=TAKE_PROFIT&stopPrice=%s",
	};
	unsigned symbol = (unsigned)random_below(random, 2),
		 kind = (unsigned)random_below(random, 9);
	char form[300], terms[128], price[DECIMAL_TEXT_SIZE];
	decimal_t offset = decimal_make((int64_t)random_below(random, 6000) - 3000, -2);
	decimal_print(money_add(bench->exchange->markets[symbol].last_price, offset), price);
	snprintf(terms, sizeof terms, kinds[kind], price, price);
	snprintf(form, sizeof form, "symbol=%s&side=%s&quantity=0.%05llu&%s",
	         symbol == 0 ? "BTCUSDT" : "ALTUSDT", random_below(random, 2) == 0 ? "BUY" : "SELL",
	         (unsigned long long)(100 + random_below(random, 40000)), terms);
	bench_ask_signed(bench, "POST", "/api/v3/order", form);
}

static void form_oco(char *form, size_t size, const char *low, const char *high, const char *qty)
{
	snprintf(form, size,
	         "symbol=BTCUSDT&side=SELL&quantity=%s&aboveType=LIMIT_MAKER&abovePrice=%s"
	         "&belowType=STOP_LOSS&belowStopPrice=%s",
	         qty, high, low);
}

static void form_otoco(char *form, size_t size, const char *low, const char *high, const char *qty)
{
	snprintf(form, size,
	         "symbol=BTCUSDT&workingSide=BUY&workingQuantity=%s&workingType=LIMIT"
	         "&workingTimeInForce=GTC&workingPrice=%s&pendingSide=SELL&pendingQuantity=%s"
	         "&pendingAboveType=TAKE_PROFIT&pendingAboveStopPrice=%s"
	         "&pendingBelowType=STOP_LOSS&pendingBelowStopPrice=%s",
	         qty, low, qty, high, low);
}

/* A list near the market; or an order that is open is replaced or amended. */
static void change_something(struct bench *bench, struct random *random)
{
	const struct account *account = &bench->exchange->account;
	decimal_t last = bench->exchange->markets[0].last_price;
	decimal_t offset = decimal_make((int64_t)random_below(random, 2000) + 1, -2);
	char form[500], low[DECIMAL_TEXT_SIZE], high[DECIMAL_TEXT_SIZE], qty[16];

	decimal_print(money_subtract(last, offset), low);
	decimal_print(money_add(last, offset), high);
	snprintf(qty, sizeof qty, "0.%05llu",
	         (unsigned long long)(100 + random_below(random, 40000)));
	if (random_below(random, 3) == 0) {
		form_oco(form, sizeof form, low, high, qty);
		bench_ask_signed(bench, "POST", "/api/v3/orderList/oco", form);
	} else if (random_below(random, 2) == 0) {
		form_otoco(form, sizeof form, low, high, qty);
		bench_ask_signed(bench, "POST", "/api/v3/orderList/otoco", form);
	}
	if (account->open_count == 0)
		return;
	uint64_t id = account->open[random_below(random, account->open_count)];
	snprintf(form, sizeof form, "symbol=BTCUSDT&orderId=%llu&newQty=%s", (unsigned long long)id,
	         qty);
	bench_ask_signed(bench, "PUT", "/api/v3/order/amend/keepPriority", form);
	snprintf(form, sizeof form,
	         "symbol=BTCUSDT&cancelOrderId=%llu&cancelReplaceMode=ALLOW_FAILURE&side=SELL"
	         "&type=LIMIT&timeInForce=GTC&price=%s&quantity=%s",
	         (unsigned long long)id, high, qty);
	bench_ask_signed(bench, "POST", "/api/v3/order/cancelReplace", form);
}

static struct bench *traded_bench(uint64_t seed)
{
	struct bench *bench = bench_new();
	struct random random;
	random_init(&random, seed);
	bench_start(bench);
	for (int i = 0; i < ORDERS; i++) {
		order_something(bench, &random);
		if (random_below(&random, 3) == 0)
			change_something(bench, &random);
		bench_pass(bench, (nanos_t)random_below(&random, 3000) * NANOS_MS);
		if (random_below(&random, 20) == 0)
			bench_ask_signed(bench, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT");
		then_locks_belong_to_open_orders(&bench->exchange->account);
	}
	return bench;
}

static void the_books_balance_whatever_is_ordered(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 2; seed++) {
		struct bench *bench = traded_bench(seed);
		then_books_balance(&bench->exchange->account);
		assert_true(bench->exchange->account.fill_count > 30);
		assert_true(bench->exchange->account.last_list > 5);
		assert_false(bench->saved_after_answer);
		bench_free(bench);
	}
}

/* Every answer that tells of the account, as one text. */
static char *told(struct bench *bench)
{
	static const char *const asks[][2] = {
		{"/api/v3/account", ""},
		{"/api/v3/openOrders", ""},
		{"/api/v3/allOrders", "symbol=BTCUSDT&limit=1000"},
		{"/api/v3/allOrders", "symbol=ALTUSDT&limit=1000"},
		{"/api/v3/allOrderList", ""},
		{"/api/v3/myTrades", "symbol=BTCUSDT&limit=1000"},
		{"/api/v3/myTrades", "symbol=ALTUSDT&limit=1000"},
	};
	json_t *all = json_array();
	for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
		bench_ask_signed(bench, "GET", asks[i][0], asks[i][1]);
		assert_int_equal(bench->status, 200);
		json_array_append(all, bench->body);
	}
	char *text = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	return text;
}

static void a_restart_tells_the_same_to_the_byte(void **state)
{
	struct bench *bench = traded_bench(3);
	(void)state;
	char *before = told(bench);
	assert_true(strlen(before) > 20000);
	bench_restart(bench);
	char *after = told(bench);
	assert_string_equal(before, after);
	free(before);
	free(after);
	bench_free(bench);
}

static void a_restart_ends_an_order_that_must_not_rest(void **state)
{
	struct bench *bench = bench_new();
	(void)state;
	bench_start(bench);
	bench_pass(bench, NANOS_S);
	size_t before = bench->record_count;
	bench_ask_signed(bench, "POST", "/api/v3/order",
	                 "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01");
	/* Killed between the order's record and its fills'. */
	while (bench->record_count > before + 1)
		free(bench->records[--bench->record_count].body);
	bench_restart(bench);
	bench_ask_signed(bench, "GET", "/api/v3/order", "symbol=BTCUSDT&orderId=1");
	assert_string_equal(bench_text(bench, "status"), "EXPIRED");
	then_locks_belong_to_open_orders(&bench->exchange->account);
	then_books_balance(&bench->exchange->account);
	bench_free(bench);
}

static void a_restart_acts_on_what_the_market_did_meanwhile(void **state)
{
	struct bench *bench = bench_new();
	char form[200], price[DECIMAL_TEXT_SIZE];
	(void)state;
	bench_start(bench);
	bench_pass(bench, NANOS_S);
	/* The recording falls by 150 within its six minutes. */
	decimal_print(money_subtract(bench->exchange->markets[0].last_price, decimal_of("50")),
	              price);
	snprintf(form, sizeof form,
	         "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=%s",
	         price);
	bench_ask_signed(bench, "POST", "/api/v3/order", form);
	snprintf(form, sizeof form,
	         "symbol=BTCUSDT&side=SELL&type=STOP_LOSS&quantity=0.01&stopPrice=%s", price);
	bench_ask_signed(bench, "POST", "/api/v3/order", form);
	assert_int_equal(bench->exchange->account.open_count, 2);
	bench->now += 340 * NANOS_S;
	bench_restart(bench);
	assert_int_equal(bench->exchange->account.open_count, 0);
	assert_true(bench->exchange->account.fill_count >= 2);
	then_books_balance(&bench->exchange->account);
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_resting_buy_binds_its_price_and_a_better_fill_frees_the_rest),
		cmocka_unit_test(a_sell_binds_base_and_pays_its_fee_from_the_quote),
		cmocka_unit_test(a_buys_fee_is_cut_in_base_and_a_sells_in_quote),
		cmocka_unit_test(records_of_an_ended_or_unknown_order_change_nothing),
		cmocka_unit_test(open_orders_outlive_any_number_of_later_ones),
		cmocka_unit_test(the_books_balance_whatever_is_ordered),
		cmocka_unit_test(a_restart_tells_the_same_to_the_byte),
		cmocka_unit_test(a_restart_ends_an_order_that_must_not_rest),
		cmocka_unit_test(a_restart_acts_on_what_the_market_did_meanwhile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
