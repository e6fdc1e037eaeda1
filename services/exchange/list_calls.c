/* SPDX-License-Identifier: Apache-2.0 */
/* The lists' part of calls.h: OCO, OTO, OTOCO; what is there, and its cancel. */
#include "services/exchange/lists.h"
#include "services/exchange/money.h"
#include "services/exchange/terms.h"

#include <string.h>

enum { LIST_DEFAULT = 500, LIST_MAX = 1000 };

static const struct terms_names oco_legs[] = {
	{"above", "side", "quantity", "aboveClientOrderId"},
	{"below", "side", "quantity", "belowClientOrderId"},
};
static const struct terms_names oto_legs[] = {
	{"working", "workingSide", "workingQuantity", "workingClientOrderId"},
	{"pending", "pendingSide", "pendingQuantity", "pendingClientOrderId"},
};
static const struct terms_names otoco_legs[] = {
	{"working", "workingSide", "workingQuantity", "workingClientOrderId"},
	{"pendingAbove", "pendingSide", "pendingQuantity", "pendingAboveClientOrderId"},
	{"pendingBelow", "pendingSide", "pendingQuantity", "pendingBelowClientOrderId"},
};

static bool is_stop(enum order_type type)
{
	return type == ORDER_TYPE_STOP_LOSS || type == ORDER_TYPE_STOP_LOSS_LIMIT;
}

static bool is_target(enum order_type type)
{
	return type == ORDER_TYPE_LIMIT_MAKER || type == ORDER_TYPE_TAKE_PROFIT ||
	       type == ORDER_TYPE_TAKE_PROFIT_LIMIT;
}

/* A sell's stop is below its target, a buy's above. */
static bool is_pair(const struct ledger_order *above, const struct ledger_order *below)
{
	const struct ledger_order *stop = above->side == SIDE_SELL ? below : above;
	const struct ledger_order *target = above->side == SIDE_SELL ? above : below;
	return is_stop(stop->type) && is_target(target->type);
}

/* What waits for another order takes nothing when it comes to life. */
static bool is_composed(const struct list_terms *terms)
{
	const struct ledger_order *first = &terms->orders[0], *last = &terms->orders[1];
	enum contingency contingency = terms->list.contingency;
	if (contingency == CONTINGENCY_OCO)
		return is_pair(first, last);
	if (first->type != ORDER_TYPE_LIMIT && first->type != ORDER_TYPE_LIMIT_MAKER)
		return false;
	if (first->time_in_force != TIME_IN_FORCE_GTC)
		return false;
	return contingency == CONTINGENCY_OTO ? is_stop(last->type) || is_target(last->type)
	                                      : is_pair(last, &terms->orders[2]);
}

static bool read_legs(struct exchange *self, struct call *call, const struct terms_names *names,
                      struct list_terms *terms)
{
	for (unsigned i = 0; i < terms->count; i++) {
		if (!terms_read(self, call, &names[i], &terms->orders[i]))
			return false;
		terms->orders[i].pending = i > 0 && terms->list.contingency != CONTINGENCY_OCO;
	}
	return true;
}

static bool read_list(struct exchange *self, struct call *call, const struct terms_names *names,
                      struct list_terms *terms, enum respond *respond)
{
	if (!read_legs(self, call, names, terms) ||
	    !terms_read_client_id(call, "listClientOrderId", &terms->list.client_text) ||
	    !terms_read_respond(call, ORDER_TYPE_LIMIT, respond) ||
	    !params_all_read(&call->params, &call->refusal))
		return false;
	terms->list.symbol = terms->orders[0].symbol;
	if (!is_composed(terms)) {
		refusal_set(&call->refusal, 400, -1014, "Unsupported order combination.");
		return false;
	}
	for (unsigned i = 0; i < terms->count; i++)
		if (!engine_accepts(self, call->turn, &terms->orders[i], &call->refusal) ||
		    !terms_count(self, call))
			return false;
	return true;
}

/* What waited when the request came is told as waiting, whatever became of it in the meantime. */
static json_t *render_leg(const struct exchange *self, const struct ledger_order *terms,
                          enum respond respond, uint64_t fills)
{
	const struct account_order *order = account_order(&self->account, terms->venue_id);
	json_t *report = render_placed(self, order, respond, fills);
	if (!terms->pending || respond == RESPOND_ACK)
		return report;
	json_object_set_new(report, "status", json_string("PENDING_NEW"));
	json_object_set_new(report, "workingTime", json_integer(-1));
	return report;
}

static bool place(struct exchange *self, struct call *call, enum contingency contingency,
                  const struct terms_names *names, unsigned count)
{
	struct list_terms terms = {.list = {.contingency = contingency}, .count = count};
	enum respond respond;
	if (!read_list(self, call, names, &terms, &respond))
		return false;
	if (exchange_draws(call->turn, self->config->reject_pct)) {
		refusal_set(&call->refusal, 400, -2010, "Market is closed.");
		return false;
	}
	uint64_t before = self->account.fill_count;
	if (!lists_place(self, call->turn, &terms, &call->refusal))
		return false;
	uint64_t fills = self->account.fill_count - before;
	json_t *reports = json_array();
	for (unsigned i = 0; i < count; i++)
		json_array_append_new(
			reports, render_leg(self, &terms.orders[i], respond, i == 0 ? fills : 0));
	call->result = render_list(self, account_list(&self->account, terms.list.list_id), reports);
	return true;
}

