/* SPDX-License-Identifier: Apache-2.0 */
/* A symbol of exchangeInfo as the catalogue's instrument. Unknown filters are passed over: new ones
   appear regularly, and the exchange enforces them all the same. */
#ifndef VENUE_BINANCE_RULES_H
#define VENUE_BINANCE_RULES_H

#include "common/venue/binance/fields.h"
#include "proto/message.h"

/* See fields.h for `bad`. */
void rules_read(struct fields *self, struct instrument *out);

#endif
