/* SPDX-License-Identifier: Apache-2.0 */
/* Orders of the executor's own making: stops and emergency sales, sent at least once. The next
   sending of the same terms is the next attempt of the same intent, with an id of its own; other
   terms are another intent. Refusals are followed by growing waits. Pure. */
#ifndef EXECUTOR_OWN_H
#define EXECUTOR_OWN_H

#include "services/executor/standing.h"

/* protect_run comes by at that moment. */
void own_wake(struct executor *self, nanos_t at);

/* Fills in intent, attempt and id, and sends; nothing happens before the wait is over. */
void own_send(struct executor *self, const struct standing *standing, struct order *order);
/* The same in the place of the live one; what could not be sent waits a moment. False: not now, the
   exchange has no such call, or refused it for this order: cancel it first. */
bool own_replace(struct executor *self, const struct standing *standing, struct order *order,
                 const char *reason);

/* The holding's last order of this kind; NULL when it is forgotten or there was none. */
struct order_slot *own_last(struct executor *self, const struct holding *holding);

/* An order of unknown fate, once it can't arrive any more: cancel, query and scan for it. An order
   of a strategy is cancelled like this only after a query has not found it. */
void own_probe(struct executor *self, struct order_slot *slot);

/* A cancel whose answer was lost, or that came before its order, is sent again soon: a position
   waits for it. */
void own_hurry(struct executor *self, struct order_slot *slot);

#endif
