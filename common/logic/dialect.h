/* SPDX-License-Identifier: Apache-2.0 */
/* What the host needs of an exchange's language, so that it needs to know no exchange: sign a
   request, turn an answer or frame into messages. Pure functions; keys are the host's. */
#ifndef LOGIC_DIALECT_H
#define LOGIC_DIALECT_H

#include "common/logic/outbox.h"

/* Key material as the host holds it; never copied into a logic, a message or a log. */
struct venue_key {
	char api_key[128];
	char secret[256]; /* HMAC secret text */
	uint8_t seed[32]; /* Ed25519 */
	bool is_ed25519;
};

struct http_answer {
	unsigned status;       /* 0: no answer came, see transport */
	bool may_have_arrived; /* without a status: whether a byte of the request may have left */
	const char *transport; /* words about the transport failure, "" otherwise */
	const char *headers;   /* "name: value\n" lines, names in lower case */
	const char *body;      /* NUL-terminated behind size */
	size_t size;
};

/* Receives the messages of one answer or frame, in order. */
struct message_sink {
	void (*take)(void *self, enum message_type type, const void *body);
	void *self;
};

struct dialect {
	const char *name; /* "binance" */

	/* Writes the query or form as it must be sent, with timestamp-independent parts as they are
	   in `request->query` and the signature last. ERR_FULL when it doesn't fit. */
	enum err (*sign)(const struct http_request *request, const struct venue_key *key, char *out,
	                 size_t capacity);
	/* The header that carries the API key, "X-MBX-APIKEY: …". */
	enum err (*key_header)(const struct venue_key *key, char *out, size_t capacity);
	/* Emits what the body tells (venue_order, venue_fill, instrument, …), then fills
	   `answer`.
	   Never fails: what can't be understood is evidence NOTHING. */
	void (*read_answer)(const struct http_request *request, const struct http_answer *http,
	                    const struct message_sink *sink, struct venue_answer *answer);

	/* A frame of a link. ERR_MALFORMED when it doesn't parse or makes no sense: nothing is
	   emitted for it. `*call` is set to the answered CALL_FRAME's token, or 0. */
	enum err (*read_frame)(const char *link, const char *text, size_t size,
	                       const struct message_sink *sink, uint64_t *call,
	                       struct venue_answer *answer);
	/* Completes a CALL_FRAME: adds id (token), key and signature. */
	enum err (*sign_frame)(const struct link_frame *frame, uint64_t token, nanos_t venue_now,
	                       const struct venue_key *key, char *out, size_t capacity);
};

#endif
