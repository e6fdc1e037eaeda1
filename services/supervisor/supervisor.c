/* SPDX-License-Identifier: Apache-2.0 */
#include "services/supervisor/supervisor.h"

#include "common/base/backoff.h"

#include <signal.h>
#include <string.h>

enum {
	CHILDREN_MAX = CONFIG_NAMES_MAX + 1,
	CRASHES_KEPT = 32,
	TIMER_TEND = 1,
	TEND_MS = 50,
	TOKEN_WIND_DOWN = 1,
	TOKEN_HALT = 2,
	LOST_FAILURES = 3, /* so many ends in a row: it can't come up */
};

/* Not in the configuration's list: the supervisor brings it when the stack wants one of its own. */
static const char REDIS[] = "redis";

enum phase { PHASE_RUNNING, PHASE_WINDING_DOWN, PHASE_TERMINATING, PHASE_STOPPED };

struct child {
	struct child_state state;
	nanos_t started, start_at; /* start_at: 0 = not due */
	nanos_t heard;             /* last heartbeat; only recovery is listened to */
	unsigned failures;         /* ends in a row without a calm run between */
	bool kill_sent;
	nanos_t crashes[CRASHES_KEPT];
	size_t crash_count;
	bool told_storm;
};

struct supervisor {
	const struct supervisor_config *config;
	struct child children[CHILDREN_MAX];
	size_t count;
	enum phase phase;
	nanos_t phase_until;
	uint64_t stop_token; /* the STOP command that waits for its answer; 0 = none */
};

static void add_child(struct supervisor *self, const char *name)
{
	self->children[self->count++].state = (struct child_state){
		.service = name_from(name),
		.status = SERVICE_STATUS_DEAD,
		.reason = text_from("not started yet"),
	};
}

static void supervisor_init(void *state, const struct identity *identity, const void *config)
{
	struct supervisor *self = state;
	self->config = config;
	if (strcmp(identity->stack->redis.text, "private") == 0)
		add_child(self, REDIS);
	for (uint32_t i = 0; i < identity->stack->services.count; i++)
		add_child(self, identity->stack->services.items[i].text);
}

static struct child *find(struct supervisor *self, const name_t *name)
{
	for (size_t i = 0; i < self->count; i++)
		if (name_equals(&self->children[i].state.service, name))
			return &self->children[i];
	return NULL;
}

static bool is_running(const struct child *child)
{
	return child->state.pid != 0;
}

static void start_child(struct child *child, nanos_t now, struct outbox *out)
{
	struct child_start start = {.service = child->state.service};
	child->start_at = 0;
	child->started = now;
	child->kill_sent = false;
	child->state.status = SERVICE_STATUS_STARTING;
	outbox_call_host(out, MESSAGE_CHILD_START, &start);
}

static void send_signal(const struct child *child, int number, struct outbox *out)
{
	struct child_signal message = {.service = child->state.service, .signal = (uint64_t)number};
	outbox_call_host(out, MESSAGE_CHILD_SIGNAL, &message);
}

static void take_started(struct supervisor *self, const struct child_started *started,
                         struct outbox *out)
{
	struct child *child = find(self, &started->service);
	if (child == NULL)
		return;
	child->state.pid = started->pid;
	child->state.status = SERVICE_STATUS_HEALTHY;
	child->state.reason = text_from("");
	outbox_publish(out, MESSAGE_CHILD_STATE, &child->state);
}

/* Supervision rule: five ends within a minute halt entries and page; protection and restarts go on.
 */
static bool is_storm(const struct supervisor *self, const struct child *child, nanos_t now)
{
	size_t recent = 0;
	size_t kept = child->crash_count < CRASHES_KEPT ? child->crash_count : CRASHES_KEPT;
	for (size_t i = 0; i < kept; i++)
		if (now - child->crashes[i] <= self->config->crash_window)
			recent++;
	return recent >= self->config->crashes_max;
}

