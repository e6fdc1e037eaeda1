/* SPDX-License-Identifier: Apache-2.0 */
/* When the books are compared, and what follows: a difference is looked at twice, with the executor
   asked to compare by itself in between; what remains guards the stack and pages; when the books
   agree again the guard ends. Pure. */
#ifndef RECOVERY_RECONCILE_H
#define RECOVERY_RECONCILE_H

#include "services/recovery/state.h"

/* Soon, because of this: "start", "executor", or who asked. */
void reconcile_want(struct recovery *self, const char *trigger);
/* Every check. */
void reconcile_run(struct recovery *self);
/* The executor's books are whole, or aren't. */
void reconcile_stream(struct recovery *self, bool whole);
/* A person asks for a comparison; answered when it is over. */
void reconcile_asked(struct recovery *self, const struct command *command);
/* The executor's answer to a command. */
void reconcile_answered(struct recovery *self);

#endif
