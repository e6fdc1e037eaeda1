/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/schema.h"

#include "common/io/exit_code.h"
#include "proto/flows.h"
#include "services/bw/grid.h"
#include "services/bw/lists.h"
#include "services/bw/tables.h"

#include <string.h>

static const char *word_of_kind(enum kind kind)
{
	static const char *const names[] = {
		[KIND_FLAG] = "flag",       [KIND_COUNT] = "count",   [KIND_NANOS] = "nanos",
		[KIND_IDENT] = "ident",     [KIND_NAME] = "name",     [KIND_TEXT] = "text",
		[KIND_DECIMAL] = "decimal", [KIND_AMOUNT] = "amount", [KIND_LEVELS] = "levels",
		[KIND_COUNTS] = "counts",   [KIND_ENUM] = "enum",
	};
	return names[kind];
}

static const char *word_of_config_kind(enum config_kind kind)
{
	static const char *const names[] = {
		[CONFIG_FLAG] = "flag",       [CONFIG_COUNT] = "count",
		[CONFIG_DECIMAL] = "decimal", [CONFIG_DURATION] = "duration",
		[CONFIG_NAME] = "name",       [CONFIG_TEXT] = "text",
		[CONFIG_NAMES] = "names",     [CONFIG_PAIRS] = "pairs",
		[CONFIG_LIST] = "list",
	};
	return names[kind];
}

static json_t *field_json(const struct field_info *field)
{
	json_t *object = json_pack("{s:s, s:s, s:s}", "name", field->name, "kind",
	                           word_of_kind(field->kind), "doc", field->doc);
	if (field->kind == KIND_ENUM)
		json_object_set_new(object, "enum", json_string(field->values->name));
	return object;
}

/* Who publishes, asks or answers it. */
static json_t *flows_json(enum message_type type)
{
	json_t *publishers = json_array(), *callers = json_array();
	for (size_t i = 0; i < flow_publish_count; i++)
		if (flow_publishes[i].type == type)
			json_array_append_new(publishers, json_string(flow_publishes[i].publisher));
	for (size_t i = 0; i < flow_ask_count; i++)
		if (flow_asks[i].request == type)
			json_array_append_new(
				callers, json_pack("{s:s, s:s, s:s}", "caller", flow_asks[i].caller,
			                           "callee", flow_asks[i].callee, "answer",
			                           message_info(flow_asks[i].answer)->name));
	return json_pack("{s:o, s:o}", "published_by", publishers, "asked", callers);
}

static json_t *message_json(const struct message_info *info)
{
	json_t *fields = json_array();
	for (size_t i = 0; i < info->field_count; i++)
		json_array_append_new(fields, field_json(&info->fields[i]));
	return json_pack("{s:s, s:i, s:i, s:b, s:s, s:o, s:o}", "name", info->name, "type",
	                 (int)info->type, "version", (int)info->version, "sealed", info->sealed,
	                 "doc", info->doc, "fields", fields, "flows", flows_json(info->type));
}

static json_t *enum_json(const struct enum_info *info)
{
	json_t *values = json_array();
	for (size_t i = 0; i < info->count; i++)
		json_array_append_new(
			values, json_pack("{s:s, s:i, s:s}", "name", info->values[i].name, "number",
		                          info->values[i].number, "doc", info->values[i].doc));
	return json_pack("{s:s, s:s, s:o}", "name", info->name, "doc", info->doc, "values", values);
}

static json_t *config_json(const struct config_type *type)
{
	json_t *keys = json_array();
	for (size_t i = 0; i < type->key_count; i++) {
		const struct config_key *key = &type->keys[i];
		json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "name", key->name,
		                           "kind", word_of_config_kind(key->kind), "default",
		                           key->fallback != NULL ? key->fallback : "", "low",
		                           key->low != NULL ? key->low : "", "high",
		                           key->high != NULL ? key->high : "", "doc", key->doc);
		if (key->kind == CONFIG_LIST)
			json_object_set_new(object, "items", config_json(key->items));
		json_array_append_new(keys, object);
	}
	return json_pack("{s:s, s:s, s:o}", "name", type->name, "doc", type->doc, "keys", keys);
}

static void print_message(const struct message_info *info, bool colour)
{
	static const struct grid_column columns[] = {
		{"  field", false}, {"kind", false}, {"", false}};
	struct grid grid;
	printf("%smessage %s%s  type %d, version %u%s: %s\n", tint_on(TINT_BOLD, colour),
	       info->name, tint_off(TINT_BOLD, colour), (int)info->type, info->version,
	       info->sealed ? ", sealed" : "", info->doc);
	grid_init(&grid, columns, 3);
	for (size_t i = 0; i < info->field_count; i++) {
		const struct field_info *field = &info->fields[i];
		grid_add(&grid, TINT_NONE, "  %s", field->name);
		grid_add(&grid, TINT_NONE, "%s",
		         field->kind == KIND_ENUM ? field->values->name
		                                  : word_of_kind(field->kind));
		grid_add(&grid, TINT_DIM, "%s", field->doc);
	}
	grid_print(&grid, stdout, colour);
	grid_free(&grid);
	putchar('\n');
}

