/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/service.h"
#include "common/venue/venue.h"
#include "services/executor/executor.h"

static const struct service executor_service = {
	.name = "executor",
	.doc = "decides how an approved order is done, once",
	.logic = &executor_logic,
	.config = &executor_config_type,
	.needs = NEEDS_JOURNAL | NEEDS_SEAL | NEEDS_VENUE_KEY | NEEDS_HOT_CPU,
	.http = &http_part,
	.links = &links_part,
	.dialect = venue_dialect,
};

int main(int argc, char **argv)
{
	return service_main(&executor_service, argc, argv);
}
