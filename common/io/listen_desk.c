/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/listen_parts.h"

#include "common/io/clock.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

enum {
	CONNECTIONS_MAX = 1024,
	IDLE_MAX_S = 120,
	/* A connection's whole memory: the request's head, and our answer's. */
	POOL_SIZE = 128 << 10,
	/* Of a body that is too big we swallow this much, so that the client reads our 413 and no
	   reset. */
	SWALLOW_MAX = 1 << 20,
};

#define FLUSH_MAX (1 * NANOS_S)

enum stage {
	STAGE_NEW, /* its head was read */
	STAGE_BODY,
	STAGE_ASKED,    /* the host has it; the connection is suspended */
	STAGE_ANSWERED, /* by the host */
	STAGE_DROPPED,
};

/* What happens to one is settled under the desk's lock. */
struct request {
	struct desk *desk;
	struct MHD_Connection *connection;
	enum stage stage;
	const char *method;
	char *target, *body;
	size_t size, swallowed;
	uint64_t number; /* while STAGE_ASKED */
	unsigned status;
	struct MHD_Response *response;
};

struct desk {
	struct handoff *arrivals;
	struct MHD_Daemon *daemon;
	struct MHD_Response *too_large, *not_allowed, *too_busy;
	pthread_mutex_t lock;
	pthread_cond_t sent;
	struct seats seats;
	unsigned answered; /* and not yet sent */
};

/* answers */

static struct MHD_Response *fixed_answer(const char *text, const char *header, const char *value)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);

	if (response != NULL)
		MHD_add_response_header(response, header, value);
	return response;
}

/* "Name: value\n" lines. */
static void add_headers(struct MHD_Response *response, const char *headers)
{
	char line[512];

	while (headers != NULL && *headers != '\0') {
		size_t size = strcspn(headers, "\n");
		if (size < sizeof line) {
			memcpy(line, headers, size);
			line[size] = '\0';
			char *colon = strchr(line, ':');
			if (colon != NULL) {
				*colon = '\0';
				MHD_add_response_header(response, line,
				                        colon + 1 + strspn(colon + 1, " "));
			}
		}
		headers += size + (headers[size] == '\n');
	}
}

static struct MHD_Response *make_answer(const char *headers, const char *body, size_t size)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		size, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);

	if (response != NULL)
		add_headers(response, headers);
	return response;
}

/* The host is done with it: true when it still waited for that. The connection goes on in the
 * desk's thread. */
static bool settle(struct desk *self, uint64_t client, enum stage stage, unsigned status,
                   struct MHD_Response *response)
{
	pthread_mutex_lock(&self->lock);
	struct request *request = seats_find(&self->seats, client);
	if (request != NULL) {
		seats_leave(&self->seats, client);
		request->stage = stage;
		request->status = status;
		request->response = response;
		self->answered++;
		MHD_resume_connection(request->connection);
	}
	pthread_mutex_unlock(&self->lock);
	return request != NULL;
}

void desk_answer(struct desk *self, uint64_t client, unsigned status, const char *headers,
                 const char *body, size_t size)
{
	static const char too_big[] = "the answer is over 4 MiB\n";
	bool fits = size <= LISTEN_ANSWER_MAX;
	struct MHD_Response *response = fits ? make_answer(headers, body, size)
	                                     : make_answer(NULL, too_big, sizeof too_big - 1);

	if (response == NULL)
		desk_drop(self, client);
	else if (!settle(self, client, STAGE_ANSWERED,
	                 fits ? status : MHD_HTTP_INTERNAL_SERVER_ERROR, response))
		MHD_destroy_response(response);
}

void desk_drop(struct desk *self, uint64_t client)
{
	(void)!settle(self, client, STAGE_DROPPED, 0, NULL);
}

/* requests */

static void *on_target(void *context, const char *target, struct MHD_Connection *connection)
{
	struct request *request = calloc(1, sizeof *request);

	if (request == NULL)
		return NULL;
	*request = (struct request){
		.desk = context, .connection = connection, .target = strdup(target)};
	return request;
}

