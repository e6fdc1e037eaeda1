/* SPDX-License-Identifier: Apache-2.0 */
/* `bw simulate`: becomes the program `simulate` beside bw. */
#ifndef BW_SIMULATE_H
#define BW_SIMULATE_H

#include "services/bw/cli.h"

int simulate_run(const struct cli *cli);

#endif
