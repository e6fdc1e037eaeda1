/* SPDX-License-Identifier: Apache-2.0 */
/* Planted faults: a build of its own can weaken one of the rules of order safety; a simulator that
   doesn't find that proves nothing. */
#ifndef SIMULATE_PLANTS_H
#define SIMULATE_PLANTS_H

#include "services/simulate/options.h"
#include "services/simulate/schedule.h"

/* Whether this program was built with them. */
bool plants_are_built_in(void);
/* Becomes the program beside this one that was. The exit code when that fails. */
int plants_exec(char **argv);
/* One or all; the exit code. */
int plants_run(struct runner *runner, const struct options *options, unsigned jobs, bool colour);

#endif
