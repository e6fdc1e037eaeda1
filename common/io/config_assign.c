/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/config_assign.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_PART_MAX = 64 };

enum err config_fail(struct config_reading *reading, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reading->error, sizeof reading->error, format, args);
	va_end(args);
	return ERR_CONFIG;
}

static struct config_origin *origin_of(struct config_reading *reading, const struct config_key *key)
{
	for (size_t i = 0; i < reading->origin_count; i++)
		if (reading->origins[i].key == key)
			return &reading->origins[i];
	return NULL;
}

void config_set_origin(struct config_reading *reading, const struct config_key *key,
                       const char *from)
{
	struct config_origin *origin = origin_of(reading, key);

	if (origin != NULL)
		snprintf(origin->from, sizeof origin->from, "%.*s", (int)sizeof origin->from - 1,
		         from);
}

static enum err assign(const struct config_type *type, void *config, const char *path,
                       const char *value, text_t *why)
{
	char head[PATH_PART_MAX];
	const char *dot = strchr(path, '.');

	if (dot == NULL)
		return config_set(type, config, path, value, why);
	snprintf(head, sizeof head, "%.*s", (int)(dot - path), path);
	const struct config_key *key = config_key_named(type, head);
	if (key == NULL)
		return config_set(type, NULL, head, value, why);
	if (key->kind == CONFIG_PAIRS)
		return config_add_pair(key, config, dot + 1, value, why);
	uint32_t count = key->kind == CONFIG_LIST
	                         ? *(uint32_t *)(void *)((char *)config + key->count_offset)
	                         : 0;
	char *end;
	unsigned long index = strtoul(dot + 1, &end, 10);
	if (*end != '.' || !isdigit((unsigned char)dot[1]) || index >= count) {
		*why = text_format("%.60s: %s has %u items here; they are counted from 0", path,
		                   head, count);
		return ERR_INVALID;
	}
	return assign(key->items, (char *)config + key->offset + index * key->items->size, end + 1,
	              value, why);
}

/* The top-level key that `path` leads through. */
static const struct config_key *first_key(const struct config_type *type, const char *path)
{
	char head[PATH_PART_MAX];

	snprintf(head, sizeof head, "%.*s", (int)strcspn(path, "."), path);
	return config_key_named(type, head);
}

static enum err assign_from(const struct config_type *type, void *config, const char *path,
                            const char *value, const char *from, struct config_reading *reading)
{
	text_t why;

	if (assign(type, config, path, value, &why) != OK)
		return config_fail(reading, "%s: %s", from, why.text);
	return OK;
}

/* "BOTS__0__SYMBOL" → "bots.0.symbol" */
static void path_of_variable(const char *name, size_t size, char *path, size_t capacity)
{
	size_t used = 0;

	for (size_t i = 0; i < size && used + 1 < capacity; i++) {
		bool is_step = name[i] == '_' && i + 1 < size && name[i + 1] == '_';
		path[used++] = is_step ? '.' : (char)tolower((unsigned char)name[i]);
		i += is_step;
	}
	path[used] = '\0';
}

static enum err read_variable(const struct config_type *type, const char *variable,
                              size_t prefix_size, void *config, struct config_reading *reading)
{
	char path[160], from[160];
	const char *equals = strchr(variable, '=');

	path_of_variable(variable + prefix_size, (size_t)(equals - variable) - prefix_size, path,
	                 sizeof path);
	snprintf(from, sizeof from, "environment %.*s", (int)(equals - variable), variable);
	enum err err = assign_from(type, config, path, equals + 1, from, reading);
	if (err == OK)
		config_set_origin(reading, first_key(type, path), "environment");
	return err;
}

enum err config_read_environment(const struct config_type *type, void *config,
                                 struct config_reading *reading)
{
	char prefix[64];
	size_t size = (size_t)snprintf(prefix, sizeof prefix, "BREAKWATER__%s__", type->name);

	for (char *at = prefix; *at != '\0'; at++)
		*at = (char)toupper((unsigned char)*at);
	for (char **variable = environ; *variable != NULL; variable++) {
		if (strncmp(*variable, prefix, size) != 0 || strchr(*variable, '=') == NULL)
			continue;
		enum err err = read_variable(type, *variable, size, config, reading);
		if (err != OK)
			return err;
	}
	return OK;
}

enum err config_override(const struct config_type *type, const char *assignment, void *config,
                         struct config_reading *reading)
{
	char path[160], from[200];
	const char *equals = strchr(assignment, '=');

	snprintf(from, sizeof from, "command line %.150s", assignment);
	if (equals == NULL || equals == assignment)
		return config_fail(reading, "%s: \"key=value\" wanted", from);
	snprintf(path, sizeof path, "%.*s", (int)(equals - assignment), assignment);
	enum err err = assign_from(type, config, path, equals + 1, from, reading);
	if (err == OK)
		config_set_origin(reading, first_key(type, path), "command line");
	return err;
}
