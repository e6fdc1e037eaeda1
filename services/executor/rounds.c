/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/rounds.h"

#include "common/model/lifecycle.h"
#include "services/executor/calls.h"
#include "services/executor/fence.h"
#include "services/executor/inquiry.h"
#include "services/executor/orphans.h"
#include "services/executor/records.h"

enum { TRADES_PAGE = 500 };

#define ROUND_RETRY (1 * NANOS_S)

static void raise(uint64_t *highest, uint64_t id)
{
	if (id > *highest)
		*highest = id;
}

static void lower(uint64_t *lowest, uint64_t id)
{
	if (*lowest == 0 || id < *lowest)
		*lowest = id;
}

static struct market *market_at(struct executor *self, uint32_t index)
{
	return index < self->books.holdings.market_count ? &self->books.holdings.markets[index]
	                                                 : NULL;
}

/* An order's executions come after its SEND record, and so do their ids: what was accounted before
   the oldest open order was sent is complete for our orders. Of others, the youngest may have been
   shown late. */
void rounds_open(struct executor *self, struct market *market)
{
	const struct orders *orders = &self->books.orders;
	struct round *round = round_of(self, market);

	round->scanned = market->trade_settled;
	for (uint32_t i = 0; i < orders->open_count; i++) {
		const struct order_slot *slot = &orders->slots[orders->open[i]];
		if (name_equals(&slot->order.symbol, &market->instrument.symbol) &&
		    slot->trade_floor < round->scanned)
			round->scanned = slot->trade_floor;
	}
	raise(&round->scanned, market->trade_mark);
	raise(&round->scanned, market->trade_forgotten);
	round->gap_at = round->wanted_at = self->now;
	inquiry_wake(self, &round->due, self->now);
}

static void gap(struct executor *self, struct round *round)
{
	round->gap_at = round->wanted_at = self->now;
	inquiry_wake(self, &round->due, self->now);
}

void rounds_gap_in(struct executor *self, const name_t *symbol)
{
	struct market *market = holdings_market(&self->books.holdings, symbol);

	if (market != NULL)
		gap(self, round_of(self, market));
	inquiry_wake(self, &self->balances_due, self->now);
}

void rounds_gap(struct executor *self)
{
	for (uint32_t i = 0; i < self->books.holdings.market_count; i++)
		gap(self, &self->rounds[i]);
	inquiry_wake(self, &self->balances_due, self->now);
}

static void want(struct executor *self, const name_t *symbol)
{
	struct market *market = holdings_market(&self->books.holdings, symbol);

	if (market == NULL)
		return;
	round_of(self, market)->wanted_at = self->now;
	inquiry_wake(self, &round_of(self, market)->due, self->now);
}

void rounds_poll(struct executor *self)
{
	const struct orders *orders = &self->books.orders;

	for (uint32_t i = 0; i < orders->open_count; i++)
		want(self, &orders->slots[orders->open[i]].order.symbol);
	if (orders->open_count > 0 || self->balances_known != self->books.records)
		inquiry_wake(self, &self->balances_due, self->now);
	for (uint32_t at = orders->ended_newest; at != TABLE_NONE; at = orders->slots[at].older) {
		const struct order *order = &orders->slots[at].order;
		if (order->updated < self->now - NEVER_REMEMBERED)
			return;
		if (order->status == ORDER_STATUS_NEVER)
			want(self, &order->symbol);
	}
}

void rounds_scan_from(struct executor *self, const name_t *symbol, uint64_t trade_id)
{
	struct market *market = holdings_market(&self->books.holdings, symbol);

	if (market == NULL)
		return;
	struct round *round = round_of(self, market);
	lower(&round->wanted_from, trade_id);
	inquiry_wake(self, &round->due, self->now);
}

