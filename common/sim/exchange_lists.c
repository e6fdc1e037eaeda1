/* SPDX-License-Identifier: Apache-2.0 */
/* Map: what one order of a list means for the others; placing, cancelling and asking for lists. */
#include <assert.h>
#include <string.h>

#include "common/sim/exchange_request.h"

enum { NO_SUCH = 2013, CANCEL_REJECTED = 2011, FILTER = 1013, LISTS_OPEN_MAX = 20 };

static struct sim_order *order_at(struct sim_exchange *exchange, uint64_t venue_id)
{
	return venue_id == 0 ? NULL : sim_order_of(exchange, venue_id);
}

static bool is_open(const struct sim_order *order)
{
	return order != NULL && sim_order_is_open(order);
}

/* What the pair locks is held by one of them. */
static void take_lock(struct sim_order *to, struct sim_order *from)
{
	to->locked = sim_add(to->locked, from->locked);
	from->locked = DECIMAL_ZERO;
}

/* The others of the list end with the one that was cancelled, or because of it. */
static void end_other(struct sim_exchange *self, const struct sim_turn *turn,
                      struct sim_order *other, const struct sim_order *cause, const char *reason)
{
	bool is_cancelled = cause->status == VENUE_STATUS_CANCELED;

	if (is_open(other))
		sim_end(self, turn, other,
		        is_cancelled ? VENUE_STATUS_CANCELED : VENUE_STATUS_EXPIRED,
		        is_cancelled ? "" : reason);
}

/* Why a leg can't begin to work; "" when it can. */
static const char *refusal_of(struct sim_exchange *self, const struct sim_order *leg,
                              decimal_t lock)
{
	bool is_stop = decimal_sign(leg->stop_price) > 0;
	const struct sim_symbol *symbol = &self->symbols[leg->market];
	int above = decimal_compare(leg->price, leg->side == SIDE_BUY ? symbol->ask : symbol->bid);
	bool takes = leg->side == SIDE_BUY ? above >= 0 : above <= 0;

	if (decimal_compare(lock, sim_balance_of(self, sim_paying_asset(self, leg))->free) > 0)
		return "INSUFFICIENT_BALANCES";
	if (is_stop && sim_would_trigger(self, leg->market, leg->type, leg->side, leg->stop_price))
		return "STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY";
	return leg->type == ORDER_TYPE_LIMIT_MAKER && takes ? "WOULD_MATCH_IMMEDIATELY" : "";
}

static decimal_t lock_of(const struct sim_order *leg)
{
	struct sim_terms terms = {
		.type = leg->type,
		.side = leg->side,
		.qty = leg->qty,
		.price = leg->price,
		.stop_price = leg->stop_price,
	};

	return sim_lock_of(&terms);
}

/* One that is executed without a trigger must hold the lock itself. */
static struct sim_order *holder_of(struct sim_order *a, struct sim_order *b)
{
	return b != NULL && decimal_sign(b->stop_price) == 0 ? b : a;
}

/* The working order was executed: its legs come to life, or are refused together. */
static void wake(struct sim_exchange *self, const struct sim_turn *turn, struct sim_list *list)
{
	struct sim_order *legs[] = {order_at(self, list->legs[0]), order_at(self, list->legs[1])};
	decimal_t lock = DECIMAL_ZERO;
	const char *refusal = "";

	list->waits = false;
	for (int i = 0; i < 2 && legs[i] != NULL && *refusal == '\0'; i++) {
		lock = decimal_max(lock, lock_of(legs[i]));
		refusal = refusal_of(self, legs[i], lock);
	}
	list->is_decided = *refusal != '\0';
	for (int i = 0; i < 2 && legs[i] != NULL; i++) {
		if (list->is_decided) {
			sim_end(self, turn, legs[i], VENUE_STATUS_REJECTED, refusal);
			continue;
		}
		sim_order_touch(legs[i], turn);
		legs[i]->status = VENUE_STATUS_NEW;
		sim_stream_order(self, legs[i]);
	}
	if (list->is_decided)
		return;
	sim_account_touch(self, turn);
	sim_lock(self, holder_of(legs[0], legs[1]), lock);
	list->is_decided = legs[1] == NULL;
}

static void follow_working(struct sim_exchange *self, const struct sim_turn *turn,
                           struct sim_list *list, const struct sim_order *order)
{
	if (order->status == VENUE_STATUS_FILLED) {
		wake(self, turn, list);
	} else if (!sim_order_is_open(order)) {
		list->is_decided = true;
		for (int i = 0; i < 2; i++)
			end_other(self, turn, order_at(self, list->legs[i]), order,
			          "OTO_PHASE_ONE_EXPIRED");
	}
}

static void follow_leg(struct sim_exchange *self, const struct sim_turn *turn,
                       struct sim_list *list, struct sim_order *order)
{
	uint64_t other_id = list->legs[0] == order->venue_id ? list->legs[1] : list->legs[0];
	struct sim_order *other = order_at(self, other_id);

