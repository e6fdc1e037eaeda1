/* SPDX-License-Identifier: Apache-2.0 */
/* The executor's books as it publishes them: open orders, positions, balances, and of each number
   the last moments, so that it can be compared with what the exchange said a little earlier. Pure. */
#ifndef RECOVERY_OURS_H
#define RECOVERY_OURS_H

#include "services/recovery/state.h"

/* The executor's stream has a gap, or is whole again. Told again after a gap, everything is folded
   anew. */
void ours_stream(struct ours *self, bool whole, nanos_t now);
void ours_order(struct ours *self, const struct order *order, nanos_t now);
void ours_position(struct ours *self, const struct position *position, nanos_t now);
void ours_balance(struct ours *self, const struct balance *balance, nanos_t now);

/* Whether our books held it open at some moment since `from`. */
bool ours_was_open(const struct ours *self, ident_t client_id, nanos_t from);
/* NULL when we never heard of it: then our number is zero. */
const struct subject *subject_find(const struct subjects *self, const name_t *name);
/* The newest; all zero without one. */
struct moment subject_now(const struct subject *self);
/* Whether at some moment since `from`, that moment included, the number was this. */
bool subject_was(const struct subject *self, nanos_t from, decimal_t qty, uint64_t executions);
/* The least and the most that bots held at any moment since then. */
void subject_owned(const struct subject *self, nanos_t from, decimal_t *least, decimal_t *most);
bool ours_is_protected(const struct ours *self, const struct our_position *position);

#endif
