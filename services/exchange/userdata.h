/* SPDX-License-Identifier: Apache-2.0 */
/* Events of the user stream, to every connection that subscribed them. */
#ifndef EXCHANGE_USERDATA_H
#define EXCHANGE_USERDATA_H

#include "services/exchange/exchange.h"

/* executionReport with x NEW, CANCELED (cancel: its client id), EXPIRED, or TRADE with its fill. */
void userdata_order(struct exchange *self, struct turn *turn, uint64_t id, const char *execution,
                    const struct account_fill *fill, const char *cancel);

/* executionReport with x REPLACED: `before` is the client id that the order had. */
void userdata_amended(struct exchange *self, struct turn *turn, uint64_t id, const char *before);

/* listStatus: it goes on, or all of its orders have ended. */
void userdata_list(struct exchange *self, struct turn *turn, uint64_t id);

/* outboundAccountPosition of a symbol's two assets. */
void userdata_account(struct exchange *self, struct turn *turn, unsigned symbol);

#endif
