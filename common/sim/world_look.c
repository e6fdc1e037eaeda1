/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/inside.h"
#include "common/sim/wires.h"

#include <string.h>

nanos_t world_now(const struct world *self)
{
	return self->now;
}

nanos_t world_began(const struct world *self)
{
	return self->began;
}

const struct plan *world_plan(const struct world *self)
{
	return &self->plan;
}

const void *world_state(const struct world *self, unsigned node)
{
	return self->nodes[node].phase >= NODE_UP ? self->nodes[node].state : NULL;
}

uint64_t world_epoch(const struct world *self, unsigned node)
{
	return self->nodes[node].identity.epoch;
}

int world_node_named(const struct world *self, const char *instance)
{
	for (unsigned i = 0; i < self->count; i++)
		if (strcmp(self->nodes[i].role->instance, instance) == 0)
			return (int)i;
	return -1;
}

const char *world_name(const struct world *self, unsigned node)
{
	return self->nodes[node].role->instance;
}

const struct sim_exchange *world_exchange(const struct world *self)
{
	return self->exchange;
}

const struct sim_disk *world_disk(const struct world *self, unsigned node)
{
	return &self->nodes[node].disk;
}

const struct world_figures *world_figures(const struct world *self)
{
	return &self->figures;
}

void world_view(const struct world *self,
                void (*each)(void *self, const char *key, enum message_type type,
                             const uint8_t *body, size_t size),
                void *each_self)
{
	sim_view_each(self->view, each, each_self);
}

void world_command(struct world *self, const char *instance, const struct command *command)
{
	int node = world_node_named(self, instance);
	if (node >= 0)
		wires_command(self, (unsigned)node, command);
}

void world_tell(struct world *self, FILE *story)
{
	self->story = story;
}
