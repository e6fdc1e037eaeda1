/* SPDX-License-Identifier: Apache-2.0 */
/* The user link's side of a frame: responses to our own frames, and events of the account. All
   return ERR_MALFORMED, with nothing emitted, for what makes no sense. */
#ifndef VENUE_BINANCE_USER_H
#define VENUE_BINANCE_USER_H

#include "common/logic/dialect.h"

#include <jansson.h>

struct frame_reading {
	const char *link;
	const struct message_sink *sink;
};

/* executionReport: venue_order, and for x=TRADE venue_fill behind it. */
MUST_CHECK enum err user_read_report(const struct frame_reading *frame, const json_t *event);
/* outboundAccountPosition: venue_balance for each asset told. */
MUST_CHECK enum err user_read_balances(const struct frame_reading *frame, const json_t *event);
/* venue_notice "shutdown": connect anew; "terminated": no more events come. */
MUST_CHECK enum err user_read_shutdown(const struct frame_reading *frame, const json_t *event);
MUST_CHECK enum err user_read_terminated(const struct frame_reading *frame, const json_t *event);

/* A WebSocket API response. With a number as its id it ends the call of that token: `answer` is
   filled in, with the evidence that errors.def states for placing (of a refused cancel: for
   cancelling). An order in it is emitted as venue_order. A subscription also emits venue_notice
   "subscribed"; an error that belongs to no call is venue_notice "error". */
MUST_CHECK enum err user_read_response(const struct frame_reading *frame, const json_t *json,
                                       uint64_t *call, struct venue_answer *answer);
/* The answer of a market link to SUBSCRIBE and its like: only an error is told, as a notice. */
MUST_CHECK enum err user_read_control(const struct frame_reading *frame, const json_t *json);

#endif
