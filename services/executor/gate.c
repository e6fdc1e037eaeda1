/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/gate.h"

#include "common/model/lifecycle.h"
#include "services/executor/orphans.h"
#include "services/executor/budget.h"
#include "services/executor/control.h"

/* True when the rule is broken. */
typedef bool rule_breaks(struct executor *self, const struct approval *approval, text_t *detail);

static bool is_protection(const struct approval *approval)
{
	return approval->purpose == PURPOSE_PROTECT || approval->purpose == PURPOSE_FLATTEN;
}

static bool clock_is_fresh(const struct executor *self, nanos_t now)
{
	return self->clock.known && self->clock.steady && !self->clock.drifted &&
	       now - self->clock.measured_at <= 3 * self->config->clock_interval;
}

const char *gate_closed(const struct executor *self, nanos_t now, text_t *detail)
{
	const struct latch *latch = &self->books.latch;

	if (self->journal_failed) {
		*detail = text_from(
			"the journal can't be written; free the disk and restart the executor");
		return "journal_failed";
	}
	if (latch->halted) {
		*detail = text_format("halted by %s: %s", latch->actor.text, latch->reason.text);
		return "halted";
	}
	if (self->protection.guarded) {
		*detail = self->protection.guard_reason;
		return "guarded";
	}
	if (self->winding_down) {
		*detail = text_from("the stack winds down");
		return "winding_down";
	}
	if (!clock_is_fresh(self, now)) {
		*detail = text_from("the exchange's clock is not known or stepped");
		return "clock_unknown";
	}
	if (!self->user_up) {
		*detail = text_from("the stream of our own orders and executions is down");
		return "user_stream_down";
	}
	if (now < self->quiet_until) {
		*detail = text_format("the exchange asked for silence for another %lld ms",
		                      (long long)((self->quiet_until - now) / NANOS_MS));
		return "throttled";
	}
	return NULL;
}

static bool breaks_expiry(struct executor *self, const struct approval *approval, text_t *detail)
{
	if (approval->expires > self->now)
		return false;
	*detail = text_from("the approval's time is over");
	return true;
}

static bool breaks_nonce(struct executor *self, const struct approval *approval, text_t *detail)
{
	if (!ident_is_none(approval->nonce) && !ident_is_none(approval->intent_id) &&
	    orders_by_nonce(&self->books.orders, approval->nonce) == NULL)
		return false;
	*detail = text_from("the approval has no identity or was used for another order");
	return true;
}

static bool breaks_terms(struct executor *self, const struct approval *approval, text_t *detail)
{
	bool priced = approval->type != ORDER_TYPE_MARKET &&
	              approval->type != ORDER_TYPE_STOP_LOSS &&
	              approval->type != ORDER_TYPE_TAKE_PROFIT;
	bool stops = approval->type >= ORDER_TYPE_STOP_LOSS;

	(void)self;
	if (decimal_sign(approval->qty) > 0 && priced == (decimal_sign(approval->price) > 0) &&
	    stops == (decimal_sign(approval->stop_price) > 0) && approval->bot.size > 0)
		return false;
	*detail = text_from("quantity, price, stop price or bot don't fit the order type");
	return true;
}

static bool breaks_instrument(struct executor *self, const struct approval *approval,
                              text_t *detail)
{
	const struct market *market = holdings_market(&self->books.holdings, &approval->symbol);

	if (market != NULL && market->instrument.trading)
		return false;
	*detail = text_format("%s is %s", approval->symbol.text,
	                      market == NULL ? "not known" : "not trading");
	return true;
}

static bool breaks_closed(struct executor *self, const struct approval *approval, text_t *detail)
{
	const char *rule = gate_closed(self, self->now, detail);

	if (rule == NULL || self->journal_failed)
		return rule != NULL;
	if (is_protection(approval))
		return false;
	/* A halt takes no new risk; the way out stays open. */
	bool reduces = approval->purpose == PURPOSE_EXIT && approval->side == SIDE_SELL;
	decimal_t held = holdings_qty(&self->books.holdings, &approval->symbol, &approval->bot);
	return !(reduces && !self->winding_down && self->books.latch.level < LEVEL_FLATTEN &&
	         self->clock.known && self->now >= self->quiet_until &&
	         decimal_compare(approval->qty, held) <= 0);
}

