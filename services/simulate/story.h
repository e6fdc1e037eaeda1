/* SPDX-License-Identifier: Apache-2.0 */
/* A schedule as lines for people: when, who, what. */
#ifndef SIMULATE_STORY_H
#define SIMULATE_STORY_H

#include "common/sim/world.h"

struct story {
	const struct world *world;
	FILE *file; /* NULL: silent */
	bool colour;
	uint64_t hits[FAULT_KINDS]; /* told so far */
};

void story_init(struct story *self, const struct world *world, FILE *file, bool colour);
void story_effect(struct story *self, unsigned node, const struct effect *effect);
void story_sent(struct story *self, unsigned node, const struct http_request *request);
void story_executed(struct story *self, unsigned node, const struct http_request *request);
void story_saved(struct story *self, unsigned node, enum message_type type, const void *record);
void story_stepped(struct story *self, unsigned node, const struct event *event);
void story_booted(struct story *self, unsigned node);
void story_died(struct story *self, unsigned node, enum fault_kind cause);

#endif
