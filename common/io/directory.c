/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err fail(const char *path, text_t *why)
{
	*why = text_format("directory %s: %s", path, strerror(errno));
	return ERR_IO;
}

static enum err make_one(const char *path, mode_t mode, text_t *why)
{
	struct stat info;

	if (mkdir(path, mode) == 0)
		return OK;
	if (errno == EEXIST && stat(path, &info) == 0) {
		errno = ENOTDIR;
		return S_ISDIR(info.st_mode) ? OK : fail(path, why);
	}
	return fail(path, why);
}

enum err directory_make(const char *path, mode_t mode, text_t *why)
{
	char part[PATH_MAX];

	if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part) {
		errno = ENAMETOOLONG;
		return fail(path, why);
	}
	for (char *slash = strchr(part + 1, '/'); *part != '\0' && slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		enum err err = make_one(part, mode, why);
		if (err != OK)
			return err;
		*slash = '/';
	}
	return make_one(part, mode, why);
}

/* "a/b" of "a/b/c", "." of "c", "/" of "/c". */
static void parent_of(const char *path, char *parent, size_t capacity)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		snprintf(parent, capacity, ".");
	else
		snprintf(parent, capacity, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

enum err directory_make_for(const char *path, mode_t mode, text_t *why)
{
	char parent[PATH_MAX];

	parent_of(path, parent, sizeof parent);
	return directory_make(parent, mode, why);
}

enum err directory_sync(const char *path, text_t *why)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fail(path, why);
	enum err err = fsync(fd) == 0 ? OK : fail(path, why);
	close(fd);
	return err;
}

enum err directory_sync_for(const char *path, text_t *why)
{
	char parent[PATH_MAX];

	parent_of(path, parent, sizeof parent);
	return directory_sync(parent, why);
}
