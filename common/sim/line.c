/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/line.h"

#include "common/base/plant.h"
#include "common/sim/errand.h"

#include <assert.h>
#include <string.h>

enum {
	STATUS_UNAVAILABLE = 503,
	PLAIN_STRUCT_MAX = 4096, /* larger messages are kept packed: they are mostly empty */
	PACKED_MAX = FRAME_MAX,
};

/* A message as its struct, or packed. */
struct message {
	enum message_type type;
	bool is_packed;
	size_t size;
	_Alignas(16) uint8_t body[];
};

struct parcel *line_keep(struct world *world, enum message_type type, const void *body)
{
	const struct message_info *info = message_info(type);
	bool is_packed = info->size > PLAIN_STRUCT_MAX;
	size_t size = info->size;
	const void *bytes = body;
	if (is_packed) {
		enum err err = codec_pack_body(type, body, world->frame, PACKED_MAX, &size);
		assert(err == OK);
		(void)err;
		bytes = world->frame;
	}
	struct parcel *parcel = parcel_take(&world->store, sizeof(struct message) + size);
	struct message *message = (struct message *)parcel->bytes;
	*message = (struct message){.type = type, .is_packed = is_packed, .size = size};
	memcpy(message->body, bytes, size);
	return parcel;
}

void line_hear(struct world *world, struct node *node, const struct parcel *parcel, uint64_t token)
{
	const struct message *message = (const struct message *)parcel->bytes;
	const void *body = message->body;
	if (message->is_packed) {
		enum err err = codec_unpack_body(message->type, message->body, message->size,
		                                 world->body, world->body_size);
		assert(err == OK);
		(void)err;
		body = world->body;
	}
	node_message(world, node, message->type, body, token);
}

void line_drop_errand(struct world *world, struct parcel *parcel)
{
	parcel_drop_all(&world->store, &errand_of(parcel)->messages);
	parcel_drop(&world->store, parcel);
}

struct sim_whim line_whim(struct world *world, unsigned node)
{
	struct sim_whim whim = {
		.half_replace = world_chance(world, FAULT_HALF_REPLACE, node),
		.small_parts = world_holds(world, FAULT_PARTIAL, node),
	};
	if (world_chance(world, FAULT_VIEW_LAG, node))
		whim.view_lag =
			world_stretch(world, (nanos_t)world->profile->view_lag_ms * NANOS_MS);
	if (whim.small_parts)
		world->figures.hits[FAULT_PARTIAL]++;
	return whim;
}

/* From one end of the line to the other. */
static nanos_t way(struct world *world)
{
	return world_draw(world, WAY_LEAST_US, WAY_MOST_US) * NANOS_US;
}

static struct node_request *free_slot(struct node *node)
{
	for (unsigned i = 0; i < HTTP_CALLS_MAX; i++) {
		struct node_request *slot = &node->now.slots[++node->now.requests % HTTP_CALLS_MAX];
		if (slot->number == 0) {
			slot->number = node->now.requests;
			return slot;
		}
	}
	return NULL;
}

static void refuse(struct world *world, struct node *node, uint64_t token, const char *reason)
{
	struct venue_answer answer = {
		.evidence = EVIDENCE_UNSENT,
		.text = text_from(reason),
		.sent = node->now.now,
	};
	node_later(world, node, EVENT_REPLY, token, MESSAGE_VENUE_ANSWER, &answer);
}

/* The planted fault: nothing is ordered before the view answers. */
static nanos_t view_back_at(const struct world *world, unsigned node)
{
	nanos_t down = world_holds(world, FAULT_REDIS_DOWN, node)
	                       ? world_holds_until(world, FAULT_REDIS_DOWN, node)
	                       : 0;
	nanos_t stalled = world_holds(world, FAULT_REDIS_STALL, node)
	                          ? world_holds_until(world, FAULT_REDIS_STALL, node)
	                          : 0;
	return down > stalled ? down : stalled;
}

/* When the transport comes to write: mostly at once, now and then on a new connection. */
static nanos_t written_at(struct world *world, const struct node *node,
                          const struct http_request *request)
{
	nanos_t most = world_draw(world, 0, 19) == 0 ? NEW_MOST_US : WRITE_MOST_US;
	nanos_t at = world->now + world_draw(world, WRITE_LEAST_US, most) * NANOS_US;
	nanos_t back =
		PLANTED(D03_VIEW_AWAITED) && request->once ? view_back_at(world, node->index) : 0;
	return back > at ? back : at;
}

