/* SPDX-License-Identifier: Apache-2.0 */
/* The one door for what the exchange tells about orders and executions, whether it came with the
   answer to a request, on the stream or from a query. Only evidence moves an order; each execution
   is accounted once; an order has ended only when its executions add up to the exchange's word.
   Pure. */
#ifndef EXECUTOR_EVIDENCE_H
#define EXECUTOR_EVIDENCE_H

#include "services/executor/state.h"

/* An order as the exchange tells it. */
void evidence_order(struct executor *self, const struct venue_order *told);

/* An execution. False when it was put off: its order may be one whose fate is still unknown. */
bool evidence_fill(struct executor *self, const struct venue_fill *told);

/* Ends the order when its executions add up to the exchange's last word, else asks for them. */
void evidence_settle(struct executor *self, struct order_slot *slot);

/* Sends the cancel of an order that nobody waits for: an orphan, or an ENTRY or EXIT that was
   reported as never placed and is there after all. */
void evidence_cancel_unwanted(struct executor *self, struct order_slot *slot);

/* The ends of an order's own calls; what the answers told came before. */
void evidence_order_answered(struct executor *self, struct order_slot *slot,
                             const struct venue_answer *answer);
void evidence_cancel_answered(struct executor *self, struct order_slot *slot,
                              const struct venue_answer *answer);

#endif
