/* SPDX-License-Identifier: Apache-2.0 */
/* One stack per state directory: `bw up` holds a lock on <state>/up.lock, and what an earlier one
   left behind shows by the locks that its services still hold. */
#ifndef BW_RUNLOCK_H
#define BW_RUNLOCK_H

#include "common/io/service.h"

/* Takes the lock for the rest of this process's life. ERR_EXISTS with the holder's `pid` (0: not
 * known). */
MUST_CHECK enum err runlock_take(const struct service_paths *paths, long *pid, text_t *why);
/* Whether somebody holds it. */
bool runlock_is_held(const struct service_paths *paths, long *pid);
/* Whether a service still runs on the state directory; its name in `who`. */
bool runlock_finds_service(const struct service_paths *paths, name_t *who);

#endif
