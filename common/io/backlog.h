/* SPDX-License-Identifier: Apache-2.0 */
/* Effects that wait for a SAVE before them to be durable: first in, first out, copied, bounded. */
#ifndef IO_BACKLOG_H
#define IO_BACKLOG_H

#include "common/logic/outbox.h"

enum { BACKLOG_BYTES = 8 << 20 };

struct backlog {
	uint8_t *memory;
	size_t head, tail, count;
};

MUST_CHECK enum err backlog_open(struct backlog *self);
void backlog_close(struct backlog *self);
/* ERR_FULL when there is no room. */
MUST_CHECK enum err backlog_push(struct backlog *self, const struct effect *effect,
                                 uint64_t wait_for);
/* The first effect when it waits for nothing beyond `done`; valid until backlog_pop(). NULL
 * otherwise. */
const struct effect *backlog_first(struct backlog *self, uint64_t done);
void backlog_pop(struct backlog *self);
/* The exchange call of this token won't be performed any more; false when none waits. */
bool backlog_recall(struct backlog *self, uint64_t token);
void backlog_clear(struct backlog *self);

#endif