static const char *known_method(const char *method)
{
	static const char *const methods[] = {"GET", "POST", "PUT", "DELETE"};

	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
		if (strcmp(method, methods[i]) == 0)
			return methods[i];
	return NULL;
}

static enum MHD_Result meet(struct request *request, const char *method)
{
	const struct desk *desk = request->desk;
	const char *length =
		MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "Content-Length");

	request->stage = STAGE_BODY;
	request->method = known_method(method);
	if (request->target == NULL)
		return MHD_NO;
	if (request->method == NULL)
		return MHD_queue_response(request->connection, MHD_HTTP_METHOD_NOT_ALLOWED,
		                          desk->not_allowed);
	if (length != NULL && strtoull(length, NULL, 10) > SWALLOW_MAX)
		return MHD_queue_response(request->connection, MHD_HTTP_CONTENT_TOO_LARGE,
		                          desk->too_large);
	return MHD_YES;
}

static enum MHD_Result take_body(struct request *request, const char *bytes, size_t *size)
{
	size_t more = *size;

	*size = 0;
	request->swallowed += more;
	if (request->swallowed > LISTEN_BODY_MAX)
		return request->swallowed > SWALLOW_MAX ? MHD_NO : MHD_YES;
	char *body = realloc(request->body, request->size + more);
	if (body == NULL)
		return MHD_NO;
	memcpy(body + request->size, bytes, more);
	request->body = body;
	request->size += more;
	return MHD_YES;
}

static bool hand_over(struct request *request)
{
	struct desk *self = request->desk;
	const char *key =
		MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "X-MBX-APIKEY");

	if (handoff_weight(self->arrivals) > LISTEN_UNREAD_MAX)
		return false;
	request->number = seats_take(&self->seats, SEAT_DESK, request);
	if (request->number == 0)
		return false;
	struct wire wire = {
		.kind = WIRE_HTTP,
		.client = request->number,
		.method = request->method,
		.path = request->target,
		.api_key = key != NULL ? key : "",
		.body = request->body,
		.size = request->size,
	};
	/* Suspended before the host can see it: its answer, which resumes, may come at once. */
	MHD_suspend_connection(request->connection);
	request->stage = STAGE_ASKED;
	if (arrival_tell(self->arrivals, &wire))
		return true;
	seats_leave(&self->seats, request->number);
	request->number = 0; /* the host never heard of it */
	request->stage = STAGE_DROPPED;
	MHD_resume_connection(request->connection);
	return true;
}

static enum MHD_Result ask(struct request *request)
{
	struct desk *self = request->desk;

	if (request->swallowed > LISTEN_BODY_MAX)
		return MHD_queue_response(request->connection, MHD_HTTP_CONTENT_TOO_LARGE,
		                          self->too_large);
	pthread_mutex_lock(&self->lock);
	bool is_asked = hand_over(request);
	pthread_mutex_unlock(&self->lock);
	if (is_asked)
		return MHD_YES;
	return MHD_queue_response(request->connection, MHD_HTTP_SERVICE_UNAVAILABLE,
	                          self->too_busy);
}

static enum MHD_Result send_answer(struct request *request)
{
	struct desk *self = request->desk;

	pthread_mutex_lock(&self->lock);
	enum stage stage = request->stage;
	struct MHD_Response *response = request->response;
	unsigned status = request->status;
	pthread_mutex_unlock(&self->lock);
	if (stage == STAGE_ASKED)
		return MHD_YES; /* woken without reason */
	return stage == STAGE_ANSWERED ? MHD_queue_response(request->connection, status, response)
	                               : MHD_NO;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *body,
                                  size_t *size, void **memory)
{
	struct request *request = *memory;

	(void)context, (void)connection, (void)url, (void)version;
	if (request == NULL)
		return MHD_NO;
	if (request->stage == STAGE_NEW)
		return meet(request, method);
	if (*size > 0)
		return take_body(request, body, size);
	return request->stage == STAGE_BODY ? ask(request) : send_answer(request);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **memory,
                         enum MHD_RequestTerminationCode code)
{
	struct desk *self = context;
	struct request *request = *memory;

