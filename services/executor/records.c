/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/records.h"

#include <assert.h>
#include <string.h>

#include "common/model/lifecycle.h"
#include "services/executor/ends.h"
#include "services/executor/orphans.h"
#include "services/executor/replace_records.h"
#include "services/executor/checkpoint.h"

static void move(struct books *self, struct order_slot *slot, enum order_cause cause)
{
	enum order_status next;

	if (cause != 0 && lifecycle_next(slot->order.status, cause, &next) == OK)
		orders_set_status(&self->orders, slot, next);
	else
		self->impossible++;
}

/* What was given up as never placed is there after all. */
static void note_return(struct order_slot *slot)
{
	if (order_status_is_unseen_end(slot->order.status))
		slot->resurrected = true;
}

void books_touch(struct books *self, struct order_slot *slot, nanos_t at)
{
	slot->order.version = self->records;
	slot->order.updated = at;
}

struct order_slot *books_order(struct books *self, ident_t client_id)
{
	struct order_slot *slot = orders_by_client(&self->orders, client_id);

	if (slot == NULL)
		self->impossible++;
	return slot;
}

static void apply_boot(struct books *self, const void *record)
{
	const struct journal_boot *boot = record;

	self->epoch = boot->epoch;
	self->nonce = (uint32_t)boot->nonce;
	self->counter = 0;
	self->older_until = self->valid_until;
}

static void note_own(struct books *self, const struct journal_intent *intent)
{
	struct holding *holding = holdings_find(&self->holdings, &intent->symbol, &intent->bot);

	if (holding == NULL)
		return;
	holding->guard.intent_id = intent->intent_id;
	holding->guard.client_id = intent->client_id;
	holding->guard.attempt = intent->attempt;
}

/* Refusals in a row; anything accepted ends the row. */
static void note_own_fate(struct books *self, const struct order *order, bool refused)
{
	struct holding *holding = holdings_find(&self->holdings, &order->symbol, &order->bot);

	if (order_is_own(order) && holding != NULL)
		holding->guard.rejections = refused ? holding->guard.rejections + 1 : 0;
}

static void apply_protect(struct books *self, const void *record)
{
	const struct journal_protect *protect = record;
	struct holding *holding = holdings_take(&self->holdings, &protect->symbol, &protect->bot);

	if (holding == NULL)
		self->impossible++;
	else
		guard_set(&holding->guard, protect);
}

static void apply_intent(struct books *self, const void *record)
{
	const struct journal_intent *intent = record;
	struct order order = {
		.intent_id = intent->intent_id,
		.client_id = intent->client_id,
		.bot = intent->bot,
		.symbol = intent->symbol,
		.purpose = intent->purpose,
		.side = intent->side,
		.type = intent->type,
		.time_in_force = intent->time_in_force,
		.status = ORDER_STATUS_INTENT,
		.cancel = CANCEL_STATUS_NONE,
		.replace = REPLACE_STATUS_NONE,
		.stop = STOP_STATUS_NONE,
		.replaces = intent->replaces,
		.attempt = intent->attempt,
		.qty = intent->qty,
		.price = intent->price,
		.stop_price = intent->stop_price,
		.created = intent->at,
	};
	struct order_slot *slot = orders_add(&self->orders, &order, intent->nonce, intent->at);

	if (slot == NULL) {
		self->impossible++;
		return;
	}
	self->counter++;
	if (order_is_own(&slot->order))
		note_own(self, intent);
	slot->expires = intent->expires;
	slot->stop_loss_pct = intent->stop_loss_pct;
	slot->stop_trail_pct = intent->stop_trail_pct;
	slot->stop_place = intent->stop_place;
	slot->limits_version = intent->limits_version;
	slot->first_qty = intent->qty;
	books_touch(self, slot, intent->at);
}

static void note_window(struct books *self, nanos_t valid_until)
{
	if (valid_until > self->valid_until)
		self->valid_until = valid_until;
}

