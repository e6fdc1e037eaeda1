/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/strategy_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const nanos_t BEGIN = 1700000000 * NANOS_S;

struct strategy_bench *strategy_bench_new(void)
{
	struct strategy_bench *self = calloc(1, sizeof *self);
	assert_non_null(self);
	config_defaults(&strategy_config_type, &self->config);
	config_defaults(&stack_config_type, &self->stack);
	self->identity = (struct identity){
		.instance = name_from("strategy"),
		.service = name_from("strategy"),
		.epoch = 0xe90c,
		.stack = &self->stack,
	};
	self->host = calloc(1, strategy_logic.state_size);
	self->out = calloc(1, sizeof *self->out);
	self->arena = aligned_alloc(16, strategy_logic.arena_size);
	assert_true(self->host != NULL && self->out != NULL && self->arena != NULL);
	outbox_init(self->out, self->arena, strategy_logic.arena_size);
	self->now = BEGIN;
	self->stamp = NANOS_S;
	return self;
}

void strategy_bench_free(struct strategy_bench *self)
{
	free(self->host);
	free(self->out);
	free(self->arena);
	free(self);
}

struct bot_config *given_bot(struct strategy_bench *self, const char *name, const char *plugin,
                             const char *symbol, const char *params)
{
	text_t why;
	struct bot_config *bot = &self->config.bots[self->config.bots_count++];
	config_defaults(&bot_config_type, bot);
	bot->name = name_from(name);
	bot->plugin = name_from(plugin);
	bot->symbol = name_from(symbol);
	assert_int_equal(config_set(&bot_config_type, bot, "params", params, &why), OK);
	return bot;
}

static void keep_asks(struct strategy_bench *self)
{
	for (size_t i = 0; i < self->out->count; i++) {
		const struct effect *effect = &self->out->effects[i];
		if (effect->kind == EFFECT_SET_TIMER)
			self->timers[effect->timer] = effect->at;
		if (effect->kind != EFFECT_CALL)
			continue;
		assert_true(self->intent_count < BENCH_ASKS_MAX &&
		            self->cancel_count < BENCH_ASKS_MAX);
		if (effect->type == MESSAGE_INTENT) {
			assert_string_equal(effect->peer.text, "risk");
			self->tokens[self->intent_count] = effect->token;
			self->intents[self->intent_count++] = *(const struct intent *)effect->body;
		} else {
			assert_int_equal(effect->type, MESSAGE_CANCEL);
			assert_string_equal(effect->peer.text, "executor");
			self->cancel_tokens[self->cancel_count] = effect->token;
			self->cancels[self->cancel_count++] = *(const struct cancel *)effect->body;
		}
	}
}

static void step(struct strategy_bench *self, struct event event)
{
	outbox_clear(self->out);
	event.now = self->now;
	event.stamp = self->stamp;
	event.entropy = (uint64_t)self->now;
	strategy_logic.step(self->host, &event, self->out);
	keep_asks(self);
}

void strategy_bench_start(struct strategy_bench *self)
{
	strategy_logic.init(self->host, &self->identity, &self->config);
	step(self, (struct event){.kind = EVENT_START});
}

void when_message(struct strategy_bench *self, enum message_type type, const void *body)
{
	step(self, (struct event){.kind = EVENT_MESSAGE, .type = type, .body = body});
}

void when_reply(struct strategy_bench *self, uint64_t token, enum message_type type,
                const void *body)
{
	step(self, (struct event){.kind = EVENT_REPLY, .token = token, .type = type, .body = body});
}

static int next_timer(const struct strategy_bench *self)
{
	int next = -1;
	for (int i = 0; i < LOGIC_TIMERS_MAX; i++)
		if (self->timers[i] != 0 && (next < 0 || self->timers[i] < self->timers[next]))
			next = i;
	return next;
}

void when_time_passes(struct strategy_bench *self, nanos_t duration)
{
	nanos_t end = self->now + duration;
	for (int timer; (timer = next_timer(self)) >= 0 && self->timers[timer] <= end;) {
		if (self->timers[timer] > self->now)
			self->now = self->timers[timer];
		self->timers[timer] = 0;
		step(self, (struct event){.kind = EVENT_TIMER, .timer = (unsigned)timer});
	}
	self->now = end;
}

void when_stream(struct strategy_bench *self, const char *publisher, bool whole)
{
	struct stream_state state = {.publisher = name_from(publisher), .whole = whole};
	when_message(self, MESSAGE_STREAM_STATE, &state);
}

void when_trading(struct strategy_bench *self, const char *by, enum trading_status status)
{
	struct trading_state state = {.status = status};
	struct envelope envelope = {.type = MESSAGE_TRADING_STATE, .sender = name_from(by)};
	step(self, (struct event){
			   .kind = EVENT_MESSAGE,
			   .envelope = &envelope,
			   .type = MESSAGE_TRADING_STATE,
			   .body = &state,
		   });
}

void when_market(struct strategy_bench *self, const char *symbol, enum market_status status)
{
	struct market_state state = {.symbol = name_from(symbol), .status = status};
	when_message(self, MESSAGE_MARKET_STATE, &state);
}

