/* SPDX-License-Identifier: Apache-2.0 */
#include "common/model/lifecycle.h"

#include <assert.h>

struct transition {
	enum order_status status;
	enum order_cause cause;
	enum order_status next;
};

static const struct transition transitions[] = {
#define TRANSITION(status, cause, next) {ORDER_STATUS_##status, CAUSE_##cause, ORDER_STATUS_##next},
#include "common/model/lifecycle.def"
#undef TRANSITION
};

static const char *const cause_names[CAUSE_COUNT] = {
	[CAUSE_SENT] = "SENT",
	[CAUSE_DROPPED] = "DROPPED",
	[CAUSE_EXISTS] = "EXISTS",
	[CAUSE_EXECUTED] = "EXECUTED",
	[CAUSE_COMPLETED] = "COMPLETED",
	[CAUSE_REFUSED] = "REFUSED",
	[CAUSE_NO_ANSWER] = "NO_ANSWER",
	[CAUSE_CANCELLED] = "CANCELLED",
	[CAUSE_LAPSED] = "LAPSED",
	[CAUSE_FENCED] = "FENCED",
	[CAUSE_DISPUTED] = "DISPUTED",
	[CAUSE_OVERRULED] = "OVERRULED",
	[CAUSE_OVERRULED_FULL] = "OVERRULED_FULL",
};

enum err lifecycle_next(enum order_status status, enum order_cause cause, enum order_status *next)
{
	for (size_t i = 0; i < sizeof transitions / sizeof transitions[0]; i++) {
		if (transitions[i].status == status && transitions[i].cause == cause) {
			*next = transitions[i].next;
			return OK;
		}
	}
	return ERR_IMPOSSIBLE;
}

bool order_status_is_terminal(enum order_status status)
{
	switch (status) {
	case ORDER_STATUS_FILLED:
	case ORDER_STATUS_CANCELED:
	case ORDER_STATUS_EXPIRED:
	case ORDER_STATUS_REJECTED:
	case ORDER_STATUS_NEVER:
	case ORDER_STATUS_UNSENT: return true;
	case ORDER_STATUS_INTENT:
	case ORDER_STATUS_SENDING:
	case ORDER_STATUS_LIVE:
	case ORDER_STATUS_PARTIAL:
	case ORDER_STATUS_UNKNOWN:
	case ORDER_STATUS_DISPUTED:
	case ORDER_STATUS_ORPHAN: return false;
	}
	assert(!"a status");
	return false;
}

bool order_status_is_open(enum order_status status)
{
	return !order_status_is_terminal(status);
}

bool order_status_is_unseen_end(enum order_status status)
{
	return status == ORDER_STATUS_NEVER || status == ORDER_STATUS_REJECTED ||
	       status == ORDER_STATUS_UNSENT;
}

const char *order_cause_name(enum order_cause cause)
{
	assert(cause > 0 && cause < CAUSE_COUNT);
	return cause_names[cause];
}

/* An order that the exchange still has on its book. The number is newer than the word when they
   differ: an order may be reported NEW with a part executed. */
static enum order_cause cause_on_the_book(enum venue_status status, decimal_t executed,
                                          decimal_t qty)
{
	if (decimal_sign(executed) == 0)
		return status == VENUE_STATUS_PARTIALLY_FILLED ? CAUSE_DISPUTED : CAUSE_EXISTS;
	return decimal_equals(executed, qty) ? CAUSE_COMPLETED : CAUSE_EXECUTED;
}

enum order_cause order_cause_of(enum venue_status status, decimal_t executed, decimal_t qty)
{
	bool has_qty = decimal_sign(qty) > 0;

	if (decimal_sign(executed) < 0 || (has_qty && decimal_compare(executed, qty) > 0))
		return CAUSE_DISPUTED;
	switch (status) {
	case VENUE_STATUS_NEW:
	case VENUE_STATUS_PENDING_NEW:
	case VENUE_STATUS_PARTIALLY_FILLED: return cause_on_the_book(status, executed, qty);
	case VENUE_STATUS_FILLED:
		return has_qty && decimal_compare(executed, qty) < 0 ? CAUSE_DISPUTED
		                                                     : CAUSE_COMPLETED;
	case VENUE_STATUS_CANCELED: return CAUSE_CANCELLED;
	case VENUE_STATUS_REJECTED:
		return decimal_sign(executed) > 0 ? CAUSE_DISPUTED : CAUSE_REFUSED;
	case VENUE_STATUS_EXPIRED:
	case VENUE_STATUS_EXPIRED_IN_MATCH: return CAUSE_LAPSED;
	}
	return CAUSE_DISPUTED;
}
