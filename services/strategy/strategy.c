/* SPDX-License-Identifier: Apache-2.0 */
#include "services/strategy/strategy.h"

#include "common/base/plant.h"
#include "proto/flows.h"
#include "services/strategy/gate.h"

#include <assert.h>
#include <string.h>

enum { TEND_MS = 200 };

static_assert(STRATEGY_TIMER_BOT + BOTS_MAX <= LOGIC_TIMERS_MAX, "every bot has a timer");

static uint32_t add_market(struct bot_host *self, const name_t *name)
{
	const struct market *known = host_market(self, name);
	if (known != NULL)
		return (uint32_t)(known - self->markets);
	assert(self->market_count < MARKETS_MAX);
	uint32_t index = self->market_count++;
	self->markets[index].name = *name;
	enum err err = table_add(&self->market_index, name_hash(name), index);
	assert(err == OK);
	(void)err;
	return index;
}

static void add_bot(struct bot_host *self, const struct bot_config *config)
{
	uint32_t index = self->bot_count++;
	struct bot *bot = &self->bots[index];
	bot_init(bot, config, index, self->config->candle_grace);
	bot->market = add_market(self, &config->symbol);
	struct market *market = &self->markets[bot->market];
	market->bots[market->bot_count++] = index;
	enum err err = table_add(&self->bot_index, name_hash(&config->name), index);
	assert(err == OK);
	(void)err;
}

static void strategy_init(void *state, const struct identity *identity, const void *config)
{
	struct bot_host *self = state;
	self->config = config;
	self->epoch = identity->epoch;
	table_init(&self->market_index, self->market_cells, TABLE_CELLS(MARKETS_MAX));
	table_init(&self->bot_index, self->bot_cells, TABLE_CELLS(BOTS_MAX));
	for (uint32_t i = 0; i < self->config->bots_count; i++)
		add_bot(self, &self->config->bots[i]);
}

struct market *host_market(struct bot_host *self, const name_t *name)
{
	struct table_probe probe;
	uint32_t at = table_first(&self->market_index, name_hash(name), &probe);
	while (at != TABLE_NONE && !name_equals(&self->markets[at].name, name))
		at = table_next(&self->market_index, &probe);
	return at != TABLE_NONE ? &self->markets[at] : NULL;
}

struct bot *host_bot(struct bot_host *self, const name_t *name)
{
	struct table_probe probe;
	uint32_t at = table_first(&self->bot_index, name_hash(name), &probe);
	while (at != TABLE_NONE && !name_equals(&self->bots[at].config->name, name))
		at = table_next(&self->bot_index, &probe);
	return at != TABLE_NONE ? &self->bots[at] : NULL;
}

/* Publishes what each bot may do, where that changed (or all of it). */
static void tell_states(struct bot_host *self, bool all, struct outbox *out)
{
	for (uint32_t i = 0; i < self->bot_count; i++) {
		struct bot_state *state = &self->bots[i].state;
		const char *shut = gate_entry(self, &self->bots[i]);
		bool is_same = state->active == (shut == NULL) &&
		               strcmp(state->reason.text, shut != NULL ? shut : "") == 0;
		if (is_same && !all)
			continue;
		state->active = shut == NULL;
		state->reason = text_from(shut != NULL ? shut : "");
		outbox_publish(out, MESSAGE_BOT_STATE, state);
	}
}

static void take_tick(struct bot_host *self, const struct event *event, struct outbox *out)
{
	const struct tick *tick = event->body;
	struct market *market = host_market(self, &tick->symbol);
	if (market == NULL)
		return;
	bool is_first = !market->has_tick;
	market->tick = *tick;
	market->has_tick = true;
	if (is_first)
		tell_states(self, false, out);
	for (uint32_t i = 0; i < market->bot_count; i++) {
		struct bot_context context =
			bot_context_of(self, &self->bots[market->bots[i]], event, tick->stamp, out);
		bot_take_tick(&context, tick);
	}
}

static void take_trade(struct bot_host *self, const struct event *event, struct outbox *out)
{
	const struct trade *trade = event->body;
	struct market *market = host_market(self, &trade->symbol);
	if (market == NULL)
		return;
	market->ahead = trade->at - event->now;
	for (uint32_t i = 0; i < market->bot_count; i++) {
		struct bot_context context = bot_context_of(self, &self->bots[market->bots[i]],
		                                            event, trade->stamp, out);
		bot_take_trade(&context, trade);
	}
}

/* Prices of before are not known to be current, and trades may have been missed. */
static void lose_market(struct bot_host *self, struct market *market)
{
	if (PLANTED(B05_LAG_IGNORED))
		return;
	market->has_tick = false;
	for (uint32_t i = 0; i < market->bot_count; i++)
		bot_mark_gap(&self->bots[market->bots[i]]);
}

