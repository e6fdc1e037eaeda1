/* SPDX-License-Identifier: Apache-2.0 */
/* Watches from outside: who is alive, and whether our books and the exchange say the same. Hears
   every service's heartbeat and has the hung ones restarted; asks the exchange by a client of its
   own and compares; says what state the whole is in. Pure. README.md is the map. */
#ifndef RECOVERY_RECOVERY_H
#define RECOVERY_RECOVERY_H

#include "common/logic/logic.h"

struct recovery_config {
#define CONFIG_STRUCT
#include "common/base/config_rows.h"
#include "services/recovery/config.def"
#include "common/base/config_rows_end.h"
};

extern const struct config_type recovery_config_type;
extern const struct logic recovery_logic;

#endif
