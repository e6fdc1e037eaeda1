/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/evidence.h"

#include "common/base/plant.h"
#include "common/model/lifecycle.h"
#include "services/executor/fence.h"
#include "services/executor/ids.h"
#include "services/executor/inquiry.h"
#include "services/executor/orphans.h"
#include "services/executor/records.h"
#include "services/executor/rounds.h"
#include "services/executor/send.h"

enum { CODE_CLOCK = 1021 };

/* Late evidence wins: what was asked about it before counts no more. */
static void resurrect(struct executor *self, struct order_slot *slot)
{
	const struct order *order = &slot->order;
	char id[IDENT_TEXT_SIZE];

	slot->inquiry = (struct inquiry){
		.changed = slot->inquiry.changed,
		.open_round = slot->inquiry.open_round,
	};
	outbox_alert(self->out, self->now, SEVERITY_CRITICAL, "order.resurrected",
	             "%s %s, order %s: was taken for %s, but the exchange has it; it is accounted "
	             "from now on",
	             order->bot.text, order->symbol.text, ident_print(order->client_id, id),
	             enum_print(&enum_order_status, order->status));
}

void evidence_cancel_unwanted(struct executor *self, struct order_slot *slot)
{
	orphans_cancel(self, slot);
	if (slot->resurrected && send_is_strategys(&slot->order) &&
	    (slot->order.status == ORDER_STATUS_LIVE || slot->order.status == ORDER_STATUS_PARTIAL))
		send_cancel(self, slot, "resurrected");
}

/* From now on a query that doesn't find it tells how far the exchange's view lags. */
static void note_known(struct executor *self, struct order_slot *slot, enum source source)
{
	if (slot->inquiry.known_at != 0)
		return;
	slot->inquiry.known_at = self->now;
	if (source != SOURCE_QUERY && order_status_is_open(slot->order.status))
		fence_measure(self, slot);
}

static enum order_status told_end(const struct venue_order *told, enum order_cause cause)
{
	if (cause == CAUSE_COMPLETED)
		return ORDER_STATUS_FILLED;
	return told->status == VENUE_STATUS_CANCELED ? ORDER_STATUS_CANCELED : ORDER_STATUS_EXPIRED;
}

static void settle(struct executor *self, struct order_slot *slot)
{
	const struct order *order = &slot->order;
	struct inquiry *inquiry = &slot->inquiry;
	int overfull = decimal_compare(order->executed, order->qty);
	int behind = decimal_compare(inquiry->told_executed, order->executed);

	if (order_status_is_terminal(order->status) || order->status == ORDER_STATUS_DISPUTED)
		return;
	if (overfull > 0)
		record_end(self, slot, ORDER_STATUS_DISPUTED, "more was executed than ordered");
	else if (overfull == 0)
		record_end(self, slot, ORDER_STATUS_FILLED, "executions add up to the quantity");
	else if (behind > 0)
		inquiry_ask_trades(self, slot);
	else if (inquiry->told_end != 0 && behind < 0)
		record_end(self, slot, ORDER_STATUS_DISPUTED,
		           "more executions than the exchange's last word tells");
	else if (inquiry->told_end == VENUE_STATUS_CANCELED)
		record_end(self, slot, ORDER_STATUS_CANCELED, "the exchange says cancelled");
	else if (inquiry->told_end != 0)
		record_end(self, slot, ORDER_STATUS_EXPIRED, "the exchange says expired");
}

void evidence_settle(struct executor *self, struct order_slot *slot)
{
	bool was_orphan = slot->order.status == ORDER_STATUS_ORPHAN;

	settle(self, slot);
	if (was_orphan && order_status_is_terminal(slot->order.status))
		rounds_gap_in(self, &slot->order.symbol);
}

static void dispute(struct executor *self, struct order_slot *slot, const char *reason)
{
	if (slot->order.status != ORDER_STATUS_DISPUTED && !slot->inquiry.disputed)
		record_end(self, slot, ORDER_STATUS_DISPUTED, reason);
	slot->inquiry.disputed = true;
}

