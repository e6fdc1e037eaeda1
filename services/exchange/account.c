/* SPDX-License-Identifier: Apache-2.0 */
#include "services/exchange/account.h"

#include "services/exchange/money.h"

#include <string.h>

void account_init(struct account *self, const struct instrument *instruments, unsigned count)
{
	assert(count <= ACCOUNT_SYMBOLS_MAX);
	memset(self, 0, sizeof *self);
	self->instruments = instruments;
	self->symbol_count = count;
}

int account_symbol(const struct account *self, const char *name)
{
	for (unsigned i = 0; i < self->symbol_count; i++)
		if (name_is(&self->instruments[i].symbol, name))
			return (int)i;
	return -1;
}

bool account_is_open(const struct account_order *order)
{
	return order->status == VENUE_STATUS_NEW || order->status == VENUE_STATUS_PENDING_NEW ||
	       order->status == VENUE_STATUS_PARTIALLY_FILLED;
}

static struct account_order *entry(struct account *self, uint64_t id)
{
	struct account_order *order = &self->orders[id % ACCOUNT_ORDERS_MAX];
	return id != 0 && order->id == id ? order : NULL;
}

const struct account_order *account_order(const struct account *self, uint64_t id)
{
	return entry((struct account *)self, id);
}

bool account_has_open(const struct account *self, uint64_t id)
{
	const struct account_order *order = account_order(self, id);
	return order != NULL && account_is_open(order);
}

static bool is_named(const struct account_order *order, unsigned symbol, const char *client)
{
	return order->id != 0 && order->symbol == symbol && strcmp(order->client, client) == 0;
}

const struct account_order *account_open_order_of(const struct account *self, unsigned symbol,
                                                  const char *client)
{
	for (unsigned i = 0; i < self->open_count; i++) {
		const struct account_order *order = account_order(self, self->open[i]);
		if (is_named(order, symbol, client))
			return order;
	}
	return NULL;
}

const struct account_order *account_order_of(const struct account *self, unsigned symbol,
                                             const char *client)
{
	const struct account_order *open = account_open_order_of(self, symbol, client);
	uint64_t oldest =
		self->last_id > ACCOUNT_ORDERS_MAX ? self->last_id - ACCOUNT_ORDERS_MAX : 0;
	for (uint64_t id = self->last_id; open == NULL && id > oldest; id--) {
		const struct account_order *order = &self->orders[id % ACCOUNT_ORDERS_MAX];
		if (order->id == id && is_named(order, symbol, client))
			return order;
	}
	return open;
}

uint64_t account_next_id(const struct account *self)
{
	uint64_t id = self->last_id + 1;
	/* A place whose order is still open is passed over. */
	while (self->orders[id % ACCOUNT_ORDERS_MAX].id != 0 &&
	       account_is_open(&self->orders[id % ACCOUNT_ORDERS_MAX]))
		id++;
	return id;
}

const struct account_list *account_list(const struct account *self, uint64_t id)
{
	const struct account_list *list = &self->lists[id % ACCOUNT_LISTS_MAX];
	return id != 0 && list->id == id ? list : NULL;
}

const struct account_list *account_list_of(const struct account *self, unsigned symbol,
                                           const char *client)
{
	uint64_t oldest =
		self->last_list > ACCOUNT_LISTS_MAX ? self->last_list - ACCOUNT_LISTS_MAX : 0;
	for (uint64_t id = self->last_list; id > oldest; id--) {
		const struct account_list *list = account_list(self, id);
		if (list != NULL && strcmp(list->client, client) == 0 &&
		    (symbol == ACCOUNT_SYMBOLS_MAX || list->symbol == symbol))
			return list;
	}
	return NULL;
}

bool account_list_is_open(const struct account *self, const struct account_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		if (account_has_open(self, list->orders[i]))
			return true;
	return false;
}

