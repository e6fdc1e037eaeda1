/* SPDX-License-Identifier: Apache-2.0 */
/* The bus of the simulated world (common/io/host_bus.c): frames as bytes, sequences, calls that are
   repeated until answered, asks that are answered once, streams that are healed by a resync. */
#ifndef SIM_WIRES_H
#define SIM_WIRES_H

#include "common/sim/inside.h"

/* What a run's streams and filters begin with. */
void wires_place(struct node_place *self, const struct world_role *role,
                 const struct stack_config *stack);

/* Who hears whom, once all are placed. */
void wires_join(struct world *world);

/* A frame under way. */
struct parcel *wires_frame(struct world *world, unsigned sender, enum message_type type,
                           const uint8_t *bytes, size_t size);
/* False when the peer isn't connected now. The parcel stays the caller's. */
bool wires_send(struct world *world, enum cable cable, unsigned from, unsigned to,
                struct parcel *parcel);

void wires_publish(struct world *world, struct node *node, enum message_type type,
                   const void *body);
void wires_call(struct world *world, struct node *node, const struct effect *effect);
void wires_answer(struct world *world, struct node *node, const struct effect *effect);
void wires_take(struct world *world, struct node *node, const struct happening *happening);
void wires_repeat_calls(struct world *world, struct node *node);
void wires_tend_streams(struct world *world, struct node *node);

/* A person's command; it is repeated until answered or given up. */
void wires_command(struct world *world, unsigned node, const struct command *command);
void wires_person(struct world *world, const struct happening *happening);

#endif
