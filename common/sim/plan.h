/* SPDX-License-Identifier: Apache-2.0 */
/* What goes wrong in one simulated world, and when: made from a seed, printed, shortened. The same
   plan gives the same world, to the bit. Pure. */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include "common/base/err.h"
#include "common/base/random.h"
#include "common/base/text.h"
#include "common/base/time.h"

enum fault_kind {
	FAULT_NONE = 0,
#define FAULT(NOUN, name, most, doc) FAULT_##NOUN,
#include "common/sim/faults.def"
#undef FAULT
	FAULT_KINDS
};

struct fault_info {
	const char *name; /* "bus_drop" */
	nanos_t most;     /* 0: it happens at one moment */
	const char *doc;
};
extern const struct fault_info fault_infos[FAULT_KINDS];

enum { PLAN_FAULTS_MAX = 24, PLAN_CRASHES_MAX = 2, FAULT_ANY_NODE = 255 };

/* In its window, each opportunity is hit with a chance of `permille`. Faults of one moment happen
   once, at `from`. */
struct fault {
	enum fault_kind kind;
	uint8_t node; /* whom it hits, by the place in the cast; FAULT_ANY_NODE */
	uint16_t permille;
	nanos_t from, until; /* virtual time since the start */
};

struct plan {
	uint64_t seed;   /* of everything that is drawn while the world runs */
	nanos_t calm_at; /* no fault from here on; then the world must find its peace */
	nanos_t end;     /* at the latest */
	uint32_t count;
	struct fault faults[PLAN_FAULTS_MAX];
	/* Enumeration: the process that performs the n-th effect of the world (from 1) dies before
	   it; the second number counts from the first crash on. 0: none. */
	uint64_t crash_at[PLAN_CRASHES_MAX];
};

/* A random plan: which kinds, how many, whom and when follow from the seed alone. `nodes` is the
   size of the cast; the place `focus` in it is hit more often than the others. */
void plan_from_seed(struct plan *out, uint64_t seed, unsigned nodes, unsigned focus);

/* One line per fault, for people; `names` of the cast, NULL behind the
   last. Returns the size of the whole text. */
size_t plan_print(const struct plan *plan, const char *const *names, char *out, size_t capacity);
/* The form for the command line, and back: "seed=7,calm=20s,end=110s,effects=12+3,
   crash:executor@3.2s,bus_drop:risk@1s-4s/200". What is left out: seed 1, calm two seconds behind
   the last fault, end 90 s later, everybody ("bus_drop@1s-4s"), every opportunity, no enumerated
   crash. ERR_MALFORMED names the place in `why`. */
size_t plan_pack(const struct plan *plan, const char *const *names, char *out, size_t capacity);
MUST_CHECK enum err plan_parse(struct plan *out, const char *const *names, const char *text,
                               text_t *why);

#endif
