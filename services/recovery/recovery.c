/* SPDX-License-Identifier: Apache-2.0 */
#include "services/recovery/recovery.h"

#include "services/recovery/reconcile.h"
#include "services/recovery/report.h"
#include "services/recovery/state.h"
#include "services/recovery/whole.h"

enum { CHECK_MS = 100 };

static const struct config_key keys[] = {
#define CONFIG_ROWS struct recovery_config
#include "common/base/config_rows.h"
#include "services/recovery/config.def"
#include "common/base/config_rows_end.h"
};

const struct config_type recovery_config_type = {
	.name = "recovery",
	.doc = "When a service counts as dead or hung, and how the books are compared.",
	.keys = keys,
	.key_count = sizeof keys / sizeof *keys,
	.size = sizeof(struct recovery_config),
};

static void recovery_init(void *state, const struct identity *identity, const void *config)
{
	struct recovery *self = state;

	self->config = config;
	self->identity = identity;
	self->venue = venue_named(identity->stack->venue.text);
	self->profile = venue_profile_named(identity->stack->venue_profile.text);
	watch_init(self);
}

uint64_t recovery_token(struct recovery *self, enum recovery_call call)
{
	return ++self->serial << RECOVERY_CALL_BITS | (uint64_t)call;
}

static void recovery_apply(void *state, enum message_type type, const void *record)
{
	struct recovery *self = state;

	if (type == MESSAGE_JOURNAL_AGREED)
		agreed_apply(&self->agreed, record);
}

/* Dead for long, and nobody watches what it left open. */
static void take_over(struct recovery *self)
{
	const struct patient *executor = watch_patient(self, "executor");
	nanos_t after = self->config->takeover_after;
	struct child_start start = {.service = name_from("takeover")};
	bool is_holding = false;

	if (after == 0 || executor == NULL)
		return;
	if (executor->lost_at == 0) {
		self->takeover_started = false;
		return;
	}
	for (uint32_t i = 0; i < self->ours.position_count; i++)
		is_holding |= decimal_sign(self->ours.positions[i].qty) > 0;
	if (self->takeover_started || !is_holding || self->now - executor->lost_at < after)
		return;
	self->takeover_started = true;
	outbox_alert(self->out, self->now, SEVERITY_CRITICAL, "recovery.take_over",
	             "the executor has been dead for %lld s with positions open: recovery halts "
	             "and sells in its place",
	             (long long)((self->now - executor->lost_at) / NANOS_S));
	outbox_call_host(self->out, MESSAGE_CHILD_START, &start);
}

static void check(struct recovery *self)
{
	watch_run(self);
	reconcile_run(self);
	take_over(self);
	whole_run(self);
	outbox_set_timer(self->out, TIMER_CHECK, self->now + CHECK_MS * NANOS_MS);
}

static void start(struct recovery *self)
{
	if (self->venue == NULL || self->profile == NULL) {
		outbox_exit(self->out, "stack.yaml: venue or venue_profile names no exchange that "
		                       "this program knows; see docs/configuration.md");
		return;
	}
	self->started_at = self->now;
	self->restored = self->agreed.count;
	self->latest = self->agreed;
	self->trigger = name_from("start");
	watch_start(self);
	check(self);
}

static void take_stream(struct recovery *self)
{
	const struct stream_state *stream = self->event->body;

	if (name_is(&stream->publisher, "executor"))
		reconcile_stream(self, stream->whole);
}

static void take_trading_state(struct recovery *self)
{
	bool is_risk = name_is(&self->event->envelope->sender, "risk");

	*(is_risk ? &self->ours.risk : &self->ours.executor) =
		*(const struct trading_state *)self->event->body;
}

static void take_child_ended(struct recovery *self)
{
	const struct child_ended *ended = self->event->body;

	outbox_alert(self->out, self->now, SEVERITY_CRITICAL, "recovery.took_over",
	             "the take-over has ended: %s; logs/takeover.console tells what it did",
	             ended->reason.text);
}