void when_instrument(struct strategy_bench *self, const char *symbol)
{
	struct instrument instrument = {
		.symbol = name_from(symbol),
		.trading = true,
		.tick = decimal_of("0.01"),
		.lot = decimal_of("0.001"),
		.qty_min = decimal_of("0.001"),
		.notional_min = decimal_of("5"),
	};
	when_message(self, MESSAGE_INSTRUMENT, &instrument);
}

void when_tick(struct strategy_bench *self, const char *symbol, const char *bid, const char *ask)
{
	struct tick tick = {
		.symbol = name_from(symbol),
		.bid = decimal_of(bid),
		.ask = decimal_of(ask),
		.at = self->now,
		.stamp = self->stamp - 40 * NANOS_US,
	};
	when_message(self, MESSAGE_TICK, &tick);
}

void when_trade(struct strategy_bench *self, const char *symbol, const char *price)
{
	struct trade trade = {
		.symbol = name_from(symbol),
		.trade_id = ++self->trade_id,
		.price = decimal_of(price),
		.qty = decimal_of("1"),
		.taker = SIDE_BUY,
		.at = self->now,
		.stamp = self->stamp - 30 * NANOS_US,
	};
	when_message(self, MESSAGE_TRADE, &trade);
}

static name_t symbol_of(const struct strategy_bench *self, const char *bot)
{
	for (uint32_t i = 0; i < self->config.bots_count; i++)
		if (name_is(&self->config.bots[i].name, bot))
			return self->config.bots[i].symbol;
	fail_msg("no bot %s", bot);
	return name_from("");
}

void when_held(struct strategy_bench *self, const char *bot, const char *qty)
{
	struct position position = {
		.symbol = symbol_of(self, bot),
		.bot = name_from(bot),
		.qty = decimal_of(qty),
	};
	when_message(self, MESSAGE_POSITION, &position);
}

void when_verdict(struct strategy_bench *self, size_t index, const char *rule)
{
	const struct intent *intent = then_intent(self, index);
	struct verdict verdict = {
		.intent_id = intent->intent_id,
		.allowed = *rule == '\0',
		.rule = name_from(rule),
	};
	when_reply(self, self->tokens[index], MESSAGE_VERDICT, &verdict);
}

void when_order(struct strategy_bench *self, size_t index, enum order_status status,
                const char *executed)
{
	const struct intent *intent = then_intent(self, index);
	struct order order = {
		.intent_id = intent->intent_id,
		.bot = intent->bot,
		.symbol = intent->symbol,
		.purpose = intent->purpose,
		.side = intent->side,
		.type = intent->type,
		.time_in_force = intent->time_in_force,
		.status = status,
		.cancel = CANCEL_STATUS_NONE,
		.qty = intent->qty,
		.price = intent->price,
		.executed = decimal_of(executed),
		.version = ++self->version,
	};
	when_message(self, MESSAGE_ORDER, &order);
}

void when_world_is_sound(struct strategy_bench *self)
{
	when_stream(self, "feed", true);
	when_stream(self, "executor", true);
	when_stream(self, "risk", true);
	when_trading(self, "risk", TRADING_STATUS_NORMAL);
	when_trading(self, "executor", TRADING_STATUS_NORMAL);
	for (uint32_t i = 0; i < self->host->market_count; i++) {
		const char *symbol = self->host->markets[i].name.text;
		when_instrument(self, symbol);
		when_market(self, symbol, MARKET_STATUS_LIVE);
		when_tick(self, symbol, "100.00", "100.02");
	}
}

void given_sound_world(struct strategy_bench *self)
{
	strategy_bench_start(self);
	when_world_is_sound(self);
}

struct strategy_bench *given_one_bot(const char *plugin, const char *params)
{
	struct strategy_bench *self = strategy_bench_new();
	given_bot(self, "bot", plugin, "BTCUSDT", params);
	given_sound_world(self);
	return self;
}

void then_intents(const struct strategy_bench *self, size_t count)
{
	assert_int_equal(self->intent_count, count);
}

void then_cancels(const struct strategy_bench *self, size_t count)
{
	assert_int_equal(self->cancel_count, count);
}

const struct intent *then_intent(struct strategy_bench *self, size_t index)
{
	if (index >= self->intent_count)
		fail_msg("intent %zu wanted, only %zu were asked for", index, self->intent_count);
	return &self->intents[index];
}

const struct cancel *then_cancel(struct strategy_bench *self, size_t index)
{
	if (index >= self->cancel_count)
		fail_msg("cancel %zu wanted, only %zu were asked for", index, self->cancel_count);
	return &self->cancels[index];
}

const struct bot_state *strategy_bench_state(struct strategy_bench *self, const char *bot)
{
	const name_t name = name_from(bot);
	const struct bot *found = host_bot(self->host, &name);
	assert_non_null(found);
	return &found->state;
}

const void *strategy_bench_published(const struct strategy_bench *self, enum message_type type)
{
	for (size_t i = 0; i < self->out->count; i++)
		if (self->out->effects[i].kind == EFFECT_PUBLISH &&
		    self->out->effects[i].type == type)
			return self->out->effects[i].body;
	return NULL;
}
