/* SPDX-License-Identifier: Apache-2.0 */
/* Decides what may be done: every pre-trade rule over every intent, worst-case exposure of what was
   sent and what was approved, the halt latch. Says yes with a sealed approval over exactly that
   order. */
#ifndef RISK_RISK_H
#define RISK_RISK_H

#include "common/logic/logic.h"

struct risk_config {
#define CONFIG_STRUCT
#include "common/base/config_rows.h"
#include "services/risk/config.def"
#include "common/base/config_rows_end.h"
};

extern const struct config_type risk_config_type;
extern const struct logic risk_logic;

#endif
