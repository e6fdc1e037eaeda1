/* SPDX-License-Identifier: Apache-2.0 */
/* Protection of what bots hold (docs/order-safety.md, Stops): a stop that rests at the exchange, or
   a trigger that the executor watches, and the sale when it is reached. Judged anew after each
   change from what is held, what is wanted and what is on its way; so a restart needs no memory of
   what was being done.

   What is wanted of a holding, the first that applies:
     FLAT     its stop has fired, or a halt of level 3: sell all
     ROOM     an approved exit waits for the balance that the stop holds
     NOTHING  nothing held, or no terms
     STOP     a stop for all that is held and not offered by exits
     WATCH    the executor's own trigger: so approved, too small for a stop, or refused too often
   What is there: no protective order, the right one, another, one on its way, one being cancelled,
   one of unknown fate, a disputed one. A table in protect.c tells the action of each pair.

   Protective orders are placed at least once. The sum of what all open sales of a bot may still
   sell, those of unknown fate included, never passes what it holds: a new order gets the rest. One
   of unknown fate counts until its window and the engine's queue are over and then a cancel, a
   query and a scan of the executions have found nothing of it. Pure. */
#ifndef EXECUTOR_PROTECT_H
#define EXECUTOR_PROTECT_H

#include "services/executor/state.h"

/* True when a stop has to go before this exit: it waits, and is answered later. Also when the bot
   doesn't hold that much any more, since a stop may have sold after the approval: refused. */
bool protect_keeps_waiting(struct executor *self, const struct approval *approval, uint64_t token);

/* The end of a cancel, before evidence takes it. */
void protect_cancel_answered(struct executor *self, struct order_slot *slot,
                             const struct venue_answer *answer);

/* Does what is due; at the end of each step. */
void protect_run(struct executor *self);

/* What may be sold of a holding at once; zero when it is too little. */
decimal_t protect_sellable(struct executor *self, const struct holding *holding);

bool protect_is_manual(const struct holding *holding);

#endif
