/* SPDX-License-Identifier: Apache-2.0 */
/* What the builders of requests have in common. Pure. */
#ifndef VENUE_BINANCE_REQUEST_PARTS_H
#define VENUE_BINANCE_REQUEST_PARTS_H

#include "common/venue/binance/binance.h"
#include "common/venue/binance/query.h"

/* What a request costs of the exchange's request weight; depth's depends on its limit. An order
   that is taken costs nothing, but nobody knows that before. */
enum binance_weight {
	WEIGHT_ORDER = 1,
	WEIGHT_CANCEL = 1,
	WEIGHT_QUERY = 4,
	WEIGHT_REPLACE = 1,
	WEIGHT_AMEND = 4,
	WEIGHT_LIST = 1,
	WEIGHT_LIST_QUERY = 4,
	WEIGHT_OPEN_ORDERS = 6,
	WEIGHT_ALL_OPEN_ORDERS = 80,
	WEIGHT_FILLS = 20,
	WEIGHT_BALANCES = 20,
	WEIGHT_TIME = 1,
	WEIGHT_INSTRUMENTS = 20,
};

/* Which parameters a type takes besides symbol, side, type and quantity. */
struct order_form {
	enum order_type type;
	bool time_in_force, price, stop_price;
};

/* NULL for a type that Binance doesn't have. */
const struct order_form *order_form(enum order_type type);
/* Whether it has a side, an id and every number that its form takes. */
bool order_is_placeable(const struct order *order, const struct order_form *form);

void request_begin(struct http_request *out, struct query *query, enum http_method method,
                   enum binance_answer answer, unsigned weight, const char *path);
MUST_CHECK enum err request_add_symbol(struct http_request *out, struct query *query,
                                       const char *symbol);
void request_add_ident(struct query *query, const char *name, ident_t ident);
/* The cancel's own id, by cancel_id_print(). */
void request_add_cancel_id(struct query *query, const char *name, ident_t client_id);
/* side, type and the numbers that the type takes. */
void request_add_terms(struct query *query, const struct order *order);
/* Every signed request ends like this; the signature comes behind it. */
MUST_CHECK enum err request_end_signed(struct http_request *out, struct query *query,
                                       nanos_t venue_now, const struct venue_profile *profile);

#endif
