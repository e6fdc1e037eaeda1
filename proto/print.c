/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/print.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct printer {
	char *out;
	size_t capacity;
	size_t size; /* of the whole text, beyond `capacity` too */
};

static void print_bytes(struct printer *self, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++, self->size++)
		if (self->size + 1 < self->capacity)
			self->out[self->size] = bytes[i];
}

static void print_plain(struct printer *self, const char *text)
{
	print_bytes(self, text, strlen(text));
}

/* Length of the well-formed UTF-8 character at `bytes`, 0 when there is none. */
static size_t character_size(const uint8_t *bytes, size_t left)
{
	uint8_t lead = bytes[0];
	size_t size = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

	if (size == 0 || size > left || lead > 0xf4)
		return 0;
	for (size_t i = 1; i < size; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	bool is_overlong = (lead == 0xe0 && bytes[1] < 0xa0) || (lead == 0xf0 && bytes[1] < 0x90);
	bool is_surrogate = lead == 0xed && bytes[1] > 0x9f;
	bool is_beyond = lead == 0xf4 && bytes[1] > 0x8f;
	return is_overlong || is_surrogate || is_beyond ? 0 : size;
}

static void print_string(struct printer *self, const char *text, size_t size)
{
	const uint8_t *bytes = (const uint8_t *)text;

	print_plain(self, "\"");
	for (size_t i = 0, step; i < size; i += step) {
		char escape[8];
		step = character_size(bytes + i, size - i);
		if (step == 0) {
			print_plain(self, "\\ufffd");
			step = 1;
		} else if (bytes[i] == '"' || bytes[i] == '\\') {
			print_bytes(self, (const char[]){'\\', text[i]}, 2);
		} else if (bytes[i] < 0x20) {
			snprintf(escape, sizeof escape, "\\u%04x", (unsigned)bytes[i]);
			print_plain(self, escape);
		} else {
			print_bytes(self, text + i, step);
		}
	}
	print_plain(self, "\"");
}

static void print_quoted(struct printer *self, const char *text)
{
	print_string(self, text, strlen(text));
}

static void print_decimal(struct printer *self, decimal_t value)
{
	char text[DECIMAL_TEXT_SIZE];

	print_quoted(self, decimal_print(value, text));
}

static void print_ident(struct printer *self, ident_t value)
{
	char text[IDENT_TEXT_SIZE];

	print_quoted(self, ident_print(value, text));
}

static void print_count(struct printer *self, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRIu64, value);
	print_plain(self, text);
}

static void print_nanos(struct printer *self, nanos_t value)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRId64, value);
	print_plain(self, text);
}

static void print_levels(struct printer *self, const struct levels *levels)
{
	print_plain(self, "[");
	for (size_t i = 0; i < levels->count && i < LEVELS_MAX; i++) {
		print_plain(self, i == 0 ? "[" : ",[");
		print_decimal(self, levels->items[i].price);
		print_plain(self, ",");
		print_decimal(self, levels->items[i].qty);
		print_plain(self, "]");
	}
	print_plain(self, "]");
}

static void print_counts(struct printer *self, const struct counts *counts)
{
	print_plain(self, "[");
	for (size_t i = 0; i < counts->count && i < COUNTS_MAX; i++) {
		print_plain(self, i == 0 ? "" : ",");
		print_count(self, counts->items[i]);
	}
	print_plain(self, "]");
}

static void print_value(struct printer *self, const struct field_info *field, const void *value)
{
	const name_t *name = value;
	const text_t *text = value;

	switch (field->kind) {
	case KIND_FLAG: print_plain(self, *(const bool *)value ? "true" : "false"); break;
	case KIND_COUNT: print_count(self, *(const uint64_t *)value); break;
	case KIND_NANOS: print_nanos(self, *(const nanos_t *)value); break;
	case KIND_IDENT: print_ident(self, *(const ident_t *)value); break;
	case KIND_NAME: print_string(self, name->text, name->size); break;
	case KIND_TEXT: print_string(self, text->text, text->size); break;
	case KIND_DECIMAL:
	case KIND_AMOUNT: print_decimal(self, *(const decimal_t *)value); break;
	case KIND_LEVELS: print_levels(self, value); break;
	case KIND_COUNTS: print_counts(self, value); break;
	case KIND_ENUM: print_quoted(self, enum_print(field->values, *(const int *)value)); break;
	}
}

size_t message_print(const struct message_info *info, const void *body, char *out, size_t capacity)
{
	assert(info != NULL && body != NULL && (out != NULL || capacity == 0));
	struct printer printer = {out, capacity, 0};

	for (size_t i = 0; i < info->field_count; i++) {
		const struct field_info *field = &info->fields[i];
		print_plain(&printer, i == 0 ? "{" : ",");
		print_quoted(&printer, field->name);
		print_plain(&printer, ":");
		print_value(&printer, field, (const char *)body + field->offset);
	}
	print_plain(&printer, "}");
	if (capacity > 0)
		out[printer.size < capacity ? printer.size : capacity - 1] = '\0';
	return printer.size;
}
