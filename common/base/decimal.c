/* SPDX-License-Identifier: Apache-2.0 */
/* Map: normal form; comparing; sums and products; division and rounding; doubles. Text is in
   decimal_text.c, totals are in decimal_total.c. Arguments need not be in normal form, only in
   range; computed results always are. */
#include "common/base/decimal.h"

#include <assert.h>
#include <string.h>

#include "common/base/decimal_wide.h"

enum { ALIGN_ZEROS_MAX = 19, WIDE_POWER_MAX = 38 };

static_assert(DECIMAL_EXPONENT_MAX - DECIMAL_EXPONENT_MIN <= 2 * POWER_MAX,
              "two powers span any two exponents");

const int64_t decimal_powers[POWER_MAX + 1] = {
	1,
	10,
	100,
	1000,
	10000,
	100000,
	1000000,
	10000000,
	100000000,
	1000000000,
	10000000000,
	100000000000,
	1000000000000,
	10000000000000,
	100000000000000,
	1000000000000000,
	10000000000000000,
	100000000000000000,
	1000000000000000000,
};

bool decimal_is_in_range(decimal_t value)
{
	return value.exponent >= DECIMAL_EXPONENT_MIN && value.exponent <= DECIMAL_EXPONENT_MAX &&
	       value.coefficient != INT64_MIN;
}

static bool fits_coefficient(wide_t value)
{
	return value >= -INT64_MAX && value <= INT64_MAX;
}

/* 10^exponent, exponent 0 to WIDE_POWER_MAX. */
static wide_t wide_power(int exponent)
{
	assert(exponent >= 0 && exponent <= WIDE_POWER_MAX);
	wide_t power = 1;
	for (; exponent > POWER_MAX; exponent -= POWER_MAX)
		power *= decimal_powers[POWER_MAX];
	return power * decimal_powers[exponent];
}

enum err decimal_normalise(wide_t coefficient, int exponent, decimal_t *out)
{
	for (; !fits_coefficient(coefficient); coefficient /= 10, exponent++)
		if (coefficient % 10 != 0)
			return ERR_OVERFLOW;
	int64_t narrow = (int64_t)coefficient;
	if (narrow == 0) {
		*out = DECIMAL_ZERO;
		return OK;
	}
	for (; exponent < DECIMAL_EXPONENT_MAX && narrow % 10 == 0; exponent++)
		narrow /= 10;
	for (; exponent > DECIMAL_EXPONENT_MAX; exponent--)
		if (__builtin_mul_overflow(narrow, 10, &narrow))
			return ERR_OVERFLOW;
	if (exponent < DECIMAL_EXPONENT_MIN)
		return ERR_OVERFLOW;
	*out = (decimal_t){narrow, (int8_t)exponent};
	return OK;
}

decimal_t decimal_make(int64_t coefficient, int exponent)
{
	decimal_t result = DECIMAL_ZERO;

	assert(exponent >= DECIMAL_EXPONENT_MIN && exponent <= DECIMAL_EXPONENT_MAX);
	assert(coefficient != INT64_MIN);
	enum err err = decimal_normalise(coefficient, exponent, &result);
	assert(err == OK);
	return result;
}

bool decimal_is_valid(decimal_t value)
{
	if (!decimal_is_in_range(value))
		return false;
	if (value.coefficient == 0)
		return value.exponent == 0;
	return value.exponent == DECIMAL_EXPONENT_MAX || value.coefficient % 10 != 0;
}

int decimal_sign(decimal_t value)
{
	return (value.coefficient > 0) - (value.coefficient < 0);
}

/* `value` as a coefficient at the lower exponent `exponent`; false when that takes more zeros than
   ALIGN_ZEROS_MAX: it is then so large that no coefficient brings it back into 64 bits. */
