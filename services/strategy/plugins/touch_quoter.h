/* SPDX-License-Identifier: Apache-2.0 */
/* Quotes: rests one post-only bid at the best bid while its inventory allows, and one post-only ask
   at the best ask over all that it holds. A quote that the market has left is cancelled, and made
   anew when the executor says that it has ended: at no time are there two on one side. What an
   earlier run left open is cancelled first. A refusal (a quote that would have taken, a rule of
   risk) is answered by waiting. */
#ifndef STRATEGY_TOUCH_QUOTER_H
#define STRATEGY_TOUCH_QUOTER_H

#include "services/strategy/plugin.h"

extern const struct strategy touch_quoter;

#endif
