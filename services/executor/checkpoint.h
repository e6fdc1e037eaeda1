/* SPDX-License-Identifier: Apache-2.0 */
/* The books as records: folded into new books they give the same ones, but for orders that ended
   long ago and can't matter any more. Whoever adds to struct books or struct order_slot adds it
   here too: sizes are asserted. Pure. */
#ifndef EXECUTOR_CHECKPOINT_H
#define EXECUTOR_CHECKPOINT_H

#include "services/executor/state.h"

/* The logic's checkpoint. Nothing when it doesn't fit in an outbox. */
void checkpoint_save(const void *state, struct outbox *out);

/* Folds its pieces. */
void checkpoint_apply(struct books *self, const void *record);
void checkpoint_apply_order(struct books *self, const void *record);
void checkpoint_apply_position(struct books *self, const void *record);

#endif