bool call_list_oco(struct exchange *self, struct call *call)
{
	return place(self, call, CONTINGENCY_OCO, oco_legs, 2);
}

bool call_list_oto(struct exchange *self, struct call *call)
{
	return place(self, call, CONTINGENCY_OTO, oto_legs, 2);
}

bool call_list_otoco(struct exchange *self, struct call *call)
{
	return place(self, call, CONTINGENCY_OTOCO, otoco_legs, 3);
}

/* The list that orderListId or its own id name; NULL in *found when there is none. */
static bool find_list(struct exchange *self, struct call *call, const char *client_name,
                      unsigned symbol, const struct account_list **found)
{
	uint64_t id = 0;
	const char *client = NULL;
	if (!params_number(&call->params, "orderListId", false, &id, &call->refusal) ||
	    !params_text(&call->params, client_name, false, &client, &call->refusal))
		return false;
	if (id == 0 && client == NULL) {
		refusal_set(&call->refusal, 400, -1102,
		            "Param '%s' or 'orderListId' must be sent, but both were empty/null!",
		            client_name);
		return false;
	}
	*found = id != 0 ? account_list(&self->account, id)
	                 : account_list_of(&self->account, symbol, client);
	if (*found != NULL && symbol != ACCOUNT_SYMBOLS_MAX && (*found)->symbol != symbol)
		*found = NULL;
	return true;
}

static bool is_visible(const struct exchange *self, const struct call *call,
                       const struct account_list *list)
{
	return self->config->view_lag == 0 || call->turn->at - list->at >= self->config->view_lag;
}

bool call_list_query(struct exchange *self, struct call *call)
{
	const struct account_list *list;
	if (!find_list(self, call, "origClientOrderId", ACCOUNT_SYMBOLS_MAX, &list) ||
	    !params_all_read(&call->params, &call->refusal))
		return false;
	if (list == NULL || !is_visible(self, call, list)) {
		refusal_set(&call->refusal, 400, -2013, "Order list does not exist.");
		return false;
	}
	call->result = render_list(self, list, NULL);
	return true;
}

json_t *call_cancel_list(struct exchange *self, struct call *call, uint64_t id, const char *client)
{
	const struct account_list *list = account_list(&self->account, id);
	uint64_t ended[ACCOUNT_LEGS_MAX];
	unsigned count = 0;
	for (unsigned i = 0; i < list->count; i++)
		if (account_has_open(&self->account, list->orders[i]))
			ended[count++] = list->orders[i];
	assert(count > 0);
	engine_cancel(self, call->turn, ended[0], client);
	json_t *reports = json_array();
	for (unsigned i = 0; i < count; i++)
		json_array_append_new(
			reports,
			render_cancelled(self, account_order(&self->account, ended[i]), client));
	return render_list(self, list, reports);
}

bool call_list_cancel(struct exchange *self, struct call *call)
{
	const struct account_list *list;
	unsigned symbol;
	text_t client;
	if (!call_symbol(self, call, &symbol) ||
	    !find_list(self, call, "listClientOrderId", symbol, &list) ||
	    !terms_read_client_id(call, "newClientOrderId", &client) ||
	    !params_all_read(&call->params, &call->refusal))
		return false;
	if (list == NULL || !account_list_is_open(&self->account, list)) {
		refusal_set(&call->refusal, 400, -2011, "Unknown order list sent.");
		return false;
	}
	call->result = call_cancel_list(self, call, list->id, client.text);
	return true;
}

static json_t *render_lists(const struct exchange *self, const struct call *call, uint64_t from,
                            uint64_t limit, bool open_only)
{
	const struct account *account = &self->account;
	json_t *array = json_array();
	uint64_t oldest =
		account->last_list > ACCOUNT_LISTS_MAX ? account->last_list - ACCOUNT_LISTS_MAX : 0;
	for (uint64_t id = oldest + 1; id <= account->last_list; id++) {
		const struct account_list *list = account_list(account, id);
		if (list == NULL || id < from || !is_visible(self, call, list) ||
		    (open_only && !account_list_is_open(account, list)))
			continue;
		json_array_append_new(array, render_list(self, list, NULL));
		if (json_array_size(array) <= limit)
			continue;
		/* From an id on the oldest count, else the newest. */
		json_array_remove(array, from > 0 ? limit : 0);
	}
	return array;
}

bool call_open_lists(struct exchange *self, struct call *call)
{
	if (!params_all_read(&call->params, &call->refusal))
		return false;
	call->result = render_lists(self, call, 0, ACCOUNT_LISTS_MAX, true);
	return true;
}

bool call_all_lists(struct exchange *self, struct call *call)
{
	uint64_t from = 0, limit;
	if (!params_number(&call->params, "fromId", false, &from, &call->refusal) ||
	    !call_limit(call, LIST_DEFAULT, LIST_MAX, &limit) ||
	    !params_all_read(&call->params, &call->refusal))
		return false;
	call->result = render_lists(self, call, from, limit, false);
	return true;
}
