/* SPDX-License-Identifier: Apache-2.0 */
/* The part of calls.h that changes orders: one in another's place, less quantity. */
#include "services/exchange/money.h"
#include "services/exchange/terms.h"

#include <string.h>

/* What a cancel-replace was asked for. */
struct change {
	struct ledger_order terms;
	enum respond respond;
	bool goes_on; /* ALLOW_FAILURE: places although it could not cancel */
	bool cancels; /* CANCEL_ONLY: cancels although no more orders may be placed */
	text_t cancel_client;
	const struct account_order *old;
};

static bool read_choice(struct call *call, const char *name, const char *other, const char *chosen,
                        bool required, bool *out)
{
	const char *text = NULL;
	if (!params_text(&call->params, name, required, &text, &call->refusal))
		return false;
	*out = text != NULL && strcmp(text, chosen) == 0;
	if (text == NULL || *out || strcmp(text, other) == 0)
		return true;
	refusal_set(&call->refusal, 400, -1130, "Data sent for parameter '%s' is not valid.", name);
	return false;
}

static bool read_change(struct exchange *self, struct call *call, struct change *out)
{
	/* Marked as read; the cancel looks at it. */
	params_find(&call->params, "cancelRestrictions");
	return terms_read(self, call, &terms_of_order, &out->terms) &&
	       read_choice(call, "cancelReplaceMode", "STOP_ON_FAILURE", "ALLOW_FAILURE", true,
	                   &out->goes_on) &&
	       read_choice(call, "orderRateLimitExceededMode", "DO_NOTHING", "CANCEL_ONLY", false,
	                   &out->cancels) &&
	       terms_read_client_id(call, "cancelNewClientOrderId", &out->cancel_client) &&
	       terms_read_respond(call, out->terms.type, &out->respond) &&
	       terms_find_order(self, call, "cancelOrderId", "cancelOrigClientOrderId",
	                        &out->old) &&
	       params_all_read(&call->params, &call->refusal) &&
	       engine_accepts(self, call->turn, &out->terms, &call->refusal);
}

static json_t *render_refusal(const struct refusal *refusal)
{
	return json_pack("{s:i, s:s}", "code", refusal->code, "msg", refusal->text);
}

/* One half of the answer. */
static void tell_half(json_t *data, const char *result, const char *response, const char *word,
                      json_t *told)
{
	json_object_set_new(data, result, json_string(word));
	json_object_set_new(data, response, told);
}

static bool cancel_old(struct exchange *self, struct call *call, const struct change *change,
                       json_t *data)
{
	const struct account_order *old = change->old;
	struct call alone = *call;
	bool is_open = old != NULL && account_is_open(old);
	if (!is_open)
		refusal_set(&alone.refusal, 400, -2011, "Unknown order sent.");
	bool done = is_open && terms_allow_cancel(&alone, old);
	if (done) {
		engine_cancel(self, call->turn, old->id, change->cancel_client.text);
		tell_half(data, "cancelResult", "cancelResponse", "SUCCESS",
		          render_cancelled(self, old, change->cancel_client.text));
	} else {
		tell_half(data, "cancelResult", "cancelResponse", "FAILURE",
		          render_refusal(&alone.refusal));
	}
	return done;
}

static bool place_new(struct exchange *self, struct call *call, struct change *change, json_t *data)
{
	struct refusal refusal = {.status = 400};
	uint64_t before = self->account.fill_count;
	bool done = false;
	if (exchange_draws(call->turn, self->config->reject_pct))
		refusal_set(&refusal, 400, -2010, "Market is closed.");
	else
		done = engine_place(self, call->turn, &change->terms, &refusal);
	if (done)
		tell_half(data, "newOrderResult", "newOrderResponse", "SUCCESS",
		          render_placed(self, account_order(&self->account, change->terms.venue_id),
		                        change->respond, self->account.fill_count - before));
	else
		tell_half(data, "newOrderResult", "newOrderResponse", "FAILURE",
		          render_refusal(&refusal));
	return done;
}

