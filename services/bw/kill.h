/* SPDX-License-Identifier: Apache-2.0 */
/* bw kill: halts, cancels and (level 3) sells, with the executor's help or, when it doesn't answer,
   by recovery in its place. Nothing else of the stack needs to be alive. */
#ifndef BW_KILL_H
#define BW_KILL_H

#include "services/bw/cli.h"

int kill_run(const struct cli *cli);

#endif
