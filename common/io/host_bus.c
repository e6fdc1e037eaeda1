/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/host.h"

#include "proto/flows.h"

#include <assert.h>
#include <string.h>

/* Two processes may have begun on either side of a step of the machine's clock: a request outlives
   the steps that the fence allows. */
enum { RESYNC_INTERVAL_MS = 500, RESYNC_EXPIRY_MS = 2000 };

static enum err listen_to(struct host *self, const char *publisher, enum message_type type,
                          text_t *why)
{
	self->listens[type] = true;
	return bus_listen(self->bus, publisher, type, why);
}

static enum err join_publisher(struct host *self, const char *instance, text_t *why)
{
	streams_add(&self->streams, instance);
	enum err err = listen_to(self, instance, MESSAGE_HEARTBEAT, why);
	if (err == OK)
		err = listen_to(self, instance, MESSAGE_RESYNC_DONE, why);
	if (err == OK)
		err = bus_reach(self->bus, instance, why);
	for (size_t i = 0; err == OK && i < flow_listen_count; i++) {
		if (!name_is(&self->identity.service, flow_listens[i].subscriber) ||
		    !flow_is_instance_of(instance, flow_listens[i].publisher))
			continue;
		streams_want(&self->streams, instance, flow_listens[i].type);
		err = listen_to(self, instance, flow_listens[i].type, why);
	}
	return err;
}

static bool is_heard_by(const struct host *self, const char *instance)
{
	for (size_t i = 0; i < flow_listen_count; i++)
		if (name_is(&self->identity.service, flow_listens[i].subscriber) &&
		    flow_is_instance_of(instance, flow_listens[i].publisher))
			return true;
	return false;
}

static bool is_asked_by(const struct host *self, const char *instance)
{
	for (size_t i = 0; i < flow_ask_count; i++)
		if (name_is(&self->identity.service, flow_asks[i].caller) &&
		    flow_is_instance_of(instance, flow_asks[i].callee))
			return true;
	return false;
}

static enum err join_instance(struct host *self, const char *instance, text_t *why)
{
	enum err err = OK;
	if (name_is(&self->identity.instance, instance))
		return OK;
	if (is_heard_by(self, instance))
		err = join_publisher(self, instance, why);
	if (err == OK && is_asked_by(self, instance))
		err = bus_reach(self->bus, instance, why);
	return err;
}

enum err host_join_bus(struct host *self, text_t *why)
{
	struct addresses addresses = {.stack = &self->stack};
	memcpy(addresses.run, self->paths.run, sizeof addresses.run);
	enum err err = bus_open(&self->bus, &addresses, self->identity.instance.text, true, why);
	for (uint32_t i = 0; err == OK && i < self->stack.services.count; i++)
		err = join_instance(self, self->stack.services.items[i].text, why);
	for (uint32_t i = 0; err == OK && i < self->stack.endpoints.count; i++)
		err = join_instance(self, self->stack.endpoints.items[i].key.text, why);
	return err == OK ? join_instance(self, "supervisor", why) : err;
}

/* A frame that is not what we speak: refused, counted, said (rule B-02); never guessed. */
static void refuse(struct host *self, const struct envelope *envelope, enum err err)
{
	const struct message_info *info = message_info(envelope->type);
	self->refused++;
	host_log(self, SEVERITY_WARNING, "bus.refused", "a %s from %s: %s",
	         info != NULL ? info->name : "frame",
	         envelope->sender.size > 0 ? envelope->sender.text : "an unknown sender",
	         err_text(err));
}

/* Reads a frame into self->body. False when it was refused. */
static bool read_frame(struct host *self, const struct bus_frame *frame, struct envelope *envelope)
{
	struct sealing sealing;
	memset(envelope, 0, sizeof *envelope);
	enum err err = codec_unpack(frame->data, frame->size, envelope, self->body, self->body_size,
	                            &sealing);
	if (err == OK && message_info(envelope->type)->sealed)
		err = self->seal == NULL ? ERR_SEAL : seal_check(self->seal, &sealing);
	if (err == OK && envelope->expires != 0 && envelope->expires < self->now)
		err = ERR_EXPIRED;
	if (err != OK)
		refuse(self, envelope, err);
	return err == OK;
}

