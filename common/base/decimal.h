/* SPDX-License-Identifier: Apache-2.0 */
/* Exact decimal numbers for money and quantities: coefficient × 10^exponent. Never floating point.
   int64 coefficient, int8 exponent, 128 bits in between; what doesn't fit is ERR_OVERFLOW and what
   has no finite result is ERR_INEXACT: nothing wraps or rounds silently. Rounding to a tick or lot
   is a call that names its direction. Results are normalised (no trailing zero in the coefficient,
   zero is 0 × 10^0), so equal values have equal bytes. */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DECIMAL_EXPONENT_MIN = -18, DECIMAL_EXPONENT_MAX = 18, DECIMAL_TEXT_SIZE = 48 };

typedef struct {
	int64_t coefficient;
	int8_t exponent; /* DECIMAL_EXPONENT_MIN to DECIMAL_EXPONENT_MAX */
} decimal_t;

enum rounding {
	ROUND_DOWN, /* toward zero */
	ROUND_UP,   /* away from zero */
	ROUND_FLOOR,
	ROUND_CEIL,
};

#define DECIMAL_ZERO ((decimal_t){0, 0})
#define DECIMAL_ONE ((decimal_t){1, 0})

/* `coefficient × 10^exponent`, normalised. The exponent must be in range (asserted). */
decimal_t decimal_make(int64_t coefficient, int exponent);

/* Plain notation as exchanges write it: "-12.3400", "7"; no exponent, no blank, no leading '+'.
   ERR_INVALID for another form, ERR_OVERFLOW when it doesn't fit exactly. */
MUST_CHECK enum err decimal_parse(const char *text, size_t size, decimal_t *out);

/* For constants in code and tests: asserts that the text is a valid decimal. */
decimal_t decimal_of(const char *text);

/* Plain notation without trailing zeros. Returns `text`. */
char *decimal_print(decimal_t value, char text[DECIMAL_TEXT_SIZE]);

/* Plain notation with exactly `places` digits after the point (Binance writes 8). Digits beyond are
   an error of the caller: ERR_INEXACT. */
MUST_CHECK enum err decimal_print_fixed(decimal_t value, unsigned places,
                                        char text[DECIMAL_TEXT_SIZE]);

/* True when the exponent is in range and the value is in normal form. For decoded bytes. */
bool decimal_is_valid(decimal_t value);

int decimal_compare(decimal_t a, decimal_t b); /* <0, 0, >0; exact, never overflows */
int decimal_sign(decimal_t value);             /* -1, 0, 1 */
bool decimal_equals(decimal_t a, decimal_t b);
decimal_t decimal_negate(decimal_t value); /* the most negative coefficient never occurs */
decimal_t decimal_abs(decimal_t value);
decimal_t decimal_min(decimal_t a, decimal_t b);
decimal_t decimal_max(decimal_t a, decimal_t b);

MUST_CHECK enum err decimal_add(decimal_t a, decimal_t b, decimal_t *out);
MUST_CHECK enum err decimal_subtract(decimal_t a, decimal_t b, decimal_t *out);
MUST_CHECK enum err decimal_multiply(decimal_t a, decimal_t b, decimal_t *out);

/* Exact quotient or ERR_INEXACT; ERR_INVALID for b = 0. */
MUST_CHECK enum err decimal_divide(decimal_t a, decimal_t b, decimal_t *out);

/* Quotient cut to `places` digits after the point in the named direction. */
MUST_CHECK enum err decimal_divide_rounded(decimal_t a, decimal_t b, unsigned places,
                                           enum rounding rounding, decimal_t *out);

/* The nearest multiple of `step` (above zero) in the named direction. */
MUST_CHECK enum err decimal_round_to(decimal_t value, decimal_t step, enum rounding rounding,
                                     decimal_t *out);

/* `value` cut to `places` digits after the point in the named direction (fees). */
MUST_CHECK enum err decimal_round_places(decimal_t value, unsigned places, enum rounding rounding,
                                         decimal_t *out);

/* True when value is a whole multiple of step (above zero). */
bool decimal_is_multiple(decimal_t value, decimal_t step);

/* For indicators and screens only; never back into money without a rounding call. */
double decimal_to_double(decimal_t value);
/* Finite doubles only, rounded to `places`; ERR_INVALID for NaN and infinity. It is the exact value
   of the double that is rounded: 0.3 lies a little below three tenths, so ROUND_DOWN to one place
   gives 0.2. */
MUST_CHECK enum err decimal_from_double(double value, unsigned places, enum rounding rounding,
                                        decimal_t *out);

/* A sum of products that may be wider than 64 bits (volume, turnover): exact, 128 bits. */
struct decimal_total {
	__int128 coefficient;
	int exponent; /* never rises */
};

#define DECIMAL_TOTAL_ZERO ((struct decimal_total){0, 0})

MUST_CHECK enum err decimal_total_add(struct decimal_total *self, decimal_t value);
MUST_CHECK enum err decimal_total_add_product(struct decimal_total *self, decimal_t a, decimal_t b);
/* The total as a decimal, exact or ERR_OVERFLOW. */
MUST_CHECK enum err decimal_total_value(const struct decimal_total *self, decimal_t *out);
/* The total in plain notation, always possible. Returns `text`. */
char *decimal_total_print(const struct decimal_total *self, char text[DECIMAL_TEXT_SIZE + 16]);

#endif