void line_call_http(struct world *world, struct node *node, const struct effect *effect)
{
	const struct http_request *request = effect->body;
	struct node_request *slot = free_slot(node);
	trace_bytes(world, request->path, strlen(request->path));
	trace_bytes(world, request->query, strlen(request->query));
	tell(world, node, "requests %s?%s", request->path, request->query);
	if (slot == NULL) {
		refuse(world, node, effect->token, "too many requests are under way");
		return;
	}
	slot->token = effect->token;
	slot->sent = node->now.now;
	struct parcel *parcel = parcel_take(&world->store, sizeof(struct errand));
	struct errand *errand = errand_of(parcel);
	memset(errand, 0, offsetof(struct errand, request));
	errand->node = (uint8_t)node->index;
	errand->run = node->run;
	errand->number = slot->number;
	errand->request = *request;
	struct happening happening = {.kind = H_REQUEST, .parcel = parcel};
	world_add_for(world, node, written_at(world, node, request), happening);
	happening = (struct happening){.kind = H_TIMEOUT, .number = slot->number};
	nanos_t patience = request->timeout_ms != 0 ? request->timeout_ms : PATIENCE_MS;
	world_add_for(world, node, world->now + patience * NANOS_MS, happening);
}

static struct node_request *slot_of(struct node *node, uint64_t number)
{
	struct node_request *slot = &node->now.slots[number % HTTP_CALLS_MAX];
	return number != 0 && slot->number == number ? slot : NULL;
}

static void end_call(struct world *world, struct node *node, struct node_request *slot,
                     struct venue_answer *answer)
{
	struct event event = {
		.kind = EVENT_REPLY,
		.token = slot->token,
		.type = MESSAGE_VENUE_ANSWER,
		.body = answer,
	};
	answer->sent = slot->sent;
	slot->number = 0;
	tell_body(world, node, "hears", event.type, answer);
	node_step(world, node, &event);
}

static void end_early(struct world *world, struct node *node, uint64_t number,
                      enum evidence evidence, const char *words)
{
	struct venue_answer answer = {.evidence = evidence, .text = text_from(words)};
	struct node_request *slot = slot_of(node, number);
	if (slot != NULL)
		end_call(world, node, slot, &answer);
}

void line_timeout(struct world *world, struct node *node, uint64_t number)
{
	end_early(world, node, number, EVIDENCE_NOTHING, "no answer in time");
}

static struct parcel *copy(struct world *world, const struct parcel *parcel)
{
	struct parcel *twin = parcel_take(&world->store, sizeof(struct errand));
	*errand_of(twin) = *errand_of(parcel);
	return twin;
}

/* A second time by itself: never an order, unless that is the fault to be found. */
static bool comes_twice(struct world *world, const struct errand *errand)
{
	if (errand->request.once)
		return PLANTED(TRANSPORT_RESENDS) && world_draw(world, 0, 3) == 0;
	return world_chance(world, FAULT_REQUEST_TWICE, errand->node);
}

/* At the last moment at which the exchange still takes it. */
static nanos_t just_in_time(struct world *world, const struct errand *errand)
{
	nanos_t until = errand->request.valid_until - world->exchange->clock_step;
	return until - world_draw(world, 1, JUST_MS) * NANOS_MS;
}

static nanos_t arrival(struct world *world, const struct errand *errand)
{
	nanos_t at = world->now + way(world), last;
	if (!world_chance(world, FAULT_REQUEST_LATE, errand->node))
		return at;
	last = errand->request.valid_until != 0 && world_draw(world, 0, 3) > 0
	               ? just_in_time(world, errand)
	               : 0;
	return last > at ? last : at + world_draw(world, LATE_LEAST_MS, LATE_MOST_MS) * NANOS_MS;
}

static void depart(struct world *world, struct parcel *parcel)
{
	struct errand *errand = errand_of(parcel);
	struct happening happening = {.kind = H_ARRIVE, .parcel = parcel};
	if (comes_twice(world, errand)) {
		struct happening again = {.kind = H_ARRIVE, .parcel = copy(world, parcel)};
		errand_of(again.parcel)->is_twin = true;
		if (errand->request.once && world->watch->sent != NULL)
			world->watch->sent(world->watch->self, world, errand->node,
			                   &errand->request);
		world_add(world, arrival(world, errand), again);
	}
	world_add(world, arrival(world, errand), happening);
}

static void leave(struct world *world, const struct node *node, struct parcel *parcel, bool is_lost)
{
	if (world->watch->sent != NULL)
		world->watch->sent(world->watch->self, world, node->index,
		                   &errand_of(parcel)->request);
	if (is_lost)
		line_drop_errand(world, parcel);
	else
		depart(world, parcel);
}

