/* SPDX-License-Identifier: Apache-2.0 */
/* Where the protection of one holding stands: what is held, what open sales may still sell, and
   which protective order decides what to do next. Pure. */
#ifndef EXECUTOR_STANDING_H
#define EXECUTOR_STANDING_H

#include "services/executor/state.h"

/* Of the protective orders that the executor made; the first that applies to any of them. */
enum have {
	HAVE_NOTHING,
	HAVE_ON_ITS_WAY, /* no answer yet */
	HAVE_UNKNOWN,
	HAVE_LEAVING, /* a cancel is on its way */
	HAVE_DISPUTED,
	HAVE_LIVE,
	HAVE_COUNT
};

struct standing {
	struct holding *holding;
	struct market *market;
	struct guard_watch *watch;
	decimal_t held;    /* what is ours to sell, by our books and, in doubt, by the balance */
	decimal_t offered; /* what all open sales may still sell */
	decimal_t others;  /* of that, by orders that are not the executor's own stops */
	enum have have;
	struct order_slot *order; /* that decides `have`; of several live ones the newest */
	struct order_slot *older; /* another live one; NULL when there is none */
	struct order_slot *doubt; /* another sale of unknown fate; NULL when there is none */
};

/* False when the rules of its symbol are not known. */
bool standing_take(struct executor *self, struct holding *holding, struct standing *out);

/* What no open sale holds; never below zero. */
decimal_t standing_rest(const struct standing *self);
/* What a stop may hold: all but what others offer. */
decimal_t standing_stoppable(const struct standing *self);

/* Quantity that an order may still execute. */
decimal_t standing_open(const struct order *order);

/* The order's window and the engine's queue are over: no late arrival any more. */
/* Asked so late that an execution within window and queue would have been shown. */
bool standing_would_show(const struct executor *self, const struct order_slot *slot,
                         nanos_t moment);
bool standing_is_late(const struct executor *self, const struct order_slot *slot, nanos_t moment);
nanos_t standing_late_at(const struct executor *self, const struct order_slot *slot);

#endif
