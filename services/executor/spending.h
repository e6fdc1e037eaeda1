/* SPDX-License-Identifier: Apache-2.0 */
/* State of what was asked of the exchange: moments of orders, silence, and the budget of budget.h.
   Part of state.h. */
#ifndef EXECUTOR_SPENDING_H
#define EXECUTOR_SPENDING_H

#include "common/base/quota.h"

enum { SENDS_MAX = 6000, CALL_KINDS_MAX = 16 };

/* Moments of the last SEND records. */
struct send_times {
	nanos_t items[SENDS_MAX];
	uint32_t count, next;
};

static inline void send_times_add(struct send_times *self, nanos_t at)
{
	self->items[self->next] = at;
	self->next = (self->next + 1) % SENDS_MAX;
	if (self->count < SENDS_MAX)
		self->count++;
}

/* The exchange asked for silence (429, 418). */
struct quiet {
	nanos_t until, at;
	unsigned status;
};

/* The account's part of the exchange's limits (budget.h). */
struct budget {
	struct quota weight; /* of this address, without the shares of feed and recovery */
	struct quota grants; /* of it, what may be given away */
	uint32_t reserve;    /* of `weight`, for cancels and protection only */
	uint32_t orders, orders_reserve; /* per 10 s */
	uint32_t cost[CALL_KINDS_MAX];   /* the most that a call of the kind has cost */
	nanos_t frames_quiet_until;      /* the user link was told to be silent too */
};

#endif
