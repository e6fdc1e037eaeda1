/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/listen.h"
#include "common/io/loopback.h"

#include "common/io/address.h"
#include "common/io/listen_parts.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 512 };

struct listener {
	struct handoff arrivals;
	struct desk *desk;
	struct hall *hall;
	struct arrival *lent;
};

static void discard(struct parcel *parcel)
{
	free(parcel);
}

/* arrivals */

static char *put(char **at, const char *bytes, size_t size)
{
	char *start = *at;

	if (size > 0)
		memcpy(start, bytes, size);
	start[size] = '\0';
	*at += size + 1;
	return start;
}

bool arrival_tell(struct handoff *arrivals, const struct wire *wire)
{
	size_t path_size = strcspn(wire->path, "?"), key_size = strlen(wire->api_key);
	const char *query = wire->path[path_size] == '?' ? wire->path + path_size + 1 : "";
	size_t room = path_size + strlen(query) + key_size + wire->size + 4;
	struct arrival *arrival = malloc(sizeof *arrival + room);

	if (arrival == NULL)
		return false;
	char *at = arrival->bytes;
	arrival->parcel = (struct parcel){.weight = room};
	arrival->wire = *wire;
	arrival->wire.path = put(&at, wire->path, path_size);
	arrival->wire.query = put(&at, query, strlen(query));
	arrival->wire.api_key = put(&at, wire->api_key, key_size);
	arrival->wire.body = put(&at, wire->body, wire->size);
	handoff_put(arrivals, &arrival->parcel);
	return true;
}

/* the port */

union any_address {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
};

static bool fill_address(const char *text, unsigned port, union any_address *out, socklen_t *size)
{
	memset(out, 0, sizeof *out);
	if (strcmp(text, "localhost") == 0)
		text = "127.0.0.1";
	if (inet_pton(AF_INET, text, &out->four.sin_addr) == 1) {
		out->four.sin_family = AF_INET;
		out->four.sin_port = htons((uint16_t)port);
		*size = sizeof out->four;
		return true;
	}
	out->six.sin6_family = AF_INET6;
	out->six.sin6_port = htons((uint16_t)port);
	*size = sizeof out->six;
	return inet_pton(AF_INET6, text, &out->six.sin6_addr) == 1;
}

static enum err bind_port(int fd, const char *text, const union any_address *address,
                          socklen_t size, unsigned *bound, text_t *why)
{
	union any_address got;
	int yes = 1;
	unsigned port = ntohs(address->four.sin_port);

	/* A restarted exchange takes its old port at once, although connections of the last run
	 * linger. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (bind(fd, &address->any, size) != 0 || listen(fd, BACKLOG) != 0) {
		bool is_taken = errno == EADDRINUSE;
		*why = is_taken ? text_format("port %u of %s is taken by another program: stop it, "
		                              "or choose another "
		                              "port",
		                              port, text)
		                : text_format("can't listen on port %u of %s: %s", port, text,
		                              strerror(errno));
		return is_taken ? ERR_EXISTS : ERR_IO;
	}
	size = sizeof got;
	if (getsockname(fd, &got.any, &size) != 0)
		return ERR_IO;
	*bound = ntohs(got.four.sin_port); /* at the same place for both families */
	return OK;
}

static enum err open_port(const char *text, unsigned port, unsigned *bound, int *out, text_t *why)
{
	union any_address address;
	socklen_t size;

	if (!host_is_loopback(text) || port > 65535 || !fill_address(text, port, &address, &size)) {
		*why = text_format("can't listen on '%.60s' port %u: give a loopback address, such "
		                   "as 127.0.0.1, and "
		                   "a port up to 65535",
		                   text, port);
		return ERR_INVALID;
	}
	int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		*why = text_format("can't make a socket: %s", strerror(errno));
		return ERR_IO;
	}
	enum err err = bind_port(fd, text, &address, size, bound, why);
	if (err == OK)
		*out = fd;
	else
		close(fd);
	return err;
}

/* the listener */

static enum err open_rooms(struct listener *self, int fd, text_t *why)
{
	enum err err = handoff_open(&self->arrivals);

	*why = text_from("can't start the server: memory or file descriptors are used up");
	if (err != OK) {
		close(fd);
		return err;
	}
	err = desk_open(&self->desk, &self->arrivals);
	if (err != OK) {
		close(fd);
		return err;
	}
	return hall_open(&self->hall, fd, self->desk, &self->arrivals, why);
}

enum err listener_open(struct listener **out, const char *address, unsigned port, unsigned *bound,
                       text_t *why)
{
	int fd = -1;
	enum err err = open_port(address, port, bound, &fd, why);

	if (err != OK)
		return err;
	struct listener *self = calloc(1, sizeof *self);
	if (self == NULL) {
		close(fd);
		return ERR_IO;
	}
	self->arrivals.fd = -1;
	err = open_rooms(self, fd, why);
	if (err != OK) {
		listener_close(&self);
		return err;
	}
	*out = self;
	return OK;
}

int listener_fd(const struct listener *self)
{
	return self->arrivals.fd;
}

bool listener_next(struct listener *self, struct wire *wire)
{
	free(self->lent);
	self->lent = (struct arrival *)handoff_take(&self->arrivals);
	if (self->lent != NULL)
		*wire = self->lent->wire;
	return self->lent != NULL;
}

void listener_answer(struct listener *self, uint64_t client, unsigned status, const char *headers,
                     const char *body, size_t size)
{
	if (seat_kind(client) == SEAT_DESK)
		desk_answer(self->desk, client, status, headers, body, size);
}

void listener_frame(struct listener *self, uint64_t client, const char *text, size_t size)
{
	if (seat_kind(client) == SEAT_HALL)
		hall_frame(self->hall, client, text, size);
}

void listener_drop(struct listener *self, uint64_t client)
{
	if (seat_kind(client) == SEAT_HALL)
		hall_drop(self->hall, client);
	else
		desk_drop(self->desk, client);
}

void listener_close(struct listener **out)
{
	struct listener *self = *out;

	*out = NULL;
	if (self == NULL)
		return;
	hall_close(&self->hall); /* first: its door feeds the desk */
	desk_close(&self->desk);
	free(self->lent);
	if (self->arrivals.fd >= 0)
		handoff_close(&self->arrivals, discard);
	free(self);
}
