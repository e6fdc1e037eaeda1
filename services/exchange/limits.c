/* SPDX-License-Identifier: Apache-2.0 */
#include "services/exchange/limits.h"

void limits_init(struct limits *self, uint64_t weight_max, uint64_t orders_10s_max,
                 uint64_t orders_day_max)
{
	*self = (struct limits){
		.windows = {
			[LIMIT_WEIGHT] = {.period = NANOS_MIN, .max = weight_max},
			[LIMIT_ORDERS_10S] = {.period = 10 * NANOS_S, .max = orders_10s_max},
			[LIMIT_ORDERS_DAY] = {.period = NANOS_DAY, .max = orders_day_max},
		}};
}

void limits_tick(struct limits *self, nanos_t now)
{
	for (int kind = 0; kind < LIMIT_KINDS; kind++) {
		struct limit_window *window = &self->windows[kind];
		if (now / window->period != window->number) {
			window->number = now / window->period;
			window->used = 0;
		}
	}
}

bool limits_weigh(struct limits *self, unsigned weight)
{
	struct limit_window *window = &self->windows[LIMIT_WEIGHT];
	if (window->used + weight > window->max)
		return false;
	window->used += weight;
	return true;
}

void limits_unweigh(struct limits *self, unsigned weight)
{
	struct limit_window *window = &self->windows[LIMIT_WEIGHT];
	window->used -= weight < window->used ? weight : window->used;
}

bool limits_order(struct limits *self)
{
	struct limit_window *ten = &self->windows[LIMIT_ORDERS_10S];
	struct limit_window *day = &self->windows[LIMIT_ORDERS_DAY];
	if (day->used >= day->max || ten->used >= ten->max)
		return false;
	ten->used++;
	day->used++;
	return true;
}

void limits_filled(struct limits *self)
{
	for (int kind = LIMIT_ORDERS_10S; kind <= LIMIT_ORDERS_DAY; kind++)
		if (self->windows[kind].used > 0)
			self->windows[kind].used--;
}

nanos_t limits_wait(const struct limits *self, enum limit_kind kind, nanos_t now)
{
	const struct limit_window *window = &self->windows[kind];
	return window->period - now % window->period;
}
