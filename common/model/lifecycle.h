/* SPDX-License-Identifier: Apache-2.0 */
/* The order lifecycle as a table; the table is the documentation. Only evidence moves an order.
 * Pure. */
#ifndef MODEL_LIFECYCLE_H
#define MODEL_LIFECYCLE_H

#include "proto/message.h"

enum order_cause {
	CAUSE_SENT = 1,       /* our SEND record exists */
	CAUSE_DROPPED,        /* proven never sent */
	CAUSE_EXISTS,         /* the exchange knows it */
	CAUSE_EXECUTED,       /* a part is executed */
	CAUSE_COMPLETED,      /* all is executed */
	CAUSE_REFUSED,        /* definitively refused */
	CAUSE_NO_ANSWER,      /* evidence NOTHING */
	CAUSE_CANCELLED,      /* terminal by order status, never by a cancel's answer alone */
	CAUSE_LAPSED,         /* expired by the exchange's rule */
	CAUSE_FENCED,         /* absent behind the fence */
	CAUSE_DISPUTED,       /* evidence contradicts itself */
	CAUSE_OVERRULED,      /* a person ended the dispute, with a part executed or nothing */
	CAUSE_OVERRULED_FULL, /* the same, with all executed */
	CAUSE_COUNT
};

/* ERR_IMPOSSIBLE when the table has no such row; `*next` is then untouched. */
MUST_CHECK enum err lifecycle_next(enum order_status status, enum order_cause cause,
                                   enum order_status *next);

bool order_status_is_terminal(enum order_status status);
/* May executions still come, or exposure exist? True for everything not terminal. */
bool order_status_is_open(enum order_status status);
/* Ended because, as we believed, the exchange never had it: NEVER, REJECTED, UNSENT. Late evidence
   wins over that (RESURRECTED). */
bool order_status_is_unseen_end(enum order_status status);
const char *order_cause_name(enum order_cause cause);

/* What the exchange's word means for an order with this executed quantity. */
enum order_cause order_cause_of(enum venue_status status, decimal_t executed, decimal_t qty);

#endif
