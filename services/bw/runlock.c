/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/runlock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { TRIES = 5, TRY_MS = 50 };

static void lock_path(const struct service_paths *paths, char *out, size_t capacity)
{
	snprintf(out, capacity, "%s/up.lock", paths->state);
}

static long read_pid(int fd)
{
	char text[24] = "";
	return pread(fd, text, sizeof text - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;
}

/* Somebody who only looks (runlock_is_held) is gone at once: hence the tries. */
static bool take(int fd)
{
	for (int i = 0; i < TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		poll(NULL, 0, TRY_MS);
	}
	return false;
}

enum err runlock_take(const struct service_paths *paths, long *pid, text_t *why)
{
	char path[700], text[24];
	lock_path(paths, path, sizeof path);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		*why = text_format("can't open %.180s: %s", path, strerror(errno));
		return ERR_IO;
	}
	if (!take(fd)) {
		*pid = read_pid(fd);
		close(fd);
		return ERR_EXISTS;
	}
	int size = snprintf(text, sizeof text, "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)size, 0) == size)
		return OK;
	*why = text_format("can't write %.180s: %s", path, strerror(errno));
	close(fd);
	return ERR_IO;
}

bool runlock_is_held(const struct service_paths *paths, long *pid)
{
	char path[700];
	lock_path(paths, path, sizeof path);
	*pid = 0;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool is_held = flock(fd, LOCK_SH | LOCK_NB) != 0;
	if (is_held)
		*pid = read_pid(fd);
	close(fd);
	return is_held;
}

/* Each service holds <state>/<instance>/instance.lock for its life. */
static bool is_locked(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool is_held = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	close(fd);
	return is_held;
}

bool runlock_finds_service(const struct service_paths *paths, name_t *who)
{
	char path[1024];
	struct dirent *entry;
	bool is_found = false;
	DIR *directory = opendir(paths->state);
	if (directory == NULL)
		return false;
	while (!is_found && (entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s/instance.lock", paths->state, entry->d_name);
		is_found = is_locked(path);
		if (is_found)
			*who = name_from(entry->d_name);
	}
	closedir(directory);
	return is_found;
}
