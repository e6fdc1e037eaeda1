/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/holdings.h"

#include <assert.h>

#include "common/model/position.h"

enum { MARKET_BITS = 8 };

/* Longer than any view lag. */
#define SHOWN_AFTER (15 * NANOS_MIN)

static_assert(SYMBOLS_MAX <= 1 << MARKET_BITS, "a market's index fits beside a trade id");

void holdings_init(struct holdings *self, const name_t *venue)
{
	self->venue = *venue;
	seen_init(&self->seen, self->seen_keys, FILLS_REMEMBERED, self->seen_cells);
}

struct market *holdings_market(struct holdings *self, const name_t *symbol)
{
	for (uint32_t i = 0; i < self->market_count; i++)
		if (name_equals(&self->markets[i].instrument.symbol, symbol))
			return &self->markets[i];
	return NULL;
}

enum err holdings_set_instrument(struct holdings *self, const struct instrument *instrument)
{
	struct market *market = holdings_market(self, &instrument->symbol);

	if (market == NULL) {
		if (self->market_count == SYMBOLS_MAX)
			return ERR_FULL;
		market = &self->markets[self->market_count++];
	}
	market->instrument = *instrument;
	return OK;
}

static uint64_t fill_key(const struct holdings *self, const struct market *market,
                         uint64_t trade_id)
{
	return trade_id << MARKET_BITS | (uint64_t)(market - self->markets);
}

enum fill_news holdings_news(const struct holdings *self, const struct market *market,
                             uint64_t trade_id)
{
	if (seen_has(&self->seen, fill_key(self, market, trade_id)))
		return FILL_KNOWN;
	return trade_id <= market->trade_forgotten ? FILL_TOO_OLD : FILL_NEW;
}

/* The key that the next one will push out raises its market's bound, so that an execution is never
   taken for new because it was forgotten. */
static void note_forgotten(struct holdings *self)
{
	if (self->seen.index.count < self->seen.capacity)
		return;
	uint64_t key = self->seen_keys[self->seen.next];
	struct market *market = &self->markets[key & ((1u << MARKET_BITS) - 1)];
	if (key >> MARKET_BITS > market->trade_forgotten)
		market->trade_forgotten = key >> MARKET_BITS;
}

void market_note_sent(struct market *self, nanos_t at, decimal_t qty)
{
	int64_t second = at / NANOS_S;
	struct sent_second *sent = &self->sent[second % SENT_SECONDS];

	if (sent->second != second)
		*sent = (struct sent_second){.second = second};
	if (decimal_add(sent->qty, qty, &sent->qty) != OK)
		sent->qty = decimal_make(INT64_MAX, 0);
}

decimal_t market_sent(const struct market *self, nanos_t now)
{
	decimal_t sum = DECIMAL_ZERO;

	for (unsigned i = 0; i < SENT_SECONDS; i++)
		if (self->sent[i].second >= (now - NANOS_MIN) / NANOS_S &&
		    decimal_add(sum, self->sent[i].qty, &sum) != OK)
			return decimal_make(INT64_MAX, 0);
	return sum;
}

struct holding *holdings_find(struct holdings *self, const name_t *symbol, const name_t *bot)
{
	for (uint32_t i = 0; i < self->position_count; i++) {
		struct holding *holding = &self->positions[i];
		if (name_equals(&holding->position.symbol, symbol) &&
		    name_equals(&holding->position.bot, bot))
			return holding;
	}
	return NULL;
}

struct holding *holdings_take(struct holdings *self, const name_t *symbol, const name_t *bot)
{
	struct holding *holding = holdings_find(self, symbol, bot);

	if (holding != NULL || self->position_count == POSITIONS_MAX)
		return holding;
	holding = &self->positions[self->position_count++];
	position_init(&holding->position, &self->venue, symbol, bot);
	guard_init(&holding->guard);
	holding->changed = true;
	return holding;
}

enum err holdings_set_position(struct holdings *self, const struct position *position)
{
	struct holding *holding = holdings_take(self, &position->symbol, &position->bot);

	if (holding == NULL)
		return ERR_FULL;
	holding->position = *position;
	return OK;
}

void holdings_mark(struct market *market, uint64_t trade_id)
{
	if (market->is_marked)
		return;
	market->is_marked = true;
	market->trade_mark = market->trade_top = trade_id;
	market->trade_settled = market->trade_recent = trade_id;
}

/* Ids rise with time, but an exchange may show a younger execution first. */
static void note_order_of_ids(struct market *market, uint64_t trade_id, nanos_t at)
{
	if (at - market->recent_at >= SHOWN_AFTER) {
		market->trade_settled = market->trade_recent;
		market->trade_recent = market->trade_top;
		market->recent_at = at;
	}
	if (trade_id > market->trade_top)
		market->trade_top = trade_id;
}

enum err holdings_account(struct holdings *self, struct market *market, const struct fill *fill)
{
	struct holding *holding = holdings_take(self, &fill->symbol, &fill->bot);
	enum err err = ERR_FULL;

	note_forgotten(self);
	bool is_new = seen_add(&self->seen, fill_key(self, market, fill->trade_id));
	assert(is_new);
	holdings_mark(market, fill->trade_id - 1);
	note_order_of_ids(market, fill->trade_id, fill->at);
	if (holding != NULL)
		err = position_apply(&holding->position, fill, &market->instrument);
	if (err != OK) {
		self->unaccounted++;
		return err;
	}
	holding->changed = true;
	guard_filled(&holding->guard, &holding->position, fill, &market->instrument);
	return err;
}

decimal_t holdings_qty(const struct holdings *self, const name_t *symbol, const name_t *bot)
{
	for (uint32_t i = 0; i < self->position_count; i++) {
		const struct position *position = &self->positions[i].position;
		if (name_equals(&position->symbol, symbol) && name_equals(&position->bot, bot))
			return position->qty;
	}
	return DECIMAL_ZERO;
}

struct asset *holdings_asset(struct holdings *self, const name_t *asset)
{
	for (uint32_t i = 0; i < self->asset_count; i++)
		if (name_equals(&self->assets[i].balance.asset, asset))
			return &self->assets[i];
	if (self->asset_count == BALANCES_MAX)
		return NULL;
	struct asset *added = &self->assets[self->asset_count++];
	added->balance.venue = self->venue;
	added->balance.asset = *asset;
	return added;
}
