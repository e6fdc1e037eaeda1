/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/report.h"

#include <assert.h>

#include "services/executor/budget.h"
#include "services/executor/gate.h"

enum { ENDED_REPORTED = 200, FIGURES = 8 };

static_assert(1000 + ENDED_REPORTED + POSITIONS_MAX + BALANCES_MAX + FIGURES < OUTBOX_EFFECTS_MAX,
              "the whole state fits in an outbox");

static void publish_orders(struct executor *self)
{
	for (uint32_t i = 0; i < self->changed_count; i++) {
		struct order_slot *slot = &self->books.orders.slots[self->changed[i]];
		slot->inquiry.changed = false;
		outbox_publish(self->out, MESSAGE_ORDER, &slot->order);
	}
	self->changed_count = 0;
}

static void publish_positions(struct executor *self)
{
	struct holdings *holdings = &self->books.holdings;

	for (uint32_t i = 0; i < holdings->position_count; i++) {
		if (!holdings->positions[i].changed)
			continue;
		holdings->positions[i].changed = false;
		outbox_publish(self->out, MESSAGE_POSITION, &holdings->positions[i].position);
	}
}

static struct trading_state trading_now(const struct executor *self, nanos_t now)
{
	struct trading_state state = {.status = TRADING_STATUS_NORMAL,
	                              .level = self->books.latch.level};
	const char *rule = gate_closed(self, now, &state.reason);

	if (rule == NULL)
		return state;
	state.status = self->books.latch.halted ? TRADING_STATUS_HALTED
	               : self->winding_down     ? TRADING_STATUS_REDUCING
	                                        : TRADING_STATUS_GUARDED;
	return state;
}

static void publish_trading_state(struct executor *self)
{
	struct trading_state state = trading_now(self, self->now);

	if (state.status == self->trading.status && state.level == self->trading.level)
		return;
	state.since = self->now;
	self->trading = state;
	outbox_publish(self->out, MESSAGE_TRADING_STATE, &state);
}

void report_changes(struct executor *self)
{
	/* What no journal holds isn't told (W1); the trading state says why. */
	if (self->journal_failed) {
		publish_trading_state(self);
		return;
	}
	/* Positions first: between the two a fill is counted twice rather than not at all. */
	publish_positions(self);
	if (self->changed_count > 0)
		publish_orders(self);
	publish_trading_state(self);
}

static struct order_counts counts_now(const struct executor *self)
{
	const struct orders *orders = &self->books.orders;
	struct order_counts counts = self->books.totals;

	counts.open = orders->open_count;
	counts.unknown = 0;
	for (uint32_t i = 0; i < orders->open_count; i++) {
		enum order_status status = orders->slots[orders->open[i]].order.status;
		counts.unknown += status == ORDER_STATUS_UNKNOWN || status == ORDER_STATUS_DISPUTED;
	}
	counts.approvals = self->approvals;
	counts.refused = self->refused;
	return counts;
}

static void publish_figures(const struct executor *self, nanos_t now, struct outbox *out)
{
	struct order_counts counts = counts_now(self);
	struct latency latency = {
		.stage = name_from("tick_to_order"),
		.samples = self->tick_to_order.count,
		.p50 = (nanos_t)histogram_quantile(&self->tick_to_order, 0.5),
		.p99 = (nanos_t)histogram_quantile(&self->tick_to_order, 0.99),
	};

	outbox_publish(out, MESSAGE_ORDER_COUNTS, &counts);
	outbox_publish(out, MESSAGE_LATENCY, &latency);
	if (!self->started)
		return;
	struct rate_use use = budget_use(self, now);
	outbox_publish(out, MESSAGE_RATE_USE, &use);
}

void report_figures(struct executor *self)
{
	publish_figures(self, self->now, self->out);
}