static void take_market_state(struct bot_host *self, const struct event *event, struct outbox *out)
{
	const struct market_state *state = event->body;
	struct market *market = host_market(self, &state->symbol);
	if (market == NULL)
		return;
	market->state = *state;
	if (state->status != MARKET_STATUS_LIVE)
		lose_market(self, market);
	tell_states(self, false, out);
}

static void take_instrument(struct bot_host *self, const struct event *event, struct outbox *out)
{
	const struct instrument *instrument = event->body;
	struct market *market = host_market(self, &instrument->symbol);
	if (market == NULL)
		return;
	market->instrument = *instrument;
	market->has_instrument = true;
	tell_states(self, false, out);
}

static void take_order(struct bot_host *self, const struct event *event, struct outbox *out)
{
	const struct order *order = event->body;
	struct bot *bot = host_bot(self, &order->bot);
	if (bot == NULL || (order->purpose != PURPOSE_ENTRY && order->purpose != PURPOSE_EXIT))
		return;
	struct bot_context context = bot_context_of(self, bot, event, 0, out);
	bot_take_order(&context, order);
}

static void take_fill(struct bot_host *self, const struct event *event, struct outbox *out)
{
	const struct fill *fill = event->body;
	struct bot *bot = host_bot(self, &fill->bot);
	if (bot == NULL || !name_equals(&fill->symbol, &bot->config->symbol))
		return;
	struct bot_context context = bot_context_of(self, bot, event, 0, out);
	bot_take_fill(&context, fill);
}

static void take_position(struct bot_host *self, const struct event *event, struct outbox *out)
{
	const struct position *position = event->body;
	struct bot *bot = host_bot(self, &position->bot);
	(void)out;
	if (bot != NULL && name_equals(&position->symbol, &bot->config->symbol))
		bot->position = *position;
}

static void take_trading_state(struct bot_host *self, const struct event *event, struct outbox *out)
{
	const struct trading_state *trading = event->body;
	if (event->envelope != NULL &&
	    flow_is_instance_of(event->envelope->sender.text, "executor"))
		self->executor_gate = trading->status;
	else
		self->trading = *trading;
	tell_states(self, false, out);
}

typedef void take_whole(struct bot_host *self, const struct event *event, bool whole,
                        struct outbox *out);

static void take_feed(struct bot_host *self, const struct event *event, bool whole,
                      struct outbox *out)
{
	(void)event;
	(void)out;
	self->feed_whole = whole;
	for (uint32_t i = 0; i < self->market_count && !whole; i++)
		lose_market(self, &self->markets[i]);
}

/* A position that the executor didn't tell until its stream was whole is zero. */
static void take_executor(struct bot_host *self, const struct event *event, bool whole,
                          struct outbox *out)
{
	self->executor_whole = whole;
	for (uint32_t i = 0; i < self->bot_count; i++) {
		struct bot_context context = bot_context_of(self, &self->bots[i], event, 0, out);
		if (whole)
			bot_drop_untold(&context);
		else
			bot_forget_told(&self->bots[i]);
	}
}

static void take_risk(struct bot_host *self, const struct event *event, bool whole,
                      struct outbox *out)
{
	(void)event;
	(void)out;
	self->risk_whole = whole;
}

static const struct {
	const char *service;
	take_whole *take;
} publishers[] = {{"feed", take_feed}, {"executor", take_executor}, {"risk", take_risk}};

static void take_stream(struct bot_host *self, const struct event *event, struct outbox *out)
{
	const struct stream_state *stream = event->body;
	for (size_t i = 0; i < sizeof publishers / sizeof *publishers; i++)
		if (flow_is_instance_of(stream->publisher.text, publishers[i].service))
			publishers[i].take(self, event, stream->whole, out);
	tell_states(self, false, out);
}

typedef void take_message(struct bot_host *self, const struct event *event, struct outbox *out);

static take_message *const handlers[MESSAGE_TYPES_MAX] = {
	[MESSAGE_TICK] = take_tick,
	[MESSAGE_TRADE] = take_trade,
	[MESSAGE_MARKET_STATE] = take_market_state,
	[MESSAGE_INSTRUMENT] = take_instrument,
	[MESSAGE_ORDER] = take_order,
	[MESSAGE_FILL] = take_fill,
	[MESSAGE_POSITION] = take_position,
	[MESSAGE_TRADING_STATE] = take_trading_state,
	[MESSAGE_STREAM_STATE] = take_stream,
};

