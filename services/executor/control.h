/* SPDX-License-Identifier: Apache-2.0 */
/* Commands of people and of the supervisor: halt and re-arm (durable), wind down. Pure. */
#ifndef EXECUTOR_CONTROL_H
#define EXECUTOR_CONTROL_H

#include "services/executor/state.h"

void control_command(struct executor *self, const struct command *command);

/* Answers those who wait for a wind-down, once every order of a strategy has ended or time is over.
 */
void control_run(struct executor *self);

#endif
