/* SPDX-License-Identifier: Apache-2.0 */
/* The only place that reads a clock. */
#ifndef IO_CLOCK_H
#define IO_CLOCK_H

#include "common/base/time.h"

struct clock {
	nanos_t utc_at_start, monotonic_at_start;
};

void clock_open(struct clock *self);
/* UTC at start + monotonic time since: never goes back. */
nanos_t clock_now(const struct clock *self);
/* CLOCK_MONOTONIC. */
nanos_t clock_stamp(void);

/* The OS's random bytes. */
uint64_t clock_entropy(void);

#endif
