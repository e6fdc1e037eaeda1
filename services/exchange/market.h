/* SPDX-License-Identifier: Apache-2.0 */
/* One symbol's market: the tape as exchange time passes, round after round, moved by constant
   offsets of time, ids and price, so that a client sees one market without end. Where it stands
   follows from exchange time alone: after a restart it goes on as if it had never stopped.

   Also what our own orders took from the displayed levels: it stays taken until the level next
   changes. Pure. */
#ifndef EXCHANGE_MARKET_H
#define EXCHANGE_MARKET_H

#include "common/model/book.h"
#include "services/exchange/tape.h"

enum { CONSUMED_MAX = 512 };

struct consumed {
	enum side side; /* of the resting level */
	decimal_t price, qty;
};

struct market_place {   /* how the tape is moved for this symbol */
	nanos_t origin; /* exchange time of the start of round 0 */
	decimal_t price_offset;
	uint64_t id_offset; /* of update ids */
	uint64_t trade_id_offset;
};

struct market {
	const struct tape *tape;
	struct market_place place;
	int64_t round;
	size_t position; /* of the next message in the round */
	uint64_t trades; /* played since round 0; may be of an earlier run */
	decimal_t last_price;
	struct book book;
	struct levels bids, asks; /* of the message last played */
	struct consumed consumed[CONSUMED_MAX];
	size_t consumed_count;
};

struct market_message {
	enum tape_kind kind;
	bool buyer_maker;
	nanos_t event, at;                    /* exchange time */
	uint64_t first, last;                 /* as in tape_message */
	decimal_t bid, bid_qty, ask, ask_qty; /* TRADE: price and quantity in bid and bid_qty */
	const struct levels *bids, *asks;     /* DEPTH; until the next message */
};

/* The market as it is at exchange time `now`, which is not before the origin. */
void market_init(struct market *self, const struct tape *tape, const struct market_place *place,
                 nanos_t now);

/* Exchange time of the next message. */
nanos_t market_due(const struct market *self);

/* Plays the next message, due or not. */
void market_next(struct market *self, struct market_message *out);

/* Displayed and not yet taken by us. */
decimal_t market_available(const struct market *self, enum side resting, decimal_t price,
                           decimal_t displayed);
void market_consume(struct market *self, enum side resting, decimal_t price, decimal_t qty);

#endif
