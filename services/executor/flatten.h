/* SPDX-License-Identifier: Apache-2.0 */
/* The emergency sale of what a bot holds in a symbol: by a market order, or one that takes what is
   there down to a limit. Again and again until nothing is left that could be sold. Pure. */
#ifndef EXECUTOR_FLATTEN_H
#define EXECUTOR_FLATTEN_H

#include "services/executor/standing.h"

/* Cancels what the bot has open on the symbol and sells what no open order holds. */
void flatten_run(struct executor *self, const struct standing *standing);

/* What such a sale may hold of this quantity; zero when it is too little. */
decimal_t flatten_fit(struct executor *self, const struct market *market, decimal_t qty);

#endif
