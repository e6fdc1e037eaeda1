/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/plants.h"

#include "common/base/hash.h"
#include "common/base/plant.h"
#include "common/io/exit_code.h"
#include "services/simulate/report.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PLANT_SEEDS = 10000, BASELINE_SEEDS = 2000, SCENARIO_EFFECTS = 700 };

static_assert((int)PLANT_COUNT <= (int)PLANTED_MAX, "every plant has a line in the report");

#ifdef PLANTED_FAULTS
bool plants_are_built_in(void)
{
	return true;
}

static void plant(enum plant chosen)
{
	plant_chosen = chosen;
}
#else
bool plants_are_built_in(void)
{
	return false;
}

static void plant(enum plant chosen)
{
	(void)chosen;
}
#endif

int plants_exec(char **argv)
{
	char path[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", path, sizeof path - 16);
	if (size > 0) {
		memcpy(path + size, "-planted", sizeof "-planted");
		execv(path, argv);
	}
	fprintf(stderr, "simulate: %s: %s; make planted builds it\n",
	        size > 0 ? path : "simulate-planted", strerror(errno));
	return EXIT_CODE_FAILURE;
}

/* What fails without any plant too says nothing about one. */
struct baseline {
	struct invariant_count invariants[INVARIANTS_MAX];
	uint32_t count;
};

struct seeds {
	uint64_t first;
	const struct baseline *baseline;
};

/* Every fourth is no seed but a crash somewhere in a scenario. */
static void of_seed(const void *self, uint64_t index, struct schedule *out)
{
	const struct seeds *seeds = self;
	uint64_t chance = hash_mix((index + 1) * HASH_STEP);
	*out = schedule_from_seed(seeds->first + index);
	if (index % 4 != 3)
		return;
	*out = schedule_of_scenario(&scenarios[index / 4 % scenario_count]);
	out->plan.crash_at[0] = 1 + chance % SCENARIO_EFFECTS;
}

static void find_baseline(struct runner *runner, const struct options *options, unsigned jobs,
                          struct crew_result *result, struct baseline *out)
{
	struct seeds seeds = {.first = options->has_seeds ? options->first : 1};
	uint64_t count = options->has_seeds ? options->last - options->first + 1 : PLANT_SEEDS;
	struct work work = {
		.what = "nothing planted",
		.count = count < BASELINE_SEEDS ? count : BASELINE_SEEDS,
		.schedule = of_seed,
		.self = &seeds,
	};
	crew_run(runner, &work, jobs, result);
	out->count = result->tally.invariant_count;
	memcpy(out->invariants, result->tally.invariants, sizeof out->invariants);
	for (uint32_t i = 0; i < out->count; i++)
		fprintf(stderr, "%s is violated without a plant: it finds none\n",
		        out->invariants[i].id);
}

/* Time bounds follow the fence, planted or not: what breaks them tells nothing of a plant in it. */
static const char TIME_BOUND[] = "I-24";

/* No schedule reaches the bound of one term alone yet. The fence's own tests hold each term. */
static bool is_open(enum plant plant)
{
	return plant == PLANT_FENCE_NO_LAG || plant == PLANT_FENCE_NO_QUEUE ||
	       plant == PLANT_FENCE_NO_STEP;
}

/* Found is only what doesn't fail without the plant as well. */
static bool is_due_to_plant(const void *self, struct runner *runner,
                            const struct schedule *schedule, const struct outcome *outcome)
{
	const struct seeds *seeds = self;
	(void)runner;
	(void)schedule;
	if (strcmp(outcome->violation.id, TIME_BOUND) == 0)
		return false;
	for (uint32_t i = 0; i < seeds->baseline->count; i++)
		if (strcmp(seeds->baseline->invariants[i].id, outcome->violation.id) == 0)
			return false;
	return true;
}

/* Runs until it is found. */
static void seek(struct runner *runner, const struct options *options, unsigned jobs,
                 enum plant chosen, const struct baseline *baseline, struct crew_result *result,
                 struct planted *out)
{
	struct seeds seeds = {.first = options->has_seeds ? options->first : 1,
	                      .baseline = baseline};
	struct work work = {
		.what = plant_infos[chosen].name,
		.count = options->has_seeds ? options->last - options->first + 1 : PLANT_SEEDS,
		.schedule = of_seed,
		.self = &seeds,
		.counts = is_due_to_plant,
		.first_only = true,
	};
	plant(chosen);
	crew_run(runner, &work, jobs, result);
	plant(PLANT_NONE);
	const struct tally *tally = &result->tally;
	*out = (struct planted){
		.name = plant_infos[chosen].name,
		.caught = tally->found_count > 0,
		.schedules = tally->found_count > 0 ? tally->found[0].index + 1 : tally->schedules,
		.seconds = result->seconds,
	};
	if (out->caught)
		memcpy(out->id, tally->found[0].violation.id, sizeof out->id);
}

static enum plant plant_named(const char *name)
{
	for (unsigned i = 1; i < PLANT_COUNT; i++)
		if (strcmp(plant_infos[i].name, name) == 0)
			return (enum plant)i;
	return PLANT_NONE;
}

static void tell_found(const struct crew_result *result, FILE *file)
{
	const struct found *found = &result->tally.found[0];
	if (result->tally.found_count == 0)
		return;
	fprintf(file, "%s: %s\n  %s, after %.3f s, seed %llu\n", found->violation.id,
	        found->violation.text.text, found->violation.why.text,
	        (double)found->violation.at / (double)NANOS_S,
	        (unsigned long long)found->plan.seed);
}

int plants_run(struct runner *runner, const struct options *options, unsigned jobs, bool colour)
{
	static struct planted planted[PLANTED_MAX];
	static struct crew_result result, sum;
	static struct baseline baseline;
	struct report report = {.result = &sum, .planted = planted};
	enum plant only = options->plant == NULL ? PLANT_NONE : plant_named(options->plant);
	if (options->plant != NULL && only == PLANT_NONE) {
		fprintf(stderr, "simulate: nothing is called %s; --plant list names them\n",
		        options->plant);
		return EXIT_CODE_USAGE;
	}
	unsigned missed = 0;
	find_baseline(runner, options, jobs, &result, &baseline);
	for (unsigned i = 1; i < PLANT_COUNT; i++) {
		if (only != PLANT_NONE && only != i)
			continue;
		seek(runner, options, jobs, (enum plant)i, &baseline, &result,
		     &planted[report.planted_count]);
		missed += !planted[report.planted_count++].caught && !is_open((enum plant)i);
		tally_merge(&sum.tally, &result.tally);
		sum.seconds += result.seconds;
	}
	if (only != PLANT_NONE)
		tell_found(&result, stdout);
	report_print(&report, stdout, colour);
	if (options->report != NULL && !report_write(&report, options->report))
		return EXIT_CODE_FAILURE;
	return missed == 0 ? EXIT_CODE_OK : EXIT_CODE_VIOLATED;
}
