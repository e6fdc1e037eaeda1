/* SPDX-License-Identifier: Apache-2.0 */
/* What the exchange's logic can't load itself: the tape and the account's key. */
#ifndef EXCHANGE_PREPARE_H
#define EXCHANGE_PREPARE_H

#include "common/io/service.h"

/* Fills `recording` and `key` of the struct exchange_config. */
MUST_CHECK enum err exchange_prepare(void *config, const struct stack_config *stack,
                                     const struct service_paths *paths, text_t *why);

#endif
