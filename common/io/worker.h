/* SPDX-License-Identifier: Apache-2.0 */
/* An actor that sleeps on one eventfd: the thread behind the log, the journal and the view. It runs
   with all signals blocked. */
#ifndef IO_WORKER_H
#define IO_WORKER_H

#include "common/base/text.h"
#include "common/base/time.h"

struct worker;

/* Starts the thread: `run(worker, self)` works until worker_sleep() says false. `worker` is set
 * before. */
MUST_CHECK enum err worker_open(struct worker **out, void (*run)(struct worker *worker, void *self),
                                void *self);
/* From any thread: ends the present or the next sleep. One system call: worth it only when it
 * sleeps. */
void worker_wake(struct worker *worker);
/* In the thread: waits for a wake, at most `timeout_ms` (-1: for ever). False when it shall end:
   finish what is queued and return from `run`. */
bool worker_sleep(struct worker *worker, int timeout_ms);
/* Asks the thread to end and waits, at most `patience`. False: it is stuck in the kernel; what it
   uses must then be left alone for the rest of the process's life. */
bool worker_close(struct worker **worker, nanos_t patience);

#endif
