/* SPDX-License-Identifier: Apache-2.0 */
#include "services/alert/alert.h"

#include "common/base/plant.h"

#include <string.h>

enum { HISTORY_MAX = 1000, LOOK_BACK = 32 };

struct alerts {
	const struct alert_config *config;
	int lowest;
	bool save_failed;
	uint64_t count; /* ever; an alert's number is its place in this count */
	struct alert history[HISTORY_MAX];
};

static void alert_init(void *state, const struct identity *identity, const void *config)
{
	struct alerts *self = state;
	(void)identity;
	self->config = config;
	self->lowest = enum_parse(&enum_severity, self->config->lowest.text);
	if (self->lowest == 0)
		self->lowest = SEVERITY_INFO;
}

static struct alert *at(struct alerts *self, uint64_t number)
{
	return &self->history[(number - 1) % HISTORY_MAX];
}

/* A record with a number that is there already is a repeat of it: the count went up. */
static void alert_apply(void *state, enum message_type type, const void *record)
{
	struct alerts *self = state;
	const struct alert *alert = record;
	if (type != MESSAGE_ALERT || alert->number == 0)
		return;
	*at(self, alert->number) = *alert;
	if (alert->number > self->count)
		self->count = alert->number;
}

static bool is_equal(const struct alert *old, const struct alert *new)
{
	return old->severity == new->severity &&name_equals(&old->event, &new->event) &&
	       name_equals(&old->origin, &new->origin) &&
	       strcmp(old->text.text, new->text.text) == 0;
}

/* Behind a gap the older of two may come second. */
static bool is_repeat(const struct alert *old, const struct alert *new, nanos_t window)
{
	return new->at - old->at <= window && old->at - new->at <= window &&is_equal(old, new);
}

/* The alert that this one repeats, or NULL. Only the newest few can be within the window of a
 * flood. */
static const struct alert *repeated(struct alerts *self, const struct alert *alert)
{
	for (uint64_t back = 0; back < LOOK_BACK && back < self->count; back++) {
		const struct alert *old = at(self, self->count - back);
		if (is_repeat(old, alert, self->config->repeat_window))
			return old;
	}
	return NULL;
}

/* A publisher says its newest alerts again when somebody missed something, also those of an
   earlier run. What lies between the first and the latest of a line was counted in it. */
static bool is_known(struct alerts *self, const struct alert *alert)
{
	for (uint64_t back = 0; back < HISTORY_MAX && back < self->count; back++) {
		const struct alert *old = at(self, self->count - back);
		if (old->at <= alert->at && alert->at <= old->latest && is_equal(old, alert))
			return true;
	}
	return false;
}

static void tell(const struct alert *alert, struct outbox *out)
{
	outbox_note_kind(out, NOTE_ALERT, alert->severity, alert->event.text, "%s: %s",
	                 alert->origin.text, alert->text.text);
}

static void take_alert(struct alerts *self, const struct alert *in, struct outbox *out)
{
	struct alert alert = *in;
	if ((int)alert.severity < self->lowest || is_known(self, &alert))
		return;
	const struct alert *old = repeated(self, &alert);
	if (old != NULL) {
		alert = *old;
		alert.repeats++;
		alert.at = in->at < old->at ? in->at : old->at;
		alert.latest = in->at > old->latest ? in->at : old->latest;
	} else {
		alert.number = self->count + 1;
		alert.latest = in->at;
	}
	if (PLANTED(D04_ALERT_ONCE) && old == NULL)
		tell(&alert, out);
	/* What is told at once must outlive the machine too. */
	if (!self->save_failed)
		outbox_save(out,
		            alert.severity == SEVERITY_CRITICAL ? SAVE_SYNCED : SAVE_BUFFERED,
		            MESSAGE_ALERT, &alert);
	alert_apply(self, MESSAGE_ALERT, &alert);
	if (!PLANTED(D04_ALERT_ONCE) && old == NULL)
		tell(&alert, out);
	outbox_publish(out, MESSAGE_ALERT, &alert);
}

/* Telling goes on without the history: being silent would be worse. What waited for the disk was
   neither told nor published; numbers make it harmless to say the newest again. */
static void take_save_failed(struct alerts *self, nanos_t now, struct outbox *out)
{
	struct alert alert = {
		.severity = SEVERITY_CRITICAL,
		.event = name_from("alert.journal"),
		.at = now,
		.text = text_from("the alert history can't be written any more: look at the disk"),
		.repeats = 1,
		.origin = name_from("alert"),
	};
	uint64_t first = self->count > LOOK_BACK ? self->count - LOOK_BACK + 1 : 1;
	for (uint64_t number = first; number <= self->count; number++) {
		tell(at(self, number), out);
		outbox_publish(out, MESSAGE_ALERT, at(self, number));
	}
	self->save_failed = true;
	take_alert(self, &alert, out);
}

/* The last run may have ended between writing an alert down and telling it. */
static void tell_again(struct alerts *self, nanos_t now, struct outbox *out)
{
	uint64_t first = self->count > LOOK_BACK ? self->count - LOOK_BACK + 1 : 1;

	for (uint64_t number = first; number <= self->count; number++)
		if (at(self, number)->severity == SEVERITY_CRITICAL &&
		    now - at(self, number)->at < NANOS_MIN)
			tell(at(self, number), out);
}

static void alert_step(void *state, const struct event *event, struct outbox *out)
{
	struct alerts *self = state;
	if (event->kind == EVENT_MESSAGE && event->type == MESSAGE_ALERT)
		take_alert(self, event->body, out);
	else if (event->kind == EVENT_START)
		tell_again(self, event->now, out);
	else if (event->kind == EVENT_SAVE_FAILED)
		take_save_failed(self, event->now, out);
	else if (event->kind == EVENT_STOP)
		outbox_exit(out, "asked to stop");
}

static void alert_republish(const void *state, nanos_t now, struct outbox *out)
{
	const struct alerts *self = state;
	uint64_t first = self->count > HISTORY_MAX ? self->count - HISTORY_MAX + 1 : 1;
	(void)now;
	for (uint64_t number = first; number <= self->count; number++)
		outbox_publish(out, MESSAGE_ALERT, &self->history[(number - 1) % HISTORY_MAX]);
}

static const struct config_key keys[] = {
#define CONFIG_ROWS struct alert_config
#include "common/base/config_rows.h"
#include "services/alert/config.def"
#include "common/base/config_rows_end.h"
};

const struct config_type alert_config_type = {
	.name = "alert",
	.doc = "Who is told, how often.",
	.keys = keys,
	.key_count = sizeof keys / sizeof *keys,
	.size = sizeof(struct alert_config),
};

const struct logic alert_logic = {
	.name = "alert",
	.state_size = sizeof(struct alerts),
	.arena_size = 1 << 20, /* the whole history in one republish */
	.init = alert_init,
	.apply = alert_apply,
	.step = alert_step,
	.republish = alert_republish,
};
