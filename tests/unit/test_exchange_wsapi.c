/* SPDX-License-Identifier: Apache-2.0 */
/* Market streams and the WebSocket API of the built-in exchange, and what its engine does to orders
   as the tape plays. Our own dialect must understand every frame. */
#include "common/venue/binance/binance.h"
#include "common/venue/venue.h"
#include "services/exchange/money.h"
#include "tests/lib/exchange_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MARKET = 11, USER = 12, TYPES = MESSAGE_TYPES_MAX };

static int open_bench(void **state)
{
	struct bench *bench = bench_new();
	bench_start(bench);
	bench_pass(bench, 10 * NANOS_S);
	*state = bench;
	return 0;
}

static int close_bench(void **state)
{
	struct bench *bench = *state;
	assert_false(bench->saved_after_answer);
	bench_free(bench);
	return 0;
}

struct heard {
	size_t counts[TYPES];
	struct venue_order order;
	struct venue_fill fill;
	struct venue_depth *depth;
};

static void hear(void *self, enum message_type type, const void *body)
{
	struct heard *heard = self;
	heard->counts[type]++;
	if (type == MESSAGE_VENUE_ORDER)
		heard->order = *(const struct venue_order *)body;
	if (type == MESSAGE_VENUE_FILL)
		heard->fill = *(const struct venue_fill *)body;
	if (type == MESSAGE_VENUE_DEPTH && heard->depth != NULL)
		*heard->depth = *(const struct venue_depth *)body;
}

/* Reads one caught frame with the dialect. */
static struct venue_answer read_frame(const struct bench_frame *frame, const char *link,
                                      struct heard *heard, uint64_t *call)
{
	char *text = json_dumps(frame->json, JSON_COMPACT);
	struct message_sink sink = {hear, heard};
	struct venue_answer answer = {.evidence = 0};
	*call = 0;
	assert_int_equal(binance_dialect.read_frame(link, text, strlen(text), &sink, call, &answer),
	                 OK);
	free(text);
	return answer;
}

static json_t *last_frame(struct bench *bench)
{
	assert_true(bench->frame_count > 0);
	return bench->frames[bench->frame_count - 1].json;
}

static const char *frame_text(json_t *frame, const char *member)
{
	const char *text = json_string_value(bench_walk(frame, member));
	return text == NULL ? "" : text;
}

static void the_dialect_follows_both_books_over_the_seam(void **state)
{
	struct bench *bench = *state;
	name_t symbols[] = {name_from("BTCUSDT"), name_from("ALTUSDT")};
	struct book *books = malloc(2 * sizeof *books);
	struct heard heard = {.depth = malloc(sizeof *heard.depth)};
	text_t path;
	uint64_t call;
	bench_pass(bench, 330 * NANOS_S);
	books[0] = bench->exchange->markets[0].book;
	books[1] = bench->exchange->markets[1].book;
	assert_int_equal(binance_venue.market_path(symbols, 2, &path), OK);
	char *query = strchr(path.text, '?');
	assert_non_null(query);
	*query = '\0';
	bench_connect(bench, MARKET, path.text, query + 1);
	bench_pass(bench, 30 * NANOS_S);
	assert_int_equal(bench->exchange->markets[0].round, 1);
	for (size_t i = 0; i < bench->frame_count; i++) {
		size_t before = heard.counts[MESSAGE_VENUE_DEPTH];
		read_frame(&bench->frames[i], "market", &heard, &call);
		if (heard.counts[MESSAGE_VENUE_DEPTH] == before)
			continue;
		struct book *book = &books[name_is(&heard.depth->symbol, "ALTUSDT")];
		const struct venue_depth *depth = heard.depth;
		assert_int_equal(
			book_apply(book, depth->first, depth->last, &depth->bids, &depth->asks),
			OK);
	}
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(books[i].id, bench->exchange->markets[i].book.id);
		assert_int_equal(books[i].bids.count, bench->exchange->markets[i].book.bids.count);
	}
	assert_true(heard.counts[MESSAGE_VENUE_TRADE] > 500 &&
	            heard.counts[MESSAGE_VENUE_TOP] > 1000);
	free(heard.depth);
	free(books);
}

