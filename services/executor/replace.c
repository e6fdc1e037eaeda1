/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/replace.h"

bool replace_start(struct executor *self, struct order_slot *old, const struct order *wanted,
                   const char *reason)
{
	(void)self, (void)old, (void)wanted, (void)reason;
	return false;
}

bool replace_start_approved(struct executor *self, struct order_slot *old,
                            const struct approval *approval, const char *reason)
{
	(void)self, (void)old, (void)approval, (void)reason;
	return false;
}

void replace_answered(struct executor *self, struct order_slot *old,
                      const struct venue_answer *answer)
{
	(void)self, (void)old, (void)answer;
}
