/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/run.h"

#include "common/io/version.h"
#include "services/bw/runlock.h"
#include "services/bw/screen.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
	SHOW_MS = 250,
	QUICK_ENDS_MAX = 3, /* a supervisor that can't start is not started for ever */
	COMPARE_TRIES = 12, /* what was executed last may still be on its way to our books */
	COMPARE_MS = 500,
};

#define COMPARE_PATIENCE (15 * NANOS_S)
#define WIND_DOWN_PATIENCE (35 * NANOS_S)
#define SILENT_PATIENCE (5 * NANOS_S)
#define STOP_PATIENCE (60 * NANOS_S)
#define QUICK_END (2 * NANOS_S)
#define SUPERVISOR_PATIENCE (10 * NANOS_S)
#define LEFTOVER_PATIENCE (5 * NANOS_S)

static nanos_t now_of(const struct run *self)
{
	return client_now(self->session->client);
}

static void say(struct run *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct run *self, const char *format, ...)
{
	char text[TEXT_MAX_SIZE + 1];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	self->message = text_from(text);
	if (!self->is_live)
		progress_say(&self->progress, now_of(self), "%s", text);
}

/* The supervisor is our child, as the services are its own. */
static void picture_supervisor(struct run *self, const char *reason)
{
	struct envelope envelope = {.type = MESSAGE_CHILD_STATE};
	struct child_state state = {
		.service = name_from("supervisor"),
		.status = self->supervisor_pid != 0 ? SERVICE_STATUS_HEALTHY : SERVICE_STATUS_DEAD,
		.pid = self->supervisor_pid,
		.restarts = self->supervisor_restarts,
		.reason = text_from(reason),
	};
	picture_take(&self->session->picture, &envelope, &state, now_of(self));
}

static enum err start_supervisor(struct run *self, text_t *why)
{
	const struct service_paths *paths = &self->session->paths;
	char program[600], output[700];
	name_t name = name_from("supervisor");
	snprintf(program, sizeof program, "%s/supervisor", paths->programs);
	snprintf(output, sizeof output, "%s/logs/supervisor.console", paths->state);
	char *const argv[] = {program,   "--profile",          (char *)paths->profile,
	                      "--state", (char *)paths->state, NULL};
	enum err err =
		processes_start(self->processes, &name, argv, output, &self->supervisor_pid, why);
	self->supervisor_started = now_of(self);
	self->restart_at = 0;
	picture_supervisor(self, "");
	return err;
}

static enum err watch(struct run *self, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
	return epoll_ctl(self->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? OK : ERR_IO;
}

static enum err open_loop(struct run *self)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	self->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	self->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (self->signals < 0 || self->epoll < 0 || watch(self, self->signals) != OK ||
	    watch(self, processes_fd(self->processes)) != OK ||
	    watch(self, client_fd(self->session->client)) != OK)
		return ERR_IO;
	return self->is_live ? watch(self, STDIN_FILENO) : OK;
}

enum err run_open(struct run *self, struct session *session, bool live, nanos_t exit_after,
                  text_t *why)
{
	*self = (struct run){.session = session, .is_live = live, .epoll = -1, .signals = -1};
	self->running = calloc(1, sizeof *self->running);
	self->started = now_of(self);
	self->exit_at = exit_after > 0 ? self->started + exit_after : 0;
	progress_init(&self->progress, stderr, self->started);
	*why = text_format("can't get memory or descriptors: %s", strerror(errno));
	if (self->running == NULL || processes_open(&self->processes) != OK ||
	    open_loop(self) != OK)
		return ERR_IO;
	self->report = (struct run_report){
		.build = version_build,
		.started = self->started,
		.running = self->running,
		.wound_down = &session->picture,
		.books = &self->books,
	};
	self->books.why = text_from("the run ended before");
	return start_supervisor(self, why);
}

void run_close(struct run *self)
{
	if (self->processes != NULL)
		processes_close(&self->processes);
	if (self->epoll >= 0)
		close(self->epoll);
	if (self->signals >= 0)
		close(self->signals);
	free(self->running);
}

static void keep_picture(struct run *self)
{
	if (self->report.ended != 0)
		return;
	*self->running = self->session->picture;
	self->report.ended = now_of(self);
}

