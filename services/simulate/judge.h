/* SPDX-License-Identifier: Apache-2.0 */
/* What is said about a violation: its plan, the command that repeats it, a shorter plan that still
   leads to it. */
#ifndef SIMULATE_JUDGE_H
#define SIMULATE_JUDGE_H

#include "services/simulate/schedule.h"
#include "services/simulate/tally.h"

enum { COMMAND_TEXT_MAX = 2048, SHRINKS_MAX = 10 };

struct verdict_text {
	struct found found;
	char repeat[COMMAND_TEXT_MAX];
	bool was_shortened;
	char shortened[COMMAND_TEXT_MAX];
};

/* Of the first few found; each of another invariant is shortened. Returns how many. */
size_t judge_all(struct runner *runner, const struct tally *tally, struct verdict_text *out,
                 size_t capacity);
void judge_print(const struct verdict_text *verdict, FILE *file, bool colour);

#endif
