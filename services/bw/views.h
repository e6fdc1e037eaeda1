/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that look: status, orders, positions, balances, alerts. */
#ifndef BW_VIEWS_H
#define BW_VIEWS_H

#include "services/bw/cli.h"

int view_status(const struct cli *cli);
int view_orders(const struct cli *cli);
int view_positions(const struct cli *cli);
int view_balances(const struct cli *cli);
int view_alerts(const struct cli *cli);

#endif
