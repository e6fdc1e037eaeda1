/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/bus_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <zmq.h>

#include "proto/flows.h"
#include "tests/lib/child.h"

static int64_t now_ms(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void *make_socket(struct bus_peer *self, int type)
{
	int linger = 0, no_limit = 0;
	void *socket = zmq_socket(self->context, type);
	assert_non_null(socket);
	zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
	zmq_setsockopt(socket, ZMQ_RCVHWM, &no_limit, sizeof no_limit);
	return socket;
}

static void bind_to(struct bus_peer *self, void *socket, const char *suffix)
{
	char address[600];
	snprintf(address, sizeof address, "ipc://%s/%s.%s", self->run, self->name.text, suffix);
	assert_int_equal(zmq_bind(socket, address), 0);
}

void bus_peer_open(struct bus_peer *self, const char *run, const char *name, uint64_t epoch,
                   bool binds)
{
	memset(self, 0, sizeof *self);
	snprintf(self->run, sizeof self->run, "%s", run);
	self->name = name_from(name);
	self->epoch = epoch;
	self->context = zmq_ctx_new();
	self->sockets[PEER_HEARD] = make_socket(self, ZMQ_SUB);
	self->sockets[PEER_ANSWERED] = make_socket(self, ZMQ_DEALER);
	zmq_setsockopt(self->sockets[PEER_HEARD], ZMQ_SUBSCRIBE, "", 0);
	if (!binds)
		return;
	self->pub = make_socket(self, ZMQ_PUB);
	self->sockets[PEER_ASKED] = make_socket(self, ZMQ_ROUTER);
	bind_to(self, self->pub, "pub");
	bind_to(self, self->sockets[PEER_ASKED], "ask");
}

void bus_peer_close(struct bus_peer *self)
{
	if (self->context == NULL)
		return;
	for (size_t i = 0; i < PEER_SOURCES; i++)
		if (self->sockets[i] != NULL)
			zmq_close(self->sockets[i]);
	if (self->pub != NULL)
		zmq_close(self->pub);
	zmq_ctx_term(self->context);
	if (self->seal != NULL)
		seal_close(&self->seal);
	self->context = NULL;
}

void bus_peer_connect(struct bus_peer *self, const char *peer)
{
	char address[600];
	snprintf(address, sizeof address, "ipc://%s/%s.pub", self->run, peer);
	assert_int_equal(zmq_connect(self->sockets[PEER_HEARD], address), 0);
	snprintf(address, sizeof address, "ipc://%s/%s.ask", self->run, peer);
	assert_int_equal(zmq_connect(self->sockets[PEER_ANSWERED], address), 0);
}

size_t bus_peer_pack(struct bus_peer *self, enum message_type type, const void *body,
                     uint64_t correlation, nanos_t expires, uint8_t frame[2048])
{
	struct sealing sealing;
	size_t size = 0;
	struct envelope envelope = {
		.type = type,
		.sender = self->name,
		.epoch = self->epoch,
		.sequence = ++self->sequences[type],
		.sent = 1,
		.expires = expires,
		.correlation = correlation,
	};
	assert_int_equal(codec_pack(&envelope, body, frame, 2048, &size, &sealing), OK);
	if (message_info(type)->sealed && self->seal != NULL)
		seal_make(self->seal, sealing.body, sealing.size, frame + (sealing.seal - frame));
	return size;
}

void bus_peer_ask(struct bus_peer *self, const uint8_t *frame, size_t size)
{
	assert_int_equal(zmq_send(self->sockets[PEER_ANSWERED], frame, size, 0), (int)size);
}

void bus_peer_publish(struct bus_peer *self, enum message_type type, const void *body)
{
	uint8_t frame[2048];
	size_t size = bus_peer_pack(self, type, body, 0, 0, frame);
	assert_int_equal(zmq_send(self->pub, frame, size, 0), (int)size);
}

void bus_peer_answer(struct bus_peer *self, const struct bus_message *request,
                     enum message_type type, const void *body)
{
	uint8_t frame[2048];
	size_t size = bus_peer_pack(self, type, body, request->envelope.correlation, 0, frame);
	void *socket = self->sockets[PEER_ASKED];
	zmq_send(socket, request->identity, request->identity_size, ZMQ_SNDMORE);
	zmq_send(socket, frame, size, 0);
}

void bus_peer_beat(struct bus_peer *self)
{
	struct heartbeat heartbeat = {.status = SERVICE_STATUS_HEALTHY};
	for (size_t i = 0; i < flow_publish_count; i++)
		if (name_is(&self->name, flow_publishes[i].publisher))
			heartbeat.sequences.items[heartbeat.sequences.count++] =
				self->sequences[flow_publishes[i].type];
	bus_peer_publish(self, MESSAGE_HEARTBEAT, &heartbeat);
}

bool bus_peer_next(struct bus_peer *self, enum bus_peer_source source, struct bus_message *out,
                   int patience_ms)
{
	zmq_pollitem_t item = {.socket = self->sockets[source], .events = ZMQ_POLLIN};
	if (zmq_poll(&item, 1, patience_ms) != 1)
		return false;
	memset(out, 0, sizeof *out);
	if (source == PEER_ASKED)
		out->identity_size =
			(size_t)zmq_recv(item.socket, out->identity, sizeof out->identity, 0);
	int size = zmq_recv(item.socket, out->frame, sizeof out->frame, 0);
	assert_in_range(size, 1, sizeof out->frame);
	out->size = (size_t)size;
	assert_int_equal(codec_unpack(out->frame, out->size, &out->envelope, out->body.bytes,
	                              sizeof out->body, NULL),
	                 OK);
	return true;
}

void bus_peer_await(struct bus_peer *self, enum bus_peer_source source, enum message_type type,
                    struct bus_message *out)
{
	int64_t until = now_ms() + PATIENCE_MS, left;
	while ((left = until - now_ms()) > 0)
		if (bus_peer_next(self, source, out, (int)left) && out->envelope.type == type)
			return;
	fail_msg("no %s came", message_info(type)->name);
}
