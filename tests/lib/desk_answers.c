/* SPDX-License-Identifier: Apache-2.0 */
/* What the small exchange answers to each kind of call. */
#include "tests/lib/desk.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/desk_change.h"
#include "tests/lib/desk_market.h"

static struct desk_call take_call(struct desk *self, struct desk_call *call)
{
	struct desk_call taken = *call;
	size_t at = (size_t)(call - self->calls);

	memmove(call, call + 1, (--self->call_count - at) * sizeof *call);
	return taken;
}

static void message(struct desk *self, const struct desk_call *call, enum message_type type,
                    const void *body)
{
	desk_event(self, EVENT_MESSAGE, call->token, type, body);
}

static void reply_words(struct desk *self, const struct desk_call *call, enum evidence evidence,
                        uint64_t code, const char *words)
{
	struct venue_answer answer = {
		.evidence = evidence,
		.code = code,
		.text = text_from(words),
		.sent = call->sent,
		.server_time = self->now + self->clock_offset,
	};

	desk_event(self, EVENT_REPLY, call->token, MESSAGE_VENUE_ANSWER, &answer);
}

static void reply(struct desk *self, const struct desk_call *call, enum evidence evidence,
                  uint64_t code)
{
	reply_words(self, call, evidence, code, "desk");
}

static const char *parameter(const struct desk_call *call, const char *name)
{
	const char *at = strstr(call->request.query, name);

	assert(at != NULL);
	return at + strlen(name);
}

static ident_t client_id_in(const struct desk_call *call, const char *name)
{
	ident_t id;
	enum err err = ident_parse(parameter(call, name), IDENT_TEXT_SIZE - 1, &id);

	assert(err == OK);
	return id;
}

static struct desk_order *order_named(struct desk *self, const struct desk_call *call,
                                      const char *name)
{
	const char *number = strstr(call->request.query, "orderId=");
	ident_t id = number != NULL ? (ident_t){0, 0} : client_id_in(call, name);

	for (size_t i = 0; i < self->order_count; i++)
		if (number != NULL ? self->orders[i].told.venue_id == strtoull(number + 8, NULL, 10)
		                   : ident_equals(self->orders[i].told.client_id, id))
			return &self->orders[i];
	return NULL;
}

static decimal_t decimal_in(const struct desk_call *call, const char *name)
{
	const char *text = strstr(call->request.query, name);
	decimal_t value = DECIMAL_ZERO;

	if (text != NULL) {
		text += strlen(name);
		enum err err = decimal_parse(text, strcspn(text, "&"), &value);
		assert(err == OK);
	}
	return value;
}

static enum order_type type_in(const struct desk_call *call)
{
	const char *text = parameter(call, "&type=");
	char word[32];

	snprintf(word, sizeof word, "%.*s", (int)strcspn(text, "&"), text);
	return (enum order_type)enum_parse(&enum_order_type, word);
}

struct desk_order *desk_place(struct desk *self, const struct desk_call *call)
{
	struct desk_order *order = &self->orders[self->order_count++];

	assert(self->order_count < DESK_ORDERS_MAX);
	self->orders_received++;
	order->told = (struct venue_order){
		.symbol = call->request.symbol,
		.client_id = client_id_in(call, "newClientOrderId="),
		.client_text = text_from("ours"),
		.venue_id = 1000 + self->order_count,
		.status = VENUE_STATUS_NEW,
		.side = strncmp(parameter(call, "side="), "BUY", 3) == 0 ? SIDE_BUY : SIDE_SELL,
		.type = type_in(call),
		.qty = decimal_in(call, "quantity="),
		.price = decimal_in(call, "price="),
		.at = self->now + self->clock_offset,
	};
	order->stop_price = decimal_in(call, "stopPrice=");
	desk_trade(self, order);
	return order;
}

static void tell_order(struct desk *self, const struct desk_call *call,
                       const struct desk_order *order, enum source source)
{
	struct venue_order told = order->told;

	told.source = source;
	message(self, call, MESSAGE_VENUE_ORDER, &told);
}

static void answer_order(struct desk *self, const struct desk_call *call)
{
	struct desk_order *order = order_named(self, call, "newClientOrderId=");

	if (desk_would_trigger(self, type_in(call), decimal_in(call, "stopPrice="))) {
		reply_words(self, call, EVIDENCE_REFUSED, 2010, "Order would trigger immediately.");
		return;
	}
	order = order != NULL ? order : desk_place(self, call);
	tell_order(self, call, order, SOURCE_ACK);
	for (size_t i = 0; i < self->fill_count && !self->crashed; i++)
		if (ident_equals(self->fills[i].client_id, order->told.client_id))
			message(self, call, MESSAGE_VENUE_FILL, &self->fills[i]);
	reply(self, call, EVIDENCE_EXISTS, 0);
}

