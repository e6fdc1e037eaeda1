/* SPDX-License-Identifier: Apache-2.0 */
/* What many schedules came to. Adding is the same in every order, so that a result doesn't depend
   on how the schedules were shared out. Plain data. */
#ifndef SIMULATE_TALLY_H
#define SIMULATE_TALLY_H

#include "common/base/histogram.h"
#include "services/simulate/outcome.h"

enum { FOUND_EACH_MAX = 2, INVARIANTS_MAX = 48, FOUND_MAX = FOUND_EACH_MAX * INVARIANTS_MAX };

/* A schedule that violated an invariant. */
struct found {
	uint64_t index; /* of the schedule in its campaign */
	struct plan plan;
	int scenario; /* -1: none */
	struct violation violation;
};

struct invariant_count {
	char id[INVARIANT_ID_SIZE];
	uint64_t count;
};

struct tally {
	uint64_t schedules, orders, crashes, boots, effects, events, frames, unsettled;
	uint64_t virtual_ms;
	uint64_t faults[FAULT_KINDS], rare[RARE_COUNT];
	struct histogram recoveries; /* virtual nanoseconds */
	uint64_t hash;               /* of every schedule with its index */
	uint64_t violated;
	struct invariant_count invariants[INVARIANTS_MAX]; /* sorted by id */
	uint32_t invariant_count;
	struct found
		found[FOUND_MAX]; /* of each invariant those with the lowest index; sorted by it */
	uint32_t found_count;
};

void tally_add(struct tally *self, uint64_t index, int scenario, const struct outcome *outcome);
void tally_merge(struct tally *self, const struct tally *other);

#endif
