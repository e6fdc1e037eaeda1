/* SPDX-License-Identifier: Apache-2.0 */
/* The newest alerts of one service in a small file of its own: they outlive the process, so that
   what nobody heard before it died is said by the next one. Written in place and not synced: a
   power failure may take the last ones. A slot that is torn or flipped counts as empty. */
#ifndef IO_SPOOL_H
#define IO_SPOOL_H

#include "proto/message.h"

enum { SPOOL_SLOTS = 32, SPOOL_SLOT_SIZE = 512 };

struct spool { /* all zero: closed, nothing is kept */
	int fd;
	bool is_open;
	uint64_t count; /* number of the newest ever; the next one's slot is its remainder */
};

/* Makes the file when there is none, and reads what it holds into `out`, oldest first. A file that
   can't be opened or read is an ERR_IO with the reason; the spool is closed then. */
MUST_CHECK enum err spool_open(struct spool *self, const char *path, struct alert out[SPOOL_SLOTS],
                               size_t *count, text_t *why);
/* In the place of the oldest. An error closes the spool: it is said once. */
MUST_CHECK enum err spool_add(struct spool *self, const struct alert *alert, text_t *why);
void spool_close(struct spool *self);

#endif
