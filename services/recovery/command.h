/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of recovery's one child: itself, taking the executor's place. */
#ifndef RECOVERY_COMMAND_H
#define RECOVERY_COMMAND_H

#include "common/io/service.h"

char *const *recovery_command(const void *config, const struct stack_config *stack,
                              const struct service_paths *paths, const char *child);

#endif