static void halt_entries(const struct child *child, nanos_t now, struct outbox *out)
{
	struct command command = {
		.kind = COMMAND_KIND_HALT,
		.actor = name_from("supervisor"),
		.reason = text_format("%s keeps dying", child->state.service.text),
	};
	outbox_call(out, "executor", TOKEN_HALT, now + 10 * NANOS_S, MESSAGE_COMMAND, &command);
	outbox_call(out, "risk", TOKEN_HALT, now + 10 * NANOS_S, MESSAGE_COMMAND, &command);
	outbox_alert(
		out, now, SEVERITY_CRITICAL, "service.storm",
		"%s died again and again: entries are halted, restarts go on; look at bw logs %s",
		child->state.service.text, child->state.service.text);
}

static nanos_t restart_delay(const struct supervisor *self, const struct child *child,
                             uint64_t entropy)
{
	struct backoff backoff = {.base = self->config->restart_delay,
	                          .max = self->config->restart_delay_max};
	if (child->failures <= 1)
		return 0;
	if (backoff.max < backoff.base)
		backoff.max = backoff.base;
	return backoff_delay(&backoff, child->failures - 2, entropy);
}

static void count_crash(struct supervisor *self, struct child *child, nanos_t now,
                        struct outbox *out)
{
	child->crashes[child->crash_count++ % CRASHES_KEPT] = now;
	bool is_now_storm = is_storm(self, child, now);
	if (is_now_storm && !child->told_storm)
		halt_entries(child, now, out);
	child->told_storm = is_now_storm;
}

static void take_ended(struct supervisor *self, const struct event *event, struct outbox *out)
{
	const struct child_ended *ended = event->body;
	struct child *child = find(self, &ended->service);
	if (child == NULL)
		return;
	child->state.pid = 0;
	child->state.status = SERVICE_STATUS_DEAD;
	child->state.reason = ended->reason;
	if (self->phase != PHASE_RUNNING && self->phase != PHASE_WINDING_DOWN) {
		outbox_publish(out, MESSAGE_CHILD_STATE, &child->state);
		return;
	}
	child->failures =
		event->now - child->started > self->config->calm_after ? 1 : child->failures + 1;
	child->state.restarts++;
	child->start_at = event->now + restart_delay(self, child, event->entropy);
	outbox_publish(out, MESSAGE_CHILD_STATE, &child->state);
	outbox_alert(out, event->now, SEVERITY_ERROR, "service.ended",
	             "%s ended (%s) and is started again in %lld ms", child->state.service.text,
	             ended->reason.text, (long long)((child->start_at - event->now) / NANOS_MS));
	if (!ended->expected) /* one that leaves by itself wants to be started, and tells why */
		count_crash(self, child, event->now, out);
	if (child->start_at <= event->now)
		start_child(child, event->now, out);
}

static void wind_down(struct supervisor *self, nanos_t now, const char *reason, struct outbox *out)
{
	struct command command = {
		.kind = COMMAND_KIND_WIND_DOWN,
		.actor = name_from("supervisor"),
		.reason = text_from(reason),
	};
	if (self->phase != PHASE_RUNNING)
		return;
	self->phase = PHASE_WINDING_DOWN;
	self->phase_until = now + self->config->wind_down;
	outbox_alert(out, now, SEVERITY_INFO, "stack.stopping",
	             "entries are shut, open orders are being cancelled");
	outbox_call(out, "executor", TOKEN_WIND_DOWN, self->phase_until, MESSAGE_COMMAND, &command);
}

static bool is_kept_for_last(const struct child *child)
{
	return name_is(&child->state.service, REDIS) || name_is(&child->state.service, "exchange");
}

/* The exchange and Redis go last: the others still tell them how things ended. */
static size_t running_count(const struct supervisor *self, bool last)
{
	size_t count = 0;
	for (size_t i = 0; i < self->count; i++)
		count += is_running(&self->children[i]) &&
		         is_kept_for_last(&self->children[i]) == last;
	return count;
}

