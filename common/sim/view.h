/* SPDX-License-Identifier: Apache-2.0 */
/* The Redis view of the simulated world (common/io/view.h): one value per key, written in batches
   under the epoch of its writer. Nobody waits for it. */
#ifndef SIM_VIEW_H
#define SIM_VIEW_H

#include "common/sim/parcel.h"
#include "common/base/time.h"
#include "proto/message.h"

struct world;
struct node;
struct sim_view;

/* The writer's side, of one run. */
struct sim_view_writer {
	struct parcel_list pending; /* the newest of each key */
	nanos_t turn_at;            /* of the next turn; 0: none is due */
	unsigned failures;
	uint64_t connection; /* how often it has connected */
	bool is_connected, is_fresh, is_fenced, is_writing, wants_all;
};

struct sim_view *sim_view_open(void);
void sim_view_close(struct sim_view **self);
void sim_view_init(struct sim_view *self);
/* It holds nothing, of nobody. */
void sim_view_forget(struct sim_view *self);

/* A value to be written: the packed body. */
void sim_view_put(struct world *world, struct node *node, enum message_type type, const void *body);
void sim_view_begin(struct world *world, struct node *node);
void sim_view_turn(struct world *world, struct node *node);
/* A batch reaches the view; its writer may be dead by now. */
void sim_view_write(struct world *world, struct parcel *batch);
void sim_view_drop_batch(struct world *world, struct parcel *batch);

void sim_view_flush(struct world *world);
void sim_view_keep(struct world *world);
void sim_view_roll_back(struct world *world);
void sim_view_each(const struct sim_view *self,
                   void (*each)(void *self, const char *key, enum message_type type,
                                const uint8_t *body, size_t size),
                   void *each_self);

#endif
