/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/wires.h"

#include "common/base/hash.h"
#include "common/base/plant.h"
#include "common/sim/effects.h"

#include <assert.h>
#include <string.h>

enum {
	RESYNC_INTERVAL_MS = 500,
	RESYNC_EXPIRY_MS = 2000,
	UNDER_WAY_LEAST_US = 30,
	UNDER_WAY_MOST_US = 300,
	LATE_MOST_MS = 2000,
	PERSON = WORLD_NODES_MAX,
};

/* Whom to answer: a connection, which ends with its run. */
struct address {
	uint8_t node;
	uint32_t run;
};

/* A frame under way: its bytes, and what they were read as, once for all who hear it. */
struct frame {
	enum err err;
	bool is_read, is_sealed;
	struct address sender;
	struct envelope envelope;
	size_t size, body_size;
	_Alignas(16) uint8_t bytes[]; /* of the frame, padded; then room for the body */
};

static size_t padded(size_t size)
{
	return (size + 15) / 16 * 16;
}

static struct frame *frame_of(const struct parcel *parcel)
{
	return (struct frame *)(uintptr_t)parcel->bytes;
}

static void *body_of(struct frame *frame)
{
	return frame->bytes + padded(frame->size);
}

struct parcel *wires_frame(struct world *world, unsigned sender, enum message_type type,
                           const uint8_t *bytes, size_t size)
{
	size_t body_size = message_info(type)->size;
	struct parcel *parcel =
		parcel_take(&world->store, sizeof(struct frame) + padded(size) + body_size);
	struct frame *frame = frame_of(parcel);
	*frame = (struct frame){.size = size, .body_size = body_size};
	frame->sender.node = (uint8_t)sender;
	frame->sender.run = sender == PERSON ? 0 : world->nodes[sender].run;
	memcpy(frame->bytes, bytes, size);
	return parcel;
}

static void seal(uint64_t key, const uint8_t *bytes, size_t size, uint8_t out[SEAL_SIZE])
{
	uint64_t words[2] = {hash_mix(key + HASH_STEP), hash_mix(~key)};
	for (size_t i = 0; i < size; i++)
		for (unsigned lane = 0; lane < 2; lane++)
			words[lane] = (words[lane] ^ bytes[i]) * HASH_STEP + lane;
	words[0] = hash_mix(words[0] ^ key);
	words[1] = hash_mix(words[1] + key);
	memcpy(out, words, SEAL_SIZE);
}

/* In the world's frame buffer; returns the size. Whoever lacks the key leaves the seal empty. */
static size_t pack(struct world *world, struct node *node, enum message_type type, const void *body,
                   uint64_t correlation, nanos_t expires)
{
	struct sealing sealing;
	size_t size;
	struct envelope envelope = {
		.version = message_info(type)->version,
		.type = type,
		.sender = node->identity.instance,
		.epoch = node->identity.epoch,
		.sequence = ++node->now.sequences[type],
		.sent = node->now.now,
		.expires = expires,
		.correlation = correlation,
		.causation = node->now.causation,
	};
	enum err err = codec_pack(&envelope, body, world->frame, FRAME_MAX, &size, &sealing);
	if (err != OK) {
		tell(world, node, "%s can't be packed: %s", message_info(type)->name,
		     err_text(err));
		return 0;
	}
	if (sealing.seal != NULL && (node->role->needs & WORLD_SEAL) != 0)
		seal(world->seal_key, sealing.body, sealing.size,
		     world->frame + (sealing.seal - world->frame));
	trace_bytes(world, world->frame, size);
	return size;
}

static bool is_joined(const struct world *world, unsigned index)
{
	const struct node *node = &world->nodes[index];
	return index == PERSON || (node->phase >= NODE_UP && world->now >= node->now.joined_at);
}

static nanos_t arrival(struct world *world, enum cable cable, unsigned from, unsigned to)
{
	nanos_t *last = &world->wire_last[cable][from][to];
	nanos_t at =
		world->now + world_draw(world, UNDER_WAY_LEAST_US, UNDER_WAY_MOST_US) * NANOS_US;
	if (world_chance_between(world, FAULT_BUS_DELAY, from, to))
		return at + world_draw(world, 1, LATE_MOST_MS) * NANOS_MS;
	*last = at > *last ? at : *last;
	return *last;
}

