/* SPDX-License-Identifier: Apache-2.0 */
#include "services/exchange/userdata.h"

#include "services/exchange/render.h"

#include <string.h>

static bool has_listeners(const struct exchange *self)
{
	for (size_t i = 0; i < EXCHANGE_CLIENTS_MAX; i++)
		if (self->clients[i].id != 0 && self->clients[i].is_user)
			return true;
	return false;
}

static void send(struct exchange *self, struct turn *turn, json_t *event)
{
	size_t size =
		render_text(self, json_pack("{s:i, s:o}", "subscriptionId", 0, "event", event));
	if (exchange_draws(turn, self->config->mute_pct))
		return;
	for (size_t i = 0; i < EXCHANGE_CLIENTS_MAX; i++)
		if (self->clients[i].id != 0 && self->clients[i].is_user)
			outbox_answer_frame(turn->out, self->clients[i].id, self->text, size);
}

static void add_decimal(json_t *event, const char *key, decimal_t value)
{
	json_object_set_new(event, key, render_decimal(value));
}

static void add_text(json_t *event, const char *key, const char *value)
{
	json_object_set_new(event, key, json_string(value));
}

static void add_number(json_t *event, const char *key, int64_t value)
{
	json_object_set_new(event, key, json_integer(value));
}

static void add_terms(json_t *event, const struct account_order *order)
{
	add_text(event, "S", render_side(order->side));
	add_text(event, "o", render_type(order->type));
	add_text(event, "f", render_time_in_force(order->time_in_force));
	add_decimal(event, "q", order->qty);
	add_decimal(event, "p", order->price);
	add_decimal(event, "P", order->stop_price);
	add_decimal(event, "F", DECIMAL_ZERO);
	add_number(event, "g", order->list_id == 0 ? -1 : (int64_t)order->list_id);
}

static void add_fill(json_t *event, const struct account_fill *fill, const name_t *fee_asset)
{
	add_decimal(event, "L", fill == NULL ? DECIMAL_ZERO : fill->price);
	add_text(event, "n", "0");
	json_object_set_new(event, "N", json_null());
	if (fill != NULL) {
		add_decimal(event, "n", fill->fee);
		add_text(event, "N", fee_asset->text);
	}
}

static bool rests(const struct account_order *order)
{
	return order->working && account_is_open(order) &&
	       order->time_in_force == TIME_IN_FORCE_GTC && order->type != ORDER_TYPE_MARKET;
}

static json_t *report(const struct exchange *self, const struct turn *turn,
                      const struct account_order *order, const char *execution,
                      const struct account_fill *fill, const char *cancel)
{
	const struct instrument *instrument = &self->instruments[order->symbol];
	json_t *event = json_pack("{s:s, s:I, s:s, s:s}", "e", "executionReport", "E",
	                          (json_int_t)render_time(turn->at), "s", instrument->symbol.text,
	                          "c", cancel == NULL ? order->client : cancel);
	add_terms(event, order);
	add_text(event, "C", cancel == NULL ? "" : order->client);
	add_text(event, "x", execution);
	add_text(event, "X", render_status(order->status));
	add_text(event, "r", "NONE");
	add_number(event, "i", (int64_t)order->id);
	add_decimal(event, "l", fill == NULL ? DECIMAL_ZERO : fill->qty);
	add_decimal(event, "z", order->executed);
	add_fill(event, fill, account_received_asset(instrument, order->side));
	add_number(event, "T", render_time(order->updated));
	add_number(event, "t", fill == NULL ? -1 : (int64_t)fill->trade_id);
	add_number(event, "I", (int64_t)self->account.records);
	json_object_set_new(event, "w", json_boolean(rests(order)));
	json_object_set_new(event, "m", json_boolean(fill != NULL && fill->maker));
	json_object_set_new(event, "M", json_false());
	add_number(event, "O", render_time(order->created));
	add_decimal(event, "Z", order->turnover);
	decimal_t quote = DECIMAL_ZERO;
	if (fill != NULL && decimal_multiply(fill->price, fill->qty, &quote) != OK)
		quote = DECIMAL_ZERO;
	add_decimal(event, "Y", quote);
	add_decimal(event, "Q", order->quote_qty);
	if (order->working)
		add_number(event, "W", render_time(order->worked));
	add_text(event, "V", "NONE");
	if (order->reason.size > 0)
		add_text(event, "eR", order->reason.text);
	return event;
}

void userdata_order(struct exchange *self, struct turn *turn, uint64_t id, const char *execution,
                    const struct account_fill *fill, const char *cancel)
{
	if (has_listeners(self))
		send(self, turn,
		     report(self, turn, account_order(&self->account, id), execution, fill,
		            cancel));
}

void userdata_amended(struct exchange *self, struct turn *turn, uint64_t id, const char *before)
{
	if (!has_listeners(self))
		return;
	json_t *event =
		report(self, turn, account_order(&self->account, id), "REPLACED", NULL, NULL);
	add_text(event, "C", before);
	send(self, turn, event);
}

static json_t *list_orders(const struct exchange *self, const struct account_list *list)
{
	json_t *orders = json_array();
	for (unsigned i = 0; i < list->count; i++) {
		const struct account_order *order = account_order(&self->account, list->orders[i]);
		if (order != NULL)
			json_array_append_new(
				orders, json_pack("{s:s, s:I, s:s}", "s",
			                          self->instruments[list->symbol].symbol.text, "i",
			                          (json_int_t)order->id, "c", order->client));
	}
	return orders;
}

void userdata_list(struct exchange *self, struct turn *turn, uint64_t id)
{
	const struct account_list *list = account_list(&self->account, id);
	if (!has_listeners(self))
		return;
	json_t *event = json_pack("{s:s, s:I, s:s, s:I, s:s}", "e", "listStatus", "E",
	                          (json_int_t)render_time(turn->at), "s",
	                          self->instruments[list->symbol].symbol.text, "g", (json_int_t)id,
	                          "c", render_contingency(list->contingency));
	bool is_open = account_list_is_open(&self->account, list);
	add_text(event, "l", render_list_type(is_open));
	add_text(event, "L", render_list_status(is_open));
	add_text(event, "r", "NONE");
	add_text(event, "C", list->client);
	add_number(event, "T", render_time(turn->at));
	json_object_set_new(event, "O", list_orders(self, list));
	send(self, turn, event);
}

void userdata_account(struct exchange *self, struct turn *turn, unsigned symbol)
{
	if (!has_listeners(self))
		return;
	const name_t *assets[] = {&self->instruments[symbol].base,
	                          &self->instruments[symbol].quote};
	json_t *balances = json_array();
	for (size_t i = 0; i < 2; i++)
		json_array_append_new(
			balances,
			json_pack("{s:s, s:o, s:o}", "a", assets[i]->text, "f",
		                  render_decimal(account_free(&self->account, assets[i])), "l",
		                  render_decimal(account_locked(&self->account, assets[i]))));
	send(self, turn,
	     json_pack("{s:s, s:I, s:I, s:o}", "e", "outboundAccountPosition", "E",
	               (json_int_t)render_time(turn->at), "u",
	               (json_int_t)render_time(self->account.updated), "B", balances));
}
