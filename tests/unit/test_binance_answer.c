/* SPDX-License-Identifier: Apache-2.0 */
/* What answers tell. What errors prove is in test_binance_evidence.c. */
#include "common/venue/binance/answer.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/lib/check_decimal.h"
#include "tests/lib/venue_answers.h"

#define PLACED \
	"{\"symbol\":\"BTCUSDT\",\"orderId\":28,\"clientOrderId\":\"" OUR_ID "\"," \
	"\"transactTime\":1507725176595,\"price\":\"61000.00\",\"origQty\":\"2.00000000\"," \
	"\"executedQty\":\"0.50000000\",\"cummulativeQuoteQty\":\"30000.0\"," \
	"\"status\":\"PARTIALLY_FILLED\",\"timeInForce\":\"GTC\",\"type\":\"LIMIT\"," \
	"\"side\":\"BUY\",\"fills\":[{\"price\":\"60000.00\",\"qty\":\"0.50000000\"," \
	"\"commission\":\"0.00050000\",\"commissionAsset\":\"BTC\",\"tradeId\":56}]}"
#define QUERIED \
	"{\"symbol\":\"BTCUSDT\",\"orderId\":28,\"clientOrderId\":\"%s\",\"price\":\"61000\"," \
	"\"origQty\":\"2\",\"executedQty\":\"0\",\"cummulativeQuoteQty\":\"0\"," \
	"\"status\":\"NEW\",\"type\":\"LIMIT\",\"side\":\"BUY\",\"updateTime\":1507725176595}"
#define TRADE \
	"{\"symbol\":\"BTCUSDT\",\"id\":0,\"orderId\":28,\"price\":\"4.0\",\"qty\":\"12.0\"," \
	"\"commission\":\"0\",\"commissionAsset\":\"BNB\",\"time\":1499865549590," \
	"\"isBuyer\":false,\"isMaker\":true}"

static struct answered seen;

static int clear(void **state)
{
	(void)state;
	answered_clear(&seen);
	return 0;
}

static void assert_exists(size_t items)
{
	assert_string_equal(seen.answer.text.text, "");
	assert_int_equal(seen.answer.evidence, EVIDENCE_EXISTS);
	assert_int_equal(seen.answer.http_status, 200);
	assert_int_equal(seen.answer.items, items);
	assert_int_equal(seen.messages.count, items);
}

static void assert_nothing(void)
{
	assert_int_equal(seen.answer.evidence, EVIDENCE_NOTHING);
	assert_true(seen.answer.text.size > 0);
	assert_int_equal(seen.answer.items, 0);
	assert_int_equal(seen.messages.count, 0);
}

static void answered_placed(const char *body)
{
	answered_text(&seen, ANSWER_ORDER, "BTCUSDT", "newClientOrderId=" OUR_ID, 200, body);
}

static void assert_ours(ident_t client_id)
{
	char text[IDENT_TEXT_SIZE];

	assert_string_equal(ident_print(client_id, text), OUR_ID);
}

static void a_placed_order_tells_itself_and_then_its_fills(void **state)
{
	(void)state;
	answered_fixture(&seen, ANSWER_ORDER, "BTCUSDT", "rest_PlaceOrder.json");
	assert_exists(6);
	const struct venue_order *order = venue_message(&seen.messages, 0, MESSAGE_VENUE_ORDER);
	assert_int_equal(order->source, SOURCE_ACK);
	assert_string_equal(order->symbol.text, "BTCUSDT");
	assert_string_equal(order->client_text.text, "6gCrw2kRUAF9CvJDGP16IP");
	assert_true(ident_is_none(order->client_id));
	assert_int_equal(order->venue_id, 28);
	assert_int_equal(order->status, VENUE_STATUS_FILLED);
	assert_int_equal(order->side, SIDE_SELL);
	assert_int_equal(order->type, ORDER_TYPE_LIMIT);
	assert_decimal(order->qty, "10");
	assert_decimal(order->executed, "10");
	assert_decimal(order->turnover, "10");
	assert_int_equal(order->at, 1507725176595 * NANOS_MS);
	const struct venue_fill *fill = venue_message(&seen.messages, 2, MESSAGE_VENUE_FILL);
	assert_int_equal(fill->source, SOURCE_ACK);
	assert_int_equal(fill->venue_id, 28);
	assert_int_equal(fill->trade_id, 57);
	assert_int_equal(fill->side, SIDE_SELL);
	assert_decimal(fill->price, "3999");
	assert_decimal(fill->qty, "5");
	assert_decimal(fill->fee, "19.995");
	assert_string_equal(fill->fee_asset.text, "USDT");
	assert_false(fill->maker);
	assert_int_equal(fill->at, 1507725176595 * NANOS_MS);
	assert_int_equal(seen.answer.used_weight, 17);
}

