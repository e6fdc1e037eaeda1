/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/service.h"
#include "common/venue/venue.h"
#include "services/recovery/command.h"
#include "services/recovery/recovery.h"
#include "services/recovery/take_over.h"

static const struct service recovery_service = {
	.name = "recovery",
	.doc = "watches who is alive and whether the books agree",
	.logic = &recovery_logic,
	.config = &recovery_config_type,
	.needs = NEEDS_JOURNAL | NEEDS_VENUE_KEY | NEEDS_PROCESSES,
	.http = &http_part,
	.dialect = venue_dialect,
	.command = recovery_command,
};

int main(int argc, char **argv)
{
	if (take_over_is_asked(argc, argv))
		return take_over_main(argc, argv);
	return service_main(&recovery_service, argc, argv);
}
