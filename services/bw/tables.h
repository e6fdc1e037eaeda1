/* SPDX-License-Identifier: Apache-2.0 */
/* Every configuration file of a profile with the table that reads it. */
#ifndef BW_TABLES_H
#define BW_TABLES_H

#include "common/io/config_file.h"
#include "common/io/service.h"

struct table {
	const char *name; /* of the program and, with .yaml, of the file */
	const struct config_type *type;
	bool is_optional; /* a missing file stands for the defaults */
	/* What the table can't say; NULL when it says all. */
	enum err (*check)(void *config, const struct stack_config *stack,
	                  const struct service_paths *paths, text_t *why);
};

extern const struct table config_tables[];
extern const size_t config_table_count;

/* NULL when there is none. */
const struct table *table_named(const char *name);

/* Reads one file into `config` (table.type->size bytes) and checks it; reading->error tells what is
 * wrong. */
MUST_CHECK enum err table_read(const struct table *table, const struct service_paths *paths,
                               const struct stack_config *stack, void *config,
                               struct config_reading *reading);

/* Every file of the profile: each error on standard error, one line each; how many. With `told`, a
   line for each good file on standard output. */
unsigned tables_check(const struct service_paths *paths, const struct stack_config *stack,
                      bool told);

#endif
