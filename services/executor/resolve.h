/* SPDX-License-Identifier: Apache-2.0 */
/* What a person asks for when our books and the exchange's are in doubt.

   RESOLVE ends one DISPUTED order after somebody looked at the account: FILLED or CANCELED, with
   what its accounted executions add up to. It needs a reason, is on record with the person's name,
   and raises an alert. A last cancel goes out first, in case that it is open after all; what the
   exchange tells later is accounted as for any ended order. No other order can be ended by hand:
   those end by evidence.

   RECONCILE compares open orders, executions and balances of every symbol with the exchange now.
   It is answered when that is done, or after 10 s with what is missing. Entries wait for it. Pure.
 */
#ifndef EXECUTOR_RESOLVE_H
#define EXECUTOR_RESOLVE_H

#include "services/executor/state.h"

void resolve_command(struct executor *self, const struct command *command);

void resolve_reconcile(struct executor *self, const struct command *command);
/* Answers those who wait for a comparison, once it is done or time is over. */
void resolve_run(struct executor *self);

#endif
