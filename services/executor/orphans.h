/* SPDX-License-Identifier: Apache-2.0 */
/* Orders at the exchange that our journal doesn't explain.

   An ORPHAN carries our mark (installation tag and check of its client id), but no record tells of
   it: the journal was lost or an older copy of it restored, or the order ended so long ago that its
   place was taken. It is adopted by a record, belongs to bot `manual`, counts as exposure like any
   order, and is cancelled while it is open. Its executions are accounted; what was executed before
   it was adopted, or before the mark of its symbol, enters its own sum only, by a second record.
   While one is open no ENTRY of its symbol passes the gate (rule `orphan`); when it has ended, the
   symbol is compared with the exchange once more before entries pass again. No person is needed.

   A STRANGER is not ours: counted, never touched. Executions are told without a client id, so one
   that may belong to an order of unknown fate (or one that was given up as NEVER within a day)
   waits until the exchange named its order. Pure. */
#ifndef EXECUTOR_ORPHANS_H
#define EXECUTOR_ORPHANS_H

#include "services/executor/state.h"

/* Fold an adoption; the mark of a symbol, behind which no orphan is accounted. */
void orphans_apply_adopt(struct books *self, const void *record);
void orphans_apply_mark(struct books *self, const void *record);

/* An order with our mark that no record explains. NULL: it stays unadopted (no room, or it ended
   before and is one of this run's own that were forgotten). */
struct order_slot *orphans_meet(struct executor *self, const struct venue_order *told);

/* An execution with our mark whose order isn't known. */
void orphans_meet_fill(struct executor *self, const struct venue_fill *told);

/* Sends the cancel of an orphan that is open. */
void orphans_cancel(struct executor *self, struct order_slot *slot);

/* The symbol's executions from its floor on were looked at by calls that left at `asked`: what the
   exchange told beyond them was executed before. */
void orphans_scanned(struct executor *self, struct order_slot *slot, nanos_t asked);

/* Whether an orphan of this symbol is open. */
bool orphans_are_open(const struct executor *self, const name_t *symbol);

/* An order or execution of somebody else. */
void strangers_meet(struct executor *self, const name_t *symbol, uint64_t venue_id);
bool strangers_know(const struct executor *self, const name_t *symbol, uint64_t venue_id);

/* Whether an execution whose order has no name yet may belong to an order of ours that was never
   seen at the exchange. */
bool strangers_may_be_ours(const struct executor *self, const struct venue_fill *told);

/* The exchange was asked for this order again and again, long after its execution, and has none. */
bool strangers_are_nameless(const struct executor *self, const name_t *symbol, uint64_t venue_id);

/* The next to be asked for in its symbol, unless one is under way. */
void strangers_want(struct round *round, const struct venue_fill *told);
/* Asks the exchange whose execution that was; one question per symbol at a time. */
void strangers_ask(struct executor *self, struct round *round, const name_t *symbol,
                   uint32_t index);
void strangers_answered(struct executor *self, uint64_t token, const struct venue_answer *answer);

#endif