static bool contradicts(const struct order *order, const struct venue_order *told)
{
	return !name_equals(&order->symbol, &told->symbol) ||
	       (told->side != 0 && order->side != told->side) ||
	       (decimal_sign(told->qty) > 0 && !decimal_equals(order->qty, told->qty)) ||
	       (order->venue_id != 0 && told->venue_id != 0 && order->venue_id != told->venue_id);
}

static void refused(struct executor *self, struct order_slot *slot, const char *reason)
{
	enum order_status status = slot->order.status;

	if (status == ORDER_STATUS_SENDING || status == ORDER_STATUS_UNKNOWN)
		record_end(self, slot, ORDER_STATUS_REJECTED, reason);
	else if (order_status_is_open(status))
		inquiry_ask(self, slot);
}

/* The exchange has it: ACK, once, or again after it was given up. */
static void acknowledge(struct executor *self, struct order_slot *slot, uint64_t venue_id,
                        enum source source)
{
	enum order_status status = slot->order.status;

	if (order_status_is_unseen_end(status))
		resurrect(self, slot);
	if (status == ORDER_STATUS_SENDING || status == ORDER_STATUS_UNKNOWN ||
	    order_status_is_unseen_end(status) || (slot->order.venue_id == 0 && venue_id != 0))
		record_ack(self, slot, venue_id, source);
	note_known(self, slot, source);
}

static void take_word(struct executor *self, struct order_slot *slot,
                      const struct venue_order *told)
{
	struct inquiry *inquiry = &slot->inquiry;
	enum order_cause cause = order_cause_of(told->status, told->executed, slot->order.qty);

	inquiry->open_round = self->event->token;
	if (cause == CAUSE_DISPUTED) {
		dispute(self, slot, "the exchange's word contradicts itself");
		return;
	}
	if (cause == CAUSE_REFUSED) {
		refused(self, slot, told->reason.text);
		return;
	}
	acknowledge(self, slot, told->venue_id, told->source);
	if (decimal_compare(told->executed, inquiry->told_executed) > 0) {
		inquiry->told_executed = told->executed;
		inquiry->told_at = self->now;
	}
	if (cause == CAUSE_COMPLETED || cause == CAUSE_CANCELLED || cause == CAUSE_LAPSED)
		if (told_end(told, cause) != ORDER_STATUS_FILLED)
			inquiry->told_end = told->status;
	if (order_status_is_terminal(slot->order.status) &&
	    decimal_compare(inquiry->told_executed, slot->order.executed) > 0)
		rounds_scan_from(self, &slot->order.symbol, slot->trade_floor + 1);
	evidence_settle(self, slot);
	evidence_cancel_unwanted(self, slot);
}

static void meet_foreign(struct executor *self, const name_t *symbol, uint64_t venue_id)
{
	self->foreign++;
	strangers_meet(self, symbol, venue_id);
	if (self->foreign_told)
		return;
	self->foreign_told = true;
	outbox_alert(self->out, self->now, SEVERITY_WARNING, "order.foreign",
	             "the account has %s orders or executions that are not ours; they are counted, "
	             "never touched",
	             symbol->text);
}

static struct order_slot *slot_of(struct executor *self, const name_t *symbol, ident_t client_id,
                                  uint64_t venue_id)
{
	struct order_slot *slot = NULL;

	if (!ident_is_none(client_id))
		slot = orders_by_client(&self->books.orders, client_id);
	if (slot == NULL)
		slot = orders_by_venue(&self->books.orders, symbol, venue_id);
	return slot;
}

void evidence_order(struct executor *self, const struct venue_order *told)
{
	struct order_slot *slot = slot_of(self, &told->symbol, told->client_id, told->venue_id);

	if (self->journal_failed)
		return;
	if (slot == NULL && client_id_is_ours(told->client_id, self->tag))
		slot = orphans_meet(self, told);
	else if (slot == NULL)
		meet_foreign(self, &told->symbol, told->venue_id);
	if (slot != NULL && contradicts(&slot->order, told))
		dispute(self, slot, "the exchange's order has other terms than ours");
	else if (slot != NULL)
		take_word(self, slot, told);
}

