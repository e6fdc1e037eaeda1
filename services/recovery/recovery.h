/* SPDX-License-Identifier: Apache-2.0 */
/* Watches who is alive, outside of what it watches: hears every service's heartbeat, says when one
   is dead or hung, has it killed and started again by the supervisor, says when it is back. */
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