static void ask_to_stop(struct run *self)
{
	struct command command = {.kind = COMMAND_KIND_STOP,
	                          .actor = name_from("bw"),
	                          .reason = text_from("bw up ends")};
	say(self, "stopping every service");
	self->phase = RUN_STOPPING;
	self->phase_until = now_of(self) + STOP_PATIENCE;
	self->call = client_call(self->session->client, "supervisor", MESSAGE_COMMAND, &command,
	                         STOP_PATIENCE);
}

static void compare_soon(struct run *self)
{
	self->phase = RUN_COMPARING;
	self->phase_until = now_of(self) + COMPARE_PATIENCE;
	self->compare_at = now_of(self) + COMPARE_MS * NANOS_MS;
	client_refresh(self->session->client, "executor"); /* its totals come once a second only */
	say(self, "comparing books with the exchange");
}

static bool has_executor(const struct run *self)
{
	return picture_service(&self->session->picture, "executor") != NULL;
}

static void begin_end(struct run *self, const char *why)
{
	struct command command = {
		.kind = COMMAND_KIND_WIND_DOWN, .actor = name_from("bw"), .reason = text_from(why)};
	if (self->phase != RUN_RUNNING)
		return;
	keep_picture(self);
	if (!has_executor(self)) {
		ask_to_stop(self);
		return;
	}
	say(self, "%s: entries are shut, open orders are being cancelled", why);
	self->phase = RUN_WINDING_DOWN;
	self->phase_until = now_of(self) + WIND_DOWN_PATIENCE;
	self->call = client_call(self->session->client, "executor", MESSAGE_COMMAND, &command,
	                         WIND_DOWN_PATIENCE);
}

static bool is_executor_silent(const struct run *self, nanos_t now)
{
	const struct picture_service *executor =
		picture_service(&self->session->picture, "executor");
	nanos_t since = self->report.ended;
	return executor == NULL ||
	       (now - since > SILENT_PATIENCE && now - executor->heard > SILENT_PATIENCE);
}

static void tend_wind_down(struct run *self, nanos_t now)
{
	struct command_result result;
	enum client_outcome outcome =
		client_outcome(self->session->client, self->call, MESSAGE_COMMAND_RESULT, &result);
	if (outcome == CLIENT_PENDING && !is_executor_silent(self, now))
		return;
	if (outcome == CLIENT_ANSWERED) {
		self->report.wind_down_confirmed = result.done;
		self->report.wind_down_text = result.text;
		say(self, "%s%s", result.done ? "" : "not all is wound down: ", result.text.text);
	} else {
		self->report.wind_down_text = text_from("the executor doesn't answer");
		say(self, "the executor doesn't answer: open orders may be left at the exchange; "
		          "look at bw "
		          "logs executor");
	}
	compare_soon(self);
}

static void tell_books(struct run *self)
{
	const struct books_result *books = &self->books;
	if (!books->compared) {
		say(self, "books could not be compared: %s", books->why.text);
		return;
	}
	if (books->agreement.agree)
		say(self, "books agree with the exchange: %llu executions, %llu orders there",
		    (unsigned long long)books->exchange_trades,
		    (unsigned long long)books->exchange_orders);
	else
		say(self, "books and exchange differ in %llu places; first: %s",
		    (unsigned long long)books->agreement.found,
		    books->agreement.differences[0].text);
}

static void tend_compare(struct run *self, nanos_t now)
{
	if (now < self->compare_at && !client_is_whole(self->session->client, "executor"))
		return;
	books_compare(&self->session->paths, &self->session->stack, &self->session->picture,
	              &self->books);
	self->compared++;
	self->compare_at = now_of(self) + COMPARE_MS * NANOS_MS;
	bool is_sure = self->books.compared && self->books.agreement.agree;
	if (!is_sure && self->compared < COMPARE_TRIES && now_of(self) < self->phase_until) {
		client_refresh(self->session->client, "executor");
		return;
	}
	tell_books(self);
	ask_to_stop(self);
}

static void kill_all(struct run *self, const char *why)
{
	say(self, "%s: the supervisor is killed, services end by themselves", why);
	self->was_killed = true;
	self->phase = RUN_ENDED;
}

static void tend_phase(struct run *self, nanos_t now)
{
	if (self->phase == RUN_RUNNING && self->exit_at != 0 && now >= self->exit_at)
		begin_end(self, "the time is over");
	if (self->phase == RUN_WINDING_DOWN)
		tend_wind_down(self, now);
	else if (self->phase == RUN_COMPARING)
		tend_compare(self, now);
	else if (self->phase == RUN_STOPPING && now > self->phase_until)
		kill_all(self, "services don't end in time");
}

