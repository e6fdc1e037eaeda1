/* SPDX-License-Identifier: Apache-2.0 */
/* Peers for tests of the network parts: a plain socket, and a server that misbehaves on purpose.
   Every wait is bounded by PEER_PATIENCE_MS, which only a hanging test reaches. */
#ifndef TESTS_PEER_H
#define TESTS_PEER_H

#include <stdbool.h>
#include <stddef.h>

enum { PEER_PATIENCE_MS = 20000 };

/* True when one of them became readable in time. */
bool peer_wait(const int *fds, size_t count);

/* A connected blocking socket. */
int peer_connect(unsigned port);
void peer_send(int fd, const char *bytes, size_t size);
/* Reads until `ending` was seen or the other side closed; NUL-terminates; returns the size. */
size_t peer_read_until(int fd, const char *ending, char *out, size_t capacity);
/* True when the other side closes or resets within the patience; what it sends before is dropped.
 */
bool peer_is_closed(int fd);
/* A port that nobody listens on. */
unsigned peer_dead_port(void);

enum rogue_mode {
	ROGUE_FIN,    /* reads the request, then closes */
	ROGUE_RESET,  /* reads the request, then resets */
	ROGUE_SILENT, /* reads the request, says nothing */
	ROGUE_HALF,   /* answers a part of what it promised, then closes */
	ROGUE_HUGE,   /* answers 9 MiB */
	ROGUE_REDIRECT,
	ROGUE_TLS, /* speaks TLS with a certificate that nobody signed */
};

struct rogue;

/* The first `good` requests are answered with 200 and keep-alive, then it does as `mode` says. */
struct rogue *rogue_open(enum rogue_mode mode, unsigned good);
unsigned rogue_port(const struct rogue *self);
/* Whole requests read so far. */
unsigned rogue_requests(const struct rogue *self);
/* True when so many have come in time. */
bool rogue_wait(struct rogue *self, unsigned requests);
/* Connections on which at least one byte came. */
unsigned rogue_connections(const struct rogue *self);
void rogue_close(struct rogue **self);

#endif
