/* SPDX-License-Identifier: Apache-2.0 */
/* dialect.read_frame: what a text frame of a market link or user link tells.

   The frame's own form decides, not the link's name: {"stream","data"} and the bare events of
   market streams, responses with an id, {"subscriptionId","event"} and bare user events. Kinds of
   event that nobody here needs are passed over with OK. ERR_MALFORMED: not one JSON object, no form
   that is known, a missing field, or an impossible value; then nothing was emitted. */
#ifndef VENUE_BINANCE_STREAM_H
#define VENUE_BINANCE_STREAM_H

#include "common/logic/dialect.h"

MUST_CHECK enum err binance_read_frame(const char *link, const char *text, size_t size,
                                       const struct message_sink *sink, uint64_t *call,
                                       struct venue_answer *answer);

#endif
