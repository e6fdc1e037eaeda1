/* SPDX-License-Identifier: Apache-2.0 */
/* Book levels: [["price","qty"], …]. */
#ifndef VENUE_BINANCE_LEVELS_H
#define VENUE_BINANCE_LEVELS_H

#include "common/venue/binance/fields.h"
#include "proto/message.h"

/* Fills `out` as far as its count; what lies behind stays as it was. Bad: more than LEVELS_MAX, a
   price that isn't above zero, a quantity below zero. */
void levels_read(struct fields *self, const char *key, struct levels *out);

/* True when each price is worse than the one before: lower for bids, higher for asks. */
bool levels_are_sorted(const struct levels *levels, enum side side);

#endif
