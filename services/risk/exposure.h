/* SPDX-License-Identifier: Apache-2.0 */
/* What is at stake at the worst: positions, orders on the exchange, approvals on their way (P4,
   C-10). An approval counts from the moment it is given until its order is known to be over. Pure.
 */
#ifndef RISK_EXPOSURE_H
#define RISK_EXPOSURE_H

#include "proto/message.h"

enum { COMMITMENTS_MAX = 512, HOLDINGS_MAX = 256 };

/* An approved or open order. */
struct commitment {
	ident_t intent_id;
	name_t symbol, bot;
	enum side side;
	decimal_t qty; /* still open */
	decimal_t price;
	nanos_t expires; /* of an approval whose order we have not seen; 0 = seen */
	bool yields; /* a stop: it gives way to an exit */
};

struct exposure {
	struct commitment commitments[COMMITMENTS_MAX];
	size_t commitment_count;
	struct position holdings[HOLDINGS_MAX];
	size_t holding_count;
	bool overflowed; /* something didn't fit: what is at stake isn't known whole, until it is
	                    told again */
};

/* `price`: at which it counts, above zero for MARKET too. ERR_FULL when too many are open. */
MUST_CHECK enum err exposure_approve(struct exposure *self, const struct approval *approval,
                                     decimal_t price);
/* The executor refused it. One whose order we have seen stays: the order tells its own end. */
void exposure_release(struct exposure *self, ident_t intent_id);
void exposure_order(struct exposure *self, const struct order *order);
void exposure_position(struct exposure *self, const struct position *position);
/* Drops approvals that can't be used any more and whose order never showed. */
void exposure_expire(struct exposure *self, nanos_t before);
/* Before a resync: only what the executor says again counts. */
void exposure_forget_orders(struct exposure *self);

bool exposure_knows(const struct exposure *self, ident_t intent_id);
size_t exposure_open_orders(const struct exposure *self, const name_t *symbol);

/* Base that this bot could still sell: its holding less its open sells. */
MUST_CHECK enum err exposure_sellable(const struct exposure *self, const name_t *symbol,
                                      const name_t *bot, decimal_t *out);
/* Worst-case value: holdings at `price` plus open buys at their own; `symbol` NULL adds up every
   symbol's, each holding at its cost. */
MUST_CHECK enum err exposure_value(const struct exposure *self, const name_t *symbol,
                                   decimal_t price, decimal_t *out);

#endif
