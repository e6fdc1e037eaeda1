/* SPDX-License-Identifier: Apache-2.0 */
/* The kill path that needs nobody (K-03): `recovery --take-over LEVEL` takes the executor's lock
   and journal, ends an executor that still holds them, and runs the executor's own logic with a
   HALT of that level as its first request, in its own process with its own exchange client. Nothing
   else of the stack has to be there. It ends by itself when nothing is left, or tells what is left.
 */
#ifndef RECOVERY_TAKE_OVER_H
#define RECOVERY_TAKE_OVER_H

#include "common/logic/logic.h"

bool take_over_is_asked(int argc, char **argv);
/* Exit code: 0 when no order is open (level 3: and no position) any more. */
int take_over_main(int argc, char **argv);

/* The executor's logic under the order of a HALT; for the tests too. Copied. */
struct logic take_over_logic(const struct command *halt);
/* What is left, one line each, to standard output; the exit code of the run. */
int take_over_verdict(const void *state);

#endif
