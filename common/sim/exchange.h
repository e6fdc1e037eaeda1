/* SPDX-License-Identifier: Apache-2.0 */
/* The misbehaving exchange: a small spot market in the words of the seam. Requests come as the
   venue built them (path and query, unsigned), answers go out as the messages that its dialect
   would make of the JSON. It keeps the ledger, which is the witness. It draws its own market from
   its seed; what goes wrong with requests, answers and streams is the world's business, except for
   what only an exchange can do: queue, view lag, bans, half-done replaces. Passive: time comes with
   every call. Speaks what venue_named("binance") builds.

   The market is the same for the same seed and ticks, whatever is ordered: nobody else is moved by
   our orders, a taking order finds SIM_LEVELS levels each side, and what it took is there again
   for the next. A resting order is executed at its price once the other side of the book has come
   to it. Fee: 0.1 % of what is received. */
#ifndef SIM_EXCHANGE_H
#define SIM_EXCHANGE_H

#include "common/base/random.h"
#include "common/sim/exchange_ledger.h"
#include "common/venue/venue.h"

enum { SIM_BUCKETS = 256 };

struct sim_exchange {
	const struct venue_profile *profile;
	struct random random, chance; /* of the market; of everything else */
	nanos_t clock_step; /* its clock, by which it judges windows, to the time that it is given
	                     */
	struct sim_symbol symbols[SIM_SYMBOLS_MAX];
	uint32_t symbol_count;
	struct sim_order orders[SIM_ORDERS_MAX]; /* by age; nothing is ever removed */
	uint32_t order_count;
	uint16_t live[SIM_ORDERS_MAX]; /* indices, by age: open, or queries may still think so */
	uint32_t live_count;
	uint16_t buckets[SIM_BUCKETS]; /* newest order by hash of its client text, index + 1 */
	struct sim_trade trades[SIM_TRADES_MAX];
	uint32_t trade_count;
	struct sim_list lists[SIM_LISTS_MAX]; /* list id - 1 */
	uint32_t list_count;
	struct sim_balance balances[SIM_ASSETS_MAX];
	uint32_t balance_count;
	nanos_t account_updated, account_updated_before, account_settled_at;
	struct sim_event events[SIM_EVENTS_MAX]; /* a ring */
	uint32_t event_head, event_count;
	nanos_t quiet_until; /* 429 or 418 */
	unsigned quiet_status;
	bool is_quiet_told; /* somebody was answered so */
	/* Refused: window over; during a wait that an earlier answer told, whether that answer
	   arrived or not. */
	uint64_t late_requests, early_requests;
	int64_t weight_minute, order_window;
	uint64_t used_weight, used_orders;
	struct venue_book book; /* of the answer being made */
};

/* What an instance of chance adds to one request; zero: an ideal exchange. */
struct sim_whim {
	nanos_t view_lag;  /* of what the request changes */
	bool half_replace; /* a cancel-replace cancels and doesn't place: 409, -2021 */
	bool small_parts;  /* fills come in parts from now on, at each tick */
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

/* What the dialect emits before an answer that has no body of the engine's, a refusal at the gate
   or none at all: a venue_leg for each order of a cancel-replace; nothing for any other request. */
void sim_exchange_legs(const struct http_request *request, const struct venue_answer *answer,
                       const struct message_sink *sink);

/* A frame on the user link, gate included: the subscription, or a request of the WebSocket API. */
void sim_exchange_frame(struct sim_exchange *self, nanos_t now, const struct link_frame *frame,
                        const struct sim_whim *whim, const struct message_sink *sink,
                        struct venue_answer *answer);

/* The market moves by one step: prices, public trades, stops, executions of what rests. */
void sim_exchange_tick(struct sim_exchange *self, nanos_t now, const struct sim_whim *whim);
/* By some percent at once. The orders that it crosses are executed in whole. */
void sim_exchange_jump(struct sim_exchange *self, nanos_t now);
/* The next thing that streams tell; false when there is none. The world takes all of it after every
   call: while there is little room, what rests waits for the next tick. */
bool sim_exchange_event(struct sim_exchange *self, struct sim_event *out);
/* The event's message, as its struct. `depth` is room for one, used for that type alone; only its
   counted levels are written. */
const void *sim_event_body(const struct sim_event *event, struct venue_depth *depth);

/* A person in the same account. Nothing happens when nothing can. */
void sim_exchange_manual_order(struct sim_exchange *self, nanos_t now);
void sim_exchange_manual_cancel(struct sim_exchange *self, nanos_t now);
void sim_exchange_silence(struct sim_exchange *self, nanos_t until, unsigned status);

/* The open one with this id, else the newest; NULL when there is none. */
const struct sim_order *sim_exchange_order(const struct sim_exchange *self, ident_t client_id);
bool sim_order_is_open(const struct sim_order *order); /* PENDING_NEW counts */

/* Each asset is what the account began with and what its trades changed, nothing is below zero, and
   what open orders lock is what is locked. Slow: for the end of a run. */
bool sim_exchange_is_conserved(const struct sim_exchange *self);

#endif
