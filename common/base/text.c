/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/hash.h"

static_assert(sizeof(name_t) == 4 * sizeof(uint64_t), "a name is hashed as four words");

name_t name_from(const char *text)
{
	name_t name = {.size = (uint8_t)strnlen(text, NAME_MAX_SIZE)};

	memcpy(name.text, text, name.size);
	return name;
}

enum err name_parse(const char *bytes, size_t size, name_t *out)
{
	if (size > NAME_MAX_SIZE || memchr(bytes, '\0', size) != NULL)
		return ERR_INVALID;
	name_t name = {.size = (uint8_t)size};
	memcpy(name.text, bytes, size);
	*out = name;
	return OK;
}

bool name_equals(const name_t *a, const name_t *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

bool name_is(const name_t *a, const char *text)
{
	return strcmp(a->text, text) == 0;
}

uint64_t name_hash(const name_t *name)
{
	uint64_t words[4];
	uint64_t hash = 0;

	memcpy(words, name, sizeof words);
	for (size_t i = 0; i < 4; i++)
		hash = hash_mix(hash + words[i] + HASH_STEP);
	return hash;
}

static bool is_utf8_continuation(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Where to cut `bytes` (longer than TEXT_MAX_SIZE) so that no character is halved. A character has
   at most three continuation bytes: more of them is no UTF-8, and then any cut is as good. */
static size_t cut_before(const char *bytes)
{
	size_t size = TEXT_MAX_SIZE;

	while (size > TEXT_MAX_SIZE - 3 && is_utf8_continuation(bytes[size]))
		size--;
	return is_utf8_continuation(bytes[size]) ? TEXT_MAX_SIZE : size;
}

text_t text_from(const char *text)
{
	size_t size = strnlen(text, TEXT_MAX_SIZE + 1);
	text_t result = {.size = (uint8_t)(size > TEXT_MAX_SIZE ? cut_before(text) : size)};

	memcpy(result.text, text, result.size);
	return result;
}

text_t text_format(const char *format, ...)
{
	char text[TEXT_MAX_SIZE + 2]; /* one byte more than fits: it tells where the cut falls */
	va_list args;

	va_start(args, format);
	int size = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return text_from(size < 0 ? "" : text);
}

bool ident_equals(ident_t a, ident_t b)
{
	return a.high == b.high && a.low == b.low;
}

bool ident_is_none(ident_t ident)
{
	return (ident.high | ident.low) == 0;
}

uint64_t ident_hash(ident_t ident)
{
	return hash_mix(ident.low ^ hash_mix(ident.high + HASH_STEP));
}

static void put_hex(uint64_t value, char *text)
{
	for (unsigned i = 16; i-- > 0; value >>= 4)
		text[i] = "0123456789abcdef"[value & 15];
}

char *ident_print(ident_t ident, char text[IDENT_TEXT_SIZE])
{
	put_hex(ident.high, text);
	put_hex(ident.low, text + 16);
	text[IDENT_TEXT_SIZE - 1] = '\0';
	return text;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

enum err ident_parse(const char *text, size_t size, ident_t *out)
{
	uint64_t words[2] = {0, 0};

	if (size != IDENT_TEXT_SIZE - 1)
		return ERR_INVALID;
	for (size_t i = 0; i < size; i++) {
		int digit = hex_digit(text[i]);
		if (digit < 0)
			return ERR_INVALID;
		words[i / 16] = words[i / 16] << 4 | (uint64_t)digit;
	}
	*out = (ident_t){words[0], words[1]};
	return OK;
}
