/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/executor.h"

#include <string.h>

#include "services/executor/budget.h"
#include "services/executor/amend.h"
#include "services/executor/calls.h"
#include "services/executor/checkpoint.h"
#include "services/executor/clock.h"
#include "services/executor/control.h"
#include "services/executor/evidence.h"
#include "services/executor/inquiry.h"
#include "services/executor/orphans.h"
#include "services/executor/protect.h"
#include "services/executor/records.h"
#include "services/executor/replace.h"
#include "services/executor/report.h"
#include "services/executor/resolve.h"
#include "services/executor/rounds.h"
#include "services/executor/send.h"
#include "services/executor/sight.h"
#include "services/executor/user.h"

enum { INSTRUMENT_BYTES_MAX = 1024 };

static const struct config_key keys[] = {
#define CONFIG_ROWS struct executor_config
#include "common/base/config_rows.h"
#include "services/executor/config.def"
#include "common/base/config_rows_end.h"
};

const struct config_type executor_config_type = {
	.name = "executor",
	.doc = "Limits of the last gate, and how patiently uncertainty is followed.",
	.keys = keys,
	.key_count = sizeof keys / sizeof *keys,
	.size = sizeof(struct executor_config),
};

static uint16_t installation_tag(const struct executor_config *config,
                                 const struct stack_config *stack)
{
	uint64_t hash = name_hash(&stack->profile);

	return config->installation_tag != 0 ? (uint16_t)config->installation_tag
	                                     : (uint16_t)(hash ^ hash >> 32) | 1;
}

static void executor_init(void *state, const struct identity *identity, const void *config)
{
	struct executor *self = state;

	self->config = config;
	self->identity = identity;
	self->venue = venue_named(identity->stack->venue.text);
	self->profile = venue_profile_named(identity->stack->venue_profile.text);
	self->tag = installation_tag(self->config, identity->stack);
	orders_init(&self->books.orders);
	holdings_init(&self->books.holdings, &identity->stack->venue);
	histogram_reset(&self->tick_to_order);
}

static void record_boot(struct executor *self)
{
	struct journal_boot boot = {
		.epoch = self->identity->epoch,
		.nonce = (uint32_t)(self->event->entropy ^ self->event->entropy >> 32),
		.build = self->identity->build,
		.at = self->now,
	};

	records_save(self, MESSAGE_JOURNAL_BOOT, &boot);
}

/* Rule W6: the state is rebuilt from what is left and from the exchange; what was lost with it
   nobody knows, so a person decides when new risk is taken again. */
static void latch_damage(struct executor *self)
{
	struct journal_latch latch = {
		.halted = true,
		.level = 1,
		.actor = name_from("journal"),
		.reason = self->identity->damage,
		.at = self->now,
	};

	if (self->identity->damage.size > 0 && !self->books.latch.halted)
		records_save(self, MESSAGE_JOURNAL_LATCH, &latch);
}

static void on_start(struct executor *self)
{
	if (self->venue == NULL || self->profile == NULL) {
		outbox_exit(self->out, "stack.yaml: venue or venue_profile names no exchange that "
		                       "this program knows; "
		                       "see docs/configuration.md");
		return;
	}
	self->started = self->protection.look = true;
	self->protection.started_at = self->now;
	record_boot(self);
	budget_open(self);
	if (self->books.impossible > 0)
		outbox_alert(
			self->out, self->now, SEVERITY_CRITICAL, "journal.impossible",
			"%llu journal records fit no order; compare the account with the positions",
			(unsigned long long)self->books.impossible);
	latch_damage(self);
	if (self->books.latch.halted)
		outbox_alert(self->out, self->now, SEVERITY_CRITICAL, "executor.halted",
		             "still halted by %s: %s", self->books.latch.actor.text,
		             self->books.latch.reason.text);
	for (uint32_t i = 0; i < self->books.holdings.market_count; i++)
		rounds_open(self, &self->books.holdings.markets[i]);
	inquiry_start(self);
	replace_open(self);
	clock_run(self);
	user_open(self);
	inquiry_wake(self, &self->balances_due, self->now);
	outbox_set_timer(self->out, TIMER_SECOND, self->now + NANOS_S);
}

/* As bytes on the wire: a struct's padding tells nothing. */
static bool same_rules(const struct instrument *a, const struct instrument *b)
{
	uint8_t bytes_a[INSTRUMENT_BYTES_MAX], bytes_b[INSTRUMENT_BYTES_MAX];
	size_t size_a, size_b;

	return codec_pack_body(MESSAGE_INSTRUMENT, a, bytes_a, sizeof bytes_a, &size_a) == OK &&
	       codec_pack_body(MESSAGE_INSTRUMENT, b, bytes_b, sizeof bytes_b, &size_b) == OK &&
	       size_a == size_b && memcmp(bytes_a, bytes_b, size_a) == 0;
}

