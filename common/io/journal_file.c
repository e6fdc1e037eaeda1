/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io/clock.h"
#include "common/io/directory.h"
#include "common/io/journal_mark.h"

/* A sync failed: the kernel may show bytes that never reached the disk. */
#define UNSYNCED "journal.unsynced"
/* Records were lost, and what follows from that isn't on the disk yet. */
#define LOST "journal.lost"
#include "common/io/journal_renew.h"
#include "common/io/journal_walk.h"

static const uint8_t zeros[JOURNAL_SLICE];

const char *journal_file_path(const struct journal_file *self, const char *name,
                              char path[JOURNAL_PATH_SIZE])
{
	snprintf(path, JOURNAL_PATH_SIZE, "%s/%s", self->directory, name);
	return path;
}

static enum err fail(const struct journal_file *self, const char *name, text_t *why)
{
	*why = text_format("%s/%s: %s", self->directory, name, strerror(errno));
	return ERR_IO;
}

static enum err take_lock(struct journal_file *self, text_t *why)
{
	char path[JOURNAL_PATH_SIZE];

	self->lock =
		open(journal_file_path(self, "lock", path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (self->lock < 0)
		return fail(self, "lock", why);
	if (flock(self->lock, LOCK_EX | LOCK_NB) == 0)
		return OK;
	if (errno != EWOULDBLOCK)
		return fail(self, "lock", why);
	*why = text_format(
		"%s is in use by another process: stop it first, or choose another state directory",
		self->directory);
	return ERR_EXISTS;
}

static enum err write_at(const struct journal_file *self, int fd, const uint8_t *bytes, size_t size,
                         uint64_t offset, text_t *why)
{
	while (size > 0) {
		ssize_t put = pwrite(fd, bytes, size, (off_t)offset);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return fail(self, "journal", why);
		bytes += put;
		size -= (size_t)put;
		offset += (uint64_t)put;
	}
	return OK;
}

static enum err write_zeros(const struct journal_file *self, int fd, uint64_t from, uint64_t to,
                            text_t *why)
{
	enum err err = OK;

	for (; err == OK && from < to; from += JOURNAL_SLICE)
		err = write_at(self, fd, zeros,
		               to - from < JOURNAL_SLICE ? to - from : JOURNAL_SLICE, from, why);
	return err;
}

static enum err fill_new(struct journal_file *self, int fd, const uint8_t *bytes, size_t size,
                         text_t *why)
{
	enum err err = write_at(self, fd, bytes, size, 0, why);

	if (err == OK)
		err = write_zeros(self, fd, size, size + JOURNAL_STEP, why);
	if (err == OK && fsync(fd) != 0)
		err = fail(self, "journal.new", why);
	return err;
}

int journal_file_write_new(struct journal_file *self, const uint8_t *bytes, size_t size,
                           text_t *why)
{
	char path[JOURNAL_PATH_SIZE];
	int fd = open(journal_file_path(self, "journal.new", path),
	              O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0) {
		*why = text_format("%s: %s", path, strerror(errno));
		return -1;
	}
	if (fill_new(self, fd, bytes, size, why) == OK)
		return fd;
	close(fd);
	unlink(path);
	return -1;
}

enum err journal_file_install(struct journal_file *self, int fd, const char *keep_as, text_t *why)
{
	char fresh[JOURNAL_PATH_SIZE], path[JOURNAL_PATH_SIZE], kept[JOURNAL_PATH_SIZE];
	enum err err = OK;
	struct stat info;

	if (fstat(fd, &info) != 0)
		return fail(self, "journal.new", why);
	journal_file_path(self, "journal.new", fresh);
	journal_file_path(self, "journal", path);
	if (keep_as != NULL && link(path, journal_file_path(self, keep_as, kept)) != 0)
		err = fail(self, keep_as, why);
	if (err == OK && rename(fresh, path) != 0)
		err = fail(self, "journal", why);
	if (err == OK)
		err = directory_sync(self->directory, why);
	if (err != OK)
		return err;
	if (self->fd >= 0)
		close(self->fd);
	self->fd = fd;
	self->zeroed = self->wanted = (uint64_t)info.st_size;
	return OK;
}

/* Rule W7: a new file, synced, its name changed in one step. `keep_as` is a further name for the
 * old one. */
static enum err replace(struct journal_file *self, const uint8_t *bytes, size_t size,
                        const char *keep_as, text_t *why)
{
	int fd = journal_file_write_new(self, bytes, size, why);

	if (fd < 0)
		return ERR_IO;
	enum err err = journal_file_install(self, fd, keep_as, why);
	if (err != OK)
		close(fd);
	return err;
}

static enum err make_new(struct journal_file *self, const char *keep_as, text_t *why)
{
	struct clock clock;
	uint8_t header[JOURNAL_HEADER_SIZE];
	uint64_t id[2] = {clock_entropy(), clock_entropy()};

	clock_open(&clock);
	journal_header_put(header, clock_now(&clock), id);
	enum err err = replace(self, header, sizeof header, keep_as, why);
	if (err == OK)
		err = journal_header_check(header, &self->chain);
	self->end = JOURNAL_HEADER_SIZE;
	return err;
}

/* "journal.<what>-<time>-<chance>": two in one moment stay two. */
static const char *name_beside(const char *what, char name[64])
{
	struct clock clock;
	char time[TIME_TEXT_SIZE];

	clock_open(&clock);
	snprintf(name, 64, "journal.%s-%s-%04x", what, time_print(clock_now(&clock), time),
	         (unsigned)(clock_entropy() & 0xffff));
	return name;
}

/* Best effort: the bytes were never promised to anybody, but they may tell what happened. */
static void keep_cut_bytes(const struct journal_file *self, const uint8_t *bytes, size_t size)
{
	char name[64], path[JOURNAL_PATH_SIZE];
	text_t why;
	int fd = open(journal_file_path(self, name_beside("cut", name), path),
	              O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	if (write_at(self, fd, bytes, size, 0, &why) != OK)
		unlink(path);
	close(fd);
}

static enum err cut_tail(struct journal_file *self, const struct journal_walk *walk, text_t *why)
{
	keep_cut_bytes(self, walk->bytes + walk->end, walk->tail_size);
	return write_zeros(self, self->fd, walk->end, walk->end + walk->tail_size, why);
}

/* An empty file that tells the next open something. */
static bool has_flag(const struct journal_file *self, const char *name)
{
	char path[JOURNAL_PATH_SIZE];

	return access(journal_file_path(self, name, path), F_OK) == 0;
}

static void raise_flag(const struct journal_file *self, const char *name)
{
	char path[JOURNAL_PATH_SIZE];
	int fd = open(journal_file_path(self, name, path), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
}

static void lower_flag(const struct journal_file *self, const char *name)
{
	char path[JOURNAL_PATH_SIZE];

	unlink(journal_file_path(self, name, path));
}

static enum err quarantine(struct journal_file *self, const struct journal_walk *walk,
                           struct journal_report *report, text_t *why)
{
	char name[64];
	raise_flag(self, LOST);
	enum err err = walk->end > 0 ? replace(self, walk->bytes, walk->end,
	                                       name_beside("damaged", name), why)
	                             : make_new(self, name_beside("damaged", name), why);

	report->quarantined = true;
	if (err == OK && walk->end == 0)
		report->why = text_format("%s/journal is no journal, or of another version of this "
		                          "program: it is kept as %s, and nothing of it is known",
		                          self->directory, name);
	else if (err == OK)
		report->why =
			text_format("%s/journal was damaged behind record %" PRIu64 ": %" PRIu64
		                    " records go on; the damaged file is kept as %s",
		                    self->directory, report->last_sequence, report->records, name);
	return err;
}

enum err journal_file_sync(struct journal_file *self, text_t *why)
{
	if (fdatasync(self->fd) != 0) {
		enum err err = fail(self, "journal", why);
		raise_flag(self, UNSYNCED);
		return err;
	}
	if (self->is_lost && self->is_written)
		lower_flag(self, LOST); /* whoever was told has written down what follows from it */
	self->is_lost &= !self->is_written;
	return OK;
}

static enum err repair(struct journal_file *self, const struct journal_walk *walk,
                       struct journal_report *report, text_t *why)
{
	enum err err = OK;

	if (walk->is_damaged)
		err = quarantine(self, walk, report, why);
	else if (walk->tail_size > 0)
		err = cut_tail(self, walk, why);
	if (err == OK && has_flag(self, UNSYNCED)) {
		if (!walk->is_damaged)
			err = replace(self, walk->bytes, walk->end, NULL, why);
		if (err == OK)
			lower_flag(self, UNSYNCED);
	}
	/* What a killed process wrote but did not sync is acted upon from here on. */
	return err == OK ? journal_file_sync(self, why) : err;
}

static void read_mark(struct journal_file *self, const struct journal_walk *walk,
                      struct journal_report *report)
{
	struct journal_origin mark;

	if (walk->bytes == NULL ||
	    journal_mark_check(walk->bytes, walk->size, &mark) != JOURNAL_MARK_WHOLE)
		return;
	self->older = report->older = mark.records;
	self->items = report->items = mark.items + 1;
}

static enum err replay(struct journal_file *self,
                       void (*apply)(void *self, const struct journal_record *record),
                       void *apply_self, struct journal_report *report, text_t *why)
{
	struct journal_walk walk;
	enum err err = journal_walk_open(&walk, self->fd, self->directory, why);

	if (err != OK)
		return err;
	self->zeroed = self->wanted = walk.size;
	read_mark(self, &walk, report);
	err = journal_walk_all(&walk, apply, apply_self, report, why);
	if (err == ERR_VERSION) { /* set aside with its bytes; a person may bring it back */
		walk.is_damaged = true;
		err = OK;
	}
	if (err == OK) {
		self->end = walk.end;
		self->chain = walk.chain;
		err = repair(self, &walk, report, why);
	}
	journal_walk_close(&walk);
	return err;
}

static enum err open_locked(struct journal_file *self,
                            void (*apply)(void *self, const struct journal_record *record),
                            void *apply_self, struct journal_report *report, text_t *why)
{
	char path[JOURNAL_PATH_SIZE], name[64];
	text_t chosen = text_from("");
	enum err err = journal_file_choose(self, name_beside("damaged", name), &chosen, why);

	if (err != OK)
		return err;
	self->fd = open(journal_file_path(self, "journal", path), O_RDWR | O_CLOEXEC);
	if (self->fd >= 0) {
		err = replay(self, apply, apply_self, report, why);
		/* A killed process may have renamed it and not come to this. */
		if (err == OK)
			err = directory_sync(self->directory, why);
		if (chosen.size > 0) {
			report->quarantined = true;
			report->why = chosen;
		}
		return err;
	}
	return errno == ENOENT ? make_new(self, NULL, why) : fail(self, "journal", why);
}

enum err journal_file_open(struct journal_file *out, const char *directory,
                           void (*apply)(void *self, const struct journal_record *record),
                           void *apply_self, struct journal_report *report, text_t *why)
{
	struct journal_file self = {.fd = -1, .lock = -1};

	*report = (struct journal_report){0};
	if (snprintf(self.directory, sizeof self.directory, "%s", directory) >=
	    (int)sizeof self.directory) {
		*why = text_format("the journal's directory has a name longer than %zu bytes",
		                   sizeof self.directory);
		return ERR_INVALID;
	}
	enum err err = directory_make(directory, 0700, why);
	if (err == OK)
		err = take_lock(&self, why);
	if (err == OK)
		err = open_locked(&self, apply, apply_self, report, why);
	if (err != OK) {
		journal_file_close(&self);
		return err;
	}
	self.is_lost = has_flag(&self, LOST);
	if (self.is_lost && !report->quarantined) {
		report->quarantined = true;
		report->why = text_format("a part of %s/journal was lost, and no record was kept "
		                          "since: what was set aside stands beside it",
		                          directory);
	}
	*out = self;
	return OK;
}

void journal_file_close(struct journal_file *self)
{
	if (self->fd >= 0)
		close(self->fd);
	if (self->lock >= 0)
		close(self->lock);
	self->fd = self->lock = -1;
}

enum err journal_file_write(struct journal_file *self, const uint8_t *bytes, size_t size,
                            text_t *why)
{
	enum err err = write_at(self, self->fd, bytes, size, self->end, why);

	if (err != OK)
		return err;
	self->end += size;
	self->is_written = true;
	if (self->zeroed < self->end)
		self->zeroed = self->end;
	return OK;
}

bool journal_file_wants_more(const struct journal_file *self)
{
	return self->zeroed < self->wanted || self->zeroed - self->end < JOURNAL_AHEAD_MIN;
}

static bool is_out_of_room(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

enum err journal_file_stretch(struct journal_file *self, text_t *why)
{
	if (self->zeroed >= self->wanted) {
		self->wanted = self->zeroed + JOURNAL_STEP;
		/* One piece on the disk where the file system can; the size grows with the zeros
		 * only. */
		(void)!fallocate(self->fd, FALLOC_FL_KEEP_SIZE, (off_t)self->zeroed, JOURNAL_STEP);
	}
	ssize_t put = pwrite(self->fd, zeros, JOURNAL_SLICE, (off_t)self->zeroed);
	if (put < 0 && is_out_of_room(errno)) {
		self->wanted = self->zeroed;
		return ERR_FULL;
	}
	if (put < 0 && errno != EINTR)
		return fail(self, "journal", why);
	self->zeroed += put > 0 ? (uint64_t)put : 0;
	return journal_file_sync(self, why);
}
