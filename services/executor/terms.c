/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/terms.h"

#include "services/executor/records.h"

static bool is_before_entry(const struct executor *self, const struct approval *approval)
{
	const struct orders *orders = &self->books.orders;

	for (uint32_t i = 0; i < orders->open_count; i++) {
		const struct order *order = &orders->slots[orders->open[i]].order;
		if (order->purpose == PURPOSE_ENTRY &&
		    name_equals(&order->symbol, &approval->symbol) &&
		    name_equals(&order->bot, &approval->bot))
			return false;
	}
	return true;
}

static bool are_new_terms(const struct executor *self, const struct holding *holding,
                          const struct approval *approval)
{
	bool some = decimal_sign(approval->stop_loss_pct) > 0 ||
	            decimal_sign(approval->stop_trail_pct) > 0;

	if (holding == NULL)
		return some;
	const struct guard *guard = &holding->guard;
	if (!some)
		return guard_has_terms(guard) && decimal_sign(holding->position.qty) <= 0 &&
		       is_before_entry(self, approval);
	return !decimal_equals(guard->loss_pct, approval->stop_loss_pct) ||
	       !decimal_equals(guard->trail_pct, approval->stop_trail_pct) ||
	       guard->place != approval->stop_place || guard->held != approval->stop_place;
}

void terms_keep(struct executor *self, const struct approval *approval)
{
	struct holdings *holdings = &self->books.holdings;
	struct holding *holding = holdings_find(holdings, &approval->symbol, &approval->bot);

	if (approval->purpose != PURPOSE_ENTRY || !are_new_terms(self, holding, approval))
		return;
	if (holding == NULL)
		holding = holdings_take(holdings, &approval->symbol, &approval->bot);
	if (holding == NULL)
		return;
	struct journal_protect record =
		guard_record(&holding->guard, &holding->position, self->now);
	record.stop_loss_pct = approval->stop_loss_pct;
	record.stop_trail_pct = approval->stop_trail_pct;
	record.stop_place = record.held = approval->stop_place;
	record.rejections = 0;
	records_save(self, MESSAGE_JOURNAL_PROTECT, &record);
}
