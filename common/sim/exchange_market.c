/* SPDX-License-Identifier: Apache-2.0 */
/* Map: the symbols as they begin; the book and what a step changes in it; steps; a person. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/base/hash.h"
#include "common/sim/exchange_engine.h"

enum { PRICE_PLACES = 2, LOT_PLACES = 5, LEVEL_QUOTE = 5000 };

static const char *const quotes[] = {"USDT", "USDC", "FDUSD", "BTC", "ETH", "EUR", "USD"};
static const int64_t start_prices[SIM_SYMBOLS_MAX] = {60000, 5000, 300, 20};

static void split_symbol(const name_t *symbol, struct instrument *out)
{
	for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++) {
		size_t size = strlen(quotes[i]);
		if (symbol->size <= size ||
		    strcmp(symbol->text + symbol->size - size, quotes[i]) != 0)
			continue;
		char base[NAME_MAX_SIZE + 1] = "";
		memcpy(base, symbol->text, symbol->size - size);
		out->base = name_from(base);
		out->quote = name_from(quotes[i]);
		return;
	}
	assert(!"a symbol that ends with a known quote asset");
}

static struct instrument instrument_of(const name_t *symbol)
{
	struct instrument instrument = {
		.symbol = *symbol,
		.trading = true,
		.base_places = 8,
		.quote_places = 8,
		.tick = decimal_make(1, -PRICE_PLACES),
		.price_min = decimal_make(1, -PRICE_PLACES),
		.price_max = decimal_make(1000000, 0),
		.lot = decimal_make(1, -LOT_PLACES),
		.qty_min = decimal_make(1, -LOT_PLACES),
		.qty_max = decimal_make(9000, 0),
		.market_qty_max = decimal_make(120, 0),
		.notional_min = decimal_make(5, 0),
		.notional_max = decimal_make(9000000, 0),
		.notional_min_market = true,
		.bid_up = decimal_make(5, 0),
		.bid_down = decimal_make(2, -1),
		.ask_up = decimal_make(5, 0),
		.ask_down = decimal_make(2, -1),
		.average_minutes = 5,
		.iceberg_parts = 100,
		.orders_max = 200,
		.algo_orders_max = 5,
		.order_lists_max = 20,
		.amends_max = 10,
	};

	split_symbol(symbol, &instrument);
	return instrument;
}

/* Lots worth LEVEL_QUOTE at the price that it began with. */
static int64_t unit_of(const struct sim_symbol *symbol)
{
	return (int64_t)LEVEL_QUOTE * 10000000 / symbol->start_ticks + 1;
}

/* Levels behind the best have a quantity of their price, so that they keep it while the market
   moves over them. */
static int64_t lots_at(const struct sim_symbol *symbol, int64_t ticks)
{
	int64_t unit = unit_of(symbol);

	return unit + (int64_t)(hash_mix((uint64_t)ticks) % (uint64_t)unit);
}

static void draw_levels(struct sim_symbol *symbol, uint64_t drawn)
{
	for (unsigned i = 0; i < SIM_LEVELS; i++) {
		symbol->bid_lots[i] = lots_at(symbol, symbol->bid_ticks - i * symbol->gap_ticks);
		symbol->ask_lots[i] = lots_at(symbol, symbol->ask_ticks + i * symbol->gap_ticks);
	}
	symbol->bid_lots[0] += (int64_t)(drawn & 0xffff) * unit_of(symbol) >> 16;
	symbol->ask_lots[0] += (int64_t)(drawn >> 16 & 0xffff) * unit_of(symbol) >> 16;
	symbol->bid = sim_price(symbol, symbol->bid_ticks);
	symbol->ask = sim_price(symbol, symbol->ask_ticks);
}

static void begin_symbol(struct sim_exchange *self, unsigned index, const name_t *name)
{
	struct sim_symbol *symbol = &self->symbols[index];
	int64_t start = start_prices[index] * 100;

	*symbol = (struct sim_symbol){
		.instrument = instrument_of(name),
		.start_ticks = start,
		.gap_ticks = start / 20000 + 1,
		.bid_ticks = start,
		.ask_ticks = start + 1 + start / 20000,
		.book_id = 1000 * (index + 1),
		.trade_id = 500 * (index + 1),
	};
	symbol->last = sim_price(symbol, start);
	draw_levels(symbol, random_next(&self->random));
	struct sim_balance *base = sim_balance_of(self, &symbol->instrument.base);
	struct sim_balance *quote = sim_balance_of(self, &symbol->instrument.quote);
	if (decimal_sign(base->opening) == 0)
		base->opening = base->free = decimal_make(start_prices[0] / start_prices[index], 0);
	if (decimal_sign(quote->opening) == 0)
		quote->opening = quote->free = decimal_make(100000, 0);
}