static bool is_cut(struct world *world, unsigned from, unsigned to)
{
	return world_chance_between(world, FAULT_BUS_CUT, from, to) ||
	       world_chance_between(world, FAULT_BUS_DROP, from, to);
}

bool wires_send(struct world *world, enum cable cable, unsigned from, unsigned to,
                struct parcel *parcel)
{
	static const uint8_t kinds[CABLE_KINDS] = {H_PUBLISHED, H_ASKED, H_ANSWERED};
	if (!is_joined(world, from) || !is_joined(world, to))
		return false;
	if (is_cut(world, from, to))
		return true;
	unsigned times = world_chance_between(world, FAULT_BUS_REPEAT, from, to) ? 2 : 1;
	for (; times > 0; times--) {
		struct happening happening = {
			.kind = kinds[cable], .place = (uint8_t)from, .parcel = parcel};
		parcel_keep(parcel);
		world->figures.frames++;
		world_add_for(world, &world->nodes[to], arrival(world, cable, from, to), happening);
	}
	return true;
}

void wires_publish(struct world *world, struct node *node, enum message_type type, const void *body)
{
	size_t size = pack(world, node, type, body, 0, 0);
	if (size == 0)
		return;
	if (type != MESSAGE_HEARTBEAT)
		tell_body(world, node, "publishes", type, body);
	struct parcel *parcel = wires_frame(world, node->index, type, world->frame, size);
	for (unsigned to = 0; to < world->count; to++)
		if ((node->place.heard_by[type] >> to & 1) != 0)
			wires_send(world, CABLE_PUBLISHED, node->index, to, parcel);
	parcel_drop(&world->store, parcel);
}

static void read_once(struct world *world, struct frame *frame)
{
	struct sealing sealing;
	uint8_t expected[SEAL_SIZE];
	if (frame->is_read)
		return;
	frame->is_read = true;
	frame->err = codec_unpack(frame->bytes, frame->size, &frame->envelope, body_of(frame),
	                          frame->body_size, &sealing);
	if (frame->err != OK || sealing.seal == NULL)
		return;
	seal(world->seal_key, sealing.body, sealing.size, expected);
	frame->is_sealed = memcmp(expected, sealing.seal, SEAL_SIZE) == 0;
}

static enum err judge(const struct node *node, const struct frame *frame)
{
	const struct envelope *envelope = &frame->envelope;
	if (frame->err != OK)
		return frame->err;
	if (message_info(envelope->type)->sealed &&
	    ((node->role->needs & WORLD_SEAL) == 0 || !frame->is_sealed))
		return ERR_SEAL;
	if (envelope->expires != 0 && envelope->expires < node->now.now &&
	    !PLANTED(B11_EXPIRED_TAKEN))
		return ERR_EXPIRED;
	return OK;
}

/* False when it was refused. */
static bool read_frame(struct world *world, struct node *node, struct frame *frame)
{
	read_once(world, frame);
	enum err err = judge(node, frame);
	if (err == OK)
		return true;
	node->now.refused++;
	tell(world, node, "refuses a frame of %s: %s", frame->envelope.sender.text, err_text(err));
	return false;
}

static void deliver(struct world *world, struct node *node, enum event_kind kind,
                    struct frame *frame, uint64_t token)
{
	struct event event = {
		.kind = kind,
		.token = token,
		.envelope = &frame->envelope,
		.type = frame->envelope.type,
		.body = body_of(frame),
	};
	if (event.type != MESSAGE_HEARTBEAT)
		tell_body(world, node, kind == EVENT_MESSAGE ? "hears" : "is told", event.type,
		          event.body);
	node_step(world, node, &event);
}

static void take_published(struct world *world, struct node *node, struct frame *frame)
{
	const struct envelope *envelope = &frame->envelope;
	uint64_t losses = node->streams.losses;
	uint32_t run = node->run;
	if (!read_frame(world, node, frame))
		return;
	switch (streams_arrived(&node->streams, envelope, node->now.now)) {
	case STREAM_UNKNOWN: node->now.dropped++; return;
	case STREAM_REPEAT: return;
	case STREAM_DELIVER: break;
	}
	if (node->streams.losses != losses)
		wires_tend_streams(world, node);
	if (envelope->type == MESSAGE_RESYNC_DONE)
		streams_resynced(&node->streams, envelope, body_of(frame),
		                 node->identity.instance.text);
	if (envelope->type == MESSAGE_HEARTBEAT)
		streams_heartbeat(&node->streams, envelope, body_of(frame), node->place.listens);
	if (node->run == run && streams_is_wanted(&node->streams, envelope))
		deliver(world, node, EVENT_MESSAGE, frame, 0);
	if (node->run == run &&
	    (envelope->type == MESSAGE_RESYNC_DONE || envelope->type == MESSAGE_HEARTBEAT))
		wires_tend_streams(world, node);
}

