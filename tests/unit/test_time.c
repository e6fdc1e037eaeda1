/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/base/random.h"

static void moments_print_as_rfc_3339(void **state)
{
	char text[TIME_TEXT_SIZE];

	(void)state;
	assert_string_equal(time_print(0, text), "1970-01-01T00:00:00.000Z");
	assert_string_equal(time_print(1723161253937 * NANOS_MS, text), "2024-08-08T23:54:13.937Z");
	assert_string_equal(time_print(951782399999999999, text), "2000-02-28T23:59:59.999Z");
	assert_string_equal(time_print(-1, text), "1969-12-31T23:59:59.999Z");
	assert_string_equal(time_print(INT64_MAX, text), "2262-04-11T23:47:16.854Z");
	assert_string_equal(time_print(INT64_MIN, text), "1677-09-21T00:12:43.145Z");
}

static void days_are_utc_and_know_leap_years(void **state)
{
	char text[TIME_TEXT_SIZE];

	(void)state;
	assert_string_equal(time_print_day(1709164800 * NANOS_S, text), "2024-02-29");
	assert_string_equal(time_print_day(1709251200 * NANOS_S, text), "2024-03-01");
	assert_string_equal(time_print_day(4107542400 * NANOS_S - 1, text), "2100-02-28");
	assert_string_equal(time_print_day(4107542400 * NANOS_S, text), "2100-03-01");
	assert_string_equal(time_print_day(-NANOS_DAY - 1, text), "1969-12-30");
}

static void any_moment_prints_as_the_c_library_does(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 20240808);
	for (int i = 0; i < 20000; i++) {
		nanos_t moment = (nanos_t)random_next(&random);
		time_t seconds = moment / NANOS_S - (moment % NANOS_S < 0);
		struct tm tm;
		char expected[64], text[TIME_TEXT_SIZE];
		gmtime_r(&seconds, &tm);
		size_t size = strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(expected + size, sizeof expected - size, ".%03dZ",
		         (int)((moment - seconds * NANOS_S) / NANOS_MS));
		assert_string_equal(time_print(moment, text), expected);
	}
}

static void durations_have_a_unit(void **state)
{
	static const struct {
		const char *text;
		nanos_t value;
	} rows[] = {
		{"0", 0},
		{"0s", 0},
		{"250ms", 250 * NANOS_MS},
		{"60s", 60 * NANOS_S},
		{"2m", 2 * NANOS_MIN},
		{"4h", 240 * NANOS_MIN},
		{"1d", NANOS_DAY},
		{"106751d", 106751 * NANOS_DAY},
		{"9223372036854ms", 9223372036854 * NANOS_MS},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		nanos_t value;
		assert_int_equal(time_parse_duration(rows[i].text, &value), OK);
		assert_int_equal(value, rows[i].value);
	}
}

static void other_durations_are_refused_and_change_nothing(void **state)
{
	static const char *const invalid[] = {
		"",    "s",    "1",    "00",   "-1s",
		"+1s", "1.5s", " 1s",  "1 s",  "1s ",
		"1S",  "1w",   "1mss", "1m1s", "99999999999999999999999999x",
	};
	static const char *const wide[] = {
		"106752d",
		"9223372036855ms",
		"9223372036854775808ms",
		"18446744073709551617s",
	};
	nanos_t value = 42;

	(void)state;
	for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++)
		assert_int_equal(time_parse_duration(invalid[i], &value), ERR_INVALID);
	for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
		assert_int_equal(time_parse_duration(wide[i], &value), ERR_OVERFLOW);
	assert_int_equal(value, 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moments_print_as_rfc_3339),
		cmocka_unit_test(days_are_utc_and_know_leap_years),
		cmocka_unit_test(any_moment_prints_as_the_c_library_does),
		cmocka_unit_test(durations_have_a_unit),
		cmocka_unit_test(other_durations_are_refused_and_change_nothing),
	};

	return cmocka_run_group_tests_name("time", tests, NULL, NULL);
}
