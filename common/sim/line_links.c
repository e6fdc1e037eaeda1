/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/line.h"

#include "common/sim/errand.h"
#include "common/sim/wires.h"

#include <assert.h>
#include <string.h>

enum {
	CONNECT_LEAST_MS = 5,
	CONNECT_MOST_MS = 60,
	RETRY_MS = 250,
	RETRY_MOST_MS = 10000,
	NOTICED_MOST_MS = 50,
	NOTICED_LATE_MS = 5000, /* a peer that fell silent */
	STREAM_LATE_MS = 3000,
	TICK_LEAST_MS = 150,
	TICK_MOST_MS = 450,
	FRAME_TIME_S = 1,
};

static struct node_link *link_named(struct node *node, const name_t *name)
{
	for (unsigned i = 0; i < NODE_LINKS_MAX; i++)
		if (node->now.links[i].is_wanted && name_equals(&node->now.links[i].name, name))
			return &node->now.links[i];
	return NULL;
}

static struct node_link *free_link(struct node *node)
{
	for (unsigned i = 0; i < NODE_LINKS_MAX; i++)
		if (!node->now.links[i].is_wanted)
			return &node->now.links[i];
	assert(!"more links than a node has");
	return NULL;
}

static uint8_t place_of(const struct node *node, const struct node_link *link)
{
	return (uint8_t)(link - node->now.links);
}

static void try_later(struct world *world, struct node *node, struct node_link *link, nanos_t wait)
{
	struct happening try = {
		.kind = H_LINK_TRY,
		.place = place_of(node, link),
		.number = ++link->connection,
	};
	world_add_for(world, node, world->now + wait, try);
}

static nanos_t connect_time(struct world *world)
{
	return world_draw(world, CONNECT_LEAST_MS, CONNECT_MOST_MS) * NANOS_MS;
}

static void tell_state(struct world *world, struct node *node, const struct node_link *link,
                       enum link_status status, const char *reason)
{
	struct link_state state = {
		.link = link->name, .status = status, .reason = text_from(reason)};
	node_message(world, node, MESSAGE_LINK_STATE, &state, 0);
}

void line_try_link(struct world *world, struct node *node, const struct happening *happening)
{
	struct node_link *link = &node->now.links[happening->place];
	if (link->connection != happening->number)
		return;
	if (world_holds(world, FAULT_STREAM_CUT, node->index)) {
		nanos_t wait = RETRY_MS * NANOS_MS << (link->failures < 6 ? link->failures++ : 6);
		nanos_t most = RETRY_MOST_MS * NANOS_MS;
		try_later(world, node, link, wait < most ? wait : most);
		return;
	}
	link->failures = 0;
	link->is_up = link->is_alive = true;
	link->is_subscribed = false;
	link->last_at = world->now;
	tell_state(world, node, link, LINK_STATUS_UP, "");
}

static void end_frame_calls(struct world *world, struct node *node, const name_t *link,
                            nanos_t expired, const char *reason)
{
	for (size_t i = 0; i < FRAME_CALLS_MAX; i++) {
		struct frame_call *call = &node->now.frame_calls[i];
		if (call->number == 0 || (link != NULL && !name_equals(&call->link, link)) ||
		    (expired != 0 && call->expires > expired))
			continue;
		call->number = 0;
		node_fail_later(world, node, call->token, call->link.text, true, reason);
	}
}

void line_expire_frames(struct world *world, struct node *node)
{
	if (node->now.frames > 0)
		end_frame_calls(world, node, NULL, node->now.now, "no answer in time");
}

static void go_down(struct world *world, struct node *node, struct node_link *link,
                    const char *reason)
{
	bool was_up = link->is_up;
	link->is_up = link->is_alive = link->is_subscribed = false;
	try_later(world, node, link, connect_time(world));
	if (!was_up)
		return;
	end_frame_calls(world, node, &link->name, 0, "the link went down");
	tell_state(world, node, link, LINK_STATUS_DOWN, reason);
}

