/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/service.h"
#include "services/strategy/check.h"

static const struct service strategy_service = {
	.name = "strategy",
	.doc = "hosts the bots: decides what each wants",
	.logic = &strategy_logic,
	.config = &strategy_config_type,
	.needs = NEEDS_HOT_CPU,
	.prepare = strategy_check,
};

int main(int argc, char **argv)
{
	return service_main(&strategy_service, argc, argv);
}
