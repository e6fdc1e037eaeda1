/* SPDX-License-Identifier: Apache-2.0 */
/* Crashes at every effect of a scenario, and a second one at the effects of the recovery from the
   first. */
#ifndef SIMULATE_ENUMERATE_H
#define SIMULATE_ENUMERATE_H

#include "services/simulate/crew.h"
#include "services/simulate/options.h"

void enumerate_run(struct runner *runner, const struct options *options, unsigned jobs,
                   struct crew_result *out);

#endif
