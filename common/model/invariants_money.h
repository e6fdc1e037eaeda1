/* SPDX-License-Identifier: Apache-2.0 */
/* The invariants about executions, positions and balances; rows of the table in invariants.c. Pure.
 */
#ifndef MODEL_INVARIANTS_MONEY_H
#define MODEL_INVARIANTS_MONEY_H

#include "common/model/invariants.h"

invariant_holds money_no_fill_is_imagined;
invariant_holds money_every_trade_is_accounted;
invariant_holds money_positions_are_sums;
invariant_holds money_balances_agree;
invariant_holds money_is_conserved;
invariant_holds money_no_position_flips;

#endif
