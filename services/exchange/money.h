/* SPDX-License-Identifier: Apache-2.0 */
/* Sums that can't overflow here: the filters bound every price and quantity, the configuration
   every balance, so a failure is our own bug (asserted). Pure. */
#ifndef EXCHANGE_MONEY_H
#define EXCHANGE_MONEY_H

#include "common/base/decimal.h"

#include <assert.h>

/* Digits after the point of every amount; a unit is one at the last of them. */
enum { MONEY_PLACES = 8 };

static inline decimal_t money_add(decimal_t a, decimal_t b)
{
	decimal_t sum;
	enum err err = decimal_add(a, b, &sum);
	assert(err == OK);
	return sum;
}

static inline decimal_t money_subtract(decimal_t a, decimal_t b)
{
	decimal_t rest;
	enum err err = decimal_subtract(a, b, &rest);
	assert(err == OK);
	return rest;
}

static inline decimal_t money_multiply(decimal_t a, decimal_t b)
{
	decimal_t product;
	enum err err = decimal_multiply(a, b, &product);
	assert(err == OK);
	return product;
}

/* `amount × rate`, cut to MONEY_PLACES. */
static inline decimal_t money_fee(decimal_t amount, decimal_t rate)
{
	decimal_t fee;
	enum err err =
		decimal_round_places(money_multiply(amount, rate), MONEY_PLACES, ROUND_DOWN, &fee);
	assert(err == OK);
	return fee;
}

static inline bool money_is_zero(decimal_t value)
{
	return decimal_sign(value) == 0;
}

#endif
