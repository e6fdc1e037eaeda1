/* SPDX-License-Identifier: Apache-2.0 */
/* The bodies of successful answers, one reader for each enum binance_answer but
   ANSWER_REPLACE (legs.h) and ANSWER_SUBSCRIBED, which comes on a link. */
#ifndef VENUE_BINANCE_BODY_H
#define VENUE_BINANCE_BODY_H

#include "common/logic/dialect.h"

#include <jansson.h>

struct body_result {
	const char *bad;     /* the key that made no sense; then nothing was emitted */
	uint64_t items;      /* emitted */
	nanos_t server_time; /* where it is told, else 0 */
};

/* Reads the whole body before the first message is emitted. */
struct body_result body_read(const struct http_request *request, const json_t *json,
                             const struct message_sink *sink);

#endif
