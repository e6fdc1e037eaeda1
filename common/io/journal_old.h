/* SPDX-License-Identifier: Apache-2.0 */
/* The older files of a journal that are kept beside it. For journal*.c only. */
#ifndef IO_JOURNAL_OLD_H
#define IO_JOURNAL_OLD_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

enum { JOURNAL_OLD_MAX = 64, JOURNAL_OLD_NAME_SIZE = 40 };

struct journal_old {
	char names[JOURNAL_OLD_MAX][JOURNAL_OLD_NAME_SIZE]; /* oldest first */
	size_t count;
};

/* "journal.<number>.old" for a file whose first record has that number. Returns `name`. */
char *journal_old_name(uint64_t first, char name[JOURNAL_OLD_NAME_SIZE]);

/* Those in a directory; none when it can't be read. Of more than JOURNAL_OLD_MAX the newest. */
void journal_old_list(struct journal_old *self, const char *directory);

/* Removes all but the newest `kept`. */
void journal_old_prune(const char *directory, size_t kept);

#endif
