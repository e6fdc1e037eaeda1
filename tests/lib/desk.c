/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/desk.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DESK_EPOCH (1700000000 * NANOS_S)

static void new_process(struct desk *self)
{
	memset(self->executor, 0, sizeof *self->executor);
	memset(self->timers, 0, sizeof self->timers);
	self->identity.epoch++;
	self->call_count = 0;
	executor_logic.init(self->executor, &self->identity, &self->config);
	if (self->cancels_first)
		self->executor->venue = &self->venue;
}

void desk_cancel_first(struct desk *self)
{
	self->cancels_first = true;
	self->venue = *self->executor->venue;
	self->venue.replace = NULL;
	self->venue.amend = NULL;
	self->executor->venue = &self->venue;
}

struct desk *desk_open(void)
{
	struct desk *self = calloc(1, sizeof *self);

	self->executor = calloc(1, sizeof *self->executor);
	self->out = calloc(1, sizeof *self->out);
	self->arena = aligned_alloc(16, executor_logic.arena_size);
	self->now = DESK_EPOCH;
	self->entropy = 4711;
	self->journal_max = DESK_RECORDS_MAX;
	config_defaults(&stack_config_type, &self->stack);
	config_defaults(&executor_config_type, &self->config);
	self->identity = (struct identity){
		.instance = name_from("executor"),
		.service = name_from("executor"),
		.build = name_from("test"),
		.stack = &self->stack,
	};
	outbox_init(self->out, self->arena, executor_logic.arena_size);
	new_process(self);
	return self;
}

static void free_messages(struct desk_message *messages, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(messages[i].body);
}

void desk_close(struct desk *self)
{
	free_messages(self->records, self->record_count);
	desk_forget(self);
	free(self->arena);
	free(self->out);
	free(self->executor);
	free(self);
}

static void keep(struct desk_message *messages, size_t *count, const struct effect *effect)
{
	size_t size = message_info(effect->type)->size;

	assert(*count < DESK_RECORDS_MAX);
	messages[*count] =
		(struct desk_message){effect->kind, effect->type, effect->token, malloc(size)};
	memcpy(messages[*count].body, effect->body, size);
	++*count;
}

/* What a frame names, as a request by HTTP would word it. */
static void read_frame(struct http_request *request, const struct link_frame *frame)
{
	static const char name[] = "\"origClientOrderId\":\"";
	const char *at = strstr(frame->text, name);

	if (at != NULL)
		snprintf(request->query, sizeof request->query, "origClientOrderId=%.*s",
		         IDENT_TEXT_SIZE - 1, at + strlen(name));
}

static void perform_call(struct desk *self, const struct effect *effect)
{
	struct desk_call *call = &self->calls[self->call_count];

	if (effect->target == CALL_LINK || effect->target == CALL_RECALL)
		return;
	assert(self->call_count < DESK_CALLS_MAX);
	*call = (struct desk_call){
		.token = effect->token,
		.is_frame = effect->target == CALL_FRAME,
		.sent = self->now,
	};
	if (call->is_frame)
		read_frame(&call->request, effect->body);
	else
		call->request = *(const struct http_request *)effect->body;
	self->weight_received += call->request.weight;
	self->call_count++;
}

/* A crash comes right before the record that has no place any more: what is behind never happens.
 */
static void perform(struct desk *self, const struct effect *effect)
{
	switch (effect->kind) {
	case EFFECT_SAVE:
		self->handed += NANOS_S;
		self->crashed = self->record_count >= self->journal_max;
		if (!self->crashed)
			keep(self->records, &self->record_count, effect);
		return;
	case EFFECT_PUBLISH:
	case EFFECT_ANSWER: keep(self->said, &self->said_count, effect); return;
	case EFFECT_CALL: perform_call(self, effect); return;
	case EFFECT_SET_TIMER: self->timers[effect->timer] = effect->at; return;
	case EFFECT_NOTE:
		assert(self->note_count < DESK_RECORDS_MAX);
		snprintf(self->notes[self->note_count++], sizeof self->notes[0], "%s",
		         effect->name);
		return;
	case EFFECT_EXIT: return;
	}
}

void desk_perform(struct desk *self)
{
	for (size_t i = 0; i < self->out->count && !self->crashed; i++)
		perform(self, &self->out->effects[i]);
}

static void step(struct desk *self, struct event *event)
{
	if (self->crashed)
		return;
	self->entropy = self->entropy * 6364136223846793005u + 1442695040888963407u;
	event->now = self->now;
	event->entropy = self->entropy;
	event->stamp = self->now - DESK_EPOCH + NANOS_S;
	event->handed = self->handed;
	outbox_clear(self->out);
	executor_logic.step(self->executor, event, self->out);
	desk_perform(self);
}

