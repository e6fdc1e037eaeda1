/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks, and whether in time: API key, signature over exactly the bytes received, timestamp and
   recvWindow against exchange time. Pure. */
#ifndef EXCHANGE_AUTH_H
#define EXCHANGE_AUTH_H

#include "services/exchange/params.h"

/* The signed text of an HTTP request: query and body as received, the signature cut out wherever it
   stands. False when it doesn't fit. */
bool auth_http_payload(const char *query, const char *body, size_t body_size, char *out,
                       size_t capacity);
/* Of a WebSocket request: parameters by name, as they are. */
bool auth_frame_payload(const struct params *params, char *out, size_t capacity);

/* Checks in the exchange's order: key, timing, signature. Reads timestamp, recvWindow and
 * signature. */
bool auth_check(const struct exchange *self, const struct turn *turn, const char *api_key,
                const char *payload, struct params *params, struct refusal *refusal);

#endif
