/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/executor_bench.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BENCH_EPOCH (1700000000 * NANOS_S)

static void new_process(struct executor_bench *self)
{
	memset(self->executor, 0, sizeof *self->executor);
	memset(self->timers, 0, sizeof self->timers);
	self->identity.epoch++;
	self->call_count = 0;
	executor_logic.init(self->executor, &self->identity, &self->config);
}

struct executor_bench *bench_open(void)
{
	struct executor_bench *self = calloc(1, sizeof *self);

	self->executor = calloc(1, sizeof *self->executor);
	self->out = calloc(1, sizeof *self->out);
	self->arena = aligned_alloc(16, executor_logic.arena_size);
	self->now = BENCH_EPOCH;
	self->entropy = 4711;
	self->journal_max = BENCH_RECORDS_MAX;
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

static void free_messages(struct bench_message *messages, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(messages[i].body);
}

void bench_close(struct executor_bench *self)
{
	free_messages(self->records, self->record_count);
	bench_forget(self);
	free(self->arena);
	free(self->out);
	free(self->executor);
	free(self);
}

static void keep(struct bench_message *messages, size_t *count, const struct effect *effect)
{
	size_t size = message_info(effect->type)->size;

	assert(*count < BENCH_RECORDS_MAX);
	messages[*count] = (struct bench_message){effect->kind, effect->type, effect->token, malloc(size)};
	memcpy(messages[*count].body, effect->body, size);
	++*count;
}

static void perform_call(struct executor_bench *self, const struct effect *effect)
{
	struct bench_call *call = &self->calls[self->call_count];

	if (effect->target == CALL_LINK)
		return;
	assert(self->call_count < BENCH_CALLS_MAX);
	*call = (struct bench_call){.token = effect->token, .is_frame = effect->target == CALL_FRAME, .sent = self->now};
	if (!call->is_frame)
		call->request = *(const struct http_request *)effect->body;
	self->call_count++;
}

/* A crash comes right before the record that has no place any more: what is behind never happens. */
static void perform(struct executor_bench *self, const struct effect *effect)
{
	switch (effect->kind) {
	case EFFECT_SAVE:
		self->crashed = self->record_count >= self->journal_max;
		if (!self->crashed)
			keep(self->records, &self->record_count, effect);
		return;
	case EFFECT_PUBLISH:
	case EFFECT_ANSWER:
		keep(self->said, &self->said_count, effect);
		return;
	case EFFECT_CALL:
		perform_call(self, effect);
		return;
	case EFFECT_SET_TIMER:
		self->timers[effect->timer] = effect->at;
		return;
	case EFFECT_NOTE:
		assert(self->note_count < BENCH_RECORDS_MAX);
		snprintf(self->notes[self->note_count++], sizeof self->notes[0], "%s", effect->name);
		return;
	case EFFECT_EXIT:
		return;
	}
}

static void step(struct executor_bench *self, struct event *event)
{
	if (self->crashed)
		return;
	self->entropy = self->entropy * 6364136223846793005u + 1442695040888963407u;
	event->now = self->now;
	event->entropy = self->entropy;
	event->stamp = self->now - BENCH_EPOCH + NANOS_S;
	outbox_clear(self->out);
	executor_logic.step(self->executor, event, self->out);
	for (size_t i = 0; i < self->out->count && !self->crashed; i++)
		perform(self, &self->out->effects[i]);
}

void bench_event(struct executor_bench *self, enum event_kind kind, uint64_t token, enum message_type type,
                 const void *body)
{
	struct event event = {.kind = kind, .token = token, .type = type, .body = body};

	step(self, &event);
}

static unsigned next_timer(const struct executor_bench *self)
{
	unsigned next = 0;

	for (unsigned i = 1; i < LOGIC_TIMERS_MAX; i++)
		if (self->timers[i] != 0 && (next == 0 || self->timers[i] < self->timers[next]))
			next = i;
	return next;
}

static void pass(struct executor_bench *self, nanos_t time, bool answers)
{
	nanos_t end = self->now + time;

	if (answers)
		bench_answer_all(self);
	for (unsigned timer = next_timer(self); timer != 0 && self->timers[timer] <= end && !self->crashed;
	     timer = next_timer(self)) {
		struct event event = {.kind = EVENT_TIMER, .timer = timer};
		if (self->timers[timer] > self->now)
			self->now = self->timers[timer];
		self->timers[timer] = 0;
		step(self, &event);
		if (answers)
			bench_answer_all(self);
	}
	self->now = end;
}

void bench_pass(struct executor_bench *self, nanos_t time)
{
	pass(self, time, false);
}

void bench_live(struct executor_bench *self, nanos_t time)
{
	pass(self, time, true);
}

void bench_boot(struct executor_bench *self)
{
	bench_event(self, EVENT_START, 0, MESSAGE_NONE, NULL);
}

static void tell_instrument(struct executor_bench *self)
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