/* Kept in the journal, so that positions fold to the same numbers before the feed is there. */
static void on_instrument(struct executor *self, const void *body)
{
	const struct instrument *told = body;
	const struct market *known = holdings_market(&self->books.holdings, &told->symbol);

	if (self->journal_failed || (known != NULL && same_rules(&known->instrument, told)))
		return;
	if (known == NULL && self->books.holdings.market_count == SYMBOLS_MAX)
		return;
	records_save(self, MESSAGE_INSTRUMENT, told);
	if (known == NULL)
		rounds_open(self, holdings_market(&self->books.holdings, &told->symbol));
}

static void on_venue_order(struct executor *self, const void *body)
{
	struct venue_order told = *(const struct venue_order *)body;

	amend_saw_order(self, &told);
	evidence_order(self, &told);
}

static void on_venue_fill(struct executor *self, const void *body)
{
	bool taken = evidence_fill(self, body);

	if (token_kind(self->event->token) == CALL_KIND_TRADES)
		rounds_saw_fill(self, self->event->token, body, !taken);
}

static void on_venue_balance(struct executor *self, const void *body)
{
	rounds_saw_balance(self, self->event->token, body);
}

static void on_venue_leg(struct executor *self, const void *body)
{
	replace_saw_leg(self, body);
}

static void on_approval(struct executor *self, const void *body)
{
	send_approved(self, body);
}

static void on_cancel(struct executor *self, const void *body)
{
	send_cancel_wanted(self, body);
}

static void on_grant_request(struct executor *self, const void *body)
{
	budget_grant(self, body);
}

static void on_command(struct executor *self, const void *body)
{
	control_command(self, body);
}

static void on_mark(struct executor *self, const void *body)
{
	sight_mark(self, body);
}

static void on_market_state(struct executor *self, const void *body)
{
	sight_state(self, body);
}

struct route {
	enum event_kind kind;
	enum message_type type;
	void (*handle)(struct executor *self, const void *body);
};

static const struct route routes[] = {
	{EVENT_REQUEST, MESSAGE_APPROVAL, on_approval},
	{EVENT_REQUEST, MESSAGE_CANCEL, on_cancel},
	{EVENT_REQUEST, MESSAGE_COMMAND, on_command},
	{EVENT_REQUEST, MESSAGE_GRANT_REQUEST, on_grant_request},
	{EVENT_MESSAGE, MESSAGE_VENUE_ORDER, on_venue_order},
	{EVENT_MESSAGE, MESSAGE_VENUE_FILL, on_venue_fill},
	{EVENT_MESSAGE, MESSAGE_VENUE_BALANCE, on_venue_balance},
	{EVENT_MESSAGE, MESSAGE_VENUE_LEG, on_venue_leg},
	{EVENT_MESSAGE, MESSAGE_LINK_STATE, user_link},
	{EVENT_MESSAGE, MESSAGE_VENUE_NOTICE, user_notice},
	{EVENT_MESSAGE, MESSAGE_INSTRUMENT, on_instrument},
	{EVENT_MESSAGE, MESSAGE_MARK, on_mark},
	{EVENT_MESSAGE, MESSAGE_MARKET_STATE, on_market_state},
};

static void route(struct executor *self)
{
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
		if (routes[i].kind == self->event->kind && routes[i].type == self->event->type)
			routes[i].handle(self, self->event->body);
}

static void answer_slot(struct executor *self, uint64_t token, const struct venue_answer *answer)
{
	struct order_slot *slot = &self->books.orders.slots[token_index(token) % ORDERS_MAX];
	const struct inquiry *inquiry = &slot->inquiry;
	bool waits =
		slot->used && (inquiry->order_token == token || inquiry->query_token == token ||
	                       inquiry->cancel_token == token || inquiry->replace_token == token);

	if (!waits) {
		self->dropped++;
	} else if (token_kind(token) == CALL_KIND_ORDER) {
		evidence_order_answered(self, slot, answer);
		send_answered(self, slot, answer);
	} else if (token_kind(token) == CALL_KIND_QUERY) {
		inquiry_answered(self, slot, answer);
	} else if (token_kind(token) == CALL_KIND_REPLACE) {
		replace_answered(self, slot, answer);
	} else {
		protect_cancel_answered(self, slot, answer);
		evidence_cancel_answered(self, slot, answer);
	}
}