	list->is_decided = true;
	if (is_open(other) && sim_order_is_open(order))
		take_lock(order, other);
	end_other(self, turn, other, order, "OCO_TRIGGER");
	if (list->waits)
		end_other(self, turn, order_at(self, list->working), order, "");
}

void sim_list_follow(struct sim_exchange *self, const struct sim_turn *turn,
                     struct sim_order *order)
{
	struct sim_list *list = order->list_id == 0 ? NULL : &self->lists[order->list_id - 1];

	if (list == NULL || list->is_decided)
		return;
	if (order->venue_id == list->working)
		follow_working(self, turn, list, order);
	else
		follow_leg(self, turn, list, order);
}

static struct sim_list *list_named(struct sim_exchange *exchange, const char *client)
{
	for (uint32_t i = exchange->list_count; client != NULL && i-- > 0;)
		if (strcmp(exchange->lists[i].client_text.text, client) == 0)
			return &exchange->lists[i];
	return NULL;
}

static bool list_is_open(struct sim_exchange *exchange, const struct sim_list *list)
{
	return is_open(order_at(exchange, list->working)) ||
	       is_open(order_at(exchange, list->legs[0])) ||
	       is_open(order_at(exchange, list->legs[1]));
}

static const struct sim_names pair_names[] = {
	{"side", "aboveType", "aboveTimeInForce", "quantity", "abovePrice", "aboveStopPrice",
         "aboveClientOrderId"},
	{"side", "belowType", "belowTimeInForce", "quantity", "belowPrice", "belowStopPrice",
         "belowClientOrderId"},
};

static const struct sim_names working_names = {
	"workingSide",  "workingType",      "workingTimeInForce",   "workingQuantity",
	"workingPrice", "workingStopPrice", "workingClientOrderId",
};

static const struct sim_names pending_names = {
	"pendingSide",  "pendingType",      "pendingTimeInForce",   "pendingQuantity",
	"pendingPrice", "pendingStopPrice", "pendingClientOrderId",
};

static const struct sim_names pending_pair_names[] = {
	{"pendingSide", "pendingAboveType", "pendingAboveTimeInForce", "pendingQuantity",
         "pendingAbovePrice", "pendingAboveStopPrice", "pendingAboveClientOrderId"},
	{"pendingSide", "pendingBelowType", "pendingBelowTimeInForce", "pendingQuantity",
         "pendingBelowPrice", "pendingBelowStopPrice", "pendingBelowClientOrderId"},
};

/* A list as it is asked for: the working order first, where there is one. */
struct wish {
	const char *client;
	unsigned count;
	bool has_working;
	struct sim_terms terms[3];
};

static bool has_room(struct sim_call *call)
{
	struct sim_exchange *exchange = call->exchange;
	unsigned open = 0;

	for (uint32_t i = 0; i < exchange->list_count; i++)
		open += list_is_open(exchange, &exchange->lists[i]);
	if (exchange->list_count < SIM_LISTS_MAX && open < LISTS_OPEN_MAX &&
	    exchange->order_count + 3 <= SIM_ORDERS_MAX)
		return true;
	sim_call_refuse(call, 400, FILTER, "Filter failure: MAX_NUM_ORDER_LISTS");
	return false;
}

static bool is_checked(struct sim_call *call, const struct wish *wish)
{
	struct sim_refusal refusal;

	for (unsigned i = 0; i < wish->count; i++) {
		for (unsigned j = 0; j < i; j++)
			if (strcmp(wish->terms[i].client_text.text,
			           wish->terms[j].client_text.text) == 0) {
				sim_call_refuse(call, 400, 2010, "Duplicate order sent.");
				return false;
			}
		if (sim_check(call->exchange, &call->turn, &wish->terms[i], &refusal))
			continue;
		sim_call_refused(call, &refusal);
		return false;
	}
	return true;
}

static bool read_wish(struct sim_call *call, const struct sim_names *const names[3],
                      struct wish *wish)
{
	wish->client = sim_params_find(call->params, "listClientOrderId");
	if (wish->client == NULL)
		return sim_call_missing(call, "listClientOrderId");
	if (!has_room(call))
		return false;
	for (wish->count = 0; wish->count < 3 && names[wish->count] != NULL; wish->count++) {
		struct sim_terms *terms = &wish->terms[wish->count];
		if (!sim_call_terms(call, names[wish->count], terms))
			return false;
		terms->list_id = call->exchange->list_count + 1;
		terms->waits = wish->has_working && wish->count > 0;
	}
	struct sim_list *other = list_named(call->exchange, wish->client);
	if (other == NULL || !list_is_open(call->exchange, other))
		return is_checked(call, wish);
	sim_call_refuse(call, 400, 2010, "Duplicate order sent.");
	return false;
}

