/* SPDX-License-Identifier: Apache-2.0 */
#include "common/venue/binance/linked.h"

#include <stdio.h>
#include <string.h>

#include "common/venue/binance/request_parts.h"

static bool are_replaceable(const struct order *old, const struct order *order)
{
	return order_is_placeable(order, order_form(order->type)) &&
	       !ident_is_none(old->client_id) && !ident_equals(old->client_id, order->client_id) &&
	       name_equals(&old->symbol, &order->symbol);
}

enum err binance_replace(const struct order *old, const struct order *order, nanos_t venue_now,
                         const struct venue_profile *profile, struct http_request *out)
{
	struct query query;

	if (!are_replaceable(old, order))
		return ERR_INVALID;
	request_begin(out, &query, HTTP_POST, ANSWER_REPLACE, WEIGHT_REPLACE,
	              "/api/v3/order/cancelReplace");
	enum err err = request_add_symbol(out, &query, order->symbol.text);
	if (err != OK)
		return err;
	request_add_terms(&query, order);
	query_add(&query, "cancelReplaceMode", "STOP_ON_FAILURE");
	request_add_ident(&query, "cancelOrigClientOrderId", old->client_id);
	request_add_cancel_id(&query, "cancelNewClientOrderId", old->client_id);
	request_add_ident(&query, "newClientOrderId", order->client_id);
	query_add(&query, "newOrderRespType", "FULL");
	out->once = true;
	return request_end_signed(out, &query, venue_now, profile);
}

enum err binance_amend(const struct order *order, decimal_t qty, nanos_t venue_now,
                       const struct venue_profile *profile, struct http_request *out)
{
	struct query query;

	if (ident_is_none(order->client_id) || decimal_sign(qty) <= 0 ||
	    decimal_compare(qty, order->qty) >= 0 || order->symbol.size == 0)
		return ERR_INVALID;
	request_begin(out, &query, HTTP_PUT, ANSWER_AMEND, WEIGHT_AMEND,
	              "/api/v3/order/amend/keepPriority");
	enum err err = request_add_symbol(out, &query, order->symbol.text);
	if (err != OK)
		return err;
	request_add_ident(&query, "origClientOrderId", order->client_id);
	request_add_ident(&query, "newClientOrderId", order->client_id);
	query_add_decimal(&query, "newQty", qty);
	out->once = true;
	return request_end_signed(out, &query, venue_now, profile);
}

static bool is_stop(enum order_type type)
{
	return type == ORDER_TYPE_STOP_LOSS || type == ORDER_TYPE_STOP_LOSS_LIMIT;
}

static bool is_target(enum order_type type)
{
	return type == ORDER_TYPE_LIMIT_MAKER || type == ORDER_TYPE_TAKE_PROFIT ||
	       type == ORDER_TYPE_TAKE_PROFIT_LIMIT;
}

static bool is_entry(enum order_type type)
{
	return type == ORDER_TYPE_LIMIT || type == ORDER_TYPE_LIMIT_MAKER;
}

static bool is_leg(const struct order *order, const name_t *symbol)
{
	return order_is_placeable(order, order_form(order->type)) &&
	       name_equals(&order->symbol, symbol);
}

static bool are_a_pair(const struct order *stop, const struct order *target)
{
	return stop->side == target->side && decimal_equals(stop->qty, target->qty);
}

static enum err check_list(const struct venue_list *list)
{
	const struct order *entry = list->entry, *stop = list->stop, *target = list->target;

	if (stop == NULL || (entry == NULL && target == NULL) || ident_is_none(list->id))
		return ERR_INVALID;
	if (!is_stop(stop->type) || (target != NULL && !is_target(target->type)) ||
	    (entry != NULL && !is_entry(entry->type)))
		return ERR_UNSUPPORTED;
	if (!is_leg(stop, &stop->symbol) ||
	    (target != NULL && (!is_leg(target, &stop->symbol) || !are_a_pair(stop, target))) ||
	    (entry != NULL && !is_leg(entry, &stop->symbol)))
		return ERR_INVALID;
	return OK;
}

/* A parameter of one leg: "pending" and "Type" is pendingType. */
static const char *name_of(const char *leg, const char *what, char text[48])
{
	snprintf(text, 48, "%s%s", leg, what);
	return text;
}

