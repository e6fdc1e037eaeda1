/* SPDX-License-Identifier: Apache-2.0 */
/* Follows every order whose fate is not certain, until evidence or the fence ends it. A query that
   finds nothing proves nothing before the fence: signed window over + engine queue + view lag +
   clock steps, and then only together with a scan of the executions. Pure. */
#ifndef EXECUTOR_INQUIRY_H
#define EXECUTOR_INQUIRY_H

#include "services/executor/state.h"

/* Sets a due moment and sees that inquiry_run comes by. */
void inquiry_wake(struct executor *self, nanos_t *due, nanos_t at);

/* Asks the exchange about this order at once, and again with growing waits until it is answered. */
void inquiry_ask(struct executor *self, struct order_slot *slot);

/* Its executions are behind the exchange's word: fetch them soon. */
void inquiry_ask_trades(struct executor *self, struct order_slot *slot);

/* The end of a query. What the answer told about the order came before as evidence. */
void inquiry_answered(struct executor *self, struct order_slot *slot,
                      const struct venue_answer *answer);

/* All executions from before the order on were looked at, by calls that left at or after `asked`.
 */
void inquiry_scanned(struct executor *self, struct order_slot *slot, nanos_t asked);

/* Does all that is due and works out when to come again. */
void inquiry_run(struct executor *self);

/* After a restart: every order that is open becomes a question. */
void inquiry_start(struct executor *self);

/* Orders whose answer never came although its time is over. */
void inquiry_watch(struct executor *self);

#endif
