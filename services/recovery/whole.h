/* SPDX-License-Identifier: Apache-2.0 */
/* The state of the whole in one word, with the reason and what still works. Pure. */
#ifndef RECOVERY_WHOLE_H
#define RECOVERY_WHOLE_H

#include "services/recovery/state.h"

/* Every check; published when it changes. */
void whole_run(struct recovery *self);

#endif
