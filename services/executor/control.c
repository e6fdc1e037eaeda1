/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/control.h"

#include <stdio.h>
#include <string.h>

#include "services/executor/inquiry.h"
#include "services/executor/protect.h"
#include "services/executor/records.h"
#include "services/executor/resolve.h"
#include "services/executor/send.h"

static void answer(struct executor *self, uint64_t token, bool done, text_t text)
{
	struct command_result result = {.done = done, .text = text};

	outbox_answer(self->out, token, MESSAGE_COMMAND_RESULT, &result);
}

static void set_latch(struct executor *self, const struct command *command, unsigned level)
{
	struct journal_latch latch = {
		.halted = level > 0,
		.level = level,
		.actor = command->actor,
		.reason = command->reason.size > 0 ? command->reason : text_from("no reason given"),
		.at = self->now,
	};

	records_save(self, MESSAGE_JOURNAL_LATCH, &latch);
}

/* Entries whose request still waits for its record don't leave any more. */
static void recall_entries(struct executor *self)
{
	struct orders *orders = &self->books.orders;

	for (uint32_t i = 0; i < orders->open_count; i++) {
		const struct order_slot *slot = &orders->slots[orders->open[i]];
		if (slot->order.purpose == PURPOSE_ENTRY && slot->inquiry.order_token != 0)
			outbox_recall(self->out, slot->inquiry.order_token);
	}
}

static uint32_t positions_held(struct executor *self)
{
	struct holdings *holdings = &self->books.holdings;
	uint32_t count = 0;

	for (uint32_t i = 0; i < holdings->position_count; i++)
		count += !protect_is_manual(&holdings->positions[i]) &&
		         decimal_sign(holdings->positions[i].position.qty) > 0;
	return count;
}

static text_t what_happens(struct executor *self, unsigned level)
{
	if (level >= LEVEL_FLATTEN)
		return text_format("halted at level %u: everything open is being cancelled and %u "
		                   "positions sold",
		                   level, positions_held(self));
	if (level >= LEVEL_CANCEL)
		return text_from("halted; open entries and exits are being cancelled");
	return text_from("halted at level 1: no new risk, open orders stay");
}

static unsigned level_of(const struct executor *self, const struct command *command)
{
	unsigned level = command->level == 0 ? LEVEL_CANCEL : (unsigned)command->level;

	if (command->level > LEVEL_STOP)
		level = LEVEL_STOP;
	return level > self->books.latch.level ? level : self->books.latch.level;
}

/* Never refused: a halt without a reason is still a halt. */
static void halt(struct executor *self, const struct command *command)
{
	unsigned level = level_of(self, command);

	recall_entries(self);
	set_latch(self, command, level);
	outbox_alert(self->out, self->now, SEVERITY_CRITICAL, "executor.halted",
	             "halted at level %u by %s: %s", level, command->actor.text,
	             command->reason.size > 0 ? command->reason.text : "no reason given");
	if (level >= LEVEL_CANCEL)
		send_cancel_all(self, "halt");
	self->protection.residue_due = self->now + self->config->residue_wait;
	if (self->journal_failed)
		answer(self, self->event->token, false,
		       text_from("entries are off and cancels sent, but the journal can't be "
		                 "written"));
	else
		answer(self, self->event->token, true, what_happens(self, level));
}

static void arm(struct executor *self, const struct command *command)
{
	if (command->reason.size == 0) {
		answer(self, self->event->token, false,
		       text_from("arming needs a reason: say why it is safe now"));
		return;
	}
	if (self->journal_failed) {
		answer(self, self->event->token, false,
		       text_from("the journal can't be written: free the disk, restart the "
		                 "executor, arm again"));
		return;
	}
	set_latch(self, command, 0);
	self->winding_down = false;
	outbox_alert(self->out, self->now, SEVERITY_WARNING, "executor.armed", "armed by %s: %s",
	             command->actor.text, command->reason.text);
	answer(self, self->event->token, true, text_from("armed"));
}

/* Not durable: recovery says it again. */
static void guard(struct executor *self, const struct command *command)
{
	self->protection.guarded = true;
	self->protection.guard_reason = command->reason.size > 0
	                                        ? command->reason
	                                        : text_from("recovery can't make the books agree");
	outbox_note(self->out, SEVERITY_WARNING, "executor.guarded", "by %s: %s",
	            command->actor.text, self->protection.guard_reason.text);
	answer(self, self->event->token, true, text_from("no new risk until UNGUARD"));
}

static void unguard(struct executor *self, const struct command *command)
{
	if (self->protection.guarded)
		outbox_note(self->out, SEVERITY_INFO, "executor.unguarded", "by %s: %s",
		            command->actor.text, command->reason.text);
	self->protection.guarded = false;
	answer(self, self->event->token, true, text_from("not guarded"));
}

static void wind_down(struct executor *self, const struct command *command)
{
	if (!self->winding_down) {
		outbox_note(self->out, SEVERITY_INFO, "executor.wind_down",
		            "entries shut by %s: %s", command->actor.text, command->reason.text);
		self->wind_down_until = self->now + self->config->wind_down_max;
	}
	self->winding_down = true;
	send_cancel_all(self, "wind_down");
	if (self->waiter_count < WAITERS_MAX)
		self->waiters[self->waiter_count++] = self->event->token;
	else
		answer(self, self->event->token, false,
		       text_from("too many wait for this wind-down already"));
}

