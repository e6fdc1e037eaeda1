/* SPDX-License-Identifier: Apache-2.0 */
/* The other world: hosts the logics of all services in one process, under a seeded clock, with a
   faulty bus, a forgetting disk, a dying view and a misbehaving exchange; any process may die
   between any two effects. It keeps every promise that common/io/host keeps and breaks whatever the
   plan says. A logic can't tell it from the real one. Nothing here knows a service.

   world.c     life of a schedule: the queue of what happens next, faults, crashes, trace hash
   node.c      one process: boot, step, effects behind a pending SAVE, timers, heartbeats
   wires.c     the bus: frames, sequences, calls, answers, resync (common/io/streams.h, calls.h)
   line.c      requests, answers and streams between a node and the exchange
   view.c      the Redis view: keys with version and epoch, flush, rollback
   disk.c      journals */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdio.h>

#include "common/logic/logic.h"
#include "common/sim/disk.h"
#include "common/sim/exchange.h"
#include "common/sim/plan.h"

enum { WORLD_NODES_MAX = 10 };

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
	/* An effect is about to be performed by a node. */
	void (*effect)(void *self, const struct world *world, unsigned node,
	               const struct effect *effect);
	/* A request of a node leaves its process (it may be lost on the way). */
	void (*sent)(void *self, const struct world *world, unsigned node,
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
};

struct world_figures {
	uint64_t hits[FAULT_KINDS]; /* how often each fault came about */
	uint64_t crashes, boots, effects, events, frames;
	nanos_t lasted; /* virtual time */
	uint64_t hash;  /* of every event, effect and fault in order */
	bool settled;   /* reached its peace before plan.end */
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

/* A person's command to a node, as `bw` would send it; answered or not. */
void world_command(struct world *self, const char *instance, const struct command *command);

/* Every event, effect and fault as a line, NULL: silence. */
void world_tell(struct world *self, FILE *story);

#endif
