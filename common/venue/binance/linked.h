/* SPDX-License-Identifier: Apache-2.0 */
/* How requests about several orders are worded: an order in another's place, less quantity, lists.
   The rules of request.h hold here too. Replacing and amending name the old order by our id, stop
   at the first failure and ask for the full answer. Pure. */
#ifndef VENUE_BINANCE_LINKED_H
#define VENUE_BINANCE_LINKED_H

#include "common/venue/venue.h"

/* ERR_INVALID too when both are the same order, or of two symbols. */
enum err binance_replace(const struct order *old, const struct order *order, nanos_t venue_now,
                         const struct venue_profile *profile, struct http_request *out);
/* newClientOrderId repeats the order's own id: without it the exchange would make up another. */
enum err binance_amend(const struct order *order, decimal_t qty, nanos_t venue_now,
                       const struct venue_profile *profile, struct http_request *out);

/* ERR_UNSUPPORTED for an entry that isn't LIMIT or LIMIT_MAKER, a stop that is none, and a target
   of another type than struct venue_list tells. */
enum err binance_list(const struct venue_list *list, nanos_t venue_now,
                      const struct venue_profile *profile, struct http_request *out);
/* By listClientOrderId. */
enum err binance_cancel_list(const char *symbol, ident_t id, nanos_t venue_now,
                             const struct venue_profile *profile, struct http_request *out);
enum err binance_query_list(const char *symbol, ident_t id, nanos_t venue_now,
                            const struct venue_profile *profile, struct http_request *out);

#endif
