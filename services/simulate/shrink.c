/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/shrink.h"

#include <string.h>

#define WINDOW_MIN (20 * NANOS_MS)

struct shrinking {
	struct plan *plan;
	shrink_fails *fails;
	void *self;
	unsigned tries;
};

/* Takes the smaller plan when it fails too. */
static bool try_plan(struct shrinking *shrinking, const struct plan *smaller)
{
	if (shrinking->tries == SHRINK_TRIES_MAX)
		return false;
	shrinking->tries++;
	if (!shrinking->fails(shrinking->self, smaller))
		return false;
	*shrinking->plan = *smaller;
	return true;
}

static bool try_without(struct shrinking *shrinking, uint32_t from, uint32_t count)
{
	struct plan smaller = *shrinking->plan;
	memmove(&smaller.faults[from], &smaller.faults[from + count],
	        (smaller.count - from - count) * sizeof *smaller.faults);
	smaller.count -= count;
	memset(&smaller.faults[smaller.count], 0, count * sizeof *smaller.faults);
	return try_plan(shrinking, &smaller);
}

/* Halves, quarters, … single faults. */
static void take_out_faults(struct shrinking *shrinking)
{
	for (uint32_t chunk = shrinking->plan->count; chunk > 0; chunk /= 2)
		for (uint32_t from = 0; from < shrinking->plan->count;) {
			uint32_t left = shrinking->plan->count - from;
			if (!try_without(shrinking, from, chunk < left ? chunk : left))
				from += chunk;
		}
}

static void take_out_crashes(struct shrinking *shrinking)
{
	for (unsigned i = PLAN_CRASHES_MAX; i-- > 0;) {
		struct plan smaller = *shrinking->plan;
		if (smaller.crash_at[i] == 0)
			continue;
		smaller.crash_at[i] = 0;
		try_plan(shrinking, &smaller);
	}
}

/* Moves one end of the window inwards, in steps of a half, a quarter, … of it. */
static void narrow(struct shrinking *shrinking, uint32_t index, bool from_front)
{
	nanos_t width = shrinking->plan->faults[index].until - shrinking->plan->faults[index].from;
	for (nanos_t step = width / 2; step >= WINDOW_MIN; step /= 2) {
		struct plan smaller = *shrinking->plan;
		struct fault *fault = &smaller.faults[index];
		step = step / NANOS_MS * NANOS_MS;
		if (from_front)
			fault->from += step;
		else
			fault->until -= step;
		if (fault->until - fault->from >= WINDOW_MIN)
			try_plan(shrinking, &smaller);
	}
}

static void narrow_windows(struct shrinking *shrinking)
{
	for (uint32_t i = 0; i < shrinking->plan->count; i++) {
		narrow(shrinking, i, false);
		narrow(shrinking, i, true);
	}
}

unsigned shrink_plan(struct plan *plan, shrink_fails *fails, void *self)
{
	struct shrinking shrinking = {.plan = plan, .fails = fails, .self = self};
	take_out_faults(&shrinking);
	take_out_crashes(&shrinking);
	narrow_windows(&shrinking);
	return shrinking.tries;
}