static void take_message(struct recovery *self)
{
	const void *body = self->event->body;

	switch (self->event->type) {
	case MESSAGE_HEARTBEAT: watch_heartbeat(self); break;
	case MESSAGE_CHILD_STATE: watch_child(self); break;
	case MESSAGE_STREAM_STATE: take_stream(self); break;
	case MESSAGE_ORDER: ours_order(&self->ours, body, self->now); break;
	case MESSAGE_JOURNAL_MARK: ours_mark(&self->ours, body); break;
	case MESSAGE_POSITION: ours_position(&self->ours, body, self->now); break;
	case MESSAGE_BALANCE: ours_balance(&self->ours, body, self->now); break;
	case MESSAGE_TRADING_STATE: take_trading_state(self); break;
	case MESSAGE_CHILD_ENDED: take_child_ended(self); break;
	default: look_took(self); break;
	}
}

static void take_reply(struct recovery *self)
{
	uint64_t call = self->event->token & ((1u << RECOVERY_CALL_BITS) - 1);

	if (call == RECOVERY_CALL_RESTART)
		watch_answered(self);
	else if (call == RECOVERY_CALL_EXCHANGE)
		look_answered(self);
	else
		reconcile_answered(self);
}

/* Numbers are counted anew after the next start; that is all that is lost. */
static void take_save_failed(struct recovery *self)
{
	if (!self->journal_failed)
		outbox_alert(self->out, self->now, SEVERITY_ERROR, "journal.failed",
		             "recovery's journal can't be written: what was agreed on is counted "
		             "anew after a restart; free the disk and restart recovery");
	self->journal_failed = true;
}

static void dispatch(struct recovery *self)
{
	switch (self->event->kind) {
	case EVENT_START: start(self); break;
	case EVENT_TIMER: check(self); break;
	case EVENT_MESSAGE: take_message(self); break;
	case EVENT_REPLY: take_reply(self); break;
	case EVENT_REQUEST:
		if (self->event->type == MESSAGE_COMMAND)
			reconcile_asked(self, self->event->body);
		break;
	case EVENT_SAVE_FAILED: take_save_failed(self); break;
	case EVENT_STOP: outbox_exit(self->out, "asked to stop"); break;
	case EVENT_WIRE: break;
	}
}

static void recovery_step(void *state, const struct event *event, struct outbox *out)
{
	struct recovery *self = state;

	self->now = event->now;
	self->event = event;
	self->out = out;
	dispatch(self);
	self->event = NULL;
	self->out = NULL;
}

static void recovery_checkpoint(const void *state, struct outbox *out)
{
	agreed_checkpoint(&((const struct recovery *)state)->agreed, out);
}

static void recovery_republish(const void *state, nanos_t now, struct outbox *out)
{
	const struct recovery *self = state;

	(void)now;
	report_republish(self, out);
	if (self->stack.status != 0)
		outbox_publish(out, MESSAGE_STACK_STATE, &self->stack);
}

static enum service_status recovery_health(const void *state, nanos_t now, text_t *why)
{
	const struct recovery *self = state;
	const struct patient *missing = watch_missing(self);

	(void)now;
	if (missing != NULL)
		*why = text_format("%s is missing", missing->service.text);
	else if (self->dispute != DISPUTE_NONE)
		*why = self->said.reason;
	else if (self->journal_failed)
		*why = text_from("the journal can't be written");
	else
		return SERVICE_STATUS_HEALTHY;
	return SERVICE_STATUS_DEGRADED;
}

const struct logic recovery_logic = {
	.name = "recovery",
	.state_size = sizeof(struct recovery),
	.arena_size = 1 << 20,
	.init = recovery_init,
	.apply = recovery_apply,
	.checkpoint = recovery_checkpoint,
	.step = recovery_step,
	.republish = recovery_republish,
	.health = recovery_health,
};
