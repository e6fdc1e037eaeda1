/* SPDX-License-Identifier: Apache-2.0 */
/* How our orders meet the recorded market. The recorded book is the market: what we take is what it
   displays, less what we already took; what we rest waits behind what it displays. Pure; README.md
   tells the model in full. */
#ifndef EXCHANGE_MATCHING_H
#define EXCHANGE_MATCHING_H

#include "services/exchange/market.h"

enum {
	MATCH_FILLS_MAX =
		64 /* levels that one order takes at once; a rest beyond counts as not there */
};

struct match_fill {
	decimal_t price, qty;
};

struct match {
	size_t count;
	struct match_fill fills[MATCH_FILLS_MAX];
	decimal_t qty, turnover;
};

struct match_terms {
	enum side side;
	decimal_t limit;  /* zero: any price */
	decimal_t qty;    /* zero: as much as the budget allows */
	decimal_t budget; /* quote to spend or receive; zero: unbounded */
	decimal_t lot;
};

/* What an order would take now, best level first. */
void match_take(const struct market *market, const struct match_terms *terms, struct match *out);
/* Takes it. */
void match_consume(struct market *market, enum side side, const struct match *match);

/* Whether the best opposite level is at `price` or better. */
bool match_would_take(const struct market *market, enum side side, decimal_t price);

/* Whether the last price has reached the stop. */
bool match_triggers(enum order_type type, enum side side, decimal_t stop_price,
                    decimal_t last_price);

/* What stands before an order that comes to rest at `price`. */
decimal_t match_queue(const struct market *market, enum side side, decimal_t price);

struct match_resting {
	enum side side;
	decimal_t price, left; /* not yet executed */
	decimal_t ahead;       /* in the queue before it */
};

/* A recorded trade. Through our price: we are filled. At our price, from the other side: it first
   eats the queue, then us; *used counts what our orders before this one took of it. Returns what is
   filled and shortens the queue. */
decimal_t match_trade(struct match_resting *self, const struct market_message *trade,
                      decimal_t *used);

/* The book changed: nobody stands before us who is no longer displayed. */
void match_requeue(struct match_resting *self, const struct market *market);

#endif