	bench_event(self, EVENT_MESSAGE, 0, MESSAGE_INSTRUMENT, &instrument);
}

void bench_start(struct executor_bench *self)
{
	bench_boot(self);
	tell_instrument(self);
	bench_link(self, LINK_STATUS_UP);
	bench_live(self, NANOS_S);
}

void bench_restart(struct executor_bench *self, size_t count)
{
	free_messages(self->records + count, self->record_count - count);
	self->record_count = count;
	self->journal_max = BENCH_RECORDS_MAX;
	self->crashed = false;
	new_process(self);
	for (size_t i = 0; i < count; i++)
		executor_logic.apply(self->executor, self->records[i].type, self->records[i].body);
}

uint64_t bench_request(struct executor_bench *self, enum message_type type, const void *body)
{
	uint64_t token = ++self->tokens;

	bench_event(self, EVENT_REQUEST, token, type, body);
	return token;
}

struct approval bench_approval(struct executor_bench *self, const char *side, const char *qty, const char *price)
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
		.qty = decimal_of(qty),
		.price = *price == '\0' ? DECIMAL_ZERO : decimal_of(price),
		.expires = self->now + 5 * NANOS_S,
		.stamp = NANOS_MS,
		.nonce = {2, number},
	};
}

struct receipt bench_approve(struct executor_bench *self, const struct approval *approval)
{
	bench_request(self, MESSAGE_APPROVAL, approval);
	const struct receipt *receipt = bench_last_said(self, MESSAGE_RECEIPT);
	return receipt == NULL ? (struct receipt){0} : *receipt;
}

ident_t bench_order(struct executor_bench *self, const char *side, const char *qty, const char *price)
{
	struct approval approval = bench_approval(self, side, qty, price);

	bench_approve(self, &approval);
	return approval.intent_id;
}

struct bench_call *bench_call(struct executor_bench *self, enum call_kind kind)
{
	for (size_t i = 0; i < self->call_count; i++)
		if (token_kind(self->calls[i].token) == kind)
			return &self->calls[i];
	return NULL;
}

static struct bench_call take_call(struct executor_bench *self, struct bench_call *call)
{
	struct bench_call taken = *call;
	size_t at = (size_t)(call - self->calls);

	memmove(call, call + 1, (--self->call_count - at) * sizeof *call);
	return taken;
}

static void message(struct executor_bench *self, const struct bench_call *call, enum message_type type,
                    const void *body)
{
	bench_event(self, EVENT_MESSAGE, call->token, type, body);
}

static void reply(struct executor_bench *self, const struct bench_call *call, enum evidence evidence, uint64_t code)
{
	struct venue_answer answer = {
		.evidence = evidence,
		.code = code,
		.text = text_from("bench"),
		.sent = call->sent,
		.server_time = self->now + self->clock_offset,
	};

	bench_event(self, EVENT_REPLY, call->token, MESSAGE_VENUE_ANSWER, &answer);
}

static const char *parameter(const struct bench_call *call, const char *name)
{
	const char *at = strstr(call->request.query, name);

	assert(at != NULL);
	return at + strlen(name);
}

static ident_t client_id_in(const struct bench_call *call, const char *name)
{
	ident_t id;
	enum err err = ident_parse(parameter(call, name), IDENT_TEXT_SIZE - 1, &id);

	assert(err == OK);
	return id;
}

static struct bench_order *order_named(struct executor_bench *self, ident_t client_id)
{
	for (size_t i = 0; i < self->order_count; i++)
		if (ident_equals(self->orders[i].told.client_id, client_id))
			return &self->orders[i];
	return NULL;
}

static decimal_t decimal_in(const struct bench_call *call, const char *name)
{
	const char *text = strstr(call->request.query, name);
	decimal_t value = DECIMAL_ZERO;

	if (text != NULL) {
		text += strlen(name);
		enum err err = decimal_parse(text, strcspn(text, "&"), &value);
		assert(err == OK);
	}
	return value;
}

static struct bench_order *place(struct executor_bench *self, const struct bench_call *call)
{
	struct bench_order *order = &self->orders[self->order_count++];

