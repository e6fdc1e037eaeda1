/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/recovery_bench.h"

#include <stdlib.h>
#include <string.h>

enum { CHECK_MS = 100, TAG_SHIFT = 48, TAG = 7 };

static void take_effects(struct recovery_bench *self);

static void step(struct recovery_bench *self, struct event *event)
{
	event->now = self->logic.now;
	event->entropy = ++self->logic.entropy;
	outbox_clear(self->logic.out);
	self->logic.logic->step(self->logic.state, event, self->logic.out);
	take_effects(self);
}

static void tell(struct recovery_bench *self, const char *sender, uint64_t token,
                 enum message_type type, const void *body)
{
	struct envelope envelope = {.type = type, .sender = name_from(sender), .epoch = 3};
	struct event event = {
		.kind = EVENT_MESSAGE,
		.token = token,
		.envelope = &envelope,
		.type = type,
		.body = body,
	};
	step(self, &event);
}

static void reply(struct recovery_bench *self, uint64_t token, enum message_type type,
                  const void *body)
{
	struct event event = {.kind = EVENT_REPLY, .token = token, .type = type, .body = body};
	step(self, &event);
}

/* The exchange */

static uint64_t from_id(const char *query)
{
	const char *at = strstr(query, "fromId=");
	return at != NULL ? strtoull(at + strlen("fromId="), NULL, 10) : 0;
}

static void tell_fills(struct recovery_bench *self, uint64_t token, const char *query)
{
	uint64_t from = from_id(query), limit = strtoull(strstr(query, "limit=") + 6, NULL, 10);
	for (size_t i = 0; i < self->fill_count && limit > 0; i++) {
		if (self->fills[i].trade_id < from)
			continue;
		tell(self, "recovery", token, MESSAGE_VENUE_FILL, &self->fills[i]);
		limit--;
	}
}

static void tell_rules(struct recovery_bench *self, uint64_t token)
{
	struct instrument rules = {
		.symbol = name_from("BTCUSDT"),
		.base = name_from("BTC"),
		.quote = name_from("USDT"),
		.trading = true,
		.lot = decimal_of("0.0001"),
	};
	tell(self, "recovery", token, MESSAGE_INSTRUMENT, &rules);
}

static void tell_body(struct recovery_bench *self, uint64_t token, const struct http_request *asked)
{
	if (strstr(asked->path, "exchangeInfo") != NULL)
		tell_rules(self, token);
	else if (strstr(asked->path, "myTrades") != NULL)
		tell_fills(self, token, asked->query);
	for (size_t i = 0; strstr(asked->path, "openOrders") != NULL && i < self->order_count; i++)
		tell(self, "recovery", token, MESSAGE_VENUE_ORDER, &self->orders[i]);
	for (size_t i = 0; strstr(asked->path, "account") != NULL && i < self->balance_count; i++)
		tell(self, "recovery", token, MESSAGE_VENUE_BALANCE, &self->balances[i]);
}

static void answer(struct recovery_bench *self, uint64_t token, const struct http_request *asked)
{
	struct venue_answer answer = {
		.evidence = self->is_silent ? EVIDENCE_NOTHING : EVIDENCE_EXISTS,
		.text = text_from(self->is_silent ? "no answer in time" : ""),
		.retry_after_ms = self->is_silent ? self->retry_after_ms : 0,
		.sent = self->logic.now,
		.server_time = strstr(asked->path, "time") != NULL && !self->is_silent
	                               ? self->logic.now + self->clock
	                               : 0,
	};
	self->asked++;
	if (!self->is_silent)
		tell_body(self, token, asked);
	reply(self, token, MESSAGE_VENUE_ANSWER, &answer);
}

/* What recovery wants done; its questions are answered behind the others. */

static void take_call(struct recovery_bench *self, const struct effect *effect)
{
	const struct command *command = effect->body;
	if (effect->type == MESSAGE_COMMAND && name_is(&effect->peer, "executor"))
		self->commands[self->command_count++ % BENCH_TOLD_MAX] = command->kind;
}