/* What makes a leg: its type and what that type takes. */
static void add_leg(struct query *query, const char *leg, const struct order *order)
{
	const struct order_form *form = order_form(order->type);
	char name[48];

	query_add(query, name_of(leg, "Type", name), enum_print(&enum_order_type, order->type));
	request_add_ident(query, name_of(leg, "ClientOrderId", name), order->client_id);
	if (form->price)
		query_add_decimal(query, name_of(leg, "Price", name), order->price);
	if (form->stop_price)
		query_add_decimal(query, name_of(leg, "StopPrice", name), order->stop_price);
	if (form->time_in_force)
		query_add(query, name_of(leg, "TimeInForce", name),
		          enum_print(&enum_time_in_force, order->time_in_force));
}

static void add_amounts(struct query *query, const char *side, const char *qty,
                        const struct order *order)
{
	query_add(query, side, enum_print(&enum_side, order->side));
	query_add_decimal(query, qty, order->qty);
}

/* A sell's stop is below the market and its target above; a buy's are the other way round. */
static void add_pair(struct query *query, const char *above, const char *below,
                     const struct venue_list *list)
{
	bool sells = list->stop->side == SIDE_SELL;

	add_leg(query, above, sells ? list->target : list->stop);
	add_leg(query, below, sells ? list->stop : list->target);
}

static void add_orders(struct query *query, const struct venue_list *list)
{
	if (list->entry == NULL) {
		add_amounts(query, "side", "quantity", list->stop);
		add_pair(query, "above", "below", list);
		return;
	}
	add_amounts(query, "workingSide", "workingQuantity", list->entry);
	add_leg(query, "working", list->entry);
	add_amounts(query, "pendingSide", "pendingQuantity", list->stop);
	if (list->target == NULL)
		add_leg(query, "pending", list->stop);
	else
		add_pair(query, "pendingAbove", "pendingBelow", list);
}

static const char *list_path(const struct venue_list *list)
{
	if (list->entry == NULL)
		return "/api/v3/orderList/oco";
	return list->target == NULL ? "/api/v3/orderList/oto" : "/api/v3/orderList/otoco";
}

enum err binance_list(const struct venue_list *list, nanos_t venue_now,
                      const struct venue_profile *profile, struct http_request *out)
{
	struct query query;
	enum err err = check_list(list);

	if (err != OK)
		return err;
	request_begin(out, &query, HTTP_POST, ANSWER_LIST, WEIGHT_LIST, list_path(list));
	err = request_add_symbol(out, &query, list->stop->symbol.text);
	if (err != OK)
		return err;
	request_add_ident(&query, "listClientOrderId", list->id);
	add_orders(&query, list);
	query_add(&query, "newOrderRespType", "FULL");
	out->once = true;
	return request_end_signed(out, &query, venue_now, profile);
}

static bool is_named(const char *symbol, ident_t id)
{
	return *symbol != '\0' && !ident_is_none(id);
}

enum err binance_cancel_list(const char *symbol, ident_t id, nanos_t venue_now,
                             const struct venue_profile *profile, struct http_request *out)
{
	struct query query;

	if (!is_named(symbol, id))
		return ERR_INVALID;
	request_begin(out, &query, HTTP_DELETE, ANSWER_LIST, WEIGHT_CANCEL, "/api/v3/orderList");
	enum err err = request_add_symbol(out, &query, symbol);
	request_add_ident(&query, "listClientOrderId", id);
	request_add_cancel_id(&query, "newClientOrderId", id);
	return err != OK ? err : request_end_signed(out, &query, venue_now, profile);
}

/* The exchange finds a list by its own id alone and takes no symbol here (-1104 if it were sent).
 */
enum err binance_query_list(const char *symbol, ident_t id, nanos_t venue_now,
                            const struct venue_profile *profile, struct http_request *out)
{
	struct query query;

	if (!is_named(symbol, id))
		return ERR_INVALID;
	request_begin(out, &query, HTTP_GET, ANSWER_LIST_QUERY, WEIGHT_LIST_QUERY,
	              "/api/v3/orderList");
	enum err err = name_parse(symbol, strlen(symbol), &out->symbol);
	request_add_ident(&query, "origClientOrderId", id);
	return err != OK ? err : request_end_signed(out, &query, venue_now, profile);
}
