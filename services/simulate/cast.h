/* SPDX-License-Identifier: Apache-2.0 */
/* Who plays: the logic of every service with a configuration that makes much happen in little time.
   Two symbols, three bots. What varies between schedules (stops, limits, patience) follows from the
   seed alone or from the scenario. */
#ifndef SIMULATE_CAST_H
#define SIMULATE_CAST_H

#include "common/sim/world.h"
#include "services/alert/alert.h"
#include "services/executor/executor.h"
#include "services/feed/feed.h"
#include "services/recovery/recovery.h"
#include "services/risk/risk.h"
#include "services/strategy/strategy.h"
#include "services/supervisor/supervisor.h"

enum cast_member {
	CAST_SUPERVISOR,
	CAST_FEED,
	CAST_STRATEGY,
	CAST_RISK,
	CAST_EXECUTOR,
	CAST_ALERT,
	CAST_RECOVERY,
	CAST_COUNT
};

/* What of the configuration a schedule chooses; zero: the plainest. */
struct cast_choice {
	bool stops;          /* entries carry protection terms */
	bool tight_stops;    /* close to the price: they are triggered */
	bool trailing;       /* and follow it */
	bool executor_stops; /* held by the executor, not by the exchange */
	bool quoter, crosser, beater;
	bool both_symbols;
	bool small_limits; /* exposure limits are reached */
	bool impatient;    /* what is unknown is asked for again and again */
};

struct cast {
	struct stack_config stack;
	struct feed_config feed;
	struct strategy_config strategy;
	struct risk_config risk;
	struct executor_config executor;
	struct alert_config alert;
	struct recovery_config recovery;
	struct supervisor_config supervisor;
	struct world_role roles[CAST_COUNT];
};

extern const char *const cast_names[CAST_COUNT + 1]; /* NULL behind the last */

/* Fills `self`, which must stay where it is while a world uses it. Calling it again between two
   schedules gives the next one another configuration. */
void cast_make(struct cast *self, const struct cast_choice *choice);
struct cast_choice cast_choice_of(uint64_t seed);

#endif
