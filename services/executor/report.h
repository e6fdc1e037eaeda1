/* SPDX-License-Identifier: Apache-2.0 */
/* What the executor tells the others: orders and positions when they change, counts and latency
   every second, its own trading state, and all of it again on demand. Pure. */
#ifndef EXECUTOR_REPORT_H
#define EXECUTOR_REPORT_H

#include "services/executor/state.h"

/* Publishes what this step changed, and the trading state when it is another one. */
void report_changes(struct executor *self);

/* Counts and latency. */
void report_figures(struct executor *self);
/* Lines of the performance log: totals, and what each bot earned. */
void report_performance(struct executor *self);

void report_all(const void *self, nanos_t now, struct outbox *out);
enum service_status report_health(const void *self, nanos_t now, text_t *why);

#endif
