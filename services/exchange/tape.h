/* SPDX-License-Identifier: Apache-2.0 */
/* A recorded session in memory: what the exchange plays. Prices and quantities are units of 1e-8,
   times are relative to the start of a round, ids are the recorded ones; market.h moves them.

   The tape is a ring: a round ends with the book as recorded last and the next begins with the book
   as recorded first. At `seam`, the place of the depth message that straddles the recorded
   snapshot, one update turns the one into the other. What the recording holds before the snapshot
   and below it is left out, so that every message of a round follows from the first book. */
#ifndef EXCHANGE_TAPE_H
#define EXCHANGE_TAPE_H

#include "common/base/text.h"
#include "common/base/time.h"

enum tape_kind { TAPE_TRADE = 1, TAPE_TOP, TAPE_DEPTH };

struct tape_level {
	int64_t price, qty;
};

struct tape_levels { /* of the tape's pool: bids, then asks; best first in whole books */
	uint32_t start, bids, asks;
};

struct tape_message {
	enum tape_kind kind;
	bool buyer_maker;          /* TRADE: the aggressor sold */
	nanos_t due;               /* since the round's start: when it is sent */
	nanos_t event;             /* E, not after `due`; TOP has none */
	nanos_t at;                /* T of a TRADE */
	uint64_t first, last;      /* DEPTH: U and u. TOP: u in both. TRADE: its id in both */
	struct tape_level bid;     /* TOP; of a TRADE price and quantity */
	struct tape_level ask;     /* TOP */
	struct tape_levels levels; /* DEPTH */
};

/* A trade once more, with totals of all trades before it in the round, for candles. */
struct tape_trade {
	nanos_t at;
	int64_t price, qty;
	bool buyer_maker;
	int64_t volume, taker_volume;      /* units */
	__int128 turnover, taker_turnover; /* units of 1e-16 */
};

struct tape {
	name_t name;
	nanos_t period;   /* of a round, whole milliseconds */
	uint64_t id_span; /* update ids of one round */
	struct tape_message *messages;
	size_t message_count, seam;
	struct tape_trade *trades;  /* one more than trade_count: the totals of the round */
	size_t trade_count;         /* their ids are contiguous */
	uint64_t first_id, last_id; /* of the first and last book */
	struct tape_levels first_book, last_book, seam_levels;
	struct tape_level *pool;
	size_t pool_count;
};

/* Reads a gz file of lines "<receive time in ns> <JSON>". `why` names file, line and remedy. */
MUST_CHECK enum err tape_open(struct tape **out, const char *path, text_t *why);
void tape_close(struct tape **self);

#endif
