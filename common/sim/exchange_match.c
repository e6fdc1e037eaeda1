/* SPDX-License-Identifier: Apache-2.0 */
/* Map: what an order must pass; taking from the book; executions and other ends; stops and what
   rests when the market moves. */
#include "common/sim/exchange_engine.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/model/instrument.h"

/* What a taking order finds, in ticks and lots. */
struct taken {
	unsigned count;
	int64_t ticks[SIM_LEVELS], lots[SIM_LEVELS];
	int64_t sum;  /* lots */
	int64_t cost; /* ticks × lots */
};

struct want {
	enum side side;
	int64_t limit_ticks; /* 0: none */
	int64_t lots;
	int64_t budget; /* ticks × lots; 0: none */
};

void sim_refuse(struct sim_refusal *self, unsigned status, uint64_t code, const char *format, ...)
{
	char text[TEXT_MAX_SIZE + 1];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	*self = (struct sim_refusal){.status = status, .code = code, .text = text_from(text)};
}

bool sim_passes_filters(const struct sim_exchange *self, const struct sim_terms *terms,
                        struct sim_refusal *refusal)
{
	const struct sim_symbol *symbol = &self->symbols[terms->market];
	struct instrument_order order = {
		.side = terms->side,
		.type = terms->type,
		.qty = terms->qty,
		.price = terms->price,
		.stop_price = terms->stop_price,
	};
	struct instrument_context context = {.average_price = symbol->last};

	for (uint32_t i = 0; i < self->live_count; i++) {
		const struct sim_order *other = &self->orders[self->live[i]];
		if (other->market != terms->market || !sim_order_is_open(other))
			continue;
		context.open_orders++;
		context.open_algo_orders += instrument_is_algo(other->type);
	}
	const char *filter = instrument_refusal(&symbol->instrument, &order, &context);
	if (filter != NULL)
		sim_refuse(refusal, 400, 1013, "Filter failure: %s", filter);
	return filter == NULL;
}

static int64_t ticks_of(const struct sim_symbol *symbol, decimal_t price)
{
	int64_t ticks = price.coefficient;

	for (int i = price.exponent; i > symbol->instrument.tick.exponent && ticks != 0; i--)
		ticks *= 10;
	return ticks;
}

/* How many units of tick × lot an amount of quote holds, rounded down. */
static int64_t budget_of(const struct sim_symbol *symbol, decimal_t amount)
{
	int exponent = symbol->instrument.tick.exponent + symbol->instrument.lot.exponent;
	decimal_t cut;
	enum err err = decimal_round_places(amount, (unsigned)-exponent, ROUND_DOWN, &cut);

	assert(err == OK);
	int64_t units = cut.coefficient;
	for (int i = cut.exponent; i > exponent && units != 0; i--)
		units *= 10;
	return units;
}

static bool accepts(enum side side, int64_t limit, int64_t price)
{
	return limit == 0 || (side == SIDE_BUY ? price <= limit : price >= limit);
}