static void ask_orders(struct executor *self, struct round *round, const name_t *symbol,
                       uint32_t index)
{
	struct http_request request;

	if (!call_has_room(self, CALL_KIND_OPEN_ORDERS) ||
	    self->venue->open_orders(symbol->text, venue_now(self), self->profile, &request) !=
	            OK) {
		inquiry_wake(self, &round->due, self->now + ROUND_RETRY);
		return;
	}
	round->orders_token = call_exchange(self, CALL_KIND_OPEN_ORDERS, index, &request);
	round->orders_sent = self->now;
}

static void ask_page(struct executor *self, struct round *round, const name_t *symbol,
                     uint32_t index)
{
	struct http_request request;

	round->page_items = 0;
	round->page_top = 0;
	if (!call_has_room(self, CALL_KIND_TRADES) ||
	    self->venue->fills(symbol->text, round->marking ? 0 : round->page_from,
	                       round->marking ? 1 : TRADES_PAGE, venue_now(self), self->profile,
	                       &request) != OK) {
		if (!round->marking)
			lower(&round->wanted_from, round->scan_from);
		inquiry_wake(self, &round->due, self->now + ROUND_RETRY);
		return;
	}
	round->trades_token = call_exchange(self, CALL_KIND_TRADES, index, &request);
}

/* A symbol that was never traded by us: what the account executed in it before doesn't concern us.
   Orders of it wait for the answer, so that none of ours is before the mark. */
static void begin_mark(struct executor *self, struct round *round, const name_t *symbol,
                       uint32_t index)
{
	round->marking = true;
	ask_page(self, round, symbol, index);
}

/* Whatever was sent before it was asked stays beyond the mark. */
static void end_mark(struct executor *self, struct round *round, const name_t *symbol)
{
	const struct orders *orders = &self->books.orders;
	struct journal_mark mark = {
		.symbol = *symbol, .trade_id = round->page_top, .at = self->now};

	for (uint32_t i = 0; i < orders->used; i++) {
		const struct order_slot *slot = &orders->slots[i];
		if (slot->sent_at != 0 && slot->trade_floor < mark.trade_id &&
		    name_equals(&slot->order.symbol, symbol))
			mark.trade_id = slot->trade_floor;
	}
	round->marking = false;
	records_save(self, MESSAGE_JOURNAL_MARK, &mark);
	outbox_publish(self->out, MESSAGE_JOURNAL_MARK, &mark);
	raise(&round->scanned, mark.trade_id);
	inquiry_wake(self, &round->due, self->now + (self->journal_failed ? ROUND_RETRY : 0));
}

static void begin_scan(struct executor *self, struct round *round, const name_t *symbol,
                       uint32_t index)
{
	uint64_t from = round->scanned + 1;

	if (round->wanted_from != 0 && round->wanted_from < from)
		from = round->wanted_from;
	round->wanted_from = 0;
	round->scan_from = round->page_from = from;
	round->deferred = round->grown = 0;
	round->saw_young = false;
	round->finding = (struct loose){0};
	round->trades_sent = self->now;
	ask_page(self, round, symbol, index);
}

static void run_round(struct executor *self, struct market *market, uint32_t index)
{
	struct round *round = &self->rounds[index];
	const name_t *symbol = &market->instrument.symbol;

	if (round->due == 0 || round->due > self->now) {
		if (round->due != 0)
			inquiry_wake(self, &round->due, round->due);
		return;
	}
	round->due = 0;
	if (round->orders_token == 0 && round->orders_at < round->wanted_at)
		ask_orders(self, round, symbol, index);
	if (round->trades_token != 0)
		return;
	if (!market->is_marked)
		begin_mark(self, round, symbol, index);
	else if (round->trades_at < round->wanted_at || round->wanted_from != 0)
		begin_scan(self, round, symbol, index);
}