void sim_exchange_init(struct sim_exchange *self, uint64_t seed,
                       const struct venue_profile *profile, const name_t *symbols,
                       uint32_t symbol_count)
{
	assert(symbol_count <= SIM_SYMBOLS_MAX);
	/* The stores are read as far as their counts only. */
	self->profile = profile;
	random_init(&self->random, seed);
	random_init(&self->chance, seed ^ HASH_STEP);
	self->symbol_count = symbol_count;
	self->order_count = self->live_count = self->trade_count = self->balance_count = 0;
	self->list_count = 0;
	self->event_head = self->event_count = 0;
	memset(self->buckets, 0, sizeof self->buckets);
	self->account_updated = self->account_updated_before = self->account_settled_at = 0;
	self->clock_step = 0;
	self->quiet_until = 0;
	self->quiet_status = 0;
	self->is_quiet_told = false;
	self->late_requests = self->early_requests = 0;
	self->weight_minute = self->order_window = 0;
	self->used_weight = self->used_orders = 0;
	for (uint32_t i = 0; i < symbol_count; i++)
		begin_symbol(self, i, &symbols[i]);
}

/* One side before and after a step, best first. */
struct side_change {
	int64_t ticks[2][SIM_LEVELS], lots[2][SIM_LEVELS];
};

static bool holds(const int64_t ticks[SIM_LEVELS], int64_t price, unsigned *place)
{
	for (*place = 0; *place < SIM_LEVELS; ++*place)
		if (ticks[*place] == price)
			return true;
	return false;
}

static uint32_t list_changes(const struct sim_symbol *symbol, const struct side_change *change,
                             struct level *out)
{
	uint32_t count = 0;
	unsigned place;

	for (unsigned i = 0; i < SIM_LEVELS; i++)
		if (!holds(change->ticks[1], change->ticks[0][i], &place))
			out[count++] = (struct level){sim_price(symbol, change->ticks[0][i]),
			                              DECIMAL_ZERO};
	for (unsigned i = 0; i < SIM_LEVELS; i++) {
		bool stood = holds(change->ticks[0], change->ticks[1][i], &place);
		if (!stood || change->lots[0][place] != change->lots[1][i])
			out[count++] = (struct level){sim_price(symbol, change->ticks[1][i]),
			                              sim_qty(symbol, change->lots[1][i])};
	}
	return count;
}

static void note_sides(const struct sim_symbol *symbol, unsigned when, struct side_change *bids,
                       struct side_change *asks)
{
	for (unsigned i = 0; i < SIM_LEVELS; i++) {
		bids->ticks[when][i] = symbol->bid_ticks - i * symbol->gap_ticks;
		asks->ticks[when][i] = symbol->ask_ticks + i * symbol->gap_ticks;
		bids->lots[when][i] = symbol->bid_lots[i];
		asks->lots[when][i] = symbol->ask_lots[i];
	}
}

static void tell_book(struct sim_exchange *self, struct sim_symbol *symbol, nanos_t now,
                      const struct side_change *bids, const struct side_change *asks)
{
	struct sim_depth *depth = &sim_event_add(self, MESSAGE_VENUE_DEPTH)->body.depth;

	depth->symbol = symbol->instrument.symbol;
	depth->id = ++symbol->book_id;
	depth->at = sim_millis(now);
	depth->bid_count = list_changes(symbol, bids, depth->bids);
	depth->ask_count = list_changes(symbol, asks, depth->asks);
	sim_event_add(self, MESSAGE_VENUE_TOP)->body.top = (struct venue_top){
		.symbol = symbol->instrument.symbol,
		.book_id = symbol->book_id,
		.bid = symbol->bid,
		.bid_qty = sim_qty(symbol, symbol->bid_lots[0]),
		.ask = symbol->ask,
		.ask_qty = sim_qty(symbol, symbol->ask_lots[0]),
	};
}

static void trade_publicly(struct sim_exchange *self, struct sim_symbol *symbol, nanos_t now,
                           uint64_t drawn)
{
	enum side taker = drawn & 1 ? SIDE_BUY : SIDE_SELL;

	symbol->last = taker == SIDE_BUY ? symbol->ask : symbol->bid;
	sim_event_add(self, MESSAGE_VENUE_TRADE)->body.trade = (struct venue_trade){
		.symbol = symbol->instrument.symbol,
		.trade_id = ++symbol->trade_id,
		.price = symbol->last,
		.qty = sim_qty(symbol, 1 + (int64_t)(drawn >> 1 & 0xfff)),
		.taker = taker,
		.at = sim_millis(now),
	};
}

