/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/host.h"

#include "proto/flows.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { MIRROR_LIFETIME_S = 7 * 86400, KEY_MAX = 200 };

enum err host_pack(struct host *self, enum message_type type, const void *body,
                   uint64_t correlation, nanos_t expires, size_t *size)
{
	struct sealing sealing;
	struct envelope envelope = {
		.version = message_info(type)->version,
		.type = type,
		.sender = self->identity.instance,
		.epoch = self->identity.epoch,
		.sequence = ++self->sequences[type],
		.sent = self->now,
		.expires = expires,
		.correlation = correlation,
		.causation = self->causation,
	};
	enum err err = codec_pack(&envelope, body, self->frame, FRAME_MAX, size, &sealing);
	if (err == OK && message_info(type)->sealed) {
		assert(self->seal != NULL);
		seal_make(self->seal, sealing.body, sealing.size,
		          self->frame + (sealing.seal - self->frame));
	}
	return err;
}

void host_open_spool(struct host *self)
{
	char path[700];
	text_t why;
	snprintf(path, sizeof path, "%s/alerts.spool", self->paths.own);
	if (spool_open(&self->spool, path, self->alerts, &self->alert_count, &why) != OK)
		host_log(self, SEVERITY_ERROR, "spool.failed",
		         "%s; alerts that nobody heard die with the process", why.text);
}

static void keep_alert(struct host *self, const struct alert *alert)
{
	text_t why;
	self->alerts[self->alert_count++ % SPOOL_SLOTS] = *alert;
	if (spool_add(&self->spool, alert, &why) != OK)
		host_log(self, SEVERITY_ERROR, "spool.failed",
		         "alerts.spool: %s; alerts that nobody heard die with the process",
		         why.text);
}

void host_publish(struct host *self, enum message_type type, const void *body)
{
	struct alert alert;
	size_t size;
	if (type == MESSAGE_ALERT && ((const struct alert *)body)->origin.size == 0) {
		/* a logic doesn't say who it is; the host does */
		alert = *(const struct alert *)body;
		alert.origin = self->identity.instance;
		keep_alert(self, &alert);
		body = &alert;
	}
	if (host_pack(self, type, body, 0, 0, &size) != OK) {
		host_log(self, SEVERITY_ERROR, "publish.failed", "%s doesn't fit in a frame",
		         message_info(type)->name);
		return;
	}
	bus_publish(self->bus, self->frame, size);
	host_mirror(self, type, body);
}

void host_add_alerts(const struct host *self, struct outbox *out)
{
	size_t first = self->alert_count > SPOOL_SLOTS ? self->alert_count - SPOOL_SLOTS : 0;
	for (size_t i = first; i < self->alert_count; i++)
		outbox_publish(out, MESSAGE_ALERT, &self->alerts[i % SPOOL_SLOTS]);
}

static size_t append_key(char *key, size_t used, const struct field_info *field, const void *body)
{
	const uint8_t *at = (const uint8_t *)body + field->offset;
	char text[IDENT_TEXT_SIZE];
	const char *value = "";
	if (field->kind == KIND_NAME)
		value = ((const name_t *)at)->text;
	else if (field->kind == KIND_IDENT)
		value = ident_print(*(const ident_t *)at, text);
	int size = snprintf(key + used, KEY_MAX - used, "%s%s", used > 0 ? ":" : "", value);
	return size < 0 || used + (size_t)size >= KEY_MAX ? used : used + (size_t)size;
}

static bool names_field(const char *list, const char *name)
{
	size_t size = strlen(name);
	for (const char *at = list; (at = strstr(at, name)) != NULL; at += size)
		if ((at == list || at[-1] == ' ') && (at[size] == '\0' || at[size] == ' '))
			return true;
	return false;
}

void host_mirror(struct host *self, enum message_type type, const void *body)
{
	char key[KEY_MAX] = "";
	size_t used = 0;
	const struct flow_mirror *mirror = self->mirrors[type];
	if (self->view == NULL || mirror == NULL)
		return;
	const struct message_info *info = message_info(type);
	for (size_t i = 0; i < info->field_count; i++)
		if (names_field(mirror->key, info->fields[i].name))
			used = append_key(key, used, &info->fields[i], body);
	view_put(self->view, info, body, key, MIRROR_LIFETIME_S);
}

void host_later(struct host *self, enum event_kind kind, uint64_t token, enum message_type type,
                const void *body)
{
	size_t size = message_info(type)->size;
	assert(self->later_count < LATER_MAX && size <= LATER_BODY_MAX);
	struct later *later = &self->later[(self->later_head + self->later_count++) % LATER_MAX];
	later->kind = kind;
	later->token = token;
	later->type = type;
	memcpy(later->body, body, size);
}

