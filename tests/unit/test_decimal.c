/* SPDX-License-Identifier: Apache-2.0 */
/* Examples, then properties: random cases are compared with GMP's rationals. A run prints its seed;
   SEED=n repeats it. */
#include "common/base/decimal.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <gmp.h>

#include "common/base/random.h"

enum { CASES = 30000 };

static uint64_t seed;

static void assert_prints(decimal_t value, const char *expected)
{
	char text[DECIMAL_TEXT_SIZE];

	assert_true(decimal_is_valid(value));
	assert_string_equal(decimal_print(value, text), expected);
}

static void rounds_in_the_named_direction(void **state)
{
	static const struct {
		const char *value, *step;
		enum rounding rounding;
		const char *expected;
	} rows[] = {
		{"60123.456", "0.01", ROUND_DOWN, "60123.45"},
		{"60123.456", "0.01", ROUND_UP, "60123.46"},
		{"-1.5", "1", ROUND_DOWN, "-1"},
		{"-1.5", "1", ROUND_UP, "-2"},
		{"-1.5", "1", ROUND_FLOOR, "-2"},
		{"-1.5", "1", ROUND_CEIL, "-1"},
		{"1.5", "1", ROUND_FLOOR, "1"},
		{"1.5", "1", ROUND_CEIL, "2"},
		{"7", "2.5", ROUND_DOWN, "5"},
		{"7", "2.5", ROUND_UP, "7.5"},
		{"7.5", "2.5", ROUND_UP, "7.5"},
		{"0", "0.1", ROUND_UP, "0"},
		{"3", "1000", ROUND_UP, "1000"},
		{"3", "1000", ROUND_DOWN, "0"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		decimal_t value = decimal_of(rows[i].value), step = decimal_of(rows[i].step), out;
		assert_int_equal(decimal_round_to(value, step, rows[i].rounding, &out), OK);
		assert_prints(out, rows[i].expected);
	}
}

static void rounds_a_huge_multiple_of_a_tiny_step_to_itself(void **state)
{
	decimal_t huge = decimal_make(3, 18), tiny = decimal_make(1, -18), out;

	(void)state;
	assert_int_equal(decimal_round_to(huge, tiny, ROUND_DOWN, &out), OK);
	assert_prints(out, "3000000000000000000");
	assert_true(decimal_is_multiple(huge, tiny));
	assert_false(decimal_is_multiple(tiny, huge));
}

static void a_sum_across_nineteen_zeros_may_still_fit(void **state)
{
	decimal_t out;

	(void)state;
	decimal_t a = decimal_make(1, 18), b = decimal_of("-900000000000000000.1");
	assert_int_equal(decimal_add(a, b, &out), OK);
	assert_prints(out, "99999999999999999.9");
}

static void division_tells_endless_from_too_wide(void **state)
{
	decimal_t out;

	(void)state;
	assert_int_equal(decimal_divide(decimal_of("1"), decimal_of("3"), &out), ERR_INEXACT);
	assert_int_equal(decimal_divide(decimal_make(1, -18), decimal_of("2"), &out), ERR_OVERFLOW);
	assert_int_equal(decimal_divide(decimal_of("1"), DECIMAL_ZERO, &out), ERR_INVALID);
	assert_int_equal(decimal_divide_rounded(decimal_of("1"), DECIMAL_ZERO, 2, ROUND_UP, &out),
	                 ERR_INVALID);
	assert_int_equal(decimal_divide(decimal_of("-1"), decimal_of("8"), &out), OK);
	assert_prints(out, "-0.125");
}

static void a_satoshi_and_a_minutes_turnover_add_up_exactly(void **state)
{
	struct decimal_total total = DECIMAL_TOTAL_ZERO;
	char text[DECIMAL_TEXT_SIZE + 16];
	decimal_t satoshi = decimal_of("0.00000001"), price = decimal_of("0.0001"), value;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(decimal_total_add(&total, decimal_of("400000000000")), OK);
	assert_int_equal(decimal_total_add_product(&total, satoshi, price), OK);
	assert_string_equal(decimal_total_print(&total, text), "1200000000000.000000000001");
	assert_int_equal(decimal_total_value(&total, &value), ERR_OVERFLOW);
	assert_int_equal(decimal_total_add_product(&total, decimal_negate(satoshi), price), OK);
	assert_int_equal(decimal_total_value(&total, &value), OK);
	assert_prints(value, "1200000000000");
}

static void a_total_that_overflows_keeps_its_value(void **state)
{
	struct decimal_total total = DECIMAL_TOTAL_ZERO;
	char text[DECIMAL_TEXT_SIZE + 16];
	decimal_t tiny = decimal_make(3, -18);

	(void)state;
	assert_int_equal(decimal_total_add(&total, decimal_make(1, 18)), OK);
	assert_int_equal(decimal_total_add_product(&total, tiny, tiny), ERR_OVERFLOW);
	assert_string_equal(decimal_total_print(&total, text), "1000000000000000000");
}

static void doubles_that_are_no_number_are_refused(void **state)
{
	decimal_t out;

	(void)state;
	assert_int_equal(decimal_from_double((double)NAN, 2, ROUND_DOWN, &out), ERR_INVALID);
	assert_int_equal(decimal_from_double((double)-INFINITY, 2, ROUND_DOWN, &out), ERR_INVALID);
	assert_int_equal(decimal_from_double(DBL_MAX, 2, ROUND_DOWN, &out), ERR_OVERFLOW);
	assert_int_equal(decimal_from_double(-5e-324, 2, ROUND_FLOOR, &out), OK);
	assert_prints(out, "-0.01");
	assert_int_equal(decimal_from_double(0.3, 1, ROUND_DOWN, &out), OK);
	assert_prints(out, "0.2");
	assert_int_equal(decimal_from_double(1e22, 18, ROUND_DOWN, &out), OK);
	assert_prints(out, "10000000000000000000000");
	assert_true(decimal_to_double(decimal_of("60123.45")) == 60123.45);
}

static void only_normal_forms_are_valid(void **state)
{
	(void)state;
	assert_true(decimal_is_valid(decimal_make(10, 18)));
	assert_true(decimal_is_valid(DECIMAL_ZERO));
	assert_false(decimal_is_valid((decimal_t){10, 0}));
	assert_false(decimal_is_valid((decimal_t){0, 1}));
	assert_false(decimal_is_valid((decimal_t){1, 19}));
	assert_false(decimal_is_valid((decimal_t){1, -19}));
	assert_false(decimal_is_valid((decimal_t){INT64_MIN, 0}));
}

/* The oracle: GMP's rationals, and what of them a decimal can hold. */

static struct oracle {
	struct random random;
	mpq_t a, b, result;
	mpz_t integer, power;
} oracle;

static int set_up(void **state)
{
	(void)state;
	random_init(&oracle.random, seed);
	mpq_inits(oracle.a, oracle.b, oracle.result, NULL);
	mpz_inits(oracle.integer, oracle.power, NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	mpq_clears(oracle.a, oracle.b, oracle.result, NULL);
	mpz_clears(oracle.integer, oracle.power, NULL);
	return 0;
}

/* All widths equally often, often near the bounds, often with few digits. */
static decimal_t any_decimal(void)
{
	struct random *random = &oracle.random;
	int64_t coefficient = (int64_t)(random_next(random) >> (1 + random_below(random, 63)));
	int exponent = (int)random_below(random, 37) - 18;

	switch (random_below(random, 8)) {
	case 0: coefficient = INT64_MAX - (int64_t)random_below(random, 3); break;
	case 1: coefficient = (int64_t)random_below(random, 1000) * 1000000000; break;
	case 2: exponent = -(int)random_below(random, 9); break;
	}
	return decimal_make(random_below(random, 2) ? -coefficient : coefficient, exponent);
}

static void scale(mpq_t value, int exponent)
{
	mpz_ui_pow_ui(oracle.power, 10, (unsigned long)abs(exponent));
	mpq_t factor;
	mpq_init(factor);
	mpq_set_z(factor, oracle.power);
	if (exponent < 0)
		mpq_div(value, value, factor);
	else
		mpq_mul(value, value, factor);
	mpq_clear(factor);
}

static void to_rational(mpq_t out, decimal_t value)
{
	mpq_set_si(out, value.coefficient, 1);
	scale(out, value.exponent);
}

/* The decimal that equals oracle.result, or why there is none. */
static enum err expected_decimal(decimal_t *out)
{
	mpq_t scaled;
	int exponent = DECIMAL_EXPONENT_MIN;

	mpq_init(scaled);
	mpq_set(scaled, oracle.result);
	scale(scaled, 200);
	bool finite = mpz_cmp_ui(mpq_denref(scaled), 1) == 0;
	mpq_set(scaled, oracle.result);
	scale(scaled, -DECIMAL_EXPONENT_MIN);
	bool fits = mpz_cmp_ui(mpq_denref(scaled), 1) == 0;
	mpz_set(oracle.integer, mpq_numref(scaled));
	mpq_clear(scaled);
	if (!fits)
		return finite ? ERR_OVERFLOW : ERR_INEXACT;
	while (exponent < DECIMAL_EXPONENT_MAX && mpz_divisible_ui_p(oracle.integer, 10)) {
		mpz_divexact_ui(oracle.integer, oracle.integer, 10);
		exponent++;
	}
	if (!mpz_fits_slong_p(oracle.integer) || mpz_get_si(oracle.integer) == INT64_MIN)
		return ERR_OVERFLOW;
	*out = (decimal_t){mpz_get_si(oracle.integer), (int8_t)exponent};
	if (out->coefficient == 0)
		*out = DECIMAL_ZERO;
	return OK;
}

static void check(const char *what, decimal_t a, decimal_t b, enum err err, decimal_t out)
{
	decimal_t expected = {0, 0};
	enum err expected_err = expected_decimal(&expected);

	if (err == expected_err && (err != OK || (out.coefficient == expected.coefficient &&
	                                          out.exponent == expected.exponent)))
		return;
	fail_msg("SEED=%llu: %s of %lldE%d and %lldE%d is %s %lldE%d, not %s %lldE%d",
	         (unsigned long long)seed, what, (long long)a.coefficient, a.exponent,
	         (long long)b.coefficient, b.exponent, err_name(err), (long long)out.coefficient,
	         out.exponent, err_name(expected_err), (long long)expected.coefficient,
	         expected.exponent);
}

static void sums_products_and_quotients_are_exact(void **state)
{
	(void)state;
	for (int i = 0; i < CASES; i++) {
		decimal_t a = any_decimal(), b = any_decimal(), out = DECIMAL_ZERO;
		to_rational(oracle.a, a);
		to_rational(oracle.b, b);
		mpq_add(oracle.result, oracle.a, oracle.b);
		enum err err = decimal_add(a, b, &out);
		check("sum", a, b, err, out);
		mpq_sub(oracle.result, oracle.a, oracle.b);
		err = decimal_subtract(a, b, &out);
		check("difference", a, b, err, out);
		mpq_mul(oracle.result, oracle.a, oracle.b);
		err = decimal_multiply(a, b, &out);
		check("product", a, b, err, out);
		if (b.coefficient == 0)
			continue;
		mpq_div(oracle.result, oracle.a, oracle.b);
		err = decimal_divide(a, b, &out);
		check("quotient", a, b, err, out);
	}
}

static void comparing_agrees_with_the_rationals(void **state)
{
	(void)state;
	for (int i = 0; i < CASES; i++) {
		decimal_t a = any_decimal(), b = any_decimal(), near = DECIMAL_ZERO;
		decimal_t last_place = decimal_make(1, a.exponent);
		if (random_below(&oracle.random, 2) && decimal_add(a, last_place, &near) == OK)
			b = near;
		to_rational(oracle.a, a);
		to_rational(oracle.b, b);
		int expected = mpq_cmp(oracle.a, oracle.b);
		expected = (expected > 0) - (expected < 0);
		assert_int_equal(decimal_compare(a, b), expected);
		assert_int_equal(decimal_compare(b, a), -expected);
		assert_int_equal(decimal_equals(a, b), expected == 0);
		assert_true(decimal_compare(decimal_min(a, b), decimal_max(a, b)) <= 0);
		assert_int_equal(decimal_sign(a), mpq_sgn(oracle.a));
		assert_true(decimal_compare(decimal_abs(a), a) == (mpq_sgn(oracle.a) < 0));
	}
}

/* oracle.result becomes the integer next to it in the named direction. */
static void round_result(enum rounding rounding)
{
	mpz_ptr n = mpq_numref(oracle.result), d = mpq_denref(oracle.result);
	enum rounding upward = mpq_sgn(oracle.result) > 0 ? ROUND_UP : ROUND_DOWN;

	if (rounding == ROUND_CEIL || rounding == upward)
		mpz_cdiv_q(oracle.integer, n, d);
	else
		mpz_fdiv_q(oracle.integer, n, d);
	mpq_set_z(oracle.result, oracle.integer);
}

static void rounding_is_to_the_next_step_and_place(void **state)
{
	(void)state;
	for (int i = 0; i < CASES; i++) {
		decimal_t a = any_decimal(), b = any_decimal(), out = DECIMAL_ZERO;
		enum rounding rounding = (enum rounding)random_below(&oracle.random, 4);
		unsigned places = (unsigned)random_below(&oracle.random, 19);
		if (b.coefficient == 0)
			continue;
		to_rational(oracle.a, a);
		to_rational(oracle.b, b);
		mpq_div(oracle.result, oracle.a, oracle.b);
		scale(oracle.result, (int)places);
		round_result(rounding);
		scale(oracle.result, -(int)places);
		enum err err = decimal_divide_rounded(a, b, places, rounding, &out);
		check("rounded quotient", a, b, err, out);

		mpq_set(oracle.result, oracle.a);
		scale(oracle.result, (int)places);
		round_result(rounding);
		scale(oracle.result, -(int)places);
		err = decimal_round_places(a, places, rounding, &out);
		check("round to places", a, decimal_make(places, 0), err, out);

		decimal_t step = decimal_abs(b);
		mpq_abs(oracle.b, oracle.b);
		mpq_div(oracle.result, oracle.a, oracle.b);
		bool is_multiple = mpz_cmp_ui(mpq_denref(oracle.result), 1) == 0;
		assert_int_equal(decimal_is_multiple(a, step), is_multiple);
		round_result(rounding);
		mpq_mul(oracle.result, oracle.result, oracle.b);
		err = decimal_round_to(a, step, rounding, &out);
		check("round to step", a, step, err, out);
	}
}

static void text_round_trips_and_padding_changes_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < CASES; i++) {
		decimal_t value = any_decimal(), back;
		char text[DECIMAL_TEXT_SIZE * 2], number[DECIMAL_TEXT_SIZE];
		strcpy(text, decimal_print(value, number));
		assert_int_equal(decimal_parse(text, strlen(text), &back), OK);
		assert_memory_equal(&back.coefficient, &value.coefficient, sizeof back.coefficient);
		assert_int_equal(back.exponent, value.exponent);
		strcat(text, strchr(text, '.') ? "00000" : ".00000");
		text[strlen(text) - random_below(&oracle.random, 5)] = '\0';
		assert_int_equal(decimal_parse(text, strlen(text), &back), OK);
		assert_true(decimal_equals(back, value));
	}
}