void desk_event(struct desk *self, enum event_kind kind, uint64_t token, enum message_type type,
                const void *body)
{
	struct event event = {.kind = kind, .token = token, .type = type, .body = body};

	step(self, &event);
}

static unsigned next_timer(const struct desk *self)
{
	unsigned next = 0;

	for (unsigned i = 1; i < LOGIC_TIMERS_MAX; i++)
		if (self->timers[i] != 0 && (next == 0 || self->timers[i] < self->timers[next]))
			next = i;
	return next;
}

static void pass(struct desk *self, nanos_t time, bool answers)
{
	nanos_t end = self->now + time;

	if (answers)
		desk_answer_all(self);
	for (unsigned timer = next_timer(self);
	     timer != 0 && self->timers[timer] <= end && !self->crashed; timer = next_timer(self)) {
		struct event event = {.kind = EVENT_TIMER, .timer = timer};
		if (self->timers[timer] > self->now)
			self->now = self->timers[timer];
		self->timers[timer] = 0;
		step(self, &event);
		if (answers)
			desk_answer_all(self);
	}
	self->now = end;
}

void desk_pass(struct desk *self, nanos_t time)
{
	pass(self, time, false);
}

void desk_live(struct desk *self, nanos_t time)
{
	pass(self, time, true);
}

void desk_boot(struct desk *self)
{
	desk_event(self, EVENT_START, 0, MESSAGE_NONE, NULL);
}

static void tell_instrument(struct desk *self)
{
	struct instrument instrument = {
		.symbol = name_from("BTCUSDT"),
		.base = name_from("BTC"),
		.quote = name_from("USDT"),
		.trading = true,
		.base_places = 8,
		.quote_places = 8,
		.tick = decimal_of("0.01"),
		.lot = decimal_of("0.00001"),
	};

	desk_event(self, EVENT_MESSAGE, 0, MESSAGE_INSTRUMENT, &instrument);
}

void desk_start(struct desk *self)
{
	desk_boot(self);
	tell_instrument(self);
	desk_link(self, LINK_STATUS_UP);
	desk_live(self, NANOS_S);
}

void desk_restart(struct desk *self, size_t count)
{
	free_messages(self->records + count, self->record_count - count);
	self->record_count = count;
	self->journal_max = DESK_RECORDS_MAX;
	self->crashed = false;
	new_process(self);
	for (size_t i = 0; i < count; i++)
		executor_logic.apply(self->executor, self->records[i].type, self->records[i].body);
}

uint64_t desk_request(struct desk *self, enum message_type type, const void *body)
{
	uint64_t token = ++self->tokens;

	desk_event(self, EVENT_REQUEST, token, type, body);
	return token;
}

struct approval desk_approval(struct desk *self, const char *side, const char *qty,
                              const char *price)
{
	uint64_t number = ++self->tokens;
	return (struct approval){
		.intent_id = {1, number},
		.bot = name_from("bot"),
		.symbol = name_from("BTCUSDT"),
		.purpose = *side == 'B' ? PURPOSE_ENTRY : PURPOSE_EXIT,
		.side = *side == 'B' ? SIDE_BUY : SIDE_SELL,
		.type = *price == '\0' ? ORDER_TYPE_MARKET : ORDER_TYPE_LIMIT,
		.time_in_force = TIME_IN_FORCE_GTC,
		.stop_place = STOP_PLACE_EXCHANGE,
		.qty = decimal_of(qty),
		.price = *price == '\0' ? DECIMAL_ZERO : decimal_of(price),
		.expires = self->now + 5 * NANOS_S,
		.stamp = NANOS_MS,
		.nonce = {2, number},
	};
}

struct receipt desk_approve(struct desk *self, const struct approval *approval)
{
	desk_request(self, MESSAGE_APPROVAL, approval);
	const struct receipt *receipt = desk_last_said(self, MESSAGE_RECEIPT);
	return receipt == NULL ? (struct receipt){0} : *receipt;
}

ident_t desk_order(struct desk *self, const char *side, const char *qty, const char *price)
{
	struct approval approval = desk_approval(self, side, qty, price);

	desk_approve(self, &approval);
	return approval.intent_id;
}

struct desk_call *desk_call(struct desk *self, enum call_kind kind)
{
	for (size_t i = 0; i < self->call_count; i++)
		if (token_kind(self->calls[i].token) == kind)
			return &self->calls[i];
	return NULL;
}

void desk_link(struct desk *self, enum link_status status)
{
	struct link_state state = {
		.link = name_from("user"), .status = status, .reason = text_from("desk")};

	desk_event(self, EVENT_MESSAGE, 0, MESSAGE_LINK_STATE, &state);
}

void desk_forget(struct desk *self)
{
	free_messages(self->said, self->said_count);
	self->said_count = 0;
	self->note_count = 0;
}
