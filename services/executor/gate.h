/* SPDX-License-Identifier: Apache-2.0 */
/* The last gate: counts by itself what risk has counted already, right before an order is written
   down. Rules are a table; the first that is broken names itself. Pure. */
#ifndef EXECUTOR_GATE_H
#define EXECUTOR_GATE_H

#include "services/executor/state.h"

/* NULL when the approval may be sent now, else the rule's name, with its numbers in `detail`. */
const char *gate_refusal(struct executor *self, const struct approval *approval, text_t *detail);

/* Why no new risk is taken at all at this moment, whatever the order; NULL when it is. */
const char *gate_closed(const struct executor *self, nanos_t now, text_t *detail);

/* Whether the approval repeats this order word for word. */
bool gate_is_repeat(const struct order *order, const struct approval *approval);

#endif
