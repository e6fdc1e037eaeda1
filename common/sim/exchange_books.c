/* SPDX-License-Identifier: Apache-2.0 */
/* Map: sums; symbols; orders and their names; what lagging queries see; balances; the sums that
   must agree. */
#include "common/sim/exchange_engine.h"

#include <assert.h>
#include <string.h>

enum { FEE_PLACES = 8 };

static const decimal_t fee_rate = {1, -3};

decimal_t sim_add(decimal_t a, decimal_t b)
{
	decimal_t sum;
	enum err err = decimal_add(a, b, &sum);
	assert(err == OK);
	return sum;
}

decimal_t sim_subtract(decimal_t a, decimal_t b)
{
	decimal_t rest;
	enum err err = decimal_subtract(a, b, &rest);
	assert(err == OK);
	return rest;
}

decimal_t sim_multiply(decimal_t a, decimal_t b)
{
	decimal_t product;
	enum err err = decimal_multiply(a, b, &product);
	assert(err == OK);
	return product;
}

/* Tick and lot are powers of ten. */
int64_t sim_lots(const struct sim_symbol *symbol, decimal_t qty)
{
	int64_t lots = qty.coefficient;

	assert(symbol->instrument.lot.coefficient == 1);
	for (int i = qty.exponent; i > symbol->instrument.lot.exponent && lots != 0; i--)
		lots *= 10;
	for (int i = qty.exponent; i < symbol->instrument.lot.exponent; i++)
		lots /= 10;
	return lots;
}

decimal_t sim_qty(const struct sim_symbol *symbol, int64_t lots)
{
	return decimal_make(lots, symbol->instrument.lot.exponent);
}

decimal_t sim_price(const struct sim_symbol *symbol, int64_t ticks)
{
	return decimal_make(ticks, symbol->instrument.tick.exponent);
}

int sim_symbol_index(const struct sim_exchange *self, const char *name)
{
	for (uint32_t i = 0; i < self->symbol_count; i++)
		if (name_is(&self->symbols[i].instrument.symbol, name))
			return (int)i;
	return -1;
}

bool sim_status_is_open(enum venue_status status)
{
	return status == VENUE_STATUS_NEW || status == VENUE_STATUS_PARTIALLY_FILLED ||
	       status == VENUE_STATUS_PENDING_NEW;
}

bool sim_order_is_open(const struct sim_order *order)
{
	return sim_status_is_open(order->status);
}

static unsigned bucket_of(const char *client)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; *client != '\0'; client++)
		hash = (hash ^ (unsigned char)*client) * UINT64_C(1099511628211);
	return (unsigned)(hash >> 32) % SIM_BUCKETS;
}

static void link_name(struct sim_exchange *self, struct sim_order *order)
{
	uint16_t *bucket = &self->buckets[bucket_of(order->client_text.text)];

	order->older = *bucket;
	*bucket = (uint16_t)(order - self->orders + 1);
}

ident_t sim_client_id(const char *client)
{
	ident_t id = {0, 0};
	size_t size = strlen(client);

	if (strspn(client, "0123456789abcdef") != size || ident_parse(client, size, &id) != OK)
		return (ident_t){0, 0};
	return id;
}

static void set_name(struct sim_order *order, const char *client)
{
	order->client_text = text_from(client);
	order->client_id = sim_client_id(client);
}

/* The newest first of those with this client text that `accepts`; NULL at the end. */
static struct sim_order *next_named(struct sim_exchange *self, unsigned place, unsigned market,
                                    const char *client)
{
	while (place != 0) {
		struct sim_order *order = &self->orders[place - 1];
		if (order->market == market && strcmp(order->client_text.text, client) == 0)
			return order;
		place = order->older;
	}
	return NULL;
}

struct sim_order *sim_order_named(struct sim_exchange *self, unsigned market, const char *client)
{
	struct sim_order *newest =
		next_named(self, self->buckets[bucket_of(client)], market, client);

	for (struct sim_order *order = newest; order != NULL;
	     order = next_named(self, order->older, market, client))
		if (sim_order_is_open(order))
			return order;
	return newest;
}

struct sim_order *sim_order_seen(struct sim_exchange *self, unsigned market, const char *client,
                                 nanos_t now)
{
	struct sim_order *seen = NULL;

	for (struct sim_order *order =
	             next_named(self, self->buckets[bucket_of(client)], market, client);
	     order != NULL; order = next_named(self, order->older, market, client)) {
		if (now < order->visible_at)
			continue;
		if (sim_status_is_open(sim_order_view(order, now).status))
			return order;
		seen = seen == NULL ? order : seen;
	}
	return seen;
}

struct sim_order *sim_order_of(struct sim_exchange *self, uint64_t venue_id)
{
	uint64_t first = self->order_count == 0 ? 0 : self->orders[0].venue_id;

