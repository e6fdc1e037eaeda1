/* SPDX-License-Identifier: Apache-2.0 */
/* What replacing and amending have in common: both change an order that rests by a call which is on
   record before it leaves. Pure. */
#ifndef EXECUTOR_REPLACE_PARTS_H
#define EXECUTOR_REPLACE_PARTS_H

#include "services/executor/state.h"

static inline bool replace_is_on_book(const struct order_slot *slot)
{
	return slot->order.status == ORDER_STATUS_LIVE ||
	       slot->order.status == ORDER_STATUS_PARTIAL;
}

static inline bool replace_is_under_way(const struct order_slot *slot)
{
	enum replace_status status = slot->order.replace;

	return status == REPLACE_STATUS_REQUESTED || status == REPLACE_STATUS_SENT ||
	       status == REPLACE_STATUS_UNKNOWN;
}

/* Whether the order rests, nothing is being done to it, and a request may leave. */
bool replace_may_start(const struct executor *self, const struct order_slot *old);

/* journal_replace; ids, hash, window and moment are filled in. */
void replace_record(struct executor *self, const struct order_slot *old,
                    struct journal_replace *replace, const struct journal_send *send,
                    const char *reason);
void replace_send(struct executor *self, struct order_slot *old, struct http_request *request);

#endif