static void our_id_is_exactly_32_lower_case_hex_digits(void **state)
{
	static const char *const foreign[] = {
		"00112233445566778899AABBCCDDEEFF",
		"00112233445566778899aabbccddeef",
		"00112233445566778899aabbccddeeff0",
		"00112233445566778899aabbccddeefg",
		"web_1",
	};
	char body[1024];

	(void)state;
	answered_placed(PLACED);
	assert_exists(2);
	const struct venue_order *order = venue_message(&seen.messages, 0, MESSAGE_VENUE_ORDER);
	const struct venue_fill *fill = venue_message(&seen.messages, 1, MESSAGE_VENUE_FILL);
	assert_ours(order->client_id);
	assert_ours(fill->client_id);
	for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
		snprintf(body, sizeof body, "[" QUERIED "]", foreign[i]);
		answered_text(&seen, ANSWER_OPEN_ORDERS, "BTCUSDT", "", 200, body);
		assert_exists(1);
		order = venue_message(&seen.messages, 0, MESSAGE_VENUE_ORDER);
		assert_true(ident_is_none(order->client_id));
		assert_string_equal(order->client_text.text, foreign[i]);
	}
}

static void a_query_tells_the_order(void **state)
{
	(void)state;
	answered_fixture(&seen, ANSWER_QUERY, "LTCBTC", "rest_GetOrder.json");
	assert_exists(1);
	const struct venue_order *order = venue_message(&seen.messages, 0, MESSAGE_VENUE_ORDER);
	assert_int_equal(order->source, SOURCE_QUERY);
	assert_int_equal(order->status, VENUE_STATUS_NEW);
	assert_string_equal(order->client_text.text, "myOrder1");
	assert_decimal(order->price, "0.1");
	assert_int_equal(order->at, 1499827319559 * NANOS_MS);
}

static void a_query_that_shows_the_id_of_our_cancel_is_about_our_order(void **state)
{
	char body[1024];

	(void)state;
	snprintf(body, sizeof body, QUERIED, "c-" OUR_ID);
	answered_text(&seen, ANSWER_QUERY, "BTCUSDT", "origClientOrderId=" OUR_ID, 200, body);
	assert_exists(1);
	assert_ours(
		((const struct venue_order *)venue_message(&seen.messages, 0, MESSAGE_VENUE_ORDER))
			->client_id);
}

static void a_cancel_tells_the_order_under_its_own_id(void **state)
{
	(void)state;
	answered_fixture(&seen, ANSWER_CANCEL, "LTCBTC", "rest_CancelOrder.json");
	assert_exists(1);
	const struct venue_order *order = venue_message(&seen.messages, 0, MESSAGE_VENUE_ORDER);
	assert_string_equal(order->client_text.text, "myOrder1");
	assert_int_equal(order->status, VENUE_STATUS_CANCELED);
	assert_int_equal(order->source, SOURCE_ACK);
}

static void open_orders_tell_each(void **state)
{
	(void)state;
	answered_fixture(&seen, ANSWER_OPEN_ORDERS, "LTCBTC", "rest_GetOpenOrders.json");
	assert_exists(1);
	answered_fixture(&seen, ANSWER_OPEN_ORDERS, "", "rest_GetOrders.json");
	assert_exists(1);
	answered_text(&seen, ANSWER_OPEN_ORDERS, "LTCBTC", "", 200, "[]");
	assert_exists(0);
}

