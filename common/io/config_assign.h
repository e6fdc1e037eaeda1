/* SPDX-License-Identifier: Apache-2.0 */
/* Values that don't come from a file: "bots.0.symbol=X" of the command line and of the environment,
   and where a value came from. Shared by config_file.c; programs see config_file.h. */
#ifndef IO_CONFIG_ASSIGN_H
#define IO_CONFIG_ASSIGN_H

#include "common/io/config_file.h"

/* Writes the sentence into reading->error; returns ERR_CONFIG. */
enum err config_fail(struct config_reading *reading, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void config_set_origin(struct config_reading *reading, const struct config_key *key,
                       const char *from);

/* Every BREAKWATER__<SECTION>__<KEY> of this table. */
MUST_CHECK enum err config_read_environment(const struct config_type *type, void *config,
                                            struct config_reading *reading);

#endif
