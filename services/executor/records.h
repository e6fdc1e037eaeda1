/* SPDX-License-Identifier: Apache-2.0 */
/* The one door through which durable state changes: a record is saved and folded in by the same
   function that folds it in at the next start. Pure. */
#ifndef EXECUTOR_RECORDS_H
#define EXECUTOR_RECORDS_H

#include "services/executor/state.h"

/* For those who fold records of their own: the order of a record, counted as impossible when there
   is none; and that a record changed it. */
struct order_slot *books_order(struct books *self, ident_t client_id);
void books_touch(struct books *self, struct order_slot *slot, nanos_t at);

/* The logic's apply: folds one record into `books`. */
void records_apply(void *self, enum message_type type, const void *record);

/* SAVE (synced), then apply. Nothing happens once the journal has failed. */
void records_save(struct executor *self, enum message_type type, const void *record);

/* Each writes one record about an order. */
void record_ack(struct executor *self, struct order_slot *slot, uint64_t venue_id,
                enum source source);
void record_unknown(struct executor *self, struct order_slot *slot, const char *reason);
void record_cancel(struct executor *self, struct order_slot *slot, const name_t *reason,
                   nanos_t valid_until);
void record_cancel_end(struct executor *self, struct order_slot *slot, enum cancel_status status);

/* The end of an order, or DISPUTED, with its alert. A step that the lifecycle doesn't know is
   counted and alerted, and nothing is written. */
void record_end(struct executor *self, struct order_slot *slot, enum order_status status,
                const char *reason);

/* The order is published at the end of the step. */
void order_changed(struct executor *self, struct order_slot *slot);

#endif
