/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/journal_walk.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { TRIES_MAX = 64 };

enum err journal_walk_open(struct journal_walk *self, int fd, const char *directory, text_t *why)
{
	struct stat info;

	*self = (struct journal_walk){0};
	if (fstat(fd, &info) != 0) {
		*why = text_format("%s/journal: %s", directory, strerror(errno));
		return ERR_IO;
	}
	self->size = (size_t)info.st_size;
	if (self->size == 0)
		return OK;
	void *bytes = mmap(NULL, self->size, PROT_READ, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED) {
		self->size = 0;
		*why = text_format("%s/journal can't be mapped: %s", directory, strerror(errno));
		return ERR_IO;
	}
	madvise(bytes, self->size, MADV_SEQUENTIAL);
	self->bytes = bytes;
	return OK;
}

void journal_walk_close(struct journal_walk *self)
{
	if (self->bytes != NULL)
		munmap((void *)(uintptr_t)self->bytes, self->size);
	self->bytes = NULL;
}

static bool is_zero_word(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof word);
	return word == 0;
}

/* In whole words, so that the padding of a last record is part of it. */
static size_t tail_size(const struct journal_walk *self)
{
	size_t size = (self->size - self->end + 7) / 8 * 8;

	while (size > 0 && self->end + size <= self->size &&
	       is_zero_word(self->bytes + self->end + size - 8))
		size -= 8;
	return self->end + size <= self->size ? size : self->size - self->end;
}

/* A record that another process is just writing becomes whole while we look again. */
static enum err read_next(struct journal_walk *self, struct journal_record *record, size_t *space)
{
	enum err err = ERR_CHECKSUM;

	for (int i = 0; i < TRIES_MAX && (err == ERR_CHECKSUM || err == ERR_AGAIN); i++) {
		if (i > 0)
			sched_yield();
		err = journal_record_read(self->bytes + self->end, self->size - self->end,
		                          &self->chain, record, space);
	}
	return err;
}

static bool is_next_readable(const struct journal_walk *self)
{
	struct journal_walk copy = *self;
	struct journal_record record;
	size_t space;

	return read_next(&copy, &record, &space) == OK;
}

static void walk_on(struct journal_walk *self,
                    void (*each)(void *self, const struct journal_record *record), void *each_self,
                    struct journal_report *report)
{
	struct journal_record record;
	size_t space;

	while (read_next(self, &record, &space) == OK) {
		self->end += space;
		report->records++;
		report->last_sequence = record.sequence;
		each(each_self, &record);
	}
}

enum err journal_walk_all(struct journal_walk *self,
                          void (*each)(void *self, const struct journal_record *record),
                          void *each_self, struct journal_report *report, text_t *why)
{
	enum err err = self->size >= JOURNAL_HEADER_SIZE
	                       ? journal_header_check(self->bytes, &self->chain)
	                       : ERR_CHECKSUM;

	if (err == ERR_VERSION) {
		*why = text_from("the journal was written by another version of this program: use "
		                 "that one, or "
		                 "move the journal away");
		return ERR_VERSION;
	}
	self->end = err == OK ? JOURNAL_HEADER_SIZE : 0;
	/* What looks like a hole may just have been filled by a process that appends. */
	do {
		if (err == OK)
			walk_on(self, each, each_self, report);
		self->tail_size = tail_size(self);
		self->is_damaged =
			err != OK || journal_has_later_record(self->bytes + self->end,
		                                              self->tail_size, &self->chain);
	} while (err == OK && self->is_damaged && is_next_readable(self));
	report->cut_bytes = self->is_damaged ? 0 : self->tail_size;
	return OK;
}
