/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/plan.h"

#include <assert.h>

enum {
	CALM_LEAST_S = 10,
	CALM_MOST_S = 35,
	PEACE_S = 90, /* from calm to the end */
	WINDOW_LEAST_MS = 400,
	SMALL_MAX = 6,
	STORM_LEAST = 8,
	STORM_MOST = 16,
	FENCE_SHARE = 10, /* of a hundred seeds */
};

const struct fault_info fault_infos[FAULT_KINDS] = {
#define FAULT(NOUN, name, most, doc) [FAULT_##NOUN] = {#name, (most)*NANOS_MS, doc},
#include "common/sim/faults.def"
#undef FAULT
};

/* Whom a kind hits. */
enum victims { VICTIM_NONE, VICTIM_ONE, VICTIM_FOCUS, VICTIM_SOME };

/* How often a kind is drawn, beside the others. */
static const struct {
	enum fault_kind kind;
	unsigned weight;
	enum victims victims;
} choices[] = {
	{FAULT_BUS_DROP, 6, VICTIM_SOME},      {FAULT_BUS_DELAY, 5, VICTIM_SOME},
	{FAULT_BUS_REPEAT, 5, VICTIM_SOME},    {FAULT_BUS_CUT, 4, VICTIM_ONE},
	{FAULT_REDIS_DOWN, 2, VICTIM_NONE},    {FAULT_REDIS_STALL, 4, VICTIM_NONE},
	{FAULT_REDIS_FLUSH, 2, VICTIM_NONE},   {FAULT_REDIS_ROLLBACK, 2, VICTIM_NONE},
	{FAULT_DISK_SLOW, 4, VICTIM_FOCUS},    {FAULT_DISK_FULL, 2, VICTIM_FOCUS},
	{FAULT_DISK_ERROR, 2, VICTIM_FOCUS},   {FAULT_DISK_SYNC, 2, VICTIM_FOCUS},
	{FAULT_DISK_ROT, 1, VICTIM_FOCUS},     {FAULT_CLOCK_STEP, 3, VICTIM_NONE},
	{FAULT_VENUE_STEP, 2, VICTIM_NONE},    {FAULT_RENEWAL_CUT, 3, VICTIM_NONE},
	{FAULT_CRASH, 16, VICTIM_ONE},         {FAULT_CRASH_ALL, 2, VICTIM_NONE},
	{FAULT_POWER_LOSS, 4, VICTIM_NONE},    {FAULT_HANG, 5, VICTIM_ONE},
	{FAULT_REQUEST_LOST, 6, VICTIM_NONE},  {FAULT_REQUEST_LATE, 6, VICTIM_NONE},
	{FAULT_REQUEST_TWICE, 3, VICTIM_NONE}, {FAULT_ANSWER_LOST, 7, VICTIM_NONE},
	{FAULT_ANSWER_5XX, 5, VICTIM_NONE},    {FAULT_ANSWER_GARBLED, 3, VICTIM_NONE},
	{FAULT_QUEUE, 5, VICTIM_NONE},         {FAULT_VIEW_LAG, 5, VICTIM_NONE},
	{FAULT_THROTTLED, 2, VICTIM_NONE},     {FAULT_BANNED, 1, VICTIM_NONE},
	{FAULT_STREAM_DROP, 5, VICTIM_NONE},   {FAULT_STREAM_REPEAT, 4, VICTIM_NONE},
	{FAULT_STREAM_LATE, 5, VICTIM_NONE},   {FAULT_STREAM_CUT, 4, VICTIM_NONE},
	{FAULT_HALF_REPLACE, 3, VICTIM_NONE},  {FAULT_PARTIAL, 6, VICTIM_NONE},
	{FAULT_JUMP, 4, VICTIM_NONE},          {FAULT_MANUAL_ORDER, 1, VICTIM_NONE},
	{FAULT_MANUAL_CANCEL, 2, VICTIM_NONE},
};

enum { CHOICES = sizeof choices / sizeof *choices };

/* A plan in the making. */
struct draft {
	struct plan *plan;
	struct random random;
	unsigned nodes, focus;
	nanos_t from, until; /* when faults may begin and must be over */
};

static unsigned choose(struct draft *self)
{
	unsigned sum = 0, at = 0;
	for (unsigned i = 0; i < CHOICES; i++)
		sum += choices[i].weight;
	uint64_t drawn = random_below(&self->random, sum);
	while (drawn >= choices[at].weight)
		drawn -= choices[at++].weight;
	return at;
}

static uint8_t victim(struct draft *self, enum victims victims)
{
	uint64_t drawn = random_below(&self->random, 100);
	uint8_t one = (uint8_t)random_below(&self->random, self->nodes);
	uint64_t focused = victims == VICTIM_FOCUS ? 85 : 45;
	if (victims == VICTIM_NONE || (victims == VICTIM_SOME && drawn >= 80))
		return FAULT_ANY_NODE;
	return drawn < focused && self->focus < self->nodes ? (uint8_t)self->focus : one;
}

static nanos_t millis_between(struct draft *self, nanos_t least, nanos_t most)
{
	if (most <= least)
		return least;
	uint64_t span = (uint64_t)((most - least) / NANOS_MS) + 1;
	return least + (nanos_t)random_below(&self->random, span) * NANOS_MS;
}

/* Such a window has no opportunities: it holds from its first moment to its last. */
static bool holds_throughout(enum fault_kind kind)
{
	return kind == FAULT_BUS_CUT || kind == FAULT_REDIS_DOWN || kind == FAULT_HANG ||
	       kind == FAULT_STREAM_CUT || kind == FAULT_PARTIAL;
}

