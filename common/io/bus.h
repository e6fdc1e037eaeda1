/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets of one process on the bus: a PUB that it binds, one SUB for what it listens to, a
   ROUTER that it answers on, a DEALER to each peer. Frames in, frames out; what they mean is the
   host's. Options as rule B-08; high-water marks are sized so that a burst is never dropped in
   silence. */
#ifndef IO_BUS_H
#define IO_BUS_H

#include "common/io/addresses.h"
#include "proto/codec.h"

struct bus;

enum { BUS_PEERS_MAX = 64, BUS_IDENTITY_MAX = 32 };

struct bus_frame {
	const uint8_t *data; /* borrowed until the next bus_receive() */
	size_t size;
	uint8_t identity[BUS_IDENTITY_MAX]; /* of the asker, on the ROUTER */
	size_t identity_size;
};

/* Opens PUB and ROUTER at the instance's own addresses; with `binds` false neither (a client). */
MUST_CHECK enum err bus_open(struct bus **out, const struct addresses *addresses,
                             const char *instance, bool binds, text_t *why);
void bus_close(struct bus **self);

/* Listens to a type from this publisher on (repeat freely; filters hold for all publishers). */
MUST_CHECK enum err bus_listen(struct bus *self, const char *publisher, enum message_type type,
                               text_t *why);
/* Makes a DEALER to the peer unless there is one. */
MUST_CHECK enum err bus_reach(struct bus *self, const char *peer, text_t *why);

/* To every subscriber. Never blocks. */
void bus_publish(struct bus *self, const uint8_t *frame, size_t size);
/* ERR_UNAVAILABLE when the peer isn't connected now: the caller repeats. */
MUST_CHECK enum err bus_ask(struct bus *self, const char *peer, const uint8_t *frame, size_t size);
/* ERR_UNAVAILABLE when that asker is gone: it will ask again. */
MUST_CHECK enum err bus_answer(struct bus *self, const uint8_t *identity, size_t identity_size,
                               const uint8_t *frame, size_t size);

/* Sockets to watch: fds for epoll (level-triggered). One that was signalled or sent on may hold
   frames without a signal (ZMQ_FD is edge-triggered by nature), so bus_is_busy() says whether to
   look before sleeping. */
enum { BUS_SUBSCRIPTIONS = 0 }; /* index of the SUB's fd */
size_t bus_fd_count(const struct bus *self);
int bus_fd(const struct bus *self, size_t index);
void bus_signalled(struct bus *self, size_t index);
bool bus_is_busy(const struct bus *self);

enum bus_source { BUS_SOURCE_NONE, BUS_SOURCE_PUBLISHED, BUS_SOURCE_ASKED, BUS_SOURCE_ANSWERED };

/* The next frame of any busy socket, in turn; NONE when all are drained. */
enum bus_source bus_receive(struct bus *self, struct bus_frame *frame);

#endif
