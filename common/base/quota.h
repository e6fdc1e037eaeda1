/* SPDX-License-Identifier: Apache-2.0 */
/* Use of a limit of the kind "at most `limit` in each window", the windows being aligned to the
   other side's clock (12:00:00, 12:01:00, …). When a request is counted there isn't known exactly:
   it arrives up to `late` after it was decided, and the clocks may differ by `early`. One that is
   taken near a border counts in both windows. Pure; the caller supplies the other side's time. */
#ifndef BASE_QUOTA_H
#define BASE_QUOTA_H

#include "common/base/time.h"

#include <stdbool.h>

struct quota {
	uint32_t limit;
	nanos_t window, early, late; /* early + late < window */
	int64_t number;              /* of the window that used[0] belongs to */
	uint32_t used[2];            /* and of the one after it */
};

/* Nothing is used yet. */
void quota_init(struct quota *self, uint32_t limit, nanos_t window, nanos_t early, nanos_t late);

/* What is left for a request that is decided at this moment. */
uint32_t quota_left(const struct quota *self, nanos_t now);

/* Counts without asking: what isn't left is owed until the window ends. */
void quota_charge(struct quota *self, nanos_t now, uint32_t cost);

/* The other side says that so much was used when it answered a question which left at `sent`. Only
   ever raises what is known; an answer that may be about another window tells nothing. */
void quota_told(struct quota *self, nanos_t sent, nanos_t now, uint32_t used);

/* Use of the window of this moment, for people. */
uint32_t quota_used(const struct quota *self, nanos_t now);

/* Until when what is charged now may be done instead, counting in no other window. */
nanos_t quota_valid_until(const struct quota *self, nanos_t now);

#endif
