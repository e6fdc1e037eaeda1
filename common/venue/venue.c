/* SPDX-License-Identifier: Apache-2.0 */
#include "common/venue/venue.h"

#include <assert.h>
#include <string.h>

#include "common/venue/binance/binance.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const struct venue *const venues[] = {
	&binance_venue,
};

static const struct venue_profile profiles[] = {
	{
		.name = "paper",
		.window_ms = 1000,
		.queue_ms = 1000,
		.view_lag_ms = 1000,
		.clock_step_ms = 500,
		.request_timeout_ms = 2000,
		.weight_per_minute = 6000,
		.orders_per_10s = 100,
	},
	{
		.name = "binance",
		.window_ms = 2000,
		.queue_ms = 30000,
		.view_lag_ms = 60000,
		.clock_step_ms = 500,
		.request_timeout_ms = 2000,
		.weight_per_minute = 6000,
		.orders_per_10s = 100,
	},
};

const struct venue *venue_named(const char *name)
{
	assert(name != NULL);
	for (size_t i = 0; i < LENGTH(venues); i++)
		if (strcmp(venues[i]->name, name) == 0)
			return venues[i];
	return NULL;
}

const struct dialect *venue_dialect(const char *name)
{
	const struct venue *venue = venue_named(name);
	return venue == NULL ? NULL : venue->dialect;
}

const struct venue_profile *venue_profile_named(const char *name)
{
	assert(name != NULL);
	for (size_t i = 0; i < LENGTH(profiles); i++)
		if (strcmp(profiles[i].name, name) == 0)
			return &profiles[i];
	return NULL;
}
