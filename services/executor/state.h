/* SPDX-License-Identifier: Apache-2.0 */
/* The executor's state. `books` is a function of the journal records; everything else belongs to
   this run and is asked anew from the exchange after a restart. */
#ifndef EXECUTOR_STATE_H
#define EXECUTOR_STATE_H

#include "common/base/histogram.h"
#include "common/venue/venue.h"
#include "services/executor/executor.h"
#include "services/executor/holdings.h"
#include "services/executor/orders.h"
#include "services/executor/protection.h"
#include "services/executor/round.h"
#include "services/executor/spending.h"

enum {
	REFUSALS_MAX = 256,
	CHANGED_MAX = 512,
};

#define USER_LINK "user" /* the link of our own orders and executions */
/* How long an order that was given up as never placed is looked for. */
#define NEVER_REMEMBERED NANOS_DAY

enum executor_timer { TIMER_SECOND = 1, TIMER_INQUIRY, TIMER_PROTECT };

struct latch {
	bool halted;
	unsigned level;
	name_t actor;
	text_t reason;
	nanos_t at;
};

/* Everything that the journal tells. */
struct books {
	uint64_t records; /* folded so far; the version of what changed last */
	uint64_t epoch, counter;
	uint32_t nonce;                   /* of the run, in client ids */
	nanos_t valid_until, older_until; /* highest signed window; the same of older runs */
	struct latch latch;
	nanos_t view_lag; /* bound of it that was widened to; 0 = the profile's */
	struct quiet quiet;
	struct order_counts
		totals;      /* sent, ended and fills; the rest is filled in when published */
	uint64_t impossible; /* records that no transition allows */
	struct send_times sends;
	struct orders orders;
	struct holdings holdings;
};

struct venue_clock {
	nanos_t offset;     /* exchange time − event time */
	nanos_t base;       /* of the first measurement, or of the last step that was confirmed */
	bool known, steady; /* measured; and the last two measurements agree */
	bool drifted;       /* too far from `base`, little by little */
	bool drift_told;
	unsigned slow; /* answers in a row that took too long */
	nanos_t measured_at, due;
	uint64_t token;
};

/* The last refusals, to repeat them word for word; found by the approval's nonce. */
struct refusals {
	ident_t nonces[REFUSALS_MAX];
	struct receipt receipts[REFUSALS_MAX];
	uint32_t next;
};

struct executor {
	const struct executor_config *config;
	const struct identity *identity;
	const struct venue *venue;
	const struct venue_profile *profile;
	uint16_t tag;

	struct books books;

	uint64_t serial; /* of calls */
	uint32_t under_way[CALL_KINDS_MAX];
	struct budget budget;
	struct venue_clock clock;
	struct round rounds[SYMBOLS_MAX]; /* beside holdings.markets */
	struct protection protection;
	uint64_t balances_token;
	nanos_t balances_at, balances_sent, balances_due;
	nanos_t moved_at; /* when the books were last changed in this run */
	uint64_t balances_records; /* folded when the last balances were asked for */
	uint64_t balances_known; /* the same of the last that came */
	bool link_up, user_up;
	uint64_t subscribe_token;
	nanos_t subscribe_due;
	nanos_t quiet_until;             /* the exchange asked for silence */
	nanos_t inquiry_at, inquiry_set; /* next thing to ask; what the timer is set to */
	nanos_t polled_at, performance_at;
	nanos_t failed_at;
	bool started, journal_failed, winding_down;
	nanos_t wind_down_until;
	uint64_t waiters[WAITERS_MAX]; /* requests that wait for the wind-down */
	uint32_t waiter_count;
	struct refusals refusals;
	uint64_t approvals, refused, dropped, foreign, orphans;
	struct strangers strangers;
	struct reconcile reconcile;
	nanos_t lag_due, lag_seen; /* next measurement of the view lag; the longest in this run */
	bool foreign_told, fees_told;
	uint32_t changed[CHANGED_MAX];
	uint32_t changed_count;
	struct trading_state trading;
	struct histogram tick_to_order;
	nanos_t placed_stamp, handed_before; /* the last order's tick; 0 = counted */

	/* During a step only. */
	nanos_t now;
	const struct event *event;
	struct outbox *out;
};

static inline nanos_t venue_now(const struct executor *self)
{
	return self->now + self->clock.offset;
}

static inline struct round *round_of(struct executor *self, const struct market *market)
{
	return &self->rounds[market - self->books.holdings.markets];
}

#endif