	(void)connection, (void)code;
	*memory = NULL;
	if (request == NULL)
		return;
	pthread_mutex_lock(&self->lock);
	assert(request->stage != STAGE_ASKED); /* suspended ones can't complete */
	if (request->stage >= STAGE_ANSWERED && request->number != 0 && --self->answered == 0)
		pthread_cond_signal(&self->sent);
	pthread_mutex_unlock(&self->lock);
	if (request->response != NULL)
		MHD_destroy_response(request->response);
	free(request->target);
	free(request->body);
	free(request);
}

/* the desk */

static bool make_fixed_answers(struct desk *self)
{
	self->too_large =
		fixed_answer("the request is over 64 KiB\n", "Content-Type", "text/plain");
	self->not_allowed =
		fixed_answer("use GET, POST, PUT or DELETE\n", "Allow", "GET, POST, PUT, DELETE");
	self->too_busy = fixed_answer("too many requests wait\n", "Retry-After", "1");
	return self->too_large != NULL && self->not_allowed != NULL && self->too_busy != NULL;
}

enum err desk_open(struct desk **out, struct handoff *arrivals)
{
	struct desk *self = calloc(1, sizeof *self);

	if (self == NULL)
		return ERR_IO;
	self->arrivals = arrivals;
	pthread_mutex_init(&self->lock, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&self->sent, &monotonic);
	pthread_condattr_destroy(&monotonic);
	*out = self;
	if (!make_fixed_answers(self))
		return ERR_IO;
	self->daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME,
		0, NULL, NULL, on_request, self, MHD_OPTION_URI_LOG_CALLBACK, on_target, self,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, self, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_MAX_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_SIZE, MHD_OPTION_STRICT_FOR_CLIENT,
		1, MHD_OPTION_END);
	return self->daemon != NULL ? OK : ERR_IO;
}

void desk_take(struct desk *self, int fd)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof address;

	if (getpeername(fd, (struct sockaddr *)&address, &size) != 0)
		close(fd);
	else /* closes it when it can't */
		(void)!MHD_add_connection(self->daemon, fd, (struct sockaddr *)&address, size);
}

static void flush(struct desk *self)
{
	nanos_t moment = clock_stamp() + FLUSH_MAX;
	struct timespec until = {.tv_sec = moment / NANOS_S, .tv_nsec = moment % NANOS_S};

	pthread_mutex_lock(&self->lock);
	while (self->answered > 0)
		if (pthread_cond_timedwait(&self->sent, &self->lock, &until) == ETIMEDOUT)
			break;
	pthread_mutex_unlock(&self->lock);
}

static void drop_all(struct desk *self)
{
	for (size_t i = 0; i < LISTEN_SEATS_MAX; i++) {
		pthread_mutex_lock(&self->lock);
		uint64_t number = self->seats.numbers[i];
		pthread_mutex_unlock(&self->lock);
		if (number != 0)
			desk_drop(self, number);
	}
}

static void destroy_answer(struct MHD_Response *response)
{
	if (response != NULL)
		MHD_destroy_response(response);
}

void desk_close(struct desk **out)
{
	struct desk *self = *out;

	*out = NULL;
	if (self == NULL)
		return;
	if (self->daemon != NULL) {
		flush(self);
		drop_all(self); /* the library refuses to stop while a connection is suspended */
		flush(self);
		MHD_stop_daemon(self->daemon);
	}
	destroy_answer(self->too_large);
	destroy_answer(self->not_allowed);
	destroy_answer(self->too_busy);
	pthread_cond_destroy(&self->sent);
	pthread_mutex_destroy(&self->lock);
	free(self);
}