void line_lost_link(struct world *world, struct node *node, const struct happening *happening)
{
	struct node_link *link = &node->now.links[happening->place];
	if (link->connection == happening->number)
		go_down(world, node, link, happening->parcel == NULL ? "connection lost" : "");
}

void line_cut(struct world *world, struct node *node)
{
	for (unsigned i = 0; i < NODE_LINKS_MAX; i++) {
		struct node_link *link = &node->now.links[i];
		if (!node_is_running(node) || !link->is_alive)
			continue;
		bool is_late = world_draw(world, 0, 4) == 0;
		nanos_t most = is_late ? NOTICED_LATE_MS : NOTICED_MOST_MS;
		struct happening lost = {
			.kind = H_LINK_LOST, .place = (uint8_t)i, .number = link->connection};
		link->is_alive = link->is_subscribed = false;
		world_hit(world, FAULT_STREAM_CUT, node->index);
		world_add_for(world, node, world->now + world_draw(world, 1, most) * NANOS_MS,
		              lost);
	}
}

static void open_link(struct world *world, struct node *node, const struct link_open *open)
{
	struct node_link *link = link_named(node, &open->link);
	if (link == NULL) {
		link = free_link(node);
		*link = (struct node_link){.name = open->link, .is_wanted = true};
		link->is_user = strncmp(open->link.text, "user", 4) == 0;
	}
	link->is_alive = link->is_subscribed = false;
	try_later(world, node, link, connect_time(world));
}

/* It counts as lost, and is made again; what comes of it is an event after the walk. */
static void close_link(struct world *world, struct node *node, const struct link_close *close)
{
	struct node_link *link = link_named(node, &close->link);
	if (link == NULL || !link->is_up)
		return;
	struct happening lost = {
		.kind = H_LINK_LOST, .place = place_of(node, link), .number = link->connection};
	link->is_alive = link->is_subscribed = false;
	world_add_for(world, node, world->now + NANOS_MS, lost);
}

static void start_child(struct world *world, struct node *parent, const struct child_start *start)
{
	int index = world_node_named(world, start->service.text);
	struct node *child = index < 0 ? NULL : &world->nodes[index];
	struct child_ended ended = {.service = start->service};
	if (child == NULL || node_is_running(child)) {
		ended.reason = text_from(child == NULL ? "no such program"
		                                       : "exit code 3: it runs already");
		node_later(world, parent, EVENT_MESSAGE, 0, MESSAGE_CHILD_ENDED, &ended);
		return;
	}
	node_start(world, child);
	struct child_started started = {.service = start->service, .pid = child->pid};
	node_later(world, parent, EVENT_MESSAGE, 0, MESSAGE_CHILD_STARTED, &started);
}

static void signal_child(struct world *world, struct node *parent,
                         const struct child_signal *signal)
{
	int index = world_node_named(world, signal->service.text);
	if (index >= 0 && world->nodes[index].parent_run == parent->run)
		node_signal(world, &world->nodes[index], (int)signal->signal);
}

void line_call_host(struct world *world, struct node *node, const struct effect *effect)
{
	tell_body(world, node, "wants", effect->type, effect->body);
	switch (effect->type) {
	case MESSAGE_LINK_OPEN: open_link(world, node, effect->body); break;
	case MESSAGE_LINK_CLOSE: close_link(world, node, effect->body); break;
	case MESSAGE_CHILD_START: start_child(world, node, effect->body); break;
	case MESSAGE_CHILD_SIGNAL: signal_child(world, node, effect->body); break;
	default: assert(!"a host call of an unknown type");
	}
}

static struct frame_call *free_frame_call(struct node *node)
{
	for (size_t i = 0; i < FRAME_CALLS_MAX; i++)
		if (node->now.frame_calls[i].number == 0)
			return &node->now.frame_calls[i];
	return NULL;
}