static void run_balances(struct executor *self)
{
	struct http_request request;

	if (self->balances_due == 0 || self->balances_token != 0)
		return;
	if (self->balances_due > self->now) {
		inquiry_wake(self, &self->balances_due, self->balances_due);
		return;
	}
	self->balances_due = 0;
	if (!call_has_room(self, CALL_KIND_BALANCES) ||
	    self->venue->balances(venue_now(self), self->profile, &request) != OK) {
		inquiry_wake(self, &self->balances_due, self->now + ROUND_RETRY);
		return;
	}
	self->balances_token = call_exchange(self, CALL_KIND_BALANCES, 0, &request);
	self->balances_sent = self->now;
	/* An answer within the view lag of a change may not show it: that one is asked again. */
	struct fence fence = fence_of(self->profile, self->books.view_lag);
	bool is_settled = self->now > self->moved_at + fence.lag;
	self->balances_records = is_settled ? self->books.records : 0;
}

void rounds_run(struct executor *self)
{
	for (uint32_t i = 0; i < self->books.holdings.market_count; i++)
		run_round(self, &self->books.holdings.markets[i], i);
	run_balances(self);
}

/* An order that we hold for live, known before the list was asked for and not on it, has ended. */
static void ask_for_missing(struct executor *self, const struct round *round, const name_t *symbol,
                            uint64_t token)
{
	struct orders *orders = &self->books.orders;

	for (uint32_t i = 0; i < orders->open_count; i++) {
		struct order_slot *slot = &orders->slots[orders->open[i]];
		enum order_status status = slot->order.status;
		if (status != ORDER_STATUS_LIVE && status != ORDER_STATUS_PARTIAL &&
		    status != ORDER_STATUS_ORPHAN)
			continue;
		if (name_equals(&slot->order.symbol, symbol) && slot->inquiry.open_round != token &&
		    slot->order.updated <= round->orders_sent)
			inquiry_ask(self, slot);
	}
}

void rounds_orders_answered(struct executor *self, uint64_t token,
                            const struct venue_answer *answer)
{
	struct market *market = market_at(self, token_index(token));

	if (market == NULL || round_of(self, market)->orders_token != token) {
		self->dropped++;
		return;
	}
	struct round *round = round_of(self, market);
	round->orders_token = 0;
	if (answer->evidence != EVIDENCE_EXISTS) {
		inquiry_wake(self, &round->due, self->now + ROUND_RETRY);
		return;
	}
	round->orders_at = round->orders_sent;
	ask_for_missing(self, round, &market->instrument.symbol, token);
	if (round->orders_at < round->wanted_at)
		inquiry_wake(self, &round->due, self->now);
}

/* The exchange may show an execution later than one that came after it: the watermark only passes
   what is older than the view lag. */
static bool is_young(const struct executor *self, const struct venue_fill *fill)
{
	struct fence fence = fence_now(self);

	return fill->at > venue_now(self) - fence.lag - 2 * fence.step;
}

static void note_loose(struct executor *self, struct round *round, const struct venue_fill *fill)
{
	struct loose *finding = &round->finding;
	bool buys = fill->side == SIDE_BUY;

	raise(buys ? &finding->buy : &finding->sell, fill->trade_id);
	if (strangers_are_nameless(self, &fill->symbol, fill->venue_id))
		raise(buys ? &finding->nameless_buy : &finding->nameless_sell, fill->trade_id);
	else
		strangers_want(round, fill);
}

void rounds_saw_fill(struct executor *self, uint64_t token, const struct venue_fill *fill,
                     bool put_off)
{
	struct market *market = market_at(self, token_index(token));

	if (market == NULL || round_of(self, market)->trades_token != token)
		return;
	struct round *round = round_of(self, market);
	round->page_items++;
	raise(&round->page_top, fill->trade_id);
	if (round->marking)
		return;
	if (is_young(self, fill))
		round->saw_young = true;
	else
		raise(&round->grown, fill->trade_id);
	if (!put_off)
		return;
	lower(&round->deferred, fill->trade_id);
	note_loose(self, round, fill);
}

static void tell_orders(struct executor *self, const struct round *round, const name_t *symbol)
{
	struct orders *orders = &self->books.orders;

	for (uint32_t i = orders->open_count; i-- > 0;) {
		struct order_slot *slot = &orders->slots[orders->open[i]];
		if (name_equals(&slot->order.symbol, symbol) &&
		    slot->trade_floor + 1 >= round->scan_from)
			inquiry_scanned(self, slot, round->trades_sent);
	}
}

