/* SPDX-License-Identifier: Apache-2.0 */
/* From an approval to an order on its way, and cancels. Two durable records precede the first byte:
   what is wanted (INTENT) and which bytes may leave until when (SEND). An order is transmitted
   once; a cancel may be repeated, each time with a record of its own. Pure. */
#ifndef EXECUTOR_SEND_H
#define EXECUTOR_SEND_H

#include "services/executor/state.h"

/* Judges, records, sends and answers event->token. An exit for which a stop has to make room waits,
   and so does its answer. */
void send_approved(struct executor *self, const struct approval *approval);

/* Such an exit has room now, or is refused: judged again, sent, answered. */
void send_released(struct executor *self, const struct approval *approval, uint64_t token);
/* The same by one call that takes a resting order away; that one stays when the gate refuses.
   False: not answered, since there is no such call, or not now. */
bool send_replacing(struct executor *self, struct order_slot *old, const struct approval *approval,
                    uint64_t token);
void send_refuse(struct executor *self, const struct approval *approval, uint64_t token,
                 const char *rule, const char *detail);

/* A protective order of our own: `order` holds its terms, intent, client id and attempt. NULL when
   it can't leave now; nothing is recorded then. */
struct order_slot *send_own(struct executor *self, const struct order *order);
/* The order that was approved. */
struct order send_order_of(const struct approval *approval, ident_t client_id);
/* The record of what will be ordered. Nobody approves our own protection (`approval` is NULL): its
   client id stands for the nonce, and it is capped by the position instead. */
struct journal_intent send_intent_of(const struct executor *self, const struct order *order,
                                     const struct approval *approval);
/* The id that the next order takes; INTENT uses it up. */
ident_t send_next_client_id(const struct executor *self);
/* BLAKE2b-256 over the canonical unsigned request (it is signed after the record). */
void send_hash_request(const struct http_request *request, struct journal_send *send);

/* The end of an order's own call, after what it told. */
void send_answered(struct executor *self, struct order_slot *slot,
                   const struct venue_answer *answer);

/* Asks the exchange to cancel an open order, unless that is on its way already. */
void send_cancel(struct executor *self, struct order_slot *slot, const char *reason);
/* A cancel behind the window of an order of unknown fate: what arrived late is killed, and nothing
   open is then proof that it can't sell any more. Leaves though another cancel was sent before. */
void send_probe(struct executor *self, struct order_slot *slot);
/* The next try of a cancel that had no effect so far. */
void send_cancel_again(struct executor *self, struct order_slot *slot);
/* All open orders of strategies (ENTRY and EXIT); protection stays. */
void send_cancel_all(struct executor *self, const char *reason);
bool send_is_strategys(const struct order *order);

/* Strategy's or risk's cancel: finds the order and answers event->token. */
void send_cancel_wanted(struct executor *self, const struct cancel *cancel);

#endif
