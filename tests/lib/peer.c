/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/peer.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

enum { FDS_MAX = 8, REQUEST_MAX = 256 << 10, HUGE_SIZE = 9 << 20 };

struct rogue {
	enum rogue_mode mode;
	unsigned good, port;
	int fd, stop_fd,
		request_fd; /* request_fd: an eventfd, counts what rogue_wait() hasn't taken yet */
	atomic_uint requests, connections;
	pthread_t thread;
	SSL_CTX *tls;
};

/* plain sockets */

bool peer_wait(const int *fds, size_t count)
{
	struct pollfd items[FDS_MAX];

	assert(count <= FDS_MAX);
	for (size_t i = 0; i < count; i++)
		items[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	int ready;
	do
		ready = poll(items, count, PEER_PATIENCE_MS);
	while (ready < 0 && errno == EINTR);
	return ready > 0;
}

static struct sockaddr_in loopback(unsigned port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = {htonl(INADDR_LOOPBACK)},
	};
}

int peer_connect(unsigned port)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert(fd >= 0);
	int result = connect(fd, (struct sockaddr *)&address, sizeof address);
	assert(result == 0);
	(void)result;
	return fd;
}

void peer_send(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
		if (sent <= 0)
			return;
		bytes += sent;
		size -= (size_t)sent;
	}
}

size_t peer_read_until(int fd, const char *ending, char *out, size_t capacity)
{
	size_t size = 0;

	out[0] = '\0';
	while (size < capacity - 1 && strstr(out, ending) == NULL && peer_wait(&fd, 1)) {
		ssize_t got = recv(fd, out + size, capacity - 1 - size, 0);
		if (got <= 0)
			break;
		size += (size_t)got;
		out[size] = '\0';
	}
	return size;
}

bool peer_is_closed(int fd)
{
	char bytes[4096];
	ssize_t got;

	do {
		if (!peer_wait(&fd, 1))
			return false;
		got = recv(fd, bytes, sizeof bytes, 0);
	} while (got > 0);
	return true;
}

static int listening(unsigned *port)
{
	struct sockaddr_in address = loopback(0);
	socklen_t size = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int result = bind(fd, (struct sockaddr *)&address, size);

	assert(result == 0);
	result = listen(fd, 16);
	assert(result == 0);
	result = getsockname(fd, (struct sockaddr *)&address, &size);
	assert(result == 0);
	(void)result;
	*port = ntohs(address.sin_port);
	return fd;
}

unsigned peer_dead_port(void)
{
	unsigned port;

	close(listening(&port));
	return port;
}

/* the misbehaving server */

/* One whole request. False: the client has gone, or the test is over. */
static bool read_request(struct rogue *self, int fd, bool *is_new)
{
	static _Thread_local char request[REQUEST_MAX];
	size_t size = 0, wanted = SIZE_MAX;

	while (size < wanted) {
		struct pollfd items[] = {{.fd = fd, .events = POLLIN},
		                         {.fd = self->stop_fd, .events = POLLIN}};
		if (poll(items, 2, PEER_PATIENCE_MS) <= 0 || items[1].revents != 0)
			return false;
		ssize_t got = recv(fd, request + size, sizeof request - 1 - size, 0);
		if (got <= 0)
			return false;
		if (*is_new)
			atomic_fetch_add(&self->connections, 1);
		*is_new = false;
		size += (size_t)got;
		request[size] = '\0';
		const char *end = strstr(request, "\r\n\r\n");
		const char *length = strcasestr(request, "content-length:");
		if (end != NULL)
			wanted = (size_t)(end + 4 - request) +
			         (length != NULL ? strtoul(length + 15, NULL, 10) : 0);
	}
	atomic_fetch_add(&self->requests, 1);
	eventfd_write(self->request_fd, 1);
	return true;
}

static void say(int fd, const char *text)
{
	peer_send(fd, text, strlen(text));
}

static void send_huge(int fd)
{
	char *body = calloc(1, HUGE_SIZE);
	char head[80];

	snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", HUGE_SIZE);
	say(fd, head);
	peer_send(fd, body, HUGE_SIZE);
	free(body);
}

