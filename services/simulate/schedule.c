/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/schedule.h"

#include "services/simulate/people.h"
#include "services/simulate/story.h"
#include "services/simulate/witness.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CPU_SECONDS_MAX = 120 };

struct runner {
	struct cast cast;
	struct world *world;
	struct witness witness;
	struct story story;
	const struct schedule *schedule; /* the present one */
	struct scenario_command commands[SCENARIO_COMMANDS_MAX + 1];
	unsigned commands_given;
	uint64_t crash_effects; /* performed when the first crash came; 0: none yet */
	struct outcome *apart;  /* shared with the process of its own */
};

struct schedule schedule_from_seed(uint64_t seed)
{
	struct schedule schedule = {.scenario = NULL};
	plan_from_seed(&schedule.plan, seed, CAST_COUNT, CAST_EXECUTOR);
	return schedule;
}

struct schedule schedule_of_scenario(const struct scenario *scenario)
{
	struct schedule schedule = {.scenario = scenario};
	text_t why;
	enum err err = plan_parse(&schedule.plan, cast_names, scenario->plan, &why);
	assert(err == OK);
	(void)err;
	return schedule;
}

static void *memory(size_t size)
{
	void *bytes = calloc(1, size);
	if (bytes == NULL) {
		fprintf(stderr, "simulate: out of memory\n");
		abort();
	}
	return bytes;
}

