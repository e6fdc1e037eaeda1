/* SPDX-License-Identifier: Apache-2.0 */
/* The state of risk; shared by risk.c and rules.c only. */
#ifndef RISK_STATE_H
#define RISK_STATE_H

#include "common/base/bucket.h"
#include "common/base/histogram.h"
#include "services/risk/exposure.h"
#include "services/risk/risk.h"

enum { RISK_SYMBOLS_MAX = CONFIG_NAMES_MAX, RISK_BOTS_MAX = 64, WAITING_MAX = 512 };

struct risk_symbol {
	name_t name;
	struct instrument instrument;
	bool has_instrument;
	struct market_state market;
	struct mark mark;
	nanos_t mark_at; /* arrival of the last one; 0 = none */
};

struct risk_bot {
	name_t name;
	struct bucket bucket;
};

/* An approval whose receipt has not come: whom to tell then. */
struct waiting {
	uint64_t call; /* token; 0 = free */
	uint64_t ask;
	ident_t intent_id;
};

struct risk {
	const struct risk_config *config;
	const struct stack_config *stack;
	uint64_t limits_version, approvals;
	struct risk_symbol symbols[RISK_SYMBOLS_MAX];
	size_t symbol_count;
	struct risk_bot bots[RISK_BOTS_MAX];
	size_t bot_count;
	struct exposure exposure;
	struct waiting waiting[WAITING_MAX];
	struct journal_latch latch;
	struct trading_state trading;
	bool feed_whole, executor_whole, save_failed;
	nanos_t publish_at;
	struct histogram latency;
};

struct risk_symbol *risk_symbol_named(struct risk *self, const name_t *name);

#endif
