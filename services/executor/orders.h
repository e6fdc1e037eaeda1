/* SPDX-License-Identifier: Apache-2.0 */
/* The order store: every order that is open and the most recent ended ones, found by intent, client
   id, exchange id or approval nonce. Fixed capacity; a new order takes the place of the one that
   ended first, but never of one whose approval could still be repeated. A function of the journal
   records alone, except for `inquiry`. Pure. */
#ifndef EXECUTOR_ORDERS_H
#define EXECUTOR_ORDERS_H

#include "common/base/table.h"
#include "proto/message.h"

enum { ORDERS_MAX = 4096 };

/* What is being asked about an order; lives as long as the process. */
struct inquiry {
	uint64_t order_token, query_token, cancel_token; /* calls in flight, 0 = none */
	nanos_t query_due, trades_due, cancel_due;       /* 0 = nothing to do */
	unsigned query_tries, trades_tries, cancel_tries;
	nanos_t query_sent;
	nanos_t absent_at; /* when the last query that found nothing left */
	nanos_t trades_at; /* when the last scan of all its possible executions left */
	nanos_t cancel_since, cancel_sent;
	nanos_t gone_at;     /* when the last cancel left that found nothing open; 0 = none did */
	nanos_t probed_at;   /* when it was last asked for behind its window */
	nanos_t known_at;    /* since when the exchange is known to have it; 0 = not in this run */
	nanos_t told_at;     /* when the exchange's word about executions last rose */
	unsigned absences, useless;    /* answers that found nothing; that told nothing */
	uint64_t open_round;           /* token of the last list of open orders that named it */
	decimal_t told_executed;       /* the exchange's word, highest so far */
	enum venue_status told_end;    /* its terminal word, 0 before */
	uint64_t replace_token;        /* of the call that puts another in its place */
	enum evidence replace_legs[2]; /* what its answer told of this order and of the new one */
	nanos_t replace_due;           /* when to ask about it again while that isn't known */
	bool cancel_told, disputed, unanswered; /* alerts that were given */
	bool overlooked;                        /* a query did not find it although it is there */
	bool changed;                           /* since it was last published */
};

struct order_slot {
	struct order order;
	ident_t nonce;       /* of its approval */
	nanos_t expires;     /* of its approval */
	nanos_t sent_at;     /* event time of SEND */
	nanos_t valid_until; /* exchange time, of SEND */
	decimal_t sent_qty;  /* sum over all SEND records */
	decimal_t stop_loss_pct, stop_trail_pct; /* protection terms of its approval */
	enum stop_place stop_place;
	uint64_t limits_version;
	uint64_t attempt;
	name_t cancel_reason; /* of the first cancel that is still wanted */
	bool resurrected;     /* was given up once */
	ident_t replaced_by;  /* client id of the order that was sent in its place */
	decimal_t cap;        /* with what its predecessor executed it never passes this */
	decimal_t first_qty;  /* of its INTENT; an amend lowers order.qty */
	decimal_t amend_qty;  /* asked for, not confirmed; zero: none */
	unsigned amends;      /* asked for so far */
	enum replace_mode replace_mode;
	nanos_t replace_at;    /* event time of its last replace or amend */
	nanos_t replace_until; /* exchange time after which that can't be accepted */
	uint64_t trade_floor;  /* its executions have higher trade ids */
	uint32_t open_at;      /* index in `open`, TABLE_NONE when ended */
	uint32_t older, newer; /* list of the ended, TABLE_NONE at its ends */
	bool used;
	struct inquiry inquiry;
};

struct order_index {
	struct table table;
	struct table_cell cells[TABLE_CELLS(ORDERS_MAX)];
};

struct orders {
	struct order_slot slots[ORDERS_MAX];
	uint32_t used; /* slots taken so far; they are never given back, only taken over */
	uint32_t open[ORDERS_MAX];
	uint32_t open_count;
	uint32_t ended_oldest, ended_newest, ended_count;
	struct order_index by_intent, by_client, by_nonce, by_venue;
};

void orders_init(struct orders *self);

/* NULL when there is none. */
struct order_slot *orders_by_intent(struct orders *self, ident_t intent_id);
struct order_slot *orders_by_client(struct orders *self, ident_t client_id);
struct order_slot *orders_by_nonce(struct orders *self, ident_t nonce);
struct order_slot *orders_by_venue(struct orders *self, const name_t *symbol, uint64_t venue_id);

/* Whether orders_add would find a place at this moment. */
bool orders_have_room(const struct orders *self, nanos_t now);

/* A new order in state INTENT; NULL when there is no room. Intent, client id and nonce are new. */
struct order_slot *orders_add(struct orders *self, const struct order *order, ident_t nonce,
                              nanos_t now);

/* Moves it between the open and the ended as the status says. */
void orders_set_status(struct orders *self, struct order_slot *slot, enum order_status status);
/* An id that is set already stays. */
void orders_set_venue_id(struct orders *self, struct order_slot *slot, uint64_t venue_id);

/* Marks intents that the executor made itself: protection, which nobody else approves. */
#define INTENT_OWN (1ull << 63)

static inline bool order_is_own(const struct order *order)
{
	return (order->purpose == PURPOSE_PROTECT || order->purpose == PURPOSE_FLATTEN) &&
	       (order->intent_id.low & INTENT_OWN) != 0;
}

static inline uint32_t orders_index_of(const struct orders *self, const struct order_slot *slot)
{
	return (uint32_t)(slot - self->slots);
}

#endif
