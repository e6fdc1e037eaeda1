/* SPDX-License-Identifier: Apache-2.0 */
/* An instance on the bus made by hand, from raw sockets: it says what a test wants said, also what
   no service would say, and keeps the bytes that come. Every wait is bounded by PATIENCE_MS. */
#ifndef TESTS_LIB_BUS_PEER_H
#define TESTS_LIB_BUS_PEER_H

#include "common/io/seal.h"
#include "proto/codec.h"

enum bus_peer_source {
	PEER_HEARD,    /* published by those whom we hear */
	PEER_ANSWERED, /* answers to what we asked */
	PEER_ASKED,    /* requests to us */
	PEER_SOURCES,
};

struct bus_peer {
	char run[512];
	name_t name;
	uint64_t epoch, sequences[MESSAGE_TYPES_MAX];
	void *context, *sockets[PEER_SOURCES], *pub;
	struct seal *seal; /* for sealed messages; NULL: the seal's place stays zero */
};

/* One that came. */
struct bus_message {
	uint8_t frame[2048];
	size_t size;
	uint8_t identity[64];
	size_t identity_size;
	struct envelope envelope;
	union {
		struct heartbeat heartbeat;
		struct trading_state state;
		struct command_result result;
		struct approval approval;
		struct resync_request resync_request;
		struct resync_done resync_done;
		_Alignas(16) uint8_t bytes[2048];
	} body;
};

/* Asks and hears whom it is connected to; `binds`: it publishes and is asked too. */
void bus_peer_open(struct bus_peer *self, const char *run, const char *name, uint64_t epoch,
                   bool binds);
void bus_peer_close(struct bus_peer *self);
void bus_peer_connect(struct bus_peer *self, const char *peer);

/* A frame of the next sequence. Returns its size. */
size_t bus_peer_pack(struct bus_peer *self, enum message_type type, const void *body,
                     uint64_t correlation, nanos_t expires, uint8_t frame[2048]);
void bus_peer_ask(struct bus_peer *self, const uint8_t *frame, size_t size);
void bus_peer_publish(struct bus_peer *self, enum message_type type, const void *body);
void bus_peer_answer(struct bus_peer *self, const struct bus_message *request,
                     enum message_type type, const void *body);
/* Every sequence of flows.def as it stands. */
void bus_peer_beat(struct bus_peer *self);

/* The next message of that source; false when none came within `patience_ms`. */
bool bus_peer_next(struct bus_peer *self, enum bus_peer_source source, struct bus_message *out,
                   int patience_ms);
/* The next of that type, others are dropped. Fails the test when none comes. */
void bus_peer_await(struct bus_peer *self, enum bus_peer_source source, enum message_type type,
                    struct bus_message *out);

#endif