static void apply_send(struct books *self, const void *record)
{
	const struct journal_send *send = record;
	struct order_slot *slot = books_order(self, send->client_id);

	if (slot == NULL)
		return;
	struct market *market = holdings_market(&self->holdings, &slot->order.symbol);
	move(self, slot, CAUSE_SENT);
	replace_records_sent(self, slot, send->at);
	if (decimal_add(slot->sent_qty, slot->order.qty, &slot->sent_qty) != OK)
		self->impossible++;
	slot->attempt = send->attempt;
	slot->valid_until = send->valid_until;
	slot->sent_at = send->at;
	slot->trade_floor = market == NULL ? 0 : market->trade_top;
	send_times_add(&self->sends, send->at);
	note_window(self, send->valid_until);
	if (market != NULL)
		market_note_sent(market, send->at, slot->order.qty);
	self->totals.sent++;
	books_touch(self, slot, send->at);
}

static void apply_ack(struct books *self, const void *record)
{
	const struct journal_ack *ack = record;
	struct order_slot *slot = books_order(self, ack->client_id);

	if (slot == NULL)
		return;
	orders_set_venue_id(&self->orders, slot, ack->venue_id);
	note_return(slot);
	note_own_fate(self, &slot->order, false);
	enum order_status status = slot->order.status;
	if (status == ORDER_STATUS_SENDING || status == ORDER_STATUS_UNKNOWN ||
	    order_status_is_unseen_end(status))
		move(self, slot, CAUSE_EXISTS);
	books_touch(self, slot, ack->at);
}

static void apply_unknown(struct books *self, const void *record)
{
	const struct journal_unknown *unknown = record;
	struct order_slot *slot = books_order(self, unknown->client_id);

	if (slot == NULL)
		return;
	move(self, slot, CAUSE_NO_ANSWER);
	slot->order.reason = unknown->reason;
	books_touch(self, slot, unknown->at);
}

static void apply_cancel(struct books *self, const void *record)
{
	const struct journal_cancel *cancel = record;
	struct order_slot *slot = books_order(self, cancel->client_id);

	if (slot == NULL)
		return;
	if (slot->order.cancel == CANCEL_STATUS_NONE)
		slot->cancel_reason = cancel->reason;
	slot->order.cancel =
		cancel->valid_until == 0 ? CANCEL_STATUS_REQUESTED : CANCEL_STATUS_SENT;
	note_window(self, cancel->valid_until);
	books_touch(self, slot, cancel->at);
}

static void apply_cancel_end(struct books *self, const void *record)
{
	const struct journal_cancel_end *end = record;
	struct order_slot *slot = books_order(self, end->client_id);

	if (slot == NULL)
		return;
	slot->order.cancel = end->status;
	books_touch(self, slot, end->at);
}

static void count_end(struct order_counts *self, enum order_status status)
{
	self->filled += status == ORDER_STATUS_FILLED;
	self->cancelled += status == ORDER_STATUS_CANCELED;
	self->expired += status == ORDER_STATUS_EXPIRED;
	self->rejected += status == ORDER_STATUS_REJECTED;
}

static void apply_end(struct books *self, const void *record)
{
	const struct journal_end *end = record;
	struct order_slot *slot = books_order(self, end->client_id);

	if (slot == NULL)
		return;
	move(self, slot, ends_cause(end->status));
	slot->order.reason = end->reason;
	count_end(&self->totals, end->status);
	if (end->status == ORDER_STATUS_REJECTED)
		note_own_fate(self, &slot->order, true);
	books_touch(self, slot, end->at);
}

/* The order's own sums; what doesn't fit is counted, the position is accounted by itself. */
static void execute(struct books *self, struct order_slot *slot, const struct fill *fill)
{
	struct order *order = &slot->order;
	decimal_t executed, value, turnover;

	orders_set_venue_id(&self->orders, slot, fill->venue_id);
	if (decimal_add(order->executed, fill->qty, &executed) == OK &&
	    decimal_multiply(fill->qty, fill->price, &value) == OK &&
	    decimal_add(order->turnover, value, &turnover) == OK) {
		order->executed = executed;
		order->turnover = turnover;
	} else {
		self->impossible++;
	}
	note_return(slot);
	if (order_status_is_open(order->status) || order_status_is_unseen_end(order->status))
		if (order->status != ORDER_STATUS_DISPUTED)
			move(self, slot, CAUSE_EXECUTED);
	books_touch(self, slot, fill->at > order->updated ? fill->at : order->updated);
}

