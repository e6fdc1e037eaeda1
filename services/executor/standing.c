/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/standing.h"

#include "common/model/lifecycle.h"
#include "services/executor/fence.h"
#include "services/executor/inquiry.h"

decimal_t standing_open(const struct order *order)
{
	decimal_t rest;

	if (decimal_subtract(order->qty, order->executed, &rest) != OK)
		return order->qty;
	return decimal_max(rest, DECIMAL_ZERO);
}

static nanos_t bounds_of(const struct executor *self)
{
	return ((nanos_t)self->profile->queue_ms + 2 * (nanos_t)self->profile->clock_step_ms) *
	       NANOS_MS;
}

/* In our time; both in the exchange's and in ours, as at the fence. */
nanos_t standing_late_at(const struct executor *self, const struct order_slot *slot)
{
	nanos_t by_exchange = slot->valid_until - self->clock.offset;
	nanos_t by_us = slot->sent_at + (nanos_t)self->profile->window_ms * NANOS_MS;

	return (by_exchange > by_us ? by_exchange : by_us) + bounds_of(self);
}

bool standing_is_late(const struct executor *self, const struct order_slot *slot, nanos_t moment)
{
	return moment != 0 && moment > standing_late_at(self, slot);
}

bool standing_would_show(const struct executor *self, const struct order_slot *slot, nanos_t moment)
{
	return standing_is_late(self, slot,
	                        moment - fence_of(self->profile, self->books.view_lag).lag);
}

/* Behind its window a cancel found nothing of it to take away, and behind the view lag too a query
   and a scan of the executions have found nothing: it sells no more, and has sold nothing. */
static bool is_released(struct executor *self, const struct market *market,
                        const struct order_slot *slot)
{
	const struct inquiry *inquiry = &slot->inquiry;

	return slot->order.status == ORDER_STATUS_UNKNOWN &&
	       standing_is_late(self, slot, inquiry->gone_at) &&
	       standing_would_show(self, slot, inquiry->absent_at) &&
	       standing_would_show(self, slot, inquiry->trades_at) &&
	       round_of(self, market)->found.sell <= slot->trade_floor;
}

/* An amend can't be accepted any more. */
static bool is_amend_over(const struct executor *self, const struct order_slot *slot)
{
	nanos_t window = (nanos_t)self->profile->window_ms * NANOS_MS;

	return venue_now(self) > slot->replace_until + bounds_of(self) &&
	       self->now > slot->replace_at + window + bounds_of(self);
}

static bool is_called_for(const struct order_slot *slot)
{
	return slot->order.replace == REPLACE_STATUS_REQUESTED ||
	       slot->order.replace == REPLACE_STATUS_SENT;
}

/* It, or what it takes the place of, waits for the answer of a replace. When none comes, it stands
   as the exchange tells it, and the other is an order of unknown fate beside it. An amend may still
   come until its time is over. */
static bool is_changing(struct executor *self, const struct order_slot *slot)
{
	const struct inquiry *inquiry = &slot->inquiry;
	const struct order_slot *before =
		ident_is_none(slot->order.replaces)
			? NULL
			: orders_by_client(&self->books.orders, slot->order.replaces);

	if (is_called_for(slot) || (before != NULL && is_called_for(before)))
		return true;
	if (slot->order.replace != REPLACE_STATUS_UNKNOWN)
		return false;
	return inquiry->query_token != 0 || inquiry->query_due != 0 ||
	       (slot->replace_mode == REPLACE_MODE_AMEND && !is_amend_over(self, slot));
}

static enum have have_of(struct executor *self, const struct order_slot *slot)
{
	const struct order *order = &slot->order;

	if (order->status == ORDER_STATUS_INTENT || order->status == ORDER_STATUS_SENDING ||
	    is_changing(self, slot))
		return HAVE_ON_ITS_WAY;
	if (order->status == ORDER_STATUS_UNKNOWN)
		return HAVE_UNKNOWN;
	if (order->status == ORDER_STATUS_DISPUTED)
		return HAVE_DISPUTED;
	return order->cancel == CANCEL_STATUS_NONE && slot->inquiry.cancel_since == 0
	               ? HAVE_LIVE
	               : HAVE_LEAVING;
}

