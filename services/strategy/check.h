/* SPDX-License-Identifier: Apache-2.0 */
/* What the key tables can't say about strategy.yaml: plugins, parameters, symbols, names. Pure. */
#ifndef STRATEGY_CHECK_H
#define STRATEGY_CHECK_H

#include "services/strategy/strategy.h"

struct service_paths;

/* ERR_CONFIG for the first error; `why` names bot, key and remedy. `paths` is not looked at; it
   makes this the `prepare` of a service. */
MUST_CHECK enum err strategy_check(void *config, const struct stack_config *stack,
                                   const struct service_paths *paths, text_t *why);

#endif
