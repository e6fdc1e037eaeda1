/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines: to the console for people (or JSON), to one file per day and kind, written by an
   actor of its own so that no disk ever stops trading. Levels debug, info, warn, error. A line that
   can't be queued or written is counted, never waited for. Values registered as secret are replaced
   in every line.

   Files:
   <dir>/<instance>/<kind>-YYYY-MM-DD.log, kind being debug, info, warn, error, combined, trades,
   signals, performance or alerts, in the human form:
   2024-08-08T23:54:13.937Z WARN  order.unknown  text {"json":"payload"}   At most `files_max` of a
   kind are kept. One line per entry: control characters are escaped, a text is cut at 4 KiB. A
   CRITICAL line is in error. On the console under journald (JOURNAL_STREAM): "<4>" prefix, no time.
   NO_COLOR is respected. */
#ifndef IO_LOG_H
#define IO_LOG_H

#include "common/logic/outbox.h"

struct log;

struct log_options {
	name_t instance;
	enum severity level; /* lines below are dropped everywhere; the header never */
	bool console, console_json, files;
	const char *directory;
	unsigned files_max;
};

/* Never fails for a bad directory: that is said once on the console, and files are off. */
MUST_CHECK enum err log_open(struct log **out, const struct log_options *options);
/* Start header of R5: exchange, symbols, strategy, mode, level as one line. */
void log_header(struct log *self, nanos_t now, const char *text);
void log_line(struct log *self, nanos_t now, enum severity severity, enum note_kind kind,
              const char *event, const char *text);
/* From now on this value (and its URL- and base64-encoded forms) shows as [secret]. Values of less
   than four bytes are ignored; at most about twenty fit (asserted). */
void log_hide(struct log *self, const char *secret);
/* Lines lost since start. */
uint64_t log_lost(const struct log *self);
/* Flushes, at most 1 s. */
void log_close(struct log **self);

#endif
