/* SPDX-License-Identifier: Apache-2.0 */
#include "services/recovery/seize.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WAIT_MS = 5, WAITS_MAX = 400, PATH_SIZE = 512 };

static long read_pid(const char *lock)
{
	char text[24] = "";
	int fd = open(lock, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	ssize_t size = read(fd, text, sizeof text - 1);
	close(fd);
	return size > 0 ? strtol(text, NULL, 10) : 0;
}

/* Its program's name, without " (deleted)" behind an upgraded one. */
static bool runs(long pid, const char *program)
{
	char path[64], target[PATH_SIZE];

	snprintf(path, sizeof path, "/proc/%ld/exe", pid);
	ssize_t size = readlink(path, target, sizeof target - 1);
	if (size <= 0)
		return false;
	target[size] = '\0';
	const char *slash = strrchr(target, '/');
	const char *name = slash != NULL ? slash + 1 : target;
	return strncmp(name, program, strlen(program)) == 0 &&
	       strchr(" ", name[strlen(program)]) != NULL;
}

static bool is_same_file(const char *path, const struct stat *wanted)
{
	struct stat found;

	return stat(path, &found) == 0 && found.st_ino == wanted->st_ino &&
	       found.st_dev == wanted->st_dev;
}

static bool has_open(long pid, const char *lock)
{
	char path[PATH_SIZE];
	struct stat wanted;
	struct dirent *entry;
	bool is_found = false;

	snprintf(path, sizeof path, "/proc/%ld/fd", pid);
	DIR *directory = opendir(path);
	if (directory == NULL)
		return false;
	bool is_there = stat(lock, &wanted) == 0;
	while (is_there && !is_found && (entry = readdir(directory)) != NULL) {
		snprintf(path, sizeof path, "/proc/%ld/fd/%s", pid, entry->d_name);
		is_found = is_same_file(path, &wanted);
	}
	closedir(directory);
	return is_found;
}

/* A stopped process dies of SIGKILL too; one in the kernel's hands may take its time. */
static bool wait_for_end(long pid, const char *lock)
{
	for (int i = 0; i < WAITS_MAX; i++) {
		if (!has_open(pid, lock))
			return true;
		poll(NULL, 0, WAIT_MS);
	}
	return false;
}

enum err seize_executor(const char *lock, text_t *why)
{
	long pid = read_pid(lock);

	if (pid <= 1 || pid == (long)getpid() || !has_open(pid, lock)) {
		poll(NULL, 0, 4 * WAIT_MS); /* it just died, or a new one hasn't signed yet */
		return OK;
	}
	if (runs(pid, "recovery")) {
		*why = text_format("another take-over is at work (pid %ld)", pid);
		return ERR_EXISTS;
	}
	if (!runs(pid, "executor")) {
		*why = text_format(
			"%.150s is held by pid %ld, which is no executor: end it by hand", lock,
			pid);
		return ERR_EXISTS;
	}
	fprintf(stderr, "the executor (pid %ld) doesn't answer: it is killed\n", pid);
	if (kill((pid_t)pid, SIGKILL) == 0 && wait_for_end(pid, lock))
		return OK;
	*why = text_format("the executor (pid %ld) can't be killed: end it by hand", pid);
	return ERR_EXISTS;
}
