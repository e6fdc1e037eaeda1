/* SPDX-License-Identifier: Apache-2.0 */
/* Approved exits that wait until a stop has made room for them. They live as long as the process:
   after a restart the stop is simply placed again. Pure. */
#ifndef EXECUTOR_EXITS_H
#define EXECUTOR_EXITS_H

#include "services/executor/standing.h"

/* The same exit again only takes its new place to answer. False when there is no room. */
bool exits_add(struct executor *self, const struct approval *approval, uint64_t token);

/* The oldest that waits for this holding; NULL when none does. */
struct exit_wait *exits_of(struct executor *self, const struct holding *holding);
void exits_drop(struct executor *self, struct exit_wait *exit);

/* Sends it when it fits into what no open sale holds, else refuses it. */
void exits_release(struct executor *self, const struct standing *standing, struct exit_wait *exit);
/* Refuses all that wait for this holding. */
void exits_refuse(struct executor *self, const struct holding *holding, const char *rule,
                  const char *detail);

#endif