static bool breaks_position(struct executor *self, const struct approval *approval, text_t *detail)
{
	char held_text[DECIMAL_TEXT_SIZE];
	decimal_t held = holdings_qty(&self->books.holdings, &approval->symbol, &approval->bot);

	if (!is_protection(approval))
		return false;
	if (approval->side == SIDE_SELL && decimal_compare(approval->qty, held) <= 0)
		return false;
	*detail = text_format("protection may only sell what %s holds: %s", approval->bot.text,
	                      decimal_print(held, held_text));
	return true;
}

/* What is being sold in an emergency is neither added to nor sold twice; and an entry's protection
   must have a place in the books before it can be sent. */
static bool breaks_protection(struct executor *self, const struct approval *approval,
                              text_t *detail)
{
	const struct holding *holding =
		holdings_find(&self->books.holdings, &approval->symbol, &approval->bot);

	if (is_protection(approval))
		return false;
	if (holding != NULL && holding->guard.fired) {
		*detail = text_format("the stop of %s in %s has fired: its position is being sold",
		                      approval->bot.text, approval->symbol.text);
		return true;
	}
	*detail = text_from("no room to protect another position");
	return holding == NULL && self->books.holdings.position_count == POSITIONS_MAX;
}

/* What an older run signed may still be accepted until its window is over. */
static bool breaks_successor(struct executor *self, const struct approval *approval, text_t *detail)
{
	nanos_t wait = self->books.older_until + (nanos_t)self->profile->clock_step_ms * NANOS_MS -
	               venue_now(self);

	if (approval->purpose != PURPOSE_ENTRY || self->books.older_until == 0 || wait < 0)
		return false;
	*detail = text_format("a request of the run before may still arrive for %lld ms",
	                      (long long)(wait / NANOS_MS));
	return true;
}

static bool breaks_reconciled(struct executor *self, const struct approval *approval,
                              text_t *detail)
{
	const struct market *market = holdings_market(&self->books.holdings, &approval->symbol);
	const struct round *round = round_of(self, market);

	if (approval->purpose != PURPOSE_ENTRY)
		return false;
	if (round->gap_at != 0 && round->orders_at >= round->gap_at &&
	    round->trades_at >= round->gap_at)
		return false;
	*detail = text_format("%s: orders and executions are not compared with the exchange yet",
	                      approval->symbol.text);
	return true;
}

/* Entries wait while an order of their symbol has an unknown fate. */
static bool breaks_unknown(struct executor *self, const struct approval *approval, text_t *detail)
{
	const struct orders *orders = &self->books.orders;

	if (approval->purpose != PURPOSE_ENTRY)
		return false;
	for (uint32_t i = 0; i < orders->open_count; i++) {
		const struct order *order = &orders->slots[orders->open[i]].order;
		if (order->status != ORDER_STATUS_UNKNOWN && order->status != ORDER_STATUS_DISPUTED)
			continue;
		if (!name_equals(&order->symbol, &approval->symbol))
			continue;
		*detail = text_format("%s has an order that is %s", order->symbol.text,
		                      enum_print(&enum_order_status, order->status));
		return true;
	}
	return false;
}

/* Its symbol isn't understood while it is open. */
static bool breaks_orphan(struct executor *self, const struct approval *approval, text_t *detail)
{
	if (approval->purpose != PURPOSE_ENTRY || !orphans_are_open(self, &approval->symbol))
		return false;
	*detail = text_format("%s has an open order with our mark that our journal doesn't know",
	                      approval->symbol.text);
	return true;
}

static bool breaks_qty(struct executor *self, const struct approval *approval, text_t *detail)
{
	char limit[DECIMAL_TEXT_SIZE];

	if (decimal_compare(approval->qty, self->config->order_qty_max) <= 0)
		return false;
	*detail = text_format("largest order is %s",
	                      decimal_print(self->config->order_qty_max, limit));
	return true;
}

