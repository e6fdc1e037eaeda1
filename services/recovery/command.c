/* SPDX-License-Identifier: Apache-2.0 */
#include "services/recovery/command.h"

#include <stdio.h>

char *const *recovery_command(const void *config, const struct stack_config *stack,
                              const struct service_paths *paths, const char *child)
{
	static char program[700], profile[600], state[600]; /* read by exec before the next call */
	static char take_over[] = "--take-over", level[] = "3", reason[] = "--reason";
	static char why[] = "the executor was dead for too long", profile_name[] = "--profile";
	static char state_name[] = "--state";
	static char *const argv[] = {program,      take_over, level,      reason, why,
	                             profile_name, profile,   state_name, state,  NULL};
	(void)config;
	(void)stack;
	(void)child;
	snprintf(program, sizeof program, "%s/recovery", paths->programs);
	snprintf(profile, sizeof profile, "%s", paths->profile);
	snprintf(state, sizeof state, "%s", paths->state);
	return argv;
}