static void our_trades_tell_each_fill(void **state)
{
	(void)state;
	answered_fixture(&seen, ANSWER_FILLS, "BNBBTC", "rest_GetUserTrades.json");
	assert_exists(1);
	const struct venue_fill *fill = venue_message(&seen.messages, 0, MESSAGE_VENUE_FILL);
	assert_int_equal(fill->source, SOURCE_QUERY);
	assert_string_equal(fill->symbol.text, "BNBBTC");
	assert_int_equal(fill->trade_id, 28457);
	assert_int_equal(fill->venue_id, 100234);
	assert_true(ident_is_none(fill->client_id));
	assert_int_equal(fill->side, SIDE_BUY);
	assert_decimal(fill->price, "4.000001");
	assert_decimal(fill->qty, "12");
	assert_decimal(fill->fee, "10.1");
	assert_string_equal(fill->fee_asset.text, "BNB");
	assert_false(fill->maker);
	assert_int_equal(fill->at, 1499865549590 * NANOS_MS);
}

static void a_trade_id_may_be_zero_and_a_fee_may_be_none(void **state)
{
	(void)state;
	answered_text(&seen, ANSWER_FILLS, "BTCUSDT", "", 200, "[" TRADE "]");
	assert_exists(1);
	const struct venue_fill *fill = venue_message(&seen.messages, 0, MESSAGE_VENUE_FILL);
	assert_int_equal(fill->side, SIDE_SELL);
	assert_true(fill->maker);
	char *bare = json_changed(TRADE, "commissionAsset", "null");
	char list[512];
	snprintf(list, sizeof list, "[%s]", bare);
	free(bare);
	answered_text(&seen, ANSWER_FILLS, "BTCUSDT", "", 200, list);
	assert_exists(1);
}

static void an_account_tells_each_balance(void **state)
{
	(void)state;
	answered_fixture(&seen, ANSWER_BALANCES, "", "rest_GetAccountInfo.json");
	assert_exists(2);
	const struct venue_balance *balance =
		venue_message(&seen.messages, 1, MESSAGE_VENUE_BALANCE);
	assert_string_equal(balance->asset.text, "LTC");
	assert_decimal(balance->free, "4763368.68006011");
	assert_decimal(balance->locked, "0");
	assert_int_equal(balance->at, 123456789 * NANOS_MS);
	answered_text(&seen, ANSWER_BALANCES, "", "", 200, "{\"balances\":[],\"updateTime\":0}");
	assert_exists(0);
}

static void the_time_is_told_in_the_answer(void **state)
{
	(void)state;
	answered_text(&seen, ANSWER_TIME, "", "", 200, "{\"serverTime\":1700000000123}");
	assert_exists(0);
	assert_int_equal(seen.answer.server_time, 1700000000123 * NANOS_MS);
}

static void a_book_tells_its_levels_under_the_symbol_asked_for(void **state)
{
	(void)state;
	answered_fixture(&seen, ANSWER_BOOK, "BTCUSDT", "captured_rest_depth_snapshot_1000.json");
	assert_exists(1);
	const struct venue_book *book = venue_message(&seen.messages, 0, MESSAGE_VENUE_BOOK);
	assert_string_equal(book->symbol.text, "BTCUSDT");
	assert_int_equal(book->last, 50093239218);
	assert_int_equal(book->bids.count, 1000);
	assert_int_equal(book->asks.count, 1000);
	assert_decimal(book->bids.items[0].price, "61837.63");
	assert_decimal(book->bids.items[0].qty, "3.78826");
	assert_decimal(book->asks.items[0].price, "61837.64");
}

static void refuses_a_book_out_of_order_or_too_deep(void **state)
{
	static char body[1 << 18];
	size_t size;

	(void)state;
	answered_text(&seen, ANSWER_BOOK, "X", "", 200,
	              "{\"lastUpdateId\":1,\"bids\":[[\"1\",\"1\"],[\"2\",\"1\"]],\"asks\":[]}");
	assert_nothing();
	answered_text(&seen, ANSWER_BOOK, "X", "", 200,
	              "{\"lastUpdateId\":1,\"bids\":[],\"asks\":[[\"2\",\"1\"],[\"2\",\"1\"]]}");
	assert_nothing();
	size = (size_t)sprintf(body, "{\"lastUpdateId\":1,\"bids\":[],\"asks\":[");
	for (int i = 1; i <= LEVELS_MAX + 1; i++)
		size += (size_t)sprintf(body + size, "%s[\"%d\",\"1\"]", i == 1 ? "" : ",", i);
	sprintf(body + size, "]}");
	answered_text(&seen, ANSWER_BOOK, "X", "", 200, body);
	assert_nothing();
}

