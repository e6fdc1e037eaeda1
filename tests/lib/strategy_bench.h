/* SPDX-License-Identifier: Apache-2.0 */
/* A strategy host without a world: events go in, the intents and cancels that it asks for are kept,
   and the timers that it sets fire when time passes. The words of its tests stand in
   strategy_words.h. */
#ifndef TESTS_LIB_STRATEGY_BENCH_H
#define TESTS_LIB_STRATEGY_BENCH_H

#include "services/strategy/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

static inline struct strategy_bench *strategy_bench_new(void)
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
	self->now = 1700000000 * NANOS_S;
	self->stamp = NANOS_S;
	return self;
}

static inline void strategy_bench_free(struct strategy_bench *self)
{
	free(self->host);
	free(self->out);
	free(self->arena);
	free(self);
}

/* Before strategy_bench_start. `params` as "key=value;key=value". */
static inline struct bot_config *given_bot(struct strategy_bench *self, const char *name,
                                           const char *plugin, const char *symbol,
                                           const char *params)
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

static inline void keep_asks(struct strategy_bench *self)
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

static inline void step(struct strategy_bench *self, struct event event)
{
	outbox_clear(self->out);
	event.now = self->now;
	event.stamp = self->stamp;
	event.entropy = (uint64_t)self->now;
	strategy_logic.step(self->host, &event, self->out);
	keep_asks(self);
}

/* Starts the host; nothing is known yet. */
static inline void strategy_bench_start(struct strategy_bench *self)
{
	strategy_logic.init(self->host, &self->identity, &self->config);
	step(self, (struct event){.kind = EVENT_START});
}

static inline void when_message(struct strategy_bench *self, enum message_type type,
                                const void *body)
{
	step(self, (struct event){.kind = EVENT_MESSAGE, .type = type, .body = body});
}

static inline void when_reply(struct strategy_bench *self, uint64_t token, enum message_type type,
                              const void *body)
{
	step(self, (struct event){.kind = EVENT_REPLY, .token = token, .type = type, .body = body});
}

static inline int next_timer(const struct strategy_bench *self)
{
	int next = -1;
	for (int i = 0; i < LOGIC_TIMERS_MAX; i++)
		if (self->timers[i] != 0 && (next < 0 || self->timers[i] < self->timers[next]))
			next = i;
	return next;
}

/* Lets time pass and fires the timers that become due. */
static inline void when_time_passes(struct strategy_bench *self, nanos_t duration)
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

/* The last published state of a bot. */
static inline const struct bot_state *strategy_bench_state(struct strategy_bench *self,
                                                           const char *bot)
{
	const name_t name = name_from(bot);
	const struct bot *found = host_bot(self->host, &name);
	assert_non_null(found);
	return &found->state;
}

/* The message of this type in the last step's outbox, or NULL. */
static inline const void *strategy_bench_published(const struct strategy_bench *self,
                                                   enum message_type type)
{
	for (size_t i = 0; i < self->out->count; i++)
		if (self->out->effects[i].kind == EFFECT_PUBLISH &&
		    self->out->effects[i].type == type)
			return self->out->effects[i].body;
	return NULL;
}

#endif