static void end_children(struct supervisor *self, bool last, int number, struct outbox *out)
{
	for (size_t i = 0; i < self->count; i++) {
		struct child *child = &self->children[i];
		child->start_at = 0;
		if (!is_running(child) || is_kept_for_last(child) != last ||
		    (number == SIGTERM && child->kill_sent))
			continue;
		child->kill_sent = true;
		child->state.status = SERVICE_STATUS_STOPPING;
		send_signal(child, number, out);
	}
}

static void terminate(struct supervisor *self, nanos_t now, struct outbox *out)
{
	self->phase = PHASE_TERMINATING;
	self->phase_until = now + self->config->stop_patience;
	end_children(self, false, SIGTERM, out);
}

static void tell_orders_left(nanos_t now, const char *why, struct outbox *out)
{
	outbox_alert(out, now, SEVERITY_CRITICAL, "stack.orders_left",
	             "stopping although cancels are not confirmed: %s", why);
}

/* Nobody waits for a confirmation by one that can't come up. */
static bool is_executor_lost(struct supervisor *self)
{
	name_t name = name_from("executor");
	const struct child *executor = find(self, &name);
	return executor != NULL && !is_running(executor) && executor->failures >= LOST_FAILURES;
}

static void finish(struct supervisor *self, struct outbox *out)
{
	struct command_result result = {.done = true, .text = text_from("stopped")};
	self->phase = PHASE_STOPPED;
	if (self->stop_token != 0)
		outbox_answer(out, self->stop_token, MESSAGE_COMMAND_RESULT, &result);
	outbox_exit(out, "every service has stopped");
}

static void tend_stop(struct supervisor *self, nanos_t now, struct outbox *out)
{
	bool is_late = now >= self->phase_until;
	if (self->phase == PHASE_WINDING_DOWN && is_executor_lost(self)) {
		tell_orders_left(now, "the executor keeps dying", out);
		terminate(self, now, out);
		return;
	}
	if (self->phase == PHASE_WINDING_DOWN && is_late) {
		terminate(self, now, out); /* whose patience begins now */
		return;
	}
	if (self->phase != PHASE_TERMINATING)
		return;
	end_children(self, false, is_late ? SIGKILL : SIGTERM,
	             out); /* one may have come up meanwhile */
	if (running_count(self, false) > 0)
		return;
	end_children(self, true, SIGTERM, out);
	if (now >= self->phase_until + self->config->stop_patience)
		end_children(self, true, SIGKILL, out);
	if (running_count(self, true) == 0)
		finish(self, out);
}

/* Recovery finds who hangs; that it hangs itself is seen here. */
static void watch_recovery(const struct supervisor *self, struct child *child, nanos_t now,
                           struct outbox *out)
{
	nanos_t since = child->heard > child->started ? child->heard : child->started;
	if (self->phase != PHASE_RUNNING || child->heard == 0 || !is_running(child) ||
	    child->kill_sent || now - since <= self->config->recovery_silence)
		return;
	child->kill_sent = true;
	outbox_alert(out, now, SEVERITY_ERROR, "service.restart",
	             "%s is killed and started again: no heartbeat for %lld ms",
	             child->state.service.text, (long long)((now - since) / NANOS_MS));
	send_signal(child, SIGKILL, out);
}

static void take_heartbeat(struct supervisor *self, const struct event *event)
{
	struct child *child = find(self, &event->envelope->sender);
	if (child != NULL)
		child->heard = event->now;
}

static void tend(struct supervisor *self, nanos_t now, struct outbox *out)
{
	for (size_t i = 0; i < self->count; i++) {
		struct child *child = &self->children[i];
		if (child->start_at != 0 && child->start_at <= now && !is_running(child))
			start_child(child, now, out);
		watch_recovery(self, child, now, out);
	}
	tend_stop(self, now, out);
	if (self->phase != PHASE_STOPPED)
		outbox_set_timer(out, TIMER_TEND, now + TEND_MS * NANOS_MS);
}

static void start_all(struct supervisor *self, nanos_t now, struct outbox *out)
{
	for (size_t i = 0; i < self->count; i++)
		start_child(&self->children[i], now, out);
	tend(self, now, out);
}

