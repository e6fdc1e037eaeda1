/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/exchange_request.h"

void sim_list_follow(struct sim_exchange *self, const struct sim_turn *turn,
                     struct sim_order *order)
{
	(void)self;
	(void)turn;
	(void)order;
}
