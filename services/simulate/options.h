/* SPDX-License-Identifier: Apache-2.0 */
/* What `simulate` may be asked, as a table that `bw simulate --help` prints too. */
#ifndef SIMULATE_OPTIONS_H
#define SIMULATE_OPTIONS_H

#include "common/base/time.h"
#include "services/bw/cli.h"

enum { SIMULATE_OPTION_COUNT = 12 };
extern const struct cli_option simulate_options[SIMULATE_OPTION_COUNT];
extern const char simulate_help[];

enum { OPTIONS_ERROR_MAX = 300, JOBS_MAX = 64 };
#define PAIRS_ALL UINT64_MAX

enum simulate_task {
	TASK_HELP = 1,
	TASK_SEEDS,     /* many schedules */
	TASK_STORY,     /* one, as a story */
	TASK_ENUMERATE, /* crash points of a scenario */
	TASK_PLANT,     /* one planted fault, until it is found */
	TASK_PLANTS,    /* all of them */
	TASK_LIST_SCENARIOS,
	TASK_LIST_PLANTS,
};

struct options {
	enum simulate_task task;
	uint64_t first, last;             /* seeds */
	nanos_t duration;                 /* rising seeds for so long; 0 = `last` ends it */
	const char *report;               /* file, or NULL */
	const char *scenario, *plan;      /* or NULL */
	const char *plant;                /* or NULL */
	uint64_t pairs;                   /* PAIRS_ALL */
	unsigned jobs;                    /* 0: one for each core */
	bool twice, has_seeds, no_colour; /* as given */
};

/* False: `error` says what is wrong and what to do. */
bool options_read(struct options *out, int argc, char **argv, char error[OPTIONS_ERROR_MAX]);

#endif