static int64_t level_ticks(const struct sim_symbol *symbol, enum side resting, unsigned level)
{
	return resting == SIDE_SELL ? symbol->ask_ticks + level * symbol->gap_ticks
	                            : symbol->bid_ticks - level * symbol->gap_ticks;
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static struct taken take(const struct sim_symbol *symbol, const struct want *want)
{
	bool buys = want->side == SIDE_BUY;
	struct taken taken = {.count = 0};

	for (unsigned i = 0; i < SIM_LEVELS && taken.sum < want->lots; i++) {
		int64_t price = level_ticks(symbol, buys ? SIDE_SELL : SIDE_BUY, i);
		int64_t offered = buys ? symbol->ask_lots[i] : symbol->bid_lots[i];
		int64_t lots = smaller(offered, want->lots - taken.sum);
		if (!accepts(want->side, want->limit_ticks, price))
			break;
		if (want->budget > 0)
			lots = smaller(lots, (want->budget - taken.cost) / price);
		if (lots <= 0)
			break;
		taken.ticks[taken.count] = price;
		taken.lots[taken.count++] = lots;
		taken.sum += lots;
		taken.cost += lots * price;
	}
	return taken;
}

static bool would_take(const struct sim_symbol *symbol, enum side side, decimal_t price)
{
	return side == SIDE_BUY ? decimal_compare(symbol->ask, price) <= 0
	                        : decimal_compare(symbol->bid, price) >= 0;
}

bool sim_would_trigger(const struct sim_exchange *self, unsigned market, enum order_type type,
                       enum side side, decimal_t stop_price)
{
	bool is_stop = type == ORDER_TYPE_STOP_LOSS || type == ORDER_TYPE_STOP_LOSS_LIMIT;
	bool waits_for_rise = is_stop == (side == SIDE_BUY);
	int order = decimal_compare(self->symbols[market].last, stop_price);

	return waits_for_rise ? order >= 0 : order <= 0;
}

static bool has_funds(struct sim_exchange *self, const struct sim_terms *terms)
{
	struct sim_symbol *symbol = &self->symbols[terms->market];
	bool buys = terms->side == SIDE_BUY;
	decimal_t needed = sim_lock_of(terms);

	if (terms->type == ORDER_TYPE_MARKET && buys) {
		struct want want = {.side = SIDE_BUY, .lots = sim_lots(symbol, terms->qty)};
		struct taken taken = take(symbol, &want);
		needed = decimal_make(taken.cost, symbol->instrument.tick.exponent +
		                                          symbol->instrument.lot.exponent);
	} else if (terms->type == ORDER_TYPE_MARKET) {
		needed = terms->qty;
	}
	const name_t *asset = buys ? &symbol->instrument.quote : &symbol->instrument.base;
	return decimal_compare(needed, sim_balance_of(self, asset)->free) <= 0;
}

bool sim_passes_engine(struct sim_exchange *self, const struct sim_terms *terms,
                       struct sim_refusal *refusal)
{
	const struct sim_symbol *symbol = &self->symbols[terms->market];
	const struct sim_order *other =
		sim_order_named(self, terms->market, terms->client_text.text);

	if (self->order_count == SIM_ORDERS_MAX)
		sim_refuse(refusal, 400, 2010, "Market is closed.");
	else if (other != NULL && sim_order_is_open(other))
		sim_refuse(refusal, 400, 2010, "Duplicate order sent.");
	else if (terms->waits)
		return true; /* the rest is asked when it begins to work */
	else if (instrument_is_algo(terms->type) &&
	         sim_would_trigger(self, terms->market, terms->type, terms->side,
	                           terms->stop_price))
		sim_refuse(refusal, 400, 2010, "Order would trigger immediately.");
	else if (terms->type == ORDER_TYPE_LIMIT_MAKER &&
	         would_take(symbol, terms->side, terms->price))
		sim_refuse(refusal, 400, 2010, "Order would immediately match and take.");
	else if (!has_funds(self, terms))
		sim_refuse(refusal, 400, 2010,
		           "Account has insufficient balance for requested action.");
	else
		return true;
	return false;
}

/* Unfilled orders per 10 s, in windows of the clock. */
bool sim_counts(struct sim_exchange *self, nanos_t now, struct sim_refusal *refusal)
{
	const nanos_t window = 10 * NANOS_S;

	if (now / window != self->order_window) {
		self->order_window = now / window;
		self->used_orders = 0;
	}
	if (self->used_orders++ < self->profile->orders_per_10s)
		return true;
	self->used_orders--;
	sim_refuse(refusal, 429, 1015,
	           "Too many new orders; current limit is %u orders per 10 SECOND.",
	           self->profile->orders_per_10s);
	refusal->wait = window - now % window;
	return false;
}

bool sim_check(struct sim_exchange *self, const struct sim_turn *turn,
               const struct sim_terms *terms, struct sim_refusal *refusal)
{
	return sim_passes_filters(self, terms, refusal) && sim_counts(self, turn->now, refusal) &&
	       sim_passes_engine(self, terms, refusal);
}

struct sim_order *sim_accept(struct sim_exchange *self, const struct sim_turn *turn,
                             const struct sim_terms *terms, decimal_t lock)
{
	struct sim_order *order = sim_order_add(self, turn, terms);

	sim_account_touch(self, turn);
	sim_lock(self, order, lock);
	sim_stream_order(self, order);
	if (!terms->waits && !instrument_is_algo(terms->type))
		sim_work(self, turn, order);
	return order;
}

struct sim_order *sim_place(struct sim_exchange *self, const struct sim_turn *turn,
                            const struct sim_terms *terms, struct sim_refusal *refusal)
{
	return sim_check(self, turn, terms, refusal)
	               ? sim_accept(self, turn, terms, sim_lock_of(terms))
	               : NULL;
}

static void free_rest(struct sim_exchange *self, const struct sim_turn *turn,
                      struct sim_order *order)
{
	sim_account_touch(self, turn);
	sim_lock(self, order, decimal_negate(order->locked));
	order->ended_at = turn->now;
}

static void fill(struct sim_exchange *self, const struct sim_turn *turn, struct sim_order *order,
                 decimal_t price, int64_t lots, bool maker)
{
	struct sim_symbol *symbol = &self->symbols[order->market];
	nanos_t seen_at = turn->now + turn->whim.view_lag;
	struct sim_trade *trade = &self->trades[self->trade_count++];

	assert(self->trade_count <= SIM_TRADES_MAX && lots > 0);
	symbol->trade_visible_at =
		seen_at > symbol->trade_visible_at ? seen_at : symbol->trade_visible_at;
	*trade = (struct sim_trade){
		.trade_id = ++symbol->trade_id,
		.venue_id = order->venue_id,
		.client_id = order->client_id,
		.symbol = order->symbol,
		.side = order->side,
		.price = price,
		.qty = sim_qty(symbol, lots),
		.maker = maker,
		.at = turn->now,
		.visible_at = symbol->trade_visible_at,
	};
	if (decimal_sign(order->executed) == 0 && self->used_orders > 0)
		self->used_orders--;
	sim_order_touch(order, turn);
	sim_account_touch(self, turn);
	sim_settle(self, order, trade);
	symbol->last = price;
	bool is_whole = decimal_equals(order->executed, order->qty);
	order->status = is_whole ? VENUE_STATUS_FILLED : VENUE_STATUS_PARTIALLY_FILLED;
	if (is_whole)
		free_rest(self, turn, order);
	sim_stream_order(self, order);
	sim_stream_fill(self, trade);
	sim_list_follow(self, turn, order);
}

void sim_end(struct sim_exchange *self, const struct sim_turn *turn, struct sim_order *order,
             enum venue_status status, const char *reason)
{
	assert(sim_order_is_open(order) && !sim_status_is_open(status));
	sim_order_touch(order, turn);
	order->status = status;
	snprintf(order->reason, sizeof order->reason, "%s", reason);
	free_rest(self, turn, order);
	sim_stream_order(self, order);
	sim_list_follow(self, turn, order);
}

void sim_cancel(struct sim_exchange *self, const struct sim_turn *turn, struct sim_order *order)
{
	sim_end(self, turn, order, VENUE_STATUS_CANCELED, "");
}

void sim_shrink(struct sim_exchange *self, const struct sim_turn *turn, struct sim_order *order,
                decimal_t qty)
{
	decimal_t less = sim_subtract(order->qty, qty);
	bool has_price = decimal_sign(order->price) > 0;

	assert(decimal_compare(qty, order->executed) > 0 && decimal_sign(less) > 0);
	sim_order_touch(order, turn);
	sim_account_touch(self, turn);
	order->qty = qty;
	order->amends++;
	if (order->side == SIDE_BUY)
		less = sim_multiply(less, has_price ? order->price : order->stop_price);
	/* The other leg may hold it. */
	sim_lock(self, order, decimal_negate(decimal_min(less, order->locked)));
	sim_stream_order(self, order);
}

static bool has_limit(enum order_type type)
{
	return type == ORDER_TYPE_LIMIT || type == ORDER_TYPE_LIMIT_MAKER ||
	       type == ORDER_TYPE_STOP_LOSS_LIMIT || type == ORDER_TYPE_TAKE_PROFIT_LIMIT;
}

static bool may_rest(const struct sim_order *order)
{
	return has_limit(order->type) && order->time_in_force == TIME_IN_FORCE_GTC;
}

static const char *expiry_reason(const struct sim_order *order)
{
	if (!has_limit(order->type))
		return "INSUFFICIENT_LIQUIDITY";
	return order->time_in_force == TIME_IN_FORCE_FOK ? "UNFILLED_FOK_ORDER_EXPIRED"
	                                                 : "UNFILLED_IOC_QUANTITY_EXPIRED";
}

/* A drawn part of so many lots, at least one, perhaps all. */
static int64_t part_of(struct sim_exchange *self, int64_t lots)
{
	int64_t most = lots < 4 ? lots : lots / 2 + 1;
	bool whole = random_below(&self->chance, 4) == 0;

	return whole ? lots : 1 + (int64_t)random_below(&self->chance, (uint64_t)most);
}

static struct want want_of(struct sim_exchange *self, const struct sim_order *order)
{
	struct sim_symbol *symbol = &self->symbols[order->market];
	bool limited = has_limit(order->type);
	struct want want = {
		.side = order->side,
		.limit_ticks = limited ? ticks_of(symbol, order->price) : 0,
		.lots = sim_lots(symbol, sim_subtract(order->qty, order->executed)),
	};

	/* A buy without a limit can't spend more than there is. */
	if (!limited && order->side == SIDE_BUY) {
		decimal_t free = sim_balance_of(self, &symbol->instrument.quote)->free;
		want.budget = budget_of(symbol, sim_add(free, order->locked));
		want.lots = want.budget == 0 ? 0 : want.lots;
	}
	return want;
}

void sim_work(struct sim_exchange *self, const struct sim_turn *turn, struct sim_order *order)
{
	struct sim_symbol *symbol = &self->symbols[order->market];
	struct want want = want_of(self, order);
	int64_t wanted = want.lots;

	if (turn->whim.small_parts && wanted > 0)
		want.lots = part_of(self, wanted);
	struct taken taken = take(symbol, &want);
	bool is_fok = order->time_in_force == TIME_IN_FORCE_FOK && has_limit(order->type);
	bool is_killed =
		(is_fok && taken.sum < wanted) || self->trade_count + SIM_LEVELS > SIM_TRADES_MAX;
	for (unsigned i = 0; i < taken.count && !is_killed; i++)
		fill(self, turn, order, sim_price(symbol, taken.ticks[i]), taken.lots[i], false);
	if (sim_order_is_open(order) && !may_rest(order))
		sim_end(self, turn, order, VENUE_STATUS_EXPIRED, expiry_reason(order));
}

static bool is_waiting_stop(const struct sim_order *order)
{
	return instrument_is_algo(order->type) && !order->triggered;
}

static void trigger(struct sim_exchange *self, const struct sim_turn *turn, struct sim_order *order)
{
	sim_order_touch(order, turn);
	order->triggered = true;
	sim_stream_order(self, order);
	sim_list_follow(self, turn, order);
	sim_work(self, turn, order);
}

static void follow(struct sim_exchange *self, const struct sim_turn *turn, struct sim_order *order)
{
	struct sim_symbol *symbol = &self->symbols[order->market];

	if (is_waiting_stop(order)) {
		if (sim_would_trigger(self, order->market, order->type, order->side,
		                      order->stop_price))
			trigger(self, turn, order);
		return;
	}
	if (!would_take(symbol, order->side, order->price) || self->trade_count == SIM_TRADES_MAX)
		return;
	int64_t lots = sim_lots(symbol, sim_subtract(order->qty, order->executed));
	if (turn->whim.small_parts)
		lots = part_of(self, lots);
	fill(self, turn, order, order->price, lots, true);
}

void sim_follow(struct sim_exchange *self, const struct sim_turn *turn)
{
	uint32_t count = self->live_count;

	for (uint32_t i = 0; i < count && sim_stream_has_room(self); i++) {
		struct sim_order *order = &self->orders[self->live[i]];
		if (sim_order_is_open(order) && order->status != VENUE_STATUS_PENDING_NEW)
			follow(self, turn, order);
	}
}
