/* SPDX-License-Identifier: Apache-2.0 */
/* What the bodies of decimal.h share: 128-bit numbers and the way back from them. Nobody else
   includes this. */
#ifndef BASE_DECIMAL_WIDE_H
#define BASE_DECIMAL_WIDE_H

#include "common/base/decimal.h"

typedef __int128 wide_t;
typedef unsigned __int128 uwide_t;

enum { POWER_MAX = 18, WIDE_DIGITS = 39 /* of the largest 128-bit number */ };

/* 10^0 to 10^POWER_MAX. */
extern const int64_t decimal_powers[POWER_MAX + 1];

/* What every argument must be, in normal form or not: the exponent in its bounds, the coefficient
   not the most negative number. */
bool decimal_is_in_range(decimal_t value);

/* The normal form of coefficient × 10^exponent, or ERR_OVERFLOW. Zeros move into the exponent up
   to its bound and, beyond the bound, back into the coefficient. */
MUST_CHECK enum err decimal_normalise(wide_t coefficient, int exponent, decimal_t *out);

/* coefficient × 10^exponent with at least `places` digits after the point. The caller knows that
   the text has room. */
void decimal_print_wide(wide_t coefficient, int exponent, int places, char *text);

static inline int min_int(int a, int b)
{
	return a < b ? a : b;
}

#endif