static void move_watermark(struct round *round)
{
	uint64_t top = round->grown;

	if (round->deferred != 0 && round->deferred <= top)
		top = round->deferred - 1;
	raise(&round->scanned, top);
}

/* What was put off is looked at again soon, what is young once more when it has grown old. */
static void plan_next_scan(struct executor *self, struct round *round)
{
	nanos_t later = self->now + self->config->poll_interval;

	if (round->deferred != 0) {
		lower(&round->wanted_from, round->deferred);
		inquiry_wake(self, &round->due, self->now + ROUND_RETRY);
	} else if (round->trades_at < round->wanted_at || round->wanted_from != 0) {
		inquiry_wake(self, &round->due, self->now);
	} else if (round->saw_young && (round->due == 0 || round->due > later)) {
		lower(&round->wanted_from, round->scanned + 1);
		inquiry_wake(self, &round->due, later);
	}
}

static void end_scan(struct executor *self, struct round *round, const name_t *symbol,
                     uint32_t index)
{
	move_watermark(round);
	round->trades_at = round->trades_sent;
	round->found = round->finding;
	strangers_ask(self, round, symbol, index);
	tell_orders(self, round, symbol);
	plan_next_scan(self, round);
}

void rounds_trades_answered(struct executor *self, uint64_t token,
                            const struct venue_answer *answer)
{
	struct market *market = market_at(self, token_index(token));

	if (market == NULL || round_of(self, market)->trades_token != token) {
		self->dropped++;
		return;
	}
	struct round *round = round_of(self, market);
	round->trades_token = 0;
	if (answer->evidence != EVIDENCE_EXISTS) {
		if (!round->marking)
			lower(&round->wanted_from, round->scan_from);
		inquiry_wake(self, &round->due, self->now + ROUND_RETRY);
		return;
	}
	if (round->marking) {
		end_mark(self, round, &market->instrument.symbol);
		return;
	}
	if (round->page_items < TRADES_PAGE) {
		end_scan(self, round, &market->instrument.symbol, token_index(token));
		return;
	}
	round->page_from = round->page_top + 1;
	ask_page(self, round, &market->instrument.symbol, token_index(token));
}

void rounds_saw_balance(struct executor *self, uint64_t token, const struct venue_balance *told)
{
	struct asset *asset = holdings_asset(&self->books.holdings, &told->asset);

	if (asset == NULL)
		return;
	asset->round = token;
	if (told->at != 0 && told->at < asset->balance.at)
		return;
	asset->balance.free = told->free;
	asset->balance.locked = told->locked;
	asset->balance.at = told->at != 0 ? told->at : venue_now(self);
	outbox_publish(self->out, MESSAGE_BALANCE, &asset->balance);
}

/* Assets of which nothing is left are not on the list. */
void rounds_balances_answered(struct executor *self, uint64_t token,
                              const struct venue_answer *answer)
{
	struct holdings *holdings = &self->books.holdings;

	if (self->balances_token != token) {
		self->dropped++;
		return;
	}
	self->balances_token = 0;
	if (answer->evidence != EVIDENCE_EXISTS) {
		inquiry_wake(self, &self->balances_due, self->now + ROUND_RETRY);
		return;
	}
	self->balances_at = self->balances_sent;
	self->balances_known = self->balances_records;
	for (uint32_t i = 0; i < holdings->asset_count; i++) {
		struct balance *balance = &holdings->assets[i].balance;
		if (holdings->assets[i].round == token ||
		    (decimal_sign(balance->free) == 0 && decimal_sign(balance->locked) == 0))
			continue;
		if (balance->at > self->balances_sent + self->clock.offset)
			continue;
		balance->free = balance->locked = DECIMAL_ZERO;
		balance->at = venue_now(self);
		outbox_publish(self->out, MESSAGE_BALANCE, balance);
	}
}
