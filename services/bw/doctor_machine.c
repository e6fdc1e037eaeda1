/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/findings.h"

#include "services/bw/libraries.h"
#include "services/bw/wording.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

enum { FILES_MIN = 1024, LIBRARY_YEAR = 2024 };

#define DISK_FAIL (64ull << 20)
#define DISK_WARN (1ull << 30)

static bool is_program(const char *directory, const char *name)
{
	char path[900];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	return access(path, X_OK) == 0;
}

static bool is_in_path(const char *name)
{
	char directory[700];
	const char *at = getenv("PATH");
	while (at != NULL && *at != '\0') {
		size_t size = strcspn(at, ":");
		snprintf(directory, sizeof directory, "%.*s", (int)size, at);
		if (is_program(directory, name))
			return true;
		at += size + (at[size] == ':');
	}
	return false;
}

void doctor_programs(struct findings *self)
{
	const struct session *session = self->session;
	const struct config_names *services = &session->stack.services;
	unsigned missing = 0;
	for (uint32_t i = 0; i < services->count; i++) {
		char program[NAME_MAX_SIZE + 1];
		snprintf(program, sizeof program, "%.*s",
		         (int)strcspn(services->items[i].text, "."), services->items[i].text);
		if (is_program(session->paths.programs, program))
			continue;
		finding_add(self, GRADE_FAIL, "programs", "build it (make) or install it beside bw",
		            "%s is missing in %s", program, session->paths.programs);
		missing++;
	}
	if (!is_program(session->paths.programs, "supervisor"))
		finding_add(self, GRADE_FAIL, "programs", "build it (make) or install it beside bw",
		            "supervisor is missing in %s", session->paths.programs);
	else if (missing == 0)
		finding_add(self, GRADE_OK, "programs", NULL, "supervisor and %u services in %s",
		            services->count, session->paths.programs);
}

void doctor_libraries(struct findings *self)
{
	struct library libraries[LIBRARIES_MAX];
	size_t count = libraries_list(libraries);
	char text[400];
	size_t used = 0;
	for (size_t i = 0; i < count; i++) {
		const struct library *library = &libraries[i];
		if (!library->is_recent_enough)
			finding_add(self, GRADE_WARN, "libraries",
			            "take a newer Debian release or build the library yourself",
			            "%s %s is older than %s, with which this was tried",
			            library->name, library->version, library->oldest);
		else if (used + 40 < sizeof text)
			used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %s",
			                         used > 0 ? ", " : "", library->name,
			                         library->version);
	}
	finding_add(self, GRADE_OK, "libraries", NULL, "%s", text);
}

static void check_directory(struct findings *self, const char *path, bool is_private)
{
	struct stat info;
	char remedy[800];
	if (stat(path, &info) != 0) {
		finding_add(self, errno == ENOENT ? GRADE_OK : GRADE_FAIL, "directories",
		            "look at the permissions above it", "%s: %s", path,
		            errno == ENOENT ? "not there yet, bw up makes it" : strerror(errno));
		return;
	}
	snprintf(remedy, sizeof remedy, "chmod 0700 %.700s, or take another --state", path);
	if (access(path, W_OK | X_OK) != 0 || info.st_uid != geteuid())
		finding_add(self, GRADE_FAIL, "directories", remedy, "%s can't be written by us",
		            path);
	else if (is_private && (info.st_mode & 077) != 0)
		finding_add(self, GRADE_FAIL, "directories", remedy,
		            "%s is open to others (mode %04o)", path,
		            (unsigned)(info.st_mode & 07777));
	else
		finding_add(self, GRADE_OK, "directories", NULL, "%s, mode %04o", path,
		            (unsigned)(info.st_mode & 07777));
}

void doctor_directories(struct findings *self)
{
	char keys[700];
	const struct service_paths *paths = &self->session->paths;
	snprintf(keys, sizeof keys, "%s/keys", paths->state);
	check_directory(self, paths->state, true);
	if (access(paths->state, F_OK) != 0)
		return;
	check_directory(self, paths->run, true);
	check_directory(self, keys, true);
}

void doctor_disk(struct findings *self)
{
	struct statvfs info;
	char path[600], text[WORDING_MAX];
	snprintf(path, sizeof path, "%s", self->session->paths.state);
	while (statvfs(path, &info) != 0) {
		char *slash = strrchr(path, '/');
		if (slash == NULL || slash == path) {
			finding_add(self, GRADE_WARN, "disk", "look with df",
			            "free space of %s can't be told: %s",
			            self->session->paths.state, strerror(errno));
			return;
		}
		*slash = '\0';
	}
	uint64_t free_bytes = (uint64_t)info.f_bavail * info.f_frsize;
	enum grade grade = free_bytes < DISK_FAIL   ? GRADE_FAIL
	                   : free_bytes < DISK_WARN ? GRADE_WARN
	                                            : GRADE_OK;
	finding_add(self, grade, "disk",
	            "make room: when the journal can't be written, no entry is sent any more",
	            "%s free for %s", word_bytes(free_bytes, text), self->session->paths.state);
}

/* Exchanges refuse requests whose time is off; a clock that jumps spoils every deadline. */
void doctor_clock(struct findings *self)
{
	struct timex state = {.modes = 0};
	struct timespec now;
	struct tm day;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &day);
	if (day.tm_year + 1900 < LIBRARY_YEAR) {
		finding_add(self, GRADE_FAIL, "clock", "set the date", "the year is %d",
		            day.tm_year + 1900);
		return;
	}
	bool is_synced = adjtimex(&state) != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
	finding_add(self, is_synced ? GRADE_OK : GRADE_WARN, "clock",
	            "the built-in exchange doesn't mind; for a real one start chrony or "
	            "systemd-timesyncd",
	            is_synced ? "synchronised, UTC year %d"
	                      : "not synchronised with a time server, UTC year %d",
	            day.tm_year + 1900);
}

void doctor_limits(struct findings *self)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		finding_add(self, limit.rlim_cur >= FILES_MIN ? GRADE_OK : GRADE_WARN, "limits",
		            "ulimit -n 1024", "%llu open files per process",
		            (unsigned long long)limit.rlim_cur);
	if (strcmp(self->session->stack.redis.text, "private") != 0)
		return;
	bool has_redis = is_in_path("redis-server");
	finding_add(self, has_redis ? GRADE_OK : GRADE_FAIL, "redis-server",
	            "apt-get install redis-server, or redis: off in stack.yaml (nothing but the "
	            "shared view is lost)",
	            "%s", has_redis ? "found" : "not found in PATH");
}
