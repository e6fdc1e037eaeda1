/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/tables.h"

#include "services/alert/alert.h"
#include "services/exchange/exchange.h"
#include "services/executor/executor.h"
#include "services/feed/feed.h"
#include "services/recovery/recovery.h"
#include "services/risk/risk.h"
#include "services/strategy/check.h"
#include "services/strategy/strategy.h"
#include "services/supervisor/supervisor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct table config_tables[] = {
	{"stack", &stack_config_type, false, NULL},
	{"exchange", &exchange_config_type, true, NULL},
	{"feed", &feed_config_type, true, NULL},
	{"strategy", &strategy_config_type, true, strategy_check},
	{"risk", &risk_config_type, true, NULL},
	{"executor", &executor_config_type, true, NULL},
	{"alert", &alert_config_type, true, NULL},
	{"recovery", &recovery_config_type, true, NULL},
	{"supervisor", &supervisor_config_type, true, NULL},
};
const size_t config_table_count = sizeof config_tables / sizeof *config_tables;

const struct table *table_named(const char *name)
{
	for (size_t i = 0; i < config_table_count; i++)
		if (strcmp(config_tables[i].name, name) == 0)
			return &config_tables[i];
	return NULL;
}

enum err table_read(const struct table *table, const struct service_paths *paths,
                    const struct stack_config *stack, void *config, struct config_reading *reading)
{
	char path[700];
	text_t why;
	snprintf(path, sizeof path, "%s/%s.yaml", paths->profile, table->name);
	enum err err = config_read(table->type, path, table->is_optional, config, reading);
	if (err != OK || table->check == NULL)
		return err;
	err = table->check(config, stack, paths, &why);
	if (err != OK)
		snprintf(reading->error, sizeof reading->error, "%s: %s", path, why.text);
	return err;
}

static bool has_instance(const struct stack_config *stack, const char *program)
{
	size_t size = strlen(program);
	for (uint32_t i = 0; i < stack->services.count; i++) {
		const char *name = stack->services.items[i].text;
		if (strncmp(name, program, size) == 0 && (name[size] == '\0' || name[size] == '.'))
			return true;
	}
	return false;
}

/* Names that no program of ours has. */
static unsigned check_services(const struct service_paths *paths, const struct stack_config *stack)
{
	unsigned wrong = 0;
	for (uint32_t i = 0; i < stack->services.count; i++) {
		char program[NAME_MAX_SIZE + 1];
		snprintf(program, sizeof program, "%.*s",
		         (int)strcspn(stack->services.items[i].text, "."),
		         stack->services.items[i].text);
		const struct table *table = table_named(program);
		if (table != NULL && table != config_tables && strcmp(program, "supervisor") != 0)
			continue;
		fprintf(stderr,
		        "%s/stack.yaml: services: there is no program %s; take exchange, feed, "
		        "strategy, "
		        "risk, executor, alert or recovery\n",
		        paths->profile, program);
		wrong++;
	}
	return wrong;
}

unsigned tables_check(const struct service_paths *paths, const struct stack_config *stack,
                      bool told)
{
	static struct config_reading reading;
	unsigned wrong = check_services(paths, stack);
	for (size_t i = 0; i < config_table_count; i++) {
		const struct table *table = &config_tables[i];
		void *config = calloc(1, table->type->size);
		enum err err =
			config == NULL ? ERR_IO : table_read(table, paths, stack, config, &reading);
		if (err != OK) {
			fprintf(stderr, "%s\n", config == NULL ? "no memory" : reading.error);
			wrong++;
		} else if (told) {
			bool is_used = table == config_tables ||
			               strcmp(table->name, "supervisor") == 0 ||
			               has_instance(stack, table->name);
			printf("%s/%s.yaml: ok%s\n", paths->profile, table->name,
			       is_used ? "" : " (not in stack.yaml's services)");
		}
		free(config);
	}
	return wrong;
}
