/* SPDX-License-Identifier: Apache-2.0 */
/* What the host still waits for: answers of the exchange, and events that it owes the logic. */
#ifndef IO_PENDING_H
#define IO_PENDING_H

#include "common/logic/event.h"
#include "common/logic/outbox.h"

enum { HTTP_CALLS_MAX = 256, FRAME_CALLS_MAX = 32, LATER_MAX = 1 << 15, LATER_BODY_MAX = 640 };

struct http_call {
	uint64_t number; /* 0 = free */
	uint64_t token;
	nanos_t sent;
	struct http_request request;
};

struct frame_call {
	uint64_t number; /* 0 = free */
	uint64_t token;
	name_t link;
	nanos_t sent, expires;
};

/* An event that the host makes up itself, after the step that caused it; room for a full backlog of
 * failed calls. */
struct later {
	enum event_kind kind;
	uint64_t token;
	enum message_type type;
	_Alignas(16) uint8_t body[LATER_BODY_MAX];
};

#endif
