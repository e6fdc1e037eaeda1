/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/io/clock.h"
#include "common/io/journal_file.h"
#include "common/io/journal_renew.h"
#include "common/io/mailbox.h"

enum { QUEUE_SIZE = 1 << 20, QUEUE_SIZE_MAX = 64 << 20 };

struct journal {
	struct mailbox *mailbox;
	struct worker *worker;
	struct journal_file file; /* of the worker */
	int news;                 /* eventfd: done or failed has moved */

	/* The caller's side. */
	uint64_t appended;
	uint64_t news_seen;
	bool is_held, is_wake_due;
	bool is_refusing; /* the queue overflowed: what follows has no place in the chain */

	/* Written by the worker; `overflowed` by the caller. */
	atomic_uint_fast64_t done, news_sent;
	atomic_bool failed, overflowed;
	text_t why; /* before `failed` is set */
};

static void tell(struct journal *self)
{
	eventfd_write(self->news, 1);
	atomic_fetch_add(&self->news_sent, 1); /* behind the write: see journal_done() */
}

/* Rule W2: from here on the file is never written or synced again. */
static void fail(struct journal *self, const text_t *why)
{
	self->why = *why;
	atomic_store(&self->failed, true);
	tell(self);
}

/* Seals the records of a batch; returns whether one of them is to be synced. */
static bool seal_batch(struct journal *self, uint8_t *bytes, size_t size)
{
	bool is_synced = false;

	for (size_t at = 0; at < size;) {
		is_synced |= journal_record_class(bytes + at) == SAVE_SYNCED;
		at += journal_record_seal(bytes + at, &self->file.chain);
	}
	return is_synced;
}

static void commit(struct journal *self, uint8_t *bytes, size_t size)
{
	text_t why;
	bool is_synced = seal_batch(self, bytes, size);
	enum err err = journal_file_write(&self->file, bytes, size, &why);

	if (err == OK && is_synced)
		err = journal_file_sync(&self->file, &why);
	if (err != OK) {
		fail(self, &why);
		return;
	}
	atomic_store(&self->done, self->file.chain.sequence);
	tell(self);
}

/* Everything that is queued. */
static void drain(struct journal *self)
{
	uint8_t *bytes;
	size_t size;

	while ((size = mailbox_take(self->mailbox, &bytes)) > 0)
		if (!atomic_load(&self->failed))
			commit(self, bytes, size);
	if (atomic_load(&self->overflowed) && !atomic_load(&self->failed)) {
		text_t why = text_format(
			"%s: the disk is too slow: more than %d MiB of records waited for it",
			self->file.directory, QUEUE_SIZE_MAX >> 20);
		fail(self, &why);
	}
}

/* One slice more ahead of the records; false when that is not needed, or not possible. */
static bool stretch(struct journal *self)
{
	text_t why;

	if (atomic_load(&self->failed) || !journal_file_wants_more(&self->file))
		return false;
	enum err err = journal_file_stretch(&self->file, &why);
	if (err != OK && err != ERR_FULL)
		fail(self, &why);
	return err == OK;
}

static void run(struct worker *worker, void *args)
{
	struct journal *self = args;

	do
		drain(self);
	while (worker_sleep(worker, stretch(self) ? 0 : -1));
	drain(self);
}

static void free_journal(struct journal *self)
{
	journal_file_close(&self->file);
	mailbox_close(&self->mailbox);
	if (self->news >= 0)
		close(self->news);
	free(self);
}

enum err journal_load(struct journal **out, const char *directory,
                      void (*apply)(void *self, const struct journal_record *record),
                      void *apply_self, struct journal_report *report, text_t *why)
{
	struct journal *self = calloc(1, sizeof *self);

	if (self == NULL) {
		*why = text_from("no memory for the journal");
		return ERR_IO;
	}
	self->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	self->file.fd = self->file.lock = -1;
	enum err err = journal_file_open(&self->file, directory, apply, apply_self, report, why);
	if (err == OK &&
	    (self->news < 0 || mailbox_open(&self->mailbox, QUEUE_SIZE, QUEUE_SIZE_MAX) != OK)) {
		*why = text_format("no memory for the journal's queue: %s", strerror(errno));
		err = ERR_IO;
	}
	if (err != OK) {
		free_journal(self);
		return err;
	}
	*out = self;
	return OK;
}

enum err journal_start(struct journal *self, text_t *why)
{
	self->appended = self->file.chain.sequence;
	self->done = self->file.chain.sequence;
	if (worker_open(&self->worker, run, self) == OK)
		return OK;
	*why = text_format("the journal's thread can't be started: %s", strerror(errno));
	return ERR_IO;
}

enum err journal_open(struct journal **out, const char *directory,
                      void (*apply)(void *self, const struct journal_record *record),
                      void *apply_self, struct journal_report *report, text_t *why)
{
	struct journal *self;
	enum err err = journal_load(&self, directory, apply, apply_self, report, why);

	if (err != OK)
		return err;
	err = journal_start(self, why);
	if (err != OK)
		free_journal(self);
	else
		*out = self;
	return err;
}

enum err journal_renew(struct journal *self, nanos_t now, const struct journal_item *items,
                       size_t count, const struct journal_verify *verify, text_t *why)
{
	assert(self->worker == NULL);
	return journal_file_renew(&self->file, now, items, count, verify, why);
}

static void wake(struct journal *self)
{
	self->is_wake_due = self->is_held;
	if (!self->is_held)
		worker_wake(self->worker);
}

void journal_hold(struct journal *self)
{
	self->is_held = true;
}

void journal_release(struct journal *self)
{
	self->is_held = false;
	if (self->is_wake_due)
		wake(self);
}

uint64_t journal_append(struct journal *self, enum save_class save_class, nanos_t now,
                        uint64_t entropy, enum message_type type, const uint8_t *payload,
                        size_t size)
{
	struct journal_record record = {++self->appended, now, entropy, type, payload, size};

	assert(save_class == SAVE_BUFFERED || save_class == SAVE_SYNCED);
	if (self->is_refusing)
		return record.sequence;
	uint8_t *at = mailbox_reserve(self->mailbox, journal_record_space(size));
	if (at == NULL) {
		self->is_refusing = true;
		atomic_store(&self->overflowed, true);
		wake(self);
		return record.sequence;
	}
	journal_record_put(at, &record, save_class);
	if (mailbox_commit(self->mailbox))
		wake(self);
	return record.sequence;
}

int journal_fd(const struct journal *self)
{
	return self->news;
}

/* The system call that makes the fd quiet is spared when nothing was told since the last one. The
   worker counts behind its write: a count that we don't see yet leaves the fd readable and us
   called again. */
uint64_t journal_done(struct journal *self)
{
	uint64_t sent = atomic_load(&self->news_sent);
	eventfd_t times;

	if (sent != self->news_seen)
		eventfd_read(self->news, &times);
	self->news_seen = sent;
	return atomic_load(&self->done);
}

bool journal_failed(const struct journal *self, text_t *why)
{
	if (!atomic_load(&((struct journal *)(uintptr_t)self)->failed))
		return false;
	*why = self->why;
	return true;
}

void journal_close(struct journal **self, nanos_t patience)
{
	struct journal *journal = *self;

	*self = NULL;
	/* The worker writes what is queued before it ends. */
	if (journal != NULL &&
	    (journal->worker == NULL || worker_close(&journal->worker, patience)))
		free_journal(journal);
}
