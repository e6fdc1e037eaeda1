/* SPDX-License-Identifier: Apache-2.0 */
/* What the small exchange does by itself, and its stream. */
#include <assert.h>

#include "tests/lib/desk.h"

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
		.price = decimal_sign(told->price) > 0 ? told->price : decimal_of("100"),
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
