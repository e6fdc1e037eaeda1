/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/log.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/io/log_console.h"
#include "common/io/log_files.h"
#include "common/io/mailbox.h"
#include "common/io/redact.h"

enum {
	QUEUE_SIZE = 256 << 10,
	QUEUE_SIZE_MAX = 1 << 20,
	EVENT_MAX = 64,
	TEXT_MAX = 4 << 10,
	SAFE_MAX = 4 * TEXT_MAX, /* a control character becomes \xNN */
	EVENT_SAFE_MAX = 4 * EVENT_MAX,
};

#define LOSSES_TOLD_EVERY (10 * NANOS_S)

/* As it lies in the mailbox; event and text follow, without a NUL. */
struct line {
	nanos_t now;
	uint32_t event_size, text_size;
	uint16_t severity, kind;
	bool is_header;
};

struct log {
	struct log_options options;
	struct mailbox *mailbox;
	struct worker *worker;
	struct log_files *files;     /* of the worker */
	struct log_console *console; /* of the worker */
	pthread_mutex_t redaction_lock;
	struct redaction redaction;
	atomic_uint_fast64_t lost;
	uint64_t lost_told;
	nanos_t told, last; /* when losses were told, time of the last line */
	char text[TEXT_MAX + 1], safe[SAFE_MAX + 1], out[SAFE_MAX + EVENT_SAFE_MAX + 64];
	char directory[512];
};

static const char *word_of(enum severity severity)
{
	static const char *const words[] = {
		[SEVERITY_DEBUG] = "DEBUG",   [SEVERITY_INFO] = "INFO",
		[SEVERITY_WARNING] = "WARN",  [SEVERITY_ERROR] = "ERROR",
		[SEVERITY_CRITICAL] = "CRIT",
	};

	return words[severity];
}

static enum log_file file_of(enum severity severity)
{
	static const enum log_file files[] = {
		[SEVERITY_DEBUG] = LOG_FILE_DEBUG,    [SEVERITY_INFO] = LOG_FILE_INFO,
		[SEVERITY_WARNING] = LOG_FILE_WARN,   [SEVERITY_ERROR] = LOG_FILE_ERROR,
		[SEVERITY_CRITICAL] = LOG_FILE_ERROR,
	};

	return files[severity];
}

/* One entry is one line, whatever is in the text: nobody forges lines or colours with it. `out` has
   room for four times the size and a NUL. */
static void escape(const char *text, size_t size, char *out)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c == '\n')
			out += snprintf(out, 3, "\\n");
		else if (c < ' ' || c == 0x7f)
			out += snprintf(out, 5, "\\x%02x", c);
		else
			*out++ = (char)c;
	}
	*out = '\0';
}

static void to_files(struct log *self, const struct line *line, const char *event)
{
	static const enum log_file of_kind[] = {
		[NOTE_LOG] = LOG_FILE_COMBINED,   [NOTE_TRADE] = LOG_FILE_TRADES,
		[NOTE_SIGNAL] = LOG_FILE_SIGNALS, [NOTE_PERFORMANCE] = LOG_FILE_PERFORMANCE,
		[NOTE_ALERT] = LOG_FILE_ALERTS,
	};
	enum severity severity = (enum severity)line->severity;
	char time[TIME_TEXT_SIZE];

	log_files_turn(self->files, line->now);
	size_t size =
		(size_t)snprintf(self->out, sizeof self->out, "%s %-5s %s  %s\n",
	                         time_print(line->now, time), word_of(severity), event, self->safe);
	if (!line->is_header || severity >= self->options.level)
		log_files_put(self->files, file_of(severity), self->out, size);
	log_files_put(self->files, LOG_FILE_COMBINED, self->out, size);
	if (of_kind[line->kind] != LOG_FILE_COMBINED)
		log_files_put(self->files, of_kind[line->kind], self->out, size);
}

static void write_line(struct log *self, const struct line *line, const char *event_bytes,
                       const char *text)
{
	char event[EVENT_SAFE_MAX + 1];

	pthread_mutex_lock(&self->redaction_lock);
	size_t size =
		redact_copy(&self->redaction, text, line->text_size, self->text, sizeof self->text);
	pthread_mutex_unlock(&self->redaction_lock);
	escape(self->text, size, self->safe);
	escape(event_bytes, line->event_size, event);
	if (self->files != NULL)
		to_files(self, line, event);
	if (self->console != NULL)
		self->lost += log_console_put(self->console, line->now,
		                              (enum severity)line->severity, event, self->safe);
	self->last = line->now;
}

static void write_own(struct log *self, enum severity severity, const char *event, const char *text)
{
	struct line line = {
		.now = self->last,
		.event_size = (uint32_t)strlen(event),
		.text_size = (uint32_t)strlen(text),
		.severity = (uint16_t)severity,
		.kind = NOTE_LOG,
	};

	write_line(self, &line, event, text);
}