static bool align(decimal_t value, int exponent, wide_t *out)
{
	int zeros = value.exponent - exponent;

	if (zeros > ALIGN_ZEROS_MAX && value.coefficient != 0)
		return false;
	*out = value.coefficient == 0 ? 0 : (wide_t)value.coefficient * wide_power(zeros);
	return true;
}

int decimal_compare(decimal_t a, decimal_t b)
{
	wide_t wide_a, wide_b;

	assert(decimal_is_in_range(a) && decimal_is_in_range(b));
	int exponent = min_int(a.exponent, b.exponent);
	if (decimal_sign(a) != decimal_sign(b))
		return decimal_sign(a) > decimal_sign(b) ? 1 : -1;
	if (!align(a, exponent, &wide_a))
		return decimal_sign(a);
	if (!align(b, exponent, &wide_b))
		return -decimal_sign(b);
	return (wide_a > wide_b) - (wide_a < wide_b);
}

bool decimal_equals(decimal_t a, decimal_t b)
{
	return decimal_compare(a, b) == 0;
}

decimal_t decimal_negate(decimal_t value)
{
	assert(decimal_is_in_range(value));
	return decimal_make(-value.coefficient, value.exponent);
}

decimal_t decimal_abs(decimal_t value)
{
	assert(decimal_is_in_range(value));
	int64_t magnitude = value.coefficient < 0 ? -value.coefficient : value.coefficient;
	return decimal_make(magnitude, value.exponent);
}

decimal_t decimal_min(decimal_t a, decimal_t b)
{
	return decimal_compare(a, b) <= 0 ? a : b;
}

decimal_t decimal_max(decimal_t a, decimal_t b)
{
	return decimal_compare(a, b) >= 0 ? a : b;
}

enum err decimal_add(decimal_t a, decimal_t b, decimal_t *out)
{
	wide_t wide_a, wide_b;

	assert(decimal_is_in_range(a) && decimal_is_in_range(b));
	/* Normal form first: where the two can't be aligned, the sum then has more digits than fit
	   and the last of them isn't zero. */
	a = decimal_make(a.coefficient, a.exponent);
	b = decimal_make(b.coefficient, b.exponent);
	int exponent = min_int(a.exponent, b.exponent);
	if (a.coefficient == 0 || b.coefficient == 0) {
		*out = a.coefficient == 0 ? b : a;
		return OK;
	}
	if (!align(a, exponent, &wide_a) || !align(b, exponent, &wide_b))
		return ERR_OVERFLOW;
	return decimal_normalise(wide_a + wide_b, exponent, out);
}

enum err decimal_subtract(decimal_t a, decimal_t b, decimal_t *out)
{
	return decimal_add(a, decimal_negate(b), out);
}

enum err decimal_multiply(decimal_t a, decimal_t b, decimal_t *out)
{
	assert(decimal_is_in_range(a) && decimal_is_in_range(b));
	wide_t product = (wide_t)a.coefficient * b.coefficient;
	return decimal_normalise(product, a.exponent + b.exponent, out);
}

/* Q and what is left of a division done digit by digit: the quotient is (Q + a rest below one)
   × 10^exponent, and the rest is zero unless `has_rest`. */
struct quotient {
	wide_t q;
	int exponent;
	bool has_rest;
};

static uint64_t magnitude_of(decimal_t value)
{
	return (uint64_t)(value.coefficient < 0 ? -value.coefficient : value.coefficient);
}

/* |a| / |b| cut after `places`. Once a rest remains, the digits of a quotient of two 63-bit numbers
   hold no run of zeros or nines longer than 18, so 38 digits can't shrink into 64 bits. */
static enum err divide_digits(decimal_t a, decimal_t b, int places, struct quotient *out)
{
	uint64_t dividend = magnitude_of(a), divisor = magnitude_of(b);
	int more = a.exponent - b.exponent + places; /* digits after those of the integers */

