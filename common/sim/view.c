/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/view.h"

#include "common/base/hash.h"
#include "common/base/plant.h"
#include "common/base/table.h"
#include "common/sim/inside.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	KEY_MAX = 160,
	KEYS_MAX = 2048,
	BODY_MAX = 1600,
	TURN_US = 200,
	WAY_LEAST_US = 80,
	WAY_MOST_US = 400,
	STALL_MOST_MS = 2000,
	PATIENCE_MS = 500, /* for an answer of the view */
	IDLE_MS = 1000,
	RETRY_MS = 50,
	RETRY_MOST_MS = 1000,
};

struct entry {
	char key[KEY_MAX];
	uint64_t hash;
	enum message_type type;
	size_t size;
	uint8_t body[BODY_MAX];
};

/* The run that holds an instance's keys. */
struct owner {
	nanos_t began;
	uint64_t epoch; /* 0: none */
};

struct contents {
	struct entry entries[KEYS_MAX];
	uint32_t count;
	struct owner owners[WORLD_NODES_MAX];
};

struct sim_view {
	struct contents now, kept;
	struct table by_key;
	struct table_cell cells[TABLE_CELLS(KEYS_MAX)];
};

/* What a writer sends at once. */
struct batch {
	uint8_t node;
	uint32_t run;
	struct owner writer;
	uint64_t connection;
	struct parcel_list entries;
};

struct sim_view *sim_view_open(void)
{
	struct sim_view *self = calloc(1, sizeof *self);
	if (self == NULL)
		abort();
	sim_view_init(self);
	return self;
}

void sim_view_close(struct sim_view **self)
{
	free(*self);
	*self = NULL;
}

void sim_view_forget(struct sim_view *self)
{
	self->now.count = 0;
	memset(self->now.owners, 0, sizeof self->now.owners);
	table_init(&self->by_key, self->cells, TABLE_CELLS(KEYS_MAX));
}

void sim_view_init(struct sim_view *self)
{
	sim_view_forget(self);
	self->kept.count = 0;
	memset(self->kept.owners, 0, sizeof self->kept.owners);
}

static uint64_t key_hash(const char *key)
{
	uint64_t hash = HASH_STEP;
	for (; *key != '\0'; key++)
		hash = (hash ^ (unsigned char)*key) * HASH_STEP;
	return hash_mix(hash);
}

static struct entry *find(struct sim_view *self, const struct entry *like)
{
	struct table_probe probe;
	uint32_t slot = table_first(&self->by_key, like->hash, &probe);
	while (slot != TABLE_NONE && strcmp(self->now.entries[slot].key, like->key) != 0)
		slot = table_next(&self->by_key, &probe);
	return slot == TABLE_NONE ? NULL : &self->now.entries[slot];
}

static void index_entry(struct sim_view *self, uint32_t slot)
{
	enum err err = table_add(&self->by_key, self->now.entries[slot].hash, slot);
	assert(err == OK);
	(void)err;
}

static size_t entry_bytes(const struct entry *entry)
{
	return offsetof(struct entry, body) + entry->size;
}

static void put(struct sim_view *self, const struct entry *entry)
{
	struct entry *old = find(self, entry);
	if (old != NULL) {
		memcpy(old, entry, entry_bytes(entry));
		return;
	}
	if (self->now.count == KEYS_MAX)
		return;
	memcpy(&self->now.entries[self->now.count], entry, entry_bytes(entry));
	index_entry(self, self->now.count++);
}

static bool names_field(const char *list, const char *name)
{
	size_t size = strlen(name);
	for (const char *at = list; (at = strstr(at, name)) != NULL; at += size)
		if ((at == list || at[-1] == ' ') && (at[size] == '\0' || at[size] == ' '))
			return true;
	return false;
}

static void add_part(char *key, const struct field_info *field, const void *body)
{
	const uint8_t *at = (const uint8_t *)body + field->offset;
	char text[IDENT_TEXT_SIZE];
	const char *value = "";
	size_t used = strlen(key);
	if (field->kind == KIND_NAME)
		value = ((const name_t *)at)->text;
	else if (field->kind == KIND_IDENT)
		value = ident_print(*(const ident_t *)at, text);
	snprintf(key + used, KEY_MAX - used, ":%s", value);
}

