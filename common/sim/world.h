/* SPDX-License-Identifier: Apache-2.0 */
/* The other world: hosts the logics of all services in one process, under a seeded clock, with a
   faulty bus, a forgetting disk, a dying view and a misbehaving exchange; any process may die
   between any two effects. It keeps every promise that common/io/host keeps and breaks whatever the
   plan says. A logic can't tell it from the real one. Nothing here knows a service.

   Beside what the plan does: without a parent in the cast, whoever ends is started again; with one,
   the parent starts them, and a person starts the parent. A person also frees a disk and stops the
   service that could not save, some seconds later. The view is there whatever stack.redis says, and
   dies with the machine.

   world.c     life of a schedule; agenda.c: what happens next; trace.c: hash and story
   faults.c    the plan comes true
   renewal.c   the checkpoint at its start; disk_renew.c: the two files of it
   node.c      one process: boot, end, signals; node_turn.c: step, timers, heartbeats
   effects.c   what effects do, behind a pending SAVE or at once; the journal's thread over disk.c
   wires.c     the bus: frames, sequences, calls, answers, resync (common/io/streams.h, calls.h)
   line.c      requests and answers of the exchange; line_links.c: what it streams
   view.c      the Redis view: keys with the epoch of their writer, flush, rollback */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdio.h>

#include "common/logic/logic.h"
#include "common/sim/disk.h"
#include "common/sim/exchange.h"
#include "common/sim/plan.h"

enum { WORLD_NODES_MAX = 10, WORLD_EVENTS_MAX = 4000000 };

enum world_needs {
	WORLD_JOURNAL = 1,
	WORLD_VENUE = 2, /* HTTP and links of the exchange */
	WORLD_SEAL = 4,  /* holds the key that seals approvals */
	WORLD_PARENT =
		8, /* child_start and child_signal: the supervisor; when it dies, its children do */
};

/* One process of the cast. */
struct world_role {
	const char *instance, *service;
	const struct logic *logic;
	const void *config; /* outlives the world */
	unsigned needs;
};

struct world;

/* Who looks on. Any of these may be NULL. They must not change anything. */
struct world_watch {
	void *self;
	/* An effect is about to be performed by a node; a timer that is set isn't told. */
	void (*effect)(void *self, const struct world *world, unsigned node,
	               const struct effect *effect);
	/* A request of a node leaves its process (it may be lost on the way). */
	void (*sent)(void *self, const struct world *world, unsigned node,
	             const struct http_request *request);
	/* The exchange's gate let a request in. */
	void (*admitted)(void *self, const struct world *world, unsigned node,
	                 const struct http_request *request);
	/* The exchange's engine executed a request. */
	void (*executed)(void *self, const struct world *world, unsigned node,
	                 const struct http_request *request);
	/* A SAVE became durable in its class; `record` is the message's struct. */
	void (*saved)(void *self, const struct world *world, unsigned node, enum message_type type,
	              const void *record);
	void (*stepped)(void *self, const struct world *world, unsigned node,
	                const struct event *event);
	void (*booted)(void *self, const struct world *world, unsigned node);
	void (*died)(void *self, const struct world *world, unsigned node, enum fault_kind cause);
	/* A new journal took the old one's place; and then for good. */
	void (*renewed)(void *self, const struct world *world, unsigned node, bool is_listed);
};

struct world_figures {
	uint64_t hits[FAULT_KINDS]; /* how often each fault came about */
	uint64_t crashes, boots, events, frames;
	uint64_t renewals,
		renewals_refused; /* journals begun anew; checkpoints unlike their state */
	uint64_t effects;         /* those that plan.crash_at counts: all but timers and notes */
	nanos_t lasted;           /* virtual time */
	uint64_t hash;            /* of every event, effect and fault in order */
	bool settled;             /* reached its peace before plan.end */
	bool runaway;             /* given up: WORLD_EVENTS_MAX events */
};

/* Memory for a cast; many schedules may run in it, one after the other. `stack` outlives it. */
struct world *world_open(const struct world_role *roles, unsigned count,
                         const struct stack_config *stack);
void world_close(struct world **self);

/* One schedule from the first boot to the plan's end; ends earlier when `is_settled` (asked once a
   virtual second from calm_at on) says that all is at rest. */
void world_run(struct world *self, const struct plan *plan, const struct world_watch *watch,
               bool (*is_settled)(void *self, const struct world *world));

/* From within a watch or after the run. `world_now` is true time and the exchange's clock. */
nanos_t world_now(const struct world *self);
nanos_t world_began(const struct world *self);
const struct plan *world_plan(const struct world *self);
/* NULL while the process is down. */
const void *world_state(const struct world *self, unsigned node);
uint64_t world_epoch(const struct world *self, unsigned node);
/* -1 when there is none. */
int world_node_named(const struct world *self, const char *instance);
const char *world_name(const struct world *self, unsigned node);
const struct sim_exchange *world_exchange(const struct world *self);
const struct sim_disk *world_disk(const struct world *self, unsigned node);
const struct world_figures *world_figures(const struct world *self);
/* The view as it stands: each key with its packed body, version and epoch. */
void world_view(const struct world *self,
                void (*each)(void *self, const char *key, enum message_type type,
                             const uint8_t *body, size_t size),
                void *each_self);

/* A person's command to a node, as `bw` would send it, repeated until answered; ten seconds long.
   Within a run only; a watch may do it. */
void world_command(struct world *self, const char *instance, const struct command *command);

/* Every event, effect and fault as a line, NULL: silence. */
void world_tell(struct world *self, FILE *story);

#endif
