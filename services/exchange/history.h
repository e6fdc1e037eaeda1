/* SPDX-License-Identifier: Apache-2.0 */
/* What a market traded, at any time before or after the exchange was first opened: candles straight
   from the tape's ring, so that warming up finds as much history as it asks for. Pure. */
#ifndef EXCHANGE_HISTORY_H
#define EXCHANGE_HISTORY_H

#include "services/exchange/market.h"

struct history_candle {
	decimal_t open, high, low, close;
	struct decimal_total volume, turnover, taker_volume, taker_turnover;
	uint64_t trades;
};

/* Trades with start <= T < end that were already sent. False when there is none; open, high, low
   and close are then the last price before. */
bool history_candle(const struct market *self, nanos_t start, nanos_t end,
                    struct history_candle *out);

/* Average price by volume of that time, cut to 8 places; the last price when nothing traded. */
decimal_t history_average(const struct market *self, nanos_t start, nanos_t end);

#endif
