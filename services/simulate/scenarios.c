/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/scenarios.h"

#include <string.h>

/* clang-format off */
#define CROSSER {.crosser = true}
#define QUOTER {.quoter = true}
#define STOPPED {.crosser = true, .stops = true}
#define STOPPED_CLOSE {.crosser = true, .quoter = true, .stops = true, .tight_stops = true}
#define TRAILED {.crosser = true, .stops = true, .trailing = true, .tight_stops = true}
#define STOPPED_HERE {.crosser = true, .quoter = true, .stops = true, .executor_stops = true}
#define EVERYBODY {.crosser = true, .quoter = true, .beater = true, .both_symbols = true, \
	.stops = true}
#define AT_7S .at = 7 * NANOS_S, .to = CAST_EXECUTOR

const struct scenario scenarios[] = {
	{"buy_filled", "A buy that is executed at once.", CROSSER,
	 "seed=5,calm=14s", {{0}}},
	{"buy_in_parts", "Quotes rest and are executed in small parts.", QUOTER,
	 "seed=23,calm=14s,partial@0s-14s", {{0}}},
	{"cancel_races_fill", "Cancels and executions meet.", QUOTER,
	 "seed=5,calm=14s,partial@2s-10s,request_late@4s-9s/300", {{0}}},
	{"answer_lost", "The exchange has the order, its answer is lost.", CROSSER,
	 "seed=15,calm=16s,answer_lost@3s-12s/600,stream_drop@3s-12s", {{0}}},
	{"request_lost", "The order never arrives.", CROSSER,
	 "seed=5,calm=18s,request_lost@3s-12s/600", {{0}}},
	{"stop_placed", "A stop follows each buy.", STOPPED,
	 "seed=5,calm=14s", {{0}}},
	{"stop_triggers", "The price falls through a stop.", STOPPED,
	 "seed=9,calm=14s,jump@7s,jump@9s", {{0}}},
	{"stop_here", "The executor holds the stops itself.", STOPPED_HERE,
	 "seed=8,calm=14s,jump@7s,jump@9s", {{0}}},
	{"exit_replaces_stop", "A sale takes the place of the stop.", STOPPED,
	 "seed=5,calm=18s,half_replace@4s-9s/500", {{0}}},
	{"stream_cut", "The user stream breaks while orders are executed.", QUOTER,
	 "seed=36,calm=14s,partial@0s-10s,stream_cut@4s-6s/50", {{0}}},
	{"stop_close", "Stops close to the price are triggered and sell.", STOPPED_CLOSE,
	 "seed=35,calm=14s,jump@5s,jump@8s", {{0}}},
	{"stop_trails", "A stop follows the price.", TRAILED,
	 "seed=17,calm=14s,jump@5s,jump@8s", {{0}}},
	{"fence", "Orders arrive at the end of their windows, and are shown late.", CROSSER,
	 "seed=32,calm=16s,request_late@3s-8s/700,answer_lost@3s-8s/500,stream_drop@3s-10s,"
	 "queue@3s-8s/500,view_lag@3s-10s,venue_step@4s,venue_step@5s,venue_step@6s", {{0}}},
	{"renewed", "A journal begins anew with a checkpoint.", STOPPED,
	 "seed=32,calm=14s,crash:executor@6s,crash:executor@9s", {{0}}},
	{"halt_1", "A person halts: nothing new.", EVERYBODY,
	 "seed=14,calm=12s", {{AT_7S, .kind = COMMAND_KIND_HALT, .level = 1}}},
	{"halt_4", "A person halts for good.", EVERYBODY,
	 "seed=14,calm=12s", {{AT_7S, .kind = COMMAND_KIND_HALT, .level = 4}}},
	{"guarded", "Recovery guards, and lets go.", EVERYBODY,
	 "seed=18,calm=12s", {{AT_7S, .kind = COMMAND_KIND_GUARD},
			     {.at = 9 * NANOS_S,
			      .to = CAST_EXECUTOR,
			      .kind = COMMAND_KIND_UNGUARD}}},
	{"reconcile", "A person has all compared.", EVERYBODY,
	 "seed=19,calm=12s", {{AT_7S, .kind = COMMAND_KIND_RECONCILE}}},
	{"halt_2", "A person halts: entries and exits are cancelled.", EVERYBODY,
	 "seed=14,calm=12s", {{AT_7S, .kind = COMMAND_KIND_HALT, .level = 2}}},
	{"halt_3", "A person halts: all is cancelled, positions are sold.", EVERYBODY,
	 "seed=14,calm=12s", {{AT_7S, .kind = COMMAND_KIND_HALT, .level = 3}}},
	{"wind_down", "Entries are shut and orders cancelled.", EVERYBODY,
	 "seed=16,calm=12s", {{AT_7S, .kind = COMMAND_KIND_WIND_DOWN}}},
	{"rejected", "The exchange throttles and refuses.", EVERYBODY,
	 "seed=37,calm=14s,throttled@5s", {{0}}},
	{"power_loss", "The machine loses power while orders are open.", EVERYBODY,
	 "seed=28,calm=14s,power_loss@6s", {{0}}},
	{"view_stalls", "The view answers late while processes die.", EVERYBODY,
	 "seed=25,calm=12s,redis_stall@2s-12s/500", {{0}}},
	{"two_symbols", "Two symbols, four bots.", EVERYBODY,
	 "seed=25,calm=12s", {{0}}},
};
/* clang-format on */
const size_t scenario_count = sizeof scenarios / sizeof *scenarios;

const struct scenario *scenario_named(const char *name)
{
	for (size_t i = 0; i < scenario_count; i++)
		if (strcmp(scenarios[i].name, name) == 0)
			return &scenarios[i];
	return NULL;
}
