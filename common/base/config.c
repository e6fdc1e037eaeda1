/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/config.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/config_kinds.h"

enum { KEY_NAME_MAX = 48, CHANGES_MAX = 3 };

static void *place_of(const struct config_key *key, void *config)
{
	return (char *)config + key->offset;
}

const struct config_key *config_key_named(const struct config_type *type, const char *name)
{
	for (size_t i = 0; i < type->key_count; i++)
		if (strcmp(type->keys[i].name, name) == 0)
			return &type->keys[i];
	return NULL;
}

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein's distance: letters to insert, drop or change. */
static unsigned changes_between(const char *a, const char *b)
{
	unsigned row[KEY_NAME_MAX + 1];
	size_t width = strlen(b);

	if (strnlen(a, KEY_NAME_MAX + 1) > KEY_NAME_MAX || width > KEY_NAME_MAX)
		return KEY_NAME_MAX;
	for (size_t i = 0; i <= width; i++)
		row[i] = (unsigned)i;
	for (; *a != '\0'; a++) {
		unsigned diagonal = row[0]++;
		for (size_t i = 1; i <= width; i++) {
			unsigned change = diagonal + (*a != b[i - 1]);
			diagonal = row[i];
			row[i] = smallest(change, row[i] + 1, row[i - 1] + 1);
		}
	}
	return row[width];
}

const struct config_key *config_key_nearest(const struct config_type *type, const char *name)
{
	const struct config_key *nearest = NULL;
	unsigned least = CHANGES_MAX + 1;

	for (size_t i = 0; i < type->key_count; i++) {
		unsigned changes = changes_between(name, type->keys[i].name);
		if (changes < least && changes < strlen(type->keys[i].name)) {
			nearest = &type->keys[i];
			least = changes;
		}
	}
	return nearest;
}

enum err config_add_name(const struct config_key *key, void *config, const char *name, text_t *why)
{
	struct config_names *names = place_of(key, config);

	if (names->count == CONFIG_NAMES_MAX) {
		*why = text_format("%s: at most %d names", key->name, CONFIG_NAMES_MAX);
		return ERR_INVALID;
	}
	if (*name == '\0' || strlen(name) > NAME_MAX_SIZE || strchr(name, ',') != NULL) {
		*why = text_format("%s: \"%.60s\" is no name: 1 to %d bytes without a comma wanted",
		                   key->name, name, NAME_MAX_SIZE);
		return ERR_INVALID;
	}
	names->items[names->count++] = name_from(name);
	return OK;
}

static struct config_pair *pair_named(struct config_pairs *pairs, const char *name)
{
	for (uint32_t i = 0; i < pairs->count; i++)
		if (name_is(&pairs->items[i].key, name))
			return &pairs->items[i];
	return NULL;
}

enum err config_add_pair(const struct config_key *key, void *config, const char *name,
                         const char *value, text_t *why)
{
	struct config_pairs *pairs = place_of(key, config);
	struct config_pair *pair = pair_named(pairs, name);

	if (*name == '\0' || strlen(name) > NAME_MAX_SIZE || strpbrk(name, "=;") != NULL) {
		*why = text_format(
			"%s: \"%.60s\" is no key: 1 to %d bytes without '=' and ';' wanted",
			key->name, name, NAME_MAX_SIZE);
		return ERR_INVALID;
	}
	if (strlen(value) > TEXT_MAX_SIZE || strchr(value, ';') != NULL) {
		*why = text_format("%s: the value of %s must have at most %d bytes and no ';'",
		                   key->name, name, TEXT_MAX_SIZE);
		return ERR_INVALID;
	}
	if (pair == NULL && pairs->count == CONFIG_PAIRS_MAX) {
		*why = text_format("%s: at most %d keys", key->name, CONFIG_PAIRS_MAX);
		return ERR_INVALID;
	}
	if (pair == NULL)
		pair = &pairs->items[pairs->count++];
	*pair = (struct config_pair){name_from(name), text_from(value)};
	return OK;
}

/* Cuts the part before the next `separator` (or the end) out of `*text` and trims blanks.
   ERR_NOT_FOUND at the end, ERR_INVALID when the part is longer than `part` holds. */
static enum err next_part(const char **text, char separator, char *part, size_t capacity)
{
	if (*text == NULL)
		return ERR_NOT_FOUND;
	const char *begin = *text + strspn(*text, " ");
	const char *end = strchr(begin, separator);
	*text = end != NULL ? end + 1 : NULL;
	size_t size = end != NULL ? (size_t)(end - begin) : strlen(begin);
	while (size > 0 && begin[size - 1] == ' ')
		size--;
	if (size >= capacity)
		return ERR_INVALID;
	memcpy(part, begin, size);
	part[size] = '\0';
	return OK;
}

