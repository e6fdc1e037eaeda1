/* SPDX-License-Identifier: Apache-2.0 */
/* Values that wait for Redis: one per key, the newest; the oldest goes when there are too many. For
   view.c and view_writer.c only. */
#ifndef IO_VIEW_QUEUE_H
#define IO_VIEW_QUEUE_H

#include "proto/message.h"

enum { VIEW_KEY_MAX = 160, VIEW_PENDING_MAX = 8192 };

struct view_entry {
	const struct message_info *info;
	void *body; /* owned by who holds the entry */
	unsigned lifetime_s;
	uint64_t hash;
	char key[VIEW_KEY_MAX];
};

struct view_queue;

MUST_CHECK enum err view_queue_open(struct view_queue **out);
void view_queue_close(struct view_queue **self);
/* Copies the body. True when the worker sleeps and must be woken. */
MUST_CHECK bool view_queue_put(struct view_queue *self, const struct message_info *info,
                               const void *body, const char *key, unsigned lifetime_s);
/* The oldest entries, at most `count_max`; with 0 of them the worker is counted as asleep. */
size_t view_queue_take(struct view_queue *self, struct view_entry *entries, size_t count_max);
/* Takes entries back that could not be written; one with a newer value in the queue is let go. */
void view_queue_give_back(struct view_queue *self, struct view_entry *entries, size_t count);
uint64_t view_queue_dropped(struct view_queue *self);

#endif
