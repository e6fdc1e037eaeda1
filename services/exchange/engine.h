/* SPDX-License-Identifier: Apache-2.0 */
/* The matching engine: takes orders and cancels, and lets what the market does act on the orders
   that rest. Every change is a ledger record first, then an event to the user streams. Pure. */
#ifndef EXCHANGE_ENGINE_H
#define EXCHANGE_ENGINE_H

#include "services/exchange/exchange.h"

/* Why something was not done, as the exchange words it. */
struct refusal {
	unsigned status; /* HTTP */
	int code;        /* negative */
	char text[160];
	nanos_t wait; /* of a 429 */
};

void refusal_set(struct refusal *self, unsigned status, int code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Everything that is checked before the engine: filters and counts. True when the order may go on.
 */
bool engine_accepts(const struct exchange *self, const struct turn *turn,
                    const struct ledger_order *terms, struct refusal *refusal);

/* The same for the new quantity of an order that is open and counted already. */
bool engine_accepts_amend(const struct exchange *self, const struct turn *turn,
                          const struct ledger_order *terms, struct refusal *refusal);

/* Accepts, matches and rests an order. venue_id, at and working of `terms` are filled in, and qty
   of an order by quote amount. False with `refusal` when nothing happened. */
bool engine_place(struct exchange *self, struct turn *turn, struct ledger_order *terms,
                  struct refusal *refusal);

/* The steps of placing, for lists: whether the engine takes it now (`match` is what it would take
   at once), the record, and the match's executions or its rest. An order that is pending waits. */
bool engine_passes(const struct exchange *self, struct ledger_order *terms, struct match *match,
                   struct refusal *refusal);
void engine_begin(struct exchange *self, struct turn *turn, struct ledger_order *terms);
void engine_work(struct exchange *self, struct turn *turn, uint64_t id, const struct match *match);
/* Ends it by a rule; what hangs on it is the list's business. */
void engine_expire(struct exchange *self, struct turn *turn, uint64_t id, const char *reason);
/* A pending order comes to life; expired when the engine refuses it now. */
void engine_activate(struct exchange *self, struct turn *turn, uint64_t id);

/* `client` is the id of the cancel itself. The orders of a list are cancelled together. */
void engine_cancel(struct exchange *self, struct turn *turn, uint64_t id, const char *client);

/* The order keeps its place in the queue; `client` is its id from then on. */
void engine_amend(struct exchange *self, struct turn *turn, uint64_t id, const char *client,
                  decimal_t qty);

/* After market_next(): lets the message act on the symbol's orders. */
void engine_follow(struct exchange *self, struct turn *turn, unsigned symbol,
                   const struct market_message *message);

/* After a restart: ends what could not be finished, and acts on what the market did meanwhile. */
void engine_catch_up(struct exchange *self, struct turn *turn);

#endif
