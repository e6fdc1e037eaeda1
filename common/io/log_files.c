/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/log_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/io/directory.h"

enum { BUFFER_SIZE = 32 << 10, DAY_SIZE = 10 };

static const char *const names[LOG_FILE_COUNT] = {
	"debug", "info", "warn", "error", "combined", "trades", "signals", "performance", "alerts",
};

struct file {
	int fd; /* -1: not open */
	char *buffer;
	size_t used, lines;
};

struct log_files {
	char directory[PATH_MAX];
	unsigned files_max;
	char day[TIME_TEXT_SIZE]; /* "" before the first line */
	struct file files[LOG_FILE_COUNT];
	uint64_t lost;
	text_t why;
};

/* "<name>-YYYY-MM-DD.log" */
static bool is_of_kind(const char *file_name, const char *name)
{
	static const char pattern[] = "-dddd-dd-dd.log";
	size_t size = strlen(name);

	if (strncmp(file_name, name, size) != 0 || strlen(file_name) != size + sizeof pattern - 1)
		return false;
	for (size_t i = 0; pattern[i] != '\0'; i++) {
		char c = file_name[size + i];
		if (pattern[i] == 'd' ? c < '0' || c > '9' : c != pattern[i])
			return false;
	}
	return true;
}

static _Thread_local const char *kind_of_scan;

static int is_in_scan(const struct dirent *entry)
{
	return is_of_kind(entry->d_name, kind_of_scan);
}

/* The names sort by day: the oldest come first. */
static void remove_old(const struct log_files *self, const char *name)
{
	struct dirent **entries;
	char path[PATH_MAX + 300];

	kind_of_scan = name;
	int count = scandir(self->directory, &entries, is_in_scan, alphasort);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof path, "%s/%s", self->directory, entries[i]->d_name);
		if ((unsigned)(count - i) > self->files_max)
			unlink(path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static void remove_all_old(const struct log_files *self)
{
	for (size_t i = 0; i < LOG_FILE_COUNT; i++)
		remove_old(self, names[i]);
}

struct log_files *log_files_open(const char *directory, unsigned files_max, text_t *why)
{
	struct log_files *self = calloc(1, sizeof *self);

	if (self == NULL || directory_make(directory, 0750, why) != OK) {
		free(self);
		return NULL;
	}
	snprintf(self->directory, sizeof self->directory, "%s", directory);
	self->files_max = files_max > 0 ? files_max : 1;
	for (size_t i = 0; i < LOG_FILE_COUNT; i++)
		self->files[i].fd = -1;
	remove_all_old(self);
	return self;
}

static void lose(struct log_files *self, struct file *file, size_t lines)
{
	self->lost += lines;
	self->why = text_format("%s: %s", self->directory, strerror(errno));
	file->used = file->lines = 0;
}

static enum err open_file(struct log_files *self, enum log_file which)
{
	struct file *file = &self->files[which];
	char path[PATH_MAX + 64];

	snprintf(path, sizeof path, "%s/%s-%s.log", self->directory, names[which], self->day);
	file->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (file->fd < 0)
		return ERR_IO;
	remove_old(self, names[which]);
	return OK;
}

static void flush_file(struct log_files *self, enum log_file which)
{
	struct file *file = &self->files[which];
	size_t done = 0;

	if (file->used == 0)
		return;
	if (file->fd < 0 && open_file(self, which) != OK) {
		lose(self, file, file->lines);
		return;
	}
	while (done < file->used) {
		ssize_t put = write(file->fd, file->buffer + done, file->used - done);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0) {
			lose(self, file, file->lines);
			return;
		}
		done += (size_t)put;
	}
	file->used = file->lines = 0;
}

static void close_files(struct log_files *self)
{
	for (size_t i = 0; i < LOG_FILE_COUNT; i++) {
		flush_file(self, (enum log_file)i);
		if (self->files[i].fd >= 0)
			close(self->files[i].fd);
		self->files[i].fd = -1;
	}
}

void log_files_turn(struct log_files *self, nanos_t now)
{
	char day[TIME_TEXT_SIZE];

	/* A line of yesterday that was queued behind today's first stays in today's file. */
	if (strcmp(time_print_day(now, day), self->day) <= 0)
		return;
	close_files(self);
	memcpy(self->day, day, sizeof day);
	remove_all_old(self);
}

void log_files_put(struct log_files *self, enum log_file which, const char *line, size_t size)
{
	struct file *file = &self->files[which];

	if (file->buffer == NULL)
		file->buffer = malloc(BUFFER_SIZE);
	if (file->used + size > BUFFER_SIZE)
		flush_file(self, which);
	if (file->buffer == NULL || size > BUFFER_SIZE) {
		errno = ENOMEM;
		lose(self, file, 1);
		return;
	}
	memcpy(file->buffer + file->used, line, size);
	file->used += size;
	file->lines++;
}

uint64_t log_files_flush(struct log_files *self, text_t *why)
{
	for (size_t i = 0; i < LOG_FILE_COUNT; i++)
		flush_file(self, (enum log_file)i);
	uint64_t lost = self->lost;
	self->lost = 0;
	if (lost > 0)
		*why = self->why;
	return lost;
}

void log_files_close(struct log_files **self)
{
	if (*self == NULL)
		return;
	close_files(*self);
	for (size_t i = 0; i < LOG_FILE_COUNT; i++)
		free((*self)->files[i].buffer);
	free(*self);
	*self = NULL;
}
