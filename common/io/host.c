/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/host.h"

#include "proto/flows.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
	WAITS_MAX = 32,
	ARENA_DEFAULT = 64 << 10,
	STOP_PATIENCE_S = 5,
	STOP_PATIENCE_PARENT_S = 60, /* a parent waits for its children */
	HEARTBEAT_LIFETIME_S = 3,
	ON_DEMAND_MS = 5,
};

/* What an fd of the epoll set stands for; bus sockets come after the last. */
enum wait_source {
	WAIT_SIGNAL,
	WAIT_JOURNAL,
	WAIT_HTTP,
	WAIT_LINKS,
	WAIT_LISTENER,
	WAIT_PROCESSES,
	WAIT_BUS
};

void host_log(struct host *self, enum severity severity, const char *event, const char *format, ...)
{
	char text[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	log_line(self->log, clock_now(&self->clock), severity, NOTE_LOG, event, text);
}

static enum err watch(struct host *self, int fd, uint64_t source)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = source};
	return epoll_ctl(self->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? OK : ERR_IO;
}

static bool reads_on_demand(const struct host *self)
{
	return (self->service->needs & STREAMS_ON_DEMAND) != 0;
}

static enum err watch_all(struct host *self)
{
	enum err err = watch(self, self->signals, WAIT_SIGNAL);
	if (err == OK && self->journal != NULL)
		err = watch(self, journal_fd(self->journal), WAIT_JOURNAL);
	if (err == OK && self->http != NULL)
		err = watch(self, self->service->http->fd(self->http), WAIT_HTTP);
	if (err == OK && self->links != NULL)
		err = watch(self, self->service->links->fd(self->links), WAIT_LINKS);
	if (err == OK && self->listener != NULL)
		err = watch(self, self->service->listener->fd(self->listener), WAIT_LISTENER);
	if (err == OK && self->processes != NULL)
		err = watch(self, processes_fd(self->processes), WAIT_PROCESSES);
	for (size_t i = 0; err == OK && i < bus_fd_count(self->bus); i++)
		if (i != BUS_SUBSCRIPTIONS || !reads_on_demand(self))
			err = watch(self, bus_fd(self->bus, i), WAIT_BUS + i);
	return err;
}

static enum err open_signals(struct host *self)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	self->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return self->signals < 0 ? ERR_IO : OK;
}

static enum err allocate(struct host *self)
{
	size_t largest = 0;
	for (size_t i = 0; i < message_info_count; i++)
		if (message_infos[i]->size > largest)
			largest = message_infos[i]->size;
	size_t arena_size = self->service->logic->arena_size != 0 ? self->service->logic->arena_size
	                                                          : ARENA_DEFAULT;
	void *arena = aligned_alloc(64, (arena_size + 63) / 64 * 64);
	self->body_size = largest;
	self->body = malloc(largest);
	self->frame = malloc(FRAME_MAX);
	self->http_calls = calloc(HTTP_CALLS_MAX, sizeof *self->http_calls);
	if (arena == NULL || self->body == NULL || self->frame == NULL || self->http_calls == NULL)
		return ERR_IO;
	outbox_init(&self->outbox, arena, arena_size);
	return backlog_open(&self->backlog);
}

static void find_mirrors(struct host *self)
{
	for (size_t i = 0; i < flow_mirror_count; i++)
		if (name_is(&self->identity.service, flow_mirrors[i].publisher))
			self->mirrors[flow_mirrors[i].type] = &flow_mirrors[i];
}

enum err host_open(struct host *self, text_t *why)
{
	enum err err = allocate(self);
	self->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (err != OK || self->epoll < 0 || open_signals(self) != OK) {
		*why = text_format("can't get memory or descriptors: %s", strerror(errno));
		return ERR_IO;
	}
	self->started = clock_now(&self->clock);
	self->timer_next = INT64_MAX;
	calls_init(&self->calls, self->stack.call_repeat);
	streams_init(&self->streams, self->stack.silence_max);
	find_mirrors(self);
	host_open_spool(self);
	err = host_join_bus(self, why);
	if (err == OK && watch_all(self) != OK) {
		*why = text_format("can't watch a descriptor: %s", strerror(errno));
		err = ERR_IO;
	}
	return err;
}

void host_close(struct host *self)
{
	if (self->journal != NULL)
		journal_close(&self->journal, 2 * NANOS_S);
	if (self->listener != NULL)
		self->service->listener->close(&self->listener);
	if (self->links != NULL)
		self->service->links->close(&self->links);
	if (self->http != NULL)
		self->service->http->close(&self->http);
	if (self->processes != NULL)
		processes_close(&self->processes);
	if (self->view != NULL)
		view_close(&self->view);
	if (self->seal != NULL)
		seal_close(&self->seal);
	if (self->bus != NULL)
		bus_close(&self->bus);
	if (self->signals > 0)
		close(self->signals);
	if (self->epoll > 0)
		close(self->epoll);
	spool_close(&self->spool);
	backlog_close(&self->backlog);
	free(self->outbox.arena);
	free(self->http_calls);
	free(self->frame);
	free(self->body);
}

