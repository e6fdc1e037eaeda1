/* SPDX-License-Identifier: Apache-2.0 */
/* Candles from trades by exchange time. A period closes when a trade of a later one arrives
   or when the caller's clock says that its end + grace has passed. Periods without trades make no
   candle; the next one says how many are missing. Pure. */
#ifndef MODEL_CANDLE_H
#define MODEL_CANDLE_H

#include "common/base/decimal.h"
#include "common/base/time.h"

struct candle {
	nanos_t start, period;
	decimal_t open, high, low, close;
	decimal_t volume; /* base; a trade that doesn't fit is left out and makes it incomplete */
	uint64_t trades;
	uint64_t missing; /* empty periods before this one */
	bool incomplete;  /* the builder was told of a gap inside */
};

struct candle_builder {
	nanos_t period, grace;
	struct candle open; /* valid when trades > 0 */
	nanos_t last_start; /* of the last candle closed, 0 before */
	uint64_t late;      /* trades of closed periods, dropped */
	bool gap;
};

void candle_init(struct candle_builder *self, nanos_t period, nanos_t grace);
/* True when a candle was completed by this trade; it is then in *closed. */
bool candle_trade(struct candle_builder *self, nanos_t at, decimal_t price, decimal_t qty,
                  struct candle *closed);
/* True when the open period's end + grace is at or before `now`. */
bool candle_tick(struct candle_builder *self, nanos_t now, struct candle *closed);
/* When candle_tick should be asked next; 0 when nothing is open. */
nanos_t candle_due(const struct candle_builder *self);
/* Trades were missed since the last one: the open candle and that of the next trade are marked.
   Also to be called after candle_init when the first period may have begun already. */
void candle_mark_gap(struct candle_builder *self);

#endif
