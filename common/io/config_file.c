/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/config_file.h"

#include "common/io/config_assign.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <yaml.h>

enum { FILE_SIZE_MAX = 1 << 20 };

struct walk {
	const char *path;
	yaml_document_t document;
	struct config_reading *reading;
};

static const char *const node_forms[] = {
	[YAML_NO_NODE] = "nothing",
	[YAML_SCALAR_NODE] = "a single value",
	[YAML_SEQUENCE_NODE] = "a list",
	[YAML_MAPPING_NODE] = "a map",
};

static enum err fail_at(const struct walk *walk, const yaml_node_t *node, const char *sentence)
{
	return config_fail(walk->reading, "%s:%zu:%zu: %s", walk->path, node->start_mark.line + 1,
	                   node->start_mark.column + 1, sentence);
}

static enum err fail_form(const struct walk *walk, const yaml_node_t *node, const char *key,
                          const char *wanted)
{
	text_t why = text_format("%s: %s wanted, this is %s", key, wanted, node_forms[node->type]);

	return fail_at(walk, node, why.text);
}

static yaml_node_t *node_at(struct walk *walk, int index)
{
	return yaml_document_get_node(&walk->document, index);
}

/* A plain empty value or ~ is YAML's "nothing". */
static bool is_null(const yaml_node_t *node)
{
	const char *text = (const char *)node->data.scalar.value;

	return node->type == YAML_SCALAR_NODE &&
	       node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (*text == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

/* The text of a single value; NULL after an error. */
static const char *scalar_text(const struct walk *walk, const yaml_node_t *node, const char *key)
{
	const char *text = (const char *)node->data.scalar.value;

	if (node->type != YAML_SCALAR_NODE)
		(void)fail_form(walk, node, key, "a single value");
	else if (is_null(node))
		(void)fail_at(walk, node,
		              text_format("%s has no value: leave the line out for the default, or "
		                          "write \"\" for an empty text",
		                          key)
		                      .text);
	else if (strlen(text) != node->data.scalar.length)
		(void)fail_at(walk, node,
		              text_format("%s: a zero byte can't be part of a value", key).text);
	else
		return text;
	return NULL;
}

static enum err read_names(struct walk *walk, const yaml_node_t *node, const struct config_key *key,
                           void *config)
{
	text_t why;

	memset((char *)config + key->offset, 0, sizeof(struct config_names));
	for (yaml_node_item_t *item = node->data.sequence.items.start;
	     item < node->data.sequence.items.top; item++) {
		const yaml_node_t *at = node_at(walk, *item);
		const char *text = scalar_text(walk, at, key->name);
		if (text == NULL)
			return ERR_CONFIG;
		if (config_add_name(key, config, text, &why) != OK)
			return fail_at(walk, at, why.text);
	}
	return OK;
}

/* A plugin's list parameter: [a, b] is the text "a,b". */
static enum err join_items(struct walk *walk, const yaml_node_t *node, const char *key, text_t *out)
{
	*out = text_from("");
	for (yaml_node_item_t *item = node->data.sequence.items.start;
	     item < node->data.sequence.items.top; item++) {
		const yaml_node_t *at = node_at(walk, *item);
		const char *text = scalar_text(walk, at, key);
		if (text == NULL)
			return ERR_CONFIG;
		if (out->size + strlen(text) + 1 > TEXT_MAX_SIZE)
			return fail_at(walk, at,
			               text_format("%s: the list is longer than %d bytes", key,
			                           TEXT_MAX_SIZE)
			                       .text);
		*out = text_format("%s%s%s", out->text, out->size > 0 ? "," : "", text);
	}
	return OK;
}

static enum err read_pair(struct walk *walk, const yaml_node_pair_t *pair,
                          const struct config_key *key, void *config)
{
	const yaml_node_t *name_node = node_at(walk, pair->key), *node = node_at(walk, pair->value);
	const char *name = scalar_text(walk, name_node, key->name), *value;
	text_t joined, why;

	if (name == NULL)
		return ERR_CONFIG;
	if (node->type == YAML_SEQUENCE_NODE) {
		if (join_items(walk, node, name, &joined) != OK)
			return ERR_CONFIG;
		value = joined.text;
	} else {
		value = scalar_text(walk, node, name);
	}
	if (value == NULL)
		return ERR_CONFIG;
	return config_add_pair(key, config, name, value, &why) == OK
	               ? OK
	               : fail_at(walk, name_node, why.text);
}

/* Whether an earlier pair of the same map has the same key. */
static bool is_repeated(struct walk *walk, const yaml_node_t *map, const yaml_node_pair_t *pair)
{
	const yaml_node_t *key = node_at(walk, pair->key);

	for (yaml_node_pair_t *other = map->data.mapping.pairs.start; other < pair; other++) {
		const yaml_node_t *earlier = node_at(walk, other->key);
		if (earlier->type == YAML_SCALAR_NODE && key->type == YAML_SCALAR_NODE &&
		    strcmp((char *)earlier->data.scalar.value, (char *)key->data.scalar.value) == 0)
			return true;
	}
	return false;
}

static enum err fail_repeated(const struct walk *walk, const yaml_node_t *key)
{
	return fail_at(walk, key,
	               text_format("%.60s is given twice: keep one of the two lines",
	                           (char *)key->data.scalar.value)
	                       .text);
}

static enum err read_pairs(struct walk *walk, const yaml_node_t *node, const struct config_key *key,
                           void *config)
{
	memset((char *)config + key->offset, 0, sizeof(struct config_pairs));
	if (is_null(node))
		return OK;
	if (node->type != YAML_MAPPING_NODE)
		return fail_form(walk, node, key->name, "a map of keys and values");
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		if (is_repeated(walk, node, pair))
			return fail_repeated(walk, node_at(walk, pair->key));
		enum err err = read_pair(walk, pair, key, config);
		if (err != OK)
			return err;
	}
	return OK;
}

static enum err read_map(struct walk *walk, const yaml_node_t *node, const struct config_type *type,
                         void *config, bool is_top);

static enum err read_list(struct walk *walk, const yaml_node_t *node, const struct config_key *key,
                          void *config)
{
	uint32_t *count = (uint32_t *)(void *)((char *)config + key->count_offset);

	*count = 0;
	if (is_null(node))
		return OK;
	if (node->type != YAML_SEQUENCE_NODE)
		return fail_form(walk, node, key->name,
		                 "a list of maps (lines that begin with \"- \")");
	for (yaml_node_item_t *item = node->data.sequence.items.start;
	     item < node->data.sequence.items.top; item++) {
		if (*count == key->items_max)
			return fail_at(
				walk, node_at(walk, *item),
				text_format("%s: at most %zu items", key->name, key->items_max)
					.text);
		void *at = (char *)config + key->offset + *count * key->items->size;
		config_defaults(key->items, at);
		enum err err = read_map(walk, node_at(walk, *item), key->items, at, false);
		if (err != OK)
			return err;
		++*count;
	}
	return OK;
}

static enum err read_value(struct walk *walk, const yaml_node_t *node,
                           const struct config_type *type, const struct config_key *key,
                           void *config)
{
	text_t why;

	if (key->kind == CONFIG_LIST)
		return read_list(walk, node, key, config);
	if (key->kind == CONFIG_PAIRS)
		return read_pairs(walk, node, key, config);
	if (key->kind == CONFIG_NAMES && node->type == YAML_SEQUENCE_NODE)
		return read_names(walk, node, key, config);
	const char *text = scalar_text(walk, node, key->name);
	if (text == NULL)
		return ERR_CONFIG;
	return config_set(type, config, key->name, text, &why) == OK
	               ? OK
	               : fail_at(walk, node, why.text);
}

static const struct config_key *key_of(const struct walk *walk, const yaml_node_t *node,
                                       const struct config_type *type)
{
	const char *name = scalar_text(walk, node, type->name);
	text_t why;

	if (name == NULL)
		return NULL;
	const struct config_key *key = config_key_named(type, name);
	/* Setting an unknown key changes nothing and words the error. */
	if (key == NULL && config_set(type, NULL, name, "", &why) != OK)
		(void)fail_at(walk, node, why.text);
	return key;
}

static enum err read_map(struct walk *walk, const yaml_node_t *node, const struct config_type *type,
                         void *config, bool is_top)
{
	if (is_null(node))
		return OK;
	if (node->type != YAML_MAPPING_NODE)
		return fail_form(walk, node, type->name,
		                 "a map (lines of the form \"key: value\")");
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key_node = node_at(walk, pair->key);
		const struct config_key *key = key_of(walk, key_node, type);
		if (key == NULL)
			return ERR_CONFIG;
		if (is_repeated(walk, node, pair))
			return fail_repeated(walk, key_node);
		enum err err = read_value(walk, node_at(walk, pair->value), type, key, config);
		if (err != OK)
			return err;
		if (is_top)
			config_set_origin(
				walk->reading, key,
				text_format("%.140s:%zu", walk->path, key_node->start_mark.line + 1)
					.text);
	}
	return OK;
}

