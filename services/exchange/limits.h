/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange's own rate limits: request weight per minute and unfilled orders per 10 s and day,
   in windows aligned to the clock. Pure. */
#ifndef EXCHANGE_LIMITS_H
#define EXCHANGE_LIMITS_H

#include "common/base/time.h"

#include <stdbool.h>

enum limit_kind { LIMIT_WEIGHT, LIMIT_ORDERS_10S, LIMIT_ORDERS_DAY, LIMIT_KINDS };

struct limit_window {
	nanos_t period;
	uint64_t max, used;
	int64_t number; /* of the window that `used` belongs to */
};

struct limits {
	struct limit_window windows[LIMIT_KINDS];
};

void limits_init(struct limits *self, uint64_t weight_max, uint64_t orders_10s_max,
                 uint64_t orders_day_max);
/* Starts windows anew whose time is over. */
void limits_tick(struct limits *self, nanos_t now);
/* False when it would pass the limit; nothing is then counted. */
bool limits_weigh(struct limits *self, unsigned weight);
void limits_unweigh(struct limits *self, unsigned weight);
bool limits_order(struct limits *self);
/* An order's first execution gives its count back. */
void limits_filled(struct limits *self);
/* Until the window's end. */
nanos_t limits_wait(const struct limits *self, enum limit_kind kind, nanos_t now);

#endif
