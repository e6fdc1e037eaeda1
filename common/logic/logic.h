/* SPDX-License-Identifier: Apache-2.0 */
/* The seam. A logic is a struct of pure functions over a state that the host owns: the same
   compiled code runs live, in a backtest and in the simulator. It reads no clock, opens nothing,
   allocates nothing, keeps no global, draws no chance of its own.

   Life: init → apply for each record of the journal → step(START) → step … → step(STOP).
   In step, a logic that saves a record folds it in by its own apply, so that replay gives the same
   state, byte for byte. */
#ifndef LOGIC_LOGIC_H
#define LOGIC_LOGIC_H

#include "common/logic/outbox.h"
#include "common/logic/stack.h"

/* Who we are in this run; lives as long as the state. */
struct identity {
	name_t instance; /* "risk", "strategy.1" */
	name_t service;  /* "risk", "strategy" */
	uint64_t epoch;  /* random at start */
	name_t build;    /* program version */
	text_t damage;   /* what of the journal is lost, "" = nothing: the state is incomplete */
	const struct stack_config *stack;
};

struct logic {
	const char *name;
	size_t state_size;
	size_t arena_size; /* of the outbox; 0 = 64 KiB */

	/* Zeroed memory of state_size bytes becomes the state. `config` outlives it. */
	void (*init)(void *self, const struct identity *identity, const void *config);

	/* Folds one journal record. NULL for a service without a journal. */
	void (*apply)(void *self, enum message_type type, const void *record);

	/* SAVEs records that, folded into a new state, give the durable part of this one: the host
	   may then begin a new journal with them (W7). Nothing when they don't fit. A state that
	   they were folded into gives the same records. NULL: the journal is never shortened. */
	void (*checkpoint)(const void *self, struct outbox *out);

	/* The only way state changes otherwise. */
	void (*step)(void *self, const struct event *event, struct outbox *out);

	/* Publishes the whole state as absolute messages: for late joiners, after a gap, to fill
	   Redis again. May be NULL. */
	void (*republish)(const void *self, nanos_t now, struct outbox *out);

	/* Whether the work can be done now; `why` is filled when not. NULL means always healthy. */
	enum service_status (*health)(const void *self, nanos_t now, text_t *why);
};

#endif
