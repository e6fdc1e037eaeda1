/* SPDX-License-Identifier: Apache-2.0 */
/* A request, or a frame that asks, on its way to the exchange and back. For line.c and line_links.c
   only. */
#ifndef SIM_ERRAND_H
#define SIM_ERRAND_H

#include "common/sim/line.h"

enum {
	WAY_LEAST_US = 1000,
	WAY_MOST_US = 20000,
	WRITE_LEAST_US = 30,
	WRITE_MOST_US = 300,
	NEW_MOST_US = 50000,
	ENGINE_LEAST_US = 50,
	ENGINE_MOST_US = 2000,
	LATE_LEAST_MS = 100,
	LATE_MOST_MS = 4000,
	JUST_MS = 30,
	PATIENCE_MS = 30000, /* for a request that names none */
};

struct errand {
	uint8_t node, link;
	bool is_twin;   /* nobody waits for its answer */
	bool is_unsure; /* answered with 5xx whatever became of it */
	uint32_t run, connection;
	uint64_t number; /* of the node's call */
	struct parcel_list messages;
	struct venue_answer answer;
	union {
		struct http_request request;
		struct link_frame frame;
	};
};

static inline struct errand *errand_of(const struct parcel *parcel)
{
	return (struct errand *)(uintptr_t)parcel->bytes;
}

/* What the exchange says goes into the errand. */
struct collecting {
	struct world *world;
	struct errand *errand;
};
void errand_collect(void *collecting, enum message_type type, const void *body);

#endif
