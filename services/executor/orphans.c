/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/orphans.h"

#include "common/base/hash.h"
#include "common/model/lifecycle.h"
#include "services/executor/calls.h"
#include "services/executor/evidence.h"
#include "services/executor/fence.h"
#include "services/executor/ids.h"
#include "services/executor/records.h"
#include "services/executor/send.h"

/* How often the exchange may fail to name an execution's order before it is taken for a stranger's.
 */
enum { ABSENCES_MAX = 8 };

static struct order adopted_order(const struct journal_adopt *adopt)
{
	return (struct order){
		/* Nobody wished for it: its own id stands in. */
		.intent_id = adopt->client_id,
		.client_id = adopt->client_id,
		.bot = adopt->bot,
		.symbol = adopt->symbol,
		.purpose = adopt->side == SIDE_BUY ? PURPOSE_ENTRY : PURPOSE_EXIT,
		.side = adopt->side,
		.type = adopt->type,
		.time_in_force = TIME_IN_FORCE_GTC,
		.status = ORDER_STATUS_ORPHAN,
		.cancel = CANCEL_STATUS_NONE,
		.replace = REPLACE_STATUS_NONE,
		.stop = STOP_STATUS_NONE,
		.qty = adopt->qty,
		.price = adopt->price,
		.created = adopt->at,
		.attempt = 1,
	};
}

/* Executions before the mark, or so old that they can't be told from known ones, stay out. */
static uint64_t adopted_floor(const struct market *market)
{
	if (market == NULL)
		return 0;
	return market->trade_forgotten > market->trade_mark ? market->trade_forgotten
	                                                    : market->trade_mark;
}

void orphans_apply_adopt(struct books *self, const void *record)
{
	const struct journal_adopt *adopt = record;
	struct order_slot *slot = orders_by_client(&self->orders, adopt->client_id);

	if (slot == NULL) {
		struct order order = adopted_order(adopt);
		slot = orders_add(&self->orders, &order, adopt->client_id, adopt->at);
		if (slot == NULL) {
			self->impossible++;
			return;
		}
		slot->trade_floor = adopted_floor(holdings_market(&self->holdings, &adopt->symbol));
	}
	orders_set_venue_id(&self->orders, slot, adopt->venue_id);
	slot->order.executed = adopt->executed;
	slot->order.version = self->records;
	slot->order.updated = adopt->at;
}

void orphans_apply_mark(struct books *self, const void *record)
{
	const struct journal_mark *mark = record;
	struct market *market = holdings_market(&self->holdings, &mark->symbol);

	if (market == NULL) {
		self->impossible++;
		return;
	}
	holdings_mark(market, mark->trade_id);
	for (uint32_t i = 0; i < self->orders.open_count; i++) {
		struct order_slot *slot = &self->orders.slots[self->orders.open[i]];
		if (slot->order.status == ORDER_STATUS_ORPHAN &&
		    name_equals(&slot->order.symbol, &mark->symbol))
			slot->trade_floor = adopted_floor(market);
	}
}

static void alert_orphan(struct executor *self, const name_t *symbol, ident_t id, const char *what)
{
	char text[IDENT_TEXT_SIZE];

	self->orphans++;
	outbox_alert(
		self->out, self->now, SEVERITY_CRITICAL, "order.orphan",
		"%s %s %s carries our mark, but our journal doesn't know it: counted for "
		"manual, cancelled while it is open; was a journal lost or an old one restored?",
		symbol->text, what, ident_print(id, text));
}

/* Made in this run and not on record any more: it ended, and its place was taken. */
static bool was_forgotten(const struct executor *self, ident_t client_id)
{
	struct client_id id;

	return client_id_unpack(client_id, &id) && id.nonce == self->books.nonce &&
	       id.counter <= self->books.counter;
}

static bool is_told_open(const struct venue_order *told)
{
	return told->status == VENUE_STATUS_NEW || told->status == VENUE_STATUS_PARTIALLY_FILLED ||
	       told->status == VENUE_STATUS_PENDING_NEW;
}

