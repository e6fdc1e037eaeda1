/* SPDX-License-Identifier: Apache-2.0 */
/* Directories: made with their parents, synced after a change of names in them. */
#ifndef IO_DIRECTORY_H
#define IO_DIRECTORY_H

#include <sys/types.h>

#include "common/base/text.h"

/* Makes `path` and its missing parents. ERR_IO with the reason in `why`. */
MUST_CHECK enum err directory_make(const char *path, mode_t mode, text_t *why);
/* The same for the directory that holds the file `path`. */
MUST_CHECK enum err directory_make_for(const char *path, mode_t mode, text_t *why);
/* Makes new, changed and removed names in `path` durable. */
MUST_CHECK enum err directory_sync(const char *path, text_t *why);
/* The same for the directory that holds the file `path`. */
MUST_CHECK enum err directory_sync_for(const char *path, text_t *why);

#endif