static void apply_fill(struct books *self, const void *record)
{
	const struct fill *fill = record;
	struct market *market = holdings_market(&self->holdings, &fill->symbol);
	struct order_slot *slot = orders_by_client(&self->orders, fill->client_id);

	if (market == NULL || holdings_news(&self->holdings, market, fill->trade_id) != FILL_NEW) {
		self->impossible++;
		return;
	}
	if (holdings_account(&self->holdings, market, fill) != OK)
		self->impossible++;
	self->totals.fills++;
	if (slot != NULL)
		execute(self, slot, fill);
}

static void apply_lag(struct books *self, const void *record)
{
	const struct journal_lag *lag = record;

	self->view_lag = lag->lag;
}

static void apply_override(struct books *self, const void *record)
{
	const struct journal_override *override = record;
	struct order_slot *slot = books_order(self, override->client_id);

	if (slot == NULL)
		return;
	move(self, slot,
	     override->status == ORDER_STATUS_FILLED ? CAUSE_OVERRULED_FULL : CAUSE_OVERRULED);
	slot->order.reason = override->reason;
	count_end(&self->totals, override->status);
	books_touch(self, slot, override->at);
}

static void apply_latch(struct books *self, const void *record)
{
	const struct journal_latch *latch = record;

	self->latch = (struct latch){
		.halted = latch->halted,
		.level = latch->halted ? (unsigned)latch->level : 0,
		.actor = latch->actor,
		.reason = latch->reason,
		.at = latch->at,
	};
}

static void apply_quiet(struct books *self, const void *record)
{
	const struct journal_quiet *quiet = record;

	self->quiet = (struct quiet){
		.until = quiet->until,
		.at = quiet->at,
		.status = (unsigned)quiet->status,
	};
}

static void apply_instrument(struct books *self, const void *record)
{
	if (holdings_set_instrument(&self->holdings, record) != OK)
		self->impossible++;
}

struct fold {
	enum message_type type;
	void (*apply)(struct books *self, const void *record);
};

static const struct fold folds[] = {
	{MESSAGE_FILL, apply_fill},
	{MESSAGE_JOURNAL_INTENT, apply_intent},
	{MESSAGE_JOURNAL_SEND, apply_send},
	{MESSAGE_JOURNAL_ACK, apply_ack},
	{MESSAGE_JOURNAL_END, apply_end},
	{MESSAGE_JOURNAL_UNKNOWN, apply_unknown},
	{MESSAGE_JOURNAL_CANCEL, apply_cancel},
	{MESSAGE_JOURNAL_CANCEL_END, apply_cancel_end},
	{MESSAGE_JOURNAL_ADOPT, orphans_apply_adopt},
	{MESSAGE_JOURNAL_MARK, orphans_apply_mark},
	{MESSAGE_JOURNAL_LAG, apply_lag},
	{MESSAGE_JOURNAL_OVERRIDE, apply_override},
	{MESSAGE_JOURNAL_REPLACE, replace_records_apply},
	{MESSAGE_JOURNAL_REPLACE_END, replace_records_apply_end},
	{MESSAGE_JOURNAL_LATCH, apply_latch},
	{MESSAGE_JOURNAL_BOOT, apply_boot},
	{MESSAGE_JOURNAL_PROTECT, apply_protect},
	{MESSAGE_INSTRUMENT, apply_instrument},
	{MESSAGE_JOURNAL_QUIET, apply_quiet},
	{MESSAGE_JOURNAL_CHECKPOINT, checkpoint_apply},
	{MESSAGE_ORDER, checkpoint_apply_order},
	{MESSAGE_POSITION, checkpoint_apply_position},
};

