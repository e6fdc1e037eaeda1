/* SPDX-License-Identifier: Apache-2.0 */
/* Prices on the desk: what the small exchange does with orders when its price moves, and what the
   feed tells of it. */
#ifndef TESTS_LIB_DESK_MARKET_H
#define TESTS_LIB_DESK_MARKET_H

#include "tests/lib/desk.h"

/* The exchange's price: stops at or above it and sales at or below it execute. Nobody is told. */
void desk_price(struct desk *self, const char *bid);
/* The feed tells a price; the exchange's own doesn't change. */
void desk_mark(struct desk *self, const char *bid);
/* The feed says whether the last price is current. */
void desk_market_state(struct desk *self, enum market_status status);

/* Sums at the exchange: what open sales may still sell, of that by stops; what was bought and not
   sold. */
decimal_t desk_offered(const struct desk *self);
decimal_t desk_stopped(const struct desk *self);
decimal_t desk_owned(const struct desk *self);
/* The newest open stop at the exchange; NULL when there is none. */
struct desk_order *desk_stop(struct desk *self);

/* Tells all executions on the stream that the executor was not told, and the orders. */
void desk_stream_all(struct desk *self);

/* An entry at 100 with these protection terms; approved and acknowledged, its index among the
   orders at the exchange. */
struct approval desk_entry_terms(struct desk *self, const char *qty, const char *loss,
                                 const char *trail, enum stop_place place);
size_t desk_entry(struct desk *self, const char *qty, const char *loss, const char *trail,
                  enum stop_place place);
/* An execution of it, told on the stream. */
void desk_fill(struct desk *self, size_t order, const char *qty);
/* The state of the bot's stop. */
struct guard *desk_guard(struct desk *self);
/* Whether the oldest waiting order call has these words. */
bool desk_is_asked_for(struct desk *self, const char *words);

/* For desk.c: an order has arrived; whether the exchange refuses a stop. */
void desk_trade(struct desk *self, struct desk_order *order);
bool desk_would_trigger(const struct desk *self, enum order_type type, decimal_t stop_price);

#endif