void report_performance(struct executor *self)
{
	struct order_counts counts = counts_now(self);
	const struct holdings *holdings = &self->books.holdings;

	for (uint32_t i = 0; i < holdings->position_count; i++) {
		const struct position *position = &holdings->positions[i].position;
		char realised[DECIMAL_TEXT_SIZE], fees[DECIMAL_TEXT_SIZE], qty[DECIMAL_TEXT_SIZE];
		outbox_note_kind(self->out, NOTE_PERFORMANCE, SEVERITY_INFO, "performance",
		                 "bot=%s symbol=%s qty=%s realised=%s fees=%s fills=%llu",
		                 position->bot.text, position->symbol.text,
		                 decimal_print(position->qty, qty),
		                 decimal_print(position->realised, realised),
		                 decimal_print(position->fees, fees),
		                 (unsigned long long)position->fills);
	}
	outbox_note_kind(
		self->out, NOTE_PERFORMANCE, SEVERITY_INFO, "performance",
		"orders sent=%llu filled=%llu cancelled=%llu rejected=%llu open=%llu fills=%llu",
		(unsigned long long)counts.sent, (unsigned long long)counts.filled,
		(unsigned long long)counts.cancelled, (unsigned long long)counts.rejected,
		(unsigned long long)counts.open, (unsigned long long)counts.fills);
}

static void republish_orders(const struct orders *orders, struct outbox *out)
{
	uint32_t at = orders->ended_newest;

	for (uint32_t i = 0; i < ENDED_REPORTED && at != TABLE_NONE; i++) {
		outbox_publish(out, MESSAGE_ORDER, &orders->slots[at].order);
		at = orders->slots[at].older;
	}
	for (uint32_t i = 0; i < orders->open_count; i++)
		outbox_publish(out, MESSAGE_ORDER, &orders->slots[orders->open[i]].order);
}

static void republish_marks(const struct holdings *holdings, nanos_t now, struct outbox *out)
{
	for (uint32_t i = 0; i < holdings->market_count; i++) {
		struct journal_mark mark = {
			.symbol = holdings->markets[i].instrument.symbol,
			.trade_id = holdings->markets[i].trade_mark,
			.at = now,
		};
		if (holdings->markets[i].is_marked)
			outbox_publish(out, MESSAGE_JOURNAL_MARK, &mark);
	}
}

void report_all(const void *state, nanos_t now, struct outbox *out)
{
	const struct executor *self = state;
	const struct holdings *holdings = &self->books.holdings;

	republish_marks(holdings, now, out);
	if (!self->journal_failed)
		republish_orders(&self->books.orders, out);
	for (uint32_t i = 0; i < holdings->position_count && !self->journal_failed; i++)
		outbox_publish(out, MESSAGE_POSITION, &holdings->positions[i].position);
	for (uint32_t i = 0; i < holdings->asset_count; i++)
		outbox_publish(out, MESSAGE_BALANCE, &holdings->assets[i].balance);
	publish_figures(self, now, out);
	if (self->trading.status != 0)
		outbox_publish(out, MESSAGE_TRADING_STATE, &self->trading);
}

enum service_status report_health(const void *state, nanos_t now, text_t *why)
{
	const struct executor *self = state;

	if (!self->started)
		return SERVICE_STATUS_STARTING;
	if (self->journal_failed || !self->books.latch.halted)
		if (gate_closed(self, now, why) != NULL)
			return SERVICE_STATUS_DEGRADED;
	if (!self->user_up) {
		*why = text_from("the stream of our own orders and executions is down");
		return SERVICE_STATUS_DEGRADED;
	}
	if (self->books.holdings.market_count == 0) {
		*why = text_from("no symbol's rules are known yet: is the feed running?");
		return SERVICE_STATUS_DEGRADED;
	}
	uint64_t unknown = counts_now(self).unknown;
	if (unknown > 0) {
		*why = text_format("%llu orders have an unknown or disputed fate",
		                   (unsigned long long)unknown);
		return SERVICE_STATUS_DEGRADED;
	}
	return SERVICE_STATUS_HEALTHY;
}
