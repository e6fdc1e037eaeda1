/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/config_kinds.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

union value {
	config_flag flag;
	config_count count;
	config_decimal decimal;
	config_duration duration;
	config_name name;
	config_text text;
};

struct kind_row {
	size_t size;
	const char *form; /* what is right, for people */
	enum err (*parse)(const char *text, union value *out);
	int (*compare)(const union value *a, const union value *b); /* NULL: no bounds */
	void (*print)(const union value *value, char *out, size_t capacity);
};

static enum err parse_flag(const char *text, union value *out)
{
	out->flag = strcmp(text, "true") == 0;
	return out->flag || strcmp(text, "false") == 0 ? OK : ERR_INVALID;
}

static enum err parse_count(const char *text, union value *out)
{
	uint64_t count = 0;

	if (*text == '\0')
		return ERR_INVALID;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return ERR_INVALID;
		if (__builtin_mul_overflow(count, 10, &count) ||
		    __builtin_add_overflow(count, (unsigned)(*text - '0'), &count))
			return ERR_OVERFLOW;
	}
	out->count = count;
	return OK;
}

static enum err parse_decimal(const char *text, union value *out)
{
	return decimal_parse(text, strlen(text), &out->decimal);
}

static enum err parse_duration(const char *text, union value *out)
{
	return time_parse_duration(text, &out->duration);
}

static enum err parse_name(const char *text, union value *out)
{
	return name_parse(text, strlen(text), &out->name);
}

static enum err parse_text(const char *text, union value *out)
{
	if (strlen(text) > TEXT_MAX_SIZE)
		return ERR_INVALID;
	out->text = text_from(text);
	return OK;
}

static int compare_count(const union value *a, const union value *b)
{
	return (a->count > b->count) - (a->count < b->count);
}

static int compare_decimal(const union value *a, const union value *b)
{
	return decimal_compare(a->decimal, b->decimal);
}

static int compare_duration(const union value *a, const union value *b)
{
	return (a->duration > b->duration) - (a->duration < b->duration);
}

static void print_flag(const union value *value, char *out, size_t capacity)
{
	snprintf(out, capacity, "%s", value->flag ? "true" : "false");
}

static void print_count(const union value *value, char *out, size_t capacity)
{
	snprintf(out, capacity, "%" PRIu64, value->count);
}

static void print_decimal(const union value *value, char *out, size_t capacity)
{
	char text[DECIMAL_TEXT_SIZE];

	snprintf(out, capacity, "%s", decimal_print(value->decimal, text));
}

/* In the largest unit that leaves no rest. */
static void print_duration(const union value *value, char *out, size_t capacity)
{
	static const struct {
		nanos_t size;
		const char *suffix;
	} units[] = {
		{NANOS_DAY, "d"}, {60 * NANOS_MIN, "h"}, {NANOS_MIN, "m"},
		{NANOS_S, "s"},   {NANOS_MS, "ms"},
	};
	nanos_t duration = value->duration;
	size_t i = 0;

	while (i < sizeof units / sizeof *units - 1 && duration % units[i].size != 0)
		i++;
	if (duration == 0)
		snprintf(out, capacity, "0");
	else
		snprintf(out, capacity, "%" PRId64 "%s", duration / units[i].size, units[i].suffix);
}

static void print_name(const union value *value, char *out, size_t capacity)
{
	snprintf(out, capacity, "%s", value->name.text);
}

static void print_text(const union value *value, char *out, size_t capacity)
{
	snprintf(out, capacity, "%s", value->text.text);
}

static const struct kind_row kinds[] = {
	[CONFIG_FLAG] = {sizeof(config_flag), "true or false", parse_flag, NULL, print_flag},
	[CONFIG_COUNT] = {sizeof(config_count), "a whole number such as 30", parse_count,
                          compare_count, print_count},
	[CONFIG_DECIMAL] = {sizeof(config_decimal), "a number such as 0.5", parse_decimal,
                            compare_decimal, print_decimal},
	[CONFIG_DURATION] = {sizeof(config_duration), "a duration such as 250ms, 60s, 2m, 4h or 1d",
                             parse_duration, compare_duration, print_duration},
	[CONFIG_NAME] = {sizeof(config_name), "at most 30 bytes", parse_name, NULL, print_name},
	[CONFIG_TEXT] = {sizeof(config_text), "at most 250 bytes", parse_text, NULL, print_text},
};

/* `sign` -1: `bound` is a lower one; 1: an upper one. "" is none. */
static enum err check_bound(const struct kind_row *kind, const union value *value,
                            const char *bound, int sign)
{
	union value limit;

	if (*bound == '\0' || kind->compare == NULL)
		return OK;
	enum err err = kind->parse(bound, &limit);
	assert(err == OK && "a bound is not of its key's kind");
	(void)err;
	return kind->compare(value, &limit) * sign > 0 ? ERR_INVALID : OK;
}

enum err config_kind_read(const struct config_key *key, const char *value, void *at, text_t *why)
{
	assert((size_t)key->kind < sizeof kinds / sizeof *kinds);
	const struct kind_row *kind = &kinds[key->kind];
	union value parsed;

	memset(&parsed, 0, sizeof parsed);
	if (kind->parse(value, &parsed) != OK) {
		*why = text_format("%s: \"%.60s\" is not right: %s wanted", key->name, value,
		                   kind->form);
		return ERR_INVALID;
	}
	if (check_bound(kind, &parsed, key->low, -1) != OK) {
		*why = text_format("%s: %.60s is too small: at least %s", key->name, value,
		                   key->low);
		return ERR_INVALID;
	}
	if (check_bound(kind, &parsed, key->high, 1) != OK) {
		*why = text_format("%s: %.60s is too large: at most %s", key->name, value,
		                   key->high);
		return ERR_INVALID;
	}
	memcpy(at, &parsed, kind->size);
	return OK;
}

void config_kind_print(const struct config_key *key, const void *at, char *out, size_t capacity)
{
	union value value = {0};

	assert((size_t)key->kind < sizeof kinds / sizeof *kinds);
	memcpy(&value, at, kinds[key->kind].size);
	kinds[key->kind].print(&value, out, capacity);
}