const struct account_order *account_pair_of(const struct account *self,
                                            const struct account_order *order)
{
	const struct account_list *list = account_list(self, order->list_id);
	for (unsigned i = 0; list != NULL && i < list->count; i++) {
		const struct account_order *other = account_order(self, list->orders[i]);
		if (other != order && account_has_open(self, list->orders[i]) &&
		    other->status != VENUE_STATUS_PENDING_NEW && other->side == order->side)
			return other;
	}
	return NULL;
}

uint64_t account_next_list(const struct account *self)
{
	uint64_t id = self->last_list + 1;
	while (self->lists[id % ACCOUNT_LISTS_MAX].id != 0 &&
	       account_list_is_open(self, &self->lists[id % ACCOUNT_LISTS_MAX]))
		id++;
	return id;
}

uint64_t account_fills_kept(const struct account *self)
{
	return self->fill_count < ACCOUNT_FILLS_MAX ? self->fill_count : ACCOUNT_FILLS_MAX;
}

const struct account_fill *account_fill(const struct account *self, uint64_t index)
{
	uint64_t number = self->fill_count - account_fills_kept(self) + index;
	assert(number < self->fill_count);
	return &self->fills[number % ACCOUNT_FILLS_MAX];
}

static struct account_asset *asset_named(struct account *self, const name_t *name)
{
	for (unsigned i = 0; i < self->asset_count; i++)
		if (name_equals(&self->assets[i].name, name))
			return &self->assets[i];
	assert(self->asset_count < ACCOUNT_ASSETS_MAX);
	struct account_asset *asset = &self->assets[self->asset_count++];
	asset->name = *name;
	return asset;
}

static const struct account_asset *known_asset(const struct account *self, const name_t *name)
{
	for (unsigned i = 0; i < self->asset_count; i++)
		if (name_equals(&self->assets[i].name, name))
			return &self->assets[i];
	return NULL;
}

decimal_t account_free(const struct account *self, const name_t *asset)
{
	const struct account_asset *known = known_asset(self, asset);
	return known == NULL ? DECIMAL_ZERO : known->free;
}

decimal_t account_locked(const struct account *self, const name_t *asset)
{
	const struct account_asset *known = known_asset(self, asset);
	return known == NULL ? DECIMAL_ZERO : known->locked;
}

const name_t *account_paying_asset(const struct instrument *instrument, enum side side)
{
	return side == SIDE_BUY ? &instrument->quote : &instrument->base;
}

const name_t *account_received_asset(const struct instrument *instrument, enum side side)
{
	return side == SIDE_BUY ? &instrument->base : &instrument->quote;
}

decimal_t account_fee(enum side side, decimal_t price, decimal_t qty, decimal_t rate)
{
	return money_fee(side == SIDE_BUY ? qty : money_multiply(price, qty), rate);
}

decimal_t account_lock_of(const struct ledger_order *terms)
{
	if (terms->type == ORDER_TYPE_MARKET)
		return DECIMAL_ZERO;
	if (terms->side == SIDE_SELL)
		return terms->qty;
	/* A stop without a limit is expected to be filled near its stop price. */
	decimal_t price = money_is_zero(terms->price) ? terms->stop_price : terms->price;
	return money_multiply(price, terms->qty);
}

static struct account_asset *paying(struct account *self, const struct account_order *order)
{
	return asset_named(self,
	                   account_paying_asset(&self->instruments[order->symbol], order->side));
}

static void unlock(struct account *self, struct account_order *order, decimal_t amount)
{
	struct account_asset *asset = paying(self, order);
	order->locked = money_subtract(order->locked, amount);
	asset->locked = money_subtract(asset->locked, amount);
	asset->free = money_add(asset->free, amount);
}

/* What the rest of an order binds. */
static decimal_t need_of(const struct account_order *order)
{
	struct ledger_order rest = {
		.side = order->side,
		.type = order->type,
		.qty = money_subtract(order->qty, order->executed),
		.price = order->price,
		.stop_price = order->stop_price,
	};
	return account_lock_of(&rest);
}