static size_t write_lines(struct log *self)
{
	uint8_t *bytes;
	size_t size = mailbox_take(self->mailbox, &bytes);

	for (size_t at = 0; at < size;) {
		struct line line;
		memcpy(&line, bytes + at, sizeof line);
		const char *event = (const char *)bytes + at + sizeof line;
		write_line(self, &line, event, event + line.event_size);
		at += (sizeof line + line.event_size + line.text_size + 7) / 8 * 8;
	}
	return size;
}

/* Now and then, so that a full disk doesn't fill the console. */
static void tell_losses(struct log *self, text_t *why)
{
	uint64_t lost = atomic_load(&self->lost);

	if (lost == self->lost_told ||
	    (self->told != 0 && self->last - self->told < LOSSES_TOLD_EVERY))
		return;
	self->told = self->last;
	text_t text = text_format("%" PRIu64 " lines lost so far%s%s", lost,
	                          why->size > 0 ? ": " : "", why->text);
	self->lost_told = lost;
	write_own(self, SEVERITY_WARNING, "log.lost", text.text);
}

static void flush(struct log *self)
{
	text_t why = text_from("");

	if (self->files != NULL)
		atomic_fetch_add(&self->lost, log_files_flush(self->files, &why));
	tell_losses(self, &why);
	if (self->files != NULL)
		atomic_fetch_add(&self->lost, log_files_flush(self->files, &why));
}

static void drain(struct log *self)
{
	while (write_lines(self) > 0)
		flush(self);
}

static void open_files(struct log *self)
{
	text_t why;

	self->files = log_files_open(self->directory, self->options.files_max, &why);
	if (self->files == NULL)
		fprintf(stderr, "%s: no log files: %s; set log_dir or make it writable\n",
		        self->options.instance.text, why.text);
}

static void run(struct worker *worker, void *args)
{
	struct log *self = args;

	if (self->options.files)
		open_files(self);
	do
		drain(self);
	while (worker_sleep(worker, -1));
	drain(self);
	log_files_close(&self->files);
}

static void free_log(struct log *self)
{
	mailbox_close(&self->mailbox);
	log_console_close(&self->console);
	redact_clear(&self->redaction);
	pthread_mutex_destroy(&self->redaction_lock);
	free(self);
}

enum err log_open(struct log **out, const struct log_options *options)
{
	struct log *self = calloc(1, sizeof *self);

	if (self == NULL)
		return ERR_IO;
	self->options = *options;
	self->options.directory = NULL; /* the caller's; ours is the copy */
	snprintf(self->directory, sizeof self->directory, "%s/%s",
	         options->directory != NULL ? options->directory : ".", options->instance.text);
	pthread_mutex_init(&self->redaction_lock, NULL);
	if (options->console)
		self->console = log_console_open(&options->instance, options->console_json);
	if (mailbox_open(&self->mailbox, QUEUE_SIZE, QUEUE_SIZE_MAX) != OK ||
	    worker_open(&self->worker, run, self) != OK) {
		free_log(self);
		return ERR_IO;
	}
	*out = self;
	return OK;
}

static void put(struct log *self, struct line line, const char *event, const char *text)
{
	line.event_size = (uint32_t)strnlen(event, EVENT_MAX);
	line.text_size = (uint32_t)strnlen(text, TEXT_MAX);
	uint8_t *bytes =
		mailbox_reserve(self->mailbox, sizeof line + line.event_size + line.text_size);
	if (bytes == NULL) {
		atomic_fetch_add(&self->lost, 1);
		return;
	}
	memcpy(bytes, &line, sizeof line);
	memcpy(bytes + sizeof line, event, line.event_size);
	memcpy(bytes + sizeof line + line.event_size, text, line.text_size);
	if (mailbox_commit(self->mailbox))
		worker_wake(self->worker);
}

void log_header(struct log *self, nanos_t now, const char *text)
{
	put(self,
	    (struct line){
		    .now = now, .severity = SEVERITY_INFO, .kind = NOTE_LOG, .is_header = true},
	    "log.start", text);
}

void log_line(struct log *self, nanos_t now, enum severity severity, enum note_kind kind,
              const char *event, const char *text)
{
	assert(severity >= SEVERITY_DEBUG && severity <= SEVERITY_CRITICAL);
	assert((unsigned)kind <= NOTE_ALERT);
	if (severity < self->options.level)
		return;
	put(self, (struct line){.now = now, .severity = (uint16_t)severity, .kind = (uint16_t)kind},
	    event, text);
}

void log_hide(struct log *self, const char *secret)
{
	pthread_mutex_lock(&self->redaction_lock);
	bool is_known = redact_add(&self->redaction, secret);
	pthread_mutex_unlock(&self->redaction_lock);
	assert(is_known && "more secrets than the log can hide");
	(void)is_known;
}

uint64_t log_lost(const struct log *self)
{
	return atomic_load(&((struct log *)(uintptr_t)self)->lost);
}

void log_close(struct log **self)
{
	if (*self != NULL && worker_close(&(*self)->worker, NANOS_S))
		free_log(*self);
	*self = NULL;
}
