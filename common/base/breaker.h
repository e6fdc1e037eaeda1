/* SPDX-License-Identifier: Apache-2.0 */
/* Circuit breaker: after several failures in a row the calls stop, so that a sick peer can recover
   and our callers learn at once. After the recovery time one probe goes out: its success closes the
   breaker, its failure opens it again. Pure; the caller supplies time. */
#ifndef BASE_BREAKER_H
#define BASE_BREAKER_H

#include "common/base/time.h"

#include <stdbool.h>

enum breaker_state {
	BREAKER_CLOSED,    /* calls go out */
	BREAKER_OPEN,      /* no calls */
	BREAKER_HALF_OPEN, /* one probe is on its way */
};

struct breaker_config {
	unsigned failures_max; /* in a row; above zero */
	nanos_t recovery;      /* above zero */
};

#define BREAKER_CONFIG ((struct breaker_config){.failures_max = 5, .recovery = 60 * NANOS_S})

struct breaker {
	struct breaker_config config;
	enum breaker_state state;
	unsigned failures; /* in a row, while closed */
	nanos_t since;     /* of the state; of the last probe when half open */
};

void breaker_init(struct breaker *self, struct breaker_config config, nanos_t now);

/* Asks for one call. True: make it, and tell its outcome. A probe whose outcome nobody told for the
   recovery time counts as lost, and the next call becomes the probe. */
bool breaker_take(struct breaker *self, nanos_t now);

/* Whether breaker_take() would say yes. */
bool breaker_allows(const struct breaker *self, nanos_t now);

/* The time until breaker_take() says yes; 0 for now. */
nanos_t breaker_wait(const struct breaker *self, nanos_t now);

/* The outcome of a call. Outcomes of calls from before the opening change nothing while open. */
void breaker_succeed(struct breaker *self, nanos_t now);
void breaker_fail(struct breaker *self, nanos_t now);

/* A person says that the peer is well again. */
void breaker_reset(struct breaker *self, nanos_t now);

const char *breaker_state_name(enum breaker_state state); /* "closed", "open", "half_open" */

#endif
