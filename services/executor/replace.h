/* SPDX-License-Identifier: Apache-2.0 */
/* Replacing a resting order by another: in one call where the exchange has that (cancel-replace,
   stop on failure; amend for less quantity), never by guessing. Both legs are written down before
   the call and both stay reserved until each has evidence of its own: executed(old) + executed(new)
   + open(new) never passes the target. Pure.

   The target is what the old order had executed when the replace was asked for and the quantity
   wanted: what it executes after that comes off the new order, by an amend or a cancel. Half done,
   the facts are left as they are: the old one CANCELED and the new one REJECTED, or the new one
   LIVE and the old one cancelled again. */
#ifndef EXECUTOR_REPLACE_H
#define EXECUTOR_REPLACE_H

#include "services/executor/state.h"

/* Begins to replace `old` by `wanted` (its own intent, bot, symbol, purpose, side, terms; client id
   and status are filled in; its qty is what shall be open). True: under way, on record; what
   becomes of each comes as evidence. False: the exchange has no such call, or not now: the caller
   cancels first and places later.

   Where nothing but the quantity shrinks, `old` is amended instead and keeps its ids: `wanted`'s
   intent then is not used. old->replace_mode tells which way was taken. */
bool replace_start(struct executor *self, struct order_slot *old, const struct order *wanted,
                   const char *reason);

/* The same for an order that was approved, whose terms are kept with it. Never amends: the
   approval's intent gets its order. */
bool replace_start_approved(struct executor *self, struct order_slot *old,
                            const struct approval *approval, const char *reason);

/* What its answer proves about one leg. */
void replace_saw_leg(struct executor *self, const struct venue_leg *leg);

/* The end of its call; what the answer told about the orders came before as evidence. */
void replace_answered(struct executor *self, struct order_slot *old,
                      const struct venue_answer *answer);

/* After a restart: what was under way is unknown, what was not sent is refused. */
void replace_open(struct executor *self);
/* Follows the orders that changed in this step: ends replaces, keeps their caps. */
void replace_run(struct executor *self);
/* Every second: the same for all open orders, and asks again about what is unknown. */
void replace_watch(struct executor *self);

#endif
