/* SPDX-License-Identifier: Apache-2.0 */
/* `bw schema` */
#ifndef BW_SCHEMA_H
#define BW_SCHEMA_H

#include "services/bw/cli.h"

int schema_run(const struct cli *cli);

#endif
