/* SPDX-License-Identifier: Apache-2.0 */
#include "services/recovery/ours.h"

#include <string.h>

#include "common/model/lifecycle.h"

#define ENDED_KEPT NANOS_MIN

enum { TAG_SHIFT = 48 };

static const struct moment NOTHING = {.qty = {0, 0}};

const struct subject *subject_find(const struct subjects *self, const name_t *name)
{
	for (uint32_t i = 0; i < self->count; i++)
		if (name_equals(&self->items[i].name, name))
			return &self->items[i];
	return NULL;
}

static struct subject *subject_of(struct ours *ours, struct subjects *self, const name_t *name)
{
	struct subject *found = (struct subject *)subject_find(self, name);

	if (found != NULL)
		return found;
	if (self->count == SUBJECTS_MAX) {
		ours->is_full = true;
		return NULL;
	}
	found = &self->items[self->count++];
	memset(found, 0, sizeof *found);
	found->name = *name;
	return found;
}

static struct journal_mark *find_mark(const struct ours *self, const name_t *symbol)
{
	for (uint32_t i = 0; i < self->mark_count; i++)
		if (name_equals(&self->marks[i].symbol, symbol))
			return (struct journal_mark *)&self->marks[i];
	return NULL;
}

void ours_mark(struct ours *self, const struct journal_mark *mark)
{
	struct journal_mark *known = find_mark(self, &mark->symbol);

	if (known != NULL)
		*known = *mark;
	else if (self->mark_count < SUBJECTS_MAX)
		self->marks[self->mark_count++] = *mark;
	else
		self->is_full = true;
}

uint64_t ours_mark_of(const struct ours *self, const name_t *symbol)
{
	const struct journal_mark *mark = find_mark(self, symbol);

	return mark == NULL ? 0 : mark->trade_id;
}

static void subject_add(struct subject *self, const struct moment *moment)
{
	self->moments[self->moment_count++ % MOMENTS_MAX] = *moment;
}

struct moment subject_now(const struct subject *self)
{
	if (self == NULL || self->moment_count == 0)
		return NOTHING;
	return self->moments[(self->moment_count - 1) % MOMENTS_MAX];
}

/* How many are kept. */
static uint64_t kept(const struct subject *self)
{
	if (self == NULL)
		return 0;
	return self->moment_count < MOMENTS_MAX ? self->moment_count : MOMENTS_MAX;
}

bool subject_was(const struct subject *self, nanos_t from, decimal_t qty, uint64_t executions)
{
	for (uint64_t i = 0; i < kept(self); i++) {
		const struct moment *moment =
			&self->moments[(self->moment_count - 1 - i) % MOMENTS_MAX];
		if (decimal_equals(moment->qty, qty) && moment->executions == executions)
			return true;
		if (moment->at <= from)
			return false; /* it stood at `from`; what was before doesn't matter */
	}
	if (self != NULL && self->moment_count > MOMENTS_MAX)
		return true; /* it changed so often that nothing can be said */
	return self == NULL && decimal_sign(qty) == 0 && executions == 0;
}

void subject_owned(const struct subject *self, nanos_t from, decimal_t *least, decimal_t *most)
{
	*least = *most = subject_now(self).owned;
	for (uint64_t i = 0; i < kept(self); i++) {
		const struct moment *moment =
			&self->moments[(self->moment_count - 1 - i) % MOMENTS_MAX];
		*least = decimal_min(*least, moment->owned);
		*most = decimal_max(*most, moment->owned);
		if (moment->at <= from)
			return;
	}
}

/* What was before a gap may be wrong in every line. */
static void forget(struct ours *self)
{
	self->order_count = 0;
	self->symbols.count = 0;
	self->assets.count = 0;
	self->is_full = false;
	for (uint32_t i = 0; i < self->position_count; i++)
		self->positions[i].is_told = false;
}

/* What is told of for the first time after all was told, was nothing before. */
static void begin_at_zero(const struct ours *self, struct subject *subject)
{
	if (self->whole && subject->moment_count == 0)
		subject_add(subject, &NOTHING);
}

static void sum_symbol(struct ours *self, const name_t *symbol, nanos_t now)
{
	struct subject *subject = subject_of(self, &self->symbols, symbol);
	struct moment moment = {.at = now};
	enum err err = OK;

	if (subject == NULL)
		return;
	begin_at_zero(self, subject);
	for (uint32_t i = 0; err == OK && i < self->position_count; i++) {
		const struct our_position *position = &self->positions[i];
		if (!position->is_told || !name_equals(&position->symbol, symbol))
			continue;
		moment.executions += position->executions;
		err = decimal_add(moment.qty, position->qty, &moment.qty);
		if (err == OK && !name_is(&position->bot, "manual"))
			err = decimal_add(moment.owned, decimal_max(position->qty, DECIMAL_ZERO),
			                  &moment.owned);
	}
	if (err == OK)
		subject_add(subject, &moment);
	else
		self->is_full = true;
}