static void answer_query(struct desk *self, const struct desk_call *call)
{
	const struct desk_order *order = order_named(self, call, "origClientOrderId=");
	bool is_seen = order != NULL && !order->hidden && !order->queued;

	if (is_seen)
		tell_order(self, call, order, SOURCE_QUERY);
	reply(self, call, is_seen ? EVIDENCE_EXISTS : EVIDENCE_ABSENT, is_seen ? 0 : 2013);
}

static bool is_open(const struct desk_order *order)
{
	return order->told.status == VENUE_STATUS_NEW ||
	       order->told.status == VENUE_STATUS_PARTIALLY_FILLED;
}

static struct desk_order *cancel(struct desk *self, const struct desk_call *call)
{
	struct desk_order *order = order_named(self, call, "origClientOrderId=");

	if (order == NULL || !is_open(order) || order->queued)
		return NULL;
	order->told.status = VENUE_STATUS_CANCELED;
	return order;
}

static void answer_cancel(struct desk *self, const struct desk_call *call)
{
	const struct desk_order *order = cancel(self, call);

	if (order != NULL)
		tell_order(self, call, order, SOURCE_ACK);
	reply(self, call, order == NULL ? EVIDENCE_REFUSED : EVIDENCE_EXISTS, 2011);
}

static void answer_open_orders(struct desk *self, const struct desk_call *call)
{
	for (size_t i = 0; i < self->order_count; i++)
		if (is_open(&self->orders[i]) && !self->orders[i].hidden && !self->orders[i].queued)
			tell_order(self, call, &self->orders[i], SOURCE_QUERY);
	reply(self, call, EVIDENCE_EXISTS, 0);
}

/* As on the exchange: a list of executions names the order by the exchange's id only. */
static void answer_trades(struct desk *self, const struct desk_call *call)
{
	const char *number = strstr(call->request.query, "fromId=");
	uint64_t from = number == NULL ? 0 : strtoull(number + 7, NULL, 10);
	nanos_t now = self->now + self->clock_offset;
	size_t i = number == NULL && self->fill_count > 0 ? self->fill_count - 1 : 0;

	for (; i < self->fill_count; i++) {
		struct venue_fill fill = self->fills[i];
		if (fill.trade_id < from || (i % 2 == 0 && fill.at + self->trades_lag > now))
			continue;
		fill.client_id = (ident_t){0, 0};
		fill.source = SOURCE_QUERY;
		message(self, call, MESSAGE_VENUE_FILL, &fill);
	}
	reply(self, call, EVIDENCE_EXISTS, 0);
}

static void answer_balances(struct desk *self, const struct desk_call *call)
{
	struct venue_balance base = {.asset = name_from("BTC"), .free = self->base_free};

	base.at = self->now + self->clock_offset;
	if (decimal_sign(base.free) > 0)
		message(self, call, MESSAGE_VENUE_BALANCE, &base);
	reply(self, call, EVIDENCE_EXISTS, 0);
}

static void answer_call(struct desk *self, struct desk_call *waiting)
{
	static void (*const answers[CALL_KIND_COUNT])(struct desk *, const struct desk_call *) = {
		[CALL_KIND_ORDER] = answer_order,
		[CALL_KIND_QUERY] = answer_query,
		[CALL_KIND_CANCEL] = answer_cancel,
		[CALL_KIND_CANCEL_FRAME] = answer_cancel,
		[CALL_KIND_OPEN_ORDERS] = answer_open_orders,
		[CALL_KIND_TRADES] = answer_trades,
		[CALL_KIND_BALANCES] = answer_balances,
		[CALL_KIND_WHOSE] = answer_query,
		[CALL_KIND_REPLACE] = desk_answer_change,
	};
	struct desk_call call = take_call(self, waiting);

	if (answers[token_kind(call.token)] != NULL)
		answers[token_kind(call.token)](self, &call);
	else
		reply(self, &call, EVIDENCE_EXISTS, 0);
}

void desk_answer(struct desk *self, enum call_kind kind)
{
	struct desk_call *call = desk_call(self, kind);

	assert(call != NULL);
	answer_call(self, call);
}

void desk_lose_answer(struct desk *self, enum call_kind kind)
{
	struct desk_call *waiting = desk_call(self, kind);

	assert(waiting != NULL);
	struct desk_call call = take_call(self, waiting);
	if (kind == CALL_KIND_ORDER)
		desk_place(self, &call);
	else if (kind == CALL_KIND_CANCEL || kind == CALL_KIND_CANCEL_FRAME)
		cancel(self, &call);
	else if (kind == CALL_KIND_REPLACE)
		desk_change(self, &call);
	reply(self, &call, EVIDENCE_NOTHING, 0);
}

void desk_refuse(struct desk *self, enum call_kind kind, enum evidence evidence, uint64_t code)
{
	struct desk_call *waiting = desk_call(self, kind);

	assert(waiting != NULL);
	struct desk_call call = take_call(self, waiting);
	reply(self, &call, evidence, code);
}

void desk_answer_all(struct desk *self)
{
	while (self->call_count > 0 && !self->crashed)
		answer_call(self, &self->calls[0]);
}
