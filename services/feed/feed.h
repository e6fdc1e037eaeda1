/* SPDX-License-Identifier: Apache-2.0 */
/* Decides which market data is sound. Keeps a whole book per symbol by the exchange's snapshot
   procedure, publishes best prices and trades while the book is whole, and says so when it is not.
   A gap means a new snapshot, and no tick until the book is whole again. */
#ifndef FEED_FEED_H
#define FEED_FEED_H

#include "common/logic/logic.h"

struct feed_config {
#define CONFIG_STRUCT
#include "common/base/config_rows.h"
#include "services/feed/config.def"
#include "common/base/config_rows_end.h"
};

extern const struct config_type feed_config_type;
extern const struct logic feed_logic;

#endif
