/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/crew.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { POLL_MS = 50, TELL_MS = 500 };

/* One worker's place in shared memory. */
struct seat {
	_Atomic uint64_t index; /* at work on it, or next */
	_Atomic uint64_t done, violated;
	pid_t pid; /* 0: has ended */
	struct tally tally;
};

struct crew {
	struct runner *runner;
	const struct work *work;
	unsigned jobs;
	nanos_t started, told;
	_Atomic uint64_t *first; /* lowest index that violated */
	struct seat *seats;
};

void *crew_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) {
		perror("simulate: shared memory");
		abort();
	}
	return memory;
}

void crew_memory_free(void *memory, size_t size)
{
	munmap(memory, size);
}

static nanos_t wall(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NANOS_S + now.tv_nsec;
}

static void note_first(struct crew *self, uint64_t index)
{
	uint64_t first = atomic_load(self->first);
	while (index < first && !atomic_compare_exchange_weak(self->first, &first, index))
		;
}

static bool goes_on(const struct crew *self, uint64_t index)
{
	const struct work *work = self->work;
	if (index >= work->count || (work->first_only && index > atomic_load(self->first)))
		return false;
	return work->duration == 0 || wall() - self->started < work->duration;
}

static int scenario_index(const struct schedule *schedule)
{
	return schedule->scenario == NULL ? -1 : (int)(schedule->scenario - scenarios);
}

/* What doesn't count is as if it had held. */
static void weigh(struct crew *self, const struct schedule *schedule, struct outcome *outcome)
{
	const struct work *work = self->work;
	if (work->counts == NULL || !outcome_is_violated(outcome) ||
	    work->counts(work->self, self->runner, schedule, outcome))
		return;
	outcome->violation = (struct violation){0};
}

static void add(struct crew *self, struct seat *seat, uint64_t index,
                const struct schedule *schedule, const struct outcome *outcome)
{
	tally_add(&seat->tally, index, scenario_index(schedule), outcome);
	if (self->work->recovery_effects != NULL)
		self->work->recovery_effects[index] = outcome->recovery_effects;
	if (outcome_is_violated(outcome)) {
		note_first(self, index);
		atomic_fetch_add(&seat->violated, 1);
	}
	atomic_fetch_add(&seat->done, 1);
}

static void labour(struct crew *self, struct seat *seat)
{
	struct schedule schedule;
	struct outcome outcome;
	for (uint64_t index = atomic_load(&seat->index); goes_on(self, index);
	     index += self->jobs) {
		atomic_store(&seat->index, index);
		runner_limit_time();
		self->work->schedule(self->work->self, index, &schedule);
		if (self->work->twice)
			runner_run_twice(self->runner, &schedule, &outcome);
		else
			runner_run(self->runner, &schedule, NULL, false, &outcome);
		weigh(self, &schedule, &outcome);
		add(self, seat, index, &schedule, &outcome);
		atomic_store(&seat->index, index + self->jobs);
	}
}

static void hire(struct crew *self, struct seat *seat)
{
	fflush(NULL);
	pid_t parent = getpid();
	pid_t child = fork();
	if (child < 0) {
		perror("simulate: fork");
		exit(1);
	}
	if (child > 0) {
		seat->pid = child; /* never in the child: the seat is shared */
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		labour(self, seat);
	_exit(0);
}

/* The schedule at which it died counts, and is not tried again. */
static void bury(struct crew *self, struct seat *seat, int status)
{
	uint64_t index = atomic_load(&seat->index);
	struct schedule schedule;
	struct outcome outcome;
	seat->pid = 0;
	if (status == 0)
		return;
	memset(&outcome, 0, sizeof outcome);
	self->work->schedule(self->work->self, index, &schedule);
	outcome.plan = schedule.plan;
	outcome.violation = violation_of_death(status);
	weigh(self, &schedule, &outcome);
	add(self, seat, index, &schedule, &outcome);
	atomic_store(&seat->index, index + self->jobs);
	hire(self, seat);
}

static void tell(struct crew *self, bool last)
{
	uint64_t done = 0, violated = 0;
	nanos_t now = wall();
	if (!isatty(STDERR_FILENO) || (!last && now - self->told < TELL_MS * NANOS_MS))
		return;
	self->told = now;
	for (unsigned i = 0; i < self->jobs; i++) {
		done += atomic_load(&self->seats[i].done);
		violated += atomic_load(&self->seats[i].violated);
	}
	double seconds = (double)(now - self->started) / (double)NANOS_S;
	fprintf(stderr, "\r\033[K");
	if (last)
		return;
	fprintf(stderr, "%s: %llu", self->work->what, (unsigned long long)done);
	if (self->work->count != UINT64_MAX)
		fprintf(stderr, " of %llu", (unsigned long long)self->work->count);
	fprintf(stderr, " schedules, %.0f/s, %llu violations", (double)done / (seconds + 1e-9),
	        (unsigned long long)violated);
}

static bool anybody_works(const struct crew *self)
{
	for (unsigned i = 0; i < self->jobs; i++)
		if (self->seats[i].pid != 0)
			return true;
	return false;
}

static void look_after(struct crew *self)
{
	const struct timespec pause = {.tv_nsec = POLL_MS * NANOS_MS};
	for (unsigned i = 0; i < self->jobs; i++) {
		int status;
		struct seat *seat = &self->seats[i];
		if (seat->pid != 0 && waitpid(seat->pid, &status, WNOHANG) == seat->pid)
			bury(self, seat, status);
	}
	tell(self, false);
	if (anybody_works(self))
		nanosleep(&pause, NULL);
}

void crew_run(struct runner *runner, const struct work *work, unsigned jobs,
              struct crew_result *out)
{
	struct crew self = {.runner = runner, .work = work, .jobs = jobs, .started = wall()};
	self.seats = crew_memory(jobs * sizeof *self.seats);
	self.first = crew_memory(sizeof *self.first);
	atomic_store(self.first, UINT64_MAX);
	for (unsigned i = 0; i < jobs; i++) {
		atomic_store(&self.seats[i].index, i);
		hire(&self, &self.seats[i]);
	}
	while (anybody_works(&self))
		look_after(&self);
	tell(&self, true);
	memset(out, 0, sizeof *out);
	for (unsigned i = 0; i < jobs; i++)
		tally_merge(&out->tally, &self.seats[i].tally);
	out->seconds = (double)(wall() - self.started) / (double)NANOS_S;
	crew_memory_free(self.seats, jobs * sizeof *self.seats);
	crew_memory_free(self.first, sizeof *self.first);
}
