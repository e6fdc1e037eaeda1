/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/logs.h"
int logs_run(const struct cli *cli) { (void)cli; return 1; }
