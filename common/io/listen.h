/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP and WebSocket server on one port of a loopback address, on threads of its own: libmicrohttpd
   for requests, libwebsockets for sockets (listen_parts.h tells why both). Hands every request and
   frame over as `struct wire`, takes answers back by client number: an HTTP request has one of its
   own, a WebSocket keeps its number from WIRE_OPEN to WIRE_CLOSED. What makes no sense or is too
   big is answered here. Requests up to 64 KiB, answers up to 4 MiB, frames up to 1 MiB; a client
   whose queue passes 8 MiB is cut. */
#ifndef IO_LISTEN_H
#define IO_LISTEN_H

#include "common/logic/event.h"

struct listener;

/* `port` 0 lets the system choose; *bound tells. ERR_EXISTS when the port is taken. */
MUST_CHECK enum err listener_open(struct listener **out, const char *address, unsigned port,
                                  unsigned *bound, text_t *why);
int listener_fd(const struct listener *self);
/* One at a time; the wire is borrowed until the next call. */
bool listener_next(struct listener *self, struct wire *wire);
/* Ends an HTTP request. `headers`: "Name: value\n" lines or NULL. A client that is gone is no
 * error. */
void listener_answer(struct listener *self, uint64_t client, unsigned status, const char *headers,
                     const char *body, size_t size);
void listener_frame(struct listener *self, uint64_t client, const char *text, size_t size);
/* An HTTP request ends without an answer; a WebSocket is closed with 1000 after what is queued for
 * it. */
void listener_drop(struct listener *self, uint64_t client);
/* Sends what was answered or queued, at most a second of each kind, then cuts the rest. */
void listener_close(struct listener **self);

#endif
