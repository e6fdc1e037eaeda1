/* SPDX-License-Identifier: Apache-2.0 */
/* The protection terms of an entry: durable before it is. Pure. */
#ifndef EXECUTOR_TERMS_H
#define EXECUTOR_TERMS_H

#include "services/executor/state.h"

/* Before an approved order is written down. Terms of nothing take the place of older ones only
   while nothing is held or being bought. */
void terms_keep(struct executor *self, const struct approval *approval);

#endif
