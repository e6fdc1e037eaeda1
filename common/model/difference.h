/* SPDX-License-Identifier: Apache-2.0 */
/* A list of differences between our books and the exchange. Two looks at moving books always differ
   in something; only what stands in both, as the same thing about the same subject, counts. Pure.
 */
#ifndef MODEL_DIFFERENCE_H
#define MODEL_DIFFERENCE_H

#include "proto/message.h"

enum { DIFFERENCES_MAX = 64 };

struct differences {
	struct rec_difference items[DIFFERENCES_MAX];
	uint32_t count;
	uint64_t found; /* also those that had no room */
};

void differences_clear(struct differences *self);

/* NULL when there is no room; it is counted all the same. */
struct rec_difference *differences_add(struct differences *self,
                                       const struct rec_difference *difference);

/* The one of the same kind about the same thing; NULL when there is none. */
const struct rec_difference *differences_find(const struct differences *self,
                                              const struct rec_difference *like);

/* What stands in `before` too is confirmed, and is as old as it was there. Foreign things need no
   second look. */
void differences_confirm(struct differences *self, const struct differences *before);

/* Ours to worry about: not foreign. */
bool difference_counts(enum difference_kind kind);
/* How many of those; of the confirmed ones only when asked. */
uint32_t differences_counting(const struct differences *self, bool confirmed);
/* The first that counts and is confirmed; NULL when there is none. */
const struct rec_difference *differences_worst(const struct differences *self);
uint32_t differences_of(const struct differences *self, enum difference_kind kind);

#endif
