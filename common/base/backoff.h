/* SPDX-License-Identifier: Apache-2.0 */
/* How long to wait before trying again: the bound doubles with each attempt, and chance spreads the
   callers below it, so that those who failed together don't come back together. */
#ifndef BASE_BACKOFF_H
#define BASE_BACKOFF_H

#include "common/base/time.h"

#include <stdint.h>

struct backoff {
	nanos_t base, max; /* 0 < base ≤ max */
};

/* From base / 2 to the smaller of base × 2^attempt and max, evenly; attempts count from 0. The
   same entropy gives the same delay. */
nanos_t backoff_delay(const struct backoff *self, unsigned attempt, uint64_t entropy);

#endif
