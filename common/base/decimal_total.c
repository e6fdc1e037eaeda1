/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/decimal.h"

#include <assert.h>

#include "common/base/decimal_wide.h"

/* Brings the total and a summand to one exponent, the lower of the two. */
static enum err total_add(struct decimal_total *self, wide_t coefficient, int exponent)
{
	struct decimal_total sum = *self;

	if (coefficient == 0)
		return OK;
	for (; sum.exponent > exponent; sum.exponent--)
		if (__builtin_mul_overflow(sum.coefficient, 10, &sum.coefficient))
			return ERR_OVERFLOW;
	for (; exponent > sum.exponent; exponent--)
		if (__builtin_mul_overflow(coefficient, 10, &coefficient))
			return ERR_OVERFLOW;
	if (__builtin_add_overflow(sum.coefficient, coefficient, &sum.coefficient))
		return ERR_OVERFLOW;
	*self = sum;
	return OK;
}

enum err decimal_total_add(struct decimal_total *self, decimal_t value)
{
	assert(decimal_is_in_range(value));
	return total_add(self, value.coefficient, value.exponent);
}

enum err decimal_total_add_product(struct decimal_total *self, decimal_t a, decimal_t b)
{
	assert(decimal_is_in_range(a) && decimal_is_in_range(b));
	return total_add(self, (wide_t)a.coefficient * b.coefficient, a.exponent + b.exponent);
}

enum err decimal_total_value(const struct decimal_total *self, decimal_t *out)
{
	return decimal_normalise(self->coefficient, self->exponent, out);
}

char *decimal_total_print(const struct decimal_total *self, char text[DECIMAL_TEXT_SIZE + 16])
{
	wide_t coefficient = self->coefficient;
	int exponent = self->exponent;

	assert(exponent <= 0 && exponent >= 2 * DECIMAL_EXPONENT_MIN);
	for (; exponent < 0 && coefficient % 10 == 0; exponent++)
		coefficient /= 10;
	decimal_print_wide(coefficient, exponent, 0, text);
	return text;
}
