/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/service.h"
#include "services/recovery/recovery.h"

static const struct service recovery_service = {
	.name = "recovery",
	.doc = "watches who is alive",
	.logic = &recovery_logic,
	.config = &recovery_config_type,
};

int main(int argc, char **argv)
{
	return service_main(&recovery_service, argc, argv);
}
