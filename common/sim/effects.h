/* SPDX-License-Identifier: Apache-2.0 */
/* What an effect does in the simulated world (common/io/host_effects.c), and the journal's thread.
 */
#ifndef SIM_EFFECTS_H
#define SIM_EFFECTS_H

#include "common/sim/inside.h"

/* All of the outbox, in turn; false when the node died on the way. */
bool effects_perform(struct world *world, struct node *node, struct outbox *outbox);
/* Publishes, and keeps what is an alert. */
void effects_publish(struct world *world, struct node *node, enum message_type type,
                     const void *body);
void effects_add_alerts(const struct node *node, struct outbox *out);

void effects_write(struct world *world, struct node *node);
void effects_sync(struct world *world, struct node *node);
/* Whether every record that was handed over is durable or lost. */
bool effects_are_durable(const struct node *node);

#endif
