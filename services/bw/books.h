/* SPDX-License-Identifier: Apache-2.0 */
/* Whether our books and the exchange's ledger say the same: the executor's journal and its
   published orders and positions on one side, the exchange's answers to signed requests on the
   other. */
#ifndef BW_BOOKS_H
#define BW_BOOKS_H

#include "services/bw/picture.h"
#include "services/bw/venue_reader.h"

struct books_result {
	bool compared; /* false: see why */
	text_t why;
	uint64_t exchange_orders, exchange_trades, our_trades;
	struct agreement agreement;
};

/* Compares once. The picture must hold the executor's whole state. */
void books_compare(const struct service_paths *paths, const struct stack_config *stack,
                   const struct picture *picture, struct books_result *out);

/* Expected balances: what the account opened with and what our executions moved. */
struct books_flow {
	name_t asset;
	struct decimal_total total;
};

struct books_flows {
	struct books_flow items[VENUE_ASSETS_MAX];
	size_t count;
};

/* False when numbers or the list don't fit. Pure. */
bool books_flow_add(struct books_flows *self, const name_t *asset, decimal_t amount);
bool books_flow_trade(struct books_flows *self, const struct agreement_trade *trade,
                      const name_t *base, const name_t *quote);

#endif
