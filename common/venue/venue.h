/* SPDX-License-Identifier: Apache-2.0 */
/* An exchange as the logics see it: how a request is worded, and the bounds that its profile
   promises. Pure: builds canonical unsigned requests; the host signs and sends them.
   `venue_now` is exchange time (event.now + measured offset); it becomes the request's timestamp.
 */
#ifndef VENUE_VENUE_H
#define VENUE_VENUE_H

#include "common/logic/dialect.h"

/* Bounds of the fence (docs/order-safety.md). */
struct venue_profile {
	const char *name;       /* "paper", "binance" */
	unsigned window_ms;     /* recvWindow: after timestamp + window the exchange refuses */
	unsigned queue_ms;      /* Q: longest stay in the engine's queue */
	unsigned view_lag_ms;   /* L: longest time until a query sees an order */
	unsigned clock_step_ms; /* S */
	unsigned request_timeout_ms;
	unsigned weight_per_minute; /* of one address */
	unsigned orders_per_10s;    /* of one account */
};

struct venue {
	const char *name; /* "binance" */
	const struct dialect *dialect;

	/* ERR_UNSUPPORTED when the exchange has no such order. Type, side, quantities as in the
	   struct; `is_signed`, `once` and `valid_until` are filled in. */
	enum err (*order)(const struct order *order, nanos_t venue_now,
	                  const struct venue_profile *profile, struct http_request *out);
	enum err (*cancel)(const struct order *order, nanos_t venue_now,
	                   const struct venue_profile *profile, struct http_request *out);
	/* By our id; of an order with none, by the exchange's. */
	enum err (*query)(const struct order *order, nanos_t venue_now,
	                  const struct venue_profile *profile, struct http_request *out);
	enum err (*open_orders)(const char *symbol, nanos_t venue_now,
	                        const struct venue_profile *profile, struct http_request *out);
	/* Our executions from this trade id on, oldest first, at most `limit`; from 0 on: the
	   newest. */
	enum err (*fills)(const char *symbol, uint64_t from_id, unsigned limit, nanos_t venue_now,
	                  const struct venue_profile *profile, struct http_request *out);
	enum err (*balances)(nanos_t venue_now, const struct venue_profile *profile,
	                     struct http_request *out);
	enum err (*time)(struct http_request *out);
	/* Emits one `instrument` per symbol. */
	enum err (*instruments)(const name_t *symbols, size_t count, struct http_request *out);
	/* Emits one venue_book. */
	enum err (*book)(const char *symbol, unsigned limit, struct http_request *out);

	/* Path of a link that streams trades, best prices and depth of these symbols. */
	enum err (*market_path)(const name_t *symbols, size_t count, text_t *path);
	enum err (*user_path)(text_t *path);
	/* The frame that subscribes the user's events on that link. */
	enum err (*user_subscribe)(const char *link, struct link_frame *out);
};

/* NULL when there is no such exchange. */
const struct venue *venue_named(const char *name);
/* Its dialect alone, as the host wants it; NULL when there is no such exchange. */
const struct dialect *venue_dialect(const char *name);
const struct venue_profile *venue_profile_named(const char *name);

#endif
