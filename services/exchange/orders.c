/* SPDX-License-Identifier: Apache-2.0 */
/* The order part of calls.h: new, query, cancel, what is there. */
#include "services/exchange/calls.h"
#include "services/exchange/money.h"
#include "services/exchange/terms.h"

#include <string.h>

enum { LIST_DEFAULT = 500, LIST_MAX = 1000 };

static bool read_order(struct exchange *self, struct call *call, struct ledger_order *terms,
                       enum respond *respond)
{
	return terms_read(self, call, &terms_of_order, terms) &&
	       terms_read_respond(call, terms->type, respond) &&
	       params_all_read(&call->params, &call->refusal) &&
	       engine_accepts(self, call->turn, terms, &call->refusal);
}

bool call_order_place(struct exchange *self, struct call *call)
{
	struct ledger_order terms = {.venue_id = 0};
	enum respond respond;
	if (!read_order(self, call, &terms, &respond) || !terms_count(self, call))
		return false;
	if (exchange_draws(call->turn, self->config->reject_pct)) {
		refusal_set(&call->refusal, 400, -2010, "Market is closed.");
		return false;
	}
	uint64_t before = self->account.fill_count;
	if (!engine_place(self, call->turn, &terms, &call->refusal))
		return false;
	const struct account_order *order = account_order(&self->account, terms.venue_id);
	call->result = render_placed(self, order, respond, self->account.fill_count - before);
	return true;
}

bool call_order_test(struct exchange *self, struct call *call)
{
	struct ledger_order terms = {.venue_id = 0};
	enum respond respond;
	params_find(&call->params, "computeCommissionRates");
	if (!read_order(self, call, &terms, &respond))
		return false;
	call->result = json_object();
	return true;
}

/* Queries read a copy that trails the engine (config view_lag). */
static bool is_visible(const struct exchange *self, const struct call *call, nanos_t created)
{
	return self->config->view_lag == 0 || call->turn->at - created >= self->config->view_lag;
}

bool call_order_query(struct exchange *self, struct call *call)
{
	const struct account_order *order;
	if (!terms_find_order(self, call, "orderId", "origClientOrderId", &order))
		return false;
	if (order == NULL || !is_visible(self, call, order->created)) {
		refusal_set(&call->refusal, 400, -2013, "Order does not exist.");
		return false;
	}
	call->result = render_order(self, order);
	return true;
}

bool call_order_cancel(struct exchange *self, struct call *call)
{
	const struct account_order *order;
	text_t client;
	if (!terms_find_order(self, call, "orderId", "origClientOrderId", &order) ||
	    !terms_read_client_id(call, "newClientOrderId", &client))
		return false;
	if (order == NULL || !account_is_open(order)) {
		refusal_set(&call->refusal, 400, -2011, "Unknown order sent.");
		return false;
	}
	if (!terms_allow_cancel(call, order) || !params_all_read(&call->params, &call->refusal))
		return false;
	engine_cancel(self, call->turn, order->id, client.text);
	call->result = render_cancelled(self, order, client.text);
	return true;
}

bool call_cancel_open(struct exchange *self, struct call *call)
{
	unsigned symbol;
	if (!call_symbol(self, call, &symbol))
		return false;
	text_t client = terms_make_client_id(call->turn);
	json_t *array = json_array();
	for (unsigned i = 0; i < self->account.open_count;) {
		const struct account_order *order =
			account_order(&self->account, self->account.open[i]);
		if (order->symbol != symbol) {
			i++;
			continue;
		}
		if (order->list_id != 0) {
			json_array_append_new(
				array, call_cancel_list(self, call, order->list_id, client.text));
			i = 0; /* several may have gone */
			continue;
		}
		engine_cancel(self, call->turn, order->id, client.text);
		json_array_append_new(array, render_cancelled(self, order, client.text));
	}
	if (json_array_size(array) > 0) {
		call->result = array;
		return true;
	}
	json_decref(array);
	refusal_set(&call->refusal, 400, -2011, "Unknown order sent.");
	return false;
}

