/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/exits.h"

#include "services/executor/send.h"

bool exits_add(struct executor *self, const struct approval *approval, uint64_t token)
{
	for (uint32_t i = 0; i < self->protection.exit_count; i++) {
		struct exit_wait *exit = &self->protection.exits[i];
		if (ident_equals(exit->approval.intent_id, approval->intent_id)) {
			exit->token = token;
			return true;
		}
	}
	if (self->protection.exit_count == EXITS_MAX)
		return false;
	self->protection.exits[self->protection.exit_count++] =
		(struct exit_wait){.token = token, .approval = *approval};
	self->protection.look = true;
	return true;
}

struct exit_wait *exits_of(struct executor *self, const struct holding *holding)
{
	for (uint32_t i = 0; i < self->protection.exit_count; i++) {
		struct exit_wait *exit = &self->protection.exits[i];
		if (name_equals(&exit->approval.bot, &holding->position.bot) &&
		    name_equals(&exit->approval.symbol, &holding->position.symbol))
			return exit;
	}
	return NULL;
}

void exits_drop(struct executor *self, struct exit_wait *exit)
{
	uint32_t at = (uint32_t)(exit - self->protection.exits);

	self->protection.exit_count--;
	for (; at < self->protection.exit_count; at++)
		self->protection.exits[at] = self->protection.exits[at + 1];
}

void exits_release(struct executor *self, const struct standing *standing, struct exit_wait *exit)
{
	struct exit_wait taken = *exit;

	exits_drop(self, exit);
	if (taken.approval.expires <= self->now ||
	    decimal_compare(taken.approval.qty, standing_rest(standing)) <= 0)
		send_released(self, &taken.approval, taken.token);
	else
		send_refuse(self, &taken.approval, taken.token, "position",
		            "less is left to sell than the exit wants");
}

void exits_refuse(struct executor *self, const struct holding *holding, const char *rule,
                  const char *detail)
{
	for (struct exit_wait *exit = exits_of(self, holding); exit != NULL;
	     exit = exits_of(self, holding)) {
		struct exit_wait taken = *exit;
		exits_drop(self, exit);
		send_refuse(self, &taken.approval, taken.token, rule, detail);
	}
}