static void send_frame(struct world *world, struct node *node, const struct node_link *link,
                       const struct link_frame *frame, uint64_t number)
{
	struct parcel *parcel = parcel_take(&world->store, sizeof(struct errand));
	struct errand *errand = errand_of(parcel);
	memset(errand, 0, offsetof(struct errand, request));
	errand->node = (uint8_t)node->index;
	errand->run = node->run;
	errand->link = place_of(node, link);
	errand->connection = link->connection;
	errand->number = number;
	errand->frame = *frame;
	if (errand->frame.venue_now == 0)
		errand->frame.venue_now = node->now.now;
	struct happening happening = {.kind = H_ARRIVE_FRAME, .parcel = parcel};
	nanos_t way = world_draw(world, WAY_LEAST_US, WAY_MOST_US) * NANOS_US;
	world_add(world, world->now + way, happening);
}

void line_call_frame(struct world *world, struct node *node, const struct effect *effect)
{
	const struct link_frame *frame = effect->body;
	const struct node_link *link = link_named(node, &frame->link);
	struct frame_call *call = free_frame_call(node);
	trace_bytes(world, frame->text, strlen(frame->text));
	tell(world, node, "sends on %s: %s", frame->link.text, frame->text);
	if (call == NULL || link == NULL || !link->is_up) {
		node_fail_later(world, node, effect->token, frame->link.text, false,
		                call == NULL ? "too many frames are under way"
		                             : "not available now");
		return;
	}
	*call = (struct frame_call){
		.number = ++node->now.frames,
		.token = effect->token,
		.link = frame->link,
		.sent = node->now.now,
		.expires = effect->at != 0 ? effect->at : node->now.now + FRAME_TIME_S * NANOS_S,
	};
	send_frame(world, node, link, frame, call->number);
}

/* NULL when the connection that an errand belongs to is gone. */
static struct node_link *live_link(struct world *world, const struct errand *errand)
{
	struct node *node = &world->nodes[errand->node];
	struct node_link *link = &node->now.links[errand->link];
	bool is_there = node->run == errand->run && link->is_alive &&
	                link->connection == errand->connection;
	return is_there ? link : NULL;
}

static nanos_t in_turn(struct world *world, struct node_link *link)
{
	nanos_t at = world->now + world_draw(world, WAY_LEAST_US, WAY_MOST_US) * NANOS_US;
	link->last_at = at > link->last_at ? at : link->last_at;
	return link->last_at;
}

void line_arrive_frame(struct world *world, struct happening *happening)
{
	struct errand *errand = errand_of(happening->parcel);
	struct node_link *link = live_link(world, errand);
	struct collecting collecting = {world, errand};
	struct message_sink sink = {.take = errand_collect, .self = &collecting};
	if (link == NULL || world_chance(world, FAULT_REQUEST_LOST, errand->node)) {
		line_drop_errand(world, happening->parcel);
		return;
	}
	struct sim_whim whim = line_whim(world, errand->node);
	sim_exchange_frame(world->exchange, world->now, &errand->frame, &whim, &sink,
	                   &errand->answer);
	if (strstr(errand->frame.text, "userDataStream.subscribe") != NULL)
		link->is_subscribed |= errand->answer.evidence == EVIDENCE_EXISTS;
	line_stream(world);
	if (world_chance(world, FAULT_ANSWER_LOST, errand->node)) {
		line_drop_errand(world, happening->parcel);
		return;
	}
	happening->kind = H_FRAME_ANSWER;
	world_add_for(world, &world->nodes[errand->node], in_turn(world, link), *happening);
}

static struct frame_call *frame_call_of(struct node *node, uint64_t number)
{
	for (size_t i = 0; i < FRAME_CALLS_MAX; i++)
		if (node->now.frame_calls[i].number == number)
			return &node->now.frame_calls[i];
	return NULL;
}

