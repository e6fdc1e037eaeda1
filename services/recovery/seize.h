/* SPDX-License-Identifier: Apache-2.0 */
/* Ends the process that holds an instance's lock, after proving that it is our executor: its
   program is named so and it has this very lock file open. */
#ifndef RECOVERY_SEIZE_H
#define RECOVERY_SEIZE_H

#include "common/base/err.h"
#include "common/base/text.h"

/* The seize hook of struct service. OK: the lock may be tried again. ERR_EXISTS: the holder isn't
   one to be ended. */
MUST_CHECK enum err seize_executor(const char *lock, text_t *why);

#endif