static void on_reply(struct executor *self)
{
	uint64_t token = self->event->token;
	struct venue_answer answer = call_answer(self->event);

	self->protection.look = true;
	if (token_kind(token) < CALL_KIND_COUNT)
		call_ended(self, token_kind(token));
	budget_answered(self, token, &answer);
	clock_heard(self, &answer);
	switch (token_kind(token)) {
	case CALL_KIND_ORDER:
	case CALL_KIND_QUERY:
	case CALL_KIND_REPLACE:
	case CALL_KIND_CANCEL:
	case CALL_KIND_CANCEL_FRAME: answer_slot(self, token, &answer); return;
	case CALL_KIND_OPEN_ORDERS: rounds_orders_answered(self, token, &answer); return;
	case CALL_KIND_TRADES: rounds_trades_answered(self, token, &answer); return;
	case CALL_KIND_BALANCES: rounds_balances_answered(self, token, &answer); return;
	case CALL_KIND_TIME: clock_answered(self, token, &answer); return;
	case CALL_KIND_SUBSCRIBE: user_answered(self, token, &answer); return;
	case CALL_KIND_WHOSE: strangers_answered(self, token, &answer); return;
	case CALL_KIND_COUNT: break;
	}
	self->dropped++;
}

#define FAILED_LINGER (5 * NANOS_S)
#define FAILED_LINGER_MAX (30 * NANOS_S)

/* Rule W2: only a new process opens the journal anew. Cancels that are under way are heard out. */
static void leave_failed(struct executor *self)
{
	uint32_t under_way = 0;

	if (!self->journal_failed || self->now - self->failed_at < FAILED_LINGER)
		return;
	for (unsigned kind = 0; kind < CALL_KIND_COUNT; kind++)
		under_way += self->under_way[kind];
	if (under_way == 0 || self->now - self->failed_at >= FAILED_LINGER_MAX)
		outbox_exit(self->out, "the journal can't be written: starting anew");
}

#define PERFORMANCE_EVERY NANOS_MIN

static void on_second(struct executor *self)
{
	outbox_set_timer(self->out, TIMER_SECOND, self->now + NANOS_S);
	clock_run(self);
	user_subscribe(self);
	inquiry_watch(self);
	replace_watch(self);
	control_second(self);
	if (self->now - self->polled_at >= self->config->poll_interval) {
		self->polled_at = self->now;
		rounds_poll(self);
	}
	leave_failed(self);
	report_figures(self);
	if (self->now - self->performance_at >= PERFORMANCE_EVERY) {
		self->performance_at = self->now;
		report_performance(self);
	}
}

static void on_timer(struct executor *self)
{
	if (self->event->timer == TIMER_SECOND)
		on_second(self);
	else if (self->event->timer == TIMER_INQUIRY)
		self->inquiry_set = 0;
	else if (self->event->timer == TIMER_PROTECT)
		self->protection.set = 0;
}

static void on_save_failed(struct executor *self)
{
	if (!self->journal_failed)
		outbox_alert(self->out, self->now, SEVERITY_CRITICAL, "journal.failed",
		             "the order journal can't be written: nothing is ordered any more, "
		             "cancels still go; "
		             "free the disk and restart the executor");
	if (!self->journal_failed)
		self->failed_at = self->now;
	self->journal_failed = true;
}

static void dispatch(struct executor *self)
{
	switch (self->event->kind) {
	case EVENT_START: on_start(self); return;
	case EVENT_MESSAGE:
	case EVENT_REQUEST: route(self); return;
	case EVENT_REPLY: on_reply(self); return;
	case EVENT_TIMER: on_timer(self); return;
	case EVENT_SAVE_FAILED: on_save_failed(self); return;
	case EVENT_STOP: outbox_exit(self->out, "asked to stop"); return;
	case EVENT_WIRE: return;
	}
}

static void finish(struct executor *self)
{
	bool asks = self->clock.known || self->now < self->quiet_until;

	replace_run(self);
	if (asks && self->inquiry_at != 0 && self->inquiry_at <= self->now)
		inquiry_run(self);
	control_run(self);
	resolve_run(self);
	protect_run(self);
	report_changes(self);
	if (asks && self->inquiry_at != self->inquiry_set) {
		self->inquiry_set = self->inquiry_at;
		outbox_set_timer(self->out, TIMER_INQUIRY, self->inquiry_at);
	}
}

/* An order counts once its records are at the journal, which the next event tells. */
static void note_latency(struct executor *self)
{
	nanos_t taken = self->event->handed - self->placed_stamp;

	if (self->placed_stamp == 0 || self->event->handed <= self->handed_before)
		return;
	if (taken >= 0)
		histogram_add(&self->tick_to_order, (uint64_t)taken);
	self->placed_stamp = 0;
}

static void executor_step(void *state, const struct event *event, struct outbox *out)
{
	struct executor *self = state;

	self->now = event->now;
	self->event = event;
	self->out = out;
	note_latency(self);
	dispatch(self);
	if (self->started && event->kind != EVENT_STOP)
		finish(self);
	self->event = NULL;
	self->out = NULL;
}

const struct logic executor_logic = {
	.name = "executor",
	.state_size = sizeof(struct executor),
	.arena_size = 8 << 20,
	.init = executor_init,
	.apply = records_apply,
	.checkpoint = checkpoint_save,
	.step = executor_step,
	.republish = report_all,
	.health = report_health,
};
