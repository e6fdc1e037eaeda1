/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a symbol applied to an order: every filter of exchange/binance-spot, section 4, with
   exact decimals. Pure. The struct is the catalogue's `instrument`. Left out: the filters of order
   lists, amends and trailing deltas, which an order of this form can't reach. */
#ifndef MODEL_INSTRUMENT_H
#define MODEL_INSTRUMENT_H

#include "proto/message.h"

/* What the account-dependent and price-dependent filters look at. */
struct instrument_context {
	decimal_t average_price; /* reference price, else VWAP, else last; zero: unknown, those
	                            filters are skipped */
	unsigned open_orders, open_algo_orders;
	decimal_t base_held; /* free + locked base + open buys */
	unsigned open_iceberg_orders;
};

struct instrument_order {
	enum side side;
	enum order_type type;
	decimal_t qty;        /* zero with quote_qty */
	decimal_t quote_qty;  /* MARKET by quote amount; zero otherwise */
	decimal_t price;      /* zero for MARKET */
	decimal_t stop_price; /* zero when none */
	decimal_t iceberg_qty;
};

/* NULL when the order passes, else the failed filter as the exchange names it: "PRICE_FILTER",
   "LOT_SIZE", "NOTIONAL", … */
const char *instrument_refusal(const struct instrument *self, const struct instrument_order *order,
                               const struct instrument_context *context);

/* Too little for any order: below the lot or the least quantity, or of less than the least value at
   this price. */
bool instrument_is_dust(const struct instrument *self, decimal_t qty, decimal_t price);

bool instrument_is_algo(enum order_type type); /* stops and take-profits */

/* Into the tick or lot, in the named direction. */
MUST_CHECK enum err instrument_round_price(const struct instrument *self, decimal_t price,
                                           enum rounding rounding, decimal_t *out);
MUST_CHECK enum err instrument_round_qty(const struct instrument *self, decimal_t qty,
                                         decimal_t *out); /* down */

#endif
