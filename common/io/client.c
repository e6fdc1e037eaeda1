/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/client.h"

#include "common/io/bus.h"
#include "common/io/calls.h"
#include "common/io/clock.h"
#include "common/io/streams.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
	OUTCOMES_MAX = 16,
	ANSWER_BODY_MAX = 1024,
	RESYNC_INTERVAL_MS = 500,
	RESYNC_EXPIRY_MS = 2000,
	TURN_MS = 100
};

static const uint64_t RESYNC_TOKEN = UINT64_MAX;

struct outcome {
	uint64_t handle; /* 0 = free */
	enum client_outcome state;
	enum message_type type;
	_Alignas(16) uint8_t body[ANSWER_BODY_MAX];
};

struct client {
	struct client_options options;
	name_t instance;
	uint64_t epoch, handle;
	struct clock clock;
	struct bus *bus;
	int epoll;
	struct streams streams;
	struct calls calls;
	bool listens[MESSAGE_TYPES_MAX];
	uint64_t sequences[MESSAGE_TYPES_MAX];
	struct outcome outcomes[OUTCOMES_MAX];
	uint8_t *body, *frame;
	size_t body_size;
};

nanos_t client_now(const struct client *self)
{
	return clock_now(&self->clock);
}

static enum err listen_to(struct client *self, const char *instance, enum message_type type,
                          text_t *why)
{
	self->listens[type] = true;
	return bus_listen(self->bus, instance, type, why);
}

static bool is_joined(const struct client *self, const char *instance)
{
	for (size_t i = 0; i < self->streams.count; i++)
		if (name_is(&self->streams.items[i].publisher, instance))
			return true;
	return false;
}

static enum err join(struct client *self, const char *instance, text_t *why)
{
	if (is_joined(self, instance))
		return OK;
	if (self->streams.count == STREAM_PUBLISHERS_MAX) {
		*why = text_format(
			"more than %d instances: the command line can't listen to all of them",
			STREAM_PUBLISHERS_MAX);
		return ERR_FULL;
	}
	streams_add(&self->streams, instance);
	enum err err = listen_to(self, instance, MESSAGE_HEARTBEAT, why);
	if (err == OK)
		err = listen_to(self, instance, MESSAGE_RESYNC_DONE, why);
	for (size_t i = 0; err == OK && i < self->options.type_count; i++)
		err = listen_to(self, instance, self->options.types[i], why);
	return err == OK ? bus_reach(self->bus, instance, why) : err;
}

static enum err join_all(struct client *self, text_t *why)
{
	const struct stack_config *stack = self->options.stack;
	enum err err = join(self, "supervisor", why);
	for (uint32_t i = 0; err == OK && i < stack->services.count; i++)
		err = join(self, stack->services.items[i].text, why);
	for (uint32_t i = 0; err == OK && i < stack->endpoints.count; i++)
		err = join(self, stack->endpoints.items[i].key.text, why);
	return err;
}

static enum err watch_bus(struct client *self)
{
	self->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (size_t i = 0; self->epoll >= 0 && i < bus_fd_count(self->bus); i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.u64 = i};
		if (epoll_ctl(self->epoll, EPOLL_CTL_ADD, bus_fd(self->bus, i), &event) != 0)
			return ERR_IO;
	}
	return self->epoll < 0 ? ERR_IO : OK;
}

static enum err allocate(struct client *self)
{
	for (size_t i = 0; i < message_info_count; i++)
		if (message_infos[i]->size > self->body_size)
			self->body_size = message_infos[i]->size;
	self->body = malloc(self->body_size);
	self->frame = malloc(FRAME_MAX);
	return self->body == NULL || self->frame == NULL ? ERR_IO : OK;
}

enum err client_open(struct client **out, const struct client_options *options, text_t *why)
{
	struct client *self = calloc(1, sizeof *self);
	struct addresses addresses = {.stack = options->stack};
	char instance[NAME_MAX_SIZE + 1];
	*why = text_from("no memory, or no file descriptors left");
	if (self == NULL)
		return ERR_IO;
	memcpy(addresses.run, options->paths->run, sizeof addresses.run);
	snprintf(instance, sizeof instance, "bw.%d", (int)getpid());
	self->options = *options;
	self->instance = name_from(instance);
	self->epoch = clock_entropy() | 1;
	self->epoll = -1;
	clock_open(&self->clock);
	streams_init(&self->streams, options->stack->silence_max);
	calls_init(&self->calls, options->stack->call_repeat);
	enum err err = allocate(self);
	if (err == OK)
		err = bus_open(&self->bus, &addresses, instance, false, why);
	if (err == OK)
		err = join_all(self, why);
	if (err == OK)
		err = watch_bus(self);
	if (err != OK)
		client_close(&self);
	*out = self;
	return err;
}