static void deliver(struct host *self, enum event_kind kind, const struct envelope *envelope,
                    uint64_t token)
{
	struct event event = {
		.kind = kind,
		.token = token,
		.envelope = envelope,
		.type = envelope->type,
		.body = self->body,
	};
	host_step(self, &event);
}

static void take_published(struct host *self, const struct bus_frame *frame)
{
	struct envelope envelope;
	uint64_t losses = self->streams.losses;
	if (!read_frame(self, frame, &envelope))
		return;
	switch (streams_arrived(&self->streams, &envelope, self->now)) {
	case STREAM_UNKNOWN: self->dropped++; return;
	case STREAM_REPEAT: return;
	case STREAM_DELIVER: break;
	}
	if (self->streams.losses !=
	    losses) /* the logic knows before it sees what came behind the gap */
		host_tend_streams(self);
	if (envelope.type == MESSAGE_RESYNC_DONE)
		streams_resynced(&self->streams, &envelope, (const struct resync_done *)self->body,
		                 self->identity.instance.text);
	if (envelope.type == MESSAGE_HEARTBEAT)
		streams_heartbeat(&self->streams, &envelope, (const struct heartbeat *)self->body,
		                  self->listens);
	if (streams_is_wanted(&self->streams, &envelope))
		deliver(self, EVENT_MESSAGE, &envelope, 0);
	if (envelope.type == MESSAGE_RESYNC_DONE || envelope.type == MESSAGE_HEARTBEAT)
		host_tend_streams(self);
}

static void send_answer(struct host *self, struct ask *ask, enum message_type type,
                        const void *body)
{
	size_t size;
	enum err err = host_pack(self, type, body, ask->envelope.correlation, 0, &size);
	assert(err == OK && size <= ANSWER_FRAME_MAX);
	if (bus_answer(self->bus, ask->identity, ask->identity_size, self->frame, size) != OK)
		self->dropped++; /* its repeat finds the kept answer */
	calls_answered(&self->calls, ask, self->frame, size);
}

void host_answer_peer(struct host *self, const struct effect *effect)
{
	struct ask *ask = calls_ask_of(&self->calls, effect->token);
	if (ask == NULL)
		self->dropped++;
	else
		send_answer(self, ask, effect->type, effect->body);
}

static void answer_resync(struct host *self, struct ask *ask)
{
	struct resync_request request = *(const struct resync_request *)self->body;
	struct resync_receipt receipt = {.nonce = request.nonce};
	struct resync_done done = {.requester = ask->envelope.sender, .nonce = request.nonce};
	struct outbox *out = &self->outbox;
	send_answer(self, ask, MESSAGE_RESYNC_RECEIPT, &receipt);
	host_republish(self, true);
	/* Behind the state, also when a pending SAVE holds that back. */
	outbox_clear(out);
	host_add_alerts(self, out);
	outbox_publish(out, MESSAGE_RESYNC_DONE, &done);
	host_perform(self, out);
}

static void take_asked(struct host *self, const struct bus_frame *frame)
{
	struct envelope envelope;
	struct ask *ask;
	const struct answer *answer;
	if (!read_frame(self, frame, &envelope))
		return;
	switch (calls_asked(&self->calls, &envelope, frame, self->now, &ask, &answer)) {
	case ASK_ANSWERED:
		if (bus_answer(self->bus, frame->identity, frame->identity_size, answer->frame,
		               answer->size) != OK)
			self->dropped++;
		return;
	case ASK_PENDING: return;
	case ASK_FULL: self->dropped++; return;
	case ASK_NEW: break;
	}
	if (envelope.type == MESSAGE_RESYNC_REQUEST)
		answer_resync(self, ask);
	else
		deliver(self, EVENT_REQUEST, &envelope, ask->token);
}

