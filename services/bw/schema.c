/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/schema.h"
int schema_run(const struct cli *cli) { (void)cli; return 1; }
