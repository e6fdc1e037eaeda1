/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers that our books and the exchange agreed on last, kept in recovery's own journal:
   counting goes on from there. Pure. */
#ifndef RECOVERY_AGREED_H
#define RECOVERY_AGREED_H

#include "common/logic/outbox.h"
#include "services/recovery/ours.h"

struct recovery;

/* Numbers that both sides agreed on. */
struct agreed {
	struct journal_agreed items[3 * SUBJECTS_MAX];
	uint32_t count;
	uint64_t records; /* folded */
};

/* Folds a record. What makes no sense, or has no room, is left out: it is counted anew. */
void agreed_apply(struct agreed *self, const struct journal_agreed *record);
/* NULL when nothing was agreed on yet. */
const struct journal_agreed *agreed_find(const struct agreed *self, const name_t *subject,
                                         bool is_asset);
/* A look agreed: its numbers are the latest; what has changed is saved, calmly. */
void agreed_note(struct recovery *self);
/* All of it, for a new journal. */
void agreed_checkpoint(const struct agreed *self, struct outbox *out);

#endif
