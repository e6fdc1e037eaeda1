/* SPDX-License-Identifier: Apache-2.0 */
/* Given a sound market, when this is heard, then that was asked for: the words of tests of bots. */
#ifndef TESTS_LIB_STRATEGY_WORDS_H
#define TESTS_LIB_STRATEGY_WORDS_H

#include "tests/lib/strategy_bench.h"

static inline void then_intents(const struct strategy_bench *self, size_t count)
{
	assert_int_equal(self->intent_count, count);
}

static inline void then_cancels(const struct strategy_bench *self, size_t count)
{
	assert_int_equal(self->cancel_count, count);
}

/* The `index`-th intent; fails the test when there is none. */
static inline const struct intent *then_intent(struct strategy_bench *self, size_t index)
{
	if (index >= self->intent_count)
		fail_msg("intent %zu wanted, only %zu were asked for", index, self->intent_count);
	return &self->intents[index];
}

static inline const struct cancel *then_cancel(struct strategy_bench *self, size_t index)
{
	if (index >= self->cancel_count)
		fail_msg("cancel %zu wanted, only %zu were asked for", index, self->cancel_count);
	return &self->cancels[index];
}

static inline void when_stream(struct strategy_bench *self, const char *publisher, bool whole)
{
	struct stream_state state = {.publisher = name_from(publisher), .whole = whole};
	when_message(self, MESSAGE_STREAM_STATE, &state);
}

static inline void when_trading(struct strategy_bench *self, const char *by,
                                enum trading_status status)
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

static inline void when_market(struct strategy_bench *self, const char *symbol,
                               enum market_status status)
{
	struct market_state state = {.symbol = name_from(symbol), .status = status};
	when_message(self, MESSAGE_MARKET_STATE, &state);
}

static inline void when_instrument(struct strategy_bench *self, const char *symbol)
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

static inline void when_tick(struct strategy_bench *self, const char *symbol, const char *bid,
                             const char *ask)
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

static inline void when_trade(struct strategy_bench *self, const char *symbol, const char *price)
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

static inline name_t symbol_of(const struct strategy_bench *self, const char *bot)
{
	for (uint32_t i = 0; i < self->config.bots_count; i++)
		if (name_is(&self->config.bots[i].name, bot))
			return self->config.bots[i].symbol;
	fail_msg("no bot %s", bot);
	return name_from("");
}

static inline void when_held(struct strategy_bench *self, const char *bot, const char *qty)
{
	struct position position = {
		.symbol = symbol_of(self, bot),
		.bot = name_from(bot),
		.qty = decimal_of(qty),
	};
	when_message(self, MESSAGE_POSITION, &position);
}

/* Risk's answer to the `index`-th intent. */
static inline void when_verdict(struct strategy_bench *self, size_t index, const char *rule)
{
	const struct intent *intent = then_intent(self, index);
	struct verdict verdict = {
		.intent_id = intent->intent_id,
		.allowed = *rule == '\0',
		.rule = name_from(rule),
	};
	when_reply(self, self->tokens[index], MESSAGE_VERDICT, &verdict);
}

/* The executor reports the order of the `index`-th intent. */
static inline void when_order(struct strategy_bench *self, size_t index, enum order_status status,
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
		.replace = REPLACE_STATUS_NONE,
		.stop = STOP_STATUS_NONE,
		.qty = intent->qty,
		.price = intent->price,
		.executed = decimal_of(executed),
		.version = ++self->version,
	};
	when_message(self, MESSAGE_ORDER, &order);
}

/* Whole streams, NORMAL trading, LIVE markets, rules, and a price of 100.00 / 100.02. */
static inline void when_world_is_sound(struct strategy_bench *self)
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

/* Starts the host in a sound world. */
static inline void given_sound_world(struct strategy_bench *self)
{
	strategy_bench_start(self);
	when_world_is_sound(self);
}

/* A sound world with one bot "bot" on BTCUSDT. */
static inline struct strategy_bench *given_one_bot(const char *plugin, const char *params)
{
	struct strategy_bench *self = strategy_bench_new();
	given_bot(self, "bot", plugin, "BTCUSDT", params);
	given_sound_world(self);
	return self;
}

#endif
