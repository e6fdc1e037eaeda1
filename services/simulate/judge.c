/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/judge.h"

#include "services/bw/grid.h"
#include "services/simulate/shrink.h"

#include <string.h>

struct trial {
	struct runner *runner;
	const struct found *found;
};

static const struct scenario *scenario_of(const struct found *found)
{
	return found->scenario < 0 ? NULL : &scenarios[found->scenario];
}

static bool fails_too(void *self, const struct plan *plan)
{
	const struct trial *trial = self;
	struct schedule schedule = {.scenario = scenario_of(trial->found), .plan = *plan};
	struct outcome outcome;
	runner_run_apart(trial->runner, &schedule, &outcome);
	return strcmp(outcome.violation.id, trial->found->violation.id) == 0;
}

static void write_command(const struct found *found, const struct plan *plan, bool by_seed,
                          char *out)
{
	char text[COMMAND_TEXT_MAX - 128];
	const struct scenario *scenario = scenario_of(found);
	if (by_seed && scenario == NULL) {
		snprintf(out, COMMAND_TEXT_MAX, "bw simulate --seed %llu",
		         (unsigned long long)plan->seed);
		return;
	}
	plan_pack(plan, cast_names, text, sizeof text);
	snprintf(out, COMMAND_TEXT_MAX, "bw simulate %s%s%s--plan '%s'",
	         scenario != NULL ? "--scenario " : "", scenario != NULL ? scenario->name : "",
	         scenario != NULL ? " " : "", text);
}

static void shorten(struct runner *runner, struct verdict_text *verdict)
{
	struct trial trial = {.runner = runner, .found = &verdict->found};
	struct plan plan = verdict->found.plan;
	/* Two runs that differ say nothing about a plan. */
	if (strcmp(verdict->found.violation.id, "I-40") == 0)
		return;
	shrink_plan(&plan, fails_too, &trial);
	verdict->was_shortened = memcmp(&plan, &verdict->found.plan, sizeof plan) != 0;
	write_command(&verdict->found, &plan, false, verdict->shortened);
}

static bool is_new(const struct verdict_text *verdicts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(verdicts[i].found.violation.id, verdicts[count].found.violation.id) == 0)
			return false;
	return true;
}

size_t judge_all(struct runner *runner, const struct tally *tally, struct verdict_text *out,
                 size_t capacity)
{
	size_t count = 0;
	unsigned shortened = 0;
	for (uint32_t i = 0; i < tally->found_count && count < capacity; i++) {
		struct verdict_text *verdict = &out[count];
		memset(verdict, 0, sizeof *verdict);
		verdict->found = tally->found[i];
		write_command(&verdict->found, &verdict->found.plan, true, verdict->repeat);
		if (is_new(out, count) && shortened < SHRINKS_MAX) {
			shortened++;
			shorten(runner, verdict);
		}
		count++;
	}
	return count;
}

void judge_print(const struct verdict_text *verdict, FILE *file, bool colour)
{
	const struct found *found = &verdict->found;
	char plan[4096];
	plan_print(&found->plan, cast_names, plan, sizeof plan);
	fprintf(file, "\n%s%s is violated: %s%s\n", tint_on(TINT_BAD, colour), found->violation.id,
	        found->violation.text.text, tint_off(TINT_BAD, colour));
	fprintf(file, "  %s, after %.3f s\n", found->violation.why.text,
	        (double)found->violation.at / (double)NANOS_S);
	fprintf(file, "  seed %llu, its faults:\n%s", (unsigned long long)found->plan.seed, plan);
	fprintf(file, "  repeat it:  %s\n", verdict->repeat);
	if (verdict->was_shortened)
		fprintf(file, "  shortened:  %s\n", verdict->shortened);
}
