/* SPDX-License-Identifier: Apache-2.0 */
/* How each request is worded: the builders of struct venue (common/venue/venue.h has their
   contracts). A signed request carries recvWindow and a timestamp of whole milliseconds, and
   `valid_until` = timestamp + window: after it Binance refuses. Prices and quantities are plain
   decimals as they are; nothing is rounded. All return ERR_INVALID for values that no order may
   have, ERR_FULL when a text doesn't fit. Pure. */
#ifndef VENUE_BINANCE_REQUEST_H
#define VENUE_BINANCE_REQUEST_H

#include "common/venue/venue.h"

enum { CANCEL_ID_SIZE = 2 + IDENT_TEXT_SIZE };

/* newOrderRespType=FULL for every type; LIMIT_MAKER goes without timeInForce; parameters that a
   type doesn't use aren't sent (-1106). newClientOrderId is the ident as 32 hex digits. */
enum err binance_order(const struct order *order, nanos_t venue_now,
                       const struct venue_profile *profile, struct http_request *out);
/* By origClientOrderId. */
enum err binance_cancel(const struct order *order, nanos_t venue_now,
                        const struct venue_profile *profile, struct http_request *out);
enum err binance_query(const struct order *order, nanos_t venue_now,
                       const struct venue_profile *profile, struct http_request *out);
/* An empty symbol asks for all symbols (weight 80 instead of 6). */
enum err binance_open_orders(const char *symbol, nanos_t venue_now,
                             const struct venue_profile *profile, struct http_request *out);
/* `limit` is 1 to 1000. */
enum err binance_fills(const char *symbol, uint64_t from_id, unsigned limit, nanos_t venue_now,
                       const struct venue_profile *profile, struct http_request *out);
/* Assets of which nothing is held are left out by the exchange. */
enum err binance_balances(nanos_t venue_now, const struct venue_profile *profile,
                          struct http_request *out);
enum err binance_time(struct http_request *out);
enum err binance_instruments(const name_t *symbols, size_t count, struct http_request *out);
/* `limit` is 1 to LEVELS_MAX. */
enum err binance_book(const char *symbol, unsigned limit, struct http_request *out);

/* Combined streams of trade, bookTicker and depth@100ms. A path holds about four symbols. */
enum err binance_market_path(const name_t *symbols, size_t count, text_t *path);
enum err binance_user_path(text_t *path);

/* The cancel's own newClientOrderId: "c-" and the order's id. The same for every try, and never of
   the form of an order's id. Returns `text`. */
char *cancel_id_print(ident_t client_id, char text[CANCEL_ID_SIZE]);

#endif