/* The moment before the first byte. Takes the parcel. */
void line_request(struct world *world, struct node *node, struct happening *happening)
{
	struct errand *errand = errand_of(happening->parcel);
	nanos_t write_before = errand->request.write_before;
	const char *words = "not written: its window is over";
	bool is_late = write_before != 0 && node_clock(world, node) > write_before &&
	               !PLANTED(W5_SENT_LATE);
	bool is_waited_for = slot_of(node, errand->number) != NULL;
	bool is_lost =
		is_waited_for && !is_late && world_chance(world, FAULT_REQUEST_LOST, node->index);
	if (is_lost && world_draw(world, 0, 4) == 0) {
		is_late = true;
		words = "can't connect";
	}
	if (is_waited_for && !is_late) {
		leave(world, node, happening->parcel, is_lost);
		return;
	}
	end_early(world, node, errand->number, EVIDENCE_UNSENT, words);
	line_drop_errand(world, happening->parcel);
}

/* The answer begins its way. Takes the parcel. */
static void go_back(struct world *world, struct parcel *parcel)
{
	const struct errand *errand = errand_of(parcel);
	struct happening happening = {.kind = H_ANSWER, .parcel = parcel};
	const struct node *node = &world->nodes[errand->node];
	if (errand->is_twin || node->run != errand->run ||
	    world_chance(world, FAULT_ANSWER_LOST, errand->node))
		line_drop_errand(world, parcel);
	else
		world_add_for(world, node, world->now + way(world), happening);
}

static void forget_answer(struct world *world, struct errand *errand, unsigned status,
                          const char *words)
{
	parcel_drop_all(&world->store, &errand->messages);
	errand->answer = (struct venue_answer){
		.evidence = EVIDENCE_NOTHING, .http_status = status, .text = text_from(words)};
}

void line_arrive(struct world *world, struct happening *happening)
{
	struct errand *errand = errand_of(happening->parcel);
	nanos_t takes = world_draw(world, ENGINE_LEAST_US, ENGINE_MOST_US) * NANOS_US;
	trace(world, errand->number, (uint64_t)world->now);
	if (!sim_exchange_admits(world->exchange, world->now, &errand->request, &errand->answer)) {
		go_back(world, happening->parcel);
		return;
	}
	if (world->watch->admitted != NULL)
		world->watch->admitted(world->watch->self, world, errand->node, &errand->request);
	errand->is_unsure = world_chance(world, FAULT_ANSWER_5XX, errand->node);
	if (errand->is_unsure && world_draw(world, 0, 1) == 0) {
		forget_answer(world, errand, STATUS_UNAVAILABLE, "unknown status");
		go_back(world, happening->parcel);
		return;
	}
	if (world_chance(world, FAULT_QUEUE, errand->node))
		takes = world_stretch(world, (nanos_t)world->profile->queue_ms * NANOS_MS);
	happening->kind = H_EXECUTE;
	world_add(world, world->now + takes, *happening);
}

void errand_collect(void *context, enum message_type type, const void *body)
{
	struct collecting *collecting = context;
	parcel_push(&collecting->errand->messages, line_keep(collecting->world, type, body));
}

void line_execute(struct world *world, struct happening *happening)
{
	struct errand *errand = errand_of(happening->parcel);
	struct collecting collecting = {world, errand};
	struct message_sink sink = {.take = errand_collect, .self = &collecting};
	struct sim_whim whim = line_whim(world, errand->node);
	trace(world, errand->number, (uint64_t)world->now);
	sim_exchange_execute(world->exchange, world->now, &errand->request, &whim, &sink,
	                     &errand->answer);
	if (world->watch->executed != NULL)
		world->watch->executed(world->watch->self, world, errand->node, &errand->request);
	line_stream(world);
	if (errand->is_unsure)
		forget_answer(world, errand, STATUS_UNAVAILABLE, "unknown status");
	else if (world_chance(world, FAULT_ANSWER_GARBLED, errand->node))
		forget_answer(world, errand, 200, "the answer makes no sense");
	go_back(world, happening->parcel);
}

void line_answer(struct world *world, struct node *node, const struct happening *happening)
{
	struct errand *errand = errand_of(happening->parcel);
	struct node_request *slot = slot_of(node, errand->number);
	uint32_t run = node->run;
	if (slot == NULL)
		return;
	for (const struct parcel *message = errand->messages.first; message != NULL;
	     message = message->next) {
		line_hear(world, node, message, slot->token);
		if (node->run != run)
			return;
	}
	end_call(world, node, slot, &errand->answer);
}
