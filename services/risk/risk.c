/* SPDX-License-Identifier: Apache-2.0 */
#include "services/risk/risk.h"

#include "common/base/crc32c.h"
#include "common/base/plant.h"
#include "services/risk/rules.h"

#include <string.h>

enum { TIMER_TEND = 1, TEND_MS = 100, EXPIRY_MARGIN_MS = 2000, APPROVAL_GIVE_UP_MS = 1500 };

static void risk_init(void *state, const struct identity *identity, const void *config)
{
	struct risk *self = state;
	self->config = config;
	self->stack = identity->stack;
	self->limits_version = crc32c(config, sizeof *self->config);
	for (uint32_t i = 0; i < identity->stack->symbols.count; i++)
		self->symbols[self->symbol_count++].name = identity->stack->symbols.items[i];
	self->trading = (struct trading_state){
		.status = TRADING_STATUS_GUARDED,
		.reason = text_from("starting"),
	};
}

struct risk_symbol *risk_symbol_named(struct risk *self, const name_t *name)
{
	for (size_t i = 0; i < self->symbol_count; i++)
		if (name_equals(&self->symbols[i].name, name))
			return &self->symbols[i];
	return NULL;
}

static void risk_apply(void *state, enum message_type type, const void *record)
{
	struct risk *self = state;
	if (type == MESSAGE_JOURNAL_LATCH)
		self->latch = *(const struct journal_latch *)record;
}

/* the state of the whole, as far as risk sees it */

static enum trading_status status_now(const struct risk *self, text_t *reason)
{
	*reason = text_from("");
	if (self->latch.halted) {
		*reason = self->latch.reason;
		return TRADING_STATUS_HALTED;
	}
	bool feed_whole = self->feed_whole || PLANTED(B05_LAG_IGNORED);
	if (!self->executor_whole || !feed_whole) {
		*reason = text_format("the %s's stream is not whole",
		                      self->executor_whole ? "feed" : "executor");
		return TRADING_STATUS_GUARDED;
	}
	return TRADING_STATUS_NORMAL;
}

static void update_status(struct risk *self, nanos_t now, struct outbox *out)
{
	text_t reason;
	enum trading_status status = status_now(self, &reason);
	if (status == self->trading.status && strcmp(reason.text, self->trading.reason.text) == 0)
		return;
	bool is_worse = status > self->trading.status;
	self->trading = (struct trading_state){
		.status = status,
		.level = self->latch.halted ? self->latch.level : 0,
		.reason = reason,
		.since = now,
	};
	outbox_publish(out, MESSAGE_TRADING_STATE, &self->trading);
	outbox_alert(out, now, is_worse ? SEVERITY_WARNING : SEVERITY_INFO, "trading.state",
	             "trading is %s%s%s", enum_print(&enum_trading_status, (int)status),
	             reason.size > 0 ? ": " : "", reason.text);
}

/* intents */

static struct approval approve(struct risk *self, const struct intent *intent,
                               const struct event *event)
{
	nanos_t life_end = event->now + self->config->approval_life;
	bool is_entry = intent->purpose == PURPOSE_ENTRY;
	return (struct approval){
		.intent_id = intent->intent_id,
		.bot = intent->bot,
		.symbol = intent->symbol,
		.purpose = intent->purpose,
		.side = intent->side,
		.type = intent->type,
		.time_in_force = intent->time_in_force,
		.qty = intent->qty,
		.price = intent->price,
		.stop_price = intent->stop_price,
		.expires = intent->expires < life_end ? intent->expires : life_end,
		.stamp = intent->stamp,
		.limits_version = self->limits_version,
		.nonce = {event->entropy, ++self->approvals},
		.stop_loss_pct = is_entry ? self->config->stop_loss_pct : DECIMAL_ZERO,
		.stop_trail_pct = is_entry ? self->config->stop_trail_pct : DECIMAL_ZERO,
		.stop_place = intent->stop_place,
	};
}

/* Refused by `rule`, or allowed when that is NULL. */
static void answer_verdict(uint64_t ask, ident_t intent_id, const char *rule, const text_t *detail,
                           struct outbox *out)
{
	struct verdict verdict = {
		.intent_id = intent_id,
		.allowed = rule == NULL,
		.rule = name_from(rule != NULL ? rule : ""),
		.detail = *detail,
	};
	outbox_answer(out, ask, MESSAGE_VERDICT, &verdict);
}

static void refuse(const struct event *event, const struct intent *intent, const char *rule,
                   const text_t *detail, struct outbox *out)
{
	answer_verdict(event->token, intent->intent_id, rule, detail, out);
	outbox_note(out, SEVERITY_WARNING, "risk.refused", "%s %s: %s: %s", intent->bot.text,
	            intent->symbol.text, rule, detail->text);
}

/* The strategy hears when the executor has answered: one word for both, and nothing competes with
   the order for the CPU meanwhile. */
static void wait_for_receipt(struct risk *self, uint64_t token, ident_t intent_id)
{
	struct waiting *waiting = &self->waiting[self->approvals % WAITING_MAX];
	*waiting = (struct waiting){.call = self->approvals, .ask = token, .intent_id = intent_id};
}