static enum err fail_parse(const struct walk *walk, const yaml_parser_t *parser)
{
	const char *problem = parser->problem != NULL ? parser->problem : "can't be read";

	return config_fail(walk->reading,
	                   "%s:%zu:%zu: not YAML: %s; indent with blanks and write \"key: value\"",
	                   walk->path, parser->problem_mark.line + 1,
	                   parser->problem_mark.column + 1, problem);
}

static enum err refuse_second_document(const struct walk *walk, yaml_parser_t *parser)
{
	yaml_document_t second;

	if (!yaml_parser_load(parser, &second))
		return fail_parse(walk, parser);
	const yaml_node_t *root = yaml_document_get_root_node(&second);
	enum err err = root != NULL ? fail_at(walk, root,
	                                      "a second document: one per file, drop the \"---\"")
	                            : OK;
	yaml_document_delete(&second);
	return err;
}

static enum err read_document(struct walk *walk, yaml_parser_t *parser,
                              const struct config_type *type, void *config)
{
	if (!yaml_parser_load(parser, &walk->document))
		return fail_parse(walk, parser);
	const yaml_node_t *root = yaml_document_get_root_node(&walk->document);
	enum err err = root != NULL ? read_map(walk, root, type, config, true) : OK;
	if (err == OK && root != NULL)
		err = refuse_second_document(walk, parser);
	yaml_document_delete(&walk->document);
	return err;
}

