/* SPDX-License-Identifier: Apache-2.0 */
/* Decides what each bot wants: hosts many bots (a plugin, a symbol, parameters), gives them market
   data, their orders and executions, and turns their wishes into intents for risk. No bot enters
   while its market data, its own orders or the state of the whole are not known to be sound.
   README.md tells how to write a plugin. */
#ifndef STRATEGY_STRATEGY_H
#define STRATEGY_STRATEGY_H

#include "common/logic/logic.h"

struct bot_config {
#define CONFIG_STRUCT
#include "common/base/config_rows.h"
#include "services/strategy/bot.def"
#include "common/base/config_rows_end.h"
};

struct strategy_config {
#define CONFIG_STRUCT
#include "common/base/config_rows.h"
#include "services/strategy/config.def"
#include "common/base/config_rows_end.h"
};

extern const struct config_type bot_config_type;
extern const struct config_type strategy_config_type;
extern const struct logic strategy_logic;

#endif
