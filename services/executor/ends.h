/* SPDX-License-Identifier: Apache-2.0 */
/* How orders end: what proves it, and how loud it is. Pure. */
#ifndef EXECUTOR_ENDS_H
#define EXECUTOR_ENDS_H

#include "common/model/lifecycle.h"
#include "services/executor/state.h"

/* What has to be proven for an order to end like this; 0 for states that are no end. */
enum order_cause ends_cause(enum order_status status);
/* An end that isn't business as usual is alerted. */
void ends_alert(struct executor *self, const struct order *order, const char *reason);

#endif
