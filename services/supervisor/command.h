/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of each child: a program of ours with our own profile and state, or
 * redis-server. */
#ifndef SUPERVISOR_COMMAND_H
#define SUPERVISOR_COMMAND_H

#include "common/io/service.h"

/* NULL-terminated, valid until the next call. */
char *const *supervisor_command(const void *config, const struct stack_config *stack,
                                const struct service_paths *paths, const char *child);

#endif
