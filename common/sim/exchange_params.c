/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/exchange_params.h"

#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place: what comes out is never longer. */
static enum err decode(char *text)
{
	char *out = text;

	for (; *text != '\0'; text++) {
		if (*text != '%') {
			*out++ = *text;
			continue;
		}
		int high = hex_digit(text[1]), low = high < 0 ? -1 : hex_digit(text[2]);
		if (low < 0 || high * 16 + low == 0)
			return ERR_MALFORMED;
		*out++ = (char)(high * 16 + low);
		text += 2;
	}
	*out = '\0';
	return OK;
}

static enum err add(struct sim_params *self, const char *name, const char *value)
{
	if (self->count == SIM_PARAMS_MAX || *name == '\0')
		return ERR_MALFORMED;
	self->items[self->count++] = (struct sim_param){name, value};
	return OK;
}

static char *cut_at(char *text, char c)
{
	char *found = strchr(text, c);

	if (found == NULL)
		return NULL;
	*found = '\0';
	return found + 1;
}

enum err sim_params_query(struct sim_params *self, const char *query)
{
	size_t size = strlen(query);
	enum err err = OK;

	self->count = 0;
	if (size >= sizeof self->text)
		return ERR_MALFORMED;
	memcpy(self->text, query, size + 1);
	for (char *pair = self->text; pair != NULL && *pair != '\0' && err == OK;) {
		char *next = cut_at(pair, '&');
		char *value = cut_at(pair, '=');
		err = value == NULL ? ERR_MALFORMED : decode(value);
		if (err == OK)
			err = add(self, pair, value);
		pair = next;
	}
	return err;
}

/* Behind the blanks and `c`; NULL when something else stands there. */
static char *skip(char *text, char c)
{
	text += strspn(text, " ");
	return *text == c ? text + 1 : NULL;
}

/* A string without escapes, or a bare scalar; *end is where it went on, the NUL is set later
   because a bare scalar touches its delimiter. */
static char *read_scalar(char *text, char **end)
{
	text += strspn(text, " ");
	bool is_quoted = *text == '"';
	text += is_quoted;
	char *stop = text + strcspn(text, is_quoted ? "\"" : ",} ");
	if (*stop == '\0')
		return NULL;
	*end = stop;
	return text;
}

static enum err read_members(struct sim_params *self, char *text)
{
	enum err err = OK;

	text += strspn(text, " ");
	while (err == OK && *text == '"') {
		char *name = text + 1, *end;
		text = cut_at(name, '"');
		text = text == NULL ? NULL : skip(text, ':');
		char *value = text == NULL ? NULL : read_scalar(text, &end);
		if (value == NULL)
			return ERR_MALFORMED;
		text = end + (*end == '"');
		text += strspn(text, " ");
		bool has_more = *text == ',';
		if (!has_more && *text != '}')
			return ERR_MALFORMED;
		*end = '\0';
		err = add(self, name, value);
		text += strspn(text + 1, " ") + 1;
		if (!has_more)
			return err;
	}
	return err;
}

enum err sim_params_frame(struct sim_params *self, const char *frame, const char **method)
{
	static const char method_key[] = "\"method\"", params_key[] = "\"params\"";
	size_t size = strlen(frame);

	self->count = 0;
	if (size >= sizeof self->text)
		return ERR_MALFORMED;
	memcpy(self->text, frame, size + 1);
	char *found = strstr(self->text, method_key), *params = strstr(self->text, params_key);
	char *value = found == NULL ? NULL : skip(found + sizeof method_key - 1, ':'), *end;
	if (value == NULL || (value = read_scalar(value, &end)) == NULL)
		return ERR_MALFORMED;
	*method = value;
	char *members = params == NULL ? NULL : skip(params + sizeof params_key - 1, ':');
	members = members == NULL ? NULL : skip(members, '{');
	*end = '\0';
	return members == NULL ? ERR_MALFORMED : read_members(self, members);
}

const char *sim_params_find(const struct sim_params *self, const char *name)
{
	for (unsigned i = 0; i < self->count; i++)
		if (strcmp(self->items[i].name, name) == 0)
			return self->items[i].value;
	return NULL;
}

bool sim_params_decimal(const struct sim_params *self, const char *name, decimal_t *out)
{
	const char *text = sim_params_find(self, name);
	decimal_t value;

	if (text == NULL || decimal_parse(text, strlen(text), &value) != OK ||
	    decimal_sign(value) <= 0)
		return false;
	*out = value;
	return true;
}

bool sim_params_number(const struct sim_params *self, const char *name, uint64_t *out)
{
	const char *text = sim_params_find(self, name);
	uint64_t value = 0;

	if (text == NULL || *text == '\0' || strlen(text) > 18)
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (uint64_t)(*text - '0');
	}
	*out = value;
	return true;
}

int sim_params_enum(const struct sim_params *self, const char *name, const struct enum_info *values)
{
	const char *text = sim_params_find(self, name);

	return text == NULL ? 0 : enum_parse(values, text);
}