	return venue_id < first || venue_id - first >= self->order_count
	               ? NULL
	               : &self->orders[venue_id - first];
}

void sim_order_rename(struct sim_exchange *self, struct sim_order *order, const char *client)
{
	uint16_t *place = &self->buckets[bucket_of(order->client_text.text)];
	uint16_t number = (uint16_t)(order - self->orders + 1);

	while (*place != number)
		place = &self->orders[*place - 1].older;
	*place = order->older;
	set_name(order, client);
	link_name(self, order);
}

static struct sim_order_view present(const struct sim_order *order)
{
	return (struct sim_order_view){
		.status = order->status,
		.qty = order->qty,
		.executed = order->executed,
		.turnover = order->turnover,
		.triggered = order->triggered,
		.at = order->updated_at,
	};
}

struct sim_order *sim_order_add(struct sim_exchange *self, const struct sim_turn *turn,
                                const struct sim_terms *terms)
{
	enum { FIRST_ID = 1000 };
	assert(self->order_count < SIM_ORDERS_MAX);
	uint16_t index = (uint16_t)self->order_count++;
	struct sim_order *order = &self->orders[index];

	*order = (struct sim_order){
		.venue_id = FIRST_ID + index,
		.symbol = self->symbols[terms->market].instrument.symbol,
		.market = terms->market,
		.side = terms->side,
		.type = terms->type,
		.time_in_force = terms->time_in_force,
		.qty = terms->qty,
		.price = terms->price,
		.stop_price = terms->stop_price,
		.status = terms->waits ? VENUE_STATUS_PENDING_NEW : VENUE_STATUS_NEW,
		.foreign = terms->foreign,
		.list_id = terms->list_id,
		.valid_until = terms->valid_until,
		.accepted_at = turn->now,
		.updated_at = turn->now,
		.visible_at = turn->now + turn->whim.view_lag,
	};
	order->settled_at = order->visible_at;
	order->before = present(order);
	set_name(order, terms->client_text.text);
	link_name(self, order);
	self->live[self->live_count++] = index;
	return order;
}

/* A change while an older one is on its way shows together with it, so that however many follow
   each other none is seen later than the longest lag. */
void sim_order_touch(struct sim_order *self, const struct sim_turn *turn)
{
	if (turn->now >= self->settled_at) {
		self->before = present(self);
		self->settled_at = turn->now + turn->whim.view_lag;
	}
	self->updated_at = turn->now;
}

struct sim_order_view sim_order_view(const struct sim_order *self, nanos_t now)
{
	return now < self->settled_at ? self->before : present(self);
}

void sim_sweep(struct sim_exchange *self, nanos_t now)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < self->live_count; i++) {
		const struct sim_order *order = &self->orders[self->live[i]];
		if (sim_order_is_open(order) || now < order->settled_at)
			self->live[kept++] = self->live[i];
	}
	self->live_count = kept;
}

const struct sim_order *sim_exchange_order(const struct sim_exchange *self, ident_t client_id)
{
	char text[IDENT_TEXT_SIZE];
	const struct sim_order *newest = NULL;
	unsigned place = self->buckets[bucket_of(ident_print(client_id, text))];

	for (; place != 0; place = self->orders[place - 1].older) {
		const struct sim_order *order = &self->orders[place - 1];
		if (!ident_equals(order->client_id, client_id))
			continue;
		if (sim_order_is_open(order))
			return order;
		newest = newest == NULL ? order : newest;
	}
	return newest;
}

struct sim_balance *sim_balance_of(struct sim_exchange *self, const name_t *asset)
{
	for (uint32_t i = 0; i < self->balance_count; i++)
		if (name_equals(&self->balances[i].asset, asset))
			return &self->balances[i];
	assert(self->balance_count < SIM_ASSETS_MAX);
	struct sim_balance *balance = &self->balances[self->balance_count++];
	*balance = (struct sim_balance){.asset = *asset};
	return balance;
}

static const name_t *asset_of(const struct sim_exchange *self, const struct sim_order *order,
                              enum side quote_side)
{
	const struct instrument *instrument = &self->symbols[order->market].instrument;

	return order->side == quote_side ? &instrument->quote : &instrument->base;
}

const name_t *sim_paying_asset(const struct sim_exchange *self, const struct sim_order *order)
{
	return asset_of(self, order, SIDE_BUY);
}

const name_t *sim_received_asset(const struct sim_exchange *self, const struct sim_order *order)
{
	return asset_of(self, order, SIDE_SELL);
}

void sim_account_touch(struct sim_exchange *self, const struct sim_turn *turn)
{
	nanos_t updated = self->account_updated;

	self->account_updated = turn->now;
	if (turn->now < self->account_settled_at)
		return;
	self->account_settled_at = turn->now + turn->whim.view_lag;
	self->account_updated_before = updated;
	for (uint32_t i = 0; i < self->balance_count; i++) {
		self->balances[i].free_before = self->balances[i].free;
		self->balances[i].locked_before = self->balances[i].locked;
	}
}

