/* SPDX-License-Identifier: Apache-2.0 */
/* Less quantity for an order that rests: it keeps its ids and its place in the queue. It counts
   with its old quantity until the exchange tells the lower one; without an answer it is given up
   only behind the fence, and late evidence still wins. Pure. */
#ifndef EXECUTOR_AMEND_H
#define EXECUTOR_AMEND_H

#include "services/executor/state.h"

/* `qty` is the whole quantity from then on, executed parts included. False: not now, or never. */
bool amend_start(struct executor *self, struct order_slot *slot, decimal_t qty, const char *reason);
bool amend_is_under_way(const struct order_slot *slot);

/* The end of its call; what the answer told about the order came before as evidence. */
void amend_answered(struct executor *self, struct order_slot *slot,
                    const struct venue_answer *answer);

/* Before an order's word is judged: an amended quantity in it, or that from before an amend, is no
   contradiction. It settles an amend whose answer was lost, and is put right in `told`. */
void amend_saw_order(struct executor *self, struct venue_order *told);

#endif