static void stream_times_are_current(void **state)
{
	struct bench *bench = *state;
	bench_connect(bench, MARKET, "/ws/btcusdt@trade", "");
	bench_pass(bench, 5 * NANOS_S);
	json_int_t event = json_integer_value(json_object_get(last_frame(bench), "E"));
	json_int_t now = bench->now / NANOS_MS;
	assert_in_range(event, now - 1000, now);
	assert_string_equal(frame_text(last_frame(bench), "e"), "trade");
}

static void a_raw_and_a_combined_connection_get_their_own_form(void **state)
{
	struct bench *bench = *state;
	bench_connect(bench, MARKET, "/ws/btcusdt@bookTicker", "");
	bench_pass(bench, NANOS_S);
	assert_string_equal(frame_text(last_frame(bench), "s"), "BTCUSDT");
	bench_disconnect(bench, MARKET);
	bench_forget(bench);
	bench_connect(bench, MARKET, "/stream", "streams=altusdt@depth@100ms/altusdt@depth");
	bench_pass(bench, NANOS_S);
	assert_string_equal(frame_text(bench->frames[0].json, "stream"), "altusdt@depth@100ms");
	assert_string_equal(frame_text(bench->frames[1].json, "stream"), "altusdt@depth");
	assert_string_equal(frame_text(bench->frames[0].json, "data.s"), "ALTUSDT");
	bench_disconnect(bench, MARKET);
	bench_forget(bench);
	bench_pass(bench, NANOS_S);
	assert_int_equal(bench->frame_count, 0);
}

static void subscriptions_change_by_frames(void **state)
{
	struct bench *bench = *state;
	bench_connect(bench, MARKET, "/ws", "");
	bench_send(bench, MARKET,
	           "{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@trade\",\"altusdt@trade\"],"
	           "\"id\":3}");
	assert_true(json_is_null(json_object_get(last_frame(bench), "result")));
	bench_send(bench, MARKET,
	           "{\"method\":\"UNSUBSCRIBE\",\"params\":[\"btcusdt@trade\"],\"id\":4}");
	bench_send(bench, MARKET, "{\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":5}");
	assert_int_equal(json_array_size(bench_walk(last_frame(bench), "result")), 1);
	assert_string_equal(frame_text(last_frame(bench), "result.0"), "altusdt@trade");
	bench_send(bench, MARKET,
	           "{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@trade\",\"nope@trade\"],\"id\":"
	           "6}");
	assert_int_equal(json_integer_value(json_object_get(last_frame(bench), "code")), 2);
	bench_send(bench, MARKET,
	           "{\"method\":\"SET_PROPERTY\",\"params\":[\"combined\",true],\"id\":7}");
	bench_send(bench, MARKET,
	           "{\"method\":\"GET_PROPERTY\",\"params\":[\"combined\"],\"id\":8}");
	assert_true(json_is_true(json_object_get(last_frame(bench), "result")));
	bench_send(bench, MARKET, "no json at all");
	assert_int_equal(json_integer_value(json_object_get(last_frame(bench), "code")), 2);
}

static void an_unknown_place_to_connect_is_closed(void **state)
{
	struct bench *bench = *state;
	bench_connect(bench, 21, "/elsewhere", "");
	assert_int_equal(bench->closed, 21);
	bench_connect(bench, 22, "/ws/nope@trade", "");
	assert_int_equal(bench->closed, 22);
}

static void the_simple_methods_answer_with_their_id(void **state)
{
	struct bench *bench = *state;
	bench_connect(bench, USER, "/ws-api/v3", "");
	bench_send(bench, USER, "{\"id\":\"p1\",\"method\":\"ping\"}");
	assert_string_equal(frame_text(last_frame(bench), "id"), "p1");
	assert_int_equal(json_integer_value(json_object_get(last_frame(bench), "status")), 200);
	bench_send(bench, USER, "{\"id\":2,\"method\":\"time\"}");
	assert_int_equal(json_integer_value(bench_walk(last_frame(bench), "result.serverTime")),
	                 bench->now / NANOS_MS);
	bench_send(bench, USER, "{\"id\":3,\"method\":\"no.such\"}");
	assert_int_equal(json_integer_value(json_object_get(last_frame(bench), "status")), 400);
	bench_send(bench, USER, "garbage");
	assert_int_equal(json_integer_value(bench_walk(last_frame(bench), "error.code")), -1135);
	assert_true(json_is_null(json_object_get(last_frame(bench), "id")));
	bench_send(bench, USER, "{\"id\":4,\"method\":\"account.status\",\"params\":{}}");
	assert_int_equal(json_integer_value(bench_walk(last_frame(bench), "error.code")), -1102);
}

