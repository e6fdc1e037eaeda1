/* SPDX-License-Identifier: Apache-2.0 */
#include "services/exchange/params.h"

#include "services/exchange/money.h"

#include <stdio.h>
#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool decode(const char *text, size_t size, char *out, size_t capacity)
{
	size_t used = 0;
	for (size_t i = 0; i < size; i++) {
		char c = text[i];
		if (c == '%') {
			int high = i + 2 < size ? hex_digit(text[i + 1]) : -1,
			    low = high < 0 ? -1 : hex_digit(text[i + 2]);
			if (low < 0 || high * 16 + low == 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		} else if (c == '+') {
			c = ' ';
		}
		if (used + 1 >= capacity)
			return false;
		out[used++] = c;
	}
	out[used] = '\0';
	return true;
}

/* Names come back in error texts, which must be UTF-8. */
static bool is_plain(const char *name)
{
	for (; *name != '\0'; name++)
		if (*name <= ' ' || *name > '~')
			return false;
	return true;
}

static struct param *find(struct params *self, size_t from, const char *name)
{
	for (size_t i = from; i < self->count; i++)
		if (strcmp(self->items[i].name, name) == 0)
			return &self->items[i];
	return NULL;
}

bool params_add(struct params *self, const char *name, const char *value, struct refusal *refusal)
{
	if (self->count == PARAMS_MAX) {
		refusal_set(refusal, 400, -1101,
		            "Too many parameters; expected '%d' and received '%d'.", PARAMS_MAX,
		            PARAMS_MAX + 1);
		return false;
	}
	struct param *param = &self->items[self->count++];
	*param = (struct param){.is_read = false};
	snprintf(param->name, sizeof param->name, "%s", name);
	snprintf(param->value, sizeof param->value, "%s", value);
	return true;
}

static bool add_pair(struct params *self, size_t own, const char *pair, size_t size,
                     struct refusal *refusal)
{
	char name[PARAM_NAME_SIZE], value[PARAM_VALUE_SIZE];
	const char *equals = memchr(pair, '=', size);
	size_t name_size = equals == NULL ? size : (size_t)(equals - pair);
	const char *rest = equals == NULL ? "" : equals + 1;
	size_t rest_size = equals == NULL ? 0 : size - name_size - 1;
	if (!decode(pair, name_size, name, sizeof name) || !is_plain(name) ||
	    !decode(rest, rest_size, value, sizeof value)) {
		refusal_set(refusal, 400, -1100, "Illegal characters found in a parameter.");
		return false;
	}
	if (find(self, own, name) != NULL) {
		refusal_set(refusal, 400, -1101, "Duplicate values for parameter '%s'.", name);
		return false;
	}
	return find(self, 0, name) != NULL || params_add(self, name, value, refusal);
}

bool params_add_text(struct params *self, const char *text, size_t size, struct refusal *refusal)
{
	size_t own = self->count;
	while (size > 0) {
		const char *ampersand = memchr(text, '&', size);
		size_t pair = ampersand == NULL ? size : (size_t)(ampersand - text);
		if (pair > 0 && !add_pair(self, own, text, pair, refusal))
			return false;
		size_t step = ampersand == NULL ? pair : pair + 1;
		text += step;
		size -= step;
	}
	return true;
}

const char *params_find(struct params *self, const char *name)
{
	struct param *param = find(self, 0, name);
	if (param == NULL)
		return NULL;
	param->is_read = true;
	return param->value;
}

bool params_text(struct params *self, const char *name, bool required, const char **out,
                 struct refusal *refusal)
{
	const char *value = params_find(self, name);
	if ((value == NULL && required) || (value != NULL && value[0] == '\0')) {
		refusal_set(refusal, 400, value == NULL ? -1102 : -1105,
		            value == NULL ? "Mandatory parameter '%s' was not sent, was "
		                            "empty/null, or malformed."
		                          : "Parameter '%s' was empty.",
		            name);
		return false;
	}
	if (value != NULL)
		*out = value;
	return true;
}

static bool refuse_characters(const char *name, const char *legal, struct refusal *refusal)
{
	refusal_set(refusal, 400, -1100,
	            "Illegal characters found in parameter '%s'; legal range is '%s'.", name,
	            legal);
	return false;
}

bool params_number(struct params *self, const char *name, bool required, uint64_t *out,
                   struct refusal *refusal)
{
	const char *text = NULL;
	if (!params_text(self, name, required, &text, refusal))
		return false;
	if (text == NULL)
		return true;
	uint64_t number = 0;
	size_t size = strlen(text);
	if (size > 18 || strspn(text, "0123456789") != size)
		return refuse_characters(name, "^[0-9]{1,18}$", refusal);
	for (size_t i = 0; i < size; i++)
		number = number * 10 + (uint64_t)(text[i] - '0');
	*out = number;
	return true;
}

bool params_amount(struct params *self, const char *name, bool required, decimal_t *out,
                   struct refusal *refusal)
{
	const char *text = NULL;
	if (!params_text(self, name, required, &text, refusal))
		return false;
	if (text == NULL)
		return true;
	decimal_t value;
	size_t size = strlen(text);
	if (strspn(text, "0123456789.") != size || decimal_parse(text, size, &value) != OK)
		return refuse_characters(name, "^([0-9]{1,20})(\\.[0-9]{1,20})?$", refusal);
	if (value.exponent < -MONEY_PLACES) {
		refusal_set(refusal, 400, -1111, "Parameter '%s' has too much precision.", name);
		return false;
	}
	*out = value;
	return true;
}

bool params_client_id(struct params *self, const char *name, bool required, const char **out,
                      struct refusal *refusal)
{
	static const char legal[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *text = NULL;
	if (!params_text(self, name, required, &text, refusal))
		return false;
	if (text == NULL)
		return true;
	size_t size = strlen(text);
	if (size > 36 || strspn(text, legal) != size)
		return refuse_characters(name, "^[a-zA-Z0-9-_]{1,36}$", refusal);
	*out = text;
	return true;
}

bool params_all_read(const struct params *self, struct refusal *refusal)
{
	size_t count = 0;
	for (size_t i = 0; i < self->count; i++)
		count += self->items[i].is_read;
	if (count == self->count)
		return true;
	refusal_set(
		refusal, 400, -1104,
		"Not all sent parameters were read; read '%zu' parameter(s) but was sent '%zu'.",
		count, self->count);
	return false;
}
