/* SPDX-License-Identifier: Apache-2.0 */
/* Decides how an approved order is done, once: last gate, order state machine, journal records,
   inquiry after every uncertainty, positions from executions. Pure: the same logic runs live, in a
   backtest and in the simulator. README.md is the map. */
#ifndef EXECUTOR_EXECUTOR_H
#define EXECUTOR_EXECUTOR_H

#include "common/logic/logic.h"

struct executor_config {
#define CONFIG_STRUCT
#include "common/base/config_rows.h"
#include "services/executor/config.def"
#include "common/base/config_rows_end.h"
};

extern const struct config_type executor_config_type;
extern const struct logic executor_logic;

#endif