static void wait_for_the_end(struct rogue *self, int fd)
{
	struct pollfd items[] = {{.fd = fd, .events = POLLIN | POLLRDHUP},
	                         {.fd = self->stop_fd, .events = POLLIN}};

	poll(items, 2, PEER_PATIENCE_MS);
}

static void misbehave(struct rogue *self, int fd)
{
	struct linger reset = {.l_onoff = 1};

	if (self->mode == ROGUE_RESET)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	else if (self->mode == ROGUE_SILENT)
		wait_for_the_end(self, fd);
	else if (self->mode == ROGUE_HALF)
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it");
	else if (self->mode == ROGUE_HUGE)
		send_huge(fd);
	else if (self->mode == ROGUE_REDIRECT)
		say(fd, "HTTP/1.1 307 Go\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
}

static void serve(struct rogue *self, int fd)
{
	bool is_new = true;

	while (read_request(self, fd, &is_new)) {
		if (atomic_load(&self->requests) > self->good) {
			misbehave(self, fd);
			return;
		}
		say(fd, "HTTP/1.1 200 OK\r\nX-Mbx-Used-Weight: 5\r\nX-Other: no\r\nContent-Length: "
		        "4\r\n\r\ngood");
	}
}

static void serve_tls(struct rogue *self, int fd)
{
	SSL *tls = SSL_new(self->tls);
	char byte;

	SSL_set_fd(tls, fd);
	if (SSL_accept(tls) == 1 && SSL_read(tls, &byte, 1) == 1)
		atomic_fetch_add(&self->requests, 1);
	SSL_free(tls);
}

static void *rogue_run(void *args)
{
	struct rogue *self = args;

	for (;;) {
		struct pollfd items[] = {{.fd = self->fd, .events = POLLIN},
		                         {.fd = self->stop_fd, .events = POLLIN}};
		if (poll(items, 2, -1) <= 0 || items[1].revents != 0)
			break;
		int fd = accept(self->fd, NULL, NULL);
		if (fd < 0)
			continue;
		if (self->mode == ROGUE_TLS)
			serve_tls(self, fd);
		else
			serve(self, fd);
		close(fd);
	}
	OPENSSL_thread_stop();
	return NULL;
}

static SSL_CTX *unsigned_tls(void)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *paper = X509_new();
	X509_NAME *name = X509_get_subject_name(paper);

	X509_gmtime_adj(X509_getm_notBefore(paper), 0);
	X509_gmtime_adj(X509_getm_notAfter(paper), 3600);
	X509_set_pubkey(paper, key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"127.0.0.1", -1,
	                           -1, 0);
	X509_set_issuer_name(paper, name);
	X509_sign(paper, key, EVP_sha256());
	SSL_CTX_use_certificate(tls, paper);
	SSL_CTX_use_PrivateKey(tls, key);
	X509_free(paper);
	EVP_PKEY_free(key);
	return tls;
}

struct rogue *rogue_open(enum rogue_mode mode, unsigned good)
{
	struct rogue *self = calloc(1, sizeof *self);

	assert(self != NULL);
	self->mode = mode;
	self->good = good;
	self->fd = listening(&self->port);
	self->stop_fd = eventfd(0, EFD_CLOEXEC);
	self->request_fd = eventfd(0, EFD_CLOEXEC);
	if (mode == ROGUE_TLS)
		self->tls = unsigned_tls();
	int result = pthread_create(&self->thread, NULL, rogue_run, self);
	assert(result == 0);
	(void)result;
	return self;
}

unsigned rogue_port(const struct rogue *self)
{
	return self->port;
}

unsigned rogue_requests(const struct rogue *self)
{
	return atomic_load(&self->requests);
}

bool rogue_wait(struct rogue *self, unsigned requests)
{
	eventfd_t ignored;

	while (atomic_load(&self->requests) < requests) {
		if (!peer_wait(&self->request_fd, 1))
			return false;
		eventfd_read(self->request_fd, &ignored);
	}
	return true;
}

unsigned rogue_connections(const struct rogue *self)
{
	return atomic_load(&self->connections);
}

void rogue_close(struct rogue **self)
{
	eventfd_write((*self)->stop_fd, 1);
	pthread_join((*self)->thread, NULL);
	close((*self)->fd);
	close((*self)->stop_fd);
	close((*self)->request_fd);
	SSL_CTX_free((*self)->tls);
	free(*self);
	*self = NULL;
}
