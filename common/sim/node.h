/* SPDX-License-Identifier: Apache-2.0 */
/* One process of the simulated world: what common/io/host.c is in the live one. Shared by the parts
   of the world only; a program sees world.h. */
#ifndef SIM_NODE_H
#define SIM_NODE_H

#include "common/io/backlog.h"
#include "common/io/calls.h"
#include "common/io/pending.h"
#include "common/io/streams.h"
#include "common/sim/pages.h"
#include "common/sim/parcel.h"
#include "common/sim/view.h"
#include "common/sim/world.h"
#include "proto/flows.h"

enum { NODE_LINKS_MAX = 4, NODE_ALERTS_KEPT = 32, NODE_HELD_MAX = 4096, NODE_NONE = 255 };

enum node_phase { NODE_DOWN, NODE_BOOTING, NODE_UP, NODE_LEAVING };

/* A connection to the exchange. The exchange's end may be gone before the node hears of it. */
struct node_link {
	name_t name;
	bool is_wanted, is_user, is_up, is_alive, is_subscribed;
	uint32_t connection; /* which one: what was under way on another never arrives */
	unsigned failures;
	nanos_t last_at; /* its messages keep their order */
};

struct node_request {
	uint64_t number, token; /* number 0: free */
	nanos_t sent;
};

/* Records on their way to the disk. */
struct node_journal {
	struct parcel_list queued, writing;
	uint64_t saved, done; /* sequences: handed over, durable */
	bool is_busy, has_failed, is_told;
};

/* What ends with the process; zero at its start. */
struct node_run {
	nanos_t began, offset; /* by its own clock; of that to true time */
	nanos_t joined_at;     /* its connections to the bus stand */
	nanos_t hung_until;    /* true time, as all that follows */
	nanos_t timers_due, calls_due;
	nanos_t now, exit_by, handed; /* by its own clock */
	unsigned held;                /* happenings that wait for the end of a hang */
	unsigned effects_left;        /* before it dies between two effects; 0: not meant to */
	bool is_stopping, is_exiting, damage_told;
	uint64_t entropy, causation;
	uint64_t refused, dropped, progress, requests, frames;
	unsigned timer_count;             /* behind the last that was ever set */
	nanos_t timers[LOGIC_TIMERS_MAX]; /* by its own clock */
	uint64_t sequences[MESSAGE_TYPES_MAX];
	struct node_journal journal;
	struct node_link links[NODE_LINKS_MAX];
	struct node_request slots[HTTP_CALLS_MAX];
	struct frame_call frame_calls[FRAME_CALLS_MAX];
	struct sim_view_writer writer;
};

/* What follows from the cast and flows.def. */
struct node_place {
	bool listens[MESSAGE_TYPES_MAX];
	uint16_t heard_by[MESSAGE_TYPES_MAX]; /* a bit for each node */
	const struct flow_mirror *mirrors[MESSAGE_TYPES_MAX];
	uint8_t published[COUNTS_MAX];
	uint32_t published_count;
	struct streams streams; /* as a run begins with */
};

struct node {
	const struct world_role *role;
	unsigned index;
	struct node_place place;
	struct sim_disk disk;
	struct pages pages; /* state and calls: a boot finds them empty */
	void *state;
	struct calls *calls;
	struct backlog backlog;
	bool rots; /* a bit is flipped when it is down next */

	enum node_phase phase;
	uint32_t run; /* rises whenever a process begins or ends */
	uint64_t pid;
	uint32_t parent_run; /* of the parent that started it */
	struct identity identity;
	struct random random;
	struct streams streams;
	struct alert alerts[NODE_ALERTS_KEPT]; /* kept in a file: lost with the machine only */
	size_t alert_count;
	struct node_run now; /* of the process that runs */
};

/* node.c: life */
void node_init(struct node *self, const struct world_role *role, unsigned index,
               const struct stack_config *stack);
void node_close(struct node *self);
/* A process begins; it boots some time later. */
void node_start(struct world *world, struct node *self);
void node_boot(struct world *world, struct node *self);
/* It is gone at once. `cause` FAULT_NONE: by its own will or a signal. */
void node_end(struct world *world, struct node *self, enum fault_kind cause, const char *reason,
              bool expected);
void node_signal(struct world *world, struct node *self, int number);
void node_take_signal(struct world *world, struct node *self, int number);
/* Down, with an empty disk: before a schedule. */
void node_reset(struct world *world, struct node *self);
/* A bit of its journal is flipped. */
void node_rot(struct world *world, struct node *self);
/* When an event's effects let it go. */
void node_leave_when_done(struct world *world, struct node *self);
bool node_is_running(const struct node *self);

/* node_turn.c: what happens in a run */
void node_step(struct world *world, struct node *self, struct event *event);
void node_message(struct world *world, struct node *self, enum message_type type, const void *body,
                  uint64_t token);
void node_timers(struct world *world, struct node *self);
void node_set_timer(struct world *world, struct node *self, const struct effect *effect);
void node_beat(struct world *world, struct node *self);
void node_republish(struct world *world, struct node *self, bool to_bus);
void node_later(struct world *world, struct node *self, enum event_kind kind, uint64_t token,
                enum message_type type, const void *body);
void node_fail_later(struct world *world, struct node *self, uint64_t token, const char *peer,
                     bool sent, const char *reason);
void node_take_later(struct world *world, struct node *self, const struct parcel *parcel);

#endif
