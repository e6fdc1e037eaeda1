/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/resolve.h"

#include <stdio.h>

#include "services/executor/records.h"
#include "services/executor/rounds.h"
#include "services/executor/send.h"

#define RECONCILE_MAX (10 * NANOS_S)

static void answer(struct executor *self, uint64_t token, bool done, text_t text)
{
	struct command_result result = {.done = done, .text = text};

	outbox_answer(self->out, token, MESSAGE_COMMAND_RESULT, &result);
}

/* Why the order can't be ended by hand; empty when it can. */
static text_t objection(const struct executor *self, const struct order_slot *slot,
                        const struct command *command)
{
	if (command->reason.size == 0)
		return text_from("resolving needs a reason: say what you saw in the account");
	if (self->journal_failed)
		return text_from("the journal can't be written: free the disk, restart the "
		                 "executor, resolve again");
	if (slot == NULL)
		return text_from("no order has this client id; bw orders lists them");
	if (slot->order.status != ORDER_STATUS_DISPUTED)
		return text_format("the order is %s: only a disputed order is ended by hand, "
		                   "others end by what the exchange tells",
		                   enum_print(&enum_order_status, slot->order.status));
	return text_from("");
}

static void record_override(struct executor *self, struct order_slot *slot,
                            const struct command *command)
{
	const struct order *order = &slot->order;
	bool is_full = decimal_compare(order->executed, order->qty) >= 0;
	struct journal_override record = {
		.client_id = order->client_id,
		.status = is_full ? ORDER_STATUS_FILLED : ORDER_STATUS_CANCELED,
		.executed = order->executed,
		.actor = command->actor,
		.reason = text_format("%s: %.200s", command->actor.text, command->reason.text),
		.at = self->now,
	};

	records_save(self, MESSAGE_JOURNAL_OVERRIDE, &record);
	slot->inquiry.query_due = slot->inquiry.trades_due = slot->inquiry.cancel_due = 0;
	order_changed(self, slot);
}

void resolve_command(struct executor *self, const struct command *command)
{
	struct order_slot *slot = orders_by_client(&self->books.orders, command->order);
	text_t why = objection(self, slot, command);
	char id[IDENT_TEXT_SIZE], executed[DECIMAL_TEXT_SIZE];

	if (why.size > 0) {
		answer(self, self->event->token, false, why);
		return;
	}
	send_cancel(self, slot, "resolved");
	record_override(self, slot, command);
	rounds_gap_in(self, &slot->order.symbol);
	decimal_print(slot->order.executed, executed);
	outbox_alert(self->out, self->now, SEVERITY_WARNING, "order.resolved",
	             "%s order %s of %s was ended as %s with %s executed, by %s",
	             slot->order.symbol.text, ident_print(slot->order.client_id, id),
	             slot->order.bot.text, enum_print(&enum_order_status, slot->order.status),
	             executed, slot->order.reason.text);
	answer(self, self->event->token, true,
	       text_format("ended as %s with %s executed; %s is compared with the exchange once "
	                   "more",
	                   enum_print(&enum_order_status, slot->order.status), executed,
	                   slot->order.symbol.text));
}

void resolve_reconcile(struct executor *self, const struct command *command)
{
	struct reconcile *reconcile = &self->reconcile;

	(void)command;
	if (reconcile->waiter_count == WAITERS_MAX) {
		answer(self, self->event->token, false,
		       text_from("too many wait for this comparison already"));
		return;
	}
	reconcile->waiters[reconcile->waiter_count++] = self->event->token;
	reconcile->since = self->now;
	reconcile->until = self->now + RECONCILE_MAX;
	if (reconcile->waiter_count == 1)
		reconcile->fills_before = self->books.totals.fills;
	rounds_gap(self);
}

/* Names the symbols and lists that are missing, up to a few; how many are. */
static uint32_t still_missing(const struct executor *self, char *names, size_t size)
{
	uint32_t missing = self->balances_at < self->reconcile.since;
	size_t used = (size_t)snprintf(names, size, "%s", missing > 0 ? " balances" : "");

	for (uint32_t i = 0; i < self->books.holdings.market_count; i++) {
		const struct round *round = &self->rounds[i];
		bool has_orders = round->orders_at >= self->reconcile.since;
		bool has_trades = round->trades_at >= self->reconcile.since;
		if (has_orders && has_trades)
			continue;
		missing++;
		if (used + 64 < size)
			used += (size_t)snprintf(
				names + used, size - used, " %s%s%s",
				self->books.holdings.markets[i].instrument.symbol.text,
				has_orders ? "" : " orders", has_trades ? "" : " executions");
	}
	return missing;
}

static text_t compared(const struct executor *self)
{
	const struct orders *orders = &self->books.orders;
	uint32_t doubtful = 0;

	for (uint32_t i = 0; i < orders->open_count; i++) {
		enum order_status status = orders->slots[orders->open[i]].order.status;
		doubtful += status == ORDER_STATUS_UNKNOWN || status == ORDER_STATUS_DISPUTED ||
		            status == ORDER_STATUS_ORPHAN;
	}
	return text_format(
		"compared orders and executions of %u symbols, and balances: %llu "
		"executions were new, %u orders are open, %u of them of unknown fate, "
		"disputed or orphans",
		self->books.holdings.market_count,
		(unsigned long long)(self->books.totals.fills - self->reconcile.fills_before),
		orders->open_count, doubtful);
}

void resolve_run(struct executor *self)
{
	struct reconcile *reconcile = &self->reconcile;
	char names[180];

	if (reconcile->waiter_count == 0)
		return;
	uint32_t missing = still_missing(self, names, sizeof names);
	if (missing > 0 && self->now < reconcile->until)
		return;
	text_t text = missing == 0
	                      ? compared(self)
	                      : text_format("not all could be compared in time; missing:%s", names);
	for (uint32_t i = 0; i < reconcile->waiter_count; i++)
		answer(self, reconcile->waiters[i], missing == 0, text);
	reconcile->waiter_count = 0;
}
