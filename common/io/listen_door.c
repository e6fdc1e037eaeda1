/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/listen_parts.h"

#include "common/io/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Nobody may stand in the door for longer without having said what he wants. */
#define STAY_MAX (10 * NANOS_S)

enum { WAITING_MAX = 256, LOOK_SIZE = 16 << 10, ACCEPTS_PER_TURN = 64, SWEEP_S = 1 };

enum wish { WISH_UNCLEAR, WISH_HTTP, WISH_SOCKET };

struct waiting {
	bool is_taken;
	int fd;
	nanos_t since;
};

struct door {
	int listen_fd, epoll_fd;
	int spare_fd; /* given up to accept and end a connection when descriptors are used up */
	bool is_shut;
	struct desk *desk;
	struct hall *hall;
	struct lws_context *context;
	lws_sorted_usec_list_t sweep;
	struct waiting waiting[WAITING_MAX];
	char look[LOOK_SIZE];
};

/* what a connection wants */

/* The value of a header within a head that ends with an empty line; NULL when it isn't there. */
static const char *header_value(const char *head, const char *end, const char *name)
{
	size_t size = strlen(name);

	const char *line = head;
	while ((line = memchr(line, '\n', (size_t)(end - line))) != NULL &&
	       (size_t)(end - ++line) > size)
		if (strncasecmp(line, name, size) == 0 && line[size] == ':')
			return line + size + 1;
	return NULL;
}

static bool asks_for_socket(const char *head, const char *end)
{
	static const char wanted[] = "websocket";
	const char *value = header_value(head, end, "upgrade");

	if (value == NULL)
		return false;
	value += strspn(value, " \t");
	return (size_t)(end - value) > sizeof wanted &&
	       strncasecmp(value, wanted, sizeof wanted - 1) == 0;
}

static enum wish wish_of(const char *head, size_t size)
{
	static const char get[] = "GET ";

	if (memcmp(head, get, size < sizeof get - 1 ? size : sizeof get - 1) != 0)
		return WISH_HTTP;
	const char *end = memmem(head, size, "\r\n\r\n", 4);
	if (end == NULL)
		return size == LOOK_SIZE - 1
		               ? WISH_HTTP
		               : WISH_UNCLEAR; /* the desk refuses it in proper form */
	return asks_for_socket(head, end + 2) ? WISH_SOCKET : WISH_HTTP;
}

static void take_to_hall(struct door *self, int fd, const char *head)
{
	const char *target = head + 4;
	size_t size = strcspn(target, " \r\n");

	hall_take(self->hall, fd, target, size);
}

/* True when the connection has left the door, one way or another. `is_last`: no more bytes will
 * come. */
static bool look(struct door *self, int fd, bool is_last)
{
	ssize_t size = recv(fd, self->look, LOOK_SIZE - 1, MSG_PEEK | MSG_DONTWAIT);

	if (size < 0 && (errno == EAGAIN || errno == EINTR) && !is_last)
		return false;
	enum wish wish = WISH_UNCLEAR;
	if (size > 0) {
		self->look[size] = '\0';
		wish = wish_of(self->look, (size_t)size);
	}
	if (wish == WISH_UNCLEAR && size > 0 && !is_last)
		return false;
	epoll_ctl(self->epoll_fd, EPOLL_CTL_DEL, fd, NULL); /* if it had to wait */
	if (wish == WISH_HTTP)
		desk_take(self->desk, fd);
	else if (wish == WISH_SOCKET)
		take_to_hall(self, fd, self->look);
	else
		close(fd);
	return true;
}

/* waiting */

static struct waiting *free_place(struct door *self)
{
	for (size_t i = 0; i < WAITING_MAX; i++)
		if (!self->waiting[i].is_taken)
			return &self->waiting[i];
	return NULL;
}

static void let_wait(struct door *self, int fd)
{
	struct waiting *place = free_place(self);
	/* Edge-triggered: the bytes stay in the socket while we wait for more. */
	struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.ptr = place};

	if (place == NULL || epoll_ctl(self->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
		close(fd);
	else
		*place = (struct waiting){.is_taken = true, .fd = fd, .since = clock_stamp()};
}

static void look_at_waiting(struct door *self)
{
	struct epoll_event events[64];
	int count = epoll_wait(self->epoll_fd, events, 64, 0);

	for (int i = 0; i < count; i++) {
		struct waiting *place = events[i].data.ptr;
		bool is_last = (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
		if (look(self, place->fd, is_last))
			place->is_taken = false;
	}
}

static void sweep(lws_sorted_usec_list_t *timer)
{
	struct door *self = lws_container_of(timer, struct door, sweep);
	nanos_t now = clock_stamp();

	for (size_t i = 0; i < WAITING_MAX; i++)
		if (self->waiting[i].is_taken && now - self->waiting[i].since > STAY_MAX) {
			close(self->waiting[i].fd);
			self->waiting[i].is_taken = false;
		}
	if (!self->is_shut)
		lws_sul_schedule(self->context, 0, &self->sweep, sweep, SWEEP_S * LWS_US_PER_SEC);
}

/* accepting */

/* Else the connection would stay in the backlog and wake us for ever. */
static void turn_one_away(struct door *self)
{
	close(self->spare_fd);
	int fd = accept(self->listen_fd, NULL, NULL);
	if (fd >= 0)
		close(fd);
	self->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void accept_some(struct door *self)
{
	for (unsigned i = 0; i < ACCEPTS_PER_TURN; i++) {
		int fd = accept4(self->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			if (self->is_shut)
				close(fd);
			else if (!look(self, fd, false))
				let_wait(self, fd);
		} else if (errno == EMFILE || errno == ENFILE) {
			turn_one_away(self);
		} else if (errno != ECONNABORTED && errno != EINTR) {
			return;
		}
	}
}

/* the door */

void door_wake(struct door *self)
{
	look_at_waiting(self);
	accept_some(self);
}

/* The library closes what it is given: it gets copies. */
static bool watch(struct lws_context *context, int fd)
{
	lws_sock_file_fd_type file = {.filefd = fcntl(fd, F_DUPFD_CLOEXEC, 0)};
	struct lws_vhost *vhost = lws_get_vhost_by_name(context, "breakwater");

	if (file.filefd < 0 || vhost == NULL)
		return false;
	return lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_RAW_FILE_DESC, file, "door", NULL) !=
	       NULL;
}

bool door_watch(struct door *self, struct lws_context *context)
{
	self->context = context;
	lws_sul_schedule(context, 0, &self->sweep, sweep, SWEEP_S * LWS_US_PER_SEC);
	return watch(context, self->listen_fd) && watch(context, self->epoll_fd);
}

enum err door_open(struct door **out, int fd, struct desk *desk, struct hall *hall)
{
	struct door *self = calloc(1, sizeof *self);

	if (self == NULL) {
		close(fd);
		return ERR_IO;
	}
	*out = self;
	self->listen_fd = fd;
	self->desk = desk;
	self->hall = hall;
	self->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	self->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return self->epoll_fd >= 0 && self->spare_fd >= 0 ? OK : ERR_IO;
}

void door_shut(struct door *self)
{
	self->is_shut = true;
	lws_sul_cancel(&self->sweep);
}

void door_close(struct door **out)
{
	struct door *self = *out;

	*out = NULL;
	if (self == NULL)
		return;
	for (size_t i = 0; i < WAITING_MAX; i++)
		if (self->waiting[i].is_taken)
			close(self->waiting[i].fd);
	close(self->listen_fd);
	close(self->epoll_fd);
	close(self->spare_fd);
	free(self);
}
