/* SPDX-License-Identifier: Apache-2.0 */
/* Takes faults out of a plan, and makes their windows shorter, as long as the same invariant still
   fails. */
#ifndef SIMULATE_SHRINK_H
#define SIMULATE_SHRINK_H

#include "common/sim/plan.h"

/* Whether this plan still leads to it. */
typedef bool shrink_fails(void *self, const struct plan *plan);

enum { SHRINK_TRIES_MAX = 160 };

/* `plan` fails. Returns how often `fails` was asked, at most SHRINK_TRIES_MAX. */
unsigned shrink_plan(struct plan *plan, shrink_fails *fails, void *self);

#endif