void records_apply(void *state, enum message_type type, const void *record)
{
	struct executor *self = state;

	self->books.records++;
	for (size_t i = 0; i < sizeof folds / sizeof *folds; i++) {
		if (folds[i].type == type) {
			folds[i].apply(&self->books, record);
			return;
		}
	}
	self->books.impossible++;
}

void records_save(struct executor *self, enum message_type type, const void *record)
{
	if (self->journal_failed)
		return;
	outbox_save(self->out, SAVE_SYNCED, type, record);
	records_apply(self, type, record);
	self->moved_at = self->now;
}

void order_changed(struct executor *self, struct order_slot *slot)
{
	if (slot->inquiry.changed || self->changed_count == CHANGED_MAX) {
		if (!slot->inquiry.changed)
			outbox_publish(self->out, MESSAGE_ORDER, &slot->order);
		return;
	}
	slot->inquiry.changed = true;
	self->changed[self->changed_count++] = orders_index_of(&self->books.orders, slot);
}

void record_ack(struct executor *self, struct order_slot *slot, uint64_t venue_id,
                enum source source)
{
	struct journal_ack ack = {
		.client_id = slot->order.client_id,
		.venue_id = venue_id,
		.source = source,
		.at = self->now,
	};

	records_save(self, MESSAGE_JOURNAL_ACK, &ack);
	order_changed(self, slot);
}

void record_unknown(struct executor *self, struct order_slot *slot, const char *reason)
{
	struct journal_unknown unknown = {
		.client_id = slot->order.client_id,
		.reason = text_from(reason),
		.at = self->now,
	};
	char id[IDENT_TEXT_SIZE];

	if (self->journal_failed)
		return;
	records_save(self, MESSAGE_JOURNAL_UNKNOWN, &unknown);
	order_changed(self, slot);
	outbox_alert(self->out, self->now, SEVERITY_ERROR, "order.unknown",
	             "%s %s %s: fate of order %s is not known (%s); asking the exchange, exposure "
	             "stays reserved",
	             slot->order.bot.text, enum_print(&enum_side, slot->order.side),
	             slot->order.symbol.text, ident_print(slot->order.client_id, id), reason);
}

void record_cancel(struct executor *self, struct order_slot *slot, const name_t *reason,
                   nanos_t valid_until)
{
	struct journal_cancel cancel = {
		.client_id = slot->order.client_id,
		.reason = *reason,
		.valid_until = valid_until,
		.at = self->now,
	};

	records_save(self, MESSAGE_JOURNAL_CANCEL, &cancel);
	order_changed(self, slot);
}

void record_cancel_end(struct executor *self, struct order_slot *slot, enum cancel_status status)
{
	struct journal_cancel_end end = {
		.client_id = slot->order.client_id,
		.status = status,
		.at = self->now,
	};

	if (slot->order.cancel == status)
		return;
	records_save(self, MESSAGE_JOURNAL_CANCEL_END, &end);
	order_changed(self, slot);
}

void record_end(struct executor *self, struct order_slot *slot, enum order_status status,
                const char *reason)
{
	struct journal_end end = {
		.client_id = slot->order.client_id,
		.status = status,
		.executed = slot->order.executed,
		.reason = text_from(reason),
		.at = self->now,
	};
	enum order_cause cause = ends_cause(status);
	enum order_status next;

	if (self->journal_failed)
		return;
	assert(cause != 0);
	if (lifecycle_next(slot->order.status, cause, &next) != OK) {
		outbox_alert(self->out, self->now, SEVERITY_CRITICAL, "order.impossible",
		             "%s order %s, told %s: %s; look at the account",
		             enum_print(&enum_order_status, slot->order.status),
		             slot->order.symbol.text, enum_print(&enum_order_status, status),
		             reason);
		return;
	}
	records_save(self, MESSAGE_JOURNAL_END, &end);
	slot->inquiry.query_due = slot->inquiry.trades_due = slot->inquiry.cancel_due = 0;
	order_changed(self, slot);
	ends_alert(self, &slot->order, reason);
}
