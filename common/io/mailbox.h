/* SPDX-License-Identifier: Apache-2.0 */
/* Byte records from many threads to one worker: the sender copies into one buffer while the worker
   reads another, so neither waits for the other's work. Bounded. Records are padded to 8 bytes. */
#ifndef IO_MAILBOX_H
#define IO_MAILBOX_H

#include "common/io/worker.h"

struct mailbox;

/* Starts with `capacity` bytes and grows as needed, up to `capacity_max`. */
MUST_CHECK enum err mailbox_open(struct mailbox **out, size_t capacity, size_t capacity_max);
/* Room for one record, 8-aligned, to be filled before mailbox_commit(); NULL when full. Holds the
   lock until then: fill, don't think. */
void *mailbox_reserve(struct mailbox *self, size_t size);
/* True when the worker sleeps and must be woken: worker_wake(). */
MUST_CHECK bool mailbox_commit(struct mailbox *self);
/* The worker's side: everything sent since the last take, valid until the next. 0 bytes: nothing
   there; the worker is then counted as asleep. */
size_t mailbox_take(struct mailbox *self, uint8_t **bytes);
void mailbox_close(struct mailbox **self);

#endif
