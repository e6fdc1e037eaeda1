/* SPDX-License-Identifier: Apache-2.0 */
/* A strategy host without a world: given a sound market, when this message comes, then these
   intents and cancels were asked for. Timers that the host sets fire when time passes. */
#ifndef TESTS_LIB_STRATEGY_BENCH_H
#define TESTS_LIB_STRATEGY_BENCH_H

#include "services/strategy/host.h"

enum { BENCH_ASKS_MAX = 256 };

struct strategy_bench {
	struct strategy_config config;
	struct stack_config stack;
	struct identity identity;
	struct bot_host *host;
	struct outbox *out; /* effects of the last step */
	void *arena;
	nanos_t now, stamp, timers[LOGIC_TIMERS_MAX];
	uint64_t trade_id, version;
	struct intent intents[BENCH_ASKS_MAX];
	struct cancel cancels[BENCH_ASKS_MAX];
	uint64_t tokens[BENCH_ASKS_MAX], cancel_tokens[BENCH_ASKS_MAX];
	size_t intent_count, cancel_count; /* asked for since the start */
};

struct strategy_bench *strategy_bench_new(void);
void strategy_bench_free(struct strategy_bench *self);

/* Before strategy_bench_start. `params` as "key=value;key=value". */
struct bot_config *given_bot(struct strategy_bench *self, const char *name, const char *plugin,
                             const char *symbol, const char *params);
/* Starts the host; nothing is known yet. */
void strategy_bench_start(struct strategy_bench *self);
/* Whole streams, NORMAL trading, LIVE markets, rules, and a price of 100.00 / 100.02. */
void when_world_is_sound(struct strategy_bench *self);
/* Starts the host in a sound world. */
void given_sound_world(struct strategy_bench *self);
/* A sound world with one bot "bot" on BTCUSDT. */
struct strategy_bench *given_one_bot(const char *plugin, const char *params);

void when_message(struct strategy_bench *self, enum message_type type, const void *body);
void when_reply(struct strategy_bench *self, uint64_t token, enum message_type type,
                const void *body);
/* Lets time pass and fires the timers that become due. */
void when_time_passes(struct strategy_bench *self, nanos_t duration);

void when_stream(struct strategy_bench *self, const char *publisher, bool whole);
void when_trading(struct strategy_bench *self, const char *by, enum trading_status status);
void when_market(struct strategy_bench *self, const char *symbol, enum market_status status);
void when_instrument(struct strategy_bench *self, const char *symbol);
void when_tick(struct strategy_bench *self, const char *symbol, const char *bid, const char *ask);
void when_trade(struct strategy_bench *self, const char *symbol, const char *price);
void when_held(struct strategy_bench *self, const char *bot, const char *qty);
/* Risk's answer to the `index`-th intent. */
void when_verdict(struct strategy_bench *self, size_t index, const char *rule);
/* The executor reports the order of the `index`-th intent. */
void when_order(struct strategy_bench *self, size_t index, enum order_status status,
                const char *executed);

/* The `index`-th intent; fails the test when there is none. */
const struct intent *then_intent(struct strategy_bench *self, size_t index);
const struct cancel *then_cancel(struct strategy_bench *self, size_t index);
void then_intents(const struct strategy_bench *self, size_t count);
void then_cancels(const struct strategy_bench *self, size_t count);
/* The last published state of a bot. */
const struct bot_state *strategy_bench_state(struct strategy_bench *self, const char *bot);
/* The message of this type in the last step's outbox, or NULL. */
const void *strategy_bench_published(const struct strategy_bench *self, enum message_type type);

#endif
