/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated world with toys in it: strategy, risk, executor, alert and, when wanted, a
   supervisor, each of which does what the test's own function does. A toy counts its records and
   nothing else; what a test wants to know it writes down itself. */
#ifndef TESTS_LIB_STAGE_H
#define TESTS_LIB_STAGE_H

#include "common/sim/world.h"

enum stage_role { STAGE_STRATEGY, STAGE_RISK, STAGE_EXECUTOR, STAGE_ALERT, STAGE_SUPERVISOR };
enum { STAGE_ROLES = 5, STAGE_NUMBERS = 4 };

/* A toy's state; `records` and `last` are the durable part. */
struct toy_state {
	const struct toy_part *part;
	const struct identity *identity;
	uint64_t records, last; /* level of the last journal_latch */
	uint64_t numbers[STAGE_NUMBERS];
};

struct toy_part {
	void (*step)(struct toy_state *self, const struct event *event, struct outbox *out);
	void (*republish)(const struct toy_state *self, struct outbox *out);
};

struct stage {
	struct toy_part parts[STAGE_ROLES];
	struct world_role roles[STAGE_ROLES];
	struct stack_config stack;
	struct world *world;
	struct plan plan;
	struct world_watch watch;
};

/* Toys that do nothing, no plan, 10 seconds. Set parts, then open the world by the first run. */
void stage_init(struct stage *self, bool with_supervisor);
/* One schedule; opens the world when it isn't. */
const struct world_figures *stage_run(struct stage *self);
void stage_close(struct stage *self);

void stage_fault(struct stage *self, enum fault_kind kind, unsigned node, nanos_t from,
                 nanos_t until, unsigned permille);
const struct toy_state *stage_state(const struct stage *self, enum stage_role role);

/* What toys do. The record is a journal_latch with this level. */
void toy_save(struct toy_state *self, enum save_class save_class, uint64_t level,
              struct outbox *out);
/* trading_state with this level. */
void toy_publish(uint64_t number, struct outbox *out);
/* An approval with this intent id, to the executor. */
void toy_approve(uint64_t number, uint64_t token, nanos_t expires, struct outbox *out);
void toy_accept(uint64_t token, struct outbox *out);

#endif