static struct fill fill_of(const struct executor *self, const struct order_slot *slot,
                           const struct venue_fill *told)
{
	return (struct fill){
		.intent_id = slot == NULL ? (ident_t){0, 0} : slot->order.intent_id,
		.client_id = slot == NULL ? told->client_id : slot->order.client_id,
		.venue_id = told->venue_id,
		.trade_id = told->trade_id,
		.bot = slot == NULL ? name_from("manual") : slot->order.bot,
		.symbol = told->symbol,
		.side = told->side,
		.price = told->price,
		.qty = told->qty,
		.fee = told->fee,
		.fee_asset = told->fee_asset,
		.maker = told->maker,
		.at = told->at != 0 ? told->at : venue_now(self),
		.version = self->books.records + 1,
	};
}

static void tell_fill(struct executor *self, const struct fill *fill, enum purpose purpose)
{
	char price[DECIMAL_TEXT_SIZE], qty[DECIMAL_TEXT_SIZE], value[DECIMAL_TEXT_SIZE] = "?";
	const char *side = enum_print(&enum_side, fill->side);
	decimal_t product;

	if (decimal_multiply(fill->price, fill->qty, &product) == OK)
		decimal_print(product, value);
	decimal_print(fill->price, price);
	decimal_print(fill->qty, qty);
	outbox_note_kind(self->out, NOTE_TRADE, SEVERITY_INFO, "trade",
	                 "action=%s price=%s size=%s value=%s reason=%s symbol=%s bot=%s", side,
	                 price, qty, value,
	                 purpose == 0 ? "manual" : enum_print(&enum_purpose, purpose),
	                 fill->symbol.text, fill->bot.text);
	outbox_alert(self->out, self->now, SEVERITY_INFO, "order.filled",
	             "%s %s %s %s at %s (value %s)", fill->bot.text, side, qty, fill->symbol.text,
	             price, value);
}

/* A fee in a third asset changes no position; the balance of that asset shows it. */
static void check_fee(struct executor *self, const struct market *market, const struct fill *fill)
{
	if (self->fees_told || decimal_sign(fill->fee) == 0 ||
	    name_equals(&fill->fee_asset, &market->instrument.base) ||
	    name_equals(&fill->fee_asset, &market->instrument.quote))
		return;
	self->fees_told = true;
	outbox_note(self->out, SEVERITY_INFO, "executor.fee_asset",
	            "fees are taken in %s: results of positions don't hold them",
	            fill->fee_asset.text);
}

static void account(struct executor *self, struct order_slot *slot, struct market *market,
                    const struct venue_fill *told)
{
	struct fill fill = fill_of(self, slot, told);
	uint64_t unaccounted = self->books.holdings.unaccounted;

	if (slot != NULL && order_status_is_unseen_end(slot->order.status))
		resurrect(self, slot);
	else if (slot != NULL && order_status_is_terminal(slot->order.status))
		outbox_alert(self->out, self->now, SEVERITY_CRITICAL, "order.late_fill",
		             "%s order of %s ended %s, and now another execution %llu came: it is "
		             "accounted",
		             fill.symbol.text, fill.bot.text,
		             enum_print(&enum_order_status, slot->order.status),
		             (unsigned long long)fill.trade_id);
	records_save(self, MESSAGE_FILL, &fill);
	outbox_publish(self->out, MESSAGE_FILL, &fill);
	tell_fill(self, &fill, slot == NULL ? 0 : slot->order.purpose);
	check_fee(self, market, &fill);
	if (self->books.holdings.unaccounted > unaccounted)
		outbox_alert(self->out, self->now, SEVERITY_CRITICAL, "fill.unaccounted",
		             "execution %llu of %s doesn't fit its position's numbers; compare "
		             "with the account",
		             (unsigned long long)fill.trade_id, fill.symbol.text);
	if (slot == NULL)
		return;
	order_changed(self, slot);
	note_known(self, slot, told->source);
	evidence_settle(self, slot);
	evidence_cancel_unwanted(self, slot);
}

static void refuse_fill(struct executor *self, const struct venue_fill *told, const char *why)
{
	outbox_alert(self->out, self->now, SEVERITY_CRITICAL, "fill.refused",
	             "execution %llu of %s: %s", (unsigned long long)told->trade_id,
	             told->symbol.text, why);
}