static void exchange_info_tells_each_symbol_s_rules(void **state)
{
	size_t size;
	char *text = file_text(FIXTURES "wsapi_GetExchangeInfo.json", &size);
	json_t *json = json_loads(text, 0, NULL);
	char *body = json_dumps(json_object_get(json, "result"), 0);

	(void)state;
	answered_text(&seen, ANSWER_INSTRUMENTS, "", "", 200, body);
	assert_exists(1);
	assert_int_equal(seen.answer.server_time, 1655969291181 * NANOS_MS);
	const struct instrument *rules = venue_message(&seen.messages, 0, MESSAGE_INSTRUMENT);
	assert_string_equal(rules->symbol.text, "BNBBTC");
	assert_string_equal(rules->base.text, "BNB");
	assert_string_equal(rules->quote.text, "BTC");
	assert_true(rules->trading);
	assert_int_equal(rules->base_places, 8);
	assert_decimal(rules->tick, "0.000001");
	assert_decimal(rules->price_max, "100000");
	assert_decimal(rules->lot, "0.001");
	assert_decimal(rules->qty_min, "0.001");
	free(body);
	json_decref(json);
	free(text);
	answered_fixture(&seen, ANSWER_INSTRUMENTS, "", "rest_GetExchangeInfo.json");
	assert_exists(1);
}

#define SYMBOL_WITH(filter) \
	"{\"serverTime\":1,\"symbols\":[{\"symbol\":\"AB\",\"status\":\"HALT\"," \
	"\"baseAsset\":\"A\",\"quoteAsset\":\"B\",\"baseAssetPrecision\":8," \
	"\"quoteAssetPrecision\":2,\"filters\":[" filter "]}]}"

static struct instrument rules_with(const char *body)
{
	answered_text(&seen, ANSWER_INSTRUMENTS, "", "", 200, body);
	assert_exists(1);
	return *(const struct instrument *)venue_message(&seen.messages, 0, MESSAGE_INSTRUMENT);
}

static void every_filter_lands_in_its_rule(void **state)
{
	struct instrument rules;

	(void)state;
	rules = rules_with(
		SYMBOL_WITH("{\"filterType\":\"MARKET_LOT_SIZE\",\"minQty\":\"1\",\"maxQty\":\"9\","
	                    "\"stepSize\":\"0.5\"},{\"filterType\":\"NEW_KIND\"},"
	                    "{\"filterType\":\"PERCENT_PRICE\",\"multiplierUp\":\"5\","
	                    "\"multiplierDown\":\"0.2\",\"avgPriceMins\":5}"));
	assert_false(rules.trading);
	assert_decimal(rules.market_qty_max, "9");
	assert_decimal(rules.market_lot, "0.5");
	assert_decimal(rules.bid_up, "5");
	assert_decimal(rules.ask_down, "0.2");
	assert_int_equal(rules.average_minutes, 5);
	rules = rules_with(
		SYMBOL_WITH("{\"filterType\":\"PERCENT_PRICE_BY_SIDE\",\"bidMultiplierUp\":\"5\","
	                    "\"bidMultiplierDown\":\"4\",\"askMultiplierUp\":\"3\","
	                    "\"askMultiplierDown\":\"2\",\"avgPriceMins\":1},"
	                    "{\"filterType\":\"MIN_NOTIONAL\",\"minNotional\":\"10\","
	                    "\"applyToMarket\":true,\"avgPriceMins\":0}"));
	assert_decimal(rules.bid_down, "4");
	assert_decimal(rules.ask_up, "3");
	assert_decimal(rules.notional_min, "10");
	assert_true(rules.notional_min_market);
	rules = rules_with(SYMBOL_WITH(
		"{\"filterType\":\"NOTIONAL\",\"minNotional\":\"5\",\"applyMinToMarket\":true,"
		"\"maxNotional\":\"900\",\"applyMaxToMarket\":false,\"avgPriceMins\":5},"
		"{\"filterType\":\"ICEBERG_PARTS\",\"limit\":100},"
		"{\"filterType\":\"MAX_POSITION\",\"maxPosition\":\"10\"}"));
	assert_decimal(rules.notional_max, "900");
	assert_false(rules.notional_max_market);
	assert_int_equal(rules.iceberg_parts, 100);
	assert_decimal(rules.position_max, "10");
}

