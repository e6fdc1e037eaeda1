/* SPDX-License-Identifier: Apache-2.0 */
/* From the journal to the state at the start of a service, and the checkpoint that keeps the next
   start short. For service.c only. */
#ifndef IO_RESTORE_H
#define IO_RESTORE_H

#include "common/io/host.h"

/* Opens the journal of a service that has one and folds it into host->state. What is lost is told
   in identity.damage. */
MUST_CHECK enum err host_restore(struct host *self, text_t *why);

#endif
