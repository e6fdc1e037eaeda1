/* SPDX-License-Identifier: Apache-2.0 */
/* The single-value kinds of configuration: how each is read, bounded and printed. For config.c
 * only. Pure. */
#ifndef BASE_CONFIG_KINDS_H
#define BASE_CONFIG_KINDS_H

#include "common/base/config.h"

/* `at` is the key's place in the struct, written on success only. ERR_INVALID with a sentence in
 * `why`. */
MUST_CHECK enum err config_kind_read(const struct config_key *key, const char *value, void *at,
                                     text_t *why);
void config_kind_print(const struct config_key *key, const void *at, char *out, size_t capacity);

#endif
