/* SPDX-License-Identifier: Apache-2.0 */
/* What the executor knows of protection in this run only; where stops stand is in `books`
   (stops.h). Pure. */
#ifndef EXECUTOR_PROTECTION_H
#define EXECUTOR_PROTECTION_H

#include "services/executor/holdings.h"

enum { EXITS_MAX = 32 };

/* How well the executor sees a symbol's price, beside holdings.markets. */
struct sight {
	decimal_t bid;
	nanos_t bid_at, seen_at; /* of the bid; of the feed's last sign that it is current */
};

/* How protection of one holding goes on, beside holdings.positions. */
struct guard_watch {
	nanos_t moved_at;    /* of a trailing stop */
	nanos_t naked_since; /* 0 = as it should be */
	nanos_t failed_at;   /* an order could not be made */
	bool naked_told, dust_told, blind_told, moved_told, stuck_told;
};

/* An approved exit that waits until the stop before it is gone. */
struct exit_wait {
	uint64_t token;
	struct approval approval;
};

struct protection {
	struct sight sights[SYMBOLS_MAX];
	struct guard_watch watches[POSITIONS_MAX];
	struct exit_wait exits[EXITS_MAX];
	uint32_t exit_count;
	bool look;          /* to be looked at, whether or not a record tells of a change */
	uint64_t looked_at; /* records folded at the last look */
	nanos_t due, set;   /* when to look again; what the timer is set to */
	nanos_t started_at;
	bool guarded; /* by recovery */
	text_t guard_reason;
	nanos_t residue_due;
};

#endif
