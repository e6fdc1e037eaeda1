/* SPDX-License-Identifier: Apache-2.0 */
/* The terms of an order as parameters: an order's own ("price"), or those of one leg of a list
   ("abovePrice"); and which order a request names. What is wrong is refused in the exchange's
   words. */
#ifndef EXCHANGE_TERMS_H
#define EXCHANGE_TERMS_H

#include "services/exchange/calls.h"

struct terms_names {
	const char *prefix; /* of type, prices and timeInForce; "" for an order */
	const char *side, *quantity,
		*client; /* whole names: the legs of a pair share the first two */
};
extern const struct terms_names terms_of_order;

bool terms_read(struct exchange *self, struct call *call, const struct terms_names *names,
                struct ledger_order *terms);
bool terms_read_respond(struct call *call, enum order_type type, enum respond *out);
/* An id of the exchange's own making when none was sent. */
bool terms_read_client_id(struct call *call, const char *name, text_t *out);
text_t terms_make_client_id(struct turn *turn);

/* Takes one of the orders that the account may place; -1015 when there is none left. */
bool terms_count(struct exchange *self, struct call *call);

/* The order that the two parameters name. *found is NULL when there is none. */
bool terms_find_order(struct exchange *self, struct call *call, const char *id_name,
                      const char *client_name, const struct account_order **found);
/* cancelRestrictions. */
bool terms_allow_cancel(struct call *call, const struct account_order *order);

#endif
