/* SPDX-License-Identifier: Apache-2.0 */
/* What the account may still ask of the exchange: request weight per minute and orders per 10 s, in
   the exchange's own windows. The executor owns it; feed and recovery have a fixed share beside it
   and ask for more by grant_request. The exchange's word only lowers what is left. A part is kept
   for cancels and protection. When the exchange asks for silence (429, 418) everybody waits, and a
   restart does not forget it. Pure. */
#ifndef EXECUTOR_BUDGET_H
#define EXECUTOR_BUDGET_H

#include "services/executor/calls.h"

/* At START, with the journal folded: silence goes on, and what the run before granted counts. */
void budget_open(struct executor *self);

/* Whether a call of this kind fits: questions leave the reserve alone. */
bool budget_allows(const struct executor *self, enum call_kind kind);
/* Counts a call that leaves. A weight of 0 counts as 1. */
void budget_charge(struct executor *self, enum call_kind kind, uint32_t weight);

/* Whether one more order fits; protection may use the reserve. `detail` tells the numbers when it
   doesn't. */
bool budget_has_order(const struct executor *self, bool protection, text_t *detail);

/* What an answer tells about the use, and whether it asks for silence. */
void budget_answered(struct executor *self, uint64_t token, const struct venue_answer *answer);

/* Feed or recovery asks: answers event->token. */
void budget_grant(struct executor *self, const struct grant_request *request);

/* For the view; never read back. */
struct rate_use budget_use(const struct executor *self, nanos_t now);

#endif
