/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/service.h"
#include "services/exchange/exchange.h"
#include "services/exchange/prepare.h"

static unsigned exchange_port(const void *config)
{
	return (unsigned)((const struct exchange_config *)config)->port;
}

static const struct service exchange_service = {
	.name = "exchange",
	.doc = "built-in exchange: speaks Binance spot and plays a recorded session",
	.logic = &exchange_logic,
	.config = &exchange_config_type,
	.listener = &listener_part,
	.needs = NEEDS_JOURNAL,
	.prepare = exchange_prepare,
	.port = exchange_port,
};

int main(int argc, char **argv)
{
	return service_main(&exchange_service, argc, argv);
}
