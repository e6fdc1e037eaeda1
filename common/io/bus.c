/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/bus.h"

#include <assert.h>
#include <czmq.h>

enum {
	BUS_SOCKETS_MAX = BUS_PEERS_MAX + 3,
	PUBLISH_HWM = 100000, /* a burst of 100,000 frames of 128 bytes: 13 MB at the worst */
	ASK_HWM = 10000,
	RECONNECT_MS = 1,
	RECONNECT_MAX_MS = 50,
	HANDSHAKE_MS = 2000,
	TURN_MAX = 64, /* frames from one socket before the others get their turn */
};

enum role { ROLE_PUB, ROLE_SUB, ROLE_ROUTER, ROLE_DEALER };

struct socket {
	zsock_t *zsock;
	void *raw;
	int fd;
	enum role role;
	bool busy;
	name_t peer; /* DEALER */
};

struct bus {
	struct addresses addresses;
	name_t instance;
	struct socket sockets[BUS_SOCKETS_MAX];
	size_t count;
	size_t pub, sub, router; /* indices; BUS_SOCKETS_MAX = none */
	size_t turn, taken;
	zmq_msg_t message;
	bool holds;
	name_t publishers[BUS_PEERS_MAX];
	size_t publisher_count;
	bool subscribed[MESSAGE_TYPES_MAX];
};

static void set_options(zsock_t *zsock, int hwm, bool immediate)
{
	zsock_set_linger(zsock, 0);
	zsock_set_sndhwm(zsock, hwm);
	zsock_set_rcvhwm(zsock, hwm);
	zsock_set_maxmsgsize(zsock, FRAME_MAX);
	zsock_set_handshake_ivl(zsock, HANDSHAKE_MS);
	zsock_set_reconnect_ivl(zsock, RECONNECT_MS);
	zsock_set_reconnect_ivl_max(zsock, RECONNECT_MAX_MS);
	if (immediate)
		zsock_set_immediate(zsock, 1);
}

static enum err add_socket(struct bus *self, int type, enum role role, size_t *index)
{
	if (self->count == BUS_SOCKETS_MAX)
		return ERR_FULL;
	zsock_t *zsock = zsock_new(type);
	if (zsock == NULL)
		return ERR_IO;
	set_options(zsock, role == ROLE_PUB || role == ROLE_SUB ? PUBLISH_HWM : ASK_HWM,
	            role == ROLE_DEALER);
	if (role == ROLE_ROUTER)
		zsock_set_router_mandatory(zsock, 1);
	*index = self->count;
	self->sockets[self->count++] = (struct socket){
		.zsock = zsock,
		.raw = zsock_resolve(zsock),
		.fd = zsock_fd(zsock),
		.role = role,
		.busy = true,
	};
	return OK;
}

static enum err bind_socket(struct bus *self, size_t index, const char *address, text_t *why)
{
	if (zmq_bind(self->sockets[index].raw, address) == 0)
		return OK;
	*why = text_format("can't bind %s: %s", address, zmq_strerror(zmq_errno()));
	return ERR_IO;
}

static enum err bind_own(struct bus *self, text_t *why)
{
	char address[ADDRESS_MAX];
	enum err err = add_socket(self, ZMQ_PUB, ROLE_PUB, &self->pub);
	if (err == OK)
		err = addresses_publish(&self->addresses, self->instance.text, address, why);
	if (err == OK)
		err = bind_socket(self, self->pub, address, why);
	if (err == OK)
		err = add_socket(self, ZMQ_ROUTER, ROLE_ROUTER, &self->router);
	if (err == OK)
		err = addresses_answer(&self->addresses, self->instance.text, address, why);
	if (err == OK)
		err = bind_socket(self, self->router, address, why);
	return err;
}