static void answer(struct outbox *out, uint64_t token, bool done, const char *text)
{
	struct command_result result = {.done = done, .text = text_from(text)};
	outbox_answer(out, token, MESSAGE_COMMAND_RESULT, &result);
}

static void restart(struct supervisor *self, const struct event *event, struct outbox *out)
{
	const struct command *command = event->body;
	struct child *child = find(self, &command->target);
	if (child == NULL || self->phase != PHASE_RUNNING) {
		answer(out, event->token, false,
		       child == NULL ? "no such service here" : "the stack is stopping");
		return;
	}
	outbox_alert(out, event->now, SEVERITY_ERROR, "service.restart",
	             "%s is killed and started again: %s", command->target.text,
	             command->reason.text);
	if (is_running(child))
		send_signal(child, SIGKILL, out);
	answer(out, event->token, true, "it is killed and started again");
}

static void take_command(struct supervisor *self, const struct event *event, struct outbox *out)
{
	const struct command *command = event->body;
	if (command->kind == COMMAND_KIND_RESTART) {
		restart(self, event, out);
	} else if (command->kind == COMMAND_KIND_STOP) {
		if (self->stop_token != 0)
			answer(out, event->token, true, "it is stopping already");
		else
			self->stop_token = event->token;
		wind_down(self, event->now, "bw down", out);
	} else {
		answer(out, event->token, false, "the supervisor knows only STOP and RESTART");
	}
}

static void take_reply(struct supervisor *self, const struct event *event, struct outbox *out)
{
	const struct command_result *result = event_body(event, MESSAGE_COMMAND_RESULT);
	if (event->token != TOKEN_WIND_DOWN || self->phase != PHASE_WINDING_DOWN)
		return;
	if (result == NULL || !result->done)
		tell_orders_left(event->now,
		                 result != NULL ? result->text.text : "the executor doesn't answer",
		                 out);
	terminate(self, event->now, out);
}

static void supervisor_step(void *state, const struct event *event, struct outbox *out)
{
	struct supervisor *self = state;
	if (event->kind == EVENT_START)
		start_all(self, event->now, out);
	else if (event->kind == EVENT_TIMER)
		tend(self, event->now, out);
	else if (event->kind == EVENT_REQUEST && event->type == MESSAGE_COMMAND)
		take_command(self, event, out);
	else if (event->kind == EVENT_REPLY)
		take_reply(self, event, out);
	else if (event->kind == EVENT_STOP)
		wind_down(self, event->now, "asked to stop", out);
	else if (event->kind == EVENT_MESSAGE && event->type == MESSAGE_HEARTBEAT)
		take_heartbeat(self, event);
	else if (event->kind == EVENT_MESSAGE && event->type == MESSAGE_CHILD_STARTED)
		take_started(self, event->body, out);
	else if (event->kind == EVENT_MESSAGE && event->type == MESSAGE_CHILD_ENDED)
		take_ended(self, event, out);
}

static void supervisor_republish(const void *state, nanos_t now, struct outbox *out)
{
	const struct supervisor *self = state;
	(void)now;
	for (size_t i = 0; i < self->count; i++)
		outbox_publish(out, MESSAGE_CHILD_STATE, &self->children[i].state);
}

static const struct config_key keys[] = {
#define CONFIG_ROWS struct supervisor_config
#include "common/base/config_rows.h"
#include "services/supervisor/config.def"
#include "common/base/config_rows_end.h"
};

const struct config_type supervisor_config_type = {
	.name = "supervisor",
	.doc = "How processes are started again and stopped.",
	.keys = keys,
	.key_count = sizeof keys / sizeof *keys,
	.size = sizeof(struct supervisor_config),
};

const struct logic supervisor_logic = {
	.name = "supervisor",
	.state_size = sizeof(struct supervisor),
	.init = supervisor_init,
	.step = supervisor_step,
	.republish = supervisor_republish,
};
