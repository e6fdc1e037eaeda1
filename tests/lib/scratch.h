/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of the test's own under /tmp, and small files in it. */
#ifndef LIB_SCRATCH_H
#define LIB_SCRATCH_H

#include <assert.h>
#include <dirent.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct scratch {
	char path[64];
};

static inline int scratch_remove_one(const char *path, const struct stat *info, int type,
                                     struct FTW *ftw)
{
	(void)info;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void scratch_open(struct scratch *self)
{
	strcpy(self->path, "/tmp/breakwater-test-");
	memset(self->path + strlen(self->path), 'X', 7);
	self->path[strlen("/tmp/breakwater-test-") + 6] = '\0';
	if (mkdtemp(self->path) == NULL)
		abort();
}

static inline void scratch_close(struct scratch *self)
{
	nftw(self->path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* "<directory>/<name>"; good for the next three calls. */
static inline const char *scratch_path(struct scratch *self, const char *name)
{
	static char joined[4][512];
	static unsigned turn;
	char *path = joined[turn++ % 4];

	snprintf(path, sizeof joined[0], "%s/%s", self->path, name);
	return path;
}

static inline const char *scratch_write(struct scratch *self, const char *name, const void *bytes,
                                        size_t size)
{
	const char *path = scratch_path(self, name);
	FILE *file = fopen(path, "we");

	if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
		abort();
	return path;
}

static inline const char *scratch_write_text(struct scratch *self, const char *name,
                                             const char *text)
{
	return scratch_write(self, name, text, strlen(text));
}

/* The whole file with a NUL behind it, to be freed; NULL when there is none. */
static inline char *scratch_read(struct scratch *self, const char *name, size_t *size)
{
	FILE *file = fopen(scratch_path(self, name), "re");
	struct stat info;

	if (size != NULL)
		*size = 0;
	if (file == NULL || fstat(fileno(file), &info) != 0)
		return NULL;
	char *bytes = malloc((size_t)info.st_size + 1);
	size_t got = fread(bytes, 1, (size_t)info.st_size, file);
	bytes[got] = '\0';
	if (size != NULL)
		*size = got;
	fclose(file);
	return bytes;
}

/* How many names in the directory begin with `prefix`; the last one in alphabetical order is
 * copied. */
static inline unsigned scratch_count(struct scratch *self, const char *subdirectory,
                                     const char *prefix, char *last)
{
	struct dirent **entries;
	int count = scandir(scratch_path(self, subdirectory), &entries, NULL, alphasort);
	unsigned found = 0;

	for (int i = 0; i < count; i++) {
		if (strncmp(entries[i]->d_name, prefix, strlen(prefix)) == 0 &&
		    entries[i]->d_name[0] != '.') {
			found++;
			if (last != NULL)
				strcpy(last, entries[i]->d_name);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return found;
}

#endif