static void refuse_halves(struct call *call, bool is_partial, unsigned status, json_t *data)
{
	call->data = data;
	call->refusal.status = status;
	refusal_set(&call->refusal, status, is_partial ? -2021 : -2022,
	            is_partial ? "Order cancel-replace partially failed."
	                       : "Order cancel-replace failed.");
}

/* No more orders may be placed: nothing is done, or the old one is cancelled all the same. */
static bool refuse_count(struct exchange *self, struct call *call, const struct change *change)
{
	if (!change->cancels)
		return false;
	json_t *data = json_object();
	json_t *error = render_refusal(&call->refusal);
	bool cancelled = cancel_old(self, call, change, data);
	tell_half(data, "newOrderResult", "newOrderResponse", "FAILURE", error);
	refuse_halves(call, cancelled, 429, data);
	return false;
}

bool call_order_replace(struct exchange *self, struct call *call)
{
	struct change change = {.goes_on = false};
	if (!read_change(self, call, &change))
		return false;
	if (!terms_count(self, call))
		return refuse_count(self, call, &change);
	json_t *data = json_object();
	bool cancelled = cancel_old(self, call, &change, data), placed = false;
	if (cancelled || change.goes_on)
		placed = place_new(self, call, &change, data);
	else
		tell_half(data, "newOrderResult", "newOrderResponse", "NOT_ATTEMPTED", json_null());
	if (cancelled && placed) {
		call->result = data;
		return true;
	}
	refuse_halves(call, cancelled || placed, cancelled || placed ? 409 : 400, data);
	return false;
}

static bool refuse_amend(struct call *call, const char *why)
{
	refusal_set(&call->refusal, 400, -2038, "The order amend is rejected: %s.", why);
	return false;
}

/* A new id of its own, unless one was sent; that may be the order's own. */
static bool read_amended_id(struct exchange *self, struct call *call,
                            const struct account_order *order, text_t *out)
{
	if (!terms_read_client_id(call, "newClientOrderId", out))
		return false;
	if (strcmp(out->text, order->client) == 0 ||
	    account_open_order_of(&self->account, order->symbol, out->text) == NULL)
		return true;
	refusal_set(&call->refusal, 400, -2010, "Duplicate order sent.");
	return false;
}

static bool allows_amend(struct exchange *self, struct call *call,
                         const struct account_order *order, decimal_t qty)
{
	struct ledger_order terms = {
		.symbol = self->instruments[order->symbol].symbol,
		.side = order->side,
		.type = order->type,
		.qty = qty,
		.price = order->price,
		.stop_price = order->stop_price,
	};
	if (order->amends >= EXCHANGE_AMENDS_MAX)
		return refuse_amend(call, "too many amends of this order");
	if (order->list_id != 0)
		return refuse_amend(call, "the order belongs to a list");
	if (decimal_compare(qty, order->qty) >= 0)
		return refuse_amend(call, "the quantity must become less");
	if (decimal_compare(qty, order->executed) <= 0)
		return refuse_amend(call, "so much is executed already");
	return engine_accepts_amend(self, call->turn, &terms, &call->refusal);
}

bool call_order_amend(struct exchange *self, struct call *call)
{
	const struct account_order *order;
	decimal_t qty;
	text_t client;
	if (!terms_find_order(self, call, "orderId", "origClientOrderId", &order) ||
	    !params_amount(&call->params, "newQty", true, &qty, &call->refusal))
		return false;
	if (order == NULL || !account_is_open(order)) {
		refusal_set(&call->refusal, 400, -2013, "Order does not exist.");
		return false;
	}
	char old_client[CLIENT_ID_SIZE];
	memcpy(old_client, order->client, sizeof old_client);
	if (!read_amended_id(self, call, order, &client) ||
	    !params_all_read(&call->params, &call->refusal) ||
	    !allows_amend(self, call, order, qty))
		return false;
	engine_amend(self, call->turn, order->id, client.text, qty);
	call->result = render_amended(self, order, old_client);
	return true;
}