static void take_intent(struct risk *self, const struct event *event, struct outbox *out)
{
	const struct intent *intent = event->body;
	text_t detail = text_from("");
	const struct rule *rule = risk_judge(self, intent, event->now, &detail);
	if (rule != NULL) {
		refuse(event, intent, rule->name, &detail, out);
		return;
	}
	struct approval approval = approve(self, intent, event);
	decimal_t price;
	if (risk_worst_price(self, intent, &risk_symbol_named(self, &intent->symbol)->mark,
	                     &price) != OK ||
	    exposure_approve(&self->exposure, &approval, price) != OK) {
		detail = text_format("more than %d orders are open", COMMITMENTS_MAX);
		refuse(event, intent, "open_orders", &detail, out);
		return;
	}
	wait_for_receipt(self, event->token, approval.intent_id);
	outbox_call(out, "executor", self->approvals,
	            approval.expires + APPROVAL_GIVE_UP_MS * NANOS_MS, MESSAGE_APPROVAL, &approval);
	if (intent->stamp != 0)
		histogram_add(&self->latency, (uint64_t)(event->stamp - intent->stamp));
}

static void answer_waiting(struct risk *self, uint64_t call, const char *rule, const text_t *detail,
                           struct outbox *out)
{
	struct waiting *waiting = &self->waiting[call % WAITING_MAX];
	if (waiting->call != call)
		return;
	answer_verdict(waiting->ask, waiting->intent_id, rule, detail, out);
	waiting->call = 0;
}

/* A refusal frees what was reserved; silence does not: the order may exist, its expiry or the
   executor's stream ends the doubt (P4). */
static void take_receipt(struct risk *self, const struct event *event, struct outbox *out)
{
	const struct receipt *receipt = event->body;
	if (receipt->accepted) {
		answer_waiting(self, event->token, NULL, &receipt->detail, out);
		return;
	}
	exposure_release(&self->exposure, receipt->intent_id);
	answer_waiting(self, event->token, receipt->rule.text, &receipt->detail, out);
	outbox_note(out, SEVERITY_WARNING, "executor.refused", "%s: %s", receipt->rule.text,
	            receipt->detail.text);
}

static void take_call_failed(struct risk *self, const struct event *event, struct outbox *out)
{
	const struct call_failed *failed = event->body;
	text_t detail = text_format("the executor: %.200s", failed->reason.text);
	if (failed->sent) {
		answer_waiting(self, event->token, NULL, &detail, out);
		return;
	}
	const struct waiting *waiting = &self->waiting[event->token % WAITING_MAX];
	if (waiting->call == event->token)
		exposure_release(&self->exposure, waiting->intent_id);
	answer_waiting(self, event->token, "unreachable", &detail, out);
}

/* what we hear */

static void take_mark(struct risk *self, const struct event *event, struct outbox *out)
{
	const struct mark *mark = event->body;
	struct risk_symbol *symbol = risk_symbol_named(self, &mark->symbol);
	(void)out;
	if (symbol == NULL)
		return;
	symbol->mark = *mark;
	symbol->mark_at = event->now;
}

static void take_market(struct risk *self, const struct event *event, struct outbox *out)
{
	const struct market_state *market = event->body;
	struct risk_symbol *symbol = risk_symbol_named(self, &market->symbol);
	(void)out;
	if (symbol != NULL)
		symbol->market = *market;
}

static void take_instrument(struct risk *self, const struct event *event, struct outbox *out)
{
	const struct instrument *instrument = event->body;
	struct risk_symbol *symbol = risk_symbol_named(self, &instrument->symbol);
	(void)out;
	if (symbol == NULL)
		return;
	symbol->instrument = *instrument;
	symbol->has_instrument = true;
}

static void take_order(struct risk *self, const struct event *event, struct outbox *out)
{
	(void)out;
	exposure_order(&self->exposure, event->body);
}

static void take_position(struct risk *self, const struct event *event, struct outbox *out)
{
	(void)out;
	exposure_position(&self->exposure, event->body);
}

static void take_stream(struct risk *self, const struct event *event, struct outbox *out)
{
	const struct stream_state *stream = event->body;
	if (name_is(&stream->publisher, "executor")) {
		if (!stream->whole)
			exposure_forget_orders(
				&self->exposure); /* no entry until it has said them again */
		self->executor_whole = stream->whole;
	} else if (name_is(&stream->publisher, "feed")) {
		self->feed_whole = stream->whole;
	}
	update_status(self, event->now, out);
}

/* a person's word */

static void answer_command(const struct event *event, bool done, const char *text,
                           struct outbox *out)
{
	struct command_result result = {.done = done, .text = text_from(text)};
	outbox_answer(out, event->token, MESSAGE_COMMAND_RESULT, &result);
}