static void take_reply(struct bot_host *self, const struct event *event, struct outbox *out)
{
	uint64_t index = (event->token & ~TOKEN_CANCEL) >> TOKEN_BOT_SHIFT;
	if (index >= self->bot_count)
		return;
	struct bot_context context = bot_context_of(self, &self->bots[index], event, 0, out);
	if (event->type == MESSAGE_VERDICT)
		bot_take_verdict(&context, event->body);
	else if (event->type == MESSAGE_RECEIPT)
		bot_take_receipt(&context, event->token, event->body);
	else if (event->type == MESSAGE_CALL_FAILED)
		bot_take_failure(&context, event->token, event->body);
}

static struct latency latency_of(const struct bot_host *self)
{
	return (struct latency){
		.stage = name_from("tick_to_intent"),
		.samples = self->latency.count,
		.p50 = (nanos_t)histogram_quantile(&self->latency, 0.5),
		.p99 = (nanos_t)histogram_quantile(&self->latency, 0.99),
	};
}

static void tend(struct bot_host *self, const struct event *event, struct outbox *out)
{
	for (uint32_t i = 0; i < self->bot_count && self->executor_whole; i++) {
		struct bot_context context = bot_context_of(self, &self->bots[i], event, 0, out);
		bot_drop_expired(&context);
	}
	bool is_due = event->now >= self->publish_at;
	tell_states(self, is_due, out);
	if (is_due) {
		struct latency latency = latency_of(self);
		outbox_publish(out, MESSAGE_LATENCY, &latency);
		self->publish_at = event->now + NANOS_S;
	}
	outbox_set_timer(out, STRATEGY_TIMER_TEND, event->now + TEND_MS * NANOS_MS);
}

static void take_timer(struct bot_host *self, const struct event *event, struct outbox *out)
{
	if (event->timer == STRATEGY_TIMER_TEND) {
		tend(self, event, out);
		return;
	}
	uint32_t index = event->timer - STRATEGY_TIMER_BOT;
	if (index >= self->bot_count)
		return;
	struct bot_context context = bot_context_of(self, &self->bots[index], event, 0, out);
	bot_take_timer(&context);
}

static void strategy_step(void *state, const struct event *event, struct outbox *out)
{
	struct bot_host *self = state;
	switch (event->kind) {
	case EVENT_START: tend(self, event, out); break;
	case EVENT_MESSAGE:
		if ((size_t)event->type < MESSAGE_TYPES_MAX && handlers[event->type] != NULL)
			handlers[event->type](self, event, out);
		break;
	case EVENT_REPLY: take_reply(self, event, out); break;
	case EVENT_TIMER: take_timer(self, event, out); break;
	case EVENT_STOP: outbox_exit(out, "asked to stop"); break;
	default: break;
	}
}

static void strategy_republish(const void *state, nanos_t now, struct outbox *out)
{
	const struct bot_host *self = state;
	struct latency latency = latency_of(self);
	(void)now;
	for (uint32_t i = 0; i < self->bot_count; i++)
		outbox_publish(out, MESSAGE_BOT_STATE, &self->bots[i].state);
	outbox_publish(out, MESSAGE_LATENCY, &latency);
}

static enum service_status strategy_health(const void *state, nanos_t now, text_t *why)
{
	const struct bot_host *self = state;
	(void)now;
	for (uint32_t i = 0; i < self->bot_count; i++) {
		const struct bot *bot = &self->bots[i];
		const char *trouble = gate_trouble(self, &self->markets[bot->market]);
		if (trouble == NULL || !bot->config->active)
			continue;
		*why = text_format("%s waits: %s", bot->config->name.text, trouble);
		return SERVICE_STATUS_DEGRADED;
	}
	return SERVICE_STATUS_HEALTHY;
}

static const struct config_key bot_keys[] = {
#define CONFIG_ROWS struct bot_config
#include "common/base/config_rows.h"
#include "services/strategy/bot.def"
#include "common/base/config_rows_end.h"
};

const struct config_type bot_config_type = {
	.name = "bot",
	.doc = "One bot of the strategy host.",
	.keys = bot_keys,
	.key_count = sizeof bot_keys / sizeof *bot_keys,
	.size = sizeof(struct bot_config),
};

static const struct config_key keys[] = {
#define CONFIG_ROWS struct strategy_config
#include "common/base/config_rows.h"
#include "services/strategy/config.def"
#include "common/base/config_rows_end.h"
};

const struct config_type strategy_config_type = {
	.name = "strategy",
	.doc = "The bots: plugin, symbol, parameters.",
	.keys = keys,
	.key_count = sizeof keys / sizeof *keys,
	.size = sizeof(struct strategy_config),
};

const struct logic strategy_logic = {
	.name = "strategy",
	.state_size = sizeof(struct bot_host),
	.arena_size = 1 << 19, /* every bot may ask for all that it can follow in one step */
	.init = strategy_init,
	.step = strategy_step,
	.republish = strategy_republish,
	.health = strategy_health,
};