static bool is_sane(const struct venue_fill *told)
{
	return told->trade_id > 0 && told->trade_id >> 48 == 0 && decimal_sign(told->qty) > 0 &&
	       decimal_sign(told->price) > 0;
}

bool evidence_fill(struct executor *self, const struct venue_fill *told)
{
	struct market *market = holdings_market(&self->books.holdings, &told->symbol);

	if (self->journal_failed)
		return false;
	if (market == NULL || !is_sane(told)) {
		refuse_fill(self, told,
		            market == NULL ? "the rules of its symbol are not known"
		                           : "its numbers make no sense");
		return true;
	}
	struct order_slot *slot = slot_of(self, &told->symbol, told->client_id, told->venue_id);
	if (!market->is_marked && (slot == NULL || slot->order.status == ORDER_STATUS_ORPHAN))
		return false;
	if (told->trade_id <= market->trade_mark &&
	    (slot == NULL || told->trade_id <= slot->trade_floor))
		return true;
	enum fill_news news = holdings_news(&self->books.holdings, market, told->trade_id);
	if (news == FILL_TOO_OLD)
		refuse_fill(self, told, "too old to tell whether it was accounted");
	if (news != FILL_NEW)
		return true;
	if (slot == NULL && strangers_may_be_ours(self, told))
		return false;
	if (slot == NULL && client_id_is_ours(told->client_id, self->tag))
		orphans_meet_fill(self, told);
	else if (slot == NULL)
		meet_foreign(self, &told->symbol, told->venue_id);
	else if (slot->order.side != told->side || !name_equals(&slot->order.symbol, &told->symbol))
		dispute(self, slot, "an execution has another side or symbol than the order");
	account(self, slot, market, told);
	return true;
}

void evidence_order_answered(struct executor *self, struct order_slot *slot,
                             const struct venue_answer *answer)
{
	bool sending = slot->order.status == ORDER_STATUS_SENDING;

	slot->inquiry.order_token = 0;
	if (answer->code == CODE_CLOCK)
		self->clock.due = self->now;
	switch (PLANTED(TIMEOUT_MEANS_FAILED) ? EVIDENCE_REFUSED : answer->evidence) {
	case EVIDENCE_REFUSED: refused(self, slot, answer->text.text); return;
	case EVIDENCE_UNSENT:
		if (sending)
			record_end(self, slot, ORDER_STATUS_UNSENT, answer->text.text);
		return;
	case EVIDENCE_EXISTS:
	case EVIDENCE_NOTHING:
	case EVIDENCE_ABSENT:
		if (!sending)
			return;
		record_unknown(self, slot,
		               answer->evidence == EVIDENCE_EXISTS
		                       ? "the answer did not name the order"
		                       : answer->text.text);
		inquiry_ask(self, slot);
		return;
	}
}

/* Refused as an unknown order proves nothing: filled, not arrived yet, or never. */
static enum cancel_status cancel_status_after(enum evidence evidence)
{
	switch (evidence) {
	case EVIDENCE_EXISTS: return CANCEL_STATUS_CONFIRMED;
	case EVIDENCE_REFUSED: return CANCEL_STATUS_REFUSED;
	case EVIDENCE_UNSENT: return CANCEL_STATUS_REQUESTED;
	case EVIDENCE_NOTHING:
	case EVIDENCE_ABSENT: break;
	}
	return CANCEL_STATUS_UNKNOWN;
}

void evidence_cancel_answered(struct executor *self, struct order_slot *slot,
                              const struct venue_answer *answer)
{
	slot->inquiry.cancel_token = 0;
	if (answer->code == CODE_CLOCK)
		self->clock.due = self->now;
	if (order_status_is_terminal(slot->order.status) || self->journal_failed)
		return;
	if (PLANTED(CANCEL_ENDS) && answer->evidence == EVIDENCE_EXISTS)
		record_end(self, slot, ORDER_STATUS_CANCELED, "the cancel was answered");
	record_cancel_end(self, slot, cancel_status_after(answer->evidence));
	inquiry_ask(self, slot);
}
