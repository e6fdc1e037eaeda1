/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/wires.h"

#include <assert.h>
#include <string.h>

enum { PERSON = WORLD_NODES_MAX, PERSON_REPEAT_MS = 200, PERSON_PATIENCE_S = 10 };

static bool is_heard_by(const char *service, const char *instance)
{
	for (size_t i = 0; i < flow_listen_count; i++)
		if (strcmp(service, flow_listens[i].subscriber) == 0 &&
		    flow_is_instance_of(instance, flow_listens[i].publisher))
			return true;
	return false;
}

static void join(struct node_place *self, const struct world_role *role, const char *instance)
{
	if (strcmp(role->instance, instance) == 0 || !is_heard_by(role->service, instance))
		return;
	streams_add(&self->streams, instance);
	self->listens[MESSAGE_HEARTBEAT] = self->listens[MESSAGE_RESYNC_DONE] = true;
	for (size_t i = 0; i < flow_listen_count; i++) {
		if (strcmp(role->service, flow_listens[i].subscriber) != 0 ||
		    !flow_is_instance_of(instance, flow_listens[i].publisher))
			continue;
		streams_want(&self->streams, instance, flow_listens[i].type);
		self->listens[flow_listens[i].type] = true;
	}
}

void wires_place(struct node_place *self, const struct world_role *role,
                 const struct stack_config *stack)
{
	streams_init(&self->streams, stack->silence_max);
	for (uint32_t i = 0; i < stack->services.count; i++)
		join(self, role, stack->services.items[i].text);
	for (uint32_t i = 0; i < stack->endpoints.count; i++)
		join(self, role, stack->endpoints.items[i].key.text);
	join(self, role, "supervisor");
	for (size_t i = 0; i < flow_mirror_count; i++)
		if (strcmp(role->service, flow_mirrors[i].publisher) == 0)
			self->mirrors[flow_mirrors[i].type] = &flow_mirrors[i];
	for (size_t i = 0; i < flow_publish_count && self->published_count < COUNTS_MAX; i++)
		if (strcmp(role->service, flow_publishes[i].publisher) == 0)
			self->published[self->published_count++] = (uint8_t)flow_publishes[i].type;
}

static bool hears(const struct node *node, const struct node *publisher)
{
	for (size_t i = 0; i < node->place.streams.count; i++)
		if (name_is(&node->place.streams.items[i].publisher, publisher->role->instance))
			return true;
	return false;
}

void wires_join(struct world *world)
{
	for (unsigned to = 0; to < world->count; to++)
		for (unsigned from = 0; from < world->count; from++) {
			if (!hears(&world->nodes[to], &world->nodes[from]))
				continue;
			for (unsigned type = 0; type < MESSAGE_TYPES_MAX; type++)
				if (world->nodes[to].place.listens[type])
					world->nodes[from].place.heard_by[type] |=
						(uint16_t)(1U << to);
		}
}

void wires_command(struct world *world, unsigned node, const struct command *command)
{
	unsigned number = ++world->command_count, place = number % PERSON_COMMANDS_MAX;
	struct person_command *slot = &world->commands[place];
	struct happening happening = {.kind = H_PERSON, .place = (uint8_t)place};
	size_t size;
	struct envelope envelope = {
		.version = message_info(MESSAGE_COMMAND)->version,
		.type = MESSAGE_COMMAND,
		.sender = name_from("bw"),
		.epoch = 1,
		.sequence = number,
		.sent = world->now + world->clock_offset,
		.correlation = number,
	};
	enum err err = codec_pack(&envelope, command, world->frame, FRAME_MAX, &size, NULL);
	assert(err == OK);
	(void)err;
	if (!slot->is_answered && slot->frame != NULL)
		return; /* so many at once are one person's confusion */
	parcel_drop(&world->store, slot->frame);
	*slot = (struct person_command){
		.frame = wires_frame(world, PERSON, MESSAGE_COMMAND, world->frame, size),
		.until = world->now + PERSON_PATIENCE_S * NANOS_S,
		.node = (uint8_t)node,
	};
	world_add(world, world->now, happening);
}

void wires_person(struct world *world, const struct happening *happening)
{
	struct person_command *command = &world->commands[happening->place];
	if (command->frame == NULL)
		return;
	if (command->is_answered || world->now >= command->until) {
		parcel_drop(&world->store, command->frame);
		*command = (struct person_command){0};
		return;
	}
	wires_send(world, CABLE_ASKED, PERSON, command->node, command->frame);
	world_add(world, world->now + PERSON_REPEAT_MS * NANOS_MS, *happening);
}
