/* SPDX-License-Identifier: Apache-2.0 */
/* One bot: its plugin over its own memory, its candles and timer, its open orders. Pure. */
#ifndef STRATEGY_BOTS_H
#define STRATEGY_BOTS_H

#include "services/strategy/plugin.h"
#include "services/strategy/strategy.h"

/* Timers: the host's own, then one for each bot. */
enum { TOKEN_BOT_SHIFT = 48, STRATEGY_TIMER_TEND = 1, STRATEGY_TIMER_BOT = 2 };

/* The low half of an intent's id and the token of its call; cancels have the top bit. */
#define TOKEN_CANCEL (UINT64_C(1) << 63)

struct market;

struct bot {
	const struct bot_config *config;
	const struct strategy *plugin;
	uint32_t index, market;
	uint64_t counter;         /* of intents and cancels */
	struct position position; /* zero until the executor tells one */
	struct bot_orders orders;
	struct candle_builder candles;
	nanos_t wake_at, timer_at; /* asked for by the plugin; set at the host */
	struct bot_state state;
	_Alignas(16) uint8_t memory[BOT_MEMORY_SIZE]; /* parameters, then the plugin's state */
};

/* The plugin and its parameters must be good (check.h): asserted. */
void bot_init(struct bot *self, const struct bot_config *config, uint32_t index,
              nanos_t candle_grace);
/* Memory that the plugin's parameters and state need. */
size_t bot_memory_needed(const struct strategy *plugin);

/* The world of a bot for a callback; `cause` is the stamp of a market message, else 0. */
struct bot_context bot_context_of(struct bot_host *host, struct bot *self,
                                  const struct event *event, nanos_t cause, struct outbox *out);

void bot_take_tick(struct bot_context *context, const struct tick *tick);
void bot_take_trade(struct bot_context *context, const struct trade *trade);
void bot_take_fill(struct bot_context *context, const struct fill *fill);
void bot_take_order(struct bot_context *context, const struct order *order);
void bot_take_timer(struct bot_context *context);
/* Ends of calls. */
void bot_take_verdict(struct bot_context *context, const struct verdict *verdict);
void bot_take_receipt(struct bot_context *context, uint64_t token, const struct receipt *receipt);
void bot_take_failure(struct bot_context *context, uint64_t token,
                      const struct call_failed *failed);

/* Trades were missed. */
void bot_mark_gap(struct bot *self);
/* What the executor reported before must be reported again to be believed. */
void bot_forget_told(struct bot *self);
/* The executor's stream is whole: an order that it did not report has ended. */
void bot_drop_untold(struct bot_context *context);
/* Intents whose time is over without a trace; only while the executor's stream is whole. */
void bot_drop_expired(struct bot_context *context);

/* The order of an intent in the table, or NULL. */
struct bot_order *bot_order_of(struct bot *self, ident_t intent_id);

#endif
