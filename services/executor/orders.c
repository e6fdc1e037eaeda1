/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/orders.h"

#include <assert.h>
#include <string.h>

#include "common/base/hash.h"
#include "common/model/lifecycle.h"

static void index_init(struct order_index *self)
{
	table_init(&self->table, self->cells, TABLE_CELLS(ORDERS_MAX));
}

void orders_init(struct orders *self)
{
	self->used = self->open_count = self->ended_count = 0;
	self->ended_oldest = self->ended_newest = TABLE_NONE;
	index_init(&self->by_intent);
	index_init(&self->by_client);
	index_init(&self->by_nonce);
	index_init(&self->by_venue);
}

static uint64_t venue_hash(const name_t *symbol, uint64_t venue_id)
{
	return name_hash(symbol) ^ hash_mix(venue_id);
}

struct order_slot *orders_by_intent(struct orders *self, ident_t intent_id)
{
	struct table_probe probe;
	uint32_t at = table_first(&self->by_intent.table, ident_hash(intent_id), &probe);

	while (at != TABLE_NONE && !ident_equals(self->slots[at].order.intent_id, intent_id))
		at = table_next(&self->by_intent.table, &probe);
	return at == TABLE_NONE ? NULL : &self->slots[at];
}

struct order_slot *orders_by_client(struct orders *self, ident_t client_id)
{
	struct table_probe probe;
	uint32_t at = table_first(&self->by_client.table, ident_hash(client_id), &probe);

	while (at != TABLE_NONE && !ident_equals(self->slots[at].order.client_id, client_id))
		at = table_next(&self->by_client.table, &probe);
	return at == TABLE_NONE ? NULL : &self->slots[at];
}

struct order_slot *orders_by_nonce(struct orders *self, ident_t nonce)
{
	struct table_probe probe;
	uint32_t at = table_first(&self->by_nonce.table, ident_hash(nonce), &probe);

	while (at != TABLE_NONE && !ident_equals(self->slots[at].nonce, nonce))
		at = table_next(&self->by_nonce.table, &probe);
	return at == TABLE_NONE ? NULL : &self->slots[at];
}

struct order_slot *orders_by_venue(struct orders *self, const name_t *symbol, uint64_t venue_id)
{
	struct table_probe probe;

	if (venue_id == 0)
		return NULL;
	uint32_t at = table_first(&self->by_venue.table, venue_hash(symbol, venue_id), &probe);
	while (at != TABLE_NONE && (self->slots[at].order.venue_id != venue_id ||
	                            !name_equals(&self->slots[at].order.symbol, symbol)))
		at = table_next(&self->by_venue.table, &probe);
	return at == TABLE_NONE ? NULL : &self->slots[at];
}

/* The ended order that may go: the one that ended first, unless its approval could come again. */
static uint32_t evictable(const struct orders *self, nanos_t now)
{
	uint32_t at = self->ended_oldest;

	while (at != TABLE_NONE && self->slots[at].expires >= now)
		at = self->slots[at].newer;
	return at;
}

bool orders_have_room(const struct orders *self, nanos_t now)
{
	return self->used < ORDERS_MAX || evictable(self, now) != TABLE_NONE;
}

static void link_ended(struct orders *self, uint32_t at)
{
	struct order_slot *slot = &self->slots[at];

	slot->older = self->ended_newest;
	slot->newer = TABLE_NONE;
	if (self->ended_newest != TABLE_NONE)
		self->slots[self->ended_newest].newer = at;
	else
		self->ended_oldest = at;
	self->ended_newest = at;
	self->ended_count++;
}

static void unlink_ended(struct orders *self, uint32_t at)
{
	struct order_slot *slot = &self->slots[at];

	if (slot->older != TABLE_NONE)
		self->slots[slot->older].newer = slot->newer;
	else
		self->ended_oldest = slot->newer;
	if (slot->newer != TABLE_NONE)
		self->slots[slot->newer].older = slot->older;
	else
		self->ended_newest = slot->older;
	self->ended_count--;
}

static void link_open(struct orders *self, uint32_t at)
{
	self->slots[at].open_at = self->open_count;
	self->open[self->open_count++] = at;
}

static void unlink_open(struct orders *self, uint32_t at)
{
	uint32_t hole = self->slots[at].open_at;
	uint32_t last = self->open[--self->open_count];

	self->open[hole] = last;
	self->slots[last].open_at = hole;
	self->slots[at].open_at = TABLE_NONE;
}

static void forget(struct orders *self, uint32_t at)
{
	const struct order_slot *slot = &self->slots[at];
	bool found = table_remove(&self->by_intent.table, ident_hash(slot->order.intent_id), at) &&
	             table_remove(&self->by_client.table, ident_hash(slot->order.client_id), at) &&
	             table_remove(&self->by_nonce.table, ident_hash(slot->nonce), at);

	assert(found);
	if (slot->order.venue_id != 0)
		found = table_remove(&self->by_venue.table,
		                     venue_hash(&slot->order.symbol, slot->order.venue_id), at);
	assert(found);
	unlink_ended(self, at);
}

static uint32_t take_place(struct orders *self, nanos_t now)
{
	if (self->used < ORDERS_MAX)
		return self->used++;
	uint32_t at = evictable(self, now);
	if (at != TABLE_NONE)
		forget(self, at);
	return at;
}

static void index_add(struct order_index *self, uint64_t hash, uint32_t at)
{
	enum err err = table_add(&self->table, hash, at);

	assert(err == OK);
}

struct order_slot *orders_add(struct orders *self, const struct order *order, ident_t nonce,
                              nanos_t now)
{
	uint32_t at = take_place(self, now);

	if (at == TABLE_NONE)
		return NULL;
	struct order_slot *slot = &self->slots[at];
	memset(slot, 0, sizeof *slot);
	slot->order = *order;
	slot->nonce = nonce;
	slot->used = true;
	slot->older = slot->newer = TABLE_NONE;
	index_add(&self->by_intent, ident_hash(order->intent_id), at);
	index_add(&self->by_client, ident_hash(order->client_id), at);
	index_add(&self->by_nonce, ident_hash(nonce), at);
	link_open(self, at);
	return slot;
}

void orders_set_status(struct orders *self, struct order_slot *slot, enum order_status status)
{
	uint32_t at = orders_index_of(self, slot);
	bool was_open = order_status_is_open(slot->order.status);
	bool is_open = order_status_is_open(status);

	slot->order.status = status;
	if (was_open && !is_open) {
		unlink_open(self, at);
		link_ended(self, at);
	} else if (!was_open && is_open) {
		unlink_ended(self, at);
		link_open(self, at);
	}
}

void orders_set_venue_id(struct orders *self, struct order_slot *slot, uint64_t venue_id)
{
	if (slot->order.venue_id != 0 || venue_id == 0)
		return;
	slot->order.venue_id = venue_id;
	index_add(&self->by_venue, venue_hash(&slot->order.symbol, venue_id),
	          orders_index_of(self, slot));
}
