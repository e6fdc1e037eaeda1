/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/journal_renew.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/plant.h"
#include "common/io/clock.h"
#include "common/io/directory.h"
#include "common/io/journal_mark.h"
#include "common/io/journal_old.h"
#include "common/io/journal_walk.h"

enum { MARK_PAYLOAD_MAX = 1024 };

/* The bytes of a new file. */
struct draft {
	uint8_t *bytes;
	size_t size;
	struct journal_chain chain;
};

static size_t space_of(const struct journal_item *items, size_t count)
{
	size_t size = JOURNAL_HEADER_SIZE + journal_record_space(MARK_PAYLOAD_MAX);

	for (size_t i = 0; i < count; i++)
		size += journal_record_space(items[i].size);
	return size;
}

static void put(struct draft *self, nanos_t now, const struct journal_item *item)
{
	struct journal_record record = {
		.sequence = self->chain.sequence + 1,
		.now = now,
		.type = item->type,
		.payload = item->payload,
		.size = item->size,
	};

	journal_record_put(self->bytes + self->size, &record, SAVE_SYNCED);
	self->size += journal_record_seal(self->bytes + self->size, &self->chain);
}

static enum err write_draft(struct draft *self, const struct journal_origin *mark, nanos_t now,
                            const struct journal_item *items)
{
	uint64_t id[2] = {clock_entropy(), clock_entropy()};
	uint8_t payload[MARK_PAYLOAD_MAX];
	struct journal_item first = {
		.type = MESSAGE_JOURNAL_CHECKPOINT,
		.payload = payload,
		.size = journal_mark_pack(mark, payload, sizeof payload),
	};

	self->bytes = calloc(1, space_of(items, mark->items));
	if (self->bytes == NULL)
		return ERR_UNAVAILABLE;
	journal_header_put(self->bytes, now, id);
	self->size = JOURNAL_HEADER_SIZE;
	enum err err = journal_header_check(self->bytes, &self->chain);
	assert(err == OK);
	put(self, now, &first);
	for (uint64_t i = 0; i < mark->items; i++)
		put(self, now, &items[i]);
	return OK;
}

/* Whether the file, read as the next start will read it, gives what it was made of. */
static bool reads_back(const struct journal_file *self, int fd, const struct draft *draft,
                       const struct journal_verify *verify, text_t *why)
{
	struct journal_report report = {0};
	struct journal_walk walk;

	if (journal_walk_open(&walk, fd, self->directory, why) != OK)
		return false;
	bool is_good = walk.size >= draft->size &&
	               memcmp(walk.bytes, draft->bytes, draft->size) == 0 &&
	               journal_walk_all(&walk, verify->apply, verify->self, &report, why) == OK &&
	               !walk.is_damaged && walk.tail_size == 0 && walk.end == draft->size;
	journal_walk_close(&walk);
	if (is_good && verify->agrees(verify->self))
		return true;
	*why = text_from("the checkpoint doesn't read back as the state it was made of");
	return false;
}

static enum err install(struct journal_file *self, const struct draft *draft,
                        const struct journal_origin *mark, const struct journal_verify *verify,
                        text_t *why)
{
	char name[JOURNAL_OLD_NAME_SIZE], path[JOURNAL_PATH_SIZE];
	int fd = journal_file_write_new(self, draft->bytes, draft->size, why);

	if (fd < 0)
		return ERR_UNAVAILABLE;
	if (!PLANTED(W7_CHECKPOINT_TORN) && !reads_back(self, fd, draft, verify, why)) {
		close(fd);
		unlink(journal_file_path(self, "journal.new", path));
		return ERR_UNAVAILABLE;
	}
	journal_old_name(self->older + 1, name);
	unlink(journal_file_path(self, name, path)); /* of a renewal that was cut short */
	enum err err = journal_file_install(self, fd, name, why);
	if (err != OK) {
		close(fd);
		return err;
	}
	self->end = draft->size;
	self->chain = draft->chain;
	self->older = mark->records;
	self->items = mark->items + 1;
	journal_old_prune(self->directory, JOURNAL_OLD_KEPT);
	return OK;
}

enum err journal_file_renew(struct journal_file *self, nanos_t now,
                            const struct journal_item *items, size_t count,
                            const struct journal_verify *verify, text_t *why)
{
	struct draft draft = {0};
	struct journal_origin mark = {
		.older = self->chain,
		.records = self->older + self->chain.sequence - self->items,
		.items = count,
		.at = now,
	};

	if (self->chain.sequence == self->items) {
		*why = text_from("nothing was recorded since the last checkpoint");
		return ERR_UNAVAILABLE;
	}
	*why = text_from("no memory for a checkpoint");
	enum err err = write_draft(&draft, &mark, now, items);
	if (err == OK)
		err = install(self, &draft, &mark, verify, why);
	free(draft.bytes);
	return err;
}

static enum journal_mark_state state_of(const struct journal_file *self, int fd, text_t *why)
{
	enum journal_mark_state state = JOURNAL_MARK_TORN;
	struct journal_origin mark;
	struct journal_walk walk;

	if (journal_walk_open(&walk, fd, self->directory, why) != OK)
		return JOURNAL_MARK_NONE; /* what opens it for good tells why */
	if (walk.bytes != NULL)
		state = journal_mark_check(walk.bytes, walk.size, &mark);
	journal_walk_close(&walk);
	return state;
}

static enum err fall_back(struct journal_file *self, const char *old, const char *aside,
                          text_t *why)
{
	char path[JOURNAL_PATH_SIZE], kept[JOURNAL_PATH_SIZE], older[JOURNAL_PATH_SIZE];

	journal_file_path(self, "journal", path);
	if ((aside != NULL && link(path, journal_file_path(self, aside, kept)) != 0) ||
	    rename(journal_file_path(self, old, older), path) != 0) {
		*why = text_format("%s: %s", path, strerror(errno));
		return ERR_IO;
	}
	return directory_sync(self->directory, why);
}

enum err journal_file_choose(struct journal_file *self, const char *aside, text_t *text,
                             text_t *why)
{
	char path[JOURNAL_PATH_SIZE];
	struct journal_old old;
	int fd = open(journal_file_path(self, "journal", path), O_RDONLY | O_CLOEXEC);
	bool is_missing = fd < 0 && errno == ENOENT;
	enum journal_mark_state state = fd < 0 ? JOURNAL_MARK_NONE : state_of(self, fd, why);

	if (fd >= 0)
		close(fd);
	journal_old_list(&old, self->directory);
	if ((state != JOURNAL_MARK_TORN && !is_missing) || old.count == 0)
		return OK;
	const char *newest = old.names[old.count - 1];
	*text = is_missing
	                ? text_format("%s is missing: %s goes on", path, newest)
	                : text_format("the checkpoint at the beginning of %s is damaged: %s goes "
	                              "on, it is kept as %s",
	                              path, newest, aside);
	return fall_back(self, newest, is_missing ? NULL : aside, why);
}
