/* SPDX-License-Identifier: Apache-2.0 */
/* What happens next in the simulated world: by time, then by the order in which it was written
   down. */
#ifndef SIM_AGENDA_H
#define SIM_AGENDA_H

#include "common/base/time.h"
#include "common/sim/parcel.h"

enum { AGENDA_MAX = 1 << 16 };

struct happening {
	nanos_t at;
	uint64_t order;
	uint64_t number; /* the kind's own */
	struct parcel *parcel;
	uint32_t run; /* of the node: what belongs to a run ends with it */
	uint8_t kind, node, place;
};

struct agenda {
	struct happening *heap; /* AGENDA_MAX, the caller's */
	uint32_t count;
	uint64_t order;
};

void agenda_add(struct agenda *self, struct happening happening);
/* There must be one. */
struct happening agenda_next(struct agenda *self);

#endif
