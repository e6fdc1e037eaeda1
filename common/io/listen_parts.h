/* SPDX-License-Identifier: Apache-2.0 */
/* The rooms behind listen.h. The door accepts and looks at the first request of a connection
   without taking it: a WebSocket upgrade goes to the hall (libwebsockets), all else to the desk
   (libmicrohttpd, which hands out the query as it was received; libwebsockets decodes it, and a
   signature covers the bytes). Part of listen.h's body. */
#ifndef IO_LISTEN_PARTS_H
#define IO_LISTEN_PARTS_H

#include "common/io/handoff.h"
#include "common/io/listen.h"

#include <libwebsockets.h>

enum {
	LISTEN_BODY_MAX = 64 << 10,
	LISTEN_ANSWER_MAX = 4 << 20,
	LISTEN_FRAME_MAX = 1 << 20,
	LISTEN_UNSENT_MAX = 8 << 20,
	LISTEN_UNREAD_MAX = 64 << 20, /* what the host hasn't taken yet, of all clients */
	LISTEN_SEATS_MAX = 4096,
};

/* what is handed to the host */

struct arrival {
	struct parcel parcel;
	struct wire wire; /* points into `bytes` */
	char bytes[];
};

/* `wire->path` is taken as the whole target and split at its '?'; everything is copied, `method`
   must be a constant. False when memory is used up. */
MUST_CHECK bool arrival_tell(struct handoff *arrivals, const struct wire *wire);

/* who is here: numbers that are never used twice */

struct seats {
	void *sitting[LISTEN_SEATS_MAX];
	uint64_t numbers[LISTEN_SEATS_MAX];
	uint64_t serial;
	unsigned count, next;
};

enum seat_kind { SEAT_DESK, SEAT_HALL };

/* 0 when all are taken. */
uint64_t seats_take(struct seats *self, enum seat_kind kind, void *who);
/* NULL when that one has left. */
void *seats_find(const struct seats *self, uint64_t number);
void seats_leave(struct seats *self, uint64_t number);
enum seat_kind seat_kind(uint64_t number);

/* the desk: HTTP */

struct desk;

MUST_CHECK enum err desk_open(struct desk **out, struct handoff *arrivals);
/* Takes a connected socket; from any thread. */
void desk_take(struct desk *self, int fd);
void desk_answer(struct desk *self, uint64_t client, unsigned status, const char *headers,
                 const char *body, size_t size);
void desk_drop(struct desk *self, uint64_t client);
/* Sends what was answered (at most a second), drops the rest. */
void desk_close(struct desk **self);

/* the hall: WebSocket, and the door, which uses its thread */

struct hall;
struct door;

/* `fd`: listening, non-blocking; taken, closed by hall_close(). */
MUST_CHECK enum err hall_open(struct hall **out, int fd, struct desk *desk,
                              struct handoff *arrivals, text_t *why);
void hall_frame(struct hall *self, uint64_t client, const char *text, size_t size);
void hall_drop(struct hall *self, uint64_t client);
/* Sends what is queued (at most a second), closes with 1001. */
void hall_close(struct hall **self);

/* In the hall's thread: takes a connected socket whose first request asks for an upgrade of
 * `target`. */
void hall_take(struct hall *self, int fd, const char *target, size_t size);

MUST_CHECK enum err door_open(struct door **out, int fd, struct desk *desk, struct hall *hall);
/* Puts the door's descriptors under the hall's thread, as files of the protocol "door". */
MUST_CHECK bool door_watch(struct door *self, struct lws_context *context);
/* One of them is readable. */
void door_wake(struct door *self);
/* No more guests. In the hall's thread. */
void door_shut(struct door *self);
void door_close(struct door **self);

#endif
