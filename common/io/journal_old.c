/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/journal_old.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DIGITS = 20, NAME_LENGTH = 8 + DIGITS + 4 };

char *journal_old_name(uint64_t first, char name[JOURNAL_OLD_NAME_SIZE])
{
	snprintf(name, JOURNAL_OLD_NAME_SIZE, "journal.%020" PRIu64 ".old", first);
	return name;
}

static bool is_old(const char *name)
{
	return strlen(name) == NAME_LENGTH && strncmp(name, "journal.", 8) == 0 &&
	       strspn(name + 8, "0123456789") == DIGITS && strcmp(name + 8 + DIGITS, ".old") == 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Takes the place of the oldest when there are too many. */
static void add(struct journal_old *self, const char *name)
{
	size_t at = self->count;

	if (self->count == JOURNAL_OLD_MAX) {
		qsort(self->names, self->count, sizeof self->names[0], compare_names);
		if (strcmp(name, self->names[0]) < 0)
			return;
		at = 0;
	} else {
		self->count++;
	}
	snprintf(self->names[at], JOURNAL_OLD_NAME_SIZE, "%s", name);
}

void journal_old_list(struct journal_old *self, const char *directory)
{
	DIR *handle = opendir(directory);
	const struct dirent *entry;

	self->count = 0;
	if (handle == NULL)
		return;
	while ((entry = readdir(handle)) != NULL)
		if (is_old(entry->d_name))
			add(self, entry->d_name);
	closedir(handle);
	qsort(self->names, self->count, sizeof self->names[0], compare_names);
}

void journal_old_prune(const char *directory, size_t kept)
{
	struct journal_old old;
	char path[700];

	journal_old_list(&old, directory);
	for (size_t i = 0; i + kept < old.count; i++) {
		snprintf(path, sizeof path, "%s/%s", directory, old.names[i]);
		unlink(path);
	}
}
