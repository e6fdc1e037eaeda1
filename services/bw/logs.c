/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/logs.h"

#include "common/io/exit_code.h"
#include "services/bw/grid.h"
#include "services/bw/lists.h"
#include "services/bw/session.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	SOURCES_MAX = 32,
	LINES_SHOWN = 50,
	LINES_MAX = 100000,
	LINE_GUESS = 400, /* bytes that a line takes at most, mostly */
	TIME_SIZE = 24,   /* "2024-08-08T23:54:13.937Z" */
	FOLLOW_MS = 200,
};

struct log_source {
	char service[NAME_MAX_SIZE + 1];
	char path[1024]; /* the newest combined-DAY.log; "" when there is none */
	off_t offset;    /* read up to here */
};

struct entry {
	const struct log_source *source;
	char *text;
	size_t order; /* lines of the same millisecond stay as they were read */
};

struct log_reader {
	const struct cli *cli;
	char directory[700];
	struct log_source sources[SOURCES_MAX];
	size_t source_count;
	struct entry *entries;
	size_t entry_count, entry_capacity;
};

static int is_combined(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);
	return strncmp(entry->d_name, "combined-", 9) == 0 && size > 4 &&
	       strcmp(entry->d_name + size - 4, ".log") == 0;
}

/* Days sort as their names do. False when nothing newer than before is there. */
static bool find_newest(const struct log_reader *self, struct log_source *source)
{
	char directory[800], path[1024] = "";
	struct dirent **names;
	snprintf(directory, sizeof directory, "%s/%s", self->directory, source->service);
	int count = scandir(directory, &names, is_combined, alphasort);
	for (int i = 0; i < count; i++) {
		if (i + 1 == count)
			snprintf(path, sizeof path, "%s/%s", directory, names[i]->d_name);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	bool is_new = path[0] != '\0' && strcmp(path, source->path) != 0;
	if (is_new)
		memcpy(source->path, path, sizeof source->path);
	return is_new;
}

static bool is_wanted(const char *name, const char *service)
{
	size_t size = service == NULL ? 0 : strlen(service);
	if (name[0] == '.' || strlen(name) > NAME_MAX_SIZE)
		return false;
	return service == NULL ||
	       (strncmp(name, service, size) == 0 && (name[size] == '\0' || name[size] == '.'));
}

static void find_sources(struct log_reader *self, const char *service)
{
	struct dirent **names;
	int count = scandir(self->directory, &names, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		struct log_source *source = &self->sources[self->source_count];
		bool is_ours = names[i]->d_type == DT_DIR && is_wanted(names[i]->d_name, service);
		if (is_ours && self->source_count < SOURCES_MAX) {
			*source = (struct log_source){.offset = 0};
			snprintf(source->service, sizeof source->service, "%s", names[i]->d_name);
			self->source_count += find_newest(self, source);
		}
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

static void keep_line(struct log_reader *self, const struct log_source *source, char *text)
{
	if (self->entry_count == self->entry_capacity) {
		size_t capacity = self->entry_capacity == 0 ? 1024 : 2 * self->entry_capacity;
		struct entry *entries = realloc(self->entries, capacity * sizeof *entries);
		if (entries == NULL) {
			free(text);
			return;
		}
		self->entries = entries;
		self->entry_capacity = capacity;
	}
	self->entries[self->entry_count] = (struct entry){source, text, self->entry_count};
	self->entry_count++;
}

/* Whole lines from the source's offset on; a line that is still being written is left for later. */
static void read_lines(struct log_reader *self, struct log_source *source)
{
	FILE *file = fopen(source->path, "re");
	char *text = NULL;
	size_t capacity = 0;
	ssize_t size;
	if (file == NULL || fseeko(file, source->offset, SEEK_SET) != 0) {
		if (file != NULL)
			fclose(file);
		return;
	}
	while ((size = getline(&text, &capacity, file)) > 0 && text[size - 1] == '\n') {
		source->offset += size;
		text[size - 1] = '\0';
		keep_line(self, source, strdup(text));
	}
	free(text);
	fclose(file);
}

/* Skips what can't be among the last lines. */
static void start_near_end(struct log_source *source, unsigned long lines)
{
	struct stat info;
	off_t wanted = (off_t)(lines + 1) * LINE_GUESS;
	if (stat(source->path, &info) != 0 || info.st_size <= wanted)
		return;
	FILE *file = fopen(source->path, "re");
	int byte;
	if (file == NULL)
		return;
	source->offset = info.st_size - wanted;
	if (fseeko(file, source->offset, SEEK_SET) == 0)
		while ((byte = fgetc(file)) != EOF && byte != '\n')
			source->offset++;
	source->offset++;
	fclose(file);
}

static int compare_entries(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = strncmp(a->text, b->text, TIME_SIZE);
	return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

static enum tint tint_of_level(const char *level)
{
	if (strncmp(level, "ERROR", 5) == 0 || strncmp(level, "CRIT", 4) == 0)
		return TINT_BAD;
	return strncmp(level, "WARN", 4) == 0    ? TINT_WARN
	       : strncmp(level, "DEBUG", 5) == 0 ? TINT_DIM
	                                         : TINT_NONE;
}

/* "TIME LEVEL EVENT  TEXT" */
static void print_json(const struct entry *entry)
{
	char level[16] = "", event[80] = "";
	int used = 0;
	const char *rest = strlen(entry->text) > TIME_SIZE ? entry->text + TIME_SIZE : "";
	if (sscanf(rest, " %15s %79s %n", level, event, &used) < 2)
		used = 0;
	json_t *object =
		json_pack("{s:s%, s:s, s:s, s:s, s:s}", "ts", entry->text,
	                  strnlen(entry->text, TIME_SIZE), "service", entry->source->service,
	                  "level", level, "event", event, "text", rest + used);
	if (object == NULL) /* bytes that are no UTF-8 */
		return;
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}

static void print_entry(const struct log_reader *self, const struct entry *entry)
{
	bool colour = self->cli->colour;
	if (cli_has(self->cli, "json")) {
		print_json(entry);
		return;
	}
	if (strlen(entry->text) <= TIME_SIZE) {
		printf("%-10s %s\n", entry->source->service, entry->text);
		return;
	}
	enum tint tint = tint_of_level(entry->text + TIME_SIZE + 1);
	printf("%s%.*s%s %-10s %s%s%s\n", tint_on(TINT_DIM, colour), TIME_SIZE, entry->text,
	       tint_off(TINT_DIM, colour), entry->source->service, tint_on(tint, colour),
	       entry->text + TIME_SIZE + 1, tint_off(tint, colour));
}

static bool print_last(struct log_reader *self, size_t count)
{
	size_t first = self->entry_count > count ? self->entry_count - count : 0;
	if (self->entry_count > 0)
		qsort(self->entries, self->entry_count, sizeof *self->entries, compare_entries);
	for (size_t i = 0; i < self->entry_count; i++) {
		if (i >= first)
			print_entry(self, &self->entries[i]);
		free(self->entries[i].text);
	}
	self->entry_count = 0;
	return fflush(stdout) == 0 && !ferror(stdout);
}

/* Until the reader of our output goes, or Ctrl-C. */
static void follow(struct log_reader *self, const char *service)
{
	do {
		poll(NULL, 0, FOLLOW_MS);
		if (self->source_count == 0)
			find_sources(self, service);
		for (size_t i = 0; i < self->source_count; i++) {
			read_lines(self, &self->sources[i]);
			if (!find_newest(self, &self->sources[i]))
				continue;
			self->sources[i].offset = 0;
			read_lines(self, &self->sources[i]);
		}
	} while (print_last(self, SIZE_MAX));
}

static int show_logs(struct log_reader *self, const char *service, unsigned long count)
{
	bool follows = cli_has(self->cli, "follow");
	find_sources(self, service);
	if (self->source_count == 0 && !follows)
		return cli_fail(EXIT_CODE_FAILURE, "there is no log of %s in %s; bw up writes them",
		                service != NULL ? service : "any service", self->directory);
	for (size_t i = 0; i < self->source_count; i++) {
		start_near_end(&self->sources[i], count);
		read_lines(self, &self->sources[i]);
	}
	if (print_last(self, count) && follows)
		follow(self, service);
	return EXIT_CODE_OK;
}

int logs_run(const struct cli *cli)
{
	static struct log_reader reader;
	unsigned long count;
	if (!cli_number(cli, "number", LINES_SHOWN, LINES_MAX, &count))
		return EXIT_CODE_USAGE;
	struct session *session = session_make(cli);
	int code = session_find(session);
	reader.cli = cli;
	if (session->stack.log_dir.size > 0)
		snprintf(reader.directory, sizeof reader.directory, "%s",
		         session->stack.log_dir.text);
	else
		snprintf(reader.directory, sizeof reader.directory, "%s/logs",
		         session->paths.state);
	if (code == EXIT_CODE_OK)
		code = show_logs(&reader, cli->operand_count > 0 ? cli->operands[0] : NULL, count);
	free(reader.entries);
	session_close(&session);
	return code;
}
