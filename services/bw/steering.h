/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that change something in a running stack: down, halt, arm, resolve, reconcile. */
#ifndef BW_STEERING_H
#define BW_STEERING_H

#include "services/bw/cli.h"

int steer_down(const struct cli *cli);
int steer_halt(const struct cli *cli);
int steer_arm(const struct cli *cli);
/* A person ends a disputed order; compares everything with the exchange. */
int steer_resolve(const struct cli *cli);
int steer_reconcile(const struct cli *cli);

#endif