void host_step(struct host *self, struct event *event)
{
	event->now = self->now = clock_now(&self->clock);
	if (event->stamp == 0)
		event->stamp = clock_stamp();
	event->handed = self->handed;
	event->entropy = self->entropy = random_next(&self->random);
	self->causation = event->envelope != NULL ? envelope_id(event->envelope) : 0;
	outbox_clear(&self->outbox);
	self->service->logic->step(self->state, event, &self->outbox);
	host_perform(self, &self->outbox);
}

void host_message(struct host *self, enum message_type type, const void *body, uint64_t token)
{
	struct event event = {.kind = EVENT_MESSAGE, .type = type, .body = body, .token = token};
	host_step(self, &event);
}

void host_republish(struct host *self, bool to_bus)
{
	const struct logic *logic = self->service->logic;
	if (logic->republish == NULL)
		return;
	outbox_clear(&self->outbox);
	logic->republish(self->state, clock_now(&self->clock), &self->outbox);
	if (to_bus) {
		host_perform(self, &self->outbox);
		return;
	}
	for (size_t i = 0; i < self->outbox.count; i++)
		host_mirror(self, self->outbox.effects[i].type, self->outbox.effects[i].body);
}

static uint64_t resident_bytes(void)
{
	char text[64] = "";
	unsigned long long size, resident = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	if (file == NULL)
		return 0;
	if (fgets(text, sizeof text, file) == NULL ||
	    sscanf(text, "%llu %llu", &size, &resident) != 2)
		resident = 0;
	fclose(file);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void list_sequences(const struct host *self, struct counts *out)
{
	out->count = 0;
	for (size_t i = 0; i < flow_publish_count && out->count < COUNTS_MAX; i++)
		if (name_is(&self->identity.service, flow_publishes[i].publisher))
			out->items[out->count++] = self->sequences[flow_publishes[i].type];
}

static enum service_status health(struct host *self, text_t *why)
{
	const struct logic *logic = self->service->logic;
	*why = text_from("");
	if (self->stopping)
		return SERVICE_STATUS_STOPPING;
	if (self->save_failed) {
		*why = text_from("the journal can't be written: no entries");
		return SERVICE_STATUS_DEGRADED;
	}
	return logic->health == NULL ? SERVICE_STATUS_HEALTHY
	                             : logic->health(self->state, self->now, why);
}

static void beat(struct host *self)
{
	struct heartbeat heartbeat = {
		.pid = (uint64_t)getpid(),
		.progress = self->progress,
		.started = self->started,
		.rss_bytes = resident_bytes(),
		.refused = self->refused,
		.dropped = self->dropped + log_lost(self->log),
	};
	char host_name[64] = "";
	gethostname(host_name, sizeof host_name - 1);
	heartbeat.host = name_from(host_name);
	heartbeat.status = health(self, &heartbeat.note);
	list_sequences(self, &heartbeat.sequences);
	host_publish(self, MESSAGE_HEARTBEAT, &heartbeat);
	if (self->view != NULL)
		view_put(self->view, message_info(MESSAGE_HEARTBEAT), &heartbeat, "",
		         HEARTBEAT_LIFETIME_S);
	self->beat_at = self->now + self->stack.heartbeat;
}

static void fire_timers(struct host *self)
{
	if (self->now < self->timer_next)
		return;
	for (unsigned i = 0; i < LOGIC_TIMERS_MAX; i++) {
		if (self->timers[i] == 0 || self->timers[i] > self->now)
			continue;
		self->timers[i] = 0;
		struct event event = {.kind = EVENT_TIMER, .timer = i};
		host_step(self, &event);
	}
	self->timer_next = INT64_MAX;
	for (unsigned i = 0; i < LOGIC_TIMERS_MAX; i++)
		if (self->timers[i] != 0 && self->timers[i] < self->timer_next)
			self->timer_next = self->timers[i];
}

static void deliver_later(struct host *self)
{
	for (size_t left = self->later_count; left > 0;
	     left--) { /* what these cause waits for the next turn */
		struct later later = self->later[self->later_head];
		self->later_head = (self->later_head + 1) % LATER_MAX;
		self->later_count--;
		struct event event = {.kind = later.kind,
		                      .token = later.token,
		                      .type = later.type,
		                      .body = later.body};
		host_step(self, &event);
	}
}

static void take_signals(struct host *self)
{
	struct signalfd_siginfo info;
	while (read(self->signals, &info, sizeof info) == (ssize_t)sizeof info) {
		if (self->stopping) {
			snprintf(self->exit_reason, sizeof self->exit_reason, "second signal");
			self->exiting = true;
			self->exit_by = 0; /* what still waits for the disk is given up */
			continue;
		}
		host_log(self, SEVERITY_INFO, "service.stopping", "%s received",
		         strsignal((int)info.ssi_signo));
		unsigned patience = (self->service->needs & NEEDS_PROCESSES) != 0
		                            ? STOP_PATIENCE_PARENT_S
		                            : STOP_PATIENCE_S;
		self->stopping = true;
		self->exit_by = self->now + patience * NANOS_S;
		struct event event = {.kind = EVENT_STOP};
		host_step(self, &event);
	}
}

static void tell_save_failed(struct host *self)
{
	text_t why;
	if (self->journal == NULL || self->save_failed || !journal_failed(self->journal, &why))
		return;
	host_drain_backlog(self); /* what waited for records that did become durable */
	self->save_failed = true;
	backlog_clear(&self->backlog);
	self->saved = journal_done(self->journal);
	host_log(self, SEVERITY_CRITICAL, "journal.failed",
	         "%s; nothing is sent any more that needs a record", why.text);
	struct event event = {.kind = EVENT_SAVE_FAILED};
	host_step(self, &event);
	self->exiting |= self->stopping; /* its EXIT may have waited behind the record */
}

static void mirror_again(struct host *self)
{
	/* The view is never newer than the journal. */
	if (self->view != NULL && !host_must_wait(self) && view_wants_all(self->view))
		host_republish(self, false);
}

static int patience_ms(const struct host *self, nanos_t now)
{
	nanos_t deadline = self->beat_at;
	nanos_t call = calls_deadline(&self->calls);
	if (bus_is_busy(self->bus) || self->later_count > 0)
		return 0;
	if (self->timer_next < deadline)
		deadline = self->timer_next;
	if (call < deadline)
		deadline = call;
	if (reads_on_demand(self) && now + ON_DEMAND_MS * NANOS_MS < deadline)
		deadline = now + ON_DEMAND_MS * NANOS_MS;
	return deadline <= now ? 0 : (int)((deadline - now + NANOS_MS - 1) / NANOS_MS);
}

static void take_input(struct host *self, uint64_t source)
{
	switch (source) {
	case WAIT_SIGNAL: take_signals(self); break;
	case WAIT_JOURNAL: host_drain_backlog(self); break;
	case WAIT_HTTP: host_drain_http(self); break;
	case WAIT_LINKS: host_drain_links(self); break;
	case WAIT_LISTENER: host_drain_listener(self); break;
	case WAIT_PROCESSES: host_drain_processes(self); break;
	default: bus_signalled(self->bus, source - WAIT_BUS);
	}
}

static bool may_leave(const struct host *self)
{
	return self->exiting && self->backlog.count == 0;
}

/* A damaged journal is rebuilt from what is left; a person must know. */
static void tell_damage(struct host *self)
{
	struct alert alert = {
		.severity = SEVERITY_CRITICAL,
		.event = name_from("journal.damaged"),
		.at = self->now,
		.text = self->identity.damage,
		.repeats = 1,
	};
	if (self->identity.damage.size > 0)
		host_publish(self, MESSAGE_ALERT, &alert);
}

void host_run(struct host *self)
{
	struct epoll_event events[WAITS_MAX];
	struct event start = {.kind = EVENT_START};
	host_step(self, &start);
	tell_damage(self);
	beat(self);
	while (!may_leave(self) && !(self->stopping && self->now > self->exit_by)) {
		int count = epoll_wait(self->epoll, events, WAITS_MAX,
		                       patience_ms(self, clock_now(&self->clock)));
		self->now = clock_now(&self->clock);
		self->progress++;
		for (int i = 0; i < count; i++)
			take_input(self, events[i].data.u64);
		if (reads_on_demand(self))
			bus_signalled(self->bus,
			              BUS_SUBSCRIPTIONS); /* is drained before the others */
		host_drain_bus(self);
		deliver_later(self);
		fire_timers(self);
		host_repeat_calls(self);
		tell_save_failed(self); /* not by the fd alone: a step may have taken its signal */
		if (self->now < self->beat_at)
			continue;
		host_expire_frames(self);
		host_open_waiting_links(self);
		host_tend_streams(self);
		mirror_again(self);
		beat(self);
	}
	host_log(self, SEVERITY_INFO, "service.stopped", "%s", self->exit_reason);
}