	assert(self->order_count < BENCH_ORDERS_MAX);
	self->orders_received++;
	order->told = (struct venue_order){
		.symbol = call->request.symbol,
		.client_id = client_id_in(call, "newClientOrderId="),
		.client_text = text_from("ours"),
		.venue_id = 1000 + self->order_count,
		.status = VENUE_STATUS_NEW,
		.side = strncmp(parameter(call, "side="), "BUY", 3) == 0 ? SIDE_BUY : SIDE_SELL,
		.type = ORDER_TYPE_LIMIT,
		.qty = decimal_in(call, "quantity="),
		.price = decimal_in(call, "price="),
		.at = self->now + self->clock_offset,
	};
	return order;
}

static void tell_order(struct executor_bench *self, const struct bench_call *call, const struct bench_order *order,
                       enum source source)
{
	struct venue_order told = order->told;

	told.source = source;
	message(self, call, MESSAGE_VENUE_ORDER, &told);
}

static void answer_order(struct executor_bench *self, const struct bench_call *call)
{
	struct bench_order *order = order_named(self, client_id_in(call, "newClientOrderId="));

	tell_order(self, call, order != NULL ? order : place(self, call), SOURCE_ACK);
	reply(self, call, EVIDENCE_EXISTS, 0);
}

static void answer_query(struct executor_bench *self, const struct bench_call *call)
{
	const struct bench_order *order = order_named(self, client_id_in(call, "origClientOrderId="));

	if (order == NULL || order->hidden) {
		reply(self, call, EVIDENCE_ABSENT, 2013);
		return;
	}
	tell_order(self, call, order, SOURCE_QUERY);
	reply(self, call, EVIDENCE_EXISTS, 0);
}

static bool is_open(const struct bench_order *order)
{
	return order->told.status == VENUE_STATUS_NEW || order->told.status == VENUE_STATUS_PARTIALLY_FILLED;
}

static struct bench_order *cancel(struct executor_bench *self, const struct bench_call *call)
{
	struct bench_order *order = order_named(self, client_id_in(call, "origClientOrderId="));

	if (order == NULL || !is_open(order))
		return NULL;
	order->told.status = VENUE_STATUS_CANCELED;
	return order;
}

static void answer_cancel(struct executor_bench *self, const struct bench_call *call)
{
	const struct bench_order *order = cancel(self, call);

	if (order == NULL) {
		reply(self, call, EVIDENCE_REFUSED, 2011);
		return;
	}
	tell_order(self, call, order, SOURCE_ACK);
	reply(self, call, EVIDENCE_EXISTS, 0);
}

static void answer_open_orders(struct executor_bench *self, const struct bench_call *call)
{
	for (size_t i = 0; i < self->order_count; i++)
		if (is_open(&self->orders[i]) && !self->orders[i].hidden)
			tell_order(self, call, &self->orders[i], SOURCE_QUERY);
	reply(self, call, EVIDENCE_EXISTS, 0);
}

/* As on the exchange: a list of executions names the order by the exchange's id only. */
static void answer_trades(struct executor_bench *self, const struct bench_call *call)
{
	uint64_t from = strtoull(parameter(call, "fromId="), NULL, 10);

	for (size_t i = 0; i < self->fill_count; i++) {
		struct venue_fill fill = self->fills[i];
		if (fill.trade_id < from)
			continue;
		fill.client_id = (ident_t){0, 0};
		fill.source = SOURCE_QUERY;
		message(self, call, MESSAGE_VENUE_FILL, &fill);
	}
	reply(self, call, EVIDENCE_EXISTS, 0);
}

static void answer_plainly(struct executor_bench *self, const struct bench_call *call)
{
	reply(self, call, EVIDENCE_EXISTS, 0);
}

static void answer_call(struct executor_bench *self, struct bench_call *waiting)
{
	static void (*const answers[])(struct executor_bench *, const struct bench_call *) = {
		[CALL_KIND_ORDER] = answer_order,
		[CALL_KIND_QUERY] = answer_query,
		[CALL_KIND_CANCEL] = answer_cancel,
		[CALL_KIND_OPEN_ORDERS] = answer_open_orders,
		[CALL_KIND_TRADES] = answer_trades,
		[CALL_KIND_BALANCES] = answer_plainly,
		[CALL_KIND_TIME] = answer_plainly,
		[CALL_KIND_SUBSCRIBE] = answer_plainly,
	};
	struct bench_call call = take_call(self, waiting);

	answers[token_kind(call.token)](self, &call);
}

