/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/simulate.h"

#include "common/base/plant.h"
#include "common/io/exit_code.h"
#include "services/bw/grid.h"
#include "services/simulate/enumerate.h"
#include "services/simulate/options.h"
#include "services/simulate/plants.h"
#include "services/simulate/report.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { VERDICTS_MAX = 24 };

static bool may_colour(const struct options *options)
{
	return !options->no_colour && isatty(STDOUT_FILENO);
}

static unsigned jobs_of(const struct options *options)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	if (options->jobs != 0)
		return options->jobs;
	return cores < 1 ? 1 : cores > JOBS_MAX ? JOBS_MAX : (unsigned)cores;
}

static int help(void)
{
	printf("%s\n\nOptions:\n", simulate_help);
	for (size_t i = 0; i < SIMULATE_OPTION_COUNT; i++)
		printf("  --%-20s %s\n", simulate_options[i].name, simulate_options[i].doc);
	return EXIT_CODE_OK;
}

static int list_scenarios(void)
{
	for (size_t i = 0; i < scenario_count; i++)
		printf("%-20s %s\n", scenarios[i].name, scenarios[i].doc);
	return EXIT_CODE_OK;
}

static int list_plants(void)
{
	for (unsigned i = 1; i < PLANT_COUNT; i++)
		printf("%-22s %s\n", plant_infos[i].name, plant_infos[i].doc);
	return EXIT_CODE_OK;
}

static int finish(struct runner *runner, const struct crew_result *result,
                  const struct options *options)
{
	static struct verdict_text verdicts[VERDICTS_MAX];
	struct report report = {.result = result, .verdicts = verdicts};
	report.verdict_count = judge_all(runner, &result->tally, verdicts, VERDICTS_MAX);
	report_print(&report, stdout, may_colour(options));
	if (options->report != NULL && !report_write(&report, options->report))
		return EXIT_CODE_FAILURE;
	return result->tally.violated == 0 ? EXIT_CODE_OK : EXIT_CODE_VIOLATED;
}

static void of_seed(const void *self, uint64_t index, struct schedule *out)
{
	const struct options *options = self;
	*out = schedule_from_seed(options->first + index);
}

static int run_seeds(struct runner *runner, const struct options *options)
{
	static struct crew_result result;
	struct work work = {
		.what = "simulate",
		.count = options->duration > 0 ? UINT64_MAX : options->last - options->first + 1,
		.duration = options->duration,
		.schedule = of_seed,
		.self = options,
		.twice = options->twice,
	};
	crew_run(runner, &work, jobs_of(options), &result);
	return finish(runner, &result, options);
}

static int run_enumeration(struct runner *runner, const struct options *options)
{
	static struct crew_result result;
	if (strcmp(options->scenario, "all") != 0 && scenario_named(options->scenario) == NULL) {
		fprintf(stderr, "simulate: there is no scenario %s; --enumerate list names them\n",
		        options->scenario);
		return EXIT_CODE_USAGE;
	}
	enumerate_run(runner, options, jobs_of(options), &result);
	return finish(runner, &result, options);
}

static int tell_outcome(const struct outcome *outcome, bool colour)
{
	const struct violation *violation = &outcome->violation;
	enum tint tint = outcome_is_violated(outcome) ? TINT_BAD : TINT_GOOD;
	printf("\n%llu orders, %llu crashes, %.1f s of virtual time, trace hash %016llx\n",
	       (unsigned long long)outcome->orders, (unsigned long long)outcome->figures.crashes,
	       (double)outcome->figures.lasted / (double)NANOS_S,
	       (unsigned long long)outcome->hash);
	for (unsigned i = 0; i < RARE_COUNT; i++)
		if (outcome->rare[i] > 0)
			printf("  %llu  %s\n", (unsigned long long)outcome->rare[i],
			       rare_infos[i].doc);
	printf("%s", tint_on(tint, colour));
	if (outcome_is_violated(outcome))
		printf("%s is violated: %s\n  %s, after %.3f s\n", violation->id,
		       violation->text.text, violation->why.text,
		       (double)violation->at / (double)NANOS_S);
	else
		printf("Every invariant held.\n");
	printf("%s", tint_off(tint, colour));
	return outcome_is_violated(outcome) ? EXIT_CODE_VIOLATED : EXIT_CODE_OK;
}

static bool read_schedule(const struct options *options, struct schedule *out)
{
	text_t why;
	if (options->plan == NULL) {
		*out = schedule_from_seed(options->first);
		return true;
	}
	*out = (struct schedule){.scenario = NULL};
	if (options->scenario != NULL) {
		out->scenario = scenario_named(options->scenario);
		if (out->scenario == NULL)
			fprintf(stderr, "simulate: there is no scenario %s\n", options->scenario);
		if (out->scenario == NULL)
			return false;
	}
	if (plan_parse(&out->plan, cast_names, options->plan, &why) == OK)
		return true;
	fprintf(stderr, "simulate: --plan: %s\n", why.text);
	return false;
}

static int tell_story(struct runner *runner, const struct options *options)
{
	struct schedule schedule;
	struct outcome outcome;
	char plan[4096];
	bool colour = may_colour(options);
	if (!read_schedule(options, &schedule))
		return EXIT_CODE_USAGE;
	plan_print(&schedule.plan, cast_names, plan, sizeof plan);
	printf("Seed %llu\n%s\n", (unsigned long long)schedule.plan.seed, plan);
	runner_run(runner, &schedule, stdout, colour, &outcome);
	return tell_outcome(&outcome, colour);
}

/* Before the run, not after it. */
static bool can_report(const struct options *options)
{
	FILE *file = options->report == NULL ? NULL : fopen(options->report, "ae");
	if (file != NULL)
		fclose(file);
	if (options->report == NULL || file != NULL)
		return true;
	fprintf(stderr, "simulate: --report %s: %s\n", options->report, strerror(errno));
	return false;
}

static int run(const struct options *options, char **argv)
{
	if (options->task == TASK_PLANT || options->task == TASK_PLANTS)
		if (!plants_are_built_in())
			return plants_exec(argv);
	struct runner *runner = runner_open();
	int code = EXIT_CODE_USAGE;
	if (options->task == TASK_SEEDS)
		code = run_seeds(runner, options);
	else if (options->task == TASK_STORY)
		code = tell_story(runner, options);
	else if (options->task == TASK_ENUMERATE)
		code = run_enumeration(runner, options);
	else
		code = plants_run(runner, options, jobs_of(options), may_colour(options));
	runner_close(&runner);
	return code;
}

int simulate_main(int argc, char **argv)
{
	char error[OPTIONS_ERROR_MAX];
	struct options options;
	if (!options_read(&options, argc, argv, error)) {
		fprintf(stderr, "simulate: %s\n", error);
		return EXIT_CODE_USAGE;
	}
	if (options.task == TASK_HELP)
		return help();
	if (options.task == TASK_LIST_SCENARIOS)
		return list_scenarios();
	if (options.task == TASK_LIST_PLANTS)
		return list_plants();
	if (!can_report(&options))
		return EXIT_CODE_FAILURE;
	return run(&options, argv);
}
