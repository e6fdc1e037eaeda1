/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/options.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_BASE = 256, NO_COLOUR = 1000, OPTIONS_MAX = 24 };

const struct cli_option simulate_options[SIMULATE_OPTION_COUNT] = {
	{"seeds", 0, "A..B", "one schedule for each seed from A to B"},
	{"hours", 0, "N", "rising seeds until so many hours are over"},
	{"seed", 0, "N", "one schedule, told as a story"},
	{"plan", 0, "TEXT", "one schedule with exactly these faults, told as a story"},
	{"scenario", 0, "NAME", "the scenario that --plan belongs to"},
	{"enumerate", 0, "NAME", "a crash at every effect of a scenario; all, or list"},
	{"pairs", 0, "N", "so many second crashes inside the recovery from the first; or all"},
	{"plant", 0, "NAME", "plant this fault and run until it is found; or list"},
	{"plants", 0, NULL, "plant each of them in turn"},
	{"twice", 0, NULL, "run each schedule twice: both must be the same to the bit"},
	{"report", 0, "FILE", "what it came to, as JSON"},
	{"jobs", 0, "N", "processes at work (default: one for each core)"},
};

const char simulate_help[] =
	"Runs the decisions of every service against a simulated machine, bus, disk, Redis and\n"
	"exchange, in virtual time. A seed decides which faults come when, so that the same seed\n"
	"gives the same run on every machine. After each run the exchange's own ledger is the\n"
	"witness: no order lost, none doubled, no position unguarded, and the other invariants\n"
	"of docs/order-safety.md.\n\n"
	"  bw simulate --seeds 1..20000 --report sim.json     many schedules\n"
	"  bw simulate --seed 4711                            one of them as a story\n"
	"  bw simulate --enumerate all --pairs 5000           crashes at every effect\n"
	"  bw simulate --plants                               does it find planted faults?\n\n"
	"A violation is printed with its seed, its faults, the command that repeats it, and a\n"
	"shorter list of faults that still leads to it.\n\n"
	"Exit code 9: an invariant was violated, two runs of a seed differ, or a planted fault\n"
	"was not found.";

static bool wrong(char *error, const char *format, const char *value)
{
	snprintf(error, OPTIONS_ERROR_MAX, format, value);
	return false;
}

static bool read_number(const char *text, uint64_t *out, const char **end)
{
	char *stop;
	if (*text < '0' || *text > '9')
		return false;
	*out = strtoull(text, &stop, 10);
	*end = stop;
	return true;
}

static bool read_whole(const char *text, uint64_t *out)
{
	const char *end;
	return read_number(text, out, &end) && *end == '\0';
}

static bool read_seeds(struct options *out, const char *text)
{
	const char *end;
	out->has_seeds = true;
	if (!read_number(text, &out->first, &end) || strncmp(end, "..", 2) != 0)
		return false;
	return read_whole(end + 2, &out->last) && out->first >= 1 && out->last >= out->first;
}

static bool take_seeds(struct options *out, const char *value, char *error)
{
	out->task = out->task == 0 ? TASK_SEEDS : out->task;
	if (read_seeds(out, value))
		return true;
	return wrong(error, "--seeds %.40s: two numbers are wanted, like 1..20000", value);
}

static bool take_hours(struct options *out, const char *value, char *error)
{
	char *end;
	double hours = strtod(value, &end);
	if (*end != '\0' || !(hours > 0 && hours < 100000))
		return wrong(error, "--hours %.40s: a number above zero is wanted", value);
	out->task = TASK_SEEDS;
	out->duration = (nanos_t)(hours * 3600e9);
	return true;
}

static bool take_seed(struct options *out, const char *value, char *error)
{
	out->task = TASK_STORY;
	out->has_seeds = true;
	if (read_whole(value, &out->first) && out->first >= 1)
		return true;
	return wrong(error, "--seed %.40s: a whole number from 1 is wanted", value);
}

static bool take_enumerate(struct options *out, const char *value, char *error)
{
	(void)error;
	out->task = strcmp(value, "list") == 0 ? TASK_LIST_SCENARIOS : TASK_ENUMERATE;
	out->scenario = value;
	return true;
}