struct runner *runner_open(void)
{
	struct runner *self = memory(sizeof *self);
	struct cast_choice choice = {.crosser = true};
	cast_make(&self->cast, &choice);
	self->world = world_open(self->cast.roles, CAST_COUNT, &self->cast.stack);
	self->apart = mmap(NULL, sizeof *self->apart, PROT_READ | PROT_WRITE,
	                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (self->world == NULL || self->apart == MAP_FAILED) {
		fprintf(stderr, "simulate: out of memory\n");
		abort();
	}
	return self;
}

void runner_close(struct runner **self)
{
	if (*self == NULL)
		return;
	world_close(&(*self)->world);
	munmap((*self)->apart, sizeof *(*self)->apart);
	free(*self);
	*self = NULL;
}

/* What a person commands, when its time has come. */
static void give_commands(struct runner *self)
{
	nanos_t passed = world_now(self->world) - world_began(self->world);
	for (;;) {
		const struct scenario_command *next = &self->commands[self->commands_given];
		if (next->at == 0 || passed < next->at)
			return;
		self->commands_given++;
		people_command(self->world, next);
	}
}

static void plan_commands(struct runner *self)
{
	const struct scenario *scenario = self->schedule->scenario;
	self->commands_given = 0;
	if (scenario == NULL)
		people_decide(&self->schedule->plan, self->commands);
	else
		memcpy(self->commands, scenario->commands, sizeof scenario->commands);
}

/* Figures that an enumeration needs. */
static void watch_effects(struct runner *self)
{
	struct outcome *outcome = self->witness.outcome;
	uint64_t effects = world_figures(self->world)->effects;
	if (world_now(self->world) - world_began(self->world) < self->schedule->plan.calm_at)
		outcome->effects_at_calm = effects;
	if (self->crash_effects == 0 || outcome->recovery_effects != 0 ||
	    self->witness.ready_since == 0)
		return;
	for (unsigned i = 0; i < CAST_COUNT; i++)
		if (world_state(self->world, i) == NULL)
			return;
	outcome->recovery_effects = (uint32_t)(effects - self->crash_effects) + 1;
}

static void on_effect(void *self, const struct world *world, unsigned node,
                      const struct effect *effect)
{
	struct runner *runner = self;
	(void)world;
	witness_effect(&runner->witness, node, effect);
	story_effect(&runner->story, node, effect);
}

static void on_sent(void *self, const struct world *world, unsigned node,
                    const struct http_request *request)
{
	struct runner *runner = self;
	(void)world;
	witness_sent(&runner->witness, node, request);
	story_sent(&runner->story, node, request);
}

static void on_admitted(void *self, const struct world *world, unsigned node,
                        const struct http_request *request)
{
	struct runner *runner = self;
	(void)world;
	witness_admitted(&runner->witness, node, request);
}

static void on_executed(void *self, const struct world *world, unsigned node,
                        const struct http_request *request)
{
	struct runner *runner = self;
	(void)world;
	witness_executed(&runner->witness, node, request);
	story_executed(&runner->story, node, request);
}

static void on_saved(void *self, const struct world *world, unsigned node, enum message_type type,
                     const void *record)
{
	struct runner *runner = self;
	(void)world;
	witness_saved(&runner->witness, node, type, record);
	story_saved(&runner->story, node, type, record);
}

static void on_stepped(void *self, const struct world *world, unsigned node,
                       const struct event *event)
{
	struct runner *runner = self;
	(void)world;
	witness_stepped(&runner->witness, node, event);
	story_stepped(&runner->story, node, event);
	give_commands(runner);
	watch_effects(runner);
}

static void on_booted(void *self, const struct world *world, unsigned node)
{
	struct runner *runner = self;
	(void)world;
	story_booted(&runner->story, node);
	witness_booted(&runner->witness, node);
}

static void on_renewed(void *self, const struct world *world, unsigned node, bool is_listed)
{
	struct runner *runner = self;
	(void)world;
	witness_renewed(&runner->witness, node, is_listed);
}

static void on_died(void *self, const struct world *world, unsigned node, enum fault_kind cause)
{
	struct runner *runner = self;
	story_died(&runner->story, node, cause);
	witness_died(&runner->witness, node, cause);
	if (runner->crash_effects == 0)
		runner->crash_effects = world_figures(world)->effects;
}

static bool is_settled(void *self, const struct world *world)
{
	struct runner *runner = self;
	(void)world;
	return witness_is_settled(&runner->witness);
}

void runner_run(struct runner *self, const struct schedule *schedule, FILE *story, bool colour,
                struct outcome *out)
{
	const struct world_watch watch = {
		.self = self,
		.effect = on_effect,
		.sent = on_sent,
		.admitted = on_admitted,
		.executed = on_executed,
		.saved = on_saved,
		.stepped = on_stepped,
		.booted = on_booted,
		.died = on_died,
		.renewed = on_renewed,
	};
	struct cast_choice choice = schedule->scenario != NULL
	                                    ? schedule->scenario->choice
	                                    : cast_choice_of(schedule->plan.seed);
	memset(out, 0, sizeof *out);
	out->plan = schedule->plan;
	self->schedule = schedule;
	plan_commands(self);
	self->crash_effects = 0;
	cast_make(&self->cast, &choice);
	witness_init(&self->witness, &self->cast, self->world, out);
	story_init(&self->story, self->world, story, colour);
	world_run(self->world, &schedule->plan, &watch, is_settled);
	witness_end(&self->witness);
	out->figures = *world_figures(self->world);
	out->hash = out->figures.hash;
}

void runner_limit_time(void)
{
	const struct itimerval limit = {.it_value = {.tv_sec = CPU_SECONDS_MAX}};
	setitimer(ITIMER_PROF, &limit, NULL);
}

struct violation violation_of_death(int status)
{
	struct violation violation = {.id = "I-42"};
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF) {
		violation.text = text_from("Every loop has a bound.");
		violation.why = text_format("one schedule took more than %d s of processor time",
		                            CPU_SECONDS_MAX);
		return violation;
	}
	violation.text = text_from("No assertion fails and no memory is misused.");
	violation.why = WIFSIGNALED(status) ? text_format("the simulation died by SIG%s",
	                                                  sigabbrev_np(WTERMSIG(status)))
	                                    : text_format("the simulation ended with code %d",
	                                                  WEXITSTATUS(status));
	return violation;
}

void runner_run_apart(struct runner *self, const struct schedule *schedule, struct outcome *out)
{
	int status = 0;
	fflush(NULL);
	pid_t child = fork();
	if (child < 0) {
		perror("simulate: fork");
		abort();
	}
	if (child == 0) {
		runner_limit_time();
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(1);
		runner_run(self, schedule, NULL, false, self->apart);
		_exit(0);
	}
	waitpid(child, &status, 0);
	if (status == 0) {
		*out = *self->apart;
		return;
	}
	memset(out, 0, sizeof *out);
	out->plan = schedule->plan;
	out->violation = violation_of_death(status);
}

void runner_run_twice(struct runner *self, const struct schedule *schedule, struct outcome *out)
{
	struct outcome second;
	runner_run(self, schedule, NULL, false, out);
	runner_run(self, schedule, NULL, false, &second);
	if (second.hash == out->hash || outcome_is_violated(out))
		return;
	out->violation = (struct violation){
		.id = "I-40",
		.text = text_from("The same seed gives the same run, to the bit."),
		.why = text_format("the first run's hash is %016llx, the second's %016llx",
	                           (unsigned long long)out->hash, (unsigned long long)second.hash),
	};
}
