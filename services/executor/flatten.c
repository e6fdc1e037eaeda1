/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/flatten.h"

#include "services/executor/own.h"
#include "services/executor/send.h"
#include "services/executor/sight.h"

static bool by_limit(const struct executor *self)
{
	return name_is(&self->config->flatten_type, "LIMIT");
}

/* The best guess at what a sale brings. */
static decimal_t price_near(struct executor *self, const struct market *market)
{
	return sight_of(self, market)->bid;
}

decimal_t flatten_fit(struct executor *self, const struct market *market, decimal_t qty)
{
	return stops_fit(&market->instrument, by_limit(self) ? ORDER_TYPE_LIMIT : ORDER_TYPE_MARKET,
	                 qty, price_near(self, market));
}

static struct order sale_of(struct executor *self, const struct standing *standing, decimal_t qty)
{
	const struct position *position = &standing->holding->position;
	decimal_t price = price_near(self, standing->market);
	struct order order = {
		.bot = position->bot,
		.symbol = position->symbol,
		.purpose = PURPOSE_FLATTEN,
		.side = SIDE_SELL,
		.type = ORDER_TYPE_MARKET,
		.time_in_force = TIME_IN_FORCE_GTC,
		.qty = qty,
	};

	if (!by_limit(self))
		return order;
	if (decimal_sign(price) <= 0)
		price = decimal_sign(standing->holding->guard.trigger) > 0
		                ? standing->holding->guard.trigger
		                : position->entry_price;
	order.type = ORDER_TYPE_LIMIT;
	order.time_in_force = TIME_IN_FORCE_IOC;
	order.price =
		stops_below(price, self->config->stop_slippage_pct, &standing->market->instrument);
	return order;
}

static bool is_of(const struct order *order, const struct position *position)
{
	return name_equals(&order->symbol, &position->symbol) &&
	       name_equals(&order->bot, &position->bot);
}

static void cancel(struct executor *self, struct order_slot *slot)
{
	if (slot->inquiry.cancel_since == 0)
		send_cancel(self, slot, "flatten");
	else
		own_hurry(self, slot);
}

/* A sale that runs is left alone; what has no answer yet is cancelled when it has one. */
static void clear_way(struct executor *self, const struct standing *standing)
{
	struct orders *orders = &self->books.orders;

	for (uint32_t i = 0; i < orders->open_count; i++) {
		struct order_slot *slot = &orders->slots[orders->open[i]];
		enum order_status status = slot->order.status;
		if (!is_of(&slot->order, &standing->holding->position))
			continue;
		if (status == ORDER_STATUS_UNKNOWN)
			own_probe(self, slot);
		if (slot->order.purpose != PURPOSE_FLATTEN &&
		    (status == ORDER_STATUS_LIVE || status == ORDER_STATUS_PARTIAL ||
		     status == ORDER_STATUS_UNKNOWN))
			cancel(self, slot);
	}
}

void flatten_run(struct executor *self, const struct standing *standing)
{
	decimal_t qty = flatten_fit(self, standing->market, standing_rest(standing));

	if (standing->have == HAVE_LIVE && standing->older == NULL &&
	    standing->order->order.purpose == PURPOSE_PROTECT && decimal_sign(qty) == 0) {
		decimal_t open = standing_open(&standing->order->order);
		struct order sale = sale_of(self, standing, open);
		if (own_replace(self, standing, &sale, "flatten"))
			return;
	}
	clear_way(self, standing);
	if (decimal_sign(qty) <= 0)
		return;
	struct order sale = sale_of(self, standing, qty);
	own_send(self, standing, &sale);
}
