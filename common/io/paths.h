/* SPDX-License-Identifier: Apache-2.0 */
/* Where a stack keeps its things on this machine. Every program finds the same places from
   --profile and
   --state, so that `bw status` in any directory meets the stack that `bw up` started. */
#ifndef IO_PATHS_H
#define IO_PATHS_H

#include "common/io/service.h"

/* `profile`: a directory, or a name that is looked for as conf/NAME beside the programs' tree and
   below the current directory. `state` NULL: $BREAKWATER_STATE, else
   $XDG_STATE_HOME/breakwater/<name>, else
   ~/.local/state/breakwater/<name>. ERR_NOT_FOUND with the remedy. */
MUST_CHECK enum err paths_find(const char *profile, const char *state, const char *instance,
                               struct service_paths *out, text_t *why);
/* Makes the state, run, log, key and own directories, mode 0700. */
MUST_CHECK enum err paths_make(const struct service_paths *paths, text_t *why);

#endif
