/* SPDX-License-Identifier: Apache-2.0 */
/* The state of the strategy host; shared by the files of this folder only. */
#ifndef STRATEGY_HOST_H
#define STRATEGY_HOST_H

#include "common/base/histogram.h"
#include "common/base/table.h"
#include "services/strategy/bots.h"

enum { BOTS_MAX = 32, MARKETS_MAX = CONFIG_NAMES_MAX };

struct market {
	name_t name;
	struct instrument instrument;
	struct tick tick;
	bool has_instrument, has_tick;
	struct market_state state;
	nanos_t ahead; /* exchange time less ours, by the last trade */
	uint32_t bots[BOTS_MAX], bot_count;
};

struct bot_host {
	const struct strategy_config *config;
	uint64_t epoch;
	bool feed_whole, executor_whole, risk_whole;
	struct trading_state trading;      /* as risk sees it; status 0 before it told one */
	enum trading_status executor_gate; /* as the executor sees it; 0 before it told one */
	struct market markets[MARKETS_MAX];
	uint32_t market_count, bot_count;
	struct table market_index, bot_index; /* by name */
	struct table_cell market_cells[TABLE_CELLS(MARKETS_MAX)], bot_cells[TABLE_CELLS(BOTS_MAX)];
	nanos_t publish_at;
	struct histogram latency;
	struct bot bots[BOTS_MAX];
};

/* NULL when it is not ours. */
struct market *host_market(struct bot_host *self, const name_t *name);
struct bot *host_bot(struct bot_host *self, const name_t *name);

#endif
