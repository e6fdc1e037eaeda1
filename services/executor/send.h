/* SPDX-License-Identifier: Apache-2.0 */
/* From an approval to an order on its way, and cancels. Two durable records precede the first byte:
   what is wanted (INTENT) and which bytes may leave until when (SEND). An order is transmitted
   once; a cancel may be repeated, each time with a record of its own. Pure. */
#ifndef EXECUTOR_SEND_H
#define EXECUTOR_SEND_H

#include "services/executor/state.h"

/* Judges, records, sends and answers event->token. */
void send_approved(struct executor *self, const struct approval *approval);

/* The id that the next order takes; INTENT uses it up. */
ident_t send_next_client_id(const struct executor *self);
/* BLAKE2b-256 over the canonical unsigned request (it is signed after the record). */
void send_hash_request(const struct http_request *request, struct journal_send *send);

/* Asks the exchange to cancel an open order, unless that is on its way already. */
void send_cancel(struct executor *self, struct order_slot *slot, const char *reason);
/* The next try of a cancel that had no effect so far. */
void send_cancel_again(struct executor *self, struct order_slot *slot);
/* All open orders of strategies (ENTRY and EXIT); protection stays. */
void send_cancel_all(struct executor *self, const char *reason);
bool send_is_strategys(const struct order *order);

/* Strategy's or risk's cancel: finds the order and answers event->token. */
void send_cancel_wanted(struct executor *self, const struct cancel *cancel);

#endif
