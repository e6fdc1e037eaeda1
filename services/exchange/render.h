/* SPDX-License-Identifier: Apache-2.0 */
/* Structs of the exchange as the JSON of its protocol. Every returned object is the caller's to
 * release. */
#ifndef EXCHANGE_RENDER_H
#define EXCHANGE_RENDER_H

#include "services/exchange/engine.h"

#include <jansson.h>

enum respond { RESPOND_ACK = 1, RESPOND_RESULT, RESPOND_FULL };

json_t *render_decimal(decimal_t value); /* "0.10000000" */
int64_t render_time(nanos_t at);         /* milliseconds */

const char *render_side(enum side side);
const char *render_type(enum order_type type);
const char *render_time_in_force(enum time_in_force time_in_force);
const char *render_status(enum venue_status status);

const char *render_contingency(enum contingency contingency); /* OTOCO is OTO in its words */
const char *render_list_type(bool is_open);
const char *render_list_status(bool is_open);

json_t *render_order(const struct exchange *self, const struct account_order *order);
/* The answer to a new order whose fills are the last `fills` of the ledger. */
json_t *render_placed(const struct exchange *self, const struct account_order *order,
                      enum respond respond, uint64_t fills);
json_t *render_cancelled(const struct exchange *self, const struct account_order *order,
                         const char *client);
/* The answer to an amend; `before` is the client id that the order had. */
json_t *render_amended(const struct exchange *self, const struct account_order *order,
                       const char *before);
json_t *render_trade(const struct exchange *self, const struct account_fill *fill);
/* `reports` may be NULL; otherwise it becomes orderReports. */
json_t *render_list(const struct exchange *self, const struct account_list *list, json_t *reports);
json_t *render_account(const struct exchange *self, bool omit_zero);
json_t *render_symbol(const struct instrument *instrument);
/* With counts when `counted`. */
json_t *render_limits(const struct limits *limits, bool counted);
json_t *render_levels(const struct level *levels, uint32_t count);

/* Copies the text of `root` into the exchange's text buffer and releases it. Returns its size. */
size_t render_text(struct exchange *self, json_t *root);

#endif
