/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/control.h"

#include <stdio.h>

#include "services/executor/inquiry.h"
#include "services/executor/records.h"
#include "services/executor/resolve.h"
#include "services/executor/send.h"

static void answer(struct executor *self, uint64_t token, bool done, text_t text)
{
	struct command_result result = {.done = done, .text = text};

	outbox_answer(self->out, token, MESSAGE_COMMAND_RESULT, &result);
}

static void set_latch(struct executor *self, const struct command *command, bool halted)
{
	struct journal_latch latch = {
		.halted = halted,
		.level = halted,
		.actor = command->actor,
		.reason = command->reason.size > 0 ? command->reason : text_from("no reason given"),
		.at = self->now,
	};

	records_save(self, MESSAGE_JOURNAL_LATCH, &latch);
}

/* Never refused: a halt without a reason is still a halt. */
static void halt(struct executor *self, const struct command *command)
{
	set_latch(self, command, true);
	outbox_alert(self->out, self->now, SEVERITY_CRITICAL, "executor.halted", "halted by %s: %s",
	             command->actor.text, self->books.latch.reason.text);
	send_cancel_all(self, "halt");
	if (self->journal_failed)
		answer(self, self->event->token, false,
		       text_from("entries are off and cancels sent, but the journal can't be "
		                 "written"));
	else
		answer(self, self->event->token, true,
		       text_from("halted; open entries and exits are being cancelled"));
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
	set_latch(self, command, false);
	self->winding_down = false;
	outbox_alert(self->out, self->now, SEVERITY_WARNING, "executor.armed", "armed by %s: %s",
	             command->actor.text, command->reason.text);
	answer(self, self->event->token, true, text_from("armed"));
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

void control_run(struct executor *self)
{
	char names[200];

	if (self->waiter_count == 0)
		return;
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
