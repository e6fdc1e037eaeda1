/* SPDX-License-Identifier: Apache-2.0 */
/* A queue of parcels between two threads, with an eventfd that is readable while something lies in
   it (level-triggered). The parcel is the first member of what is handed over, so nothing is
   copied. */
#ifndef IO_HANDOFF_H
#define IO_HANDOFF_H

#include "common/base/err.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct parcel {
	struct parcel *next;
	size_t weight; /* bytes that it counts for; set by the sender */
};

struct handoff {
	pthread_mutex_t lock;
	struct parcel *first, **last;
	size_t weight; /* of everything in it */
	int fd;
};

MUST_CHECK enum err handoff_open(struct handoff *self);
/* Takes the parcel. True when the queue was empty: time to wake the other side. */
bool handoff_put(struct handoff *self, struct parcel *parcel);
/* The oldest parcel, now the caller's; NULL when there is none. */
struct parcel *handoff_take(struct handoff *self);
size_t handoff_weight(struct handoff *self);
/* What still lies in it is handed to `discard`. No thread may use it any more. */
void handoff_close(struct handoff *self, void (*discard)(struct parcel *parcel));

#endif
