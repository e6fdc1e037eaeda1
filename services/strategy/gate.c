/* SPDX-License-Identifier: Apache-2.0 */
#include "services/strategy/gate.h"

#include "common/base/plant.h"

static const char *const trading_shut[] = {
	[0] = "risk has not told whether trading is allowed",
	[TRADING_STATUS_NORMAL] = NULL,
	[TRADING_STATUS_GUARDED] = "trading is GUARDED",
	[TRADING_STATUS_REDUCING] = "trading is REDUCING: exits only",
	[TRADING_STATUS_HALTED] = "trading is HALTED",
};

static const char *const market_shut[] = {
	[0] = "the feed has not told the state of its symbol",
	[MARKET_STATUS_DOWN] = "the feed has no connection",
	[MARKET_STATUS_SYNCING] = "the feed rebuilds the book of its symbol",
	[MARKET_STATUS_LIVE] = NULL,
	[MARKET_STATUS_STALE] = "prices of its symbol are stale",
};

/* The executor would refuse: asking would only cost the time until the intent is given up. */
static const char *const executor_shut[] = {
	[0] = "the executor has not told whether it takes orders",
	[TRADING_STATUS_NORMAL] = NULL,
	[TRADING_STATUS_GUARDED] = "the executor takes no entries now: it is GUARDED",
	[TRADING_STATUS_REDUCING] = "the executor takes no entries now: it is REDUCING",
	[TRADING_STATUS_HALTED] = "the executor takes no entries now: it is HALTED",
};

const char *gate_trouble(const struct bot_host *host, const struct market *market)
{
	if (!host->feed_whole && !PLANTED(B05_LAG_IGNORED))
		return "the feed is not heard whole";
	if (!host->executor_whole)
		return "own orders and positions are not known: the executor is not heard whole";
	if (!host->risk_whole)
		return "risk is not heard whole";
	if (market_shut[market->state.status] != NULL && !PLANTED(B05_LAG_IGNORED))
		return market_shut[market->state.status];
	if (!market->has_instrument)
		return "the rules of its symbol are not known yet";
	return market->has_tick ? NULL : "its symbol has no price yet";
}

const char *gate_exit(const struct bot_host *host, const struct bot *bot)
{
	enum trading_status status = host->trading.status;
	if (!bot->config->active)
		return "switched off: set active in strategy.yaml";
	const char *trouble = gate_trouble(host, &host->markets[bot->market]);
	if (trouble != NULL)
		return trouble;
	return status == TRADING_STATUS_REDUCING ? NULL : trading_shut[status];
}

const char *gate_entry(const struct bot_host *host, const struct bot *bot)
{
	const char *shut = gate_exit(host, bot);
	if (shut == NULL)
		shut = trading_shut[host->trading.status];
	return shut != NULL ? shut : executor_shut[host->executor_gate];
}