static void take_publish(struct recovery_bench *self, const struct effect *effect)
{
	if (effect->type == MESSAGE_REC_REPORT)
		self->report = *(const struct rec_report *)effect->body;
	else if (effect->type == MESSAGE_STACK_STATE)
		self->stack = *(const struct stack_state *)effect->body;
}

static void take_note(struct recovery_bench *self, const char *name)
{
	char *place = self->notes[self->note_count++ % BENCH_TOLD_MAX];
	strncpy(place, name, sizeof self->notes[0] - 1);
}

static void take_effects(struct recovery_bench *self)
{
	static struct http_request asked; /* at most one at a time */
	uint64_t token = 0;
	for (size_t i = 0; i < self->logic.out->count; i++) {
		const struct effect *effect = &self->logic.out->effects[i];
		if (effect->kind == EFFECT_CALL && effect->target == CALL_HTTP) {
			asked = *(const struct http_request *)effect->body;
			token = effect->token;
		} else if (effect->kind == EFFECT_CALL) {
			take_call(self, effect);
		} else if (effect->kind == EFFECT_PUBLISH) {
			take_publish(self, effect);
		} else if (effect->kind == EFFECT_NOTE) {
			take_note(self, effect->name);
		} else if (effect->kind == EFFECT_SAVE) {
			self->records[self->record_count++] =
				*(const struct journal_agreed *)effect->body;
		}
	}
	if (token != 0)
		answer(self, token, &asked);
}

static void start(struct recovery_bench *self)
{
	struct event event = {.kind = EVENT_START};
	step(self, &event);
}

struct recovery_bench *recovery_bench_open(void)
{
	struct recovery_bench *self = calloc(1, sizeof *self);
	if (self == NULL)
		abort();
	config_defaults(&recovery_config_type, &self->config);
	logic_bench_open(&self->logic, &recovery_logic, &self->config);
	self->logic.stack.symbols.count = 1;
	self->logic.stack.symbols.items[0] = name_from("BTCUSDT");
	self->logic.stack.services.count = 2;
	self->logic.stack.services.items[0] = name_from("executor");
	self->logic.stack.services.items[1] = name_from("recovery");
	self->recovery = self->logic.state;
	self->position = (struct position){
		.symbol = name_from("BTCUSDT"), .bot = name_from("bot"), .venue = name_from("x")};
	self->balances[0] = (struct venue_balance){.asset = name_from("BTC")};
	self->balances[1] = (struct venue_balance){.asset = name_from("USDT")};
	self->balances[1].free = decimal_of("10000");
	self->balance_count = 2;
	logic_bench_init(&self->logic);
	start(self);
	return self;
}

void recovery_bench_close(struct recovery_bench *self)
{
	logic_bench_close(&self->logic);
	free(self);
}

void recovery_bench_restart(struct recovery_bench *self)
{
	logic_bench_init(&self->logic);
	for (size_t i = 0; i < self->record_count; i++)
		recovery_logic.apply(self->logic.state, MESSAGE_JOURNAL_AGREED, &self->records[i]);
	start(self);
}

void rec_passes(struct recovery_bench *self, nanos_t time)
{
	for (nanos_t left = time; left > 0; left -= CHECK_MS * NANOS_MS) {
		struct heartbeat heartbeat = {.status = SERVICE_STATUS_HEALTHY,
		                              .progress = (uint64_t)self->logic.now};
		struct event event = {.kind = EVENT_TIMER, .timer = TIMER_CHECK};
		self->logic.now += CHECK_MS * NANOS_MS;
		if (self->recovery->ours.whole)
			tell(self, "executor", 0, MESSAGE_HEARTBEAT, &heartbeat);
		step(self, &event);
	}
}

static void tell_balances(struct recovery_bench *self)
{
	for (size_t i = 0; i < self->balance_count; i++) {
		struct balance balance = {.asset = self->balances[i].asset,
		                          .free = self->balances[i].free,
		                          .locked = self->balances[i].locked};
		tell(self, "executor", 0, MESSAGE_BALANCE, &balance);
	}
}

