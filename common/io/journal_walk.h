/* SPDX-License-Identifier: Apache-2.0 */
/* A journal file as mapped bytes, and what its end looks like. For journal_file.c and journal.c
 * only. */
#ifndef IO_JOURNAL_WALK_H
#define IO_JOURNAL_WALK_H

#include <inttypes.h>

#include "common/io/journal_format.h"

struct journal_walk {
	const uint8_t *bytes;
	size_t size;
	size_t end;       /* behind the last good record; 0 when not even the header is good */
	size_t tail_size; /* bytes from there to the last one that isn't zero */
	bool is_damaged;  /* the tail isn't a torn write but holds later records, or the header is
	                     bad */
	struct journal_chain chain;
};

MUST_CHECK enum err journal_walk_open(struct journal_walk *self, int fd, const char *directory,
                                      text_t *why);
/* Hands on every good record and judges what follows. ERR_VERSION for a file of another version. */
MUST_CHECK enum err journal_walk_all(struct journal_walk *self,
                                     void (*each)(void *self, const struct journal_record *record),
                                     void *each_self, struct journal_report *report, text_t *why);
void journal_walk_close(struct journal_walk *self);

#endif
