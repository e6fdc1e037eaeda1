/* SPDX-License-Identifier: Apache-2.0 */
/* A position from its fills, exact: quantity, cost of what is held, realised result, fees. Spot,
   long-only per bot; a sale beyond the holding is accounted (late evidence wins) and shows as a
   negative quantity. A fee in base lowers the quantity, a fee in quote the result; a fee in another
   asset is counted by the caller. The struct is the catalogue's `position`. Pure. */
#ifndef MODEL_POSITION_H
#define MODEL_POSITION_H

#include "proto/message.h"

void position_init(struct position *self, const name_t *venue, const name_t *symbol,
                   const name_t *bot);

/* Folds one fill in. The average entry is `cost / qty`, cut to the instrument's price places; a
   partial sale takes its share of the cost, cut at 8 places (what is cut stays in the cost: Σ is
   exact). ERR_OVERFLOW leaves the position unchanged. */
MUST_CHECK enum err position_apply(struct position *self, const struct fill *fill,
                                   const struct instrument *instrument);

/* qty × price − cost. */
MUST_CHECK enum err position_unrealised(const struct position *self, decimal_t price,
                                        decimal_t *out);

#endif
