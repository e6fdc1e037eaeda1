/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/service.h"
#include "common/venue/venue.h"
#include "services/feed/feed.h"

static const struct service feed_service = {
	.name = "feed",
	.doc = "decides which market data is sound",
	.logic = &feed_logic,
	.config = &feed_config_type,
	.http = &http_part,
	.links = &links_part,
	.dialect = venue_dialect,
};

int main(int argc, char **argv)
{
	return service_main(&feed_service, argc, argv);
}
