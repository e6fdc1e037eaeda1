/* SPDX-License-Identifier: Apache-2.0 */
/* journal_read(): the older files that are kept and the newest one as a single history. */
#include "common/io/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/io/journal_mark.h"
#include "common/io/journal_old.h"
#include "common/io/journal_walk.h"

struct reading {
	void (*each)(void *self, const struct journal_record *record);
	void *self;
	bool is_first;  /* of the files */
	uint64_t skip;  /* records of a checkpoint that the history before makes superfluous */
	bool is_broken; /* the file doesn't go on where the one before ended */
	struct journal_chain before;
	struct journal_report *report;
};

/* The first file's checkpoint stands for what is not there any more; later ones repeat. */
static void take_mark(struct reading *self, const struct journal_origin *mark)
{
	if (self->is_first) {
		self->report->older = mark->records;
		return;
	}
	self->skip = mark->items;
	self->is_broken = memcmp(mark->older.hash, self->before.hash, sizeof mark->older.hash) != 0;
}

static void take(void *context, const struct journal_record *record)
{
	struct reading *self = context;
	struct journal_origin mark;

	if (record->sequence == 1 && journal_mark_read(record, &mark))
		take_mark(self, &mark);
	else if (self->skip > 0)
		self->skip--;
	else
		self->each(self->self, record);
}

static void judge(struct journal_report *report, const char *path, bool is_damaged, bool is_broken)
{
	if ((!is_damaged && !is_broken) || report->quarantined)
		return;
	report->quarantined = true;
	report->why =
		is_damaged ? text_format("%s is damaged behind record %" PRIu64, path,
	                                 report->last_sequence)
			   : text_format("%s doesn't go on where the file before it ended", path);
}

static enum err read_file(struct reading *self, const char *directory, const char *name,
                          text_t *why)
{
	struct journal_report report = {0};
	struct journal_walk walk;
	char path[600];

	snprintf(path, sizeof path, "%s/%s", directory, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		enum err missing = errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
		*why = text_format("%s: %s", path, strerror(errno));
		return missing;
	}
	enum err err = journal_walk_open(&walk, fd, directory, why);
	if (err == OK)
		err = journal_walk_all(&walk, take, self, &report, why);
	if (err == OK) {
		self->report->records += report.records;
		self->report->last_sequence = report.last_sequence;
		self->report->cut_bytes += report.cut_bytes;
		judge(self->report, path, walk.is_damaged, self->is_broken);
		self->before = walk.chain;
	}
	journal_walk_close(&walk);
	close(fd);
	self->is_first = false;
	return err;
}

enum err journal_read(const char *directory,
                      void (*each)(void *self, const struct journal_record *record),
                      void *each_self, struct journal_report *report, text_t *why)
{
	struct reading reading = {
		.each = each, .self = each_self, .is_first = true, .report = report};
	struct journal_old old;
	enum err err = OK;

	*report = (struct journal_report){0};
	journal_old_list(&old, directory);
	for (size_t i = 0; err == OK && i < old.count; i++)
		err = read_file(&reading, directory, old.names[i], why);
	return err == OK ? read_file(&reading, directory, "journal", why) : err;
}