void line_frame_answer(struct world *world, struct node *node, const struct happening *happening)
{
	struct errand *errand = errand_of(happening->parcel);
	uint32_t run = node->run;
	if (live_link(world, errand) == NULL)
		return;
	for (const struct parcel *message = errand->messages.first; message != NULL;
	     message = message->next) {
		line_hear(world, node, message, 0);
		if (node->run != run)
			return;
	}
	struct frame_call *call = frame_call_of(node, errand->number);
	if (call == NULL) {
		node->now.dropped++;
		return;
	}
	struct event event = {
		.kind = EVENT_REPLY,
		.token = call->token,
		.type = MESSAGE_VENUE_ANSWER,
		.body = &errand->answer,
	};
	errand->answer.sent = call->sent;
	call->number = 0;
	tell_body(world, node, "hears", event.type, &errand->answer);
	node_step(world, node, &event);
}

void line_messages(struct world *world, struct node *node, const struct happening *happening)
{
	const struct node_link *link = &node->now.links[happening->place];
	uint32_t run = node->run;
	for (const struct parcel *message = happening->parcel; message != NULL;
	     message = message->next) {
		if (node->run != run || link->connection != happening->number || !link->is_alive)
			return;
		line_hear(world, node, message, 0);
	}
}

static void send_on(struct world *world, struct node *node, struct node_link *link, nanos_t at,
                    struct parcel *messages)
{
	struct happening happening = {
		.kind = H_LINK_MESSAGES,
		.place = place_of(node, link),
		.number = link->connection,
		.parcel = messages,
	};
	world_add_for(world, node, at, happening);
}

/* An event of the account, each in a frame of its own. */
static void stream_account(struct world *world, struct node *node, struct node_link *link,
                           enum message_type type, const void *body)
{
	if (world_chance(world, FAULT_STREAM_DROP, node->index))
		return;
	unsigned times = world_chance(world, FAULT_STREAM_REPEAT, node->index) ? 2 : 1;
	for (; times > 0; times--) {
		nanos_t at = world_chance(world, FAULT_STREAM_LATE, node->index)
		                     ? world->now + world_draw(world, 1, STREAM_LATE_MS) * NANOS_MS
		                     : in_turn(world, link);
		send_on(world, node, link, at, line_keep(world, type, body));
	}
}

/* Market data that comes together travels together. */
struct market_news {
	struct parcel_list lists[WORLD_NODES_MAX][NODE_LINKS_MAX];
};

static void hand_out(struct world *world, struct market_news *news, const struct sim_event *event,
                     const void *body)
{
	for (unsigned i = 0; i < world->count; i++)
		for (unsigned j = 0; j < NODE_LINKS_MAX; j++) {
			struct node *node = &world->nodes[i];
			struct node_link *link = &node->now.links[j];
			if (!link->is_alive || link->is_user != event->is_account)
				continue;
			if (!event->is_account)
				parcel_push(&news->lists[i][j],
				            line_keep(world, event->type, body));
			else if (link->is_subscribed)
				stream_account(world, node, link, event->type, body);
		}
}

void line_stream(struct world *world)
{
	struct sim_event event;
	struct market_news news = {0};
	bool is_any = false;
	while (sim_exchange_event(world->exchange, &event)) {
		hand_out(world, &news, &event, sim_event_body(&event, world->depth));
		is_any |= !event.is_account;
	}
	for (unsigned i = 0; is_any && i < world->count; i++)
		for (unsigned j = 0; j < NODE_LINKS_MAX; j++) {
			struct node *node = &world->nodes[i];
			struct node_link *link = &node->now.links[j];
			if (news.lists[i][j].first != NULL)
				send_on(world, node, link, in_turn(world, link),
				        news.lists[i][j].first);
		}
}

void line_tick(struct world *world)
{
	struct sim_whim whim = {.small_parts = world_holds(world, FAULT_PARTIAL, FAULT_ANY_NODE)};
	nanos_t wait = world_draw(world, TICK_LEAST_MS, TICK_MOST_MS) * NANOS_MS;
	sim_exchange_tick(world->exchange, world->now, &whim);
	line_stream(world);
	world_add(world, world->now + wait, (struct happening){.kind = H_TICK});
}
