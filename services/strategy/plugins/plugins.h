/* SPDX-License-Identifier: Apache-2.0 */
/* The strategies of this host. A new one is a file here and a line in plugins.c. Pure. */
#ifndef STRATEGY_PLUGINS_H
#define STRATEGY_PLUGINS_H

#include "services/strategy/plugin.h"

enum { PARAMS_MAX = 4096 }; /* bytes of a plugin's parameter struct */

extern const struct strategy *const plugins[];
extern const size_t plugin_count;

/* NULL when there is none of this name. */
const struct strategy *plugin_named(const name_t *name);
/* "sma_cross, touch_quoter, ..." for people. Returns `out`. */
char *plugin_names(char *out, size_t capacity);

#endif