/* What a pair bound once stays with the order that goes on. */
static void hand_over(struct account *self, struct account_order *order)
{
	const struct account_order *pair = account_pair_of(self, order);
	if (pair == NULL)
		return;
	struct account_order *other = entry(self, pair->id);
	decimal_t lacking = money_subtract(need_of(other), other->locked);
	if (decimal_sign(lacking) <= 0)
		return;
	decimal_t moved = decimal_min(lacking, order->locked);
	order->locked = money_subtract(order->locked, moved);
	other->locked = money_add(other->locked, moved);
}

static void close_order(struct account *self, struct account_order *order)
{
	hand_over(self, order);
	unlock(self, order, order->locked);
	unsigned kept = 0;
	for (unsigned i = 0; i < self->open_count; i++)
		if (self->open[i] != order->id)
			self->open[kept++] = self->open[i];
	self->open_count = kept;
	self->open[kept] = 0;
}

static void bind(struct account *self, struct account_order *order)
{
	const struct account_order *pair = account_pair_of(self, order);
	struct account_asset *asset = paying(self, order);
	decimal_t bound = pair == NULL ? DECIMAL_ZERO : pair->locked;
	decimal_t lacking = money_subtract(need_of(order), bound);
	order->locked = decimal_max(lacking, DECIMAL_ZERO);
	asset->free = money_subtract(asset->free, order->locked);
	asset->locked = money_add(asset->locked, order->locked);
}

static void join_list(struct account *self, const struct account_order *order)
{
	struct account_list *list = &self->lists[order->list_id % ACCOUNT_LISTS_MAX];
	if (order->list_id != 0 && list->id == order->list_id && list->count < ACCOUNT_LEGS_MAX)
		list->orders[list->count++] = order->id;
}

static void add_order(struct account *self, const struct ledger_order *record, unsigned symbol)
{
	assert(self->open_count < ACCOUNT_OPEN_MAX);
	struct account_order *order = &self->orders[record->venue_id % ACCOUNT_ORDERS_MAX];
	assert(order->id == 0 || !account_is_open(order));
	memset(order, 0, sizeof *order);
	order->id = record->venue_id;
	order->symbol = symbol;
	memcpy(order->client, record->client_text.text, CLIENT_ID_SIZE - 1);
	order->side = record->side;
	order->type = record->type;
	order->time_in_force = record->time_in_force;
	order->status = VENUE_STATUS_NEW;
	order->qty = record->qty;
	order->price = record->price;
	order->stop_price = record->stop_price;
	order->quote_qty = record->quote_qty;
	order->created = record->at;
	self->last_id = record->venue_id > self->last_id ? record->venue_id : self->last_id;
	self->open[self->open_count++] = order->id;
	order->list_id = record->list_id;
	join_list(self, order);
	if (record->pending)
		order->status = VENUE_STATUS_PENDING_NEW;
	else
		bind(self, order);
}

static void apply_order(struct account *self, const struct ledger_order *record)
{
	int symbol = account_symbol(self, record->symbol.text);
	if (symbol < 0)
		return; /* of a symbol that the configuration no longer names */
	struct account_order *order = entry(self, record->venue_id);
	if (order == NULL) {
		add_order(self, record, (unsigned)symbol);
		order = entry(self, record->venue_id);
	} else if (order->status == VENUE_STATUS_PENDING_NEW && !record->pending) {
		order->status = VENUE_STATUS_NEW;
		bind(self, order);
	}
	order->updated = record->at;
	if (record->working && !order->working) {
		order->working = true;
		order->worked = record->at;
	}
}

static void settle(struct account *self, struct account_order *order,
                   const struct ledger_trade *record)
{
	bool buys = order->side == SIDE_BUY;
	decimal_t turnover = money_multiply(record->price, record->qty);
	decimal_t paid = buys ? turnover : record->qty;
	/* What a limit bound for this part comes free; the price may have been better. */
	decimal_t bound = buys && !money_is_zero(order->price)
	                          ? money_multiply(order->price, record->qty)
	                          : paid;
	unlock(self, order, decimal_min(bound, order->locked));
	struct account_asset *from = paying(self, order);
	from->free = money_subtract(from->free, paid);
	struct account_asset *to = asset_named(
		self, account_received_asset(&self->instruments[order->symbol], order->side));
	to->free = money_add(to->free, money_subtract(buys ? record->qty : turnover, record->fee));
	order->executed = money_add(order->executed, record->qty);
	order->turnover = money_add(order->turnover, turnover);
}

