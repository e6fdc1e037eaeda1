/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/paths.h"

#include "common/io/directory.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_directory(const char *path)
{
	struct stat stat_buffer;
	return stat(path, &stat_buffer) == 0 && S_ISDIR(stat_buffer.st_mode);
}

static enum err find_programs(struct service_paths *out)
{
	char self[512];
	ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
	if (size <= 0)
		return ERR_IO;
	self[size] = '\0';
	char *slash = strrchr(self, '/');
	snprintf(out->programs, sizeof out->programs, "%.*s", (int)(slash - self), self);
	return OK;
}

static enum err find_profile(const char *profile, struct service_paths *out, text_t *why)
{
	char places[4][1200];
	snprintf(places[0], sizeof places[0], "%s", profile);
	snprintf(places[1], sizeof places[1], "conf/%s", profile);
	snprintf(places[2], sizeof places[2], "%s/../../conf/%s", out->programs, profile);
	snprintf(places[3], sizeof places[3], "%s/../share/breakwater/conf/%s", out->programs,
	         profile);
	for (size_t i = 0; i < 4; i++) {
		const char *path = places[i];
		char whole[PATH_MAX];
		if (!is_directory(path) || realpath(path, whole) == NULL ||
		    strlen(whole) >= sizeof out->profile)
			continue;
		strcpy(out->profile, whole);
		return OK;
	}
	*why = text_format("there is no profile %.100s: name a directory with stack.yaml, or a "
	                   "folder below conf/",
	                   profile);
	return ERR_NOT_FOUND;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash == NULL ? path : slash + 1;
}

static enum err find_state(const char *state, struct service_paths *out, text_t *why)
{
	char path[900];
	const char *environment = getenv("BREAKWATER_STATE");
	const char *configured = state != NULL                                   ? state
	                         : environment != NULL && environment[0] != '\0' ? environment
	                                                                         : NULL;
	const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	if (configured != NULL && configured[0] == '/')
		snprintf(path, sizeof path, "%s", configured);
	else if (configured != NULL) {
		char current[PATH_MAX];
		if (getcwd(current, sizeof current) == NULL)
			return ERR_IO;
		snprintf(path, sizeof path, "%.500s/%.300s", current, configured);
	} else if (xdg != NULL && xdg[0] == '/')
		snprintf(path, sizeof path, "%.500s/breakwater/%s", xdg, last_part(out->profile));
	else
		snprintf(path, sizeof path, "%.500s/.local/state/breakwater/%s",
		         home != NULL ? home : "/var/lib", last_part(out->profile));
	if (strlen(path) >= sizeof out->state - 8) {
		*why = text_from(
			"the state directory's path is too long: give a shorter one with --state");
		return ERR_INVALID;
	}
	strcpy(out->state, path);
	snprintf(out->run, sizeof out->run, "%.500s/run", out->state);
	return OK;
}

enum err paths_find(const char *profile, const char *state, const char *instance,
                    struct service_paths *out, text_t *why)
{
	memset(out, 0, sizeof *out);
	if (find_programs(out) != OK) {
		*why = text_format("can't find this program's own place: %s", strerror(errno));
		return ERR_IO;
	}
	enum err err = find_profile(profile, out, why);
	if (err == OK)
		err = find_state(state, out, why);
	if (err == OK)
		snprintf(out->own, sizeof out->own, "%s/%s", out->state, instance);
	return err;
}

enum err paths_make(const struct service_paths *paths, text_t *why)
{
	char keys[600], logs[600];
	snprintf(keys, sizeof keys, "%s/keys", paths->state);
	snprintf(logs, sizeof logs, "%s/logs", paths->state);
	const char *const all[] = {paths->state, paths->run, paths->own, keys, logs};
	enum err err = OK;
	for (size_t i = 0; err == OK && i < sizeof all / sizeof *all; i++)
		err = directory_make(all[i], 0700, why);
	return err;
}
