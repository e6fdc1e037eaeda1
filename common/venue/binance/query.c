/* SPDX-License-Identifier: Apache-2.0 */
#include "common/venue/binance/query.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void query_init(struct query *self, char *text, size_t capacity)
{
	assert(text != NULL && capacity > 0);
	*self = (struct query){.text = text, .capacity = capacity, .err = OK};
	text[0] = '\0';
}

void query_continue(struct query *self, char *text, size_t capacity)
{
	assert(text != NULL && capacity > 0);
	*self = (struct query){.text = text, .size = strlen(text), .capacity = capacity, .err = OK};
}

static bool is_unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       strchr("-._~", c) != NULL;
}

static void put(struct query *self, const char *bytes, size_t size)
{
	if (self->err != OK || self->size + size >= self->capacity) {
		self->err = ERR_FULL;
		return;
	}
	memcpy(self->text + self->size, bytes, size);
	self->size += size;
	self->text[self->size] = '\0';
}

static void put_encoded(struct query *self, char c)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char byte = (unsigned char)c;

	if (is_unreserved(c))
		put(self, &c, 1);
	else
		put(self, (char[]){'%', digits[byte >> 4], digits[byte & 15]}, 3);
}

void query_add(struct query *self, const char *name, const char *value)
{
	if (self->size > 0)
		put(self, "&", 1);
	put(self, name, strlen(name));
	put(self, "=", 1);
	for (; *value != '\0'; value++)
		put_encoded(self, *value);
}

void query_add_number(struct query *self, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRIu64, value);
	query_add(self, name, text);
}

void query_add_decimal(struct query *self, const char *name, decimal_t value)
{
	char text[DECIMAL_TEXT_SIZE];

	query_add(self, name, decimal_print(value, text));
}

enum err query_end(const struct query *self)
{
	return self->err;
}

/* What stands behind "name=", or NULL. */
static const char *find(const char *text, const char *name)
{
	size_t size = strlen(name);

	while (*text != '\0') {
		const char *end = text + strcspn(text, "&");
		if (strncmp(text, name, size) == 0 && text[size] == '=')
			return text + size + 1;
		text = *end == '&' ? end + 1 : end;
	}
	return NULL;
}

bool query_value(const char *text, const char *name, char *out, size_t capacity)
{
	const char *value = find(text, name);
	size_t size = value == NULL ? 0 : strcspn(value, "&");

	if (value == NULL || size >= capacity)
		return false;
	memcpy(out, value, size);
	out[size] = '\0';
	return true;
}

bool query_agrees(const char *text, const char *name, const char *value)
{
	const char *there = find(text, name);
	size_t size = strlen(value);

	return there == NULL || (strcspn(there, "&") == size && memcmp(there, value, size) == 0);
}
