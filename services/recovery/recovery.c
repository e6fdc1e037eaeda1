/* SPDX-License-Identifier: Apache-2.0 */
#include "services/recovery/recovery.h"

/* Watched once it was heard: there may be none. Its silence is only told: nobody can be asked to
 * start it. */
static const char SUPERVISOR[] = "supervisor";

enum { PATIENTS_MAX = CONFIG_NAMES_MAX + 1, TIMER_CHECK = 1, CHECK_MS = 100, CALL_PATIENCE_S = 5 };

struct patient {
	name_t service;
	enum service_status
		status; /* HEALTHY, DEGRADED, DEAD, HUNG; STARTING before the first heartbeat */
	uint64_t epoch, progress;
	nanos_t heard, moved;   /* last heartbeat; last rise of its progress */
	nanos_t lost_at;        /* when it fell silent; 0 = it is there */
	uint64_t pid, restarts; /* as the supervisor last told */
	nanos_t patience_until;
	bool is_restarting;
};

struct recovery {
	const struct recovery_config *config;
	name_t instance;
	struct patient patients[PATIENTS_MAX];
	size_t count;
};

static void add_patient(struct recovery *self, const char *service)
{
	self->patients[self->count++] =
		(struct patient){.service = name_from(service), .status = SERVICE_STATUS_STARTING};
}

static void recovery_init(void *state, const struct identity *identity, const void *config)
{
	struct recovery *self = state;
	self->config = config;
	self->instance = identity->instance;
	for (uint32_t i = 0; i < identity->stack->services.count; i++) {
		const name_t *service = &identity->stack->services.items[i];
		if (!name_equals(service, &identity->instance))
			add_patient(self, service->text);
	}
	add_patient(self, SUPERVISOR);
}

static bool is_supervisor(const struct patient *patient)
{
	return name_is(&patient->service, SUPERVISOR);
}

static struct patient *find(struct recovery *self, const name_t *service)
{
	for (size_t i = 0; i < self->count; i++)
		if (name_equals(&self->patients[i].service, service))
			return &self->patients[i];
	return NULL;
}

static void tell_back(struct patient *patient, nanos_t now, struct outbox *out)
{
	if (patient->lost_at != 0)
		outbox_alert(out, now, SEVERITY_INFO, "service.back", "%s is back after %lld ms",
		             patient->service.text,
		             (long long)((now - patient->lost_at) / NANOS_MS));
	patient->lost_at = 0;
	patient->is_restarting = false;
}

static void take_heartbeat(struct recovery *self, const struct event *event, struct outbox *out)
{
	const struct heartbeat *heartbeat = event->body;
	struct patient *patient = find(self, &event->envelope->sender);
	if (patient == NULL)
		return;
	bool is_new_run = patient->epoch != event->envelope->epoch;
	if (is_new_run && patient->epoch != 0 && patient->lost_at == 0)
		patient->lost_at = patient->heard; /* it died and came back between two looks */
	bool has_moved = is_new_run || heartbeat->progress > patient->progress;
	if (has_moved)
		patient->moved = event->now;
	patient->epoch = event->envelope->epoch;
	patient->progress = heartbeat->progress;
	patient->heard = event->now;
	patient->status = heartbeat->status;
	if (has_moved)
		tell_back(patient, event->now, out);
}

/* The supervisor says its state again whenever somebody asks; only a change gives time to come up.
 */
static void take_child(struct recovery *self, const struct event *event)
{
	const struct child_state *child = event->body;
	struct patient *patient = find(self, &child->service);
	if (patient == NULL || (patient->pid == child->pid && patient->restarts == child->restarts))
		return;
	patient->pid = child->pid;
	patient->restarts = child->restarts;
	patient->patience_until = event->now + self->config->boot_patience;
}

static void order_restart(struct recovery *self, struct patient *patient, nanos_t now,
                          const char *why, struct outbox *out)
{
	struct command command = {
		.kind = COMMAND_KIND_RESTART,
		.target = patient->service,
		.actor = self->instance,
		.reason = text_from(why),
	};
	if (is_supervisor(patient))
		return;
	patient->status = SERVICE_STATUS_HUNG;
	patient->is_restarting = true;
	patient->patience_until = now + self->config->boot_patience;
	outbox_call(out, "supervisor", (uint64_t)(patient - self->patients) + 1,
	            now + CALL_PATIENCE_S * NANOS_S, MESSAGE_COMMAND, &command);
}

