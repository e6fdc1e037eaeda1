/* SPDX-License-Identifier: Apache-2.0 */
/* Examples; the properties of parsing and printing stand in test_decimal.c. */
#include "common/base/decimal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static enum err parse(const char *text, decimal_t *out)
{
	return decimal_parse(text, strlen(text), out);
}

static void parses_what_exchanges_write(void **state)
{
	static const struct {
		const char *text;
		decimal_t value;
	} rows[] = {
		{"0", {0, 0}},
		{"-0.000", {0, 0}},
		{"7", {7, 0}},
		{"100", {1, 2}},
		{"60123.45000000", {6012345, -2}},
		{"0.00000001", {1, -8}},
		{"-12.3400", {-1234, -2}},
		{"120.00", {12, 1}},
		{"9223372036854775807", {INT64_MAX, 0}},
		{"-9223372036854775807", {-INT64_MAX, 0}},
		{"0.000000000000000001", {1, -18}},
		{"1000000000000000000", {1, 18}},
		{"10000000000000000000", {10, 18}},
		{"9223372036854775807000000000000000000", {INT64_MAX, 18}},
		{"1.0000000000000000000000000000", {1, 0}},
		{"100000000000000000000.00", {100, 18}},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		decimal_t value;
		assert_int_equal(parse(rows[i].text, &value), OK);
		assert_int_equal(value.coefficient, rows[i].value.coefficient);
		assert_int_equal(value.exponent, rows[i].value.exponent);
	}
}

static void refuses_other_forms_and_leaves_the_result_alone(void **state)
{
	static const char *const rows[] = {
		"",
		"-",
		".",
		"-.",
		"+1",
		" 1",
		"1 ",
		"1.",
		".5",
		"1..5",
		"0x10",
		"1,000",
		"007",
		"00",
		"00.5",
		"-01",
		"NaN",
		"1e5",
		"x0",
		"1.5.0",
		"1.-5",
		"--1",
		"inf",
		"1.5x",
		"1x0",
		"1-0",
		"0-1",
		"1.x0",
		"123456789012345678901234567890123456789012345678901234567890x",
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		decimal_t value = {42, 1};
		if (parse(rows[i], &value) != ERR_INVALID)
			fail_msg("'%s' is taken for a number", rows[i]);
		assert_int_equal(value.coefficient, 42);
		assert_int_equal(value.exponent, 1);
	}
}

static void reads_no_further_than_the_size(void **state)
{
	decimal_t value;

	(void)state;
	assert_int_equal(decimal_parse("1.2599", 4, &value), OK);
	assert_true(decimal_equals(value, decimal_make(125, -2)));
	assert_int_equal(decimal_parse("1.2599", 0, &value), ERR_INVALID);
	assert_int_equal(decimal_parse("1\0", 2, &value), ERR_INVALID);
}

static void refuses_what_does_not_fit(void **state)
{
	static const char *const rows[] = {
		"9223372036854775808",
		"-9223372036854775808",
		"0.0000000000000000001",
		"9223372036854775808000000000000000000",
		"10000000000000000000000000000000000000",
		"1234567890123456789.123",
		"18446744073709551617",                    /* 2^64 + 1 */
		"340282366920938463463374607431768211461", /* 2^128 + 5 */
		"99999999999999999999999999999999999999999999999999999",
		"0.00000000000000000000000000000000000000000000000000001",
		"10000000000000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000000000000000000000000000000000000000",
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		decimal_t value;
		if (parse(rows[i], &value) != ERR_OVERFLOW)
			fail_msg("'%s' is taken as if it fitted", rows[i]);
	}
}

static void prints_with_a_fixed_number_of_places(void **state)
{
	static const struct {
		const char *text, *expected;
		unsigned places;
		enum err err;
	} rows[] = {
		{"0.5", "0.50000000", 8, OK},
		{"0", "0.00", 2, OK},
		{"-7", "-7.0", 1, OK},
		{"1200", "1200", 0, OK},
		{"0.00000001", "0.00000001", 8, OK},
		{"-9223372036854775807000000000000000000",
	         "-9223372036854775807000000000000000000.00000000", 8, OK},
		{"0.123", NULL, 2, ERR_INEXACT},
		{"9223372036854775807000000000000000000", NULL, 18, ERR_OVERFLOW},
		{"1", NULL, 4000000000u, ERR_OVERFLOW},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[DECIMAL_TEXT_SIZE];
		decimal_t value = decimal_of(rows[i].text);
		assert_int_equal(decimal_print_fixed(value, rows[i].places, text), rows[i].err);
		if (rows[i].err == OK)
			assert_string_equal(text, rows[i].expected);
	}
}

static void prints_plainly_without_zeros_at_the_end(void **state)
{
	static const char *const rows[] = {
		"0",
		"7",
		"-7",
		"100",
		"0.5",
		"-0.00000001",
		"60123.45",
		"9223372036854775807",
		"-9223372036854775807000000000000000000",
		"0.000000000000000001",
		"10000000000000000000",
	};
	char text[DECIMAL_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(decimal_print(decimal_of(rows[i]), text), rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_what_exchanges_write),
		cmocka_unit_test(refuses_other_forms_and_leaves_the_result_alone),
		cmocka_unit_test(reads_no_further_than_the_size),
		cmocka_unit_test(refuses_what_does_not_fit),
		cmocka_unit_test(prints_with_a_fixed_number_of_places),
		cmocka_unit_test(prints_plainly_without_zeros_at_the_end),
	};

	return cmocka_run_group_tests_name("decimal_text", tests, NULL, NULL);
}
