/* SPDX-License-Identifier: Apache-2.0 */
/* What a campaign came to: JSON for programs, a page for people. Keys of the JSON are only ever
   added. */
#ifndef SIMULATE_REPORT_H
#define SIMULATE_REPORT_H

#include "services/simulate/crew.h"
#include "services/simulate/judge.h"

enum { PLANTED_MAX = 64 };

/* A planted fault and how soon it was found. */
struct planted {
	const char *name;
	bool caught;
	uint64_t schedules; /* until then, itself included */
	double seconds;
	char id[INVARIANT_ID_SIZE]; /* the invariant that found it */
};

struct report {
	const struct crew_result *result;
	const struct verdict_text *verdicts;
	size_t verdict_count;
	const struct planted *planted; /* NULL: nothing was planted */
	size_t planted_count;
};

/* False: it can't be written; told. */
bool report_write(const struct report *self, const char *path);
void report_print(const struct report *self, FILE *file, bool colour);
size_t report_caught(const struct report *self);
/* Of those that were caught; 0 when none was. */
uint64_t report_median(const struct report *self);

#endif
