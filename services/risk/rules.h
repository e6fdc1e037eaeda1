/* SPDX-License-Identifier: Apache-2.0 */
/* The pre-trade rules over one intent. Pure. */
#ifndef RISK_RULES_H
#define RISK_RULES_H

#include "services/risk/state.h"

struct rule {
	const char *name, *doc, *control;
	/* True refuses; `detail` then tells why, with the numbers. */
	bool (*refuses)(struct risk *self, const struct intent *intent, nanos_t now,
	                text_t *detail);
};

extern const struct rule risk_rules[];
extern const size_t risk_rule_count;

/* The price at which an intent counts: its own, or the worst that the collar would let through. */
MUST_CHECK enum err risk_worst_price(const struct risk *self, const struct intent *intent,
                                     const struct mark *mark, decimal_t *out);

/* The first rule that refuses, or NULL. Takes a token of the bot's rate only when everything else
 * passed. */
const struct rule *risk_judge(struct risk *self, const struct intent *intent, nanos_t now,
                              text_t *detail);

#endif
