/* SPDX-License-Identifier: Apache-2.0 */
/* What a logic is told. A logic reads no clock and draws no chance: `now` and `entropy` come with
   every event. Pure. */
#ifndef LOGIC_EVENT_H
#define LOGIC_EVENT_H

#include "proto/codec.h"

enum event_kind {
	EVENT_START = 1, /* after the journal was replayed; once per run */
	EVENT_MESSAGE,   /* published by a peer, or from a link, or from the host itself
	                    (stream_state, link_state) */
	EVENT_REQUEST,   /* a peer asks; answer it with outbox_answer(event->token), now or later */
	EVENT_REPLY,     /* the one end of a call: the answer, a venue_answer, or call_failed */
	EVENT_TIMER,     /* event->timer is due */
	EVENT_SAVE_FAILED, /* a SAVE was not made durable: nothing behind it happened, nor will it
	                    */
	EVENT_WIRE, /* a client of our own listener: a request or frame as bytes (exchange, gateway)
	             */
	EVENT_STOP, /* asked to end: flush, then outbox_exit() */
};

/* A client of our own listener speaks. Borrowed for the step. */
enum wire_kind { WIRE_HTTP = 1, WIRE_OPEN /* WebSocket upgrade */, WIRE_FRAME, WIRE_CLOSED };

struct wire {
	enum wire_kind kind;
	uint64_t client;     /* connection; HTTP answers and frames go back to it */
	const char *method;  /* WIRE_HTTP: GET, POST, PUT, DELETE */
	const char *path;    /* without the query; WIRE_HTTP and WIRE_OPEN */
	const char *query;   /* as received, still percent-encoded; "" when none */
	const char *api_key; /* X-MBX-APIKEY header, "" when none */
	const char *body;    /* HTTP body or frame text, NUL-terminated behind `size` */
	size_t size;
};

struct event {
	enum event_kind kind;
	nanos_t now;      /* UTC, never goes back inside one run */
	nanos_t stamp;    /* CLOCK_MONOTONIC at arrival: latency figures only */
	nanos_t handed;   /* CLOCK_MONOTONIC when the last SAVE was handed to the journal; 0 = none
	                     yet */
	uint64_t entropy; /* fresh for each event */
	uint64_t token;   /* REQUEST: whom to answer. REPLY: the call's own token. MESSAGE out of an
	                     HTTP or frame   answer: the token of that call, else 0 */
	unsigned timer;   /* TIMER */
	const struct envelope
		*envelope;       /* MESSAGE, REQUEST, REPLY that came over the bus; else NULL */
	enum message_type type;  /* MESSAGE, REQUEST, REPLY */
	const void *body;        /* its struct; borrowed for the step */
	const struct wire *wire; /* WIRE */
};

/* The message of an event, or NULL when it is of another type:
   const struct tick *tick = event_body(event, MESSAGE_TICK); */
static inline const void *event_body(const struct event *event, enum message_type type)
{
	return event->type == type ? event->body : NULL;
}

#endif