static void an_order_lives_and_dies_by_frames(void **state)
{
	struct bench *bench = *state;
	bench_connect(bench, USER, "/ws-api/v3", "");
	bench_send_signed(
		bench, USER, 1, "order.place",
		"{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"timeInForce\":"
		"\"GTC\","
		"\"quantity\":\"0.001\",\"price\":\"50000\",\"newClientOrderId\":\"mine\"}");
	assert_string_equal(frame_text(last_frame(bench), "result.status"), "NEW");
	bench_send_signed(bench, USER, 2, "openOrders.status", "{\"symbol\":\"BTCUSDT\"}");
	assert_int_equal(json_array_size(bench_walk(last_frame(bench), "result")), 1);
	bench_send_signed(bench, USER, 3, "order.status", "{\"symbol\":\"BTCUSDT\",\"orderId\":1}");
	assert_string_equal(frame_text(last_frame(bench), "result.clientOrderId"), "mine");
	bench_send_signed(bench, USER, 4, "account.status", "{}");
	assert_string_equal(frame_text(last_frame(bench), "result.balances.0.locked"),
	                    "50.00000000");
	bench_send_signed(bench, USER, 5, "order.cancel",
	                  "{\"symbol\":\"BTCUSDT\",\"origClientOrderId\":\"mine\"}");
	assert_string_equal(frame_text(last_frame(bench), "result.status"), "CANCELED");
	bench_send_signed(bench, USER, 6, "order.cancel",
	                  "{\"symbol\":\"BTCUSDT\",\"origClientOrderId\":\"mine\"}");
	assert_int_equal(json_integer_value(bench_walk(last_frame(bench), "error.code")), -2011);
	assert_int_equal(json_integer_value(json_object_get(last_frame(bench), "id")), 6);
}

/* Subscribes the user's events with the dialect's own frame. */
static void subscribe(struct bench *bench)
{
	struct link_frame frame;
	struct heard heard = {.depth = NULL};
	char text[2 * HTTP_TEXT_MAX];
	uint64_t call;
	bench_connect(bench, USER, "/ws-api/v3", "");
	assert_int_equal(binance_venue.user_subscribe("user", &frame), OK);
	assert_int_equal(binance_dialect.sign_frame(&frame, 77, bench->now, &bench->config.key,
	                                            text, sizeof text),
	                 OK);
	bench_send(bench, USER, text);
	struct venue_answer answer =
		read_frame(&bench->frames[bench->frame_count - 1], "user", &heard, &call);
	assert_int_equal(call, 77);
	assert_int_equal(answer.evidence, EVIDENCE_EXISTS);
	assert_int_equal(heard.counts[MESSAGE_VENUE_NOTICE], 1);
	bench_forget(bench);
}

static struct heard hear_all(struct bench *bench)
{
	struct heard heard = {.depth = NULL};
	uint64_t call;
	for (size_t i = 0; i < bench->frame_count; i++)
		read_frame(&bench->frames[i], "user", &heard, &call);
	return heard;
}

static void user_events_tell_of_every_step_of_an_order(void **state)
{
	struct bench *bench = *state;
	subscribe(bench);
	bench_ask_signed(bench, "POST", "/api/v3/order",
	                 "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01");
	assert_int_equal(bench->frame_count, 3);
	assert_string_equal(frame_text(bench->frames[0].json, "event.x"), "NEW");
	assert_string_equal(frame_text(bench->frames[1].json, "event.x"), "TRADE");
	assert_string_equal(frame_text(bench->frames[2].json, "event.e"),
	                    "outboundAccountPosition");
	struct heard heard = hear_all(bench);
	assert_int_equal(heard.order.status, VENUE_STATUS_FILLED);
	assert_int_equal(heard.fill.trade_id, 1);
	assert_int_equal(heard.counts[MESSAGE_VENUE_BALANCE], 2);
}

