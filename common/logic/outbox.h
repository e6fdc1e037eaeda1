/* SPDX-License-Identifier: Apache-2.0 */
/* What a logic wants done: an ordered, bounded list of effects. The host performs them in this
   order, and nothing overtakes a SAVE that is still pending. Seven kinds; an eighth needs a
   decision record. Bodies are copied in, so a caller may reuse its structs. Overflow is our bug
   (assert). Pure. */
#ifndef LOGIC_OUTBOX_H
#define LOGIC_OUTBOX_H

#include "common/logic/event.h"

enum effect_kind {
	EFFECT_SAVE = 1,  /* append a record to the journal */
	EFFECT_PUBLISH,   /* to every subscriber; mirrored to Redis where flows.def says so */
	EFFECT_CALL,      /* ask somebody; ends in exactly one REPLY */
	EFFECT_ANSWER,    /* answer a REQUEST or a WIRE client */
	EFFECT_SET_TIMER, /* one TIMER event at a moment; setting it again replaces it */
	EFFECT_NOTE,      /* a log line */
	EFFECT_EXIT,      /* end this process */
};

enum save_class {
	SAVE_BUFFERED = 1, /* survives the process */
	SAVE_SYNCED,       /* survives the machine */
};

enum call_target {
	CALL_PEER = 1, /* a service on the bus */
	CALL_HTTP,     /* the exchange, by HTTP; `http` below */
	CALL_LINK,     /* the host's own links and processes: link_open, link_close, child_start,
	                  child_signal */
	CALL_FRAME,    /* a text frame on an open link; ends with its answer frame or call_failed */
	CALL_RECALL, /* at once, ahead of what waits: the CALL_HTTP of this token doesn't leave any
	                more when it still waits for a SAVE; it then ends with call_failed, not sent
	              */
};

/* Log kinds of R6 and R10; each has its own file. */
enum note_kind { NOTE_LOG = 0, NOTE_TRADE, NOTE_SIGNAL, NOTE_PERFORMANCE, NOTE_ALERT };

enum http_method { HTTP_GET = 1, HTTP_POST, HTTP_PUT, HTTP_DELETE };

enum { HTTP_TEXT_MAX = 1024, OUTBOX_EFFECTS_MAX = 4096, LOGIC_TIMERS_MAX = 64 };

/* An exchange request as its dialect built it, before signing. What SEND's hash covers
 * (docs/order-safety.md, W4). */
struct http_request {
	enum http_method method;
	unsigned answer; /* the dialect's own number of the answer's form */
	bool is_signed;  /* the host adds key and signature; no logic ever sees them */
	bool once;       /* an order: one transmission, body that can't be sent again */
	unsigned timeout_ms;
	unsigned weight;      /* what it costs of the exchange's request weight */
	nanos_t valid_until;  /* exchange time after which it can't be accepted; 0 = no bound */
	nanos_t write_before; /* event time: the socket layer refuses to write later (W5); 0 = no
	                         bound */
	name_t symbol;        /* for answers that don't repeat it */
	char path[128];
	char query[HTTP_TEXT_MAX]; /* percent-encoded name=value pairs */
};

/* A link frame that asks for something, for CALL_FRAME. */
struct link_frame {
	name_t link;
	bool is_signed; /* the dialect signs `text`'s parameters before it is sent */
	unsigned answer;
	nanos_t venue_now; /* exchange time; becomes the frame's timestamp */
	char text[HTTP_TEXT_MAX];
};

struct effect {
	enum effect_kind kind;
	enum message_type type; /* SAVE, PUBLISH, CALL to a peer or link, ANSWER to a peer */
	const void *body; /* struct of `type`, or http_request, link_frame; inside the outbox */
	enum save_class save_class;
	enum call_target target;
	name_t peer;    /* CALL_PEER */
	uint64_t token; /* CALL: comes back in the REPLY. ANSWER: of the REQUEST or wire client */
	uint64_t causation; /* set by the host's step from the event */
	nanos_t at;         /* SET_TIMER: when, 0 = never. CALL: when to give up */
	unsigned timer;
	enum severity severity; /* NOTE */
	enum note_kind note;
	const char *name,
		*text;   /* NOTE: stable event name, sentence. ANSWER to a wire: text is the body */
	size_t size;     /* of that body */
	unsigned status; /* ANSWER to a wire: HTTP status; 0 = a WebSocket frame; 1 = close it */
	const char *headers; /* ANSWER to a wire: extra "Name: value\n" lines, or "" */
};

struct outbox {
	struct effect effects[OUTBOX_EFFECTS_MAX];
	size_t count;
	uint8_t *arena; /* bodies and texts */
	size_t used, capacity;
};

/* `arena` is the caller's, 16-byte aligned. */
void outbox_init(struct outbox *self, void *arena, size_t capacity);
void outbox_clear(struct outbox *self);

/* `body` is the struct of `type`. */
void outbox_save(struct outbox *self, enum save_class save_class, enum message_type type,
                 const void *body);
void outbox_publish(struct outbox *self, enum message_type type, const void *body);

/* Asks a service; the host repeats the frame until an answer comes or `expires` (UTC) has passed.
 */
void outbox_call(struct outbox *self, const char *peer, uint64_t token, nanos_t expires,
                 enum message_type type, const void *body);
void outbox_call_http(struct outbox *self, uint64_t token, const struct http_request *request);
void outbox_call_frame(struct outbox *self, uint64_t token, nanos_t expires,
                       const struct link_frame *frame);
/* Takes back a CALL_HTTP that waits for a SAVE; one that has left goes on. */
void outbox_recall(struct outbox *self, uint64_t token);
/* link_open, link_close, child_start, child_signal: no reply, events tell what became of it. */
void outbox_call_host(struct outbox *self, enum message_type type, const void *body);

void outbox_answer(struct outbox *self, uint64_t token, enum message_type type, const void *body);
/* To a client of our own listener. `headers` may be NULL. */
void outbox_answer_http(struct outbox *self, uint64_t client, unsigned status, const char *headers,
                        const char *body, size_t size);
void outbox_answer_frame(struct outbox *self, uint64_t client, const char *text, size_t size);
void outbox_close_wire(struct outbox *self, uint64_t client);

void outbox_set_timer(struct outbox *self, unsigned timer, nanos_t at);

void outbox_note(struct outbox *self, enum severity severity, const char *name, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));
void outbox_note_kind(struct outbox *self, enum note_kind kind, enum severity severity,
                      const char *name, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* A NOTE and a published alert in one: something that a person may want to know. */
void outbox_alert(struct outbox *self, nanos_t now, enum severity severity, const char *name,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

void outbox_exit(struct outbox *self, const char *reason);

#endif
