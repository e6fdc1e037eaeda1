/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/enumerate.h"

#include "common/base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { SCENARIOS_MAX = 64 };

/* Crash points of the chosen scenarios, one after the other. */
struct points {
	const struct scenario *scenarios[SCENARIOS_MAX];
	uint64_t first[SCENARIOS_MAX + 1]; /* index of the scenario's first point */
	size_t count;
	uint32_t *recovery_effects; /* of each point; in shared memory */
	uint64_t pair_count;
	uint64_t *pair_ends; /* of all pairs: their number up to and with each point; or NULL */
};

static void count_points(struct runner *runner, const struct options *options, struct points *out)
{
	*out = (struct points){.count = 0};
	for (size_t i = 0; i < scenario_count; i++) {
		const struct scenario *scenario = &scenarios[i];
		struct outcome outcome;
		if (strcmp(options->scenario, "all") != 0 &&
		    strcmp(options->scenario, scenario->name) != 0)
			continue;
		struct schedule schedule = schedule_of_scenario(scenario);
		runner_run_apart(runner, &schedule, &outcome);
		out->scenarios[out->count] = scenario;
		out->first[out->count + 1] = out->first[out->count] + outcome.effects_at_calm;
		out->count++;
		fprintf(stderr, "%-20s %llu effects, %llu orders%s%s\n", scenario->name,
		        (unsigned long long)outcome.effects_at_calm,
		        (unsigned long long)outcome.orders,
		        outcome_is_violated(&outcome) ? ", VIOLATED " : "", outcome.violation.id);
	}
}

static struct schedule at_point(const struct points *points, uint64_t index)
{
	size_t at = 0;
	while (at + 1 < points->count && index >= points->first[at + 1])
		at++;
	struct schedule schedule = schedule_of_scenario(points->scenarios[at]);
	schedule.plan.crash_at[0] = index - points->first[at] + 1;
	return schedule;
}

static void single(const void *self, uint64_t index, struct schedule *out)
{
	*out = at_point(self, index);
}

static uint64_t point_count(const struct points *points)
{
	return points->first[points->count];
}

/* A pair by chance, the same for the same index. */
static void sampled(const void *self, uint64_t index, struct schedule *out)
{
	const struct points *points = self;
	struct random random;
	random_init(&random, hash_mix((index + 1) * HASH_STEP));
	uint64_t point = random_below(&random, point_count(points));
	for (unsigned tries = 0; points->recovery_effects[point] == 0 && tries < 100; tries++)
		point = random_below(&random, point_count(points));
	uint64_t effects = points->recovery_effects[point];
	*out = at_point(points, point);
	out->plan.crash_at[1] = 1 + random_below(&random, effects > 0 ? effects : 1);
}

static void every(const void *self, uint64_t index, struct schedule *out)
{
	const struct points *points = self;
	uint64_t low = 0, high = point_count(points);
	while (low + 1 < high) {
		uint64_t middle = (low + high) / 2;
		if (points->pair_ends[middle - 1] <= index)
			low = middle;
		else
			high = middle;
	}
	*out = at_point(points, low);
	out->plan.crash_at[1] = index - (low == 0 ? 0 : points->pair_ends[low - 1]) + 1;
}

static void count_pairs(struct points *points)
{
	uint64_t sum = 0;
	points->pair_ends = crew_memory(point_count(points) * sizeof *points->pair_ends);
	for (uint64_t i = 0; i < point_count(points); i++)
		points->pair_ends[i] = sum += points->recovery_effects[i];
	points->pair_count = sum;
}

/* Indexes of pairs come behind those of the single crashes. */
static void add_pairs(struct runner *runner, const struct options *options, unsigned jobs,
                      struct points *points, struct crew_result *out)
{
	static struct crew_result pairs;
	bool all = options->pairs == PAIRS_ALL;
	if (all)
		count_pairs(points);
	struct work work = {
		.what = "pairs of crashes",
		.count = all ? points->pair_count : options->pairs,
		.schedule = all ? every : sampled,
		.self = points,
		.twice = options->twice,
	};
	crew_run(runner, &work, jobs, &pairs);
	for (uint32_t i = 0; i < pairs.tally.found_count; i++)
		pairs.tally.found[i].index += point_count(points);
	tally_merge(&out->tally, &pairs.tally);
	out->seconds += pairs.seconds;
	printf("%llu pairs of crashes, the second inside the recovery from the first\n",
	       (unsigned long long)work.count);
	if (all)
		crew_memory_free(points->pair_ends,
		                 point_count(points) * sizeof *points->pair_ends);
}

void enumerate_run(struct runner *runner, const struct options *options, unsigned jobs,
                   struct crew_result *out)
{
	struct points points;
	count_points(runner, options, &points);
	size_t size = (size_t)(point_count(&points) + 1) * sizeof *points.recovery_effects;
	points.recovery_effects = crew_memory(size);
	struct work work = {
		.what = "crash points",
		.count = point_count(&points),
		.schedule = single,
		.self = &points,
		.twice = options->twice,
		.recovery_effects = points.recovery_effects,
	};
	crew_run(runner, &work, jobs, out);
	printf("%llu crash points of %zu scenarios\n", (unsigned long long)work.count,
	       points.count);
	if (options->pairs > 0)
		add_pairs(runner, options, jobs, &points, out);
	crew_memory_free(points.recovery_effects, size);
}
