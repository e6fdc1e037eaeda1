/* SPDX-License-Identifier: Apache-2.0 */
/* The journal's file on disk: lock, replay, repair, stretch. For journal.c only. */
#ifndef IO_JOURNAL_FILE_H
#define IO_JOURNAL_FILE_H

#include "common/io/journal_format.h"

enum {
	JOURNAL_PATH_SIZE = 600,
	JOURNAL_STEP = 4 << 20,      /* preallocated at once */
	JOURNAL_SLICE = 256 << 10,   /* of it, written as zeros at once */
	JOURNAL_AHEAD_MIN = 1 << 20, /* less than that ahead: stretch */
};

struct journal_file {
	int fd, lock;
	uint64_t end;    /* where the next record goes */
	uint64_t zeroed; /* up to here the file is zeros */
	uint64_t wanted; /* up to here it shall be */
	struct journal_chain chain;
	uint64_t older; /* records in the files before this one */
	uint64_t items; /* of this one, its mark and checkpoint */
	char directory[512];
	bool is_lost;    /* the next open is to report the loss too */
	bool is_written; /* something, since it was opened */
};

/* As journal_open() says. */
MUST_CHECK enum err journal_file_open(struct journal_file *out, const char *directory,
                                      void (*apply)(void *self,
                                                    const struct journal_record *record),
                                      void *self, struct journal_report *report, text_t *why);
void journal_file_close(struct journal_file *self);

/* Writes sealed records behind the last one. */
MUST_CHECK enum err journal_file_write(struct journal_file *self, const uint8_t *bytes, size_t size,
                                       text_t *why);
/* A failure leaves a mark that makes the next open write the whole file anew: after a failed sync
   the kernel may show bytes that never reached the disk. */
MUST_CHECK enum err journal_file_sync(struct journal_file *self, text_t *why);
bool journal_file_wants_more(const struct journal_file *self);
/* Zeroes and syncs one slice more. ERR_FULL when there is no room: what is zeroed already still
 * serves. */
MUST_CHECK enum err journal_file_stretch(struct journal_file *self, text_t *why);

/* For journal_renew.c: a new file beside the old one, written and synced, with room ahead; its
   descriptor, or -1. */
int journal_file_write_new(struct journal_file *self, const uint8_t *bytes, size_t size,
                           text_t *why);
/* Gives it the old one's name in one step; `keep_as` is a further name for the old one, or NULL. */
MUST_CHECK enum err journal_file_install(struct journal_file *self, int fd, const char *keep_as,
                                         text_t *why);
const char *journal_file_path(const struct journal_file *self, const char *name,
                              char path[JOURNAL_PATH_SIZE]);
#endif