void host_fail_later(struct host *self, uint64_t token, const char *peer, bool sent,
                     const char *reason)
{
	struct call_failed failed = {
		.peer = name_from(peer), .sent = sent, .reason = text_from(reason)};
	host_later(self, EVENT_REPLY, token, MESSAGE_CALL_FAILED, &failed);
}

static void perform_save(struct host *self, const struct effect *effect)
{
	uint8_t payload[8192];
	size_t size;
	enum err err = codec_pack_body(effect->type, effect->body, payload, sizeof payload, &size);
	assert(err == OK);
	self->saved = journal_append(self->journal, effect->save_class, self->now, self->entropy,
	                             effect->type, payload, size);
	self->handed = clock_stamp();
}

static void perform_call(struct host *self, const struct effect *effect)
{
	switch (effect->target) {
	case CALL_PEER: host_call_peer(self, effect); break;
	case CALL_HTTP: host_call_http(self, effect); break;
	case CALL_FRAME: host_call_frame(self, effect); break;
	case CALL_LINK: host_call_host(self, effect); break;
	case CALL_RECALL: break; /* never waits: see host_perform */
	}
}

static void perform_exit(struct host *self, const struct effect *effect)
{
	snprintf(self->exit_reason, sizeof self->exit_reason, "%s", effect->text);
	self->exiting = true;
}

static void perform(struct host *self, const struct effect *effect)
{
	switch (effect->kind) {
	case EFFECT_PUBLISH: host_publish(self, effect->type, effect->body); break;
	case EFFECT_CALL: perform_call(self, effect); break;
	case EFFECT_ANSWER:
		if (effect->text != NULL)
			host_answer_wire(self, effect);
		else
			host_answer_peer(self, effect);
		break;
	case EFFECT_NOTE:
		log_line(self->log, self->now, effect->severity, effect->note, effect->name,
		         effect->text);
		break;
	case EFFECT_EXIT: perform_exit(self, effect); break;
	case EFFECT_SAVE:
	case EFFECT_SET_TIMER: break; /* never wait: see host_perform */
	}
}

void host_drain_backlog(struct host *self)
{
	const struct effect *effect;
	uint64_t done = journal_done(self->journal);
	uint64_t causation = self->causation;
	while ((effect = backlog_first(&self->backlog, done)) != NULL) {
		self->causation = effect->causation;
		perform(self, effect);
		backlog_pop(&self->backlog);
	}
	self->causation = causation;
}

/* The disk is slower than we decide: stand still until it has caught up, lose nothing. */
static void wait_for_room(struct host *self, const struct effect *effect)
{
	text_t why;
	if (backlog_push(&self->backlog, effect, self->saved) == OK)
		return;
	journal_release(self->journal); /* what is held would never become durable */
	do {
		struct pollfd wait = {.fd = journal_fd(self->journal), .events = POLLIN};
		if (journal_failed(self->journal, &why))
			break;
		poll(&wait, 1, 100);
		host_drain_backlog(self);
	} while (backlog_push(&self->backlog, effect, self->saved) == ERR_FULL);
	journal_hold(self->journal);
}

static void set_timer(struct host *self, const struct effect *effect)
{
	self->timers[effect->timer] = effect->at;
	if (effect->at != 0 && effect->at < self->timer_next)
		self->timer_next = effect->at;
}

static bool is_recall(const struct effect *effect)
{
	return effect->kind == EFFECT_CALL && effect->target == CALL_RECALL;
}

static void recall(struct host *self, uint64_t token)
{
	if (backlog_recall(&self->backlog, token))
		host_fail_later(self, token, "exchange", false, "taken back before it left");
}

bool host_must_wait(struct host *self)
{
	if (self->backlog.count > 0)
		return true;
	return self->journal != NULL && self->saved > journal_done(self->journal);
}

static void perform_in_turn(struct host *self, struct outbox *outbox)
{
	for (size_t i = 0; i < outbox->count; i++) {
		struct effect *effect = &outbox->effects[i];
		effect->causation = self->causation;
		if (effect->kind == EFFECT_SET_TIMER) {
			set_timer(self, effect);
		} else if (is_recall(effect)) {
			recall(self, effect->token);
		} else if (effect->kind == EFFECT_SAVE) {
			if (self->save_failed)
				return; /* law 1: what stands behind a SAVE that fails doesn't
				           happen */
			perform_save(self, effect);
		} else if (host_must_wait(self)) {
			wait_for_room(self, effect);
		} else {
			perform(self, effect);
		}
	}
}

/* All records of one step reach the journal together: one write and one sync for INTENT and SEND.
 */
void host_perform(struct host *self, struct outbox *outbox)
{
	if (self->journal != NULL)
		journal_hold(self->journal);
	perform_in_turn(self, outbox);
	if (self->journal != NULL)
		journal_release(self->journal);
}
