/* SPDX-License-Identifier: Apache-2.0 */
/* Orders that are kept together (OCO, OTO, OTOCO): what one of them does to the others. What a list
   has come to follows from its orders alone, so that after a restart it goes on from any record. */
#ifndef EXCHANGE_LISTS_H
#define EXCHANGE_LISTS_H

#include "services/exchange/engine.h"

struct list_terms {
	struct ledger_list list; /* list_id and at are filled in */
	unsigned count;
	struct ledger_order orders[ACCOUNT_LEGS_MAX]; /* the working one of OTO and OTOCO first */
};

/* All or nothing: false with `refusal` when nothing happened. */
bool lists_place(struct exchange *self, struct turn *turn, struct list_terms *terms,
                 struct refusal *refusal);

/* Before an order executes or triggers: the other of its pair expires. */
void lists_executes(struct exchange *self, struct turn *turn, const struct account_order *order);
/* An order has executed or ended: what waits for it comes to life or expires, and the end of the
   list is told. */
void lists_changed(struct exchange *self, struct turn *turn, const struct account_order *order);
/* After a restart: pending orders whose working order has ended. */
void lists_catch_up(struct exchange *self, struct turn *turn);

#endif