static enum err set_names(const struct config_key *key, void *config, const char *value,
                          text_t *why)
{
	char part[TEXT_MAX_SIZE + 1];
	const char *rest = *value != '\0' ? value : NULL;
	enum err err = OK;

	*(struct config_names *)place_of(key, config) = (struct config_names){0};
	while (err == OK && rest != NULL) {
		err = next_part(&rest, ',', part, sizeof part);
		if (err == OK)
			err = config_add_name(key, config, part, why);
		else
			*why = text_format("%s: a name is longer than %d bytes", key->name,
			                   NAME_MAX_SIZE);
	}
	return err;
}

static enum err set_pairs(const struct config_key *key, void *config, const char *value,
                          text_t *why)
{
	char part[NAME_MAX_SIZE + TEXT_MAX_SIZE + 2];
	const char *rest = *value != '\0' ? value : NULL;

	*(struct config_pairs *)place_of(key, config) = (struct config_pairs){0};
	while (rest != NULL) {
		char *equals =
			next_part(&rest, ';', part, sizeof part) == OK ? strchr(part, '=') : NULL;
		if (equals == NULL) {
			*why = text_format("%s: \"key=value;key=value\" wanted", key->name);
			return ERR_INVALID;
		}
		*equals = '\0';
		enum err err = config_add_pair(key, config, part, equals + 1, why);
		if (err != OK)
			return err;
	}
	return OK;
}

/* A new value is tried in a copy, so that a bad one leaves the old one alone. */
static enum err set_many(const struct config_key *key, void *config, const char *value, text_t *why)
{
	struct config_key copy_key = *key;
	union {
		struct config_names names;
		struct config_pairs pairs;
	} copy = {0};
	bool is_names = key->kind == CONFIG_NAMES;

	copy_key.offset = 0;
	enum err err = is_names ? set_names(&copy_key, &copy, value, why)
	                        : set_pairs(&copy_key, &copy, value, why);
	if (err == OK)
		memcpy(place_of(key, config), &copy,
		       is_names ? sizeof copy.names : sizeof copy.pairs);
	return err;
}

static enum err set_key(const struct config_key *key, void *config, const char *value, text_t *why)
{
	switch (key->kind) {
	case CONFIG_LIST:
		*why = text_format("%s is a list: give it in the configuration file", key->name);
		return ERR_INVALID;
	case CONFIG_NAMES:
	case CONFIG_PAIRS: return set_many(key, config, value, why);
	default: return config_kind_read(key, value, place_of(key, config), why);
	}
}

enum err config_set(const struct config_type *type, void *config, const char *key,
                    const char *value, text_t *why)
{
	const struct config_key *found = config_key_named(type, key);

	if (found != NULL)
		return set_key(found, config, value, why);
	const struct config_key *nearest = config_key_nearest(type, key);
	if (nearest != NULL)
		*why = text_format("%.60s: unknown key; did you mean %s?", key, nearest->name);
	else
		*why = text_format(
			"%.60s: unknown key; see the keys of %s in docs/configuration.md", key,
			type->name);
	return ERR_NOT_FOUND;
}

void config_defaults(const struct config_type *type, void *config)
{
	memset(config, 0, type->size);
	for (size_t i = 0; i < type->key_count; i++) {
		const struct config_key *key = &type->keys[i];
		if (key->kind == CONFIG_LIST)
			continue;
		text_t why;
		enum err err = set_key(key, config, key->fallback, &why);
		assert(err == OK && "a fallback is out of its own bounds");
		(void)err;
	}
}

static void print_names(const struct config_names *names, char *out, size_t capacity)
{
	size_t used = 0;

	for (uint32_t i = 0; i < names->count && used < capacity; i++)
		used += (size_t)snprintf(out + used, capacity - used, "%s%s", i > 0 ? "," : "",
		                         names->items[i].text);
}

static void print_pairs(const struct config_pairs *pairs, char *out, size_t capacity)
{
	size_t used = 0;

	for (uint32_t i = 0; i < pairs->count && used < capacity; i++)
		used += (size_t)snprintf(out + used, capacity - used, "%s%s=%s", i > 0 ? ";" : "",
		                         pairs->items[i].key.text, pairs->items[i].value.text);
}

char *config_print(const struct config_type *type, const void *config, const struct config_key *key,
                   char *out, size_t capacity)
{
	const char *at = (const char *)config + key->offset;

	(void)type;
	assert(capacity > 0);
	out[0] = '\0';
	if (key->kind == CONFIG_NAMES)
		print_names((const struct config_names *)at, out, capacity);
	else if (key->kind == CONFIG_PAIRS)
		print_pairs((const struct config_pairs *)at, out, capacity);
	else if (key->kind == CONFIG_LIST)
		snprintf(out, capacity, "%" PRIu32 " items",
		         *(const uint32_t *)((const char *)config + key->count_offset));
	else
		config_kind_print(key, at, out, capacity);
	return out;
}

enum err config_from_pairs(const struct config_type *type, const struct config_pairs *pairs,
                           void *config, text_t *why)
{
	for (uint32_t i = 0; i < pairs->count; i++) {
		enum err err = config_set(type, config, pairs->items[i].key.text,
		                          pairs->items[i].value.text, why);
		if (err != OK)
			return err;
	}
	return OK;
}
