/* SPDX-License-Identifier: Apache-2.0 */
#include "services/recovery/watch.h"

#include "services/recovery/state.h"

/* Watched once it was heard: there may be none. Its silence is only told: nobody can be asked to
 * start it. */
static const char SUPERVISOR[] = "supervisor";

enum { CALL_PATIENCE_S = 5 };

static void add_patient(struct recovery *self, const char *service)
{
	self->patients[self->patient_count++] =
		(struct patient){.service = name_from(service), .status = SERVICE_STATUS_STARTING};
}

void watch_init(struct recovery *self)
{
	const struct config_names *services = &self->identity->stack->services;

	for (uint32_t i = 0; i < services->count; i++)
		if (!name_equals(&services->items[i], &self->identity->instance))
			add_patient(self, services->items[i].text);
	add_patient(self, SUPERVISOR);
}

static bool is_supervisor(const struct patient *patient)
{
	return name_is(&patient->service, SUPERVISOR);
}

static struct patient *find(struct recovery *self, const name_t *service)
{
	for (uint32_t i = 0; i < self->patient_count; i++)
		if (name_equals(&self->patients[i].service, service))
			return &self->patients[i];
	return NULL;
}

static void tell_back(struct recovery *self, struct patient *patient)
{
	if (patient->lost_at != 0)
		outbox_alert(self->out, self->now, SEVERITY_INFO, "service.back",
		             "%s is back after %lld ms", patient->service.text,
		             (long long)((self->now - patient->lost_at) / NANOS_MS));
	patient->lost_at = 0;
	patient->is_restarting = false;
}

void watch_heartbeat(struct recovery *self)
{
	const struct heartbeat *heartbeat = self->event->body;
	const struct envelope *envelope = self->event->envelope;
	struct patient *patient = find(self, &envelope->sender);

	if (patient == NULL)
		return;
	bool is_new_run = patient->epoch != envelope->epoch;
	if (is_new_run && patient->epoch != 0 && patient->lost_at == 0)
		patient->lost_at = patient->heard; /* it died and came back between two looks */
	bool has_moved = is_new_run || heartbeat->progress > patient->progress;
	if (has_moved)
		patient->moved = self->now;
	patient->epoch = envelope->epoch;
	patient->progress = heartbeat->progress;
	patient->heard = self->now;
	patient->status = heartbeat->status;
	if (has_moved)
		tell_back(self, patient);
}

/* The supervisor says its state again whenever somebody asks; only a change gives time to come up.
 */
void watch_child(struct recovery *self)
{
	const struct child_state *child = self->event->body;
	struct patient *patient = find(self, &child->service);

	if (patient == NULL || (patient->pid == child->pid && patient->restarts == child->restarts))
		return;
	patient->pid = child->pid;
	patient->restarts = child->restarts;
	patient->patience_until = self->now + self->config->boot_patience;
}

static void order_restart(struct recovery *self, struct patient *patient, const char *why)
{
	struct command command = {
		.kind = COMMAND_KIND_RESTART,
		.target = patient->service,
		.actor = self->identity->instance,
		.reason = text_from(why),
	};
	uint64_t place = (uint64_t)(patient - self->patients);

	if (is_supervisor(patient))
		return;
	patient->status = SERVICE_STATUS_HUNG;
	patient->is_restarting = true;
	patient->patience_until = self->now + self->config->boot_patience;
	outbox_call(self->out, SUPERVISOR, place << RECOVERY_CALL_BITS | RECOVERY_CALL_RESTART,
	            self->now + CALL_PATIENCE_S * NANOS_S, MESSAGE_COMMAND, &command);
}

static void tell_missing(struct recovery *self, struct patient *patient, nanos_t silence)
{
	if (patient->lost_at != 0)
		return;
	patient->lost_at = patient->heard;
	patient->status = SERVICE_STATUS_DEAD;
	outbox_alert(self->out, self->now, SEVERITY_ERROR, "service.missing",
	             "%s is silent for %lld ms", patient->service.text,
	             (long long)(silence / NANOS_MS));
}

static void check_patient(struct recovery *self, struct patient *patient)
{
	const struct recovery_config *config = self->config;
	nanos_t now = self->now;
	nanos_t silence = now - patient->heard, standstill = now - patient->moved;

	if (patient->is_restarting && now > patient->patience_until)
		patient->is_restarting = false; /* it did not come back: ask again */
	if (patient->epoch == 0 && (now <= patient->patience_until || is_supervisor(patient)))
		return; /* it may still be on its way up */
	if (config->missing_after > silence) {
		if (standstill > config->restart_after && !patient->is_restarting)
			order_restart(self, patient, "its work loop stands still");
		return;
	}
	tell_missing(self, patient, silence);
	bool was_heard = patient->heard > patient->patience_until - config->boot_patience;
	bool may_boot = now <= patient->patience_until && !was_heard;
	if (silence > config->restart_after && !patient->is_restarting && !may_boot)
		order_restart(self, patient, "no heartbeat: it is hung");
}

void watch_run(struct recovery *self)
{
	for (uint32_t i = 0; i < self->patient_count; i++)
		check_patient(self, &self->patients[i]);
}

/* Who is never heard of is missing too, once it had the time to come up. */
void watch_start(struct recovery *self)
{
	for (uint32_t i = 0; i < self->patient_count; i++) {
		struct patient *patient = &self->patients[i];
		patient->heard = patient->moved = self->now;
		patient->patience_until = self->now + self->config->boot_patience;
	}
}

void watch_answered(struct recovery *self)
{
	const struct command_result *result = event_body(self->event, MESSAGE_COMMAND_RESULT);
	uint64_t place = self->event->token >> RECOVERY_CALL_BITS;

	if (place >= self->patient_count || (result != NULL && result->done))
		return;
	outbox_alert(self->out, self->now, SEVERITY_CRITICAL, "service.not_restarted",
	             "%s could not be started again: %s", self->patients[place].service.text,
	             result != NULL ? result->text.text : "the supervisor doesn't answer");
}

bool watch_is_missing(const struct patient *patient)
{
	return patient->lost_at != 0 || (patient->epoch == 0 && !is_supervisor(patient));
}

const struct patient *watch_missing(const struct recovery *self)
{
	for (uint32_t i = 0; i < self->patient_count; i++)
		if (watch_is_missing(&self->patients[i]))
			return &self->patients[i];
	return NULL;
}

const struct patient *watch_patient(const struct recovery *self, const char *service)
{
	for (uint32_t i = 0; i < self->patient_count; i++)
		if (name_is(&self->patients[i].service, service))
			return &self->patients[i];
	return NULL;
}