static void latch(struct risk *self, const struct event *event, bool halted, struct outbox *out)
{
	const struct command *command = event->body;
	struct journal_latch record = {
		.halted = halted,
		.level = halted ? 2 : 0,
		.actor = command->actor,
		.reason = command->reason,
		.at = event->now,
	};
	outbox_save(out, SAVE_SYNCED, MESSAGE_JOURNAL_LATCH, &record);
	risk_apply(self, MESSAGE_JOURNAL_LATCH, &record);
	update_status(self, event->now, out);
	answer_command(event, true,
	               halted ? "risk refuses every new order" : "risk allows orders again", out);
}

static void take_command(struct risk *self, const struct event *event, struct outbox *out)
{
	const struct command *command = event->body;
	if (command->kind != COMMAND_KIND_HALT && command->kind != COMMAND_KIND_ARM)
		answer_command(event, false, "risk knows only HALT and ARM", out);
	else if (command->reason.size == 0)
		answer_command(event, false, "a reason is required", out);
	else if (self->save_failed)
		answer_command(
			event, false,
			"risk's journal can't be written and it refuses every order: restart it",
			out);
	else
		latch(self, event, command->kind == COMMAND_KIND_HALT, out);
}

/* routing */

static const struct {
	enum message_type type;
	void (*take)(struct risk *self, const struct event *event, struct outbox *out);
} handlers[] = {
	{MESSAGE_MARK, take_mark},           {MESSAGE_INTENT, take_intent},
	{MESSAGE_ORDER, take_order},         {MESSAGE_POSITION, take_position},
	{MESSAGE_MARKET_STATE, take_market}, {MESSAGE_INSTRUMENT, take_instrument},
	{MESSAGE_STREAM_STATE, take_stream}, {MESSAGE_COMMAND, take_command},
	{MESSAGE_RECEIPT, take_receipt},     {MESSAGE_CALL_FAILED, take_call_failed},
};

static void route(struct risk *self, const struct event *event, struct outbox *out)
{
	for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++) {
		if (handlers[i].type != event->type)
			continue;
		handlers[i].take(self, event, out);
		return;
	}
}

static struct latency latency_of(const struct risk *self)
{
	return (struct latency){
		.stage = name_from("tick_to_approval"),
		.samples = self->latency.count,
		.p50 = (nanos_t)histogram_quantile(&self->latency, 0.5),
		.p99 = (nanos_t)histogram_quantile(&self->latency, 0.99),
	};
}

static void tend(struct risk *self, nanos_t now, struct outbox *out)
{
	exposure_expire(&self->exposure, now - EXPIRY_MARGIN_MS * NANOS_MS);
	update_status(self, now, out);
	if (now >= self->publish_at) {
		struct latency latency = latency_of(self);
		outbox_publish(out, MESSAGE_LATENCY, &latency);
		self->publish_at = now + NANOS_S;
	}
	outbox_set_timer(out, TIMER_TEND, now + TEND_MS * NANOS_MS);
}

/* Fail closed: what can't be written can't be remembered, so nothing new is allowed until a
 * restart. */
static void take_save_failed(struct risk *self, nanos_t now, struct outbox *out)
{
	self->save_failed = true;
	self->latch.halted = true;
	self->latch.level = 2;
	self->latch.actor = name_from("risk");
	self->latch.reason =
		text_from("risk's journal can't be written: look at the disk, then restart risk");
	update_status(self, now, out);
}

static void risk_step(void *state, const struct event *event, struct outbox *out)
{
	struct risk *self = state;
	switch (event->kind) {
	case EVENT_START:
	case EVENT_TIMER: tend(self, event->now, out); break;
	case EVENT_MESSAGE:
	case EVENT_REQUEST:
	case EVENT_REPLY: route(self, event, out); break;
	case EVENT_SAVE_FAILED: take_save_failed(self, event->now, out); break;
	case EVENT_STOP: outbox_exit(out, "asked to stop"); break;
	default: break;
	}
}

static void risk_republish(const void *state, nanos_t now, struct outbox *out)
{
	const struct risk *self = state;
	struct latency latency = latency_of(self);
	(void)now;
	outbox_publish(out, MESSAGE_TRADING_STATE, &self->trading);
	outbox_publish(out, MESSAGE_LATENCY, &latency);
}

static enum service_status risk_health(const void *state, nanos_t now, text_t *why)
{
	const struct risk *self = state;
	(void)now;
	if (self->trading.status == TRADING_STATUS_NORMAL ||
	    self->trading.status == TRADING_STATUS_HALTED)
		return SERVICE_STATUS_HEALTHY;
	*why = self->trading.reason;
	return SERVICE_STATUS_DEGRADED;
}

static const struct config_key keys[] = {
#define CONFIG_ROWS struct risk_config
#include "common/base/config_rows.h"
#include "services/risk/config.def"
#include "common/base/config_rows_end.h"
};

const struct config_type risk_config_type = {
	.name = "risk",
	.doc = "Limits of every order.",
	.keys = keys,
	.key_count = sizeof keys / sizeof *keys,
	.size = sizeof(struct risk_config),
};

const struct logic risk_logic = {
	.name = "risk",
	.state_size = sizeof(struct risk),
	.init = risk_init,
	.apply = risk_apply,
	.step = risk_step,
	.republish = risk_republish,
	.health = risk_health,
};
