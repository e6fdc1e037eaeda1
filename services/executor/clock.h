/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange's clock: measured from the middle of a question and its answer, at the start and
   regularly. A step larger than allowed stops entries until a second measurement agrees; one that
   crept too far within a run stops them until it is back. An answer that took longer than twice the
   profile's clock step tells nothing. Protection and cancels go on. Pure. */
#ifndef EXECUTOR_CLOCK_H
#define EXECUTOR_CLOCK_H

#include "services/executor/state.h"

/* Asks for the time when that is due. */
void clock_run(struct executor *self);

/* An answer that refuses our time has it measured at once. */
void clock_heard(struct executor *self, const struct venue_answer *answer);

void clock_answered(struct executor *self, uint64_t token, const struct venue_answer *answer);

#endif