static bool take_pairs(struct options *out, const char *value, char *error)
{
	out->pairs = PAIRS_ALL;
	if (strcmp(value, "all") == 0 || read_whole(value, &out->pairs))
		return true;
	return wrong(error, "--pairs %.40s: a number or the word all is wanted", value);
}

static bool take_plant(struct options *out, const char *value, char *error)
{
	(void)error;
	out->task = strcmp(value, "list") == 0 ? TASK_LIST_PLANTS : TASK_PLANT;
	out->plant = value;
	return true;
}

static bool take_jobs(struct options *out, const char *value, char *error)
{
	uint64_t jobs;
	if (!read_whole(value, &jobs) || jobs < 1 || jobs > JOBS_MAX)
		return wrong(error, "--jobs %.40s: a number from 1 to 64 is wanted", value);
	out->jobs = (unsigned)jobs;
	return true;
}

static bool take(struct options *out, const char *name, const char *value, char *error)
{
	if (strcmp(name, "seeds") == 0)
		return take_seeds(out, value, error);
	if (strcmp(name, "hours") == 0)
		return take_hours(out, value, error);
	if (strcmp(name, "seed") == 0)
		return take_seed(out, value, error);
	if (strcmp(name, "enumerate") == 0)
		return take_enumerate(out, value, error);
	if (strcmp(name, "pairs") == 0)
		return take_pairs(out, value, error);
	if (strcmp(name, "plant") == 0)
		return take_plant(out, value, error);
	if (strcmp(name, "jobs") == 0)
		return take_jobs(out, value, error);
	if (strcmp(name, "plants") == 0)
		out->task = TASK_PLANTS;
	else if (strcmp(name, "plan") == 0)
		out->task = TASK_STORY, out->plan = value;
	else if (strcmp(name, "scenario") == 0)
		out->scenario = value;
	else if (strcmp(name, "report") == 0)
		out->report = value;
	else if (strcmp(name, "twice") == 0)
		out->twice = true;
	return true;
}

static void build_table(struct option table[OPTIONS_MAX])
{
	size_t i = 0;
	for (; i < SIMULATE_OPTION_COUNT; i++) {
		int has = simulate_options[i].argument != NULL ? required_argument : no_argument;
		table[i] = (struct option){simulate_options[i].name, has, NULL, LONG_BASE + (int)i};
	}
	table[i++] = (struct option){"no-color", no_argument, NULL, NO_COLOUR};
	table[i++] = (struct option){"help", no_argument, NULL, 'h'};
	table[i] = (struct option){NULL, 0, NULL, 0};
}

/* What makes no sense together. */
static bool check(struct options *out, char *error)
{
	if (out->task == 0)
		out->task = TASK_HELP;
	if (out->task == TASK_SEEDS && out->duration > 0 && !out->has_seeds)
		out->first = 1;
	if (out->duration > 0)
		out->last = UINT64_MAX;
	if (out->scenario != NULL && out->task == TASK_SEEDS)
		return wrong(error, "--scenario %.60s belongs to --plan", out->scenario);
	return true;
}

bool options_read(struct options *out, int argc, char **argv, char error[OPTIONS_ERROR_MAX])
{
	struct option table[OPTIONS_MAX];
	*out = (struct options){0};
	build_table(table);
	opterr = 0;
	optind = 0;
	for (int code; (code = getopt_long(argc, argv, ":h", table, NULL)) != -1;) {
		if (code == '?' || code == ':')
			return wrong(error,
			             "%.80s: no such option, or its value is missing; see "
			             "bw simulate --help",
			             argv[optind - 1]);
		if (code == 'h') {
			*out = (struct options){.task = TASK_HELP};
			return true;
		}
		if (code == NO_COLOUR)
			out->no_colour = true;
		else if (!take(out, simulate_options[code - LONG_BASE].name,
		               optarg != NULL ? optarg : "", error))
			return false;
	}
	if (optind < argc)
		return wrong(error, "simulate doesn't take \"%.80s\"; see bw simulate --help",
		             argv[optind]);
	return check(out, error);
}
