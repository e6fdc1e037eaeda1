/* SPDX-License-Identifier: Apache-2.0 */
/* bw recovery: what recovery's last comparison of our books with the exchange found. */
#ifndef BW_RECOVERY_VIEWS_H
#define BW_RECOVERY_VIEWS_H

#include "services/bw/picture.h"
#include "services/bw/cli.h"

#include <stdio.h>

int view_recovery(const struct cli *cli);
/* The state of the whole with what still works, two lines; nothing before recovery told. */
void recovery_print_state(const struct picture *picture, FILE *file, bool colour);

#endif
