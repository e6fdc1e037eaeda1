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

/* Orders that the exchange keeps together. Only a stop and a target: when one of them executes, the
   other ends (OCO). With an entry: what follows comes to life once the entry is executed whole
   (OTO, with a target OTOCO). All are of one symbol; stop and target have side and quantity in
   common. */
struct venue_list {
	ident_t id;                 /* ours */
	const struct order *entry;  /* LIMIT or LIMIT_MAKER; NULL for an exit pair */
	const struct order *stop;   /* STOP_LOSS or STOP_LOSS_LIMIT */
	const struct order *target; /* LIMIT_MAKER, TAKE_PROFIT or TAKE_PROFIT_LIMIT; NULL: none */
};

struct venue {
	const char *name; /* "binance" */
	const struct dialect *dialect;

	/* ERR_UNSUPPORTED when the exchange has no such order. Type, side, quantities as in the
	   struct; `is_signed`, `once`, `weight` and `valid_until` are filled in, here and in all
	   that follow. */
	enum err (*order)(const struct order *order, nanos_t venue_now,
	                  const struct venue_profile *profile, struct http_request *out);
	enum err (*cancel)(const struct order *order, nanos_t venue_now,
	                   const struct venue_profile *profile, struct http_request *out);
	enum err (*query)(const struct order *order, nanos_t venue_now,
	                  const struct venue_profile *profile, struct http_request *out);
	/* One call that cancels `old` and, only when that worked, places `order`. Its answer emits
	   a venue_leg for each of the two, whatever came. */
	enum err (*replace)(const struct order *old, const struct order *order, nanos_t venue_now,
	                    const struct venue_profile *profile, struct http_request *out);
	/* Lowers the whole quantity (executed parts included) of an order that keeps its client id
	   and its place in the queue. */
	enum err (*amend)(const struct order *order, decimal_t qty, nanos_t venue_now,
	                  const struct venue_profile *profile, struct http_request *out);
	/* All or nothing. The answer emits a venue_order for each of its orders. */
	enum err (*list)(const struct venue_list *list, nanos_t venue_now,
	                 const struct venue_profile *profile, struct http_request *out);
	enum err (*cancel_list)(const char *symbol, ident_t id, nanos_t venue_now,
	                        const struct venue_profile *profile, struct http_request *out);
	/* Emits a venue_leg for each order of ours on it; what became of them has to be asked of
	   each. */
	enum err (*query_list)(const char *symbol, ident_t id, nanos_t venue_now,
	                       const struct venue_profile *profile, struct http_request *out);
	enum err (*open_orders)(const char *symbol, nanos_t venue_now,
	                        const struct venue_profile *profile, struct http_request *out);
	/* Our executions from this trade id on, oldest first, at most `limit`. */
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
