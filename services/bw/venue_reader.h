/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange's own view of the account, asked for by signed requests over HTTP: executions, open
   orders, balances, the number of orders. Independent of what our services believe. */
#ifndef BW_VENUE_READER_H
#define BW_VENUE_READER_H

#include "common/io/service.h"
#include "common/model/agreement.h"

enum { VENUE_OPEN_MAX = 1024, VENUE_ASSETS_MAX = 64 };

struct venue_view {
	struct agreement_trade *trades;
	size_t trade_count, trade_capacity;
	struct agreement_order orders[VENUE_OPEN_MAX];
	size_t order_count;
	struct agreement_balance balances[VENUE_ASSETS_MAX];
	size_t balance_count;
	uint64_t orders_ever;
};

/* Whether the exchange is the built-in one of this stack. */
bool venue_is_built_in(const struct stack_config *stack);

/* Asks for everything, patiently: throttled and unanswered requests are sent again. `why` tells
   what stayed unanswered. Free with venue_view_free(), also after an error. */
MUST_CHECK enum err venue_view_read(const struct service_paths *paths,
                                    const struct stack_config *stack, struct venue_view *out,
                                    text_t *why);
void venue_view_free(struct venue_view *self);

#endif
