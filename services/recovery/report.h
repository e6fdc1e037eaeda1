/* SPDX-License-Identifier: Apache-2.0 */
/* What a comparison found, for people and for bw recovery: the report, three numbers for each
   symbol and asset, the differences, and what to do next. Pure. */
#ifndef RECOVERY_REPORT_H
#define RECOVERY_REPORT_H

#include "services/recovery/state.h"

/* A new number; counts are zero. */
void report_begin(struct recovery *self);
/* The books were compared. */
void report_done(struct recovery *self);
void report_failed(struct recovery *self, const char *why);
void report_publish(struct recovery *self);
/* The last one again, for who comes late. */
void report_republish(const struct recovery *self, struct outbox *out);

#endif
