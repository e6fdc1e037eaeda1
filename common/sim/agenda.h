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
	uint64_t number; /* the kind's own */
	struct parcel *parcel;
	uint32_t run; /* of the node: what belongs to a run ends with it */
	uint8_t kind, node, place;
};

/* A place in the heap: small, so that its children stand in one cache line. */
struct agenda_key {
	nanos_t at;
	uint64_t order; /* times AGENDA_MAX, plus the slot */
};

struct agenda {
	struct agenda_key *heap; /* AGENDA_MAX of each, the caller's */
	struct happening *slots;
	uint16_t *free;
	uint32_t count, used; /* slots that were ever used */
	uint64_t order;
};

/* Empties it. */
void agenda_init(struct agenda *self);
void agenda_add(struct agenda *self, const struct happening *happening);
/* When; there must be one. */
nanos_t agenda_at(const struct agenda *self);
struct happening agenda_next(struct agenda *self);

#endif