/* Pending legs are told as they wait, even when the working order woke them at once. */
static void tell(struct sim_call *call, const struct sim_order *order, bool waits, uint32_t before)
{
	struct venue_order told = sim_tell_order(order, SOURCE_ACK);

	if (waits) {
		told.status = VENUE_STATUS_PENDING_NEW;
		told.reason = (text_t){0};
	}
	sim_call_emit(call, MESSAGE_VENUE_ORDER, &told);
	sim_call_emit_fills(call, order, before);
}

/* Waiting legs first, so that they are there when the working order is executed at once. */
static void accept_waiting(struct sim_call *call, const struct wish *wish, struct sim_list *list,
                           struct sim_order *orders[3])
{
	struct sim_exchange *exchange = call->exchange;

	for (unsigned i = 1; i < wish->count; i++) {
		orders[i] = sim_accept(exchange, &call->turn, &wish->terms[i], DECIMAL_ZERO);
		list->legs[i - 1] = orders[i]->venue_id;
	}
	list->waits = true;
	/* Its id is known: the next. */
	list->working = exchange->orders[0].venue_id + exchange->order_count;
	orders[0] =
		sim_accept(exchange, &call->turn, &wish->terms[0], sim_lock_of(&wish->terms[0]));
	assert(orders[0]->venue_id == list->working);
}

static void accept_pair(struct sim_call *call, const struct wish *wish, struct sim_list *list,
                        struct sim_order *orders[3])
{
	decimal_t lock = decimal_max(sim_lock_of(&wish->terms[0]), sim_lock_of(&wish->terms[1]));
	unsigned holder = decimal_sign(wish->terms[1].stop_price) == 0 ? 1 : 0;

	for (unsigned i = 0; i < 2; i++) {
		orders[i] = sim_accept(call->exchange, &call->turn, &wish->terms[i],
		                       i == holder ? lock : DECIMAL_ZERO);
		list->legs[i] = orders[i]->venue_id;
	}
}

static void place_list(struct sim_call *call, const struct sim_names *const names[3],
                       bool has_working)
{
	struct sim_exchange *exchange = call->exchange;
	struct wish wish = {.has_working = has_working};
	uint32_t before = exchange->trade_count;
	struct sim_order *orders[3];

	if (!read_wish(call, names, &wish))
		return;
	struct sim_list *list = &exchange->lists[exchange->list_count++];
	*list = (struct sim_list){.client_text = text_from(wish.client)};
	if (has_working)
		accept_waiting(call, &wish, list, orders);
	else
		accept_pair(call, &wish, list, orders);
	for (unsigned i = 0; i < wish.count; i++)
		tell(call, orders[i], wish.terms[i].waits, before);
}

void sim_call_oco(struct sim_call *call)
{
	const struct sim_names *const names[3] = {&pair_names[0], &pair_names[1]};

	place_list(call, names, false);
}

void sim_call_oto(struct sim_call *call)
{
	const struct sim_names *const names[3] = {&working_names, &pending_names};

	place_list(call, names, true);
}

void sim_call_otoco(struct sim_call *call)
{
	const struct sim_names *const names[3] = {&working_names, &pending_pair_names[0],
	                                          &pending_pair_names[1]};

	place_list(call, names, true);
}

void sim_call_list_cancel(struct sim_call *call)
{
	struct sim_exchange *exchange = call->exchange;
	struct sim_list *list =
		list_named(exchange, sim_params_find(call->params, "listClientOrderId"));

	if (list == NULL || !list_is_open(exchange, list)) {
		sim_call_refuse(call, 400, CANCEL_REJECTED, "Unknown order list sent.");
		return;
	}
	struct sim_order *orders[] = {order_at(exchange, list->working),
	                              order_at(exchange, list->legs[0]),
	                              order_at(exchange, list->legs[1])};
	bool was_open[] = {is_open(orders[0]), is_open(orders[1]), is_open(orders[2])};
	for (int i = 0; i < 3; i++) {
		/* The first takes the others with it. */
		if (is_open(orders[i]))
			sim_cancel(exchange, &call->turn, orders[i]);
		if (was_open[i])
			sim_call_emit_order(call, orders[i]);
	}
}

void sim_call_list_query(struct sim_call *call)
{
	struct sim_exchange *exchange = call->exchange;
	struct sim_list *list =
		list_named(exchange, sim_params_find(call->params, "origClientOrderId"));

	if (list == NULL || call->turn.now < order_at(exchange, list->legs[0])->visible_at) {
		sim_call_refuse(call, 400, NO_SUCH, "Order list does not exist.");
		return;
	}
	const uint64_t ids[] = {list->working, list->legs[0], list->legs[1]};
	for (int i = 0; i < 3; i++) {
		const struct sim_order *order = order_at(exchange, ids[i]);
		if (order == NULL || ident_is_none(order->client_id))
			continue;
		struct venue_leg leg = {
			.client_id = order->client_id,
			.evidence = EVIDENCE_EXISTS,
		};
		sim_call_emit(call, MESSAGE_VENUE_LEG, &leg);
	}
}