static void apply_trade(struct account *self, const struct ledger_trade *record)
{
	struct account_order *order = entry(self, record->venue_id);
	if (order == NULL || !account_is_open(order))
		return;
	settle(self, order, record);
	order->updated = record->at;
	self->trade_ids[order->symbol] = record->trade_id;
	self->fills[self->fill_count++ % ACCOUNT_FILLS_MAX] = (struct account_fill){
		.trade_id = record->trade_id,
		.order_id = order->id,
		.symbol = order->symbol,
		.side = order->side,
		.maker = record->maker,
		.price = record->price,
		.qty = record->qty,
		.fee = record->fee,
		.at = record->at,
	};
	order->status = VENUE_STATUS_PARTIALLY_FILLED;
	if (decimal_equals(order->executed, order->qty)) {
		order->status = VENUE_STATUS_FILLED;
		close_order(self, order);
	}
}

static void apply_end(struct account *self, const struct ledger_end *record)
{
	struct account_order *order = entry(self, record->venue_id);
	if (order == NULL || !account_is_open(order))
		return;
	order->status = record->status;
	order->updated = record->at;
	if (record->status == VENUE_STATUS_EXPIRED)
		order->reason = name_from(record->reason.text);
	close_order(self, order);
}

static void apply_amend(struct account *self, const struct ledger_amend *record)
{
	struct account_order *order = entry(self, record->venue_id);
	if (order == NULL || !account_is_open(order))
		return;
	order->qty = record->qty;
	decimal_t need = need_of(order);
	if (decimal_compare(order->locked, need) > 0)
		unlock(self, order, money_subtract(order->locked, need));
	order->amends++;
	order->updated = record->at;
	memcpy(order->client, record->client_text.text, CLIENT_ID_SIZE - 1);
}

static void apply_list(struct account *self, const struct ledger_list *record)
{
	int symbol = account_symbol(self, record->symbol.text);
	if (symbol < 0)
		return;
	struct account_list *list = &self->lists[record->list_id % ACCOUNT_LISTS_MAX];
	memset(list, 0, sizeof *list);
	list->id = record->list_id;
	list->symbol = (unsigned)symbol;
	memcpy(list->client, record->client_text.text, CLIENT_ID_SIZE - 1);
	list->contingency = record->contingency;
	list->at = record->at;
	self->last_list = record->list_id > self->last_list ? record->list_id : self->last_list;
}

static void note_time(struct account *self, nanos_t at)
{
	self->updated = at > self->updated ? at : self->updated;
}

void account_apply(struct account *self, enum message_type type, const void *record)
{
	self->records++;
	switch (type) {
	case MESSAGE_LEDGER_START: self->start = *(const struct ledger_start *)record; break;
	case MESSAGE_LEDGER_DEPOSIT: {
		const struct ledger_deposit *deposit = record;
		struct account_asset *asset = asset_named(self, &deposit->asset);
		asset->free = money_add(asset->free, deposit->amount);
		break;
	}
	case MESSAGE_LEDGER_ORDER:
		apply_order(self, record);
		note_time(self, ((const struct ledger_order *)record)->at);
		break;
	case MESSAGE_LEDGER_TRADE:
		apply_trade(self, record);
		note_time(self, ((const struct ledger_trade *)record)->at);
		break;
	case MESSAGE_LEDGER_END:
		apply_end(self, record);
		note_time(self, ((const struct ledger_end *)record)->at);
		break;
	case MESSAGE_LEDGER_AMEND:
		apply_amend(self, record);
		note_time(self, ((const struct ledger_amend *)record)->at);
		break;
	case MESSAGE_LEDGER_LIST:
		apply_list(self, record);
		note_time(self, ((const struct ledger_list *)record)->at);
		break;
	default: break; /* not ours */
	}
}
