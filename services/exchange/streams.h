/* SPDX-License-Identifier: Apache-2.0 */
/* Connections by WebSocket: who is there, what they subscribed, and market messages as their
 * frames. Pure. */
#ifndef EXCHANGE_STREAMS_H
#define EXCHANGE_STREAMS_H

#include "services/exchange/exchange.h"

/* A connection opens at /ws, /ws/<stream>, /stream?streams=a/b or /ws-api/v3; any other is closed.
 */
void streams_open(struct exchange *self, struct turn *turn, const struct wire *wire);
void streams_close(struct exchange *self, uint64_t id);
/* NULL when unknown. */
struct exchange_client *streams_client(struct exchange *self, uint64_t id);

/* SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS, SET_PROPERTY, GET_PROPERTY. */
void streams_frame(struct exchange *self, struct turn *turn, struct exchange_client *client,
                   const char *text, size_t size);

/* Sends a message of a symbol to whom it concerns. */
void streams_send(struct exchange *self, struct turn *turn, unsigned symbol,
                  const struct market_message *message);

#endif