static void add(decimal_t *sum, decimal_t value)
{
	if (decimal_add(*sum, value, sum) != OK)
		*sum = decimal_make(INT64_MAX, 0);
}

static void note_own(struct standing *self, struct order_slot *slot, enum have have)
{
	if (self->have == HAVE_NOTHING || have < self->have) {
		self->have = have;
		self->order = slot;
	} else if (have == HAVE_LIVE && self->have == HAVE_LIVE) {
		bool newer = slot->order.version > self->order->order.version;
		self->older = newer ? self->order : slot;
		self->order = newer ? slot : self->order;
	}
}

static decimal_t less(decimal_t a, decimal_t b)
{
	decimal_t rest;

	return decimal_subtract(a, b, &rest) == OK ? decimal_max(rest, DECIMAL_ZERO) : DECIMAL_ZERO;
}

static const struct balance *balance_of(const struct executor *self, const name_t *asset)
{
	const struct holdings *holdings = &self->books.holdings;

	for (uint32_t i = 0; i < holdings->asset_count; i++)
		if (name_equals(&holdings->assets[i].balance.asset, asset))
			return &holdings->assets[i].balance;
	return NULL;
}

/* Of the account's balance what no other bot holds by our books. */
static decimal_t attributable(struct executor *self, const struct standing *standing,
                              const struct balance *balance)
{
	struct holdings *holdings = &self->books.holdings;
	decimal_t rest = balance->free;

	add(&rest, balance->locked);
	for (uint32_t i = 0; i < holdings->position_count; i++) {
		const struct holding *other = &holdings->positions[i];
		const struct market *market = holdings_market(holdings, &other->position.symbol);
		if (other != standing->holding && market != NULL &&
		    !name_is(&other->position.bot, "manual") &&
		    decimal_sign(other->position.qty) > 0 &&
		    name_equals(&market->instrument.base, &standing->market->instrument.base))
			rest = less(rest, other->position.qty);
	}
	return rest;
}

/* The balance as it was after that moment is the last word on what an order that nobody finds may
   have sold; false when it has to be asked for first. */
static bool cap_by_balance(struct executor *self, struct standing *standing, nanos_t moment)
{
	const struct balance *balance = balance_of(self, &standing->market->instrument.base);

	if (self->balances_at <= moment) {
		if (self->balances_token == 0 && self->balances_due == 0)
			inquiry_wake(self, &self->balances_due,
			             self->now > moment ? self->now : moment + 1);
		return false;
	}
	if (balance != NULL)
		standing->held = decimal_min(standing->held, attributable(self, standing, balance));
	return true;
}

static void note_sale(struct executor *self, struct standing *standing, struct order_slot *slot)
{
	decimal_t open = standing_open(&slot->order);

	if (is_released(self, standing->market, slot) &&
	    cap_by_balance(self, standing, slot->inquiry.gone_at))
		return;
	add(&standing->offered, open);
	if (!order_is_own(&slot->order) || slot->order.purpose != PURPOSE_PROTECT)
		add(&standing->others, open);
	if (order_is_own(&slot->order))
		note_own(standing, slot, have_of(self, slot));
	else if (slot->order.status == ORDER_STATUS_UNKNOWN)
		standing->doubt = slot;
}

bool standing_take(struct executor *self, struct holding *holding, struct standing *out)
{
	struct orders *orders = &self->books.orders;
	const struct position *position = &holding->position;

	*out = (struct standing){
		.holding = holding,
		.market = holdings_market(&self->books.holdings, &position->symbol),
		.watch = &self->protection.watches[holding - self->books.holdings.positions],
		.held = decimal_max(position->qty, DECIMAL_ZERO),
	};
	if (out->market == NULL)
		return false;
	for (uint32_t i = 0; i < orders->open_count; i++) {
		struct order_slot *slot = &orders->slots[orders->open[i]];
		if (slot->order.side == SIDE_SELL &&
		    name_equals(&slot->order.symbol, &position->symbol) &&
		    name_equals(&slot->order.bot, &position->bot))
			note_sale(self, out, slot);
	}
	return true;
}

decimal_t standing_rest(const struct standing *self)
{
	return less(self->held, self->offered);
}

decimal_t standing_stoppable(const struct standing *self)
{
	return less(self->held, self->others);
}
