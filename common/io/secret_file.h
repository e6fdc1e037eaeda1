/* SPDX-License-Identifier: Apache-2.0 */
/* Small files with secrets: mode 0600 or refused, made whole or not at all. */
#ifndef IO_SECRET_FILE_H
#define IO_SECRET_FILE_H

#include "common/base/text.h"

/* At most `capacity` bytes; a longer file tells its true size in `size`. ERR_NOT_FOUND when there
   is none, ERR_INVALID (with the chmod command in `why`) when others than the owner may read or
   write it. */
MUST_CHECK enum err secret_file_read(const char *path, void *bytes, size_t capacity, size_t *size,
                                     text_t *why);

/* Writes a new file, synced, in directories of mode 0700 that are made when missing. ERR_EXISTS
   leaves an old file alone. */
MUST_CHECK enum err secret_file_make(const char *path, const void *bytes, size_t size, text_t *why);

#endif
