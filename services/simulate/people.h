/* SPDX-License-Identifier: Apache-2.0 */
/* What a person commands in a schedule, now and then: decided by its seed. */
#ifndef SIMULATE_PEOPLE_H
#define SIMULATE_PEOPLE_H

#include "services/simulate/scenarios.h"

/* By time; behind the last comes one of time 0. */
void people_decide(const struct plan *plan, struct scenario_command out[SCENARIO_COMMANDS_MAX + 1]);

/* Gives it; RESOLVE names a disputed order, or any open one. */
void people_command(struct world *world, const struct scenario_command *given);

#endif