enum err bus_open(struct bus **out, const struct addresses *addresses, const char *instance,
                  bool binds, text_t *why)
{
	struct bus *self = calloc(1, sizeof *self);
	if (self == NULL)
		return ERR_IO;
	self->addresses = *addresses;
	self->instance = name_from(instance);
	self->pub = self->router = BUS_SOCKETS_MAX;
	enum err err = add_socket(self, ZMQ_SUB, ROLE_SUB, &self->sub);
	if (err == OK && binds)
		err = bind_own(self, why);
	if (err != OK) {
		bus_close(&self);
		return err;
	}
	*out = self;
	return OK;
}

void bus_close(struct bus **pointer)
{
	struct bus *self = *pointer;
	if (self == NULL)
		return;
	if (self->holds)
		zmq_msg_close(&self->message);
	for (size_t i = 0; i < self->count; i++)
		zsock_destroy(&self->sockets[i].zsock);
	free(self);
	*pointer = NULL;
}

static bool knows_publisher(const struct bus *self, const char *publisher)
{
	for (size_t i = 0; i < self->publisher_count; i++)
		if (name_is(&self->publishers[i], publisher))
			return true;
	return false;
}

static enum err connect_publisher(struct bus *self, const char *publisher, text_t *why)
{
	char address[ADDRESS_MAX];
	if (knows_publisher(self, publisher))
		return OK;
	if (self->publisher_count == BUS_PEERS_MAX)
		return ERR_FULL;
	enum err err = addresses_publish(&self->addresses, publisher, address, why);
	if (err != OK)
		return err;
	if (zmq_connect(self->sockets[self->sub].raw, address) != 0) {
		*why = text_format("can't connect %s: %s", address, zmq_strerror(zmq_errno()));
		return ERR_IO;
	}
	self->publishers[self->publisher_count++] = name_from(publisher);
	return OK;
}

enum err bus_listen(struct bus *self, const char *publisher, enum message_type type, text_t *why)
{
	enum err err = connect_publisher(self, publisher, why);
	if (err != OK || self->subscribed[type])
		return err;
	uint8_t prefix[CODEC_PREFIX_SIZE];
	codec_prefix(type, prefix);
	if (zmq_setsockopt(self->sockets[self->sub].raw, ZMQ_SUBSCRIBE, prefix, sizeof prefix) != 0)
		return ERR_IO;
	self->subscribed[type] = true;
	return OK;
}

static struct socket *dealer_to(struct bus *self, const char *peer)
{
	for (size_t i = 0; i < self->count; i++)
		if (self->sockets[i].role == ROLE_DEALER && name_is(&self->sockets[i].peer, peer))
			return &self->sockets[i];
	return NULL;
}

enum err bus_reach(struct bus *self, const char *peer, text_t *why)
{
	char address[ADDRESS_MAX];
	size_t index;
	if (dealer_to(self, peer) != NULL)
		return OK;
	enum err err = addresses_answer(&self->addresses, peer, address, why);
	if (err == OK)
		err = add_socket(self, ZMQ_DEALER, ROLE_DEALER, &index);
	if (err != OK)
		return err;
	self->sockets[index].peer = name_from(peer);
	if (zmq_connect(self->sockets[index].raw, address) == 0)
		return OK;
	*why = text_format("can't connect %s: %s", address, zmq_strerror(zmq_errno()));
	return ERR_IO;
}

/* A send may take the signal of an arrival with it, so the socket is looked at before sleeping. */
static enum err send_part(struct socket *socket, const void *bytes, size_t size, int flags)
{
	socket->busy = true;
	return zmq_send(socket->raw, bytes, size, flags | ZMQ_DONTWAIT) < 0 ? ERR_UNAVAILABLE : OK;
}

void bus_publish(struct bus *self, const uint8_t *frame, size_t size)
{
	if (self->pub == BUS_SOCKETS_MAX)
		return;
	/* A subscriber that lags past the mark sees the gap in the sequence. */
	if (send_part(&self->sockets[self->pub], frame, size, 0) != OK)
		return;
	self->sockets[self->pub].busy = false;
}