static struct fault *add(struct draft *self, enum fault_kind kind, uint8_t node, nanos_t from)
{
	static const uint16_t shares[] = {1000, 1000, 600, 300, 100};
	struct plan *plan = self->plan;
	nanos_t most = fault_infos[kind].most;
	if (plan->count == PLAN_FAULTS_MAX)
		return NULL;
	struct fault *fault = &plan->faults[plan->count++];
	*fault = (struct fault){.kind = kind, .node = node, .permille = 1000, .from = from};
	fault->until = from;
	if (most == 0)
		return fault;
	fault->until = from + millis_between(self, WINDOW_LEAST_MS * NANOS_MS, most);
	if (fault->until > plan->calm_at)
		fault->until = plan->calm_at;
	if (!holds_throughout(kind))
		fault->permille =
			shares[random_below(&self->random, sizeof shares / sizeof *shares)];
	return fault;
}

/* What a kind needs beside it to show: a flipped bit or another clock is seen by the next run, and
   what the last run wrote late comes behind what that one writes. */
static void add_company(struct draft *self, const struct fault *fault)
{
	enum fault_kind kind = fault->kind;
	bool is_focused = kind == FAULT_RENEWAL_CUT || kind == FAULT_REDIS_STALL;
	uint8_t node = kind == FAULT_DISK_ROT ? fault->node
	               : is_focused           ? (uint8_t)self->focus
	                                      : victim(self, VICTIM_ONE);
	nanos_t from = millis_between(self, fault->from, fault->from + 2 * NANOS_S);
	bool wants = kind == FAULT_DISK_ROT || kind == FAULT_CLOCK_STEP || is_focused;
	if (wants && from < self->plan->calm_at)
		add(self, FAULT_CRASH, node, from);
}

static void add_random(struct draft *self)
{
	unsigned at = choose(self);
	uint8_t node = victim(self, choices[at].victims);
	nanos_t from = millis_between(self, self->from, self->until - NANOS_MS);
	const struct fault *fault = add(self, choices[at].kind, node, from);
	if (fault != NULL)
		add_company(self, fault);
}

static void add_window(struct draft *self, enum fault_kind kind, nanos_t from, nanos_t length,
                       uint16_t permille)
{
	struct fault *fault = add(self, kind, FAULT_ANY_NODE, from);
	if (fault == NULL)
		return;
	length = length < fault_infos[kind].most ? length : fault_infos[kind].most;
	fault->until = from + length < self->plan->calm_at ? from + length : self->plan->calm_at;
	fault->permille = permille;
}

/* All that the fence counts at once: orders arrive when their window ends, wait in the engine, are
   shown late, while clocks step and nobody is told of them. */
static void add_fence(struct draft *self)
{
	nanos_t from = millis_between(self, 2 * NANOS_S, self->plan->calm_at - 8 * NANOS_S);
	nanos_t length = 6 * NANOS_S;
	add_window(self, FAULT_REQUEST_LATE, from, length, 700);
	add_window(self, FAULT_ANSWER_LOST, from, length, 500);
	add_window(self, FAULT_STREAM_DROP, from, length + 2 * NANOS_S, 1000);
	add_window(self, FAULT_QUEUE, from, length, 500);
	add_window(self, FAULT_VIEW_LAG, from, length + 2 * NANOS_S, 1000);
	for (unsigned i = 0; i < 5; i++)
		add(self, FAULT_VENUE_STEP, FAULT_ANY_NODE,
		    millis_between(self, from, from + length));
	for (unsigned i = 0; i < random_below(&self->random, 3); i++)
		add(self, FAULT_CRASH, (uint8_t)self->focus,
		    millis_between(self, from, from + length));
	if (random_below(&self->random, 2) == 0)
		add(self, FAULT_CLOCK_STEP, FAULT_ANY_NODE, from);
}

static void sort(struct plan *plan)
{
	for (uint32_t i = 1; i < plan->count; i++)
		for (uint32_t j = i; j > 0 && plan->faults[j].from < plan->faults[j - 1].from;
		     j--) {
			struct fault later = plan->faults[j - 1];
			plan->faults[j - 1] = plan->faults[j];
			plan->faults[j] = later;
		}
}

void plan_from_seed(struct plan *out, uint64_t seed, unsigned nodes, unsigned focus)
{
	struct draft draft = {.plan = out, .nodes = nodes, .focus = focus};
	assert(nodes > 0);
	random_init(&draft.random, seed);
	*out = (struct plan){.seed = seed};
	out->calm_at = millis_between(&draft, CALM_LEAST_S * NANOS_S, CALM_MOST_S * NANOS_S);
	out->end = out->calm_at + PEACE_S * NANOS_S;
	draft.until = out->calm_at;
	uint64_t weather = random_below(&draft.random, 100);
	uint64_t count = 1 + random_below(&draft.random, SMALL_MAX);
	if (weather < 8)
		return;
	if (weather < 8 + FENCE_SHARE) {
		add_fence(&draft);
		sort(out);
		return;
	}
	if (weather >= 85) {
		count = STORM_LEAST + random_below(&draft.random, STORM_MOST - STORM_LEAST + 1);
		draft.from = millis_between(&draft, 0, out->calm_at - 6 * NANOS_S);
		draft.until = draft.from + 6 * NANOS_S;
	} else if (weather >= 60) {
		count += 4;
	}
	while (count-- > 0)
		add_random(&draft);
	sort(out);
}
