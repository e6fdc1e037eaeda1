/* SPDX-License-Identifier: Apache-2.0 */
/* Compares each symbol with the exchange: its open orders, our executions since the watermark, and
   the balances. Done at the start, after every gap of the user stream, and regularly while orders
   are open. The watermark never passes an execution that is not accounted. Pure. */
#ifndef EXECUTOR_ROUNDS_H
#define EXECUTOR_ROUNDS_H

#include "services/executor/state.h"

/* First watermark of a symbol in this run. */
void rounds_open(struct executor *self, struct market *market);

/* Something may have been missed: everything is compared, entries wait for it. */
void rounds_gap(struct executor *self);

/* The same in one symbol. */
void rounds_gap_in(struct executor *self, const name_t *symbol);

/* Looks at the executions from this trade id on, now. */
void rounds_scan_from(struct executor *self, const name_t *symbol, uint64_t trade_id);

/* An execution came out of the answer to a scan; put off when its order may be one of unknown fate.
 */
void rounds_saw_fill(struct executor *self, uint64_t token, const struct venue_fill *fill,
                     bool put_off);

/* The ends of the calls. */
void rounds_orders_answered(struct executor *self, uint64_t token,
                            const struct venue_answer *answer);
void rounds_trades_answered(struct executor *self, uint64_t token,
                            const struct venue_answer *answer);
void rounds_balances_answered(struct executor *self, uint64_t token,
                              const struct venue_answer *answer);
void rounds_saw_balance(struct executor *self, uint64_t token, const struct venue_balance *balance);

/* Asks what is due. Called by inquiry_run. */
void rounds_run(struct executor *self);
/* Wants a comparison of the symbols that have open orders, or one that was given up as NEVER within
   a day: if it is there after all, it is found. And the balances, while orders are open or when
   something was executed since they were last asked for: the stream may have lost them. */
void rounds_poll(struct executor *self);

#endif
