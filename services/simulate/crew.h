/* SPDX-License-Identifier: Apache-2.0 */
/* Shares schedules out to processes, one for each core, and adds up what they came to. A worker
   that dies has found something; another goes on behind it. */
#ifndef SIMULATE_CREW_H
#define SIMULATE_CREW_H

#include "services/simulate/schedule.h"
#include "services/simulate/tally.h"

struct work {
	const char *what; /* for the progress line */
	uint64_t count;   /* UINT64_MAX: as many as the time allows */
	nanos_t duration; /* of the clock on the wall; 0: no bound */
	/* The schedule with this index, from 0. */
	void (*schedule)(const void *self, uint64_t index, struct schedule *out);
	const void *self;
	/* Whether a violation is what is looked for; NULL: every one is. */
	bool (*counts)(const void *self, struct runner *runner, const struct schedule *schedule,
	               const struct outcome *outcome);
	bool twice;
	bool first_only; /* ends with the first violation; only `found` is then the same every time
	                  */
	uint32_t *recovery_effects; /* one for each index, in shared memory; or NULL */
};

struct crew_result {
	struct tally tally;
	double seconds; /* on the wall */
};

void crew_run(struct runner *runner, const struct work *work, unsigned jobs,
              struct crew_result *out);

/* Zeroed memory that workers and parent share. */
void *crew_memory(size_t size);
void crew_memory_free(void *memory, size_t size);

#endif