/* Digits of a number, every third a zero. */
static void any_digits(char *digits, size_t size)
{
	struct random *random = &oracle.random;

	for (size_t i = 0; i < size; i++)
		digits[i] = (char)('0' + (random_below(random, 3) ? random_below(random, 10) : 0));
	if (digits[0] == '0')
		digits[0] = '1';
	digits[size] = '\0';
}

static void random_digits_parse_as_the_rationals_do(void **state)
{
	(void)state;
	for (int i = 0; i < CASES; i++) {
		char text[64], digits[64];
		size_t whole = 1 + random_below(&oracle.random, 20);
		size_t places = random_below(&oracle.random, 20);
		any_digits(digits, whole + places);
		snprintf(text, sizeof text, "%.*s%s%s", (int)whole, digits, places ? "." : "",
		         digits + whole);
		mpz_set_str(oracle.integer, digits, 10);
		mpq_set_z(oracle.result, oracle.integer);
		scale(oracle.result, -(int)places);
		decimal_t out = DECIMAL_ZERO;
		enum err err = decimal_parse(text, strlen(text), &out);
		check(text, DECIMAL_ZERO, DECIMAL_ZERO, err, out);
	}
}

static void doubles_become_their_exact_value_rounded(void **state)
{
	(void)state;
	for (int i = 0; i < CASES; i++) {
		double value = ldexp((double)(int64_t)random_next(&oracle.random),
		                     (int)random_below(&oracle.random, 140) - 130);
		enum rounding rounding = (enum rounding)random_below(&oracle.random, 4);
		unsigned places = (unsigned)random_below(&oracle.random, 19);
		decimal_t out = DECIMAL_ZERO;
		mpq_set_d(oracle.result, value);
		scale(oracle.result, (int)places);
		round_result(rounding);
		scale(oracle.result, -(int)places);
		enum err err = decimal_from_double(value, places, rounding, &out);
		check("from double", DECIMAL_ZERO, DECIMAL_ZERO, err, out);
		decimal_t any = any_decimal();
		to_rational(oracle.a, any);
		double back = decimal_to_double(any), reference = mpq_get_d(oracle.a);
		assert_true(fabs(back - reference) <= fabs(reference) * DBL_EPSILON);
	}
}

