/* SPDX-License-Identifier: Apache-2.0 */
/* The stop of what one bot holds in one symbol: its terms, where it stands, what was sent for it.
   A function of the journal records alone: terms come before the entry that they are for, the
   first execution arms it, each further one moves it, the last sale disarms it. Spot, long-only.
   Nothing here sends: protect.h does. Pure. */
#ifndef EXECUTOR_STOPS_H
#define EXECUTOR_STOPS_H

#include "proto/message.h"

struct guard {
	decimal_t loss_pct, trail_pct; /* terms; both zero: none */
	enum stop_place place;         /* terms */
	enum stop_place held;          /* where it is held now */
	decimal_t trigger;             /* zero: disarmed */
	decimal_t high;                /* highest price seen since the entry */
	bool fired;                    /* the position is being sold until none is left */
	ident_t intent_id, client_id;  /* of the last order that was sent for it */
	uint64_t attempt;
	uint64_t rejections; /* of its orders, in a row */
};

void guard_init(struct guard *self);
bool guard_has_terms(const struct guard *self);

/* Folds a record in; and writes one that folds to this guard. */
void guard_set(struct guard *self, const struct journal_protect *record);
struct journal_protect guard_record(const struct guard *self, const struct position *position,
                                    nanos_t at);

/* After the position took a fill in. What doesn't fit in a number leaves the trigger. */
void guard_filled(struct guard *self, const struct position *position, const struct fill *fill,
                  const struct instrument *instrument);

/* The trigger when `high` is the highest price seen; never below the one that stands. */
decimal_t guard_raised(const struct guard *self, decimal_t high,
                       const struct instrument *instrument);
/* Whether moving to that trigger is worth a request. */
bool guard_is_step(const struct guard *self, decimal_t raised, decimal_t step_pct);

/* How much of `qty` a stop at this price (zero: a sale at the market near `price`) may hold by the
   exchange's rules: rounded down; zero when it is too little. */
decimal_t stops_fit(const struct instrument *instrument, enum order_type type, decimal_t qty,
                    decimal_t price);

/* `price` moved down by so many percent, on the tick below. */
decimal_t stops_below(decimal_t price, decimal_t pct, const struct instrument *instrument);
/* On the tick at or above it. */
decimal_t stops_on_tick(decimal_t price, const struct instrument *instrument);

#endif
