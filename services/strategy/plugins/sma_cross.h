/* SPDX-License-Identifier: Apache-2.0 */
/* Takes: buys when the short mean of closes crosses above the long one, sells all it holds while
   the short one is below. Orders are IOC with a bounded price: nothing of it ever rests. A buy that
   can't be made when the means cross is missed; a sale is tried until nothing is left to sell. */
#ifndef STRATEGY_SMA_CROSS_H
#define STRATEGY_SMA_CROSS_H

#include "services/strategy/plugin.h"

extern const struct strategy sma_cross;

#endif
