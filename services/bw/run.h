/* SPDX-License-Identifier: Apache-2.0 */
/* A run of the stack from the supervisor's start to its end: keeps the supervisor alive, shows what
   happens, winds down in order (entries shut, cancels confirmed, books compared, services ended).
 */
#ifndef BW_RUN_H
#define BW_RUN_H

#include "common/io/process.h"
#include "services/bw/progress.h"
#include "services/bw/run_report.h"
#include "services/bw/session.h"

enum run_phase {
	RUN_RUNNING,
	RUN_WINDING_DOWN, /* the executor was asked to shut entries and cancel */
	RUN_COMPARING,
	RUN_STOPPING, /* the supervisor was asked to stop */
	RUN_ENDED,
};

struct run {
	struct session *session;
	struct processes *processes;
	struct progress progress;
	struct picture *running; /* as it was when winding down began */
	struct run_report report;
	struct books_result books;
	enum run_phase phase;
	int epoll, signals;
	bool is_live;             /* a screen, not lines */
	nanos_t started, exit_at; /* exit_at 0: until told */
	nanos_t phase_until, shown_at, compare_at;
	nanos_t supervisor_started, restart_at; /* restart_at 0: not due */
	uint64_t call, supervisor_pid;
	unsigned supervisor_restarts, quick_ends, compared;
	bool was_killed, failed;
	text_t message;
};

/* Everything is ready in `self->session`. */
MUST_CHECK enum err run_open(struct run *self, struct session *session, bool live,
                             nanos_t exit_after, text_t *why);
/* Until the stack has ended. */
void run_go(struct run *self);
void run_close(struct run *self);

#endif