enum err bus_ask(struct bus *self, const char *peer, const uint8_t *frame, size_t size)
{
	struct socket *socket = dealer_to(self, peer);
	return socket == NULL ? ERR_NOT_FOUND : send_part(socket, frame, size, 0);
}

enum err bus_answer(struct bus *self, const uint8_t *identity, size_t identity_size,
                    const uint8_t *frame, size_t size)
{
	assert(self->router != BUS_SOCKETS_MAX);
	struct socket *socket = &self->sockets[self->router];
	enum err err = send_part(socket, identity, identity_size, ZMQ_SNDMORE);
	return err != OK ? err : send_part(socket, frame, size, 0);
}

size_t bus_fd_count(const struct bus *self)
{
	return self->count;
}

int bus_fd(const struct bus *self, size_t index)
{
	return self->sockets[index].fd;
}

void bus_signalled(struct bus *self, size_t index)
{
	struct socket *socket = &self->sockets[index];
	int events;
	size_t size = sizeof events;
	if (socket->role == ROLE_PUB) /* takes in new subscriptions, and with them the signal */
		zmq_getsockopt(socket->raw, ZMQ_EVENTS, &events, &size);
	else
		socket->busy = true;
}

bool bus_is_busy(const struct bus *self)
{
	for (size_t i = 0; i < self->count; i++)
		if (self->sockets[i].busy && self->sockets[i].role != ROLE_PUB)
			return true;
	return false;
}

static bool take_part(struct bus *self, struct socket *socket)
{
	if (self->holds)
		zmq_msg_close(&self->message);
	zmq_msg_init(&self->message);
	self->holds = true;
	return zmq_msg_recv(&self->message, socket->raw, ZMQ_DONTWAIT) >= 0;
}

/* The rest of a message that has more parts than our protocol knows. */
static void skip_parts(struct bus *self, struct socket *socket)
{
	while (zmq_msg_more(&self->message) && take_part(self, socket))
		;
}

static bool take_frame(struct bus *self, struct socket *socket, struct bus_frame *frame)
{
	if (!take_part(self, socket))
		return false;
	frame->identity_size = 0;
	if (socket->role == ROLE_ROUTER && zmq_msg_more(&self->message)) {
		frame->identity_size = zmq_msg_size(&self->message);
		if (frame->identity_size > BUS_IDENTITY_MAX)
			frame->identity_size = BUS_IDENTITY_MAX;
		memcpy(frame->identity, zmq_msg_data(&self->message), frame->identity_size);
		if (!take_part(self, socket))
			return false;
	}
	frame->data = zmq_msg_data(&self->message);
	frame->size = zmq_msg_size(&self->message);
	if (zmq_msg_more(&self->message)) {
		skip_parts(self, socket);
		frame->size = 0; /* refused by the decoder as malformed, and counted */
	}
	return true;
}

static enum bus_source source_of(enum role role)
{
	static const enum bus_source sources[] = {
		[ROLE_PUB] = BUS_SOURCE_NONE,
		[ROLE_SUB] = BUS_SOURCE_PUBLISHED,
		[ROLE_ROUTER] = BUS_SOURCE_ASKED,
		[ROLE_DEALER] = BUS_SOURCE_ANSWERED,
	};
	return sources[role];
}

/* What is published comes first: a request is judged by the newest that is here. The other sockets
   take turns. */
enum bus_source bus_receive(struct bus *self, struct bus_frame *frame)
{
	for (size_t looked = 0; looked <= self->count; looked++) {
		struct socket *socket = &self->sockets[self->turn];
		if (socket->busy && socket->role != ROLE_PUB && self->taken < TURN_MAX) {
			if (take_frame(self, socket, frame)) {
				self->taken++;
				return source_of(socket->role);
			}
			socket->busy = false;
		}
		self->turn = (self->turn + 1) % self->count;
		self->taken = 0;
	}
	self->turn = self->sub;
	return BUS_SOURCE_NONE;
}
