/* SPDX-License-Identifier: Apache-2.0 */
/* Calls to the exchange: a token tells what the answer is for, a bound keeps bursts of questions
   and cancels from crowding out orders, and each is counted in the account's budget (budget.h).
   While the exchange asks for silence nothing leaves by HTTP; cancels take the user link. Pure. */
#ifndef EXECUTOR_CALLS_H
#define EXECUTOR_CALLS_H

#include "services/executor/state.h"

/* What a call was for; in the low bits of its token. */
enum call_kind {
	CALL_KIND_ORDER = 1,
	CALL_KIND_QUERY,
	CALL_KIND_CANCEL,
	CALL_KIND_OPEN_ORDERS,
	CALL_KIND_TRADES,
	CALL_KIND_BALANCES,
	CALL_KIND_TIME,
	CALL_KIND_SUBSCRIBE,
	CALL_KIND_WHOSE,        /* an order by the exchange's id, to learn its name */
	CALL_KIND_REPLACE,      /* of the order that goes */
	CALL_KIND_CANCEL_FRAME, /* a cancel by the user link */
	CALL_KIND_COUNT,
};

enum call_kind token_kind(uint64_t token);
/* Of the order's slot or of the symbol. */
uint32_t token_index(uint64_t token);

/* Never used before in this run. */
uint64_t call_token(struct executor *self, enum call_kind kind, uint32_t index);

/* Sends a request of the exchange's dialect; returns its token. It is not written to the socket so
   late that it could arrive after its signed window. */
uint64_t call_exchange(struct executor *self, enum call_kind kind, uint32_t index,
                       struct http_request *request);

/* Whether one more of this kind may leave by HTTP now: not too many are under way, the budget has
   room, and the exchange did not ask for silence. Ask before call_exchange(). */
bool call_has_room(const struct executor *self, enum call_kind kind);
/* How a call ended: the exchange's answer, or the host's word that there will be none. */
struct venue_answer call_answer(const struct event *event);
/* A call has ended. */
void call_ended(struct executor *self, enum call_kind kind);

/* Whether a cancel may leave now, by whatever way. */
bool call_may_cancel(const struct executor *self);
/* Sends the cancel of an order, which venue->cancel() worded, by HTTP, or by the user link while
   HTTP is silent. Returns its token. Ask call_may_cancel() before. */
uint64_t call_cancel(struct executor *self, const struct order_slot *slot,
                     struct http_request *request);

#endif
