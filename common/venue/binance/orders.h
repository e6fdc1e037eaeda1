/* SPDX-License-Identifier: Apache-2.0 */
/* Orders, executions and balances as Binance tells them, by REST (words) and by stream (letters).
   All read through `fields`: when it is bad, nothing of the result counts. */
#ifndef VENUE_BINANCE_ORDERS_H
#define VENUE_BINANCE_ORDERS_H

#include "common/venue/binance/fields.h"
#include "proto/message.h"

/* An order of POST, GET or DELETE. Bad: an id of zero, more executed than ordered, FILLED with
   nothing executed, a negative price or quantity, an unknown side, type or status. In a cancel's
   answer the order's own id is origClientOrderId. */
struct venue_order order_read(struct fields *self, enum source source);

/* The amendedOrder of an amend: told at `at`, and partly in other words. */
struct venue_order order_read_amended(struct fields *self, nanos_t at);

/* An executionReport. The order's own id is C where that is told (a cancel's report carries the
   cancel's id in c), else c. */
struct venue_order order_read_report(struct fields *self);

/* An element of fills[] in the answer that told this order. */
struct venue_fill fill_read(struct fields *self, const struct venue_order *order);
/* An element of myTrades: no client id is told. */
struct venue_fill fill_read_trade(struct fields *self);
/* The execution in an executionReport of x=TRADE that told this order. */
struct venue_fill fill_read_report(struct fields *self, const struct venue_order *order);

/* An element of account's balances, and one of outboundAccountPosition's B. */
struct venue_balance balance_read(struct fields *self, nanos_t at);
struct venue_balance balance_read_event(struct fields *self, nanos_t at);

#endif