	if (more < -ALIGN_ZEROS_MAX) {
		*out = (struct quotient){0, -places, dividend != 0};
		return OK;
	}
	if (more < 0) {
		wide_t wide = (wide_t)divisor * wide_power(-more);
		*out = (struct quotient){dividend / wide, -places, dividend % wide != 0};
		return OK;
	}
	wide_t q = dividend / divisor;
	uint64_t rest = dividend % divisor;
	while (more > 0 && rest != 0) {
		int step = min_int(more, POWER_MAX);
		if (q >= wide_power(WIDE_POWER_MAX - step))
			return ERR_OVERFLOW;
		wide_t scaled = (wide_t)rest * decimal_powers[step];
		q = q * decimal_powers[step] + scaled / divisor;
		rest = (uint64_t)(scaled % divisor);
		more -= step;
	}
	*out = (struct quotient){q, more - places, rest != 0};
	return OK;
}

static bool rounds_away(bool negative, enum rounding rounding)
{
	switch (rounding) {
	case ROUND_DOWN: return false;
	case ROUND_UP: return true;
	case ROUND_FLOOR: return negative;
	case ROUND_CEIL: return !negative;
	}
	assert(!"a direction");
	return false;
}

enum err decimal_divide_rounded(decimal_t a, decimal_t b, unsigned places, enum rounding rounding,
                                decimal_t *out)
{
	struct quotient quotient;
	bool negative = (a.coefficient < 0) != (b.coefficient < 0);

	assert(decimal_is_in_range(a) && decimal_is_in_range(b));
	assert(places <= -DECIMAL_EXPONENT_MIN);
	if (b.coefficient == 0)
		return ERR_INVALID;
	enum err err = divide_digits(a, b, (int)places, &quotient);
	if (err != OK)
		return err;
	if (quotient.has_rest && rounds_away(negative, rounding))
		quotient.q++;
	return decimal_normalise(negative ? -quotient.q : quotient.q, quotient.exponent, out);
}

/* Takes every factor `prime` out of `value`. */
static int take_factors(uint64_t *value, unsigned prime)
{
	int count = 0;

	for (; *value % prime == 0; count++)
		*value /= prime;
	return count;
}

