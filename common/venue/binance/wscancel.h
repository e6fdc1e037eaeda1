/* SPDX-License-Identifier: Apache-2.0 */
/* The cancel of an order by the WebSocket API: the other way while REST is silent. Pure. */
#ifndef VENUE_BINANCE_WSCANCEL_H
#define VENUE_BINANCE_WSCANCEL_H

#include "common/venue/venue.h"

/* order.cancel with the same ids and window as binance_cancel(). */
enum err binance_cancel_frame(const struct order *order, const char *link, nanos_t venue_now,
                              const struct venue_profile *profile, struct link_frame *out);

#endif
