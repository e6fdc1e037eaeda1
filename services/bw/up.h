/* SPDX-License-Identifier: Apache-2.0 */
/* `bw up`: one run of the whole stack on this machine, from the check of its configuration to its
 * report. */
#ifndef BW_UP_H
#define BW_UP_H

#include "services/bw/cli.h"

int up_run(const struct cli *cli);

#endif