void sim_lock(struct sim_exchange *self, struct sim_order *order, decimal_t amount)
{
	struct sim_balance *balance = sim_balance_of(self, sim_paying_asset(self, order));

	if (decimal_sign(amount) == 0)
		return;
	balance->free = sim_subtract(balance->free, amount);
	balance->locked = sim_add(balance->locked, amount);
	order->locked = sim_add(order->locked, amount);
	balance->is_news = true;
	assert(decimal_sign(balance->free) >= 0 && decimal_sign(order->locked) >= 0);
}

decimal_t sim_lock_of(const struct sim_terms *terms)
{
	if (terms->type == ORDER_TYPE_MARKET)
		return DECIMAL_ZERO;
	if (terms->side == SIDE_SELL)
		return terms->qty;
	/* A stop without a limit is expected to be executed near its stop price. */
	bool has_limit = decimal_sign(terms->price) > 0;
	return sim_multiply(has_limit ? terms->price : terms->stop_price, terms->qty);
}

static decimal_t fee_of(decimal_t received)
{
	decimal_t fee;
	enum err err = decimal_round_places(sim_multiply(received, fee_rate), FEE_PLACES,
	                                    ROUND_DOWN, &fee);
	assert(err == OK);
	return fee;
}

void sim_settle(struct sim_exchange *self, struct sim_order *order, struct sim_trade *trade)
{
	bool buys = order->side == SIDE_BUY;
	decimal_t turnover = sim_multiply(trade->price, trade->qty);
	decimal_t paid = buys ? turnover : trade->qty, received = buys ? trade->qty : turnover;
	bool has_limit = buys && decimal_sign(order->price) > 0;
	/* What a limit bound for this part comes free; the price may have been better. */
	decimal_t bound = has_limit ? sim_multiply(order->price, trade->qty) : paid;

	sim_lock(self, order, decimal_negate(decimal_min(bound, order->locked)));
	struct sim_balance *from = sim_balance_of(self, sim_paying_asset(self, order));
	struct sim_balance *to = sim_balance_of(self, sim_received_asset(self, order));
	trade->fee_asset = to->asset;
	trade->fee = fee_of(received);
	from->free = sim_subtract(from->free, paid);
	to->free = sim_add(to->free, sim_subtract(received, trade->fee));
	from->is_news = to->is_news = true;
	assert(decimal_sign(from->free) >= 0);
	order->executed = sim_add(order->executed, trade->qty);
	order->turnover = sim_add(order->turnover, turnover);
}

/* What the trades made of an asset. */
static decimal_t expected_total(const struct sim_exchange *self, const struct sim_balance *balance)
{
	decimal_t total = balance->opening;

	for (uint32_t i = 0; i < self->trade_count; i++) {
		const struct sim_trade *trade = &self->trades[i];
		const struct instrument *instrument =
			&self->symbols[sim_symbol_index(self, trade->symbol.text)].instrument;
		bool buys = trade->side == SIDE_BUY;
		decimal_t quote = sim_multiply(trade->price, trade->qty);
		if (name_equals(&instrument->base, &balance->asset))
			total = buys ? sim_add(total, trade->qty) : sim_subtract(total, trade->qty);
		if (name_equals(&instrument->quote, &balance->asset))
			total = buys ? sim_subtract(total, quote) : sim_add(total, quote);
		if (name_equals(&trade->fee_asset, &balance->asset))
			total = sim_subtract(total, trade->fee);
	}
	return total;
}

static decimal_t expected_locked(const struct sim_exchange *self, const name_t *asset)
{
	decimal_t total = DECIMAL_ZERO;

	for (uint32_t i = 0; i < self->order_count; i++) {
		const struct sim_order *order = &self->orders[i];
		if (name_equals(sim_paying_asset(self, order), asset))
			total = sim_add(total, order->locked);
	}
	return total;
}

bool sim_exchange_is_conserved(const struct sim_exchange *self)
{
	for (uint32_t i = 0; i < self->balance_count; i++) {
		const struct sim_balance *balance = &self->balances[i];
		decimal_t total = sim_add(balance->free, balance->locked);
		if (decimal_sign(balance->free) < 0 || decimal_sign(balance->locked) < 0 ||
		    !decimal_equals(total, expected_total(self, balance)) ||
		    !decimal_equals(balance->locked, expected_locked(self, &balance->asset)))
			return false;
	}
	for (uint32_t i = 0; i < self->order_count; i++)
		if (!sim_order_is_open(&self->orders[i]) &&
		    decimal_sign(self->orders[i].locked) != 0)
			return false;
	return true;
}
