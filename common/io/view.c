/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/view.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "common/io/view_writer.h"
#include "common/io/worker.h"

enum { BACKOFF_MIN_MS = 50, BACKOFF_MAX_MS = 1000, IDLE_MS = 1000 };

struct view {
	struct view_queue *queue;
	struct view_writer *writer; /* of the worker */
	struct worker *worker;
	struct view_entry batch[VIEW_BATCH_MAX];
	atomic_bool wants_all, is_up, is_fenced;
	atomic_uint_fast64_t writes;
	bool is_connected,
		is_fresh; /* of the worker; fresh: nothing was written since it connected */
	int backoff_ms;
};

static void let_go(struct view_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(entries[i].body);
}

static void note_written(struct view *self, bool reclaimed, size_t count)
{
	if (reclaimed || self->is_fresh)
		atomic_store(&self->wants_all, true);
	self->is_fresh = false;
	atomic_fetch_add(&self->writes, count > 0);
}

/* Writes the entries, or with none of them looks whether Redis is there and still ours. Returns
   false when the connection is lost. */
static bool write_batch(struct view *self, size_t count)
{
	enum view_outcome outcome = view_writer_write(self->writer, self->batch, count);

	if (outcome == VIEW_RACED || outcome == VIEW_LOST) {
		view_queue_give_back(self->queue, self->batch, count);
		return outcome == VIEW_RACED;
	}
	if (outcome == VIEW_FENCED)
		atomic_store(&self->is_fenced, true);
	else
		note_written(self, outcome == VIEW_RECLAIMED, count);
	let_go(self->batch, count);
	return true;
}

static bool connect_again(struct view *self)
{
	self->is_fresh = true;
	return view_writer_connect(self->writer) == OK;
}

/* Writes until nothing is queued; returns how long to sleep then. */
static int turn(struct view *self)
{
	if (!self->is_connected)
		self->is_connected = connect_again(self);
	if (self->is_connected)
		self->is_connected = write_batch(
			self, view_queue_take(self->queue, self->batch, VIEW_BATCH_MAX));
	while (self->is_connected && !atomic_load(&self->is_fenced)) {
		size_t count = view_queue_take(self->queue, self->batch, VIEW_BATCH_MAX);
		if (count == 0)
			break;
		self->is_connected = write_batch(self, count);
	}
	atomic_store(&self->is_up, self->is_connected && !atomic_load(&self->is_fenced));
	if (self->is_connected) {
		self->backoff_ms = BACKOFF_MIN_MS;
		return IDLE_MS;
	}
	int patience_ms = self->backoff_ms;
	self->backoff_ms = patience_ms * 2 < BACKOFF_MAX_MS ? patience_ms * 2 : BACKOFF_MAX_MS;
	return patience_ms;
}

static void drop_all(struct view *self)
{
	size_t count;

	while ((count = view_queue_take(self->queue, self->batch, VIEW_BATCH_MAX)) > 0)
		let_go(self->batch, count);
}

static void run(struct worker *worker, void *args)
{
	struct view *self = args;
	int patience_ms;

	do {
		patience_ms = atomic_load(&self->is_fenced) ? -1 : turn(self);
		if (atomic_load(&self->is_fenced))
			drop_all(self);
	} while (worker_sleep(worker, patience_ms));
	if (self->is_connected && !atomic_load(&self->is_fenced))
		turn(self);
}

static void free_view(struct view *self)
{
	view_queue_close(&self->queue);
	view_writer_close(&self->writer);
	free(self);
}

enum err view_open(struct view **out, const char *address, const name_t *instance, uint64_t epoch,
                   nanos_t started, text_t *why)
{
	struct view *self = calloc(1, sizeof *self);

	if (self == NULL) {
		*why = text_from("no memory for the view");
		return ERR_IO;
	}
	self->backoff_ms = BACKOFF_MIN_MS;
	enum err err = view_writer_open(&self->writer, address, instance, epoch, started, why);
	if (err == OK &&
	    (view_queue_open(&self->queue) != OK || worker_open(&self->worker, run, self) != OK)) {
		*why = text_from("the view's thread can't be started");
		err = ERR_IO;
	}
	if (err != OK) {
		free_view(self);
		return err;
	}
	*out = self;
	return OK;
}

void view_put(struct view *self, const struct message_info *info, const void *body, const char *key,
              unsigned lifetime_s)
{
	if (atomic_load(&self->is_fenced))
		return;
	if (view_queue_put(self->queue, info, body, key, lifetime_s))
		worker_wake(self->worker);
}

bool view_wants_all(struct view *self)
{
	return atomic_exchange(&self->wants_all, false);
}

static struct view *mutable(const struct view *self)
{
	return (struct view *)(uintptr_t)self;
}

bool view_is_up(const struct view *self)
{
	return atomic_load(&mutable(self)->is_up);
}

uint64_t view_writes(const struct view *self)
{
	return atomic_load(&mutable(self)->writes);
}

uint64_t view_dropped(const struct view *self)
{
	return view_queue_dropped(self->queue);
}

bool view_is_fenced(const struct view *self)
{
	return atomic_load(&mutable(self)->is_fenced);
}

void view_close(struct view **self)
{
	struct view *view = *self;

	*self = NULL;
	if (view != NULL && worker_close(&view->worker, 2 * NANOS_S))
		free_view(view);
}
