/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/service.h"
#include "common/venue/venue.h"
#include "services/executor/executor.h"

static const struct dialect *dialect_of(const char *venue_name)
{
	const struct venue *venue = venue_named(venue_name);

	return venue == NULL ? NULL : venue->dialect;
}

static const struct service executor_service = {
	.name    = "executor",
	.doc     = "Decides how an approved order is done, once.",
	.logic   = &executor_logic,
	.config  = &executor_config_type,
	.needs   = NEEDS_JOURNAL | NEEDS_HTTP | NEEDS_LINKS | NEEDS_SEAL | NEEDS_VENUE_KEY | NEEDS_HOT_CPU,
	.dialect = dialect_of,
};

int main(int argc, char **argv)
{
	return service_main(&executor_service, argc, argv);
}
