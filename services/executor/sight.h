/* SPDX-License-Identifier: Apache-2.0 */
/* The executor's view of prices, as far as stops need it: the best bid of each symbol, whether it
   is current, trailing stops that follow it, triggers that it reaches. Pure. */
#ifndef EXECUTOR_SIGHT_H
#define EXECUTOR_SIGHT_H

#include "services/executor/standing.h"

/* A price, with what follows it; or the feed's word that the last one is current. */
void sight_mark(struct executor *self, const struct mark *mark);
void sight_state(struct executor *self, const struct market_state *market);

struct sight *sight_of(struct executor *self, const struct market *market);

/* The bid, or zero when none is known or the feed is silent for too long. */
decimal_t sight_bid(struct executor *self, const struct market *market);

/* How long the feed has given no sign that its price is current. */
nanos_t sight_silence(struct executor *self, const struct market *market);

/* Whether the feed is silent for so long that the executor can't hold a stop; with its alerts.
   `*due` is lowered to the next moment at which that may change. */
bool sight_is_blind(struct executor *self, const struct standing *standing, nanos_t *due);

/* Whether the price is at or through the trigger and no stop at the exchange sees to it. */
bool sight_is_through(struct executor *self, const struct standing *standing);

#endif
