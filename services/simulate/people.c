/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/people.h"

#include "common/base/hash.h"
#include "services/executor/state.h"

#include <string.h>

/* Every so many schedules. */
enum { PEOPLE_EVERY = 6, LEVELS = 4 };

#define FIRST_COMMAND (2 * NANOS_S)
#define LAST_COMMAND (4 * NANOS_S) /* before the calm */
#define THINKING (2500 * NANOS_MS)

static void halt(struct scenario_command *out, struct random *random, nanos_t at)
{
	uint64_t level = 1 + random_below(random, LEVELS);
	enum command_kind kind = COMMAND_KIND_HALT;
	out[0] = (struct scenario_command){at, CAST_EXECUTOR, kind, level};
	out[1] = (struct scenario_command){at, CAST_RISK, kind, level};
	if (random_below(random, 2) == 0)
		return;
	kind = COMMAND_KIND_ARM;
	out[2] = (struct scenario_command){at + THINKING, CAST_RISK, kind, 0};
	out[3] = (struct scenario_command){at + THINKING, CAST_EXECUTOR, kind, 0};
}

void people_decide(const struct plan *plan, struct scenario_command out[SCENARIO_COMMANDS_MAX + 1])
{
	struct random random;
	random_init(&random, hash_mix(~plan->seed));
	memset(out, 0, (SCENARIO_COMMANDS_MAX + 1) * sizeof *out);
	nanos_t span = plan->calm_at - FIRST_COMMAND - LAST_COMMAND;
	if (span <= 0 || random_below(&random, PEOPLE_EVERY) != 0)
		return;
	nanos_t at = FIRST_COMMAND + (nanos_t)random_below(&random, (uint64_t)span);
	out[0] = (struct scenario_command){.at = at, .to = CAST_EXECUTOR};
	switch (random_below(&random, 6)) {
	case 0:
		out[0].kind = COMMAND_KIND_GUARD;
		out[1] = out[0];
		out[1].at += THINKING;
		out[1].kind = COMMAND_KIND_UNGUARD;
		break;
	case 1: out[0].kind = COMMAND_KIND_RECONCILE; break;
	case 2: out[0].kind = COMMAND_KIND_RESOLVE; break;
	default: halt(out, &random, at);
	}
}

/* None when nothing is open. */
static ident_t order_to_resolve(const struct world *world)
{
	const struct executor *executor = world_state(world, CAST_EXECUTOR);
	ident_t found = {0, 0};
	for (uint32_t i = 0; executor != NULL && i < executor->books.orders.open_count; i++) {
		const struct orders *orders = &executor->books.orders;
		const struct order *order = &orders->slots[orders->open[i]].order;
		if (ident_is_none(found) || order->status == ORDER_STATUS_DISPUTED)
			found = order->client_id;
	}
	return found;
}

void people_command(struct world *world, const struct scenario_command *given)
{
	struct command command = {
		.kind = given->kind,
		.level = given->level,
		.actor = name_from("person"),
		.reason = text_from("the schedule wants it"),
	};
	if (given->kind == COMMAND_KIND_RESOLVE)
		command.order = order_to_resolve(world);
	world_command(world, cast_names[given->to], &command);
}
