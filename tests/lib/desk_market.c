/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/desk_market.h"

#include <assert.h>
#include <string.h>

static bool is_open(const struct desk_order *order)
{
	return order->told.status == VENUE_STATUS_NEW ||
	       order->told.status == VENUE_STATUS_PARTIALLY_FILLED;
}

static bool is_stop(enum order_type type)
{
	return type == ORDER_TYPE_STOP_LOSS || type == ORDER_TYPE_STOP_LOSS_LIMIT;
}

struct venue_fill *desk_execute(struct desk *self, struct desk_order *order, const char *qty)
{
	struct venue_fill *fill = &self->fills[self->fill_count++];
	struct venue_order *told = &order->told;

	assert(self->fill_count < DESK_FILLS_MAX);
	*fill = (struct venue_fill){
		.symbol = told->symbol,
		.client_id = told->client_id,
		.venue_id = told->venue_id,
		.trade_id = 100 * self->fill_count,
		.side = told->side,
		.price = decimal_sign(told->price) > 0 ? told->price
	                 : decimal_sign(self->bid) > 0 ? self->bid
	                                               : decimal_of("100"),
		.qty = decimal_of(qty),
		.fee_asset = name_from("USDT"),
		.at = self->now + self->clock_offset,
	};
	enum err err = decimal_add(told->executed, fill->qty, &told->executed);
	assert(err == OK);
	if (told->status != VENUE_STATUS_CANCELED)
		told->status = decimal_equals(told->executed, told->qty)
		                       ? VENUE_STATUS_FILLED
		                       : VENUE_STATUS_PARTIALLY_FILLED;
	return fill;
}

void desk_stream_order(struct desk *self, const struct desk_order *order)
{
	struct venue_order told = order->told;

	told.source = SOURCE_STREAM;
	desk_event(self, EVENT_MESSAGE, 0, MESSAGE_VENUE_ORDER, &told);
}

void desk_stream_fill(struct desk *self, const struct venue_fill *fill)
{
	struct venue_fill told = *fill;

	told.source = SOURCE_STREAM;
	desk_event(self, EVENT_MESSAGE, 0, MESSAGE_VENUE_FILL, &told);
}

static decimal_t rest_of(const struct desk_order *order)
{
	decimal_t rest;
	enum err err = decimal_subtract(order->told.qty, order->told.executed, &rest);

	assert(err == OK);
	return rest;
}

static bool executes(const struct desk *self, const struct desk_order *order)
{
	if (decimal_sign(self->bid) <= 0 || !is_open(order) || order->told.side != SIDE_SELL)
		return false;
	if (is_stop(order->told.type))
		return decimal_compare(self->bid, order->stop_price) <= 0 &&
		       decimal_compare(self->bid, order->told.price) >= 0;
	return decimal_compare(self->bid, order->told.price) >= 0;
}

void desk_trade(struct desk *self, struct desk_order *order)
{
	char qty[DECIMAL_TEXT_SIZE];

	if (executes(self, order))
		desk_execute(self, order, decimal_print(rest_of(order), qty));
}

bool desk_would_trigger(const struct desk *self, enum order_type type, decimal_t stop_price)
{
	return is_stop(type) && decimal_sign(self->bid) > 0 &&
	       decimal_compare(stop_price, self->bid) >= 0;
}

void desk_price(struct desk *self, const char *bid)
{
	self->bid = decimal_of(bid);
	for (size_t i = 0; i < self->order_count; i++)
		desk_trade(self, &self->orders[i]);
}

void desk_mark(struct desk *self, const char *bid)
{
	struct mark mark = {
		.symbol = name_from("BTCUSDT"),
		.bid = decimal_of(bid),
		.ask = decimal_of(bid),
		.at = self->now,
	};

	desk_event(self, EVENT_MESSAGE, 0, MESSAGE_MARK, &mark);
}

void desk_market_state(struct desk *self, enum market_status status)
{
	struct market_state state = {.symbol = name_from("BTCUSDT"), .status = status};

	desk_event(self, EVENT_MESSAGE, 0, MESSAGE_MARKET_STATE, &state);
}

static void add(decimal_t *sum, decimal_t value)
{
	enum err err = decimal_add(*sum, value, sum);

	assert(err == OK);
}

decimal_t desk_offered(const struct desk *self)
{
	decimal_t sum = DECIMAL_ZERO;

	for (size_t i = 0; i < self->order_count; i++)
		if (is_open(&self->orders[i]) && self->orders[i].told.side == SIDE_SELL)
			add(&sum, rest_of(&self->orders[i]));
	return sum;
}

decimal_t desk_stopped(const struct desk *self)
{
	decimal_t sum = DECIMAL_ZERO;

	for (size_t i = 0; i < self->order_count; i++)
		if (is_open(&self->orders[i]) && is_stop(self->orders[i].told.type))
			add(&sum, rest_of(&self->orders[i]));
	return sum;
}

decimal_t desk_owned(const struct desk *self)
{
	decimal_t sum = DECIMAL_ZERO;

	for (size_t i = 0; i < self->fill_count; i++)
		add(&sum, self->fills[i].side == SIDE_BUY ? self->fills[i].qty
		                                          : decimal_negate(self->fills[i].qty));
	return sum;
}

struct desk_order *desk_stop(struct desk *self)
{
	for (size_t i = self->order_count; i-- > 0;)
		if (is_open(&self->orders[i]) && is_stop(self->orders[i].told.type))
			return &self->orders[i];
	return NULL;
}

void desk_stream_all(struct desk *self)
{
	for (size_t i = 0; i < self->fill_count; i++)
		desk_stream_fill(self, &self->fills[i]);
	for (size_t i = 0; i < self->order_count; i++)
		desk_stream_order(self, &self->orders[i]);
}

struct approval desk_entry_terms(struct desk *self, const char *qty, const char *loss,
                                 const char *trail, enum stop_place place)
{
	struct approval approval = desk_approval(self, "BUY", qty, "100");

	approval.stop_loss_pct = decimal_of(loss);
	approval.stop_trail_pct = decimal_of(trail);
	approval.stop_place = place;
	return approval;
}

size_t desk_entry(struct desk *self, const char *qty, const char *loss, const char *trail,
                  enum stop_place place)
{
	struct approval approval = desk_entry_terms(self, qty, loss, trail, place);
	bool accepted = desk_approve(self, &approval).accepted;

	assert(accepted);
	desk_answer(self, CALL_KIND_ORDER);
	return self->order_count - 1;
}

void desk_fill(struct desk *self, size_t order, const char *qty)
{
	desk_stream_fill(self, desk_execute(self, &self->orders[order], qty));
}

struct guard *desk_guard(struct desk *self)
{
	name_t symbol = name_from("BTCUSDT"), bot = name_from("bot");

	return &holdings_find(&self->executor->books.holdings, &symbol, &bot)->guard;
}

bool desk_is_asked_for(struct desk *self, const char *words)
{
	const struct desk_call *call = desk_call(self, CALL_KIND_ORDER);

	return call != NULL && strstr(call->request.query, words) != NULL;
}
