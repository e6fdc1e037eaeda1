/* SPDX-License-Identifier: Apache-2.0 */
/* Any logic on the bench: events come from the test, the outbox holds the effects of the last step.
   Time stands until the test moves `now`. */
#ifndef TESTS_LIB_LOGIC_BENCH_H
#define TESTS_LIB_LOGIC_BENCH_H

#include "common/logic/logic.h"

struct logic_bench {
	const struct logic *logic;
	void *state, *arena;
	const void *config;
	struct stack_config stack; /* defaults; change it before logic_bench_init */
	struct identity identity;
	struct outbox *out;
	nanos_t now;
	uint64_t entropy, tokens;
};

void logic_bench_open(struct logic_bench *self, const struct logic *logic, const void *config);
void logic_bench_close(struct logic_bench *self);
/* A new state: before the first event, and again for a restart. */
void logic_bench_init(struct logic_bench *self);

/* A message of the host's own, or of a link. */
void logic_bench_tell(struct logic_bench *self, enum message_type type, const void *body);
/* A message that `sender` published in that run of it. */
void logic_bench_hear(struct logic_bench *self, const char *sender, uint64_t epoch,
                      enum message_type type, const void *body);
/* A request; returns the token of its answer. */
uint64_t logic_bench_ask(struct logic_bench *self, enum message_type type, const void *body);
void logic_bench_reply(struct logic_bench *self, uint64_t token, enum message_type type,
                       const void *body);
/* START, STOP, SAVE_FAILED. */
void logic_bench_event(struct logic_bench *self, enum event_kind kind);
void logic_bench_timer(struct logic_bench *self, unsigned timer);
/* stream_state of a publisher. */
void logic_bench_stream(struct logic_bench *self, const char *publisher, bool whole);
/* What republish says is in the outbox afterwards. */
void logic_bench_republish(struct logic_bench *self);

/* Of the last step: how many effects of that kind and type; the body of the `index`th, NULL when
 * there are fewer. */
size_t logic_bench_count(const struct logic_bench *self, enum effect_kind kind,
                         enum message_type type);
const struct effect *logic_bench_effect(const struct logic_bench *self, enum effect_kind kind,
                                        enum message_type type, size_t index);
const void *logic_bench_body(const struct logic_bench *self, enum effect_kind kind,
                             enum message_type type);
/* The text of a NOTE with that name, or NULL. */
const char *logic_bench_note(const struct logic_bench *self, const char *name);
/* Place in the outbox, or -1. */
int logic_bench_place(const struct logic_bench *self, enum effect_kind kind,
                      enum message_type type);

#endif
