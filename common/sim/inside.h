/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the simulated world share. */
#ifndef SIM_INSIDE_H
#define SIM_INSIDE_H

#include "common/sim/agenda.h"
#include "common/sim/node.h"

/* What may be on the agenda. From H_NODE on it belongs to one run of a node. */
enum happening_kind {
	H_NONE,
	H_FAULT, /* place: the fault; number: faults.c's own */
	H_START, /* a person or init starts the node */
	H_TICK,
	H_PERSON,  /* repeats a command */
	H_ARRIVE,  /* a request at the exchange */
	H_EXECUTE, /* in its engine */
	H_ARRIVE_FRAME,
	H_VIEW_WRITE, /* a batch at the view */
	H_VIEW_KEEP,  /* what a rollback will find */
	H_NODE,
	H_BOOT = H_NODE,
	H_KILL, /* not held back by a hang */
	H_PUBLISHED,
	H_ASKED,
	H_ANSWERED,
	H_LATER,
	H_TIMERS,
	H_CALLS,
	H_BEAT,
	H_SIGNAL,
	H_EXIT_BY,
	H_WRITE, /* the journal's thread writes, syncs */
	H_SYNC,
	H_REQUEST, /* the first byte of a request is written */
	H_TIMEOUT,
	H_ANSWER,
	H_LINK_TRY, /* place: of the link; number: connection */
	H_LINK_LOST,
	H_LINK_MESSAGES,
	H_FRAME_ANSWER,
	H_VIEW_TURN,
};

enum { PERSON_COMMANDS_MAX = 8 };

/* Asked by a person from outside of the cast. */
struct person_command {
	struct parcel *frame;
	nanos_t until;
	uint8_t node;
	bool is_answered;
};

enum cable { CABLE_PUBLISHED, CABLE_ASKED, CABLE_ANSWERED, CABLE_KINDS };

struct world {
	struct node nodes[WORLD_NODES_MAX];
	unsigned count;
	int parent; /* -1: nobody's; each is started by itself */
	const struct stack_config *stack;
	const struct venue_profile *profile;
	size_t body_size;

	nanos_t began, now, clock_offset;
	struct agenda agenda;
	struct parcel_store store;
	struct random random;
	struct plan plan;
	uint8_t active[FAULT_KINDS];                                     /* windows that are open */
	bool fails_append[WORLD_NODES_MAX], fails_sync[WORLD_NODES_MAX]; /* the next one */
	unsigned crash_index;
	uint64_t crash_base;
	uint64_t renew_after; /* records, before a journal begins anew; 0: never */
	const struct world_watch *watch;
	struct world_figures figures;
	FILE *story;

	struct outbox *outbox;
	void *arena;
	uint8_t *frame, *body;
	struct venue_depth *depth;
	uint64_t seal_key, pids;
	nanos_t wire_last[CABLE_KINDS][WORLD_NODES_MAX + 1][WORLD_NODES_MAX];
	struct person_command commands[PERSON_COMMANDS_MAX];
	unsigned command_count; /* ever */
	struct sim_exchange *exchange;
	struct sim_view *view;
};

/* world.c */
void world_add(struct world *self, nanos_t at, struct happening happening);
void world_add_for(struct world *self, const struct node *node, nanos_t at,
                   struct happening happening);
/* From `least` to `most`. */
nanos_t world_draw(struct world *self, nanos_t least, nanos_t most);
/* Up to `most`, and every other time almost all of it: what is bounded is tried at its bound. */
nanos_t world_stretch(struct world *self, nanos_t most);
void world_drop(struct world *self, const struct happening *happening);

/* trace.c */
void trace(struct world *self, uint64_t a, uint64_t b);
void trace_bytes(struct world *self, const void *bytes, size_t size);
void tell(struct world *self, const struct node *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void tell_body(struct world *self, const struct node *node, const char *what,
               enum message_type type, const void *body);

/* faults.c */
void faults_begin(struct world *self);
void faults_happen(struct world *self, const struct happening *happening);
/* Whether this opportunity is hit. */
bool world_chance(struct world *self, enum fault_kind kind, unsigned node);
/* Of a frame between two. */
bool world_chance_between(struct world *self, enum fault_kind kind, unsigned a, unsigned b);
/* Whether such a window is open for the node; draws nothing, counts nothing. */
bool world_holds(const struct world *self, enum fault_kind kind, unsigned node);
/* When the last such window that is open for the node is over. */
nanos_t world_holds_until(const struct world *self, enum fault_kind kind, unsigned node);
void world_hit(struct world *self, enum fault_kind kind, unsigned node);
/* Between two steps of renewing a journal. True: the node died. */
bool faults_cut_renewal(struct world *self, struct node *node);
/* An effect is next. False: the node died before it. */
bool faults_let_pass(struct world *self, struct node *node);

static inline nanos_t node_clock(const struct world *world, const struct node *node)
{
	return world->now + node->now.offset;
}

#endif
