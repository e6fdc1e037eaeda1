/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP and WebSocket server on one port of a loopback address: libwebsockets on an actor of its own.
   Hands every request and frame over as `struct wire`, takes answers back by client number. Requests up
   to 64 KiB, answers up to 4 MiB, frames up to 1 MiB; a client whose queue passes 8 MiB is cut. */
#ifndef IO_LISTEN_H
#define IO_LISTEN_H

#include "common/logic/event.h"

struct listener;

/* `port` 0 lets the system choose; *bound tells. ERR_EXISTS when the port is taken. */
MUST_CHECK enum err listener_open(struct listener **out, const char *address, unsigned port, unsigned *bound,
                                  text_t *why);
int listener_fd(const struct listener *self);
/* One at a time; the wire is borrowed until the next call. */
bool listener_next(struct listener *self, struct wire *wire);
/* Ends an HTTP request. `headers`: "Name: value\n" lines or NULL. A client that is gone is no error. */
void listener_answer(struct listener *self, uint64_t client, unsigned status, const char *headers, const char *body,
                     size_t size);
void listener_frame(struct listener *self, uint64_t client, const char *text, size_t size);
void listener_drop(struct listener *self, uint64_t client);
void listener_close(struct listener **self);

#endif
