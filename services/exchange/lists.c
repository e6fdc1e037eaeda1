/* SPDX-License-Identifier: Apache-2.0 */
#include "services/exchange/lists.h"

#include "services/exchange/userdata.h"

#include <string.h>

static const char reason_pair[] = "OCO_TRIGGER";
static const char reason_phase[] = "OTO_PHASE_ONE_EXPIRED";

static bool refuse(struct refusal *refusal, int code, const char *why)
{
	refusal_set(refusal, 400, code, "%s", why);
	return false;
}

static unsigned open_lists(const struct exchange *self, unsigned symbol)
{
	unsigned count = 0;
	for (size_t i = 0; i < ACCOUNT_LISTS_MAX; i++) {
		const struct account_list *list = &self->account.lists[i];
		count += list->id != 0 && list->symbol == symbol &&
		         account_list_is_open(&self->account, list);
	}
	return count;
}

/* Where an order acts: its trigger, else its limit. */
static decimal_t price_of(const struct ledger_order *order)
{
	return decimal_sign(order->stop_price) > 0 ? order->stop_price : order->price;
}

/* A pair lies around the market; while it waits for another order only one above the other. */
static bool are_prices_right(const struct exchange *self, const struct list_terms *terms,
                             unsigned symbol)
{
	const struct ledger_order *above = &terms->orders[terms->count - 2], *below = above + 1;
	decimal_t last = self->markets[symbol].last_price;
	if (terms->list.contingency == CONTINGENCY_OTO)
		return true;
	if (terms->list.contingency == CONTINGENCY_OTOCO)
		return decimal_compare(price_of(above), price_of(below)) > 0;
	return decimal_compare(price_of(above), last) > 0 &&
	       decimal_compare(price_of(below), last) < 0;
}

static bool has_own_ids(const struct list_terms *terms)
{
	for (unsigned i = 0; i < terms->count; i++)
		for (unsigned j = 0; j < i; j++)
			if (strcmp(terms->orders[i].client_text.text,
			           terms->orders[j].client_text.text) == 0)
				return false;
	return true;
}

static bool is_id_free(const struct exchange *self, const struct list_terms *terms, unsigned symbol)
{
	const struct account_list *same =
		account_list_of(&self->account, symbol, terms->list.client_text.text);
	for (unsigned i = 0; i < terms->count; i++)
		if (account_open_order_of(&self->account, symbol,
		                          terms->orders[i].client_text.text) != NULL)
			return false;
	return has_own_ids(terms) && (same == NULL || !account_list_is_open(&self->account, same));
}

static bool passes(const struct exchange *self, struct list_terms *terms, unsigned symbol,
                   struct match *match, struct refusal *refusal)
{
	if (open_lists(self, symbol) >= EXCHANGE_LISTS_MAX)
		return refuse(refusal, -1013, "Filter failure: MAX_NUM_ORDER_LISTS");
	if (!is_id_free(self, terms, symbol))
		return refuse(refusal, -2010, "Duplicate order sent.");
	if (!are_prices_right(self, terms, symbol))
		return refuse(refusal, -2010,
		              "The relationship of the prices for the orders is not correct.");
	for (unsigned i = terms->count; i-- > 0;)
		if (!terms->orders[i].pending &&
		    !engine_passes(self, &terms->orders[i], match, refusal))
			return false;
	return true;
}

bool lists_place(struct exchange *self, struct turn *turn, struct list_terms *terms,
                 struct refusal *refusal)
{
	unsigned symbol = (unsigned)account_symbol(&self->account, terms->list.symbol.text);
	bool is_pair = terms->list.contingency == CONTINGENCY_OCO;
	struct match match; /* of the first order: passes() looks at it last */
	if (!passes(self, terms, symbol, &match, refusal))
		return false;
	terms->list.list_id = account_next_list(&self->account);
	terms->list.at = turn->at;
	exchange_record(self, turn, MESSAGE_LEDGER_LIST, &terms->list);
	for (unsigned i = 0; i < terms->count; i++) {
		terms->orders[i].list_id = terms->list.list_id;
		engine_begin(self, turn, &terms->orders[i]);
	}
	userdata_list(self, turn, terms->list.list_id);
	struct match nothing = {.count = 0};
	for (unsigned i = 0; i < terms->count; i++)
		if (terms->orders[i].working && !terms->orders[i].pending)
			engine_work(self, turn, terms->orders[i].venue_id,
			            is_pair ? &nothing : &match);
	userdata_account(self, turn, symbol);
	return true;
}

static const struct account_order *leg(const struct exchange *self, const struct account_list *list,
                                       unsigned number)
{
	return number < list->count ? account_order(&self->account, list->orders[number]) : NULL;
}

static bool is_first(const struct account_list *list, const struct account_order *order)
{
	return list->contingency != CONTINGENCY_OCO && list->orders[0] == order->id;
}

void lists_executes(struct exchange *self, struct turn *turn, const struct account_order *order)
{
	const struct account_order *pair = account_pair_of(&self->account, order);
	if (pair != NULL)
		engine_expire(self, turn, pair->id, reason_pair);
}

/* The working order is filled or has ended: those that wait for it come to life or expire. */
static void end_phase(struct exchange *self, struct turn *turn, const struct account_list *list)
{
	const struct account_order *first = leg(self, list, 0);
	bool is_filled = first != NULL && first->status == VENUE_STATUS_FILLED, changed = false;
	for (unsigned i = 1; i < list->count; i++) {
		const struct account_order *order = leg(self, list, i);
		if (order == NULL || order->status != VENUE_STATUS_PENDING_NEW)
			continue;
		changed = true;
		if (is_filled)
			engine_activate(self, turn, order->id);
		else
			engine_expire(self, turn, order->id, reason_phase);
	}
	if (changed && account_list_is_open(&self->account, list))
		userdata_list(self, turn, list->id);
}

void lists_changed(struct exchange *self, struct turn *turn, const struct account_order *order)
{
	const struct account_list *list = account_list(&self->account, order->list_id);
	if (list == NULL || account_is_open(order))
		return;
	if (is_first(list, order))
		end_phase(self, turn, list);
	if (!account_list_is_open(&self->account, list))
		userdata_list(self, turn, list->id);
}

/* A pair needs nothing: one of it expires before the other executes. */
void lists_catch_up(struct exchange *self, struct turn *turn)
{
	for (size_t i = 0; i < ACCOUNT_LISTS_MAX; i++) {
		const struct account_list *list = &self->account.lists[i];
		const struct account_order *first = list->id == 0 ? NULL : leg(self, list, 0);
		if (first != NULL && is_first(list, first) && !account_is_open(first))
			end_phase(self, turn, list);
	}
}
