/* SPDX-License-Identifier: Apache-2.0 */
/* Decides who is told, when, how often. Hears the alerts of every service, keeps the last thousand
   on disk, folds repeats into one, and hands them to its channels: console and file so far. */
#ifndef ALERT_ALERT_H
#define ALERT_ALERT_H

#include "common/logic/logic.h"

struct alert_config {
#define CONFIG_STRUCT
#include "common/base/config_rows.h"
#include "services/alert/config.def"
#include "common/base/config_rows_end.h"
};

extern const struct config_type alert_config_type;
extern const struct logic alert_logic;

#endif