static void check_patient(struct recovery *self, struct patient *patient, nanos_t now,
                          struct outbox *out)
{
	nanos_t silence = now - patient->heard, standstill = now - patient->moved;
	if (patient->is_restarting && now > patient->patience_until)
		patient->is_restarting = false; /* it did not come back: ask again */
	if (patient->epoch == 0 && (now <= patient->patience_until || is_supervisor(patient)))
		return; /* it may still be on its way up */
	if (self->config->missing_after > silence) {
		if (standstill > self->config->restart_after && !patient->is_restarting)
			order_restart(self, patient, now, "its work loop stands still", out);
		return;
	}
	if (patient->lost_at == 0) {
		patient->lost_at = patient->heard;
		patient->status = SERVICE_STATUS_DEAD;
		outbox_alert(out, now, SEVERITY_ERROR, "service.missing",
		             "%s is silent for %lld ms", patient->service.text,
		             (long long)(silence / NANOS_MS));
	}
	bool was_heard = patient->heard > patient->patience_until - self->config->boot_patience;
	bool may_boot = now <= patient->patience_until && !was_heard;
	if (silence > self->config->restart_after && !patient->is_restarting && !may_boot)
		order_restart(self, patient, now, "no heartbeat: it is hung", out);
}

static void check(struct recovery *self, nanos_t now, struct outbox *out)
{
	for (size_t i = 0; i < self->count; i++)
		check_patient(self, &self->patients[i], now, out);
	outbox_set_timer(out, TIMER_CHECK, now + CHECK_MS * NANOS_MS);
}

/* Who is never heard of is missing too, once it had the time to come up. */
static void start(struct recovery *self, nanos_t now, struct outbox *out)
{
	for (size_t i = 0; i < self->count; i++) {
		self->patients[i].heard = self->patients[i].moved = now;
		self->patients[i].patience_until = now + self->config->boot_patience;
	}
	check(self, now, out);
}

static void take_reply(struct recovery *self, const struct event *event, struct outbox *out)
{
	const struct command_result *result = event_body(event, MESSAGE_COMMAND_RESULT);
	size_t index = event->token - 1;
	if (index >= self->count || (result != NULL && result->done))
		return;
	outbox_alert(out, event->now, SEVERITY_CRITICAL, "service.not_restarted",
	             "%s could not be started again: %s", self->patients[index].service.text,
	             result != NULL ? result->text.text : "the supervisor doesn't answer");
}

static void recovery_step(void *state, const struct event *event, struct outbox *out)
{
	struct recovery *self = state;
	if (event->kind == EVENT_START)
		start(self, event->now, out);
	else if (event->kind == EVENT_TIMER)
		check(self, event->now, out);
	else if (event->kind == EVENT_STOP)
		outbox_exit(out, "asked to stop");
	else if (event->kind == EVENT_REPLY)
		take_reply(self, event, out);
	else if (event->kind == EVENT_MESSAGE && event->type == MESSAGE_HEARTBEAT)
		take_heartbeat(self, event, out);
	else if (event->kind == EVENT_MESSAGE && event->type == MESSAGE_CHILD_STATE)
		take_child(self, event);
}

static enum service_status recovery_health(const void *state, nanos_t now, text_t *why)
{
	const struct recovery *self = state;
	(void)now;
	for (size_t i = 0; i < self->count; i++) {
		const struct patient *patient = &self->patients[i];
		if (patient->lost_at == 0 && (patient->epoch != 0 || is_supervisor(patient)))
			continue;
		*why = text_format("%s is missing", patient->service.text);
		return SERVICE_STATUS_DEGRADED;
	}
	return SERVICE_STATUS_HEALTHY;
}

static const struct config_key keys[] = {
#define CONFIG_ROWS struct recovery_config
#include "common/base/config_rows.h"
#include "services/recovery/config.def"
#include "common/base/config_rows_end.h"
};

const struct config_type recovery_config_type = {
	.name = "recovery",
	.doc = "When a service counts as dead or hung.",
	.keys = keys,
	.key_count = sizeof keys / sizeof *keys,
	.size = sizeof(struct recovery_config),
};

const struct logic recovery_logic = {
	.name = "recovery",
	.state_size = sizeof(struct recovery),
	.init = recovery_init,
	.step = recovery_step,
	.health = recovery_health,
};
