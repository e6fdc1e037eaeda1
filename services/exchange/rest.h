/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP requests in, JSON answers out: route, signature, faults, status, headers. Pure. */
#ifndef EXCHANGE_REST_H
#define EXCHANGE_REST_H

#include "services/exchange/exchange.h"

void rest_request(struct exchange *self, struct turn *turn, const struct wire *wire);

#endif
