/* SPDX-License-Identifier: Apache-2.0 */
/* The misbehaving exchange: a small spot market in the words of the seam. Requests come as the
   venue built them (path and query, unsigned), answers go out as the messages that its dialect
   would make of the JSON. It keeps the ledger, which is the witness. It draws its own market from
   its seed; what goes wrong with requests, answers and streams is the world's business, except for
   what only an exchange can do: queue, view lag, bans, half-done replaces. Passive: time comes with
   every call. Speaks what venue_named("binance") builds. */
#ifndef SIM_EXCHANGE_H
#define SIM_EXCHANGE_H

#include "common/base/random.h"
#include "common/venue/venue.h"

enum {
	SIM_SYMBOLS_MAX = 4,
	SIM_ORDERS_MAX = 2048,
	SIM_TRADES_MAX = 4096,
	SIM_EVENTS_MAX = 512,
	SIM_ASSETS_MAX = 8,
};

struct sim_order {
	uint64_t venue_id;
	ident_t client_id; /* none when foreign */
	text_t client_text;
	name_t symbol;
	enum side side;
	enum order_type type;
	enum time_in_force time_in_force;
	decimal_t qty, price, stop_price, executed, turnover;
	enum venue_status status;
	bool triggered;                /* a stop whose price was reached */
	bool foreign;                  /* made by a person's hand */
	uint64_t list_id;              /* 0: in no list */
	nanos_t valid_until;           /* of its request */
	nanos_t accepted_at, ended_at; /* exchange time; 0 = not yet */
	nanos_t visible_at;            /* queries don't see it before */
	nanos_t settled_at; /* queries see its present state from here on, before that the last */
	enum venue_status status_before;
	decimal_t executed_before;
};

struct sim_trade {
	uint64_t trade_id, venue_id;
	ident_t client_id;
	name_t symbol;
	enum side side;
	decimal_t price, qty, fee;
	name_t fee_asset;
	bool maker;
	nanos_t at, visible_at;
};

struct sim_balance {
	name_t asset;
	decimal_t free, locked;
};

struct sim_symbol {
	struct instrument instrument;
	decimal_t bid, ask;
	uint64_t book_id, trade_id;
};

/* Something that a stream tells: market data, or of the account (venue_order, venue_fill,
   venue_balance). */
struct sim_event {
	bool is_account;
	enum message_type type;
	union {
		struct venue_top top;
		struct venue_trade trade;
		struct venue_order order;
		struct venue_fill fill;
		struct venue_balance balance;
	} body;
};

struct sim_exchange {
	const struct venue_profile *profile;
	struct random random;
	struct sim_symbol symbols[SIM_SYMBOLS_MAX];
	uint32_t symbol_count;
	struct sim_order orders[SIM_ORDERS_MAX]; /* by age; nothing is ever removed */
	uint32_t order_count;
	struct sim_trade trades[SIM_TRADES_MAX];
	uint32_t trade_count;
	struct sim_balance balances[SIM_ASSETS_MAX];
	uint32_t balance_count;
	struct sim_event events[SIM_EVENTS_MAX]; /* a ring */
	uint32_t event_head, event_count;
	nanos_t quiet_until; /* 429 or 418 */
	unsigned quiet_status;
	uint64_t late_requests, early_requests; /* refused: window over; during a told wait */
	uint64_t list_count;
};

/* What an instance of chance adds to one request; zero: an ideal exchange. */
struct sim_whim {
	nanos_t view_lag; /* of what the request changes */
	bool half_replace;
	bool small_parts; /* fills come in parts from now on, at each tick */
};

void sim_exchange_init(struct sim_exchange *self, uint64_t seed,
                       const struct venue_profile *profile, const name_t *symbols,
                       uint32_t symbol_count);

/* The gate, when a request arrives: false and the refusal (-1021 behind the window, 429, 418).
   `now` is exchange time everywhere. */
bool sim_exchange_admits(struct sim_exchange *self, nanos_t now, const struct http_request *request,
                         struct venue_answer *refusal);

/* The engine, at once or up to Q later: does it, hands the messages of the answer's body to `sink`,
   then the answer. */
void sim_exchange_execute(struct sim_exchange *self, nanos_t now,
                          const struct http_request *request, const struct sim_whim *whim,
                          const struct message_sink *sink, struct venue_answer *answer);

/* A frame on the user link: the subscription, or a request of the WebSocket API. */
void sim_exchange_frame(struct sim_exchange *self, nanos_t now, const struct link_frame *frame,
                        const struct sim_whim *whim, const struct message_sink *sink,
                        struct venue_answer *answer);

/* The market moves by one step: prices, public trades, stops, executions of what rests. */
void sim_exchange_tick(struct sim_exchange *self, nanos_t now, const struct sim_whim *whim);
void sim_exchange_jump(struct sim_exchange *self, nanos_t now);
/* The next thing that streams tell; false when there is none. The world takes all of it. */
bool sim_exchange_event(struct sim_exchange *self, struct sim_event *out);

/* A person in the same account. */
void sim_exchange_manual_order(struct sim_exchange *self, nanos_t now);
void sim_exchange_manual_cancel(struct sim_exchange *self, nanos_t now);
void sim_exchange_silence(struct sim_exchange *self, nanos_t until, unsigned status);

const struct sim_order *sim_exchange_order(const struct sim_exchange *self, ident_t client_id);

#endif
