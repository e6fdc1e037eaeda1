/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated exchange on a bench: requests as the venue builds them, answers kept to look at,
   a clock that moves by hand. Every message must survive packing (venue_messages.h). */
#ifndef TESTS_LIB_SIM_MARKET_H
#define TESTS_LIB_SIM_MARKET_H

#include "common/sim/exchange.h"
#include "tests/lib/venue_messages.h"

enum { MARKET_TOLD_MAX = 4096 };

struct sim_market {
	struct sim_exchange *exchange;
	const struct venue *venue;
	struct venue_profile profile;
	nanos_t now;
	struct sim_whim whim;
	struct venue_messages messages; /* of the last answer */
	struct venue_answer answer;
	size_t told_count; /* what streams told of the account since it was last forgotten */
	struct sim_event *told;
	struct venue_depth *depth;
	uint64_t book_id, trade_id; /* of the first symbol, as its stream told */
};

static inline void market_listen(struct sim_market *self)
{
	struct sim_event event;

	while (sim_exchange_event(self->exchange, &event)) {
		const void *body = sim_event_body(&event, self->depth);
		bool is_first = event.type == MESSAGE_VENUE_TRADE &&
		                name_is(&event.body.trade.symbol, "BTCUSDT");
		venue_messages_check(event.type, body);
		if (event.type == MESSAGE_VENUE_TOP && self->book_id >= event.body.top.book_id &&
		    name_is(&event.body.top.symbol, "BTCUSDT"))
			abort();
		if (is_first && self->trade_id != 0 &&
		    event.body.trade.trade_id != self->trade_id + 1)
			abort();
		if (is_first)
			self->trade_id = event.body.trade.trade_id;
		if (event.is_account && self->told_count < MARKET_TOLD_MAX)
			self->told[self->told_count++] = event;
	}
}

static inline void market_open(struct sim_market *self, uint64_t seed)
{
	name_t symbols[2] = {name_from("BTCUSDT"), name_from("ALTUSDT")};

	*self = (struct sim_market){
		.exchange = malloc(sizeof *self->exchange),
		.venue = venue_named("binance"),
		.profile = *venue_profile_named("binance"),
		.now = 1700000000 * NANOS_S,
		.told = malloc(MARKET_TOLD_MAX * sizeof *self->told),
		.depth = malloc(sizeof *self->depth),
	};
	self->profile.orders_per_10s = 1000;
	venue_messages_clear(&self->messages);
	sim_exchange_init(self->exchange, seed, &self->profile, symbols, 2);
}

static inline void market_close(struct sim_market *self)
{
	venue_messages_clear(&self->messages);
	free(self->exchange);
	free(self->told);
	free(self->depth);
}

static inline ident_t market_id(uint64_t number)
{
	return (ident_t){UINT64_C(0xabcd000000000000), number};
}

static inline struct order market_order(uint64_t number, enum side side, enum order_type type,
                                        const char *qty, decimal_t price)
{
	return (struct order){
		.client_id = market_id(number),
		.symbol = name_from("BTCUSDT"),
		.side = side,
		.type = type,
		.time_in_force = TIME_IN_FORCE_GTC,
		.qty = decimal_of(qty),
		.price = price,
	};
}

/* The request arrives and is executed at once. */
static inline enum evidence market_send(struct sim_market *self, const struct http_request *request)
{
	venue_messages_clear(&self->messages);
	if (sim_exchange_admits(self->exchange, self->now, request, &self->answer))
		sim_exchange_execute(self->exchange, self->now, request, &self->whim,
		                     &self->messages.sink, &self->answer);
	venue_messages_check(MESSAGE_VENUE_ANSWER, &self->answer);
	market_listen(self);
	return self->answer.evidence;
}

static inline void market_must(enum err err)
{
	if (err != OK) {
		fprintf(stderr, "the request can't be built: %s\n", err_text(err));
		abort();
	}
}

static inline enum evidence market_place(struct sim_market *self, const struct order *order)
{
	struct http_request request;

	market_must(self->venue->order(order, self->now, &self->profile, &request));
	return market_send(self, &request);
}

static inline enum evidence market_cancel(struct sim_market *self, const struct order *order)
{
	struct http_request request;

	market_must(self->venue->cancel(order, self->now, &self->profile, &request));
	return market_send(self, &request);
}

static inline enum evidence market_query(struct sim_market *self, const struct order *order)
{
	struct http_request request;

	market_must(self->venue->query(order, self->now, &self->profile, &request));
	return market_send(self, &request);
}

static inline enum evidence market_open_orders(struct sim_market *self)
{
	struct http_request request;

	market_must(self->venue->open_orders("BTCUSDT", self->now, &self->profile, &request));
	return market_send(self, &request);
}

static inline enum evidence market_fills(struct sim_market *self, uint64_t from)
{
	struct http_request request;

	market_must(self->venue->fills("BTCUSDT", from, 1000, self->now, &self->profile, &request));
	return market_send(self, &request);
}

static inline enum evidence market_balances(struct sim_market *self)
{
	struct http_request request;

	market_must(self->venue->balances(self->now, &self->profile, &request));
	return market_send(self, &request);
}

static inline void market_tick(struct sim_market *self)
{
	self->now += 100 * NANOS_MS;
	sim_exchange_tick(self->exchange, self->now, &self->whim);
	market_listen(self);
}

static inline const struct sim_order *market_sees(const struct sim_market *self,
                                                  const struct order *order)
{
	return sim_exchange_order(self->exchange, order->client_id);
}

/* The order of the answer at this place. */
static inline const struct venue_order *market_answered(const struct sim_market *self, size_t at)
{
	return venue_message(&self->messages, at, MESSAGE_VENUE_ORDER);
}

static inline decimal_t market_bid(const struct sim_market *self)
{
	return self->exchange->symbols[0].bid;
}

static inline decimal_t market_ask(const struct sim_market *self)
{
	return self->exchange->symbols[0].ask;
}

/* `price` moved by so many percent, on the tick. */
static inline decimal_t market_away(decimal_t price, int permille)
{
	decimal_t moved;

	market_must(decimal_multiply(price, decimal_make(1000 + permille, -3), &moved));
	market_must(decimal_round_to(moved, decimal_make(1, -2), ROUND_DOWN, &moved));
	return moved;
}

#endif
