/* SPDX-License-Identifier: Apache-2.0 */
/* The request weight that the feed may spend: what the executor granted for a while, else its own
   share of the address's limit. Nobody has to answer for market data to flow. Pure. */
#ifndef FEED_ALLOWANCE_H
#define FEED_ALLOWANCE_H

#include "common/base/bucket.h"
#include "common/logic/outbox.h"
#include "common/logic/stack.h"

struct allowance {
	struct bucket share;
	uint64_t granted; /* until: */
	nanos_t granted_until;
	nanos_t quiet_until; /* no request before: the exchange said so, to us or to others */
	bool asked;
	nanos_t ask_at; /* the next request for a grant */
};

/* `weight_per_minute` of the whole address. */
void allowance_init(struct allowance *self, const struct stack_config *stack,
                    uint64_t weight_per_minute, nanos_t now);

/* Counts a request of that weight (0 counts as 1) that leaves now, or says no. */
bool allowance_take(struct allowance *self, nanos_t now, unsigned weight);

/* Asks the executor, under that token, when little of a grant is left. */
void allowance_ask(struct allowance *self, uint64_t token, nanos_t now, struct outbox *out);
/* The end of that call; NULL when there was no answer. */
void allowance_answered(struct allowance *self, const struct grant *grant, nanos_t now);

/* An answer of the exchange to us: when it asks for silence, the executor is told. */
void allowance_heard(struct allowance *self, const struct venue_answer *answer, nanos_t now);

#endif
