/* SPDX-License-Identifier: Apache-2.0 */
/* Commands of people, of recovery and of the supervisor: halt and re-arm (durable), guard and
   unguard, wind down. A halt has levels; each holds what the one below holds:
   1  no new risk: nothing that raises exposure leaves
   2  entries and exits of strategies are cancelled; the usual one
   3  every position of a bot is sold, its stops go once that is under way; `manual` isn't touched
   4  as 3 here; the supervisor then stops the services
   A level is never lowered but by ARM with a reason. Pure. */
#ifndef EXECUTOR_CONTROL_H
#define EXECUTOR_CONTROL_H

#include "services/executor/state.h"

enum halt_level { LEVEL_NO_RISK = 1, LEVEL_CANCEL, LEVEL_FLATTEN, LEVEL_STOP };

void control_command(struct executor *self, const struct command *command);

/* Goes on with what a halt began, also in an earlier run; answers those who wait for a wind-down,
   once every order of a strategy has ended or time is over. */
void control_run(struct executor *self);

/* Each second: what a halt of level 3 could not sell is named. */
void control_second(struct executor *self);

#endif
