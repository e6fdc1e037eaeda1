/* SPDX-License-Identifier: Apache-2.0 */
/* One connection to Redis and the fenced batch: WATCH and GET of the epoch key, then one MULTI.
   Synchronous, with time limits. For view.c's worker only. */
#ifndef IO_VIEW_WRITER_H
#define IO_VIEW_WRITER_H

#include "common/io/view_queue.h"

enum { VIEW_BATCH_MAX = 256 };

struct view_writer;

enum view_outcome {
	VIEW_WRITTEN,   /* all is in Redis */
	VIEW_RECLAIMED, /* the same, and the epoch key was missing or an older run's: it is ours now
	                 */
	VIEW_RACED,  /* somebody touched the epoch key meanwhile: nothing written, try again at once
	              */
	VIEW_FENCED, /* a younger run writes: nothing written, ever again */
	VIEW_LOST,   /* no connection any more: nothing is known to be written */
};

/* ERR_INVALID with the two forms in `why` when the address is neither. */
MUST_CHECK enum err view_writer_open(struct view_writer **out, const char *address,
                                     const name_t *instance, uint64_t epoch, nanos_t started,
                                     text_t *why);
void view_writer_close(struct view_writer **self);
MUST_CHECK enum err view_writer_connect(struct view_writer *self);
/* `count` may be 0: then only the epoch key is looked at, and claimed. */
enum view_outcome view_writer_write(struct view_writer *self, const struct view_entry *entries,
                                    size_t count);

#endif