static void tell_stream(struct recovery_bench *self, bool whole)
{
	struct stream_state stream = {.publisher = name_from("executor"), .whole = whole};
	tell(self, "recovery", 0, MESSAGE_STREAM_STATE, &stream);
}

void rec_given_no_executor(struct recovery_bench *self)
{
	tell_stream(self, false);
}

void rec_given_executor(struct recovery_bench *self)
{
	struct trading_state trading = {.status = TRADING_STATUS_NORMAL};
	rec_given_no_executor(self);
	if (self->position.fills > 0)
		tell(self, "executor", 0, MESSAGE_POSITION, &self->position);
	tell_balances(self);
	tell(self, "executor", 0, MESSAGE_TRADING_STATE, &trading);
	tell_stream(self, true);
}

void rec_given_missed_execution(struct recovery_bench *self, const char *side, const char *qty)
{
	struct venue_fill *fill = &self->fills[self->fill_count++];
	decimal_t *base = &self->balances[0].free;
	bool is_buy = strcmp(side, "BUY") == 0;
	*fill = (struct venue_fill){
		.source = SOURCE_QUERY,
		.symbol = name_from("BTCUSDT"),
		.trade_id = 100 + self->fill_count,
		.side = is_buy ? SIDE_BUY : SIDE_SELL,
		.price = decimal_of("100"),
		.qty = decimal_of(qty),
		.fee_asset = name_from("USDT"),
		.at = self->logic.now,
	};
	if ((is_buy ? decimal_add(*base, fill->qty, base)
	            : decimal_subtract(*base, fill->qty, base)) != OK)
		abort();
}

void rec_given_execution(struct recovery_bench *self, const char *side, const char *qty)
{
	decimal_t moved = decimal_of(qty);
	if (strcmp(side, "BUY") != 0)
		moved = decimal_negate(moved);
	rec_given_missed_execution(self, side, qty);
	if (decimal_add(self->position.qty, moved, &self->position.qty) != OK)
		abort();
	self->position.fills++;
	tell(self, "executor", 0, MESSAGE_POSITION, &self->position);
	tell_balances(self);
}

struct order rec_given_order(struct recovery_bench *self, uint64_t number, enum purpose purpose)
{
	return (struct order){
		.client_id = {(uint64_t)TAG << TAG_SHIFT, number},
		.intent_id = {9, number},
		.symbol = name_from("BTCUSDT"),
		.bot = name_from("bot"),
		.purpose = purpose,
		.side = purpose == PURPOSE_ENTRY ? SIDE_BUY : SIDE_SELL,
		.type = ORDER_TYPE_LIMIT,
		.status = ORDER_STATUS_LIVE,
		.qty = decimal_of("1"),
		.updated = self->logic.now,
	};
}

void rec_given_order_told(struct recovery_bench *self, const struct order *order)
{
	tell(self, "executor", 0, MESSAGE_ORDER, order);
}

void rec_given_order_listed(struct recovery_bench *self, const struct order *order)
{
	self->orders[self->order_count++] = (struct venue_order){
		.source = SOURCE_QUERY,
		.symbol = order->symbol,
		.client_id = order->client_id,
		.venue_id = 1000 + self->order_count,
		.status = VENUE_STATUS_NEW,
		.side = order->side,
		.type = order->type,
		.qty = order->qty,
	};
}

size_t rec_noted(const struct recovery_bench *self, const char *name)
{
	size_t count = 0;
	for (size_t i = 0; i < self->note_count && i < BENCH_TOLD_MAX; i++)
		count += strcmp(self->notes[i], name) == 0;
	return count;
}

size_t rec_commanded(const struct recovery_bench *self, enum command_kind kind)
{
	size_t count = 0;
	for (size_t i = 0; i < self->command_count && i < BENCH_TOLD_MAX; i++)
		count += self->commands[i] == kind;
	return count;
}

void rec_forget(struct recovery_bench *self)
{
	self->note_count = self->command_count = 0;
	self->asked = 0;
}
