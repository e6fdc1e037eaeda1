/* SPDX-License-Identifier: Apache-2.0 */
/* The checkpoint of a journal at the start of its service (rule W7, common/io/restore.c): drafted,
   synced, read back, put in the old one's place, listed; the machine or the process may die between
   any two of these. For node.c only. */
#ifndef SIM_RENEWAL_H
#define SIM_RENEWAL_H

#include "common/sim/inside.h"

/* False: the node died on the way. */
bool renewal_run(struct world *world, struct node *node, const struct journal_report *report);

#endif
