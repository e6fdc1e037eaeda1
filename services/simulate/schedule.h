/* SPDX-License-Identifier: Apache-2.0 */
/* One schedule: a cast, a plan of faults, a world, a witness. The same schedule gives the same
   outcome, to the bit. */
#ifndef SIMULATE_SCHEDULE_H
#define SIMULATE_SCHEDULE_H

#include "services/simulate/outcome.h"
#include "services/simulate/scenarios.h"

struct schedule {
	const struct scenario *scenario; /* NULL: the cast follows from the seed */
	struct plan plan;
};

struct schedule schedule_from_seed(uint64_t seed);
struct schedule schedule_of_scenario(const struct scenario *scenario);

struct runner;

/* Holds the memory of a world; runs schedules in it, one after the other. */
struct runner *runner_open(void);
void runner_close(struct runner **self);
/* `story` NULL: silent. */
void runner_run(struct runner *self, const struct schedule *schedule, FILE *story, bool colour,
                struct outcome *out);
/* In a process of its own, so that an assertion or an endless loop in what is simulated is a
   violation and not our end. */
void runner_run_apart(struct runner *self, const struct schedule *schedule, struct outcome *out);
/* What a worker that died of `status` (as waitpid) found by that. */
struct violation violation_of_death(int status);
/* Ends this process when one schedule takes much too long. */
void runner_limit_time(void);

/* "I-40" when two runs of it differ; `out` is the first run's. */
void runner_run_twice(struct runner *self, const struct schedule *schedule, struct outcome *out);

#endif