void client_close(struct client **pointer)
{
	struct client *self = *pointer;
	if (self == NULL)
		return;
	if (self->epoll >= 0)
		close(self->epoll);
	bus_close(&self->bus);
	free(self->frame);
	free(self->body);
	free(self);
	*pointer = NULL;
}

int client_fd(const struct client *self)
{
	return self->epoll;
}

nanos_t client_patience(const struct client *self)
{
	return bus_is_busy(self->bus) ? 0 : TURN_MS * NANOS_MS;
}

static bool pack(struct client *self, enum message_type type, const void *body,
                 uint64_t correlation, nanos_t expires, size_t *size)
{
	struct envelope envelope = {
		.type = type,
		.sender = self->instance,
		.epoch = self->epoch,
		.sequence = ++self->sequences[type],
		.sent = client_now(self),
		.expires = expires,
		.correlation = correlation,
	};
	return codec_pack(&envelope, body, self->frame, FRAME_MAX, size, NULL) == OK &&
	       *size <= CALL_FRAME_MAX;
}

static bool start_call(struct client *self, uint64_t token, const char *instance,
                       enum message_type type, const void *body, nanos_t patience)
{
	size_t size;
	nanos_t now = client_now(self);
	name_t peer = name_from(instance);
	struct call *call = calls_add(&self->calls, token, &peer, now, now + patience);
	if (call == NULL)
		return false;
	if (!pack(self, type, body, call->number, call->expires, &size)) {
		calls_free(&self->calls, call);
		return false;
	}
	call->size = (uint16_t)size;
	memcpy(call->frame, self->frame, size);
	call->sent = bus_ask(self->bus, instance, call->frame, size) == OK;
	return true;
}

static void repeat_calls(struct client *self)
{
	struct call *call;
	nanos_t now = client_now(self);
	while ((call = calls_due(&self->calls, now)) != NULL) {
		if (call->expires > now) {
			call->sent |=
				bus_ask(self->bus, call->peer.text, call->frame, call->size) == OK;
			calls_postpone(&self->calls, call, now);
			continue;
		}
		if (call->token != RESYNC_TOKEN)
			self->outcomes[call->token % OUTCOMES_MAX].state = CLIENT_LOST;
		calls_free(&self->calls, call);
	}
}

static void mend_streams(struct client *self)
{
	const struct stream *stream;
	nanos_t now = client_now(self);
	streams_check(&self->streams, now);
	while ((stream = streams_wanting(&self->streams, now, RESYNC_INTERVAL_MS * NANOS_MS,
	                                 clock_entropy())) != NULL) {
		struct resync_request request = {.nonce = stream->nonce};
		if (!start_call(self, RESYNC_TOKEN, stream->publisher.text, MESSAGE_RESYNC_REQUEST,
		                &request, RESYNC_EXPIRY_MS * NANOS_MS))
			return;
	}
}

static void take_published(struct client *self, const struct envelope *envelope)
{
	if (streams_arrived(&self->streams, envelope, client_now(self)) != STREAM_DELIVER)
		return;
	if (envelope->type == MESSAGE_RESYNC_DONE) {
		streams_resynced(&self->streams, envelope, (const struct resync_done *)self->body,
		                 self->instance.text);
		return;
	}
	if (envelope->type == MESSAGE_HEARTBEAT)
		streams_heartbeat(&self->streams, envelope, (const struct heartbeat *)self->body,
		                  self->listens);
	if (self->options.take != NULL)
		self->options.take(self->options.self, envelope, self->body);
}

