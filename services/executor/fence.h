/* SPDX-License-Identifier: Apache-2.0 */
/* When "not found" proves something. An order whose fate isn't known may still

     - be accepted as long as its signed window is open (the request says until when),
     - wait in the engine's queue, at most Q,
     - be there and not be shown by queries, at most L, the view lag,
     - while our clock and the exchange's were each stepped, at most S.

   The fence stands at valid_until + Q + L + 2 S. Only a question that left behind it, and found
   nothing, and a look at all executions that left behind it, prove NEVER. Both clocks must be
   behind it: the exchange's (event time + measured offset) against the window that was signed, and
   ours against the moment of SEND, so that no step of either shortens it.

   Q, S and the first L are promises of the venue's profile. L is measured all the time: from the
   moment at which an order is known to be there (an answer or the stream told) to the first query
   that finds it after one that did not. A lag beyond half of L doubles L, on record and with an
   alert: the fence is wider from then on, also after a restart. Pure. */
#ifndef EXECUTOR_FENCE_H
#define EXECUTOR_FENCE_H

#include "services/executor/state.h"

struct fence {
	nanos_t window, queue, lag, step;
};

/* `lag` is the bound of the view lag on record; the profile's counts when it is larger. */
struct fence fence_of(const struct venue_profile *profile, nanos_t lag);
/* The one in force. */
struct fence fence_now(const struct executor *self);

/* Q + L + 2 S: how far behind valid_until it stands. */
nanos_t fence_reach(const struct fence *self);
/* From sending to the fence: window + reach. */
nanos_t fence_length(const struct fence *self);

/* A moment of ours, and how far the exchange's clock is ahead. */
struct fence_moment {
	nanos_t at, offset;
};

/* Whether a question that left at this moment left behind the fence of an order that was sent at
   `sent_at` (ours) and could be accepted until `valid_until` (the exchange's). False for moment 0.
 */
bool fence_has_passed(const struct fence *self, nanos_t sent_at, nanos_t valid_until,
                      struct fence_moment moment);
/* Whether no engine can take the request any more: window over, and S for the clock. What is in the
   queue by then still comes. */
bool fence_window_is_over(const struct fence *self, nanos_t sent_at, nanos_t valid_until,
                          struct fence_moment moment);

/* The bound that holds once such a lag was seen: doubled until the lag is at most half of it. */
nanos_t fence_widened(nanos_t lag, nanos_t seen);

/* A query was that late in showing an order. */
void fence_saw_lag(struct executor *self, const name_t *symbol, nanos_t seen);
/* An order is known to be there from this moment on: now and then a query is spent on it. */
void fence_measure(struct executor *self, struct order_slot *slot);

#endif
