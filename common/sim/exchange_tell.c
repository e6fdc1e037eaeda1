/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/exchange_engine.h"

#include <assert.h>
#include <string.h>

/* An order brings up to three events of its own and up to two for each leg of its list. */
enum { ROOM_FOR_ONE = 48 };

nanos_t sim_millis(nanos_t moment)
{
	return moment / NANOS_MS * NANOS_MS;
}

struct venue_order sim_tell_order(const struct sim_order *order, enum source source)
{
	return (struct venue_order){
		.source = source,
		.symbol = order->symbol,
		.client_id = order->client_id,
		.client_text = order->client_text,
		.venue_id = order->venue_id,
		.status = order->status,
		.side = order->side,
		.type = order->type,
		.qty = order->qty,
		.price = order->price,
		.executed = order->executed,
		.turnover = order->turnover,
		.at = sim_millis(order->updated_at),
		.reason = text_from(order->reason),
		.triggered = order->triggered,
		.list_id = order->list_id,
	};
}

struct venue_order sim_tell_view(const struct sim_order *order, nanos_t now)
{
	struct venue_order told = sim_tell_order(order, SOURCE_QUERY);
	struct sim_order_view view = sim_order_view(order, now);

	told.status = view.status;
	told.qty = view.qty;
	told.executed = view.executed;
	told.turnover = view.turnover;
	told.triggered = view.triggered;
	told.at = sim_millis(view.at);
	if (sim_status_is_open(view.status))
		told.reason = (text_t){0};
	return told;
}

/* myTrades tells no client id; the answer to an order doesn't tell who rested. */
struct venue_fill sim_tell_fill(const struct sim_trade *trade, enum source source)
{
	return (struct venue_fill){
		.source = source,
		.symbol = trade->symbol,
		.client_id = source == SOURCE_QUERY ? (ident_t){0, 0} : trade->client_id,
		.venue_id = trade->venue_id,
		.trade_id = trade->trade_id,
		.side = trade->side,
		.price = trade->price,
		.qty = trade->qty,
		.fee = trade->fee,
		.fee_asset = trade->fee_asset,
		.maker = source != SOURCE_ACK && trade->maker,
		.at = sim_millis(trade->at),
	};
}

struct sim_event *sim_event_add(struct sim_exchange *self, enum message_type type)
{
	assert(self->event_count < SIM_EVENTS_MAX);
	uint32_t place = (self->event_head + self->event_count++) % SIM_EVENTS_MAX;
	struct sim_event *event = &self->events[place];
	event->type = type;
	event->is_account = type == MESSAGE_VENUE_ORDER || type == MESSAGE_VENUE_FILL ||
	                    type == MESSAGE_VENUE_BALANCE;
	return event;
}

bool sim_stream_has_room(const struct sim_exchange *self)
{
	return self->event_count + ROOM_FOR_ONE <= SIM_EVENTS_MAX;
}

void sim_stream_order(struct sim_exchange *self, const struct sim_order *order)
{
	sim_event_add(self, MESSAGE_VENUE_ORDER)->body.order = sim_tell_order(order, SOURCE_STREAM);
}

static void stream_public_trade(struct sim_exchange *self, const struct sim_trade *trade)
{
	enum side other = trade->side == SIDE_BUY ? SIDE_SELL : SIDE_BUY;

	sim_event_add(self, MESSAGE_VENUE_TRADE)->body.trade = (struct venue_trade){
		.symbol = trade->symbol,
		.trade_id = trade->trade_id,
		.price = trade->price,
		.qty = trade->qty,
		.taker = trade->maker ? other : trade->side,
		.at = sim_millis(trade->at),
	};
}

void sim_stream_fill(struct sim_exchange *self, const struct sim_trade *trade)
{
	sim_event_add(self, MESSAGE_VENUE_FILL)->body.fill = sim_tell_fill(trade, SOURCE_STREAM);
	stream_public_trade(self, trade);
}

void sim_stream_balances(struct sim_exchange *self, nanos_t now)
{
	for (uint32_t i = 0; i < self->balance_count; i++) {
		struct sim_balance *balance = &self->balances[i];
		if (!balance->is_news)
			continue;
		balance->is_news = false;
		sim_event_add(self, MESSAGE_VENUE_BALANCE)->body.balance = (struct venue_balance){
			.asset = balance->asset,
			.free = balance->free,
			.locked = balance->locked,
			.at = sim_millis(now),
		};
	}
}

bool sim_exchange_event(struct sim_exchange *self, struct sim_event *out)
{
	if (self->event_count == 0)
		return false;
	*out = self->events[self->event_head];
	self->event_head = (self->event_head + 1) % SIM_EVENTS_MAX;
	self->event_count--;
	return true;
}

static const void *expand(const struct sim_depth *from, struct venue_depth *depth)
{
	depth->symbol = from->symbol;
	depth->first = depth->last = from->id;
	depth->at = from->at;
	depth->bids.count = from->bid_count;
	depth->asks.count = from->ask_count;
	memcpy(depth->bids.items, from->bids, from->bid_count * sizeof from->bids[0]);
	memcpy(depth->asks.items, from->asks, from->ask_count * sizeof from->asks[0]);
	return depth;
}

const void *sim_event_body(const struct sim_event *event, struct venue_depth *depth)
{
	return event->type == MESSAGE_VENUE_DEPTH ? expand(&event->body.depth, depth)
	                                          : (const void *)&event->body;
}