static void write_key(const struct node *node, const struct message_info *info, const void *body,
                      char key[KEY_MAX])
{
	const struct flow_mirror *mirror = node->place.mirrors[info->type];
	snprintf(key, KEY_MAX, "breakwater:%s:%s", node->role->instance, info->name);
	for (size_t i = 0; i < info->field_count; i++)
		if (names_field(mirror->key, info->fields[i].name))
			add_part(key, &info->fields[i], body);
}

/* The newest value of a key is enough. */
static struct parcel *pending_place(struct world *world, struct sim_view_writer *writer,
                                    const struct entry *like)
{
	for (struct parcel *parcel = writer->pending.first; parcel != NULL; parcel = parcel->next) {
		const struct entry *entry = (const struct entry *)parcel->bytes;
		if (entry->hash == like->hash && strcmp(entry->key, like->key) == 0)
			return parcel;
	}
	struct parcel *parcel = parcel_take(&world->store, sizeof(struct entry));
	parcel_push(&writer->pending, parcel);
	return parcel;
}

static void wake(struct world *world, struct node *node, nanos_t at)
{
	struct sim_view_writer *writer = &node->now.writer;
	if (writer->turn_at != 0 && writer->turn_at <= at)
		return;
	writer->turn_at = at;
	world_add_for(world, node, at, (struct happening){.kind = H_VIEW_TURN});
}

void sim_view_put(struct world *world, struct node *node, enum message_type type, const void *body)
{
	struct entry entry;
	struct sim_view_writer *writer = &node->now.writer;
	if (node->place.mirrors[type] == NULL || writer->is_fenced)
		return;
	write_key(node, message_info(type), body, entry.key);
	entry.hash = key_hash(entry.key);
	entry.type = type;
	if (codec_pack_body(type, body, world->frame, FRAME_MAX, &entry.size) != OK)
		return;
	assert(entry.size <= BODY_MAX);
	memcpy(entry.body, world->frame, entry.size);
	struct parcel *place = pending_place(world, writer, &entry);
	memcpy(place->bytes, &entry, entry_bytes(&entry));
	if (writer->is_connected)
		wake(world, node, world->now + TURN_US * NANOS_US);
}

void sim_view_begin(struct world *world, struct node *node)
{
	wake(world, node, world->now + TURN_US * NANOS_US);
}

static void lose(struct world *world, struct node *node)
{
	struct sim_view_writer *writer = &node->now.writer;
	nanos_t wait = RETRY_MS * NANOS_MS << (writer->failures < 5 ? writer->failures++ : 5);
	nanos_t most = RETRY_MOST_MS * NANOS_MS;
	writer->is_connected = writer->is_writing = false;
	wake(world, node, world->now + (wait < most ? wait : most));
}

static struct parcel *pack_up(struct world *world, struct node *node)
{
	struct parcel *parcel = parcel_take(&world->store, sizeof(struct batch));
	struct batch *batch = (struct batch *)parcel->bytes;
	*batch = (struct batch){
		.node = (uint8_t)node->index,
		.run = node->run,
		.writer = {node->now.began, node->identity.epoch},
		.connection = node->now.writer.connection,
		.entries = node->now.writer.pending,
	};
	node->now.writer.pending = (struct parcel_list){0};
	return parcel;
}

/* A batch leaves; with nothing to write it looks whether the view is still ours. */
static void send_batch(struct world *world, struct node *node)
{
	struct happening happening = {.kind = H_VIEW_WRITE, .parcel = pack_up(world, node)};
	nanos_t takes = world_draw(world, WAY_LEAST_US, WAY_MOST_US) * NANOS_US;
	if (world_chance(world, FAULT_REDIS_STALL, node->index))
		takes = world_draw(world, 1, STALL_MOST_MS) * NANOS_MS;
	node->now.writer.is_writing = true;
	world_add(world, world->now + takes, happening);
	if (takes > PATIENCE_MS * NANOS_MS)
		lose(world, node);
}