static void take_answered(struct host *self, const struct bus_frame *frame)
{
	struct envelope envelope;
	if (!read_frame(self, frame, &envelope))
		return;
	struct call *call = calls_find(&self->calls, envelope.correlation);
	if (call == NULL) { /* law 3: a reply that nobody waits for */
		self->dropped++;
		return;
	}
	uint64_t token = call->token;
	bool is_own = call->own;
	calls_free(&self->calls, call);
	if (!is_own)
		deliver(self, EVENT_REPLY, &envelope, token);
}

void host_drain_bus(struct host *self)
{
	struct bus_frame frame;
	enum bus_source source;
	while ((source = bus_receive(self->bus, &frame)) != BUS_SOURCE_NONE) {
		self->now = clock_now(&self->clock);
		if (source == BUS_SOURCE_PUBLISHED)
			take_published(self, &frame);
		else if (source == BUS_SOURCE_ASKED)
			take_asked(self, &frame);
		else
			take_answered(self, &frame);
		/* A flood holds back neither the heartbeat nor the ends of failed calls. */
		if (self->now >= self->beat_at || self->later_count >= LATER_MAX / 8)
			return;
	}
}

/* Sends the frame of a call that calls_add gave us. */
static void start_call(struct host *self, struct call *call, enum message_type type,
                       const void *body)
{
	size_t size;
	enum err err = host_pack(self, type, body, call->number, call->expires, &size);
	assert(err == OK && size <= CALL_FRAME_MAX);
	call->size = (uint16_t)size;
	memcpy(call->frame, self->frame, size);
	call->sent = bus_ask(self->bus, call->peer.text, call->frame, size) == OK;
}

void host_call_peer(struct host *self, const struct effect *effect)
{
	nanos_t expires = effect->at != 0 ? effect->at : self->now + NANOS_S;
	struct call *call =
		calls_add(&self->calls, effect->token, &effect->peer, self->now, expires);
	if (call == NULL)
		host_fail_later(self, effect->token, effect->peer.text, false,
		                "too many calls are under way");
	else
		start_call(self, call, effect->type, effect->body);
}

void host_repeat_calls(struct host *self)
{
	struct call *call;
	while ((call = calls_due(&self->calls, self->now)) != NULL) {
		if (call->expires > self->now) {
			call->sent |=
				bus_ask(self->bus, call->peer.text, call->frame, call->size) == OK;
			calls_postpone(&self->calls, call, self->now);
			continue;
		}
		if (!call->own)
			host_fail_later(self, call->token, call->peer.text, call->sent,
			                call->sent ? "no answer in time" : "not connected");
		calls_free(&self->calls, call);
	}
}

static void ask_all_again(struct host *self, const struct stream *stream)
{
	struct resync_request request = {.nonce = stream->nonce};
	nanos_t expires = self->now + RESYNC_EXPIRY_MS * NANOS_MS;
	struct call *call = calls_add(&self->calls, 0, &stream->publisher, self->now, expires);
	if (call == NULL)
		return; /* it is asked again */
	call->own = true;
	start_call(self, call, MESSAGE_RESYNC_REQUEST, &request);
}

void host_tend_streams(struct host *self)
{
	const struct stream *stream;
	streams_check(&self->streams, self->now);
	while ((stream = streams_changed(&self->streams)) != NULL) {
		struct stream_state state = {
			.publisher = stream->publisher,
			.whole = stream->whole,
			.reason = stream->reason,
		};
		host_message(self, MESSAGE_STREAM_STATE, &state, 0);
	}
	while ((stream = streams_wanting(&self->streams, self->now, RESYNC_INTERVAL_MS * NANOS_MS,
	                                 random_next(&self->random))) != NULL)
		ask_all_again(self, stream);
}
