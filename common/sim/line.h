/* SPDX-License-Identifier: Apache-2.0 */
/* What runs between a node and the exchange (common/io/host_venue.c): requests and their answers in
   line.c, links and what they stream in line_links.c. */
#ifndef SIM_LINE_H
#define SIM_LINE_H

#include "common/sim/inside.h"

void line_call_http(struct world *world, struct node *node, const struct effect *effect);
void line_request(struct world *world, struct node *node, struct happening *happening);
void line_arrive(struct world *world, struct happening *happening);
void line_execute(struct world *world, struct happening *happening);
void line_answer(struct world *world, struct node *node, const struct happening *happening);
void line_timeout(struct world *world, struct node *node, uint64_t number);
void line_drop_errand(struct world *world, struct parcel *parcel);

/* A message of the exchange, kept until it is heard. */
struct parcel *line_keep(struct world *world, enum message_type type, const void *body);
void line_hear(struct world *world, struct node *node, const struct parcel *message,
               uint64_t token);
/* A drawn answer's whim. */
struct sim_whim line_whim(struct world *world, unsigned node);

void line_call_host(struct world *world, struct node *node, const struct effect *effect);
void line_call_frame(struct world *world, struct node *node, const struct effect *effect);
void line_arrive_frame(struct world *world, struct happening *happening);
void line_frame_answer(struct world *world, struct node *node, const struct happening *happening);
void line_expire_frames(struct world *world, struct node *node);
void line_try_link(struct world *world, struct node *node, const struct happening *happening);
void line_lost_link(struct world *world, struct node *node, const struct happening *happening);
void line_messages(struct world *world, struct node *node, const struct happening *happening);
/* A node's links break; it learns of it later. */
void line_cut(struct world *world, struct node *node);
/* What the exchange's streams have to tell goes to whoever listens. */
void line_stream(struct world *world);
void line_tick(struct world *world);

#endif
