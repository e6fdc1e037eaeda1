/* SPDX-License-Identifier: Apache-2.0 */
#include "common/venue/binance/fields.h"

#include <assert.h>
#include <string.h>

json_t *json_read(const char *text, size_t size)
{
	return size > JSON_SIZE_MAX ? NULL : json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
}

struct fields fields_of(const json_t *object)
{
	return (struct fields){object, json_is_object(object) ? NULL : "(object)"};
}

void fields_refuse(struct fields *self, const char *key)
{
	if (self->bad == NULL)
		self->bad = key;
}

/* NULL when something is bad already. */
static const json_t *member(struct fields *self, const char *key)
{
	return self->bad == NULL ? json_object_get(self->object, key) : NULL;
}

static enum err json_decimal(const json_t *value, decimal_t *out)
{
	if (!json_is_string(value))
		return ERR_MALFORMED;
	return decimal_parse(json_string_value(value), json_string_length(value), out);
}

enum err json_amount(const json_t *value, decimal_t *out)
{
	decimal_t amount;
	enum err err = json_decimal(value, &amount);

	if (err == OK && decimal_sign(amount) < 0)
		err = ERR_MALFORMED;
	if (err == OK)
		*out = amount;
	return err;
}

decimal_t fields_decimal(struct fields *self, const char *key)
{
	decimal_t value = DECIMAL_ZERO;

	if (json_decimal(member(self, key), &value) != OK)
		fields_refuse(self, key);
	return value;
}

decimal_t fields_amount(struct fields *self, const char *key)
{
	decimal_t value = DECIMAL_ZERO;

	if (json_amount(member(self, key), &value) != OK)
		fields_refuse(self, key);
	return value;
}

uint64_t fields_count(struct fields *self, const char *key)
{
	const json_t *value = member(self, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0) {
		fields_refuse(self, key);
		return 0;
	}
	return (uint64_t)json_integer_value(value);
}

nanos_t fields_millis(struct fields *self, const char *key)
{
	uint64_t millis = fields_count(self, key);

	if (millis == 0 || millis > (uint64_t)(INT64_MAX / NANOS_MS)) {
		fields_refuse(self, key);
		return 0;
	}
	return (nanos_t)millis * NANOS_MS;
}

bool fields_flag(struct fields *self, const char *key)
{
	const json_t *value = member(self, key);

	if (!json_is_boolean(value))
		fields_refuse(self, key);
	return json_is_true(value);
}

const char *fields_text(struct fields *self, const char *key)
{
	const char *text = json_string_value(member(self, key));

	if (text == NULL)
		fields_refuse(self, key);
	return text == NULL ? "" : text;
}

name_t fields_name(struct fields *self, const char *key)
{
	const char *text = fields_text(self, key);
	name_t name = {0};

	if (*text == '\0' || name_parse(text, strlen(text), &name) != OK)
		fields_refuse(self, key);
	return name;
}

const json_t *fields_list(struct fields *self, const char *key)
{
	const json_t *list = member(self, key);

	if (json_is_array(list))
		return list;
	fields_refuse(self, key);
	return NULL;
}

const char *fields_text_or(const struct fields *self, const char *key, const char *other)
{
	const char *text = json_string_value(json_object_get(self->object, key));

	return text == NULL ? other : text;
}

bool fields_has(const struct fields *self, const char *key)
{
	return json_object_get(self->object, key) != NULL;
}

ident_t client_id_of(const char *text)
{
	ident_t ident = {0, 0};
	size_t size = strlen(text);

	if (strspn(text, "0123456789abcdef") != size || ident_parse(text, size, &ident) != OK)
		return (ident_t){0, 0};
	return ident;
}
