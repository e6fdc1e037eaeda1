/* SPDX-License-Identifier: Apache-2.0 */
/* A new journal file that begins with a checkpoint (rule W7), and the choice between old and new at
   the next open (crash row 27). For journal*.c only. */
#ifndef IO_JOURNAL_RENEW_H
#define IO_JOURNAL_RENEW_H

#include "common/io/journal_file.h"

/* As journal_renew() says. */
MUST_CHECK enum err journal_file_renew(struct journal_file *self, nanos_t now,
                                       const struct journal_item *items, size_t count,
                                       const struct journal_verify *verify, text_t *why);

/* Before the file is opened: when its checkpoint isn't whole, the newest older file takes its place
   and it is set aside as `aside`; `*text` tells so, and is left alone otherwise. */
MUST_CHECK enum err journal_file_choose(struct journal_file *self, const char *aside, text_t *text,
                                        text_t *why);

#endif
