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
#include <sys/socket.h>
#include <sys/un.h>
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

static bool answers(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof address.sun_path)
		return false;
	strcpy(address.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool is_there = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
	if (fd >= 0)
		close(fd);
	return is_there;
}

bool runlock_finds_service(const struct service_paths *paths, name_t *who)
{
	static const char suffix[] = ".ask";
	char path[800];
	struct dirent *entry;
	bool is_found = false;
	DIR *directory = opendir(paths->run);
	if (directory == NULL)
		return false;
	while (!is_found && (entry = readdir(directory)) != NULL) {
		size_t size = strlen(entry->d_name);
		if (size < sizeof suffix || strcmp(entry->d_name + size - (sizeof suffix - 1), suffix) != 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", paths->run, entry->d_name);
		is_found = answers(path);
		if (is_found && name_parse(entry->d_name, size - (sizeof suffix - 1), who) != OK)
			*who = name_from("a service");
	}
	closedir(directory);
	return is_found;
}
