/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange's clock: measured from the middle of a question and its answer, at the start and
   regularly. A step larger than allowed stops entries until a second measurement agrees. Pure. */
#ifndef EXECUTOR_CLOCK_H
#define EXECUTOR_CLOCK_H

#include "services/executor/state.h"

/* Asks for the time when that is due. */
void clock_run(struct executor *self);

void clock_answered(struct executor *self, uint64_t token, const struct venue_answer *answer);

#endif