static void reply(struct world *world, struct node *node, struct address to, uint64_t correlation,
                  struct parcel *parcel)
{
	if (to.node == PERSON)
		world->commands[correlation % PERSON_COMMANDS_MAX].is_answered = true;
	else if (world->nodes[to.node].run != to.run ||
	         !wires_send(world, CABLE_ANSWERED, node->index, to.node, parcel))
		node->now.dropped++; /* its repeat finds the kept answer */
}

static struct address asker_of(const struct ask *ask)
{
	struct address address;
	memcpy(&address, ask->identity, sizeof address);
	return address;
}

static void send_answer(struct world *world, struct node *node, struct ask *ask,
                        enum message_type type, const void *body)
{
	uint64_t correlation = ask->envelope.correlation;
	size_t size = pack(world, node, type, body, correlation, 0);
	assert(size > 0 && size <= ANSWER_FRAME_MAX);
	tell_body(world, node, "answers", type, body);
	struct parcel *parcel = wires_frame(world, node->index, type, world->frame, size);
	reply(world, node, asker_of(ask), correlation, parcel);
	parcel_drop(&world->store, parcel);
	calls_answered(node->calls, ask, world->frame, size);
}

void wires_answer(struct world *world, struct node *node, const struct effect *effect)
{
	struct ask *ask = calls_ask_of(node->calls, effect->token);
	if (ask == NULL)
		node->now.dropped++;
	else
		send_answer(world, node, ask, effect->type, effect->body);
}

static void answer_resync(struct world *world, struct node *node, struct ask *ask,
                          const struct resync_request *request)
{
	struct resync_receipt receipt = {.nonce = request->nonce};
	struct resync_done done = {.requester = ask->envelope.sender, .nonce = request->nonce};
	struct outbox *out = world->outbox;
	uint32_t run = node->run;
	send_answer(world, node, ask, MESSAGE_RESYNC_RECEIPT, &receipt);
	node_republish(world, node, true);
	if (node->run != run)
		return;
	/* Behind the state, also when a pending SAVE holds that back. */
	outbox_clear(out);
	effects_add_alerts(node, out);
	outbox_publish(out, MESSAGE_RESYNC_DONE, &done);
	effects_perform(world, node, out);
}

static void answer_again(struct world *world, struct node *node, struct address to,
                         uint64_t correlation, const struct answer *answer)
{
	struct envelope envelope;
	enum err err = codec_peek(answer->frame, answer->size, &envelope);
	assert(err == OK);
	(void)err;
	struct parcel *parcel =
		wires_frame(world, node->index, envelope.type, answer->frame, answer->size);
	reply(world, node, to, correlation, parcel);
	parcel_drop(&world->store, parcel);
}

static void take_asked(struct world *world, struct node *node, struct frame *frame)
{
	struct bus_frame asked = {.identity_size = sizeof frame->sender};
	struct ask *ask;
	const struct answer *answer;
	memcpy(asked.identity, &frame->sender, sizeof frame->sender);
	if (!read_frame(world, node, frame))
		return;
	switch (calls_asked(node->calls, &frame->envelope, &asked, node->now.now, &ask, &answer)) {
	case ASK_ANSWERED:
		answer_again(world, node, frame->sender, frame->envelope.correlation, answer);
		return;
	case ASK_PENDING: return;
	case ASK_FULL: node->now.dropped++; return;
	case ASK_NEW: break;
	}
	if (frame->envelope.type == MESSAGE_RESYNC_REQUEST)
		answer_resync(world, node, ask, body_of(frame));
	else
		deliver(world, node, EVENT_REQUEST, frame, ask->token);
}

static void watch_calls(struct world *world, struct node *node)
{
	nanos_t deadline = calls_deadline(node->calls);
	if (deadline == INT64_MAX)
		return;
	nanos_t due = deadline - node->now.offset;
	due = due > world->now ? due : world->now + NANOS_US;
	if (due >= node->now.calls_due)
		return;
	node->now.calls_due = due;
	world_add_for(world, node, due, (struct happening){.kind = H_CALLS});
}

