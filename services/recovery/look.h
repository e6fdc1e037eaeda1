/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the exchange by recovery's own client: its clock, the rules of new symbols, executions
   since the agreed ones, open orders, balances. One question at a time, each tried a few times; the
   exchange's word to be silent is obeyed. Pure. */
#ifndef RECOVERY_LOOK_H
#define RECOVERY_LOOK_H

#include "services/recovery/state.h"

/* Begins a look; one that is under way is given up. */
void look_begin(struct recovery *self, bool counts_anew);
/* Every check: the next question when it is due. */
void look_run(struct recovery *self);
/* venue_fill, venue_order, venue_balance, instrument out of an answer. */
void look_took(struct recovery *self);
/* The end of a question. */
void look_answered(struct recovery *self);

bool look_is_under_way(const struct look *self);
const struct their_symbol *look_symbol(const struct look *self, const name_t *symbol);
/* Free and locked; zero for what isn't listed. */
decimal_t look_amount(const struct look *self, const name_t *asset);
const struct their_order *look_order(const struct look *self, ident_t client_id);

#endif
