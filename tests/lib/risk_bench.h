/* SPDX-License-Identifier: Apache-2.0 */
/* Risk on the bench, ready to trade: both streams whole, BTCUSDT and ALTUSDT live at 100.00 /
   100.10, tick 0.01, lot 0.001. Words for given, when and then. */
#ifndef TESTS_LIB_RISK_BENCH_H
#define TESTS_LIB_RISK_BENCH_H

#include "services/risk/state.h"
#include "tests/lib/logic_bench.h"

enum { RISK_BENCH_CALLS = 1 << 16 };

struct risk_bench {
	struct logic_bench logic;
	struct risk_config config;
	uint64_t intents;
	uint64_t calls[RISK_BENCH_CALLS]; /* token of each intent's approval, by the intent's number
	                                   */
};

/* As configured by `changes`: "key=value", NULL at the end; NULL: all defaults but generous limits.
 */
struct risk_bench *risk_bench_open(const char *const *changes);
void risk_bench_close(struct risk_bench *self);
/* START and everything that risk must hear before it allows an order. */
void risk_bench_start(struct risk_bench *self);

void given_tick(struct risk_bench *self, const char *symbol, const char *bid, const char *ask);
void given_market(struct risk_bench *self, const char *symbol, enum market_status status);
struct instrument risk_bench_instrument(const char *symbol);
void given_instrument(struct risk_bench *self, const struct instrument *instrument);
void given_position(struct risk_bench *self, const char *symbol, const char *bot, const char *qty,
                    const char *cost);
/* The executor tells of an order that came of this intent. */
void given_order(struct risk_bench *self, const struct intent *intent, enum order_status status,
                 const char *executed);
void given_receipt(struct risk_bench *self, const struct intent *intent, bool accepted);
struct command_result when_command(struct risk_bench *self, enum command_kind kind,
                                   const char *reason);
void when_time_passes(struct risk_bench *self, nanos_t time);

/* Intents of bot "bot" in BTCUSDT: a new identity each. */
struct intent buy(struct risk_bench *self, const char *qty, const char *price);
struct intent sell(struct risk_bench *self, const char *qty, const char *price);

/* What risk answers at once; an approval instead of an answer counts as allowed. */
struct verdict when_intent(struct risk_bench *self, const struct intent *intent);
/* The approval that went to the executor in the last step; NULL when none did. */
const struct approval *approval_of(const struct risk_bench *self);
void then_allowed(struct risk_bench *self, const struct intent *intent);
void then_refused_by(struct risk_bench *self, const struct intent *intent, const char *rule);

#endif