void sim_view_turn(struct world *world, struct node *node)
{
	struct sim_view_writer *writer = &node->now.writer;
	if (writer->turn_at > world->now)
		return;
	writer->turn_at = 0;
	if (writer->is_fenced || writer->is_writing)
		return;
	if (world_chance(world, FAULT_REDIS_DOWN, node->index)) {
		lose(world, node);
		return;
	}
	if (!writer->is_connected) {
		writer->is_connected = writer->is_fresh = true;
		writer->connection++;
	}
	writer->failures = 0;
	send_batch(world, node);
}

/* Above zero: the view belongs to a younger run. Below: to an older one, or to nobody. */
static int compare(const struct owner *owner, const struct owner *writer)
{
	if (owner->epoch == 0)
		return -1;
	if (owner->began != writer->began)
		return owner->began > writer->began ? 1 : -1;
	return (owner->epoch > writer->epoch) - (owner->epoch < writer->epoch);
}

static void answer(struct world *world, const struct batch *batch, int order)
{
	struct node *node = &world->nodes[batch->node];
	struct sim_view_writer *writer = &node->now.writer;
	if (node->run != batch->run || !writer->is_writing)
		return;
	writer->is_writing = false;
	writer->is_fenced = order > 0;
	if (order > 0)
		return;
	writer->wants_all |= (order < 0 || writer->is_fresh) && !PLANTED(D01_VIEW_KEPT);
	writer->is_fresh = false;
	bool is_more = writer->pending.first != NULL;
	wake(world, node, world->now + (is_more ? TURN_US * NANOS_US : IDLE_MS * NANOS_MS));
}

void sim_view_write(struct world *world, struct parcel *parcel)
{
	struct batch *batch = (struct batch *)parcel->bytes;
	struct sim_view *view = world->view;
	struct owner *owner = &view->now.owners[batch->node];
	int order = compare(owner, &batch->writer);
	const struct node *node = &world->nodes[batch->node];
	bool is_late = node->run == batch->run && node->now.writer.connection > batch->connection;
	trace(world, batch->node, (uint64_t)order);
	if (is_late) { /* its WATCH is broken */
		sim_view_drop_batch(world, parcel);
		return;
	}
	if (order <= 0)
		*owner = batch->writer;
	for (struct parcel *entry = batch->entries.first; entry != NULL; entry = entry->next)
		if (order <= 0 || PLANTED(D02_EPOCH_IGNORED))
			put(view, (const struct entry *)entry->bytes);
	answer(world, batch, order);
	sim_view_drop_batch(world, parcel);
}

void sim_view_drop_batch(struct world *world, struct parcel *parcel)
{
	parcel_drop_all(&world->store, &((struct batch *)parcel->bytes)->entries);
	parcel_drop(&world->store, parcel);
}

void sim_view_flush(struct world *world)
{
	world_hit(world, FAULT_REDIS_FLUSH, FAULT_ANY_NODE);
	sim_view_forget(world->view);
}

static void copy(struct contents *to, const struct contents *from)
{
	to->count = from->count;
	memcpy(to->owners, from->owners, sizeof to->owners);
	memcpy(to->entries, from->entries, from->count * sizeof from->entries[0]);
}

void sim_view_keep(struct world *world)
{
	copy(&world->view->kept, &world->view->now);
}

/* Another Redis takes over with older data: every connection breaks. */
void sim_view_roll_back(struct world *world)
{
	struct sim_view *view = world->view;
	world_hit(world, FAULT_REDIS_ROLLBACK, FAULT_ANY_NODE);
	table_init(&view->by_key, view->cells, TABLE_CELLS(KEYS_MAX));
	copy(&view->now, &view->kept);
	for (uint32_t i = 0; i < view->now.count; i++)
		index_entry(view, i);
	for (unsigned i = 0; i < world->count; i++)
		if (world->nodes[i].phase == NODE_UP)
			lose(world, &world->nodes[i]);
}

void sim_view_each(const struct sim_view *self,
                   void (*each)(void *self, const char *key, enum message_type type,
                                const uint8_t *body, size_t size),
                   void *each_self)
{
	for (uint32_t i = 0; i < self->now.count; i++) {
		const struct entry *entry = &self->now.entries[i];
		each(each_self, entry->key, entry->type, entry->body, entry->size);
	}
}