static void every_count_lands_in_its_rule(void **state)
{
	struct instrument rules;

	(void)state;
	rules = rules_with(
		SYMBOL_WITH("{\"filterType\":\"MAX_NUM_ORDERS\",\"maxNumOrders\":200},"
	                    "{\"filterType\":\"MAX_NUM_ALGO_ORDERS\",\"maxNumAlgoOrders\":5},"
	                    "{\"filterType\":\"MAX_NUM_ICEBERG_ORDERS\",\"maxNumIcebergOrders\":6},"
	                    "{\"filterType\":\"MAX_NUM_ORDER_LISTS\",\"maxNumOrderLists\":20},"
	                    "{\"filterType\":\"MAX_NUM_ORDER_AMENDS\",\"maxNumOrderAmends\":10},"
	                    "{\"filterType\":\"TRAILING_DELTA\","
	                    "\"minTrailingAboveDelta\":1,\"maxTrailingAboveDelta\":2,"
	                    "\"minTrailingBelowDelta\":3,\"maxTrailingBelowDelta\":4}"));
	assert_int_equal(rules.orders_max, 200);
	assert_int_equal(rules.algo_orders_max, 5);
	assert_int_equal(rules.iceberg_orders_max, 6);
	assert_int_equal(rules.order_lists_max, 20);
	assert_int_equal(rules.amends_max, 10);
	assert_int_equal(rules.trailing_above_min, 1);
	assert_int_equal(rules.trailing_above_max, 2);
	assert_int_equal(rules.trailing_below_min, 3);
	assert_int_equal(rules.trailing_below_max, 4);
}

static void refuses_a_symbol_whose_filter_makes_no_sense(void **state)
{
	(void)state;
	answered_text(&seen, ANSWER_INSTRUMENTS, "", "", 200,
	              SYMBOL_WITH("{\"filterType\":\"LOT_SIZE\",\"minQty\":\"-1\","
	                          "\"maxQty\":\"9\",\"stepSize\":\"1\"}"));
	assert_nothing();
}

static const struct {
	const char *key, *value;
} senseless_orders[] = {
	{"orderId", "0"},
	{"orderId", "-4"},
	{"orderId", "\"28\""},
	{"orderId", NULL},
	{"orderId", "2.5"},
	{"symbol", "\"ETHUSDT\""},
	{"symbol", "\"\""},
	{"symbol", NULL},
	{"symbol", "\"SYMBOLSYMBOLSYMBOLSYMBOLSYMBOLX\""},
	{"clientOrderId", NULL},
	{"clientOrderId", "\"\""},
	{"clientOrderId", "7"},
	{"clientOrderId", "\"00112233445566778899aabbccddee00\""},
	{"executedQty", "\"2.00000001\""},
	{"executedQty", "\"-1\""},
	{"executedQty", "0.5"},
	{"executedQty", "\"0.4\""},
	{"executedQty", "\"1e-1\""},
	{"executedQty", NULL},
	{"origQty", "\"0\""},
	{"origQty", "\"-2\""},
	{"origQty", NULL},
	{"origQty", "\"99999999999999999999999999\""},
	{"price", "\"-61000\""},
	{"price", "\"abc\""},
	{"price", NULL},
	{"cummulativeQuoteQty", NULL},
	{"cummulativeQuoteQty", "true"},
	{"status", "\"OPEN\""},
	{"status", NULL},
	{"side", "\"HOLD\""},
	{"type", "\"MAGIC\""},
	{"transactTime", "0"},
	{"transactTime", "-1"},
	{"transactTime", NULL},
	{"transactTime", "9223372036854775807"},
	{"fills", NULL},
	{"fills", "7"},
	{"fills", "[7]"},
	{"fills", "[{}]"},
	{"fills", "[{\"price\":\"60000\",\"qty\":\"0.6\",\"commission\":\"0\",\"tradeId\":5}]"},
	{"fills", "[{\"price\":\"60000\",\"qty\":\"0.3\",\"commission\":\"0\",\"tradeId\":5},"
                  "{\"price\":\"60000\",\"qty\":\"0.3\",\"commission\":\"0\",\"tradeId\":6}]"},
	{"fills", "[{\"price\":\"0\",\"qty\":\"0.3\",\"commission\":\"0\",\"tradeId\":5}]"},
	{"fills", "[{\"price\":\"-1\",\"qty\":\"0.3\",\"commission\":\"0\",\"tradeId\":5}]"},
	{"fills", "[{\"price\":\"1\",\"qty\":\"0\",\"commission\":\"0\",\"tradeId\":5}]"},
	{"fills", "[{\"price\":\"1\",\"qty\":\"0.3\",\"commission\":\"-1\",\"tradeId\":5}]"},
	{"fills", "[{\"price\":\"1\",\"qty\":\"0.3\",\"commission\":\"1\",\"tradeId\":5}]"},
	{"fills", "[{\"price\":\"1\",\"qty\":\"0.3\",\"commission\":\"0\",\"tradeId\":-1}]"},
	{"fills", "[{\"price\":\"1\",\"qty\":\"0.3\",\"commission\":\"0\"}]"},
};