static void take_signals(struct run *self)
{
	struct signalfd_siginfo info;
	while (read(self->signals, &info, sizeof info) == (ssize_t)sizeof info) {
		if (self->phase == RUN_RUNNING)
			begin_end(self, info.ssi_signo == SIGINT ? "Ctrl-C" : "asked to stop");
		else
			kill_all(self, "second signal");
	}
}

static void take_supervisor_end(struct run *self, const struct process_end *end)
{
	nanos_t now = now_of(self);
	bool was_quick = now - self->supervisor_started < QUICK_END;
	self->supervisor_pid = 0;
	picture_supervisor(self, end->reason.text);
	self->quick_ends = was_quick ? self->quick_ends + 1 : 0;
	if (self->phase == RUN_STOPPING || end->status == 0) {
		say(self, self->phase == RUN_RUNNING ? "stopped from elsewhere (bw down)"
		                                     : "every service has stopped");
		keep_picture(self);
		self->phase = RUN_ENDED;
	} else if (self->quick_ends >= QUICK_ENDS_MAX) {
		say(self, "the supervisor can't start (%s): look at %.150s/logs/supervisor.console",
		    end->reason.text, self->session->paths.state);
		keep_picture(self);
		self->failed = true;
		self->phase = RUN_ENDED;
	} else {
		say(self, "the supervisor ended (%s) and is started again", end->reason.text);
		self->supervisor_restarts++;
		picture_lose_supervisor(&self->session->picture);
		self->restart_at = now + LEFTOVER_PATIENCE;
	}
}

/* Nobody else watches the supervisor: hung, it is killed, and its end starts it again. */
static void kill_hung_supervisor(struct run *self, nanos_t now)
{
	name_t name = name_from("supervisor");
	const struct picture_service *service = picture_service(&self->session->picture, name.text);
	if (self->supervisor_pid == 0 || service == NULL ||
	    now - self->supervisor_started < SUPERVISOR_PATIENCE ||
	    now - service->heard < SUPERVISOR_PATIENCE)
		return;
	say(self, "the supervisor is silent: it is killed and started again");
	self->supervisor_started = now; /* once per patience */
	if (processes_signal(self->processes, &name, SIGKILL) != OK)
		say(self, "the supervisor is gone already");
}

static void tend_supervisor(struct run *self, nanos_t now)
{
	struct process_end end;
	name_t who;
	text_t why;
	while (processes_next(self->processes, &end))
		take_supervisor_end(self, &end);
	kill_hung_supervisor(self, now);
	if (self->restart_at == 0 || self->phase == RUN_ENDED)
		return;
	/* Its services saw it die and are ending: new ones would find their directories locked. */
	if (now < self->restart_at && runlock_finds_service(&self->session->paths, &who))
		return;
	if (start_supervisor(self, &why) == OK)
		return;
	say(self, "can't start the supervisor again: %s", why.text);
	self->restart_at = now + NANOS_S;
}

static void take_keys(struct run *self)
{
	for (int key; (key = screen_key()) != 0;)
		if (key == 'q' || key == 'Q')
			begin_end(self, "q pressed");
}

static void show(struct run *self, nanos_t now)
{
	const struct session *session = self->session;
	if (!self->is_live) {
		if (self->phase == RUN_RUNNING)
			progress_update(&self->progress, &session->picture, now);
		return;
	}
	take_keys(self);
	if (now < self->shown_at)
		return;
	self->shown_at = now + SHOW_MS * NANOS_MS;
	struct screen_facts facts = {
		.profile = session->stack.profile.text,
		.state = session->paths.state,
		.started = self->started,
		.message = self->message.text,
	};
	screen_draw(&session->picture, &facts, now);
}

void run_go(struct run *self)
{
	enum { EVENTS_MAX = 8 };
	struct epoll_event events[EVENTS_MAX];
	while (self->phase != RUN_ENDED) {
		int patience = client_patience(self->session->client) == 0 ? 0 : SHOW_MS / 5;
		epoll_wait(self->epoll, events, EVENTS_MAX, patience);
		client_run(self->session->client, 0);
		nanos_t now = now_of(self);
		take_signals(self);
		tend_supervisor(self, now);
		tend_phase(self, now);
		show(self, now);
	}
}