static struct order_slot *adopt(struct executor *self, const struct venue_order *told,
                                decimal_t executed)
{
	struct journal_adopt record = {
		.client_id = told->client_id,
		.venue_id = told->venue_id,
		.symbol = told->symbol,
		.side = told->side,
		.type = told->type,
		.qty = told->qty,
		.price = told->price,
		.executed = executed,
		.bot = name_from("manual"),
		.at = self->now,
	};

	records_save(self, MESSAGE_JOURNAL_ADOPT, &record);
	struct order_slot *slot = orders_by_client(&self->books.orders, told->client_id);
	order_changed(self, slot);
	return slot;
}

struct order_slot *orphans_meet(struct executor *self, const struct venue_order *told)
{
	bool usable = told->side != 0 && told->type != 0 && decimal_sign(told->qty) > 0 &&
	              told->status != VENUE_STATUS_REJECTED;

	if (!is_told_open(told) && (!usable || was_forgotten(self, told->client_id)))
		return NULL;
	if (!usable || !orders_have_room(&self->books.orders, self->now)) {
		if (!strangers_know(self, &told->symbol, told->venue_id))
			alert_orphan(self, &told->symbol, told->client_id, "(not adopted) order");
		strangers_meet(self, &told->symbol, told->venue_id);
		return NULL;
	}
	alert_orphan(self, &told->symbol, told->client_id, "order");
	return adopt(self, told, DECIMAL_ZERO);
}

/* The execution itself is accounted by the caller; the order behind it is asked for. */
void orphans_meet_fill(struct executor *self, const struct venue_fill *told)
{
	struct market *market = holdings_market(&self->books.holdings, &told->symbol);

	if (was_forgotten(self, told->client_id))
		return;
	alert_orphan(self, &told->symbol, told->client_id, "an execution of order");
	if (market == NULL || told->venue_id == 0)
		return;
	struct round *round = round_of(self, market);
	strangers_want(round, told);
	strangers_ask(self, round, &told->symbol,
	              (uint32_t)(market - self->books.holdings.markets));
}

void orphans_cancel(struct executor *self, struct order_slot *slot)
{
	if (slot->order.status == ORDER_STATUS_ORPHAN && slot->inquiry.told_end == 0)
		send_cancel(self, slot, "orphan");
}

void orphans_scanned(struct executor *self, struct order_slot *slot, nanos_t asked)
{
	struct fence fence = fence_now(self);
	const struct order *order = &slot->order;
	const struct inquiry *inquiry = &slot->inquiry;

	if (order->status != ORDER_STATUS_ORPHAN ||
	    decimal_compare(inquiry->told_executed, order->executed) <= 0 ||
	    asked <= inquiry->told_at + fence.lag)
		return;
	struct venue_order told = {
		.client_id = order->client_id,
		.venue_id = order->venue_id,
		.symbol = order->symbol,
		.side = order->side,
		.type = order->type,
		.qty = order->qty,
		.price = order->price,
	};
	adopt(self, &told, inquiry->told_executed);
	evidence_settle(self, slot);
}

bool orphans_are_open(const struct executor *self, const name_t *symbol)
{
	const struct orders *orders = &self->books.orders;

	for (uint32_t i = 0; i < orders->open_count; i++) {
		const struct order *order = &orders->slots[orders->open[i]].order;
		if (order->status == ORDER_STATUS_ORPHAN && name_equals(&order->symbol, symbol))
			return true;
	}
	return false;
}

static uint64_t stranger_key(const name_t *symbol, uint64_t venue_id)
{
	return name_hash(symbol) ^ hash_mix(venue_id);
}

static const struct stranger *find_stranger(const struct executor *self, uint64_t key)
{
	for (uint32_t i = 0; i < STRANGERS_MAX; i++)
		if (self->strangers.items[i].key == key)
			return &self->strangers.items[i];
	return NULL;
}

static struct stranger *note_stranger(struct executor *self, uint64_t key)
{
	struct strangers *strangers = &self->strangers;
	const struct stranger *known = find_stranger(self, key);

