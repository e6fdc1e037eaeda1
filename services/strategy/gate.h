/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a bot may ask for anything now. What is not known to be sound is not sound. Pure. */
#ifndef STRATEGY_GATE_H
#define STRATEGY_GATE_H

#include "services/strategy/host.h"

/* NULL when open, else the reason. An exit needs less than an entry. */
const char *gate_entry(const struct bot_host *host, const struct bot *bot);
const char *gate_exit(const struct bot_host *host, const struct bot *bot);
/* What keeps the host from its work, whatever a person or the owner decided; NULL when nothing. */
const char *gate_trouble(const struct bot_host *host, const struct market *market);

#endif
