/* SPDX-License-Identifier: Apache-2.0 */
/* The stream of our own orders and executions: its link, the subscription on it, its loss. What it
   tells comes as messages like any other evidence; while it is down, entries wait. Pure. */
#ifndef EXECUTOR_USER_H
#define EXECUTOR_USER_H

#include "services/executor/state.h"

/* Asks the host for the link. */
void user_open(struct executor *self);
/* Subscribes when the link is up, nothing is under way and the exchange may be asked. */
void user_subscribe(struct executor *self);
void user_answered(struct executor *self, uint64_t token, const struct venue_answer *answer);

/* A link_state and a venue_notice; of other links they mean nothing here. */
void user_link(struct executor *self, const void *body);
void user_notice(struct executor *self, const void *body);

#endif