static void take_answered(struct world *world, struct node *node, struct frame *frame)
{
	if (!read_frame(world, node, frame))
		return;
	struct call *call = calls_find(node->calls, frame->envelope.correlation);
	if (call == NULL) {
		node->now.dropped++;
		return;
	}
	uint64_t token = call->token;
	bool is_own = call->own;
	calls_free(node->calls, call);
	if (!is_own)
		deliver(world, node, EVENT_REPLY, frame, token);
}

void wires_take(struct world *world, struct node *node, const struct happening *happening)
{
	struct frame *frame = frame_of(happening->parcel);
	node->now.now = node_clock(world, node);
	if (happening->kind == H_PUBLISHED)
		take_published(world, node, frame);
	else if (happening->kind == H_ASKED)
		take_asked(world, node, frame);
	else
		take_answered(world, node, frame);
}

static bool ask(struct world *world, struct node *node, const struct call *call,
                enum message_type type)
{
	int to = world_node_named(world, call->peer.text);
	if (to < 0)
		return false;
	struct parcel *parcel = wires_frame(world, node->index, type, call->frame, call->size);
	bool is_sent = wires_send(world, CABLE_ASKED, node->index, (unsigned)to, parcel);
	parcel_drop(&world->store, parcel);
	return is_sent;
}

static void start_call(struct world *world, struct node *node, struct call *call,
                       enum message_type type, const void *body)
{
	size_t size = pack(world, node, type, body, call->number, call->expires);
	assert(size > 0 && size <= CALL_FRAME_MAX);
	tell_body(world, node, "asks", type, body);
	call->size = (uint16_t)size;
	memcpy(call->frame, world->frame, size);
	call->sent = ask(world, node, call, type);
	watch_calls(world, node);
}

void wires_call(struct world *world, struct node *node, const struct effect *effect)
{
	nanos_t expires = effect->at != 0 ? effect->at : node->now.now + NANOS_S;
	struct call *call =
		calls_add(node->calls, effect->token, &effect->peer, node->now.now, expires);
	if (call == NULL)
		node_fail_later(world, node, effect->token, effect->peer.text, false,
		                "too many calls are under way");
	else
		start_call(world, node, call, effect->type, effect->body);
}

static enum message_type type_of(const struct call *call)
{
	struct envelope envelope;
	enum err err = codec_peek(call->frame, call->size, &envelope);
	assert(err == OK);
	(void)err;
	return envelope.type;
}

void wires_repeat_calls(struct world *world, struct node *node)
{
	struct call *call;
	nanos_t now = node_clock(world, node);
	node->now.now = now;
	node->now.calls_due = INT64_MAX;
	while ((call = calls_due(node->calls, now)) != NULL) {
		if (call->expires > now) {
			call->sent |= ask(world, node, call, type_of(call));
			calls_postpone(node->calls, call, now);
			continue;
		}
		if (!call->own)
			node_fail_later(world, node, call->token, call->peer.text, call->sent,
			                call->sent ? "no answer in time" : "not connected");
		calls_free(node->calls, call);
	}
	watch_calls(world, node);
}

static void ask_all_again(struct world *world, struct node *node, const struct stream *stream)
{
	struct resync_request request = {.nonce = stream->nonce};
	nanos_t expires = node->now.now + RESYNC_EXPIRY_MS * NANOS_MS;
	struct call *call = calls_add(node->calls, 0, &stream->publisher, node->now.now, expires);
	if (call == NULL)
		return;
	call->own = true;
	start_call(world, node, call, MESSAGE_RESYNC_REQUEST, &request);
}

void wires_tend_streams(struct world *world, struct node *node)
{
	const struct stream *stream;
	uint32_t run = node->run;
	streams_check(&node->streams, node->now.now);
	while ((stream = streams_changed(&node->streams)) != NULL) {
		struct stream_state state = {
			.publisher = stream->publisher,
			.whole = stream->whole,
			.reason = stream->reason,
		};
		node_message(world, node, MESSAGE_STREAM_STATE, &state, 0);
		if (node->run != run)
			return;
	}
	while ((stream = streams_wanting(&node->streams, node->now.now,
	                                 RESYNC_INTERVAL_MS * NANOS_MS,
	                                 random_next(&node->random))) != NULL)
		ask_all_again(world, node, stream);
}
