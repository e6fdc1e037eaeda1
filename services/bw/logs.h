/* SPDX-License-Identifier: Apache-2.0 */
/* `bw logs` */
#ifndef BW_LOGS_H
#define BW_LOGS_H

#include "services/bw/cli.h"

int logs_run(const struct cli *cli);

#endif
