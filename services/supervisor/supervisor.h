/* SPDX-License-Identifier: Apache-2.0 */
/* Starts the processes of one machine and starts them again for ever: at once, then with growing
   delay. Stops them in order: entries shut and open orders cancelled first, then SIGTERM, then
   SIGKILL. */
#ifndef SUPERVISOR_SUPERVISOR_H
#define SUPERVISOR_SUPERVISOR_H

#include "common/logic/logic.h"

struct supervisor_config {
#define CONFIG_STRUCT
#include "common/base/config_rows.h"
#include "services/supervisor/config.def"
#include "common/base/config_rows_end.h"
};

extern const struct config_type supervisor_config_type;
extern const struct logic supervisor_logic;

#endif
