/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/service.h"
#include "services/alert/alert.h"

static const struct service alert_service = {
	.name = "alert",
	.doc = "decides who is told",
	.logic = &alert_logic,
	.config = &alert_config_type,
	.needs = NEEDS_JOURNAL,
};

int main(int argc, char **argv)
{
	return service_main(&alert_service, argc, argv);
}
