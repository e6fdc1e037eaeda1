/* SPDX-License-Identifier: Apache-2.0 */
/* Replacing a resting order by another: in one call where the exchange has that (cancel-replace,
   stop on failure; amend for less quantity), never by guessing. Both legs are written down before
   the call and both stay reserved until each has evidence of its own: executed(old) + executed(new)
   + open(new) never passes the target. Pure. */
#ifndef EXECUTOR_REPLACE_H
#define EXECUTOR_REPLACE_H

#include "services/executor/state.h"

/* Begins to replace `old` by `wanted` (its own intent, symbol, side, terms; client id and status
   are filled in). True: under way, both legs are on record; what becomes of each comes as evidence.
   False: the exchange has no such call, or not now: the caller cancels first and places later. */
bool replace_start(struct executor *self, struct order_slot *old, const struct order *wanted,
                   const char *reason);

/* The same for an order that was approved, whose terms are kept with it. */
bool replace_start_approved(struct executor *self, struct order_slot *old,
                            const struct approval *approval, const char *reason);

/* The end of its call; what the answer told about the orders came before as evidence. */
void replace_answered(struct executor *self, struct order_slot *old,
                      const struct venue_answer *answer);

#endif
