/* SPDX-License-Identifier: Apache-2.0 */
/* The WebSocket API: requests as JSON frames, answered with id and status. Pure. */
#ifndef EXCHANGE_WSAPI_H
#define EXCHANGE_WSAPI_H

#include "services/exchange/exchange.h"

void wsapi_frame(struct exchange *self, struct turn *turn, const struct exchange_client *client,
                 const char *text, size_t size);

#endif
