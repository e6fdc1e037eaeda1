/* SPDX-License-Identifier: Apache-2.0 */
/* What one schedule came to. Plain data: it crosses from a worker to its parent as it is. */
#ifndef SIMULATE_OUTCOME_H
#define SIMULATE_OUTCOME_H

#include "common/sim/world.h"

enum rare {
#define RARE(NOUN, name, event, doc) RARE_##NOUN,
#include "services/simulate/rare.def"
#undef RARE
	RARE_COUNT
};

struct rare_info {
	const char *name, *event, *doc;
};
extern const struct rare_info rare_infos[RARE_COUNT];

enum { INVARIANT_ID_SIZE = 8, RECOVERIES_MAX = 8 };

struct violation {
	char id[INVARIANT_ID_SIZE]; /* "I-02"; "" = all held */
	text_t text;                /* what must hold */
	text_t why;                 /* what was found */
	nanos_t at;                 /* virtual time since the start */
};

struct outcome {
	struct plan plan;
	struct world_figures figures;
	struct violation violation; /* the first */
	uint64_t orders;            /* that the exchange took of us */
	uint64_t rare[RARE_COUNT];
	uint32_t recovery_count;
	nanos_t recoveries[RECOVERIES_MAX]; /* from the executor's start to its first open gate */
	uint64_t effects_at_calm;           /* performed when the last fault was over */
	uint32_t recovery_effects;          /* from the first crash until all work again */
	uint64_t hash;
};

static inline bool outcome_is_violated(const struct outcome *outcome)
{
	return outcome->violation.id[0] != '\0';
}

#endif
