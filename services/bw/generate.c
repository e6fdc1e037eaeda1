/* SPDX-License-Identifier: Apache-2.0 */
/* Prints docs/configuration.md from the tables that read the files. A program of its own, for `make
 * docs`. */
#include "services/bw/tables.h"
#include "services/strategy/plugins/plugins.h"

#include <stdio.h>
#include <stdlib.h>

static const char *kind_word(enum config_kind kind)
{
	static const char *const words[] = {
		[CONFIG_FLAG] = "flag",       [CONFIG_COUNT] = "count",
		[CONFIG_DECIMAL] = "decimal", [CONFIG_DURATION] = "duration",
		[CONFIG_NAME] = "name",       [CONFIG_TEXT] = "text",
		[CONFIG_NAMES] = "names",     [CONFIG_PAIRS] = "pairs",
		[CONFIG_LIST] = "list",
	};
	return words[kind];
}

static void print_head(void)
{
	puts("# Configuration\n\n"
	     "Made from the key tables (`*.def`) by `make docs`; change those.\n\n"
	     "A profile is a folder of YAML files, one for each program and `stack.yaml` for what "
	     "they share.\n"
	     "Only `stack.yaml` must be there: a missing file, and a missing key, stand for the "
	     "defaults below.\n"
	     "An unknown key, a value out of bounds and a key that stands twice are errors that "
	     "name file, line and\n"
	     "remedy. `bw config check --profile DIR` reads a profile as the programs do.\n\n"
	     "What wins, from weak to strong: default, file, environment, command line.\n\n"
	     "- Environment: `BREAKWATER__RISK__ORDER_VALUE_MAX=100`; into a list or into pairs "
	     "with further double\n"
	     "  underscores: `BREAKWATER__STRATEGY__BOTS__0__SYMBOL=BTCUSDT`.\n"
	     "- Command line of a program: `--set order_value_max=100`, for a key of the stack\n"
	     "  `--set stack.log_level=debug`, into a list with dots: `--set "
	     "bots.0.symbol=BTCUSDT`.\n");
	printf("| kind | is |\n|---|---|\n"
	       "| flag | `true` or `false` |\n"
	       "| count | a whole number |\n"
	       "| decimal | an exact decimal number, such as `0.001` |\n"
	       "| duration | a number with `ms`, `s`, `m`, `h` or `d`; or `0` |\n"
	       "| name | at most %d bytes |\n"
	       "| text | at most %d bytes |\n"
	       "| names | a list of names, at most %d |\n"
	       "| pairs | free keys with values, at most %d |\n"
	       "| list | a list of groups of keys |\n\n",
	       NAME_MAX_SIZE, TEXT_MAX_SIZE, CONFIG_NAMES_MAX, CONFIG_PAIRS_MAX);
}

static void print_bounds(const struct config_key *key)
{
	if (key->kind == CONFIG_LIST)
		printf("at most %zu", key->items_max);
	else if (key->low[0] != '\0' && key->high[0] != '\0')
		printf("%s to %s", key->low, key->high);
	else if (key->low[0] != '\0')
		printf("from %s", key->low);
	else if (key->high[0] != '\0')
		printf("up to %s", key->high);
}

static void print_key(const struct config_key *key)
{
	printf("| `%s` | %s | ", key->name, kind_word(key->kind));
	if (key->fallback[0] != '\0')
		printf("`%s`", key->fallback);
	fputs(" | ", stdout);
	print_bounds(key);
	printf(" | %s |\n", key->doc);
}

static void print_keys(const struct config_type *type)
{
	puts("| key | kind | default | bounds | meaning |\n|---|---|---|---|---|");
	for (size_t i = 0; i < type->key_count; i++)
		print_key(&type->keys[i]);
	puts("");
}

static void print_table(const struct table *table)
{
	const struct config_type *type = table->type;
	printf("## %s.yaml\n\n%s\n\n", table->name, type->doc);
	print_keys(type);
	for (size_t i = 0; i < type->key_count; i++) {
		const struct config_key *key = &type->keys[i];
		if (key->kind != CONFIG_LIST)
			continue;
		printf("### Each of %s\n\n%s\n\n", key->name, key->items->doc);
		print_keys(key->items);
	}
}

static void print_plugins(void)
{
	puts("## Parameters of the plugins\n\nWhat a bot of `strategy.yaml` may give under "
	     "`params`.\n");
	for (size_t i = 0; i < plugin_count; i++) {
		printf("### %s\n\n%s\n\n", plugins[i]->name, plugins[i]->doc);
		print_keys(plugins[i]->params);
	}
}

int main(void)
{
	print_head();
	for (size_t i = 0; i < config_table_count; i++)
		print_table(&config_tables[i]);
	print_plugins();
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
