/* SPDX-License-Identifier: Apache-2.0 */
/* `config check and config show` */
#ifndef BW_CONFIG_VIEWS_H
#define BW_CONFIG_VIEWS_H

#include "services/bw/cli.h"

int config_check_run(const struct cli *cli);
int config_show_run(const struct cli *cli);

#endif
