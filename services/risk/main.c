/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/service.h"
#include "services/risk/risk.h"

static const struct service risk_service = {
	.name = "risk",
	.doc = "decides what may be done",
	.logic = &risk_logic,
	.config = &risk_config_type,
	.needs = NEEDS_JOURNAL | NEEDS_SEAL | NEEDS_HOT_CPU | STREAMS_ON_DEMAND,
};

int main(int argc, char **argv)
{
	return service_main(&risk_service, argc, argv);
}
