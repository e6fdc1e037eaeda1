/* SPDX-License-Identifier: Apache-2.0 */
/* What a run remembers of comparing its books with the exchange (rounds.h, orphans.h, resolve.h);
   it is asked anew after a restart. */
#ifndef EXECUTOR_ROUND_H
#define EXECUTOR_ROUND_H

#include "common/base/time.h"

#include <stdbool.h>
#include <stdint.h>

enum { STRANGERS_MAX = 256, WAITERS_MAX = 8 };

/* Highest trade ids that may belong to an order of unknown fate; 0 = none. */
struct loose {
	uint64_t buy, sell;
	uint64_t nameless_buy, nameless_sell; /* of which the exchange says it has no such order */
};

/* Comparing one symbol with the exchange. */
struct round {
	nanos_t gap_at; /* what is fresh must have been asked at or after this */
	nanos_t wanted_at;
	nanos_t orders_at, trades_at; /* when the last complete answers were asked for */
	nanos_t due;
	uint64_t orders_token, trades_token;
	nanos_t orders_sent, trades_sent;
	uint64_t scanned; /* every execution up to here is accounted */
	uint64_t scan_from, page_from, page_top;
	uint64_t wanted_from; /* 0 = only beyond `scanned` */
	unsigned page_items;
	uint64_t deferred; /* lowest trade id put off in this scan, 0 = none */
	uint64_t grown;    /* highest id in this scan so old that all below it are shown */
	bool saw_young;
	bool marking;                /* the page under way only tells where to begin */
	uint64_t whose, whose_token; /* exchange id of an execution's order that has no name yet */
	nanos_t whose_at;            /* exchange time of that execution */
	struct loose finding, found; /* in this scan, in the last complete one */
};

/* An order that is not ours, or (no word yet) that the exchange doesn't name. */
struct stranger {
	uint64_t key;      /* of symbol and exchange id */
	unsigned absences; /* times that it was asked for and not found */
	bool foreign;
};

struct strangers {
	struct stranger items[STRANGERS_MAX];
	uint32_t next;
};

/* A wanted comparison of everything, and who waits for it. */
struct reconcile {
	uint64_t waiters[WAITERS_MAX];
	uint32_t waiter_count;
	nanos_t since, until;
	uint64_t fills_before;
};

#endif
