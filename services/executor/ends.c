/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/ends.h"

enum order_cause ends_cause(enum order_status status)
{
	static const enum order_cause causes[] = {
		[ORDER_STATUS_DISPUTED] = CAUSE_DISPUTED,  [ORDER_STATUS_FILLED] = CAUSE_COMPLETED,
		[ORDER_STATUS_CANCELED] = CAUSE_CANCELLED, [ORDER_STATUS_EXPIRED] = CAUSE_LAPSED,
		[ORDER_STATUS_REJECTED] = CAUSE_REFUSED,   [ORDER_STATUS_NEVER] = CAUSE_FENCED,
		[ORDER_STATUS_UNSENT] = CAUSE_DROPPED,
	};

	return (size_t)status < sizeof causes / sizeof *causes ? causes[status] : 0;
}

void ends_alert(struct executor *self, const struct order *order, const char *reason)
{
	static const struct {
		enum order_status status;
		enum severity severity;
		const char *name;
	} alerts[] = {
		{ORDER_STATUS_REJECTED, SEVERITY_WARNING, "order.rejected"},
		{ORDER_STATUS_UNSENT, SEVERITY_WARNING, "order.unsent"},
		{ORDER_STATUS_NEVER, SEVERITY_WARNING, "order.never"},
		{ORDER_STATUS_DISPUTED, SEVERITY_CRITICAL, "order.disputed"},
	};
	char id[IDENT_TEXT_SIZE];

	for (size_t i = 0; i < sizeof alerts / sizeof *alerts; i++)
		if (alerts[i].status == order->status)
			outbox_alert(self->out, self->now, alerts[i].severity, alerts[i].name,
			             "%s %s %s, order %s: %s", order->bot.text,
			             enum_print(&enum_side, order->side), order->symbol.text,
			             ident_print(order->client_id, id), reason);
}
