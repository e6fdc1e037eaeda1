/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io/directory.h"

static enum err fail(const char *path, text_t *why)
{
	enum err err = errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;

	*why = text_format("%s: %s", path, strerror(errno));
	return err;
}

static enum err check_mode(int fd, const char *path, struct stat *info, text_t *why)
{
	if (fstat(fd, info) != 0)
		return fail(path, why);
	if (!S_ISREG(info->st_mode)) {
		*why = text_format("%s: a regular file wanted", path);
		return ERR_INVALID;
	}
	if ((info->st_mode & 077) != 0) {
		*why = text_format("%s can be read by others (mode %04o): chmod 600 %s", path,
		                   (unsigned)info->st_mode & 07777, path);
		return ERR_INVALID;
	}
	return OK;
}

static enum err read_all(int fd, const char *path, uint8_t *bytes, size_t capacity, size_t *size,
                         text_t *why)
{
	size_t used = 0;
	ssize_t got = 1;

	while (used < capacity && got > 0) {
		got = read(fd, bytes + used, capacity - used);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			used += (size_t)got;
	}
	if (got < 0)
		return fail(path, why);
	*size = used;
	return OK;
}

enum err secret_file_read(const char *path, void *bytes, size_t capacity, size_t *size, text_t *why)
{
	struct stat info;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return fail(path, why);
	enum err err = check_mode(fd, path, &info, why);
	if (err == OK && (size_t)info.st_size > capacity)
		*size = (size_t)info.st_size;
	else if (err == OK)
		err = read_all(fd, path, bytes, capacity, size, why);
	close(fd);
	return err;
}

static enum err write_all(int fd, const char *path, const uint8_t *bytes, size_t size, text_t *why)
{
	while (size > 0) {
		ssize_t put = write(fd, bytes, size);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return fail(path, why);
		bytes += put;
		size -= (size_t)put;
	}
	return fsync(fd) == 0 ? OK : fail(path, why);
}

/* Written under a name of its own, then linked: the real name never shows half a secret, and a
   second maker finds the first one's file. */
enum err secret_file_make(const char *path, const void *bytes, size_t size, text_t *why)
{
	char fresh[PATH_MAX];
	enum err err = directory_make_for(path, 0700, why);

	if (err != OK)
		return err;
	snprintf(fresh, sizeof fresh, "%s.%ld", path, (long)getpid());
	unlink(fresh);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(fresh, why);
	err = write_all(fd, fresh, bytes, size, why);
	close(fd);
	if (err == OK && link(fresh, path) != 0)
		err = errno == EEXIST ? ERR_EXISTS : fail(path, why);
	unlink(fresh);
	return err == OK ? directory_sync_for(path, why) : err;
}