void bench_answer(struct executor_bench *self, enum call_kind kind)
{
	struct bench_call *call = bench_call(self, kind);

	assert(call != NULL);
	answer_call(self, call);
}

void bench_lose_answer(struct executor_bench *self, enum call_kind kind)
{
	struct bench_call *waiting = bench_call(self, kind);

	assert(waiting != NULL);
	struct bench_call call = take_call(self, waiting);
	if (kind == CALL_KIND_ORDER)
		place(self, &call);
	else if (kind == CALL_KIND_CANCEL)
		cancel(self, &call);
	reply(self, &call, EVIDENCE_NOTHING, 0);
}

void bench_refuse(struct executor_bench *self, enum call_kind kind, enum evidence evidence, uint64_t code)
{
	struct bench_call *waiting = bench_call(self, kind);

	assert(waiting != NULL);
	struct bench_call call = take_call(self, waiting);
	reply(self, &call, evidence, code);
}

void bench_answer_all(struct executor_bench *self)
{
	while (self->call_count > 0 && !self->crashed)
		answer_call(self, &self->calls[0]);
}

struct bench_order *bench_last(struct executor_bench *self)
{
	assert(self->order_count > 0);
	return &self->orders[self->order_count - 1];
}

struct venue_fill *bench_execute(struct executor_bench *self, struct bench_order *order, const char *qty)
{
	struct venue_fill *fill = &self->fills[self->fill_count++];
	struct venue_order *told = &order->told;

	assert(self->fill_count < BENCH_FILLS_MAX);
	*fill = (struct venue_fill){
		.symbol = told->symbol,
		.client_id = told->client_id,
		.venue_id = told->venue_id,
		.trade_id = 100 * self->fill_count,
		.side = told->side,
		.price = decimal_sign(told->price) > 0 ? told->price : decimal_of("100"),
		.qty = decimal_of(qty),
		.fee_asset = name_from("USDT"),
		.at = self->now + self->clock_offset,
	};
	enum err err = decimal_add(told->executed, fill->qty, &told->executed);
	assert(err == OK);
	if (told->status != VENUE_STATUS_CANCELED)
		told->status = decimal_equals(told->executed, told->qty) ? VENUE_STATUS_FILLED :
		                                                           VENUE_STATUS_PARTIALLY_FILLED;
	return fill;
}

void bench_stream_order(struct executor_bench *self, const struct bench_order *order)
{
	struct venue_order told = order->told;

	told.source = SOURCE_STREAM;
	bench_event(self, EVENT_MESSAGE, 0, MESSAGE_VENUE_ORDER, &told);
}

void bench_stream_fill(struct executor_bench *self, const struct venue_fill *fill)
{
	struct venue_fill told = *fill;

	told.source = SOURCE_STREAM;
	bench_event(self, EVENT_MESSAGE, 0, MESSAGE_VENUE_FILL, &told);
}

void bench_link(struct executor_bench *self, enum link_status status)
{
	struct link_state state = {.link = name_from("user"), .status = status, .reason = text_from("bench")};

	bench_event(self, EVENT_MESSAGE, 0, MESSAGE_LINK_STATE, &state);
}

struct order bench_book(struct executor_bench *self, ident_t intent_id)
{
	const struct order_slot *slot = orders_by_intent(&self->executor->books.orders, intent_id);

	return slot == NULL ? (struct order){0} : slot->order;
}

const char *bench_held(struct executor_bench *self, const char *bot)
{
	static char text[DECIMAL_TEXT_SIZE];
	name_t name = name_from(bot), symbol = name_from("BTCUSDT");

	return decimal_print(ledger_held(&self->executor->books.ledger, &symbol, &name), text);
}

void bench_forget(struct executor_bench *self)
{
	free_messages(self->said, self->said_count);
	self->said_count = 0;
	self->note_count = 0;
}

size_t bench_said(const struct executor_bench *self, enum message_type type)
{
	size_t count = 0;

	for (size_t i = 0; i < self->said_count; i++)
		count += self->said[i].type == type;
	return count;
}

size_t bench_saved(const struct executor_bench *self, enum message_type type)
{
	size_t count = 0;

	for (size_t i = 0; i < self->record_count; i++)
		count += self->records[i].type == type;
	return count;
}

size_t bench_noted(const struct executor_bench *self, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < self->note_count; i++)
		count += strcmp(self->notes[i], name) == 0;
	return count;
}

const void *bench_last_said(const struct executor_bench *self, enum message_type type)
{
	for (size_t i = self->said_count; i-- > 0;)
		if (self->said[i].type == type)
			return self->said[i].body;
	return NULL;
}
