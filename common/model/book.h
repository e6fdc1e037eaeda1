/* SPDX-License-Identifier: Apache-2.0 */
/* An order book kept from one snapshot and the deltas after it. Fixed capacity, no heap; levels
   beyond the capacity are forgotten from the far end. Pure. Rules: exchange/binance-spot, "Local
   order book". */
#ifndef MODEL_BOOK_H
#define MODEL_BOOK_H

#include "proto/message.h"

enum { BOOK_DEPTH_MAX = 5000, BOOK_PENDING_MAX = 64 };

/* Best first: bids fall, asks rise. */
struct book_side {
	uint32_t count;
	struct level levels[BOOK_DEPTH_MAX];
};

struct book {
	uint64_t id; /* last update id applied; 0 before a snapshot */
	struct book_side bids, asks;
};

void book_init(struct book *self);

/* Replaces everything. ERR_INVALID for unsorted, negative or crossed levels: the book is then
 * empty. */
MUST_CHECK enum err book_load(struct book *self, uint64_t id, const struct levels *bids,
                              const struct levels *asks);

/* Applies one delta. OK also when it is wholly old (ignored). ERR_GAP when updates are missing
   before it (load a new snapshot), ERR_INVALID for a negative number, for a book that is crossed
   afterwards, or when there is no snapshot yet. After an error the book is empty and must be loaded
   again. */
MUST_CHECK enum err book_apply(struct book *self, uint64_t first, uint64_t last,
                               const struct levels *bids, const struct levels *asks);

/* NULL when that side is empty. */
const struct level *book_best_bid(const struct book *self);
const struct level *book_best_ask(const struct book *self);

/* What is displayed at a price; zero when nothing is. */
decimal_t book_qty_at(const struct book *self, enum side side, decimal_t price);

/* Bids at or above / asks at or below `limit`: total base, cut at `enough`. */
MUST_CHECK enum err book_available(const struct book *self, enum side resting, decimal_t limit,
                                   decimal_t enough, decimal_t *out);

#endif
