/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/time.h"

#include <stdbool.h>
#include <string.h>

struct civil {
	int year, month, day;
};

struct unit {
	const char *suffix;
	nanos_t size;
};

static const struct unit units[] = {
	{"ms", NANOS_MS}, {"s", NANOS_S}, {"m", NANOS_MIN}, {"h", 60 * NANOS_MIN}, {"d", NANOS_DAY},
};

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static int days_of_year(int year)
{
	return is_leap(year) ? 366 : 365;
}

/* Not gmtime_r, which may read the time zone's files. A 64-bit nanosecond lies between 1677 and
   2262, so walking the years is short. */
static struct civil civil_of(int64_t day)
{
	struct civil civil = {.year = 1970, .month = 1};

	while (day < 0)
		day += days_of_year(--civil.year);
	while (day >= days_of_year(civil.year))
		day -= days_of_year(civil.year++);
	while (day >= days_in(civil.year, civil.month))
		day -= days_in(civil.year, civil.month++);
	civil.day = (int)day + 1;
	return civil;
}

static nanos_t floor_divide(nanos_t a, nanos_t b)
{
	return a / b - (a % b < 0);
}

/* The last `width` digits of `value`; returns the place after them. */
static char *put_digits(char *text, int64_t value, unsigned width)
{
	for (unsigned i = width; i-- > 0; value /= 10)
		text[i] = (char)('0' + value % 10);
	return text + width;
}

static char *put_day(char *text, int64_t day)
{
	struct civil civil = civil_of(day);

	text = put_digits(text, civil.year, 4);
	*text++ = '-';
	text = put_digits(text, civil.month, 2);
	*text++ = '-';
	return put_digits(text, civil.day, 2);
}

char *time_print_day(nanos_t moment, char text[TIME_TEXT_SIZE])
{
	*put_day(text, floor_divide(moment, NANOS_DAY)) = '\0';
	return text;
}

char *time_print(nanos_t moment, char text[TIME_TEXT_SIZE])
{
	int64_t day = floor_divide(moment, NANOS_DAY);
	/* Unsigned: the first day of the range starts before the first moment of it. */
	int64_t ms = (int64_t)((uint64_t)moment - (uint64_t)day * (uint64_t)NANOS_DAY) / NANOS_MS;
	char *end = put_day(text, day);

	*end++ = 'T';
	end = put_digits(end, ms / 3600000, 2);
	*end++ = ':';
	end = put_digits(end, ms / 60000 % 60, 2);
	*end++ = ':';
	end = put_digits(end, ms / 1000 % 60, 2);
	*end++ = '.';
	end = put_digits(end, ms % 1000, 3);
	memcpy(end, "Z", 2);
	return text;
}

static const struct unit *unit_named(const char *suffix)
{
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (strcmp(units[i].suffix, suffix) == 0)
			return &units[i];
	return NULL;
}

enum err time_parse_duration(const char *text, nanos_t *out)
{
	const char *digits = text;
	nanos_t count = 0;
	bool fits = true;

	for (; *text >= '0' && *text <= '9'; text++)
		fits = fits && !__builtin_mul_overflow(count, 10, &count) &&
		       !__builtin_add_overflow(count, *text - '0', &count);
	if (text == digits)
		return ERR_INVALID;
	if (strcmp(digits, "0") == 0) {
		*out = 0;
		return OK;
	}
	const struct unit *unit = unit_named(text);
	if (unit == NULL)
		return ERR_INVALID;
	if (!fits || __builtin_mul_overflow(count, unit->size, &count))
		return ERR_OVERFLOW;
	*out = count;
	return OK;
}
