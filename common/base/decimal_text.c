/* SPDX-License-Identifier: Apache-2.0 */
/* Decimals from and to text. Parsing stands on the path of market data. */
#include "common/base/decimal.h"

#include <assert.h>
#include <string.h>

#include "common/base/decimal_wide.h"

/* What the digits of a text amount to, before the sign. */
struct digits {
	wide_t value;
	int places; /* digits after the point; may pass any exponent */
	bool has_point;
	bool fits;
};

static bool is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* Up to 18 digits can't pass 64 bits, so nothing needs checking on the way. */
static const char *take_short(const char *text, const char *end, uint64_t *value)
{
	for (; text < end && is_digit(*text); text++)
		*value = *value * 10 + (uint64_t)(*text - '0');
	return text;
}

static const char *take_long(const char *text, const char *end, struct digits *digits)
{
	wide_t value = digits->value;

	for (; text < end && is_digit(*text); text++)
		digits->fits = digits->fits && !__builtin_mul_overflow(value, 10, &value) &&
		               !__builtin_add_overflow(value, *text - '0', &value);
	digits->value = value;
	return text;
}

/* The digits from `text` to `end`, zeros at the end already left out. */
static enum err read_digits(const char *text, const char *end, struct digits *digits)
{
	bool is_short = end - text <= POWER_MAX;
	uint64_t value = 0;

	*digits = (struct digits){.fits = true};
	text = is_short ? take_short(text, end, &value) : take_long(text, end, digits);
	if (text < end && *text == '.') {
		const char *point = text++;
		text = is_short ? take_short(text, end, &value) : take_long(text, end, digits);
		digits->places = min_int((int)(end - point - 1), INT8_MAX);
		digits->has_point = true;
	}
	if (is_short)
		digits->value = (wide_t)value;
	return text == end ? OK : ERR_INVALID;
}

/* The form alone: digits, and if there is a point, digits after it; no needless leading zero. */
static bool looks_plain(const char *text, const char *end)
{
	if (text == end || !is_digit(*text) || !is_digit(end[-1]))
		return false;
	return *text != '0' || end - text == 1 || text[1] == '.';
}

enum err decimal_parse(const char *text, size_t size, decimal_t *out)
{
	const char *end = text + size;
	const bool negative = size > 0 && *text == '-';
	struct digits digits;

	text += negative;
	if (size > INT32_MAX || !looks_plain(text, end))
		return ERR_INVALID;
	/* Exchanges pad with zeros; leaving them out as text saves dividing them out again. */
	const char *last = end;
	while (last > text && last[-1] == '0')
		last--;
	if (read_digits(text, last, &digits) != OK)
		return ERR_INVALID;
	int exponent = digits.has_point ? -digits.places : min_int((int)(end - last), INT8_MAX);
	if (!digits.fits)
		return ERR_OVERFLOW;
	return decimal_normalise(negative ? -digits.value : digits.value, exponent, out);
}

decimal_t decimal_of(const char *text)
{
	decimal_t value = DECIMAL_ZERO;
	enum err err = decimal_parse(text, strlen(text), &value);

	assert(err == OK);
	return value;
}

/* The digits of `value`, at least one, without NUL. Returns how many. */
static unsigned put_digits(uwide_t value, char digits[WIDE_DIGITS])
{
	char reversed[WIDE_DIGITS];
	unsigned count = 0;

	for (; value > UINT64_MAX; value /= 10)
		reversed[count++] = (char)('0' + value % 10);
	uint64_t narrow = (uint64_t)value;
	do {
		reversed[count++] = (char)('0' + narrow % 10);
		narrow /= 10;
	} while (narrow != 0);
	for (unsigned i = 0; i < count; i++)
		digits[i] = reversed[count - 1 - i];
	return count;
}

static char *put_zeros(char *text, int count)
{
	if (count <= 0)
		return text;
	memset(text, '0', (size_t)count);
	return text + count;
}

static char *put_bytes(char *text, const char *bytes, int count)
{
	memcpy(text, bytes, (size_t)count);
	return text + count;
}

void decimal_print_wide(wide_t coefficient, int exponent, int places, char *text)
{
	char digits[WIDE_DIGITS];
	uwide_t magnitude = coefficient < 0 ? -(uwide_t)coefficient : (uwide_t)coefficient;
	int count = (int)put_digits(magnitude, digits);
	int whole = count + exponent; /* digits before the point; zero or less: leading zeros */
	int kept = whole < 0 ? 0 : min_int(whole, count);

	if (coefficient < 0)
		*text++ = '-';
	text = kept == 0 ? put_zeros(text, 1) : put_bytes(text, digits, kept);
	text = put_zeros(text, coefficient == 0 ? 0 : exponent);
	if (exponent < 0 || places > 0)
		*text++ = '.';
	text = put_zeros(text, -whole);
	text = put_bytes(text, digits + kept, count - kept);
	text = put_zeros(text, places - (exponent < 0 ? -exponent : 0));
	*text = '\0';
}

char *decimal_print(decimal_t value, char text[DECIMAL_TEXT_SIZE])
{
	assert(decimal_is_in_range(value));
	value = decimal_make(value.coefficient, value.exponent);
	decimal_print_wide(value.coefficient, value.exponent, 0, text);
	return text;
}

enum err decimal_print_fixed(decimal_t value, unsigned places, char text[DECIMAL_TEXT_SIZE])
{
	assert(decimal_is_in_range(value));
	value = decimal_make(value.coefficient, value.exponent);
	if (value.exponent < 0 && (unsigned)-value.exponent > places)
		return ERR_INEXACT;
	/* A sign, the widest coefficient, its zeros and the point. */
	unsigned zeros = value.exponent > 0 ? (unsigned)value.exponent : 0;
	if (places > DECIMAL_TEXT_SIZE || 1 + 19 + zeros + 1 + places >= DECIMAL_TEXT_SIZE)
		return ERR_OVERFLOW;
	decimal_print_wide(value.coefficient, value.exponent, (int)places, text);
	return OK;
}