static void a_cancels_report_tells_both_ids(void **state)
{
	struct bench *bench = *state;
	subscribe(bench);
	bench_ask_signed(bench, "POST", "/api/v3/order",
	                 "symbol=BTCUSDT&side=SELL&type=LIMIT_MAKER&quantity=0.01&price=70000&"
	                 "newClientOrderId=mine");
	bench_ask_signed(bench, "DELETE", "/api/v3/order",
	                 "symbol=BTCUSDT&origClientOrderId=mine&newClientOrderId=gone");
	json_t *report = bench->frames[2].json;
	assert_string_equal(frame_text(report, "event.x"), "CANCELED");
	assert_string_equal(frame_text(report, "event.c"), "gone");
	assert_string_equal(frame_text(report, "event.C"), "mine");
	assert_int_equal(hear_all(bench).order.status, VENUE_STATUS_CANCELED);
}

/* Asks with a price that lies `offset` from the last one. */
static void order_at(struct bench *bench, const char *form, const char *offset)
{
	char text[300], price[DECIMAL_TEXT_SIZE];
	decimal_print(money_add(bench->exchange->markets[0].last_price, decimal_of(offset)), price);
	snprintf(text, sizeof text, form, price, price);
	bench_ask_signed(bench, "POST", "/api/v3/order", text);
	assert_int_equal(bench->status, 200);
}

static void an_order_that_may_not_rest_expires_with_its_reason(void **state)
{
	struct bench *bench = *state;
	subscribe(bench);
	order_at(bench, "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=1&price=%s",
	         "-500");
	assert_string_equal(bench_text(bench, "status"), "EXPIRED");
	assert_string_equal(bench_text(bench, "expiryReason"), "UNFILLED_IOC_QUANTITY_EXPIRED");
	order_at(bench, "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=FOK&quantity=0.9&price=%s",
	         "500");
	assert_string_equal(bench_text(bench, "expiryReason"), "UNFILLED_FOK_ORDER_EXPIRED");
	assert_string_equal(bench_text(bench, "executedQty"), "0.00000000");
	assert_int_equal(bench->exchange->account.open_count, 0);
	assert_int_equal(hear_all(bench).order.status, VENUE_STATUS_EXPIRED);
	order_at(bench, "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=FOK&quantity=0.1&price=%s",
	         "500");
	assert_string_equal(bench_text(bench, "status"), "FILLED");
}

static void what_one_order_took_the_next_cannot_take(void **state)
{
	struct bench *bench = *state;
	const struct level *best = book_best_ask(&bench->exchange->markets[0].book);
	char form[200], text[DECIMAL_TEXT_SIZE];
	bench->exchange->account.assets[0].free = decimal_of("9000000");
	order_at(bench, "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=FOK&quantity=90&price=%s",
	         "9");
	assert_string_equal(bench_text(bench, "status"), "EXPIRED"); /* and took nothing */
	snprintf(form, sizeof form, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=%s",
	         decimal_print(best->qty, text));
	order_at(bench, form, "0");
	assert_int_equal(json_array_size(bench_walk(bench->body, "fills")), 1);
	assert_true(decimal_equals(decimal_of(bench_text(bench, "fills.0.price")), best->price));
	order_at(bench, form, "0");
	assert_true(decimal_compare(decimal_of(bench_text(bench, "fills.0.price")), best->price) >
	            0);
}

static void a_market_order_by_quote_spends_no_more_than_told(void **state)
{
	struct bench *bench = *state;
	order_at(bench, "symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=1000", "0");
	assert_string_equal(bench_text(bench, "status"), "FILLED");
	assert_string_equal(bench_text(bench, "origQuoteOrderQty"), "1000.00000000");
	decimal_t spent = decimal_of(bench_text(bench, "cummulativeQuoteQty"));
	assert_true(decimal_compare(spent, decimal_of("1000")) <= 0 &&
	            decimal_compare(spent, decimal_of("999")) > 0);
}

static void a_resting_order_is_filled_as_maker_when_the_market_comes(void **state)
{
	struct bench *bench = *state;
	subscribe(bench);
	order_at(bench, "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=%s",
	         "-30");
	assert_string_equal(bench_text(bench, "status"), "NEW");
	decimal_t price = decimal_of(bench_text(bench, "price"));
	bench_pass(bench, 330 * NANOS_S);
	struct heard heard = hear_all(bench);
	assert_int_equal(heard.order.status, VENUE_STATUS_FILLED);
	assert_true(heard.fill.maker && decimal_equals(heard.fill.price, price));
	assert_int_equal(bench->exchange->account.open_count, 0);
}

