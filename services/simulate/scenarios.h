/* SPDX-License-Identifier: Apache-2.0 */
/* Small fixed worlds, for crashes at every effect: who trades, what the exchange does wrong, what a
   person commands and when. */
#ifndef SIMULATE_SCENARIOS_H
#define SIMULATE_SCENARIOS_H

#include "services/simulate/cast.h"

enum { SCENARIO_COMMANDS_MAX = 4 };

struct scenario_command {
	nanos_t at; /* since the start; 0 = no more */
	enum cast_member to;
	enum command_kind kind;
	uint64_t level;
};

struct scenario {
	const char *name, *doc;
	struct cast_choice choice;
	const char *plan; /* as on the command line */
	struct scenario_command commands[SCENARIO_COMMANDS_MAX];
};

extern const struct scenario scenarios[];
extern const size_t scenario_count;

/* NULL when there is none. */
const struct scenario *scenario_named(const char *name);

#endif
