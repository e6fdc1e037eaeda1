/* SPDX-License-Identifier: Apache-2.0 */
/* `bw doctor` */
#ifndef BW_DOCTOR_H
#define BW_DOCTOR_H

#include "services/bw/cli.h"

int doctor_run(const struct cli *cli);

#endif