static void take_answered(struct client *self, const struct envelope *envelope)
{
	struct call *call = calls_find(&self->calls, envelope->correlation);
	if (call == NULL)
		return;
	uint64_t token = call->token;
	calls_free(&self->calls, call);
	if (token == RESYNC_TOKEN)
		return;
	struct outcome *outcome = &self->outcomes[token % OUTCOMES_MAX];
	size_t size = message_info(envelope->type)->size;
	outcome->state = size <= ANSWER_BODY_MAX ? CLIENT_ANSWERED : CLIENT_LOST;
	outcome->type = envelope->type;
	if (size <= ANSWER_BODY_MAX)
		memcpy(outcome->body, self->body, size);
}

static void drain(struct client *self)
{
	struct bus_frame frame;
	enum bus_source source;
	nanos_t until = client_now(self) + TURN_MS * NANOS_MS;
	while ((source = bus_receive(self->bus, &frame)) != BUS_SOURCE_NONE) {
		struct envelope envelope;
		if (codec_unpack(frame.data, frame.size, &envelope, self->body, self->body_size,
		                 NULL) != OK)
			continue; /* another version's word: not for us */
		if (source == BUS_SOURCE_PUBLISHED)
			take_published(self, &envelope);
		else
			take_answered(self, &envelope);
		if (client_now(self) >= until)
			return;
	}
}

void client_run(struct client *self, nanos_t patience)
{
	enum { EVENTS_MAX = 32 };
	struct epoll_event events[EVENTS_MAX];
	if (bus_is_busy(self->bus))
		patience = 0;
	int count = epoll_wait(self->epoll, events, EVENTS_MAX,
	                       (int)((patience + NANOS_MS - 1) / NANOS_MS));
	for (int i = 0; i < count; i++)
		bus_signalled(self->bus, events[i].data.u64);
	drain(self);
	repeat_calls(self);
	mend_streams(self);
}

bool client_is_whole(const struct client *self, const char *instance)
{
	for (size_t i = 0; i < self->streams.count; i++)
		if (name_is(&self->streams.items[i].publisher, instance))
			return self->streams.items[i].whole;
	return false;
}

void client_refresh(struct client *self, const char *instance)
{
	for (size_t i = 0; i < self->streams.count; i++) {
		struct stream *stream = &self->streams.items[i];
		if (!name_is(&stream->publisher, instance))
			continue;
		stream->whole = false;
		stream->nonce = 0;
		stream->asked = 0;
	}
}

static nanos_t turn_until(const struct client *self, nanos_t deadline)
{
	nanos_t left = deadline - client_now(self), turn = client_patience(self);
	return left < 0 ? 0 : left < turn ? left : turn;
}

enum err client_collect(struct client *self, const char *instance, nanos_t patience)
{
	nanos_t deadline = client_now(self) + patience;
	while (!client_is_whole(self, instance)) {
		if (client_now(self) >= deadline)
			return ERR_TIMEOUT;
		client_run(self, turn_until(self, deadline));
	}
	return OK;
}

uint64_t client_call(struct client *self, const char *instance, enum message_type type,
                     const void *body, nanos_t patience)
{
	for (size_t i = 0; i < OUTCOMES_MAX; i++) {
		struct outcome *outcome = &self->outcomes[++self->handle % OUTCOMES_MAX];
		if (outcome->handle != 0)
			continue;
		if (!start_call(self, self->handle, instance, type, body, patience))
			return 0;
		outcome->handle = self->handle;
		outcome->state = CLIENT_PENDING;
		return self->handle;
	}
	return 0;
}

enum client_outcome client_outcome(struct client *self, uint64_t call, enum message_type type,
                                   void *answer)
{
	struct outcome *outcome = &self->outcomes[call % OUTCOMES_MAX];
	if (call == 0 || outcome->handle != call)
		return CLIENT_LOST;
	if (outcome->state == CLIENT_PENDING)
		return CLIENT_PENDING;
	outcome->handle = 0;
	if (outcome->state == CLIENT_LOST || outcome->type != type)
		return CLIENT_LOST;
	memcpy(answer, outcome->body, message_info(type)->size);
	return CLIENT_ANSWERED;
}

enum err client_ask(struct client *self, const char *instance, enum message_type type,
                    const void *body, enum message_type answer_type, void *answer, nanos_t patience)
{
	uint64_t call = client_call(self, instance, type, body, patience);
	enum client_outcome outcome;
	while ((outcome = client_outcome(self, call, answer_type, answer)) == CLIENT_PENDING)
		client_run(self, client_patience(self));
	return outcome == CLIENT_ANSWERED ? OK : ERR_TIMEOUT;
}
