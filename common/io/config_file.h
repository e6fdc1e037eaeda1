/* SPDX-License-Identifier: Apache-2.0 */
/* Reads YAML configuration through a key table. Order: defaults < file < environment
   (BREAKWATER__<SECTION>__<KEY>) < command line. Every error names file, line, column, the key,
   what is wrong and what would be right (for an unknown key the nearest known one). */
#ifndef IO_CONFIG_FILE_H
#define IO_CONFIG_FILE_H

#include "common/base/config.h"

enum { CONFIG_ORIGINS_MAX = 256, CONFIG_ERROR_MAX = 1024 };

struct config_origin {
	const struct config_key *key;
	char from[160]; /* "default", "conf/demo/risk.yaml:12", "environment", "command line" */
};

struct config_reading {
	char error[CONFIG_ERROR_MAX];
	struct config_origin origins[CONFIG_ORIGINS_MAX];
	size_t origin_count;
};

/* Fills `config` from defaults, then the file, then the environment. A missing file is
   ERR_NOT_FOUND with the remedy, unless `optional`. ERR_CONFIG for the first error found. */
MUST_CHECK enum err config_read(const struct config_type *type, const char *path, bool optional,
                                void *config, struct config_reading *reading);
/* One "key=value" of the command line. Both here and in the environment a dot (there: two
   underscores) leads into a list or into pairs: "bots.0.symbol=BTCUSDT",
   BREAKWATER__STRATEGY__BOTS__0__SYMBOL. */
MUST_CHECK enum err config_override(const struct config_type *type, const char *assignment,
                                    void *config, struct config_reading *reading);

#endif
