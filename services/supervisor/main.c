/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/service.h"
#include "services/supervisor/command.h"
#include "services/supervisor/supervisor.h"

static const struct service supervisor_service = {
	.name = "supervisor",
	.doc = "starts the processes of one machine and starts them again",
	.logic = &supervisor_logic,
	.config = &supervisor_config_type,
	.needs = NEEDS_PROCESSES,
	.command = supervisor_command,
};

int main(int argc, char **argv)
{
	return service_main(&supervisor_service, argc, argv);
}