/* Told again one by one: no sum means anything before the last. */
static void sum_all(struct ours *self, nanos_t now)
{
	for (uint32_t i = 0; i < self->position_count; i++) {
		struct our_position *position = &self->positions[i];
		if (position->is_told && subject_find(&self->symbols, &position->symbol) == NULL)
			sum_symbol(self, &position->symbol, now);
		if (!position->is_told)
			position->naked_since = 0;
	}
}

void ours_stream(struct ours *self, bool whole, nanos_t now)
{
	if (!whole)
		forget(self);
	else if (!self->whole)
		sum_all(self, now);
	self->whole = whole;
}

static struct our_order *find_order(struct ours *self, ident_t client_id)
{
	for (uint32_t i = 0; i < self->order_count; i++)
		if (ident_equals(self->orders[i].client_id, client_id))
			return &self->orders[i];
	return NULL;
}

bool ours_was_open(const struct ours *self, ident_t client_id, nanos_t from)
{
	const struct our_order *order = find_order((struct ours *)self, client_id);

	return order != NULL && (order->ended_at == 0 || order->ended_at >= from);
}

static struct our_position *position_of(struct ours *self, const name_t *symbol, const name_t *bot)
{
	for (uint32_t i = 0; i < self->position_count; i++) {
		struct our_position *position = &self->positions[i];
		if (name_equals(&position->symbol, symbol) && name_equals(&position->bot, bot))
			return position;
	}
	if (self->position_count == OUR_POSITIONS_MAX)
		return NULL;
	struct our_position *added = &self->positions[self->position_count++];
	*added = (struct our_position){.symbol = *symbol, .bot = *bot};
	return added;
}

/* Who once had a stop at the exchange is expected to have one. */
static void note_stop(struct ours *self, const struct order *order)
{
	struct our_position *position = NULL;

	if (order->purpose == PURPOSE_PROTECT)
		position = position_of(self, &order->symbol, &order->bot);
	if (position != NULL)
		position->has_stop_orders = true;
}

/* Those that ended long ago, or the one that ended first when there is no room. */
static void forget_ended(struct ours *self, nanos_t now)
{
	uint32_t oldest = OUR_ORDERS_MAX;

	for (uint32_t i = self->order_count; i-- > 0;) {
		nanos_t ended_at = self->orders[i].ended_at;
		if (ended_at != 0 && now - ended_at > ENDED_KEPT)
			self->orders[i] = self->orders[--self->order_count];
	}
	for (uint32_t i = 0; i < self->order_count; i++)
		if (self->orders[i].ended_at != 0 &&
		    (oldest == OUR_ORDERS_MAX ||
		     self->orders[i].ended_at < self->orders[oldest].ended_at))
			oldest = i;
	if (self->order_count == OUR_ORDERS_MAX && oldest != OUR_ORDERS_MAX)
		self->orders[oldest] = self->orders[--self->order_count];
}

static struct our_order *new_order(struct ours *self, nanos_t now)
{
	if (self->order_count == OUR_ORDERS_MAX)
		forget_ended(self, now);
	if (self->order_count == OUR_ORDERS_MAX) {
		self->is_full = true;
		return NULL;
	}
	return &self->orders[self->order_count++];
}

void ours_order(struct ours *self, const struct order *order, nanos_t now)
{
	struct our_order *known = find_order(self, order->client_id);
	bool has_ended = order_status_is_terminal(order->status);

	self->tag = (uint16_t)(order->client_id.high >> TAG_SHIFT);
	note_stop(self, order);
	if (known == NULL && has_ended)
		return;
	if (known == NULL)
		known = new_order(self, now);
	if (known == NULL)
		return;
	*known = (struct our_order){
		.client_id = order->client_id,
		.symbol = order->symbol,
		.bot = order->bot,
		.status = order->status,
		.purpose = order->purpose,
		.executed = order->executed,
		.venue_id = order->venue_id,
		.updated = order->updated,
		.ended_at = has_ended ? now : 0,
	};
}

void ours_position(struct ours *self, const struct position *told, nanos_t now)
{
	struct our_position *position = position_of(self, &told->symbol, &told->bot);

	if (position == NULL) {
		self->is_full = true;
		return;
	}
	position->qty = told->qty;
	position->entry_price = told->entry_price;
	position->executions = told->fills;
	position->is_told = true;
	if (self->whole)
		sum_symbol(self, &told->symbol, now);
}

void ours_balance(struct ours *self, const struct balance *balance, nanos_t now)
{
	struct subject *subject = subject_of(self, &self->assets, &balance->asset);
	struct moment moment = {.at = now};

	if (subject == NULL)
		return;
	begin_at_zero(self, subject);
	if (decimal_add(balance->free, balance->locked, &moment.qty) == OK)
		subject_add(subject, &moment);
	else
		self->is_full = true;
}

/* Also by a resting exit: it takes the stop's place. */
bool ours_is_protected(const struct ours *self, const struct our_position *position)
{
	for (uint32_t i = 0; i < self->order_count; i++) {
		const struct our_order *order = &self->orders[i];
		if (order->ended_at == 0 && order->purpose != PURPOSE_ENTRY &&
		    name_equals(&order->symbol, &position->symbol) &&
		    name_equals(&order->bot, &position->bot))
			return true;
	}
	return false;
}