/* Half the width and at most eight places: products of these fit into a total. */
static decimal_t any_amount(void)
{
	return decimal_make(any_decimal().coefficient >> 30, -(int)random_below(&oracle.random, 9));
}

/* oracle.a becomes what the text says: its digits without the point, then the point's place. */
static void text_to_rational(const char *text)
{
	char digits[64];
	const char *point = strchr(text, '.');
	size_t whole = point ? (size_t)(point - text) : strlen(text);

	snprintf(digits, sizeof digits, "%.*s%s", (int)whole, text, point ? point + 1 : "");
	mpz_set_str(oracle.integer, digits, 10);
	mpq_set_z(oracle.a, oracle.integer);
	scale(oracle.a, point ? -(int)strlen(point + 1) : 0);
}

static void totals_are_exact_sums_of_products(void **state)
{
	char text[DECIMAL_TEXT_SIZE + 16];

	(void)state;
	for (int i = 0; i < CASES / 8; i++) {
		struct decimal_total total = DECIMAL_TOTAL_ZERO;
		mpq_set_ui(oracle.result, 0, 1);
		for (int j = 0; j < 8; j++) {
			decimal_t a = any_amount(), b = any_amount();
			to_rational(oracle.a, a);
			to_rational(oracle.b, b);
			assert_int_equal(decimal_total_add_product(&total, a, b), OK);
			assert_int_equal(decimal_total_add(&total, b), OK);
			mpq_mul(oracle.a, oracle.a, oracle.b);
			mpq_add(oracle.result, oracle.result, oracle.a);
			mpq_add(oracle.result, oracle.result, oracle.b);
		}
		decimal_t out = DECIMAL_ZERO;
		enum err err = decimal_total_value(&total, &out);
		check("total", DECIMAL_ZERO, DECIMAL_ZERO, err, out);
		text_to_rational(decimal_total_print(&total, text));
		assert_true(mpq_equal(oracle.a, oracle.result));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rounds_in_the_named_direction),
		cmocka_unit_test(rounds_a_huge_multiple_of_a_tiny_step_to_itself),
		cmocka_unit_test(a_sum_across_nineteen_zeros_may_still_fit),
		cmocka_unit_test(division_tells_endless_from_too_wide),
		cmocka_unit_test(a_satoshi_and_a_minutes_turnover_add_up_exactly),
		cmocka_unit_test(a_total_that_overflows_keeps_its_value),
		cmocka_unit_test(doubles_that_are_no_number_are_refused),
		cmocka_unit_test(only_normal_forms_are_valid),
		cmocka_unit_test(sums_products_and_quotients_are_exact),
		cmocka_unit_test(comparing_agrees_with_the_rationals),
		cmocka_unit_test(rounding_is_to_the_next_step_and_place),
		cmocka_unit_test(text_round_trips_and_padding_changes_nothing),
		cmocka_unit_test(random_digits_parse_as_the_rationals_do),
		cmocka_unit_test(doubles_become_their_exact_value_rounded),
		cmocka_unit_test(totals_are_exact_sums_of_products),
	};
	const char *given = getenv("SEED");

	seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	printf("test_decimal: SEED=%llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests_name("decimal", tests, set_up, tear_down);
}