static uint64_t greatest_divisor(uint64_t a, uint64_t b)
{
	while (b != 0) {
		uint64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/* A reduced fraction is finite in decimal when its lower side holds only twos and fives; the upper
   side then takes the ones that are missing to make tens of them. */
enum err decimal_divide(decimal_t a, decimal_t b, decimal_t *out)
{
	assert(decimal_is_in_range(a) && decimal_is_in_range(b));
	if (b.coefficient == 0)
		return ERR_INVALID;
	uint64_t divisor = greatest_divisor(magnitude_of(a), magnitude_of(b));
	uint64_t upper = magnitude_of(a) / divisor, lower = magnitude_of(b) / divisor;
	int twos = take_factors(&lower, 2), fives = take_factors(&lower, 5);
	if (lower != 1)
		return ERR_INEXACT;
	for (int i = twos; i < fives; i++)
		if (__builtin_mul_overflow(upper, 2, &upper))
			return ERR_OVERFLOW;
	for (int i = fives; i < twos; i++)
		if (__builtin_mul_overflow(upper, 5, &upper))
			return ERR_OVERFLOW;
	int exponent = a.exponent - b.exponent - (twos > fives ? twos : fives);
	bool negative = (a.coefficient < 0) != (b.coefficient < 0);
	return decimal_normalise(negative ? -(wide_t)upper : (wide_t)upper, exponent, out);
}

/* |value| less the largest multiple of |step| in it, as a coefficient at the step's exponent where
   that is the lower one, else at the value's. */
static uint64_t rest_of(decimal_t value, decimal_t step)
{
	int zeros = value.exponent - step.exponent;
	uint64_t rest = magnitude_of(value), divisor = magnitude_of(step);

	if (zeros < -ALIGN_ZEROS_MAX)
		return rest;
	if (zeros < 0)
		return (uint64_t)(rest % ((wide_t)divisor * wide_power(-zeros)));
	rest %= divisor;
	for (; zeros > 0 && rest != 0; zeros -= POWER_MAX) {
		int64_t power = decimal_powers[min_int(zeros, POWER_MAX)];
		rest = (uint64_t)((wide_t)rest * power % divisor);
	}
	return rest;
}

bool decimal_is_multiple(decimal_t value, decimal_t step)
{
	assert(decimal_is_in_range(value) && decimal_is_in_range(step) && step.coefficient > 0);
	return rest_of(value, step) == 0;
}

/* How many whole steps lie in |value|, for a step whose exponent is the higher one. */
static wide_t steps_in(decimal_t value, decimal_t step)
{
	int zeros = step.exponent - value.exponent;

	if (zeros > ALIGN_ZEROS_MAX)
		return 0;
	return magnitude_of(value) / ((wide_t)magnitude_of(step) * wide_power(zeros));
}

enum err decimal_round_to(decimal_t value, decimal_t step, enum rounding rounding, decimal_t *out)
{
	bool negative = value.coefficient < 0;
	bool away = rounds_away(negative, rounding);

	assert(decimal_is_in_range(value) && decimal_is_in_range(step) && step.coefficient > 0);
	uint64_t rest = rest_of(value, step);
	if (rest == 0) {
		*out = decimal_make(value.coefficient, value.exponent);
		return OK;
	}
	if (value.exponent < step.exponent) {
		wide_t rounded = (steps_in(value, step) + away) * step.coefficient;
		return decimal_normalise(negative ? -rounded : rounded, step.exponent, out);
	}
	int64_t change = away ? step.coefficient - (int64_t)rest : -(int64_t)rest;
	return decimal_add(value, decimal_make(negative ? -change : change, step.exponent), out);
}

enum err decimal_round_places(decimal_t value, unsigned places, enum rounding rounding,
                              decimal_t *out)
{
	return decimal_divide_rounded(value, DECIMAL_ONE, places, rounding, out);
}

double decimal_to_double(decimal_t value)
{
	assert(decimal_is_in_range(value));
	/* long double holds both sides exactly, so only the end rounds. */
	long double coefficient = (long double)value.coefficient;
	if (value.exponent < 0)
		return (double)(coefficient / (long double)decimal_powers[-value.exponent]);
	return (double)(coefficient * (long double)decimal_powers[value.exponent]);
}

/* A finite double is fraction × 2^exponent; read from its bits, because it must be exact. */
struct binary {
	uint64_t fraction;
	int exponent;
	bool negative, finite;
};

static struct binary binary_of(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof bits);
	int biased = (int)(bits >> 52 & 0x7ff);
	uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
	return (struct binary){
		.fraction = biased == 0 ? fraction : fraction | UINT64_C(1) << 52,
		.exponent = (biased == 0 ? 1 : biased) - 1075,
		.negative = bits >> 63 != 0,
		.finite = biased != 0x7ff,
	};
}

enum err decimal_from_double(double value, unsigned places, enum rounding rounding, decimal_t *out)
{
	enum { WHOLE_SHIFT_MAX = 73, FRACTION_SHIFT_MAX = 126 };
	struct binary binary = binary_of(value);
	wide_t wide = (wide_t)binary.fraction;

	assert(places <= -DECIMAL_EXPONENT_MIN);
	if (!binary.finite)
		return ERR_INVALID;
	if (binary.exponent > WHOLE_SHIFT_MAX)
		return ERR_OVERFLOW;
	if (binary.exponent >= 0) {
		wide <<= binary.exponent;
		return decimal_normalise(binary.negative ? -wide : wide, 0, out);
	}
	int shift = min_int(-binary.exponent, FRACTION_SHIFT_MAX);
	wide *= decimal_powers[places];
	wide_t cut = wide >> shift;
	if (cut << shift != wide && rounds_away(binary.negative, rounding))
		cut++;
	return decimal_normalise(binary.negative ? -cut : cut, -(int)places, out);
}