static void an_order_that_makes_no_sense_proves_nothing_and_tells_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof senseless_orders / sizeof senseless_orders[0]; i++) {
		char *body =
			json_changed(PLACED, senseless_orders[i].key, senseless_orders[i].value);
		answered_placed(body);
		if (seen.answer.evidence != EVIDENCE_NOTHING)
			print_error("row %zu: %s\n", i, body);
		assert_nothing();
		free(body);
	}
}

static void an_order_filled_with_nothing_executed_makes_no_sense(void **state)
{
	char body[1024];

	(void)state;
	snprintf(body, sizeof body, QUERIED, OUR_ID);
	char *filled = json_changed(body, "status", "\"FILLED\"");
	answered_text(&seen, ANSWER_QUERY, "BTCUSDT", "", 200, filled);
	assert_nothing();
	free(filled);
}

static void an_answer_about_another_order_proves_nothing(void **state)
{
	char body[1024];

	(void)state;
	snprintf(body, sizeof body, QUERIED, "00112233445566778899aabbccddee00");
	answered_text(&seen, ANSWER_QUERY, "BTCUSDT", "origClientOrderId=" OUR_ID, 200, body);
	assert_nothing();
	answered_text(&seen, ANSWER_CANCEL, "BTCUSDT", "origClientOrderId=" OUR_ID, 200, body);
	assert_nothing();
	snprintf(body, sizeof body, QUERIED, OUR_ID);
	answered_text(&seen, ANSWER_QUERY, "ETHUSDT", "origClientOrderId=" OUR_ID, 200, body);
	assert_nothing();
}

static void a_list_with_one_senseless_element_tells_none(void **state)
{
	char list[2048], good[512];

	(void)state;
	snprintf(good, sizeof good, QUERIED, OUR_ID);
	char *bad = json_changed(good, "executedQty", "\"3\"");
	snprintf(list, sizeof list, "[%s,%s]", good, bad);
	answered_text(&seen, ANSWER_OPEN_ORDERS, "BTCUSDT", "", 200, list);
	assert_nothing();
	free(bad);
	bad = json_changed(TRADE, "orderId", "0");
	snprintf(list, sizeof list, "[%s,%s]", TRADE, bad);
	answered_text(&seen, ANSWER_FILLS, "BTCUSDT", "", 200, list);
	assert_nothing();
	free(bad);
	answered_text(&seen, ANSWER_BALANCES, "", "", 200,
	              "{\"updateTime\":1,\"balances\":["
	              "{\"asset\":\"A\",\"free\":\"1\",\"locked\":\"0\"},"
	              "{\"asset\":\"B\",\"free\":\"-1\",\"locked\":\"0\"}]}");
	assert_nothing();
}

