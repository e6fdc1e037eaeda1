/* SPDX-License-Identifier: Apache-2.0 */
/* The files behind the log: one per day and kind, at most so many of a kind. For the log's worker
 * only. */
#ifndef IO_LOG_FILES_H
#define IO_LOG_FILES_H

#include "common/base/text.h"
#include "common/base/time.h"

/* The names of the files, in this order. */
enum log_file {
	LOG_FILE_DEBUG,
	LOG_FILE_INFO,
	LOG_FILE_WARN,
	LOG_FILE_ERROR,
	LOG_FILE_COMBINED,
	LOG_FILE_TRADES,
	LOG_FILE_SIGNALS,
	LOG_FILE_PERFORMANCE,
	LOG_FILE_ALERTS,
	LOG_FILE_COUNT
};

struct log_files;

/* Makes the directory and removes what is too old. NULL when that fails: `why` says so. */
struct log_files *log_files_open(const char *directory, unsigned files_max, text_t *why);
/* The day of the lines that follow; a later one than before starts new files. */
void log_files_turn(struct log_files *self, nanos_t now);
/* Buffered; lines that could not be written come back from the flush. */
void log_files_put(struct log_files *self, enum log_file file, const char *line, size_t size);
/* Writes the buffers. Lines lost since the last flush, with the reason in `why`. */
uint64_t log_files_flush(struct log_files *self, text_t *why);
void log_files_close(struct log_files **self);

#endif