	if (known != NULL)
		return &strangers->items[known - strangers->items];
	struct stranger *noted = &strangers->items[strangers->next];
	strangers->next = (strangers->next + 1) % STRANGERS_MAX;
	*noted = (struct stranger){.key = key};
	return noted;
}

void strangers_meet(struct executor *self, const name_t *symbol, uint64_t venue_id)
{
	if (venue_id != 0)
		note_stranger(self, stranger_key(symbol, venue_id))->foreign = true;
}

bool strangers_know(const struct executor *self, const name_t *symbol, uint64_t venue_id)
{
	const struct stranger *known = find_stranger(self, stranger_key(symbol, venue_id));

	return venue_id != 0 && known != NULL && known->foreign;
}

static bool may_belong(const struct order_slot *slot, const struct venue_fill *told)
{
	return slot->order.venue_id == 0 && slot->order.side == told->side &&
	       told->trade_id > slot->trade_floor &&
	       name_equals(&slot->order.symbol, &told->symbol);
}

/* The list of the ended goes back in time. */
static bool may_be_of_given_up(const struct executor *self, const struct venue_fill *told)
{
	const struct orders *orders = &self->books.orders;

	for (uint32_t at = orders->ended_newest; at != TABLE_NONE; at = orders->slots[at].older) {
		const struct order_slot *slot = &orders->slots[at];
		if (slot->order.updated < self->now - NEVER_REMEMBERED)
			return false;
		if (slot->order.status == ORDER_STATUS_NEVER && may_belong(slot, told))
			return true;
	}
	return false;
}

bool strangers_may_be_ours(const struct executor *self, const struct venue_fill *told)
{
	const struct orders *orders = &self->books.orders;
	const struct stranger *known =
		find_stranger(self, stranger_key(&told->symbol, told->venue_id));

	if (!ident_is_none(told->client_id) || told->source == SOURCE_STREAM ||
	    (known != NULL && known->foreign))
		return false;
	for (uint32_t i = 0; i < orders->open_count; i++) {
		const struct order_slot *slot = &orders->slots[orders->open[i]];
		if (slot->order.status != ORDER_STATUS_DISPUTED && may_belong(slot, told))
			return true;
	}
	return (known == NULL || known->absences < ABSENCES_MAX) && may_be_of_given_up(self, told);
}

bool strangers_are_nameless(const struct executor *self, const name_t *symbol, uint64_t venue_id)
{
	const struct stranger *known = find_stranger(self, stranger_key(symbol, venue_id));

	return known != NULL && known->absences >= ABSENCES_MAX;
}

void strangers_want(struct round *round, const struct venue_fill *told)
{
	if (round->whose_token != 0)
		return;
	round->whose = told->venue_id;
	round->whose_at = told->at;
}

void strangers_ask(struct executor *self, struct round *round, const name_t *symbol, uint32_t index)
{
	struct order named = {.symbol = *symbol, .venue_id = round->whose};
	struct http_request request;

	if (round->whose == 0 || round->whose_token != 0 || !self->clock.known ||
	    self->now < self->quiet_until)
		return;
	if (self->venue->query(&named, venue_now(self), self->profile, &request) == OK)
		round->whose_token = call_exchange(self, CALL_KIND_WHOSE, index, &request);
}

void strangers_answered(struct executor *self, uint64_t token, const struct venue_answer *answer)
{
	struct holdings *holdings = &self->books.holdings;
	uint32_t index = token_index(token);

	if (index >= holdings->market_count || self->rounds[index].whose_token != token) {
		self->dropped++;
		return;
	}
	struct round *round = &self->rounds[index];
	struct fence fence = fence_now(self);
	bool is_shown = venue_now(self) > round->whose_at + fence_reach(&fence);
	if (answer->evidence == EVIDENCE_ABSENT && is_shown)
		note_stranger(self, stranger_key(&holdings->markets[index].instrument.symbol,
		                                 round->whose))
			->absences++;
	round->whose = round->whose_token = 0;
}