static void an_order_by_quote_amount_may_state_no_quantity(void **state)
{
	char body[1024];

	(void)state;
	snprintf(body, sizeof body, QUERIED, "web_1");
	char *no_qty = json_changed(body, "origQty", "\"0\"");
	char *by_quote = json_changed(no_qty, "origQuoteOrderQty", "\"100\"");
	answered_text(&seen, ANSWER_QUERY, "BTCUSDT", "", 200, no_qty);
	assert_nothing();
	answered_text(&seen, ANSWER_QUERY, "BTCUSDT", "", 200, by_quote);
	assert_exists(1);
	free(by_quote);
	free(no_qty);
}

static void a_truncated_answer_proves_nothing(void **state)
{
	char *text = strdup(PLACED);

	(void)state;
	for (size_t size = strlen(text); size-- > 0;) {
		text[size] = '\0';
		answered_placed(text);
		assert_nothing();
	}
	free(text);
}

/* Whatever arrives in place of what was asked for, it is either sound or tells nothing. */
static void any_fixture_in_place_of_any_answer_is_sound_or_tells_nothing(void **state)
{
	DIR *folder = opendir(FIXTURES);
	size_t files = 0;

	(void)state;
	assert_non_null(folder);
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		if (strstr(entry->d_name, ".json") == NULL)
			continue;
		files++;
		for (unsigned form = ANSWER_ORDER; form <= ANSWER_BOOK; form++) {
			answered_fixture(&seen, form, "", entry->d_name);
			if (seen.answer.evidence != EVIDENCE_EXISTS)
				assert_nothing();
		}
	}
	closedir(folder);
	assert_int_equal(files, 35);
}

static void order_lists_and_amends_are_no_orders(void **state)
{
	static const char *const names[] = {
		"rest_AmendOrder.json",        "rest_CancelOcoOrder.json",
		"rest_PlaceOcoOrderList.json", "rest_PlaceOtoOrderList.json",
		"wsapi_ReplaceOrder.json",     "rest_CancelAllOrders.json",
	};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		for (unsigned form = ANSWER_ORDER; form <= ANSWER_QUERY; form++) {
			answered_fixture(&seen, form, "", names[i]);
			assert_nothing();
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_placed_order_tells_itself_and_then_its_fills),
		cmocka_unit_test(our_id_is_exactly_32_lower_case_hex_digits),
		cmocka_unit_test(a_query_tells_the_order),
		cmocka_unit_test(a_query_that_shows_the_id_of_our_cancel_is_about_our_order),
		cmocka_unit_test(a_cancel_tells_the_order_under_its_own_id),
		cmocka_unit_test(open_orders_tell_each),
		cmocka_unit_test(our_trades_tell_each_fill),
		cmocka_unit_test(a_trade_id_may_be_zero_and_a_fee_may_be_none),
		cmocka_unit_test(an_account_tells_each_balance),
		cmocka_unit_test(the_time_is_told_in_the_answer),
		cmocka_unit_test(a_book_tells_its_levels_under_the_symbol_asked_for),
		cmocka_unit_test(refuses_a_book_out_of_order_or_too_deep),
		cmocka_unit_test(exchange_info_tells_each_symbol_s_rules),
		cmocka_unit_test(every_filter_lands_in_its_rule),
		cmocka_unit_test(every_count_lands_in_its_rule),
		cmocka_unit_test(refuses_a_symbol_whose_filter_makes_no_sense),
		cmocka_unit_test(an_order_that_makes_no_sense_proves_nothing_and_tells_nothing),
		cmocka_unit_test(an_order_filled_with_nothing_executed_makes_no_sense),
		cmocka_unit_test(an_answer_about_another_order_proves_nothing),
		cmocka_unit_test(a_list_with_one_senseless_element_tells_none),
		cmocka_unit_test(an_order_by_quote_amount_may_state_no_quantity),
		cmocka_unit_test(a_truncated_answer_proves_nothing),
		cmocka_unit_test(any_fixture_in_place_of_any_answer_is_sound_or_tells_nothing),
		cmocka_unit_test(order_lists_and_amends_are_no_orders),
	};

	answered_clear(&seen);
	return cmocka_run_group_tests_name("binance_answer", tests, NULL, clear);
}
