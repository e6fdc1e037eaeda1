/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/view_queue.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/hash.h"
#include "common/base/table.h"

enum { NONE = UINT32_MAX };

struct row {
	struct view_entry entry;
	uint32_t older, newer; /* free rows are linked by `newer` */
};

struct view_queue {
	pthread_mutex_t lock;
	struct table table;
	struct table_cell cells[TABLE_CELLS(VIEW_PENDING_MAX)];
	struct row rows[VIEW_PENDING_MAX];
	uint32_t oldest, newest, free;
	uint64_t dropped;
	bool is_asleep;
	uint32_t used; /* rows that were ever used */
};

enum err view_queue_open(struct view_queue **out)
{
	struct view_queue *self = calloc(1, sizeof *self);

	if (self == NULL)
		return ERR_IO;
	pthread_mutex_init(&self->lock, NULL);
	table_init(&self->table, self->cells, TABLE_CELLS(VIEW_PENDING_MAX));
	self->oldest = self->newest = NONE;
	self->free = NONE;
	*out = self;
	return OK;
}

static uint64_t hash_of(const struct message_info *info, const char *key)
{
	uint64_t hash = hash_mix((uint64_t)info->type + HASH_STEP);

	for (; *key != '\0'; key++)
		hash = hash_mix(hash ^ (unsigned char)*key);
	return hash;
}

static uint32_t find(const struct view_queue *self, const struct message_info *info,
                     const char *key, uint64_t hash)
{
	struct table_probe probe;
	uint32_t slot = table_first(&self->table, hash, &probe);

	while (slot != TABLE_NONE && (self->rows[slot].entry.info != info ||
	                              strcmp(self->rows[slot].entry.key, key) != 0))
		slot = table_next(&self->table, &probe);
	return slot == TABLE_NONE ? NONE : slot;
}

static void unlink_row(struct view_queue *self, uint32_t slot)
{
	struct row *row = &self->rows[slot];
	bool was_there = table_remove(&self->table, row->entry.hash, slot);

	assert(was_there);
	(void)was_there;
	*(row->older != NONE ? &self->rows[row->older].newer : &self->oldest) = row->newer;
	*(row->newer != NONE ? &self->rows[row->newer].older : &self->newest) = row->older;
	row->newer = self->free;
	self->free = slot;
}

static bool is_full(const struct view_queue *self)
{
	return self->free == NONE && self->used == VIEW_PENDING_MAX;
}

/* Rows are first used in order, so that memory is touched only when a key needs it. */
static uint32_t free_slot(struct view_queue *self)
{
	uint32_t slot = self->free;

	if (slot == NONE)
		return self->used++;
	self->free = self->rows[slot].newer;
	return slot;
}

static struct row *link_row(struct view_queue *self, uint64_t hash, bool as_oldest)
{
	uint32_t slot = free_slot(self);
	struct row *row = &self->rows[slot];
	enum err err = table_add(&self->table, hash, slot);

	assert(err == OK);
	(void)err;
	row->older = as_oldest ? NONE : self->newest;
	row->newer = as_oldest ? self->oldest : NONE;
	*(row->older != NONE ? &self->rows[row->older].newer : &self->oldest) = slot;
	*(row->newer != NONE ? &self->rows[row->newer].older : &self->newest) = slot;
	return row;
}

static void drop(struct view_queue *self, void *body)
{
	free(body);
	self->dropped++;
}

static void drop_oldest(struct view_queue *self)
{
	uint32_t slot = self->oldest;

	drop(self, self->rows[slot].entry.body);
	unlink_row(self, slot);
}

static void put_new(struct view_queue *self, const struct view_entry *entry)
{
	if (is_full(self))
		drop_oldest(self);
	link_row(self, entry->hash, false)->entry = *entry;
}

bool view_queue_put(struct view_queue *self, const struct message_info *info, const void *body,
                    const char *key, unsigned lifetime_s)
{
	struct view_entry entry = {
		.info = info, .lifetime_s = lifetime_s, .hash = hash_of(info, key)};

	assert(strlen(key) < VIEW_KEY_MAX);
	entry.body = malloc(info->size);
	if (entry.body != NULL)
		memcpy(entry.body, body, info->size);
	snprintf(entry.key, sizeof entry.key, "%s", key);
	pthread_mutex_lock(&self->lock);
	uint32_t slot = find(self, info, key, entry.hash);
	if (entry.body == NULL) {
		self->dropped++;
	} else if (slot == NONE) {
		put_new(self, &entry);
	} else {
		free(self->rows[slot].entry.body);
		self->rows[slot].entry = entry;
	}
	bool was_asleep = self->is_asleep;
	self->is_asleep = false;
	pthread_mutex_unlock(&self->lock);
	return was_asleep;
}

size_t view_queue_take(struct view_queue *self, struct view_entry *entries, size_t count_max)
{
	size_t count = 0;

	pthread_mutex_lock(&self->lock);
	while (count < count_max && self->oldest != NONE) {
		entries[count++] = self->rows[self->oldest].entry;
		unlink_row(self, self->oldest);
	}
	self->is_asleep = count == 0;
	pthread_mutex_unlock(&self->lock);
	return count;
}

void view_queue_give_back(struct view_queue *self, struct view_entry *entries, size_t count)
{
	pthread_mutex_lock(&self->lock);
	for (size_t i = count; i-- > 0;) {
		if (find(self, entries[i].info, entries[i].key, entries[i].hash) != NONE)
			free(entries[i].body);
		else if (is_full(self))
			drop(self, entries[i].body);
		else
			link_row(self, entries[i].hash, true)->entry = entries[i];
	}
	pthread_mutex_unlock(&self->lock);
}

uint64_t view_queue_dropped(struct view_queue *self)
{
	pthread_mutex_lock(&self->lock);
	uint64_t dropped = self->dropped;
	pthread_mutex_unlock(&self->lock);
	return dropped;
}

void view_queue_close(struct view_queue **self)
{
	if (*self == NULL)
		return;
	while ((*self)->oldest != NONE)
		drop_oldest(*self);
	pthread_mutex_destroy(&(*self)->lock);
	free(*self);
	*self = NULL;
}