static void not_ours(struct executor *self, const struct command *command)
{
	answer(self, self->event->token, false,
	       text_format("the executor doesn't do %s: ask the supervisor",
	                   enum_print(&enum_command_kind, command->kind)));
}

void control_command(struct executor *self, const struct command *command)
{
	static void (*const handlers[])(struct executor *, const struct command *) = {
		[COMMAND_KIND_HALT] = halt,
		[COMMAND_KIND_ARM] = arm,
		[COMMAND_KIND_WIND_DOWN] = wind_down,
		[COMMAND_KIND_RESOLVE] = resolve_command,
		[COMMAND_KIND_RECONCILE] = resolve_reconcile,
		[COMMAND_KIND_GUARD] = guard,
		[COMMAND_KIND_UNGUARD] = unguard,
	};

	if ((size_t)command->kind < sizeof handlers / sizeof *handlers &&
	    handlers[command->kind] != NULL)
		handlers[command->kind](self, command);
	else
		not_ours(self, command);
}

/* Names up to a few; `count` tells all. */
static uint32_t orders_left(const struct executor *self, char *names, size_t size)
{
	const struct orders *orders = &self->books.orders;
	uint32_t count = 0;
	size_t used = 0;

	names[0] = '\0';
	for (uint32_t i = 0; i < orders->open_count; i++) {
		const struct order *order = &orders->slots[orders->open[i]].order;
		char id[IDENT_TEXT_SIZE];
		if (!send_is_strategys(order))
			continue;
		count++;
		if (used + 64 < size)
			used += (size_t)snprintf(names + used, size - used, " %s %s",
			                         ident_print(order->client_id, id),
			                         enum_print(&enum_order_status, order->status));
	}
	return count;
}

/* A halt may have been cut short by a crash; exits that were approved behind it stay. */
static void go_on_cancelling(struct executor *self)
{
	struct orders *orders = &self->books.orders;

	for (uint32_t i = 0; i < orders->open_count; i++) {
		struct order_slot *slot = &orders->slots[orders->open[i]];
		const struct order *order = &slot->order;
		if (send_is_strategys(order) && order->created <= self->books.latch.at &&
		    order->status != ORDER_STATUS_DISPUTED &&
		    order->status != ORDER_STATUS_INTENT && slot->inquiry.cancel_since == 0)
			send_cancel(self, slot, "halt");
	}
}

static void answer_waiters(struct executor *self)
{
	char names[200];
	uint32_t left = orders_left(self, names, sizeof names);

	if (left > 0 && self->now < self->wind_down_until)
		return;
	for (uint32_t i = 0; i < self->waiter_count; i++)
		answer(self, self->waiters[i], left == 0,
		       left == 0
		               ? text_from("entries are shut, every entry and exit order has ended")
		               : text_format("%u orders have not ended:%s", left, names));
	self->waiter_count = 0;
}

void control_run(struct executor *self)
{
	if (self->books.latch.level >= LEVEL_CANCEL && self->clock.known)
		go_on_cancelling(self);
	if (self->waiter_count > 0)
		answer_waiters(self);
}

struct residue {
	uint32_t sellable, dust;
	char names[200]; /* of the first few */
};

static void name_residue(struct residue *self, const struct position *position, bool is_dust)
{
	char qty[DECIMAL_TEXT_SIZE];
	size_t used = strlen(self->names);

	*(is_dust ? &self->dust : &self->sellable) += 1;
	if (used + 100 < sizeof self->names)
		snprintf(self->names + used, sizeof self->names - used, " %s %s of %s%s;",
		         decimal_print(position->qty, qty), position->symbol.text,
		         position->bot.text, is_dust ? " (too little to sell)" : "");
}

static struct residue residue_of(struct executor *self)
{
	struct holdings *holdings = &self->books.holdings;
	struct residue residue = {0};

	for (uint32_t i = 0; i < holdings->position_count; i++) {
		const struct holding *holding = &holdings->positions[i];
		if (!protect_is_manual(holding) && decimal_sign(holding->position.qty) > 0)
			name_residue(&residue, &holding->position,
			             decimal_sign(protect_sellable(self, holding)) <= 0);
	}
	return residue;
}

/* What is too little to sell is told once, the rest until it is sold. */
void control_second(struct executor *self)
{
	nanos_t *due = &self->protection.residue_due;

	if (self->books.latch.level < LEVEL_FLATTEN)
		return;
	if (*due == 0)
		*due = self->now + self->config->residue_wait;
	if (self->now < *due)
		return;
	struct residue residue = residue_of(self);
	*due = residue.sellable > 0 ? self->now + NANOS_MIN : INT64_MAX;
	if (residue.sellable + residue.dust == 0)
		outbox_note(self->out, SEVERITY_INFO, "halt.flat", "every position is sold");
	else
		outbox_alert(self->out, self->now,
		             residue.sellable > 0 ? SEVERITY_CRITICAL : SEVERITY_WARNING,
		             "halt.residue", "%u positions are not sold:%s look at their orders",
		             residue.sellable + residue.dust, residue.names);
}
