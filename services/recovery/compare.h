/* SPDX-License-Identifier: Apache-2.0 */
/* What a finished look shows beside the executor's books: differences, and three numbers for each
   symbol and asset. Moments settle what is only a matter of time: our number needs to have been the
   exchange's at some moment since a little before the question. Pure. */
#ifndef RECOVERY_COMPARE_H
#define RECOVERY_COMPARE_H

#include "services/recovery/state.h"

/* Fills self->found, self->lines and the counts of self->report. */
void compare_books(struct recovery *self);
/* Positions without their stop; the ones that last are told. */
void compare_stops(struct recovery *self);

#endif