static bool breaks_value(struct executor *self, const struct approval *approval, text_t *detail)
{
	char limit[DECIMAL_TEXT_SIZE];
	decimal_t price = decimal_max(approval->price, approval->stop_price);
	decimal_t value;

	if (decimal_multiply(approval->qty, price, &value) == OK &&
	    decimal_compare(value, self->config->order_value_max) <= 0)
		return false;
	*detail = text_format("largest order value is %s",
	                      decimal_print(self->config->order_value_max, limit));
	return true;
}

static uint64_t sent_since(const struct send_times *sends, nanos_t moment)
{
	uint64_t count = 0;
	uint32_t at = sends->next;

	for (uint32_t i = 0; i < sends->count; i++) {
		at = at == 0 ? SENDS_MAX - 1 : at - 1;
		if (sends->items[at] <= moment)
			break;
		count++;
	}
	return count;
}

static bool breaks_rate(struct executor *self, const struct approval *approval, text_t *detail)
{
	uint64_t limit = self->config->orders_per_minute;

	if (is_protection(approval))
		return false;
	if (sent_since(&self->books.sends, self->now - NANOS_MIN) < limit)
		return false;
	*detail =
		text_format("%llu orders were sent in the last minute", (unsigned long long)limit);
	return true;
}

static bool breaks_budget(struct executor *self, const struct approval *approval, text_t *detail)
{
	return !budget_has_order(self, is_protection(approval), detail);
}

static bool breaks_symbol_rate(struct executor *self, const struct approval *approval,
                               text_t *detail)
{
	const struct market *market = holdings_market(&self->books.holdings, &approval->symbol);
	char limit[DECIMAL_TEXT_SIZE];
	decimal_t sum;

	if (is_protection(approval))
		return false;
	if (decimal_add(market_sent(market, self->now), approval->qty, &sum) == OK &&
	    decimal_compare(sum, self->config->symbol_qty_per_minute) <= 0)
		return false;
	*detail = text_format("at most %s of %s may be sent in a minute",
	                      decimal_print(self->config->symbol_qty_per_minute, limit),
	                      approval->symbol.text);
	return true;
}

static bool breaks_room(struct executor *self, const struct approval *approval, text_t *detail)
{
	const struct orders *orders = &self->books.orders;
	uint64_t limit = is_protection(approval) ? ORDERS_MAX : self->config->orders_open_max;

	if (orders->open_count < limit && orders_have_room(orders, self->now))
		return false;
	*detail = text_format("%u orders are open", orders->open_count);
	return true;
}

struct gate_rule {
	const char *name;
	rule_breaks *breaks;
};

static const struct gate_rule rules[] = {
	{"expired", breaks_expiry},
	{"nonce_used", breaks_nonce},
	{"terms", breaks_terms},
	{"instrument_unknown", breaks_instrument},
	{"closed", breaks_closed},
	{"position", breaks_position},
	{"flattening", breaks_protection},
	{"successor", breaks_successor},
	{"not_reconciled", breaks_reconciled},
	{"order_unknown", breaks_unknown},
	{"orphan", breaks_orphan},
	{"order_qty_max", breaks_qty},
	{"order_value_max", breaks_value},
	{"orders_per_minute", breaks_rate},
	{"rate_budget", breaks_budget},
	{"symbol_qty_per_minute", breaks_symbol_rate},
	{"orders_open_max", breaks_room},
};

const char *gate_refusal(struct executor *self, const struct approval *approval, text_t *detail)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		if (!rules[i].breaks(self, approval, detail))
			continue;
		if (rules[i].breaks == breaks_closed)
			return gate_closed(self, self->now, detail);
		return rules[i].name;
	}
	return NULL;
}

bool gate_is_repeat(const struct order *order, const struct approval *approval)
{
	return name_equals(&order->bot, &approval->bot) &&
	       name_equals(&order->symbol, &approval->symbol) &&
	       order->purpose == approval->purpose && order->side == approval->side &&
	       order->type == approval->type && order->time_in_force == approval->time_in_force &&
	       decimal_equals(order->qty, approval->qty) &&
	       decimal_equals(order->price, approval->price) &&
	       decimal_equals(order->stop_price, approval->stop_price);
}