/* The price stays between half and twice where it began. */
static void move(struct sim_exchange *self, struct sim_symbol *symbol, nanos_t now, int64_t ticks,
                 bool must_trade)
{
	struct side_change bids, asks;
	uint64_t drawn = random_next(&self->random);
	int64_t bid = symbol->bid_ticks + ticks;

	if (bid < symbol->start_ticks / 2 || bid > symbol->start_ticks * 2)
		bid = symbol->bid_ticks - ticks;
	note_sides(symbol, 0, &bids, &asks);
	symbol->bid_ticks = bid;
	symbol->ask_ticks =
		bid + 1 + (int64_t)((drawn >> 48) % (uint64_t)(symbol->start_ticks / 10000 + 1));
	draw_levels(symbol, drawn);
	note_sides(symbol, 1, &bids, &asks);
	tell_book(self, symbol, now, &bids, &asks);
	if (must_trade || (drawn >> 32 & 3) == 0)
		trade_publicly(self, symbol, now, drawn >> 34);
}

static void end_step(struct sim_exchange *self, const struct sim_turn *turn)
{
	sim_follow(self, turn);
	sim_stream_balances(self, turn->now);
	sim_sweep(self, turn->now);
}

/* Up to two hundredths of a percent either way. */
void sim_exchange_tick(struct sim_exchange *self, nanos_t now, const struct sim_whim *whim)
{
	struct sim_turn turn = {.now = now, .whim = *whim};

	for (uint32_t i = 0; i < self->symbol_count; i++) {
		struct sim_symbol *symbol = &self->symbols[i];
		int64_t most = symbol->start_ticks / 5000 + 1;
		int64_t drawn = (int64_t)random_below(&self->random, (uint64_t)(2 * most + 1));
		move(self, symbol, now, drawn - most, false);
	}
	end_step(self, &turn);
}

/* One to five percent, each symbol its own way. */
void sim_exchange_jump(struct sim_exchange *self, nanos_t now)
{
	struct sim_turn turn = {.now = now};

	for (uint32_t i = 0; i < self->symbol_count; i++) {
		struct sim_symbol *symbol = &self->symbols[i];
		uint64_t permille = 10 + random_below(&self->random, 41);
		int64_t ticks = symbol->bid_ticks * (int64_t)permille / 1000;
		bool falls = random_below(&self->random, 2) == 0;
		move(self, symbol, now, falls ? -ticks : ticks, true);
	}
	end_step(self, &turn);
}

static struct sim_terms manual_terms(struct sim_exchange *self)
{
	uint16_t market = (uint16_t)random_below(&self->chance, self->symbol_count);
	struct sim_symbol *symbol = &self->symbols[market];
	int64_t away =
		(int64_t)random_below(&self->chance, (uint64_t)symbol->start_ticks / 500 + 1);
	uint64_t drawn = random_next(&self->chance);
	enum side side = drawn & 1 ? SIDE_BUY : SIDE_SELL;
	int64_t price = side == SIDE_BUY ? symbol->bid_ticks - away : symbol->ask_ticks + away;
	int64_t least = 10 * 10000000 / symbol->bid_ticks + 1; /* lots worth 10 quote */
	bool at_market = (drawn >> 1 & 3) == 0;

	return (struct sim_terms){
		.market = market,
		.side = side,
		.type = at_market ? ORDER_TYPE_MARKET : ORDER_TYPE_LIMIT,
		.time_in_force = TIME_IN_FORCE_GTC,
		.qty = sim_qty(symbol, least + (int64_t)(drawn >> 8) % least),
		.price = at_market ? DECIMAL_ZERO : sim_price(symbol, price),
		.client_text = text_format("web_%016llx", (unsigned long long)drawn),
		.foreign = true,
	};
}

void sim_exchange_manual_order(struct sim_exchange *self, nanos_t now)
{
	struct sim_turn turn = {.now = now};
	struct sim_terms terms = manual_terms(self);
	struct sim_refusal refusal;

	sim_place(self, &turn, &terms, &refusal);
	sim_stream_balances(self, now);
}

void sim_exchange_manual_cancel(struct sim_exchange *self, nanos_t now)
{
	struct sim_turn turn = {.now = now};
	uint32_t count = 0;

	for (uint32_t i = 0; i < self->live_count; i++) {
		const struct sim_order *order = &self->orders[self->live[i]];
		count += sim_order_is_open(order) && !order->foreign;
	}
	if (count == 0)
		return;
	uint64_t chosen = random_below(&self->chance, count);
	for (uint32_t i = 0; i < self->live_count; i++) {
		struct sim_order *order = &self->orders[self->live[i]];
		if (!sim_order_is_open(order) || order->foreign || chosen-- != 0)
			continue;
		sim_cancel(self, &turn, order);
		break;
	}
	sim_stream_balances(self, now);
}
