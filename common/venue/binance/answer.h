/* SPDX-License-Identifier: Apache-2.0 */
/* dialect.read_answer: what an HTTP answer tells, and what it proves.

   A body that reads well and makes sense is EXISTS, after everything in it was emitted. A body that
   isn't JSON, lacks a field, tells an impossible value, another symbol or another order than asked
   for is NOTHING, and emits nothing at all. Errors: errors.def. Without an answer: UNSENT when no
   byte can have left, else NOTHING. On 429 and 418 `retry_after_ms` is what Retry-After tells, else
   evidence_wait_ms(). `sent` is left to the host: zero here. */
#ifndef VENUE_BINANCE_ANSWER_H
#define VENUE_BINANCE_ANSWER_H

#include "common/logic/dialect.h"

void binance_read_answer(const struct http_request *request, const struct http_answer *http,
                         const struct message_sink *sink, struct venue_answer *answer);

#endif
