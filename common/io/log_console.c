/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/log_console.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

enum { PATIENCE_MS = 100, LINE_SIZE = 40 << 10 };

struct log_console {
	name_t instance;
	bool json, journald, colours;
	bool is_stuck; /* nobody reads: don't wait again until somebody does */
	char line[LINE_SIZE];
};

struct level_look {
	const char *word, *colour;
	unsigned journald;
};

static const struct level_look looks[] = {
	[SEVERITY_DEBUG] = {"debug", "\033[90m", 7},
	[SEVERITY_INFO] = {"info", "\033[37m", 6},
	[SEVERITY_WARNING] = {"warn", "\033[33m", 4},
	[SEVERITY_ERROR] = {"error", "\033[31m", 3},
	[SEVERITY_CRITICAL] = {"crit", "\033[1;31m", 2},
};

/* JOURNAL_STREAM names the stream's device and inode; it is inherited by programs whose stderr goes
   elsewhere. */
static bool is_journald(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat info;
	char expected[64];

	if (stream == NULL || fstat(STDERR_FILENO, &info) != 0)
		return false;
	snprintf(expected, sizeof expected, "%ju:%ju", (uintmax_t)info.st_dev,
	         (uintmax_t)info.st_ino);
	return strcmp(stream, expected) == 0;
}

static bool wants_colours(void)
{
	const char *refusal = getenv("NO_COLOR");

	return (refusal == NULL || *refusal == '\0') && isatty(STDERR_FILENO);
}

struct log_console *log_console_open(const name_t *instance, bool json)
{
	struct log_console *self = calloc(1, sizeof *self);

	if (self == NULL)
		return NULL;
	self->instance = *instance;
	self->json = json;
	self->journald = is_journald();
	self->colours = wants_colours();
	return self;
}

static size_t print_json(struct log_console *self, nanos_t now, enum severity severity,
                         const char *event, const char *text)
{
	char time[TIME_TEXT_SIZE];
	json_t *line = json_pack("{ss ss ss ss}", "ts", time_print(now, time), "level",
	                         looks[severity].word, "svc", self->instance.text, "event", event);
	json_t *message = json_string(text);

	if (message == NULL) /* not UTF-8 */
		message = json_string("(bytes that are no text)");
	json_object_set_new(line, "msg", message);
	size_t size = json_dumpb(line, self->line, sizeof self->line - 1, JSON_COMPACT);
	json_decref(line);
	if (size > sizeof self->line - 1)
		return 0;
	self->line[size] = '\n';
	return size + 1;
}

static size_t print_human(struct log_console *self, nanos_t now, enum severity severity,
                          const char *event, const char *text)
{
	const struct level_look *look = &looks[severity];
	char time[TIME_TEXT_SIZE], upper[8] = "";
	int size;

	for (size_t i = 0; look->word[i] != '\0'; i++)
		upper[i] = (char)(look->word[i] - 'a' + 'A');
	if (self->journald)
		size = snprintf(self->line, sizeof self->line, "<%u>%-5s %s  %s\n", look->journald,
		                upper, event, text);
	else
		size = snprintf(self->line, sizeof self->line, "%s%s %s %-5s %s  %s%s\n",
		                self->colours ? look->colour : "", time_print(now, time),
		                self->instance.text, upper, event, text,
		                self->colours ? "\033[0m" : "");
	return (size_t)size < sizeof self->line ? (size_t)size : sizeof self->line - 1;
}

/* A pipe that polls writable takes PIPE_BUF bytes at once. */
static bool write_bytes(struct log_console *self, const char *bytes, size_t size)
{
	while (size > 0) {
		struct pollfd item = {.fd = STDERR_FILENO, .events = POLLOUT};
		self->is_stuck = poll(&item, 1, self->is_stuck ? 0 : PATIENCE_MS) <= 0;
		if (self->is_stuck)
			return false;
		ssize_t put = write(STDERR_FILENO, bytes, size < PIPE_BUF ? size : PIPE_BUF);
		if (put < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (put <= 0)
			return false;
		bytes += put;
		size -= (size_t)put;
	}
	return true;
}

unsigned log_console_put(struct log_console *self, nanos_t now, enum severity severity,
                         const char *event, const char *text)
{
	size_t size = self->json ? print_json(self, now, severity, event, text)
	                         : print_human(self, now, severity, event, text);

	return size > 0 && write_bytes(self, self->line, size) ? 0 : 1;
}

void log_console_close(struct log_console **self)
{
	free(*self);
	*self = NULL;
}
