/* SPDX-License-Identifier: Apache-2.0 */
/* The records of replacing and amending: how they are folded in, and the one that ends them. Pure.
 */
#ifndef EXECUTOR_REPLACE_RECORDS_H
#define EXECUTOR_REPLACE_RECORDS_H

#include "services/executor/state.h"

/* journal_replace: RPL_REQ. An amend needs no more to leave. */
void replace_records_apply(struct books *self, const void *record);
/* SEND of the order in another's place: RPL_SEND. */
void replace_records_sent(struct books *self, const struct order_slot *slot, nanos_t at);
void replace_records_apply_end(struct books *self, const void *record);

/* Writes how it ended, or UNKNOWN, unless that is on record. `qty` is zero unless it was amended.
 */
void record_replace_end(struct executor *self, struct order_slot *slot, enum replace_status status,
                        decimal_t qty, const char *reason);

#endif