static enum err read_stream(FILE *file, const struct config_type *type, const char *path,
                            void *config, struct config_reading *reading)
{
	struct walk walk = {.path = path, .reading = reading};
	struct stat info;
	yaml_parser_t parser;

	if (fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode) ||
	    info.st_size > FILE_SIZE_MAX)
		return config_fail(reading, "%s: a regular file of at most 1 MiB wanted", path);
	if (!yaml_parser_initialize(&parser))
		return config_fail(reading, "%s: no memory to read it", path);
	yaml_parser_set_input_file(&parser, file);
	enum err err = read_document(&walk, &parser, type, config);
	yaml_parser_delete(&parser);
	return err;
}

static enum err read_file(const struct config_type *type, const char *path, bool optional,
                          void *config, struct config_reading *reading)
{
	FILE *file = fopen(path, "re");

	if (file == NULL && errno == ENOENT) {
		(void)config_fail(
			reading,
			"%s: no such file; write it (an empty one will do: every key has a "
			"default, see "
			"docs/configuration.md) or name another place",
			path);
		return optional ? OK : ERR_NOT_FOUND;
	}
	if (file == NULL)
		return config_fail(reading, "%s: %s", path, strerror(errno));
	enum err err = read_stream(file, type, path, config, reading);
	fclose(file);
	return err;
}

/* Sets what `path` ("key", "list.0.key", "pairs.key") names. */

enum err config_read(const struct config_type *type, const char *path, bool optional, void *config,
                     struct config_reading *reading)
{
	reading->origin_count = 0;
	for (size_t i = 0; i < type->key_count && i < CONFIG_ORIGINS_MAX; i++)
		reading->origins[reading->origin_count++] =
			(struct config_origin){&type->keys[i], "default"};
	config_defaults(type, config);
	enum err err = read_file(type, path, optional, config, reading);
	if (err == OK)
		err = config_read_environment(type, config, reading);
	if (err == OK)
		reading->error[0] = '\0';
	return err;
}