bool call_open_orders(struct exchange *self, struct call *call)
{
	unsigned symbol = ACCOUNT_SYMBOLS_MAX;
	if (params_find(&call->params, "symbol") != NULL && !call_symbol(self, call, &symbol))
		return false;
	call->result = json_array();
	for (unsigned i = 0; i < self->account.open_count; i++) {
		const struct account_order *order =
			account_order(&self->account, self->account.open[i]);
		bool is_asked = symbol == ACCOUNT_SYMBOLS_MAX || order->symbol == symbol;
		if (is_asked && is_visible(self, call, order->created))
			json_array_append_new(call->result, render_order(self, order));
	}
	return true;
}

/* What a list shows: from an id on, between two times; the newest when neither a first id nor a
   start is told. */
struct list {
	unsigned symbol;
	uint64_t from, order, start, end, limit;
	bool is_newest;
};

static bool read_list(struct exchange *self, struct call *call, const char *from, const char *order,
                      struct list *out)
{
	*out = (struct list){.end = UINT64_MAX};
	if (!call_symbol(self, call, &out->symbol) ||
	    !call_limit(call, LIST_DEFAULT, LIST_MAX, &out->limit) ||
	    !params_number(&call->params, from, false, &out->from, &call->refusal) ||
	    !params_number(&call->params, "startTime", false, &out->start, &call->refusal) ||
	    !params_number(&call->params, "endTime", false, &out->end, &call->refusal) ||
	    (order != NULL &&
	     !params_number(&call->params, order, false, &out->order, &call->refusal)))
		return false;
	if (out->start != 0 && out->end != UINT64_MAX &&
	    (out->end < out->start || out->end - out->start > (uint64_t)render_time(NANOS_DAY))) {
		refusal_set(&call->refusal, 400, -1127,
		            "More than 24 hours between startTime and endTime.");
		return false;
	}
	out->is_newest = params_find(&call->params, from) == NULL && out->start == 0;
	return true;
}

static bool lists(const struct list *list, unsigned symbol, uint64_t id, nanos_t at)
{
	uint64_t time = (uint64_t)render_time(at);
	return symbol == list->symbol && id >= list->from && time >= list->start &&
	       time <= list->end;
}

bool call_all_orders(struct exchange *self, struct call *call)
{
	struct list list;
	if (!read_list(self, call, "orderId", NULL, &list))
		return false;
	const struct account *account = &self->account;
	uint64_t oldest =
		account->last_id > ACCOUNT_ORDERS_MAX ? account->last_id - ACCOUNT_ORDERS_MAX : 0;
	uint64_t found[LIST_MAX], count = 0;
	for (uint64_t i = 0; i < account->last_id - oldest && count < list.limit; i++) {
		uint64_t id = list.is_newest ? account->last_id - i : oldest + 1 + i;
		const struct account_order *order = account_order(account, id);
		if (order != NULL && lists(&list, order->symbol, id, order->created) &&
		    is_visible(self, call, order->created))
			found[count++] = id;
	}
	call->result = json_array();
	for (uint64_t i = 0; i < count; i++)
		json_array_append_new(
			call->result,
			render_order(
				self,
				account_order(account, found[list.is_newest ? count - 1 - i : i])));
	return true;
}

bool call_my_trades(struct exchange *self, struct call *call)
{
	struct list list;
	if (!read_list(self, call, "fromId", "orderId", &list))
		return false;
	const struct account *account = &self->account;
	uint64_t kept = account_fills_kept(account), found[LIST_MAX], count = 0;
	for (uint64_t i = 0; i < kept && count < list.limit; i++) {
		uint64_t index = list.is_newest ? kept - 1 - i : i;
		const struct account_fill *fill = account_fill(account, index);
		if (lists(&list, fill->symbol, fill->trade_id, fill->at) &&
		    is_visible(self, call, fill->at) &&
		    (list.order == 0 || fill->order_id == list.order))
			found[count++] = index;
	}
	call->result = json_array();
	for (uint64_t i = 0; i < count; i++)
		json_array_append_new(
			call->result,
			render_trade(
				self,
				account_fill(account, found[list.is_newest ? count - 1 - i : i])));
	return true;
}
