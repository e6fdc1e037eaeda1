/* SPDX-License-Identifier: Apache-2.0 */
/* Binance spot: REST, market streams, WebSocket API. Of the pure code it alone uses jansson (which
   allocates while it parses) and, for frames with book levels, one malloc per frame that it frees
   before it returns: 320 KB don't belong on a stack. No state is kept between calls. */
#ifndef VENUE_BINANCE_BINANCE_H
#define VENUE_BINANCE_BINANCE_H

#include "common/venue/venue.h"

/* http_request.answer and link_frame.answer: what the other side will say. */
enum binance_answer {
	ANSWER_ORDER = 1, /* POST order, newOrderRespType=FULL */
	ANSWER_CANCEL,
	ANSWER_QUERY,
	ANSWER_OPEN_ORDERS,
	ANSWER_FILLS,
	ANSWER_BALANCES,
	ANSWER_TIME,
	ANSWER_INSTRUMENTS,
	ANSWER_BOOK,
	ANSWER_SUBSCRIBED,
	ANSWER_REPLACE,
	ANSWER_AMEND,
	ANSWER_LIST, /* placed or cancelled */
	ANSWER_LIST_QUERY,
};

extern const struct dialect binance_dialect;
extern const struct venue binance_venue;

#endif
