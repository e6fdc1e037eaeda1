/* SPDX-License-Identifier: Apache-2.0 */
/* The small exchange's cancel-replaces and amends, as far as desk->replaces lets them come. */
#ifndef TESTS_LIB_DESK_CHANGE_H
#define TESTS_LIB_DESK_CHANGE_H

#include "tests/lib/desk.h"

/* Does what the call asks for and answers. */
void desk_answer_change(struct desk *self, const struct desk_call *call);
/* Does it, and nobody hears of it. */
void desk_change(struct desk *self, const struct desk_call *call);

/* An order comes to rest, as the call words it. */
struct desk_order *desk_place(struct desk *self, const struct desk_call *call);

#endif