static void print_enum(const struct enum_info *info, bool colour)
{
	static const struct grid_column columns[] = {
		{"  value", false}, {"number", true}, {"", false}};
	struct grid grid;
	printf("%senum %s%s: %s\n", tint_on(TINT_BOLD, colour), info->name,
	       tint_off(TINT_BOLD, colour), info->doc);
	grid_init(&grid, columns, 3);
	for (size_t i = 0; i < info->count; i++) {
		grid_add(&grid, TINT_NONE, "  %s", info->values[i].name);
		grid_add(&grid, TINT_NONE, "%d", info->values[i].number);
		grid_add(&grid, TINT_DIM, "%s", info->values[i].doc);
	}
	grid_print(&grid, stdout, colour);
	grid_free(&grid);
	putchar('\n');
}

static void print_config(const struct config_type *type, bool colour)
{
	static const struct grid_column columns[] = {{"  key", false},   {"kind", false},
	                                             {"default", false}, {"from", true},
	                                             {"to", true},       {"", false}};
	struct grid grid;
	printf("%s%s.yaml%s: %s\n", tint_on(TINT_BOLD, colour), type->name,
	       tint_off(TINT_BOLD, colour), type->doc);
	grid_init(&grid, columns, 6);
	for (size_t i = 0; i < type->key_count; i++) {
		const struct config_key *key = &type->keys[i];
		grid_add(&grid, TINT_NONE, "  %s", key->name);
		grid_add(&grid, TINT_NONE, "%s",
		         key->kind == CONFIG_LIST ? key->items->name
		                                  : word_of_config_kind(key->kind));
		grid_add(&grid, TINT_NONE, "%s", key->fallback != NULL ? key->fallback : "");
		grid_add(&grid, TINT_NONE, "%s", key->low != NULL ? key->low : "");
		grid_add(&grid, TINT_NONE, "%s", key->high != NULL ? key->high : "");
		grid_add(&grid, TINT_DIM, "%s", key->doc);
	}
	grid_print(&grid, stdout, colour);
	grid_free(&grid);
	putchar('\n');
	for (size_t i = 0; i < type->key_count; i++)
		if (type->keys[i].kind == CONFIG_LIST)
			print_config(type->keys[i].items, colour);
}

static bool is_asked_for(const char *only, const char *name)
{
	return only == NULL || strcmp(only, name) == 0;
}

static json_t *everything(const char *only, size_t *found)
{
	json_t *messages = json_array(), *enums = json_array(), *tables = json_array();
	for (size_t i = 0; i < message_info_count; i++)
		if (is_asked_for(only, message_infos[i]->name))
			json_array_append_new(messages, message_json(message_infos[i]));
	for (size_t i = 0; i < enum_info_count; i++)
		if (is_asked_for(only, enum_infos[i]->name))
			json_array_append_new(enums, enum_json(enum_infos[i]));
	for (size_t i = 0; i < config_table_count; i++)
		if (is_asked_for(only, config_tables[i].name))
			json_array_append_new(tables, config_json(config_tables[i].type));
	*found = json_array_size(messages) + json_array_size(enums) + json_array_size(tables);
	return json_pack("{s:o, s:o, s:o}", "messages", messages, "enums", enums, "configuration",
	                 tables);
}

static size_t print_all(const char *only, bool colour)
{
	size_t found = 0;
	for (size_t i = 0; i < message_info_count; i++)
		if (is_asked_for(only, message_infos[i]->name) && ++found > 0)
			print_message(message_infos[i], colour);
	for (size_t i = 0; i < enum_info_count; i++)
		if (is_asked_for(only, enum_infos[i]->name) && ++found > 0)
			print_enum(enum_infos[i], colour);
	for (size_t i = 0; i < config_table_count; i++)
		if (is_asked_for(only, config_tables[i].name) && ++found > 0)
			print_config(config_tables[i].type, colour);
	return found;
}

int schema_run(const struct cli *cli)
{
	const char *only = cli->operand_count > 0 ? cli->operands[0] : NULL;
	size_t found;
	if (cli_has(cli, "json")) {
		json_t *root = everything(only, &found);
		if (found > 0)
			list_write(json_incref(root), stdout);
		json_decref(root);
	} else {
		found = print_all(only, cli->colour);
	}
	if (found > 0)
		return EXIT_CODE_OK;
	return cli_fail(
		EXIT_CODE_USAGE,
		"there is no message, enum or configuration table \"%s\"; bw schema lists all",
		only);
}
