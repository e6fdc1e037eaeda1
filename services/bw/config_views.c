/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/config_views.h"

#include "common/io/exit_code.h"
#include "services/bw/grid.h"
#include "services/bw/lists.h"
#include "services/bw/session.h"
#include "services/bw/tables.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_SIZE = 4096 };

int config_check_run(const struct cli *cli)
{
	struct session *session = session_make(cli);
	int code = session_find(session);
	if (code == EXIT_CODE_OK) {
		unsigned wrong =
			tables_check(&session->paths, &session->stack, !cli_has(cli, "json"));
		if (cli_has(cli, "json"))
			list_write(json_pack("{s:s, s:b, s:i}", "profile", session->paths.profile,
			                     "ok", wrong == 0, "errors", (int)wrong),
			           stdout);
		code = wrong > 0 ? EXIT_CODE_CONFIG : EXIT_CODE_OK;
	}
	session_close(&session);
	return code;
}

static const char *origin_of(const struct config_reading *reading, const struct config_key *key)
{
	for (size_t i = 0; i < reading->origin_count; i++)
		if (reading->origins[i].key == key)
			return reading->origins[i].from;
	return "";
}

/* One line for each plain key, one for each key of each item of a list. */
struct shown {
	const struct table *table;
	const struct config_reading *reading;
	bool with_origin;
	struct grid *grid; /* or */
	json_t *json;
};

static void show_value(const struct shown *shown, const char *name, const char *value,
                       const char *from)
{
	if (shown->json != NULL) {
		json_array_append_new(shown->json,
		                      json_pack("{s:s, s:s, s:s, s:s}", "file", shown->table->name,
		                                "key", name, "value", value, "origin", from));
		return;
	}
	grid_add(shown->grid, TINT_NONE, "%s.%s", shown->table->name, name);
	grid_add(shown->grid, TINT_NONE, "%s", value[0] != '\0' ? value : "\"\"");
	if (shown->with_origin)
		grid_add(shown->grid, strcmp(from, "default") == 0 ? TINT_DIM : TINT_GOOD, "%s",
		         from);
}

static void show_list(const struct shown *shown, const struct config_key *list, const void *config)
{
	static char value[VALUE_SIZE];
	char name[120];
	uint32_t count =
		*(const uint32_t *)(const void *)((const char *)config + list->count_offset);
	const char *from = origin_of(shown->reading, list);
	for (uint32_t i = 0; i < count; i++) {
		const char *item = (const char *)config + list->offset + i * list->items->size;
		for (size_t j = 0; j < list->items->key_count; j++) {
			const struct config_key *key = &list->items->keys[j];
			if (key->kind == CONFIG_LIST)
				continue;
			snprintf(name, sizeof name, "%s.%u.%s", list->name, i, key->name);
			show_value(shown, name,
			           config_print(list->items, item, key, value, sizeof value), from);
		}
	}
	if (count == 0)
		show_value(shown, list->name, "", from);
}

static void show_table(const struct shown *shown, const void *config)
{
	static char value[VALUE_SIZE];
	const struct config_type *type = shown->table->type;
	for (size_t i = 0; i < type->key_count; i++) {
		const struct config_key *key = &type->keys[i];
		if (key->kind == CONFIG_LIST)
			show_list(shown, key, config);
		else
			show_value(shown, key->name,
			           config_print(type, config, key, value, sizeof value),
			           origin_of(shown->reading, key));
	}
}

static int show_all(struct session *session, const char *only, struct shown *shown)
{
	static struct config_reading reading;
	shown->reading = &reading;
	for (size_t i = 0; i < config_table_count; i++) {
		const struct table *table = &config_tables[i];
		if (only != NULL && strcmp(only, table->name) != 0)
			continue;
		void *config = calloc(1, table->type->size);
		enum err err = config == NULL ? ERR_IO
		                              : table_read(table, &session->paths, &session->stack,
		                                           config, &reading);
		shown->table = table;
		if (err == OK)
			show_table(shown, config);
		free(config);
		if (err != OK)
			return cli_fail(EXIT_CODE_CONFIG, "%s", reading.error);
	}
	return EXIT_CODE_OK;
}

int config_show_run(const struct cli *cli)
{
	static const struct grid_column columns[] = {
		{"key", false}, {"value", false}, {"from", false}};
	const char *only = cli->operand_count > 0 ? cli->operands[0] : NULL;
	struct grid grid;
	bool with_origin = cli_has(cli, "origin");
	grid_init(&grid, columns, with_origin ? 3 : 2);
	struct shown shown = {
		.with_origin = with_origin,
		.grid = &grid,
		.json = cli_has(cli, "json") ? json_array() : NULL,
	};
	if (only != NULL && table_named(only) == NULL)
		return cli_fail(EXIT_CODE_USAGE,
		                "there is no file %s.yaml in a profile; bw config check lists them",
		                only);
	struct session *session = session_make(cli);
	int code = session_find(session);
	if (code == EXIT_CODE_OK)
		code = show_all(session, only, &shown);
	if (code == EXIT_CODE_OK && shown.json != NULL)
		list_write(json_incref(shown.json), stdout);
	else if (code == EXIT_CODE_OK)
		grid_print(&grid, stdout, cli->colour);
	json_decref(shown.json);
	grid_free(&grid);
	session_close(&session);
	return code;
}