static void a_stop_waits_triggers_and_sells_at_the_market(void **state)
{
	struct bench *bench = *state;
	subscribe(bench);
	order_at(bench,
	         "symbol=BTCUSDT&side=SELL&type=STOP_LOSS&quantity=0.01&stopPrice=%s&"
	         "newOrderRespType=RESULT",
	         "-30");
	assert_string_equal(bench_text(bench, "status"), "NEW");
	assert_int_equal(bench_number(bench, "workingTime"), -1);
	assert_false(json_is_true(bench_walk(bench->frames[0].json, "event.w")));
	bench_pass(bench, 330 * NANOS_S);
	struct heard heard = hear_all(bench);
	assert_int_equal(heard.order.status, VENUE_STATUS_FILLED);
	assert_false(heard.fill.maker);
	/* Near its stop: the book is recorded every 100 ms, the trade that triggers lies between.
	 */
	decimal_t stop = account_order(&bench->exchange->account, 1)->stop_price;
	assert_true(decimal_compare(decimal_abs(money_subtract(heard.fill.price, stop)),
	                            decimal_of("20")) < 0);
}

static void a_stop_limit_rests_after_its_trigger(void **state)
{
	struct bench *bench = *state;
	order_at(bench,
	         "symbol=BTCUSDT&side=SELL&type=STOP_LOSS_LIMIT&timeInForce=GTC&quantity=0.01"
	         "&stopPrice=%s&price=70000",
	         "-30");
	bench_pass(bench, 330 * NANOS_S);
	const struct account_order *order = account_order(&bench->exchange->account, 1);
	assert_true(account_is_open(order) && order->working);
	assert_int_equal(order->status, VENUE_STATUS_NEW);
	bench_restart(bench);
	order = account_order(&bench->exchange->account, 1);
	assert_true(account_is_open(order) && order->working);
}

static void time_runs_at_the_configured_speed_across_restarts(void **state)
{
	struct bench *bench = *state;
	nanos_t before = exchange_time(bench->exchange, bench->now);
	assert_int_equal(before, bench->now);
	bench->config.speed = decimal_of("10");
	bench_restart(bench);
	assert_int_equal(exchange_time(bench->exchange, bench->now), before);
	bench_pass(bench, 30 * NANOS_S);
	assert_int_equal(exchange_time(bench->exchange, bench->now), before + 300 * NANOS_S);
	bench_restart(bench);
	bench_pass(bench, 30 * NANOS_S);
	assert_int_equal(exchange_time(bench->exchange, bench->now), before + 600 * NANOS_S);
	assert_int_equal(bench->exchange->markets[0].round, 1);
}

static void a_muted_user_stream_says_nothing(void **state)
{
	struct bench *bench = *state;
	subscribe(bench);
	bench->config.mute_pct = decimal_of("100");
	bench_ask_signed(bench, "POST", "/api/v3/order",
	                 "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01");
	assert_int_equal(bench->status, 200);
	assert_int_equal(bench->frame_count, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_dialect_follows_both_books_over_the_seam),
		CASE(stream_times_are_current),
		CASE(a_raw_and_a_combined_connection_get_their_own_form),
		CASE(subscriptions_change_by_frames),
		CASE(an_unknown_place_to_connect_is_closed),
		CASE(the_simple_methods_answer_with_their_id),
		CASE(an_order_lives_and_dies_by_frames),
		CASE(user_events_tell_of_every_step_of_an_order),
		CASE(a_cancels_report_tells_both_ids),
		CASE(an_order_that_may_not_rest_expires_with_its_reason),
		CASE(what_one_order_took_the_next_cannot_take),
		CASE(a_market_order_by_quote_spends_no_more_than_told),
		CASE(a_resting_order_is_filled_as_maker_when_the_market_comes),
		CASE(a_stop_waits_triggers_and_sells_at_the_market),
		CASE(a_stop_limit_rests_after_its_trigger),
		CASE(time_runs_at_the_configured_speed_across_restarts),
		CASE(a_muted_user_stream_says_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
