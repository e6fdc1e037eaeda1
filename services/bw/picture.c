/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/picture.h"

#include "common/model/lifecycle.h"
#include "common/model/position.h"

#include <assert.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

const enum message_type picture_types[] = {
	MESSAGE_CHILD_STATE,    MESSAGE_TRADING_STATE, MESSAGE_MARKET_STATE, MESSAGE_INSTRUMENT,
	MESSAGE_TICK,           MESSAGE_ORDER,         MESSAGE_FILL,         MESSAGE_POSITION,
	MESSAGE_BALANCE,        MESSAGE_ORDER_COUNTS,  MESSAGE_LATENCY,      MESSAGE_BOT_STATE,
	MESSAGE_ALERT,          MESSAGE_STACK_STATE,   MESSAGE_REC_REPORT,   MESSAGE_REC_LINE,
	MESSAGE_REC_DIFFERENCE,
};
const size_t picture_type_count = LENGTH(picture_types);

void picture_init(struct picture *self, nanos_t silence_max)
{
	memset(self, 0, sizeof *self);
	self->silence_max = silence_max;
}

/* Place of a new item: the end of a list, or its last one when it is full. A screen may forget,
 * never overflow. */
static size_t new_place(size_t *count, size_t max)
{
	return *count < max ? (*count)++ : max - 1;
}

static struct picture_service *service_of(struct picture *self, const name_t *name)
{
	for (size_t i = 0; i < self->service_count; i++)
		if (name_equals(&self->services[i].name, name))
			return &self->services[i];
	struct picture_service *service =
		&self->services[new_place(&self->service_count, PICTURE_SERVICES_MAX)];
	*service = (struct picture_service){.name = *name};
	return service;
}

void picture_expect(struct picture *self, const char *service)
{
	name_t name = name_from(service);
	service_of(self, &name);
}

static struct picture_market *market_of(struct picture *self, const name_t *symbol)
{
	for (size_t i = 0; i < self->market_count; i++)
		if (name_equals(&self->markets[i].symbol, symbol))
			return &self->markets[i];
	struct picture_market *market =
		&self->markets[new_place(&self->market_count, PICTURE_SYMBOLS_MAX)];
	*market = (struct picture_market){.symbol = *symbol};
	return market;
}

bool picture_is_open(const struct order *order)
{
	return !order_status_is_terminal(order->status);
}

/* Room for one more order: the end that lies back longest goes. */
static struct order *order_to_forget(struct picture *self)
{
	struct order *oldest = &self->orders[0];
	for (size_t i = 0; i < self->order_count; i++) {
		struct order *order = &self->orders[i];
		bool is_better = picture_is_open(oldest) && !picture_is_open(order);
		if (is_better || (!picture_is_open(order) && order->updated < oldest->updated))
			oldest = order;
	}
	return oldest;
}

static void take_order(struct picture *self, const struct order *order)
{
	for (size_t i = 0; i < self->order_count; i++) {
		if (!ident_equals(self->orders[i].client_id, order->client_id))
			continue;
		if (order->version >= self->orders[i].version)
			self->orders[i] = *order;
		return;
	}
	if (self->order_count < PICTURE_ORDERS_MAX)
		self->orders[self->order_count++] = *order;
	else
		*order_to_forget(self) = *order;
}

/* One without an execution only keeps the terms of a stop. */
static void take_position(struct picture *self, const struct position *position)
{
	if (position->fills == 0)
		return;
	for (size_t i = 0; i < self->position_count; i++) {
		struct position *old = &self->positions[i];
		if (!name_equals(&old->symbol, &position->symbol) ||
		    !name_equals(&old->bot, &position->bot))
			continue;
		*old = *position;
		return;
	}
	self->positions[new_place(&self->position_count, PICTURE_POSITIONS_MAX)] = *position;
}

static void take_balance(struct picture *self, const struct balance *balance)
{
	for (size_t i = 0; i < self->balance_count; i++) {
		if (!name_equals(&self->balances[i].asset, &balance->asset))
			continue;
		self->balances[i] = *balance;
		return;
	}
	self->balances[new_place(&self->balance_count, PICTURE_BALANCES_MAX)] = *balance;
}

static void insert_alert(struct picture *self, const struct alert *alert)
{
	size_t at = self->alert_count;
	while (at > 0 && self->alerts[at - 1].number > alert->number)
		at--;
	if (self->alert_count == PICTURE_ALERTS_MAX) {
		if (at == 0)
			return;
		memmove(&self->alerts[0], &self->alerts[1], (at - 1) * sizeof *alert);
		self->alerts[at - 1] = *alert;
		return;
	}
	memmove(&self->alerts[at + 1], &self->alerts[at], (self->alert_count - at) * sizeof *alert);
	self->alerts[at] = *alert;
	self->alert_count++;
}

/* Only the alert service numbers them; what others publish comes back through it. */
static void take_alert(struct picture *self, const struct alert *alert)
{
	if (alert->number == 0)
		return;
	for (size_t i = self->alert_count; i > 0; i--) {
		if (self->alerts[i - 1].number != alert->number)
			continue;
		self->alerts[i - 1] = *alert;
		return;
	}
	insert_alert(self, alert);
}

static void take_latency(struct picture *self, const struct latency *latency)
{
	for (size_t i = 0; i < self->latency_count; i++) {
		if (!name_equals(&self->latencies[i].stage, &latency->stage))
			continue;
		self->latencies[i] = *latency;
		return;
	}
	self->latencies[new_place(&self->latency_count, PICTURE_LATENCIES_MAX)] = *latency;
}

static void take_line(struct picture *self, const struct rec_line *line)
{
	for (size_t i = 0; i < self->line_count; i++) {
		if (!name_equals(&self->lines[i].subject, &line->subject))
			continue;
		self->lines[i] = *line;
		return;
	}
	self->lines[new_place(&self->line_count, PICTURE_LINES_MAX)] = *line;
}

static void take_difference(struct picture *self, const struct rec_difference *difference)
{
	if (difference->place < 1 || difference->place > PICTURE_DIFFERENCES_MAX)
		return;
	if (difference->place > self->difference_count)
		self->difference_count = difference->place;
	self->differences[difference->place - 1] = *difference;
}

static void take_bot(struct picture *self, const struct bot_state *bot)
{
	for (size_t i = 0; i < self->bot_count; i++) {
		if (!name_equals(&self->bots[i].bot, &bot->bot))
			continue;
		self->bots[i] = *bot;
		return;
	}
	self->bots[new_place(&self->bot_count, PICTURE_BOTS_MAX)] = *bot;
}

static void take_heartbeat(struct picture *self, const struct envelope *envelope,
                           const struct heartbeat *heartbeat, nanos_t now)
{
	struct picture_service *service = service_of(self, &envelope->sender);
	service->heard = now;
	service->heartbeat = *heartbeat;
}

static void take_tick(struct picture *self, const struct tick *tick, nanos_t now)
{
	struct picture_market *market = market_of(self, &tick->symbol);
	market->tick = *tick;
	market->ticked = now;
}

static void take_fill(struct picture *self, const struct fill *fill)
{
	self->last_fill = *fill;
	self->fills_seen++;
}

void picture_take(struct picture *self, const struct envelope *envelope, const void *body,
                  nanos_t now)
{
	bool is_risk = name_is(&envelope->sender, "risk");
	switch (envelope->type) {
	case MESSAGE_HEARTBEAT: take_heartbeat(self, envelope, body, now); break;
	case MESSAGE_CHILD_STATE: {
		const struct child_state *child = body;
		service_of(self, &child->service)->child = *child;
		break;
	}
	case MESSAGE_TRADING_STATE:
		*(is_risk ? &self->risk : &self->executor) = *(const struct trading_state *)body;
		break;
	case MESSAGE_MARKET_STATE: {
		const struct market_state *state = body;
		market_of(self, &state->symbol)->state = *state;
		break;
	}
	case MESSAGE_INSTRUMENT: {
		const struct instrument *instrument = body;
		market_of(self, &instrument->symbol)->instrument = *instrument;
		break;
	}
	case MESSAGE_TICK: take_tick(self, body, now); break;
	case MESSAGE_ORDER: take_order(self, body); break;
	case MESSAGE_FILL: take_fill(self, body); break;
	case MESSAGE_POSITION: take_position(self, body); break;
	case MESSAGE_BALANCE: take_balance(self, body); break;
	case MESSAGE_ORDER_COUNTS: self->counts = *(const struct order_counts *)body; break;
	case MESSAGE_LATENCY: take_latency(self, body); break;
	case MESSAGE_BOT_STATE: take_bot(self, body); break;
	case MESSAGE_ALERT: take_alert(self, body); break;
	case MESSAGE_STACK_STATE: self->stack = *(const struct stack_state *)body; break;
	case MESSAGE_REC_REPORT: self->report = *(const struct rec_report *)body; break;
	case MESSAGE_REC_LINE: take_line(self, body); break;
	case MESSAGE_REC_DIFFERENCE: take_difference(self, body); break;
	default: break;
	}
}

const struct picture_service *picture_service(const struct picture *self, const char *name)
{
	for (size_t i = 0; i < self->service_count; i++)
		if (name_is(&self->services[i].name, name))
			return &self->services[i];
	return NULL;
}

const struct picture_market *picture_market(const struct picture *self, const name_t *symbol)
{
	for (size_t i = 0; i < self->market_count; i++)
		if (name_equals(&self->markets[i].symbol, symbol))
			return &self->markets[i];
	return NULL;
}

enum service_status picture_status(const struct picture *self,
                                   const struct picture_service *service, nanos_t now)
{
	bool is_told = service->child.service.size > 0;
	if (is_told && service->child.pid == 0)
		return service->child.status;
	if (name_is(&service->name, "redis")) /* no program of ours: it has no heartbeat */
		return is_told ? service->child.status : SERVICE_STATUS_STARTING;
	bool is_old =
		service->heard != 0 && is_told && service->heartbeat.pid != service->child.pid;
	if (service->heard == 0 || is_old)
		return self->has_waited && is_told ? SERVICE_STATUS_HUNG : SERVICE_STATUS_STARTING;
	if (now - service->heard > self->silence_max)
		return is_told ? SERVICE_STATUS_HUNG : SERVICE_STATUS_DEAD;
	return service->heartbeat.status;
}

uint64_t picture_pid(const struct picture_service *service)
{
	return service->child.service.size > 0 ? service->child.pid : service->heartbeat.pid;
}

const struct trading_state *picture_trading(const struct picture *self)
{
	const struct trading_state *sterner =
		self->risk.status >= self->executor.status ? &self->risk : &self->executor;
	return sterner->status == 0 ? NULL : sterner;
}

bool picture_unrealised(const struct picture *self, const struct position *position, decimal_t *out)
{
	const struct picture_market *market = picture_market(self, &position->symbol);
	if (market == NULL || market->ticked == 0)
		return false;
	return position_unrealised(position, market->tick.bid, out) == OK;
}

uint64_t picture_restarts(const struct picture_service *service)
{
	return service->restarts_before + service->child.restarts;
}

void picture_lose_supervisor(struct picture *self)
{
	for (size_t i = 0; i < self->service_count; i++) {
		struct picture_service *service = &self->services[i];
		if (name_is(&service->name, "supervisor") || service->child.service.size == 0)
			continue;
		service->restarts_before += service->child.restarts + 1;
		service->child.restarts = 0;
	}
}

/* The market that prices an asset; NULL for a quote asset and for what isn't traded. */
static const struct picture_market *market_of_base(const struct picture *self, const name_t *asset)
{
	for (size_t i = 0; i < self->market_count; i++)
		if (name_equals(&self->markets[i].instrument.base, asset))
			return &self->markets[i];
	return NULL;
}

static bool value_of(const struct picture *self, const struct balance *balance, const name_t *quote,
                     decimal_t *out)
{
	decimal_t amount;
	if (decimal_add(balance->free, balance->locked, &amount) != OK)
		return false;
	*out = amount;
	if (name_equals(&balance->asset, quote) || decimal_sign(amount) == 0)
		return true;
	const struct picture_market *market = market_of_base(self, &balance->asset);
	if (market == NULL || market->ticked == 0 || !name_equals(&market->instrument.quote, quote))
		return false;
	if (decimal_round_places(amount, 8, ROUND_DOWN, &amount) != OK)
		return false;
	return decimal_multiply(amount, market->tick.bid, out) == OK;
}

static void add(decimal_t *sum, decimal_t value, bool *is_good)
{
	if (decimal_add(*sum, value, sum) != OK)
		*is_good = false;
}

static void sum_money(const struct picture *self, struct picture_sums *out)
{
	for (size_t i = 0; i < self->balance_count; i++) {
		decimal_t value;
		if (value_of(self, &self->balances[i], &out->quote, &value))
			add(&out->equity, value, &out->is_valued);
		else
			out->is_valued = false;
	}
	for (size_t i = 0; i < self->position_count; i++) {
		decimal_t unrealised;
		add(&out->realised, self->positions[i].realised, &out->is_valued);
		add(&out->fees, self->positions[i].fees, &out->is_valued);
		if (picture_unrealised(self, &self->positions[i], &unrealised))
			add(&out->unrealised, unrealised, &out->is_valued);
	}
}

static void sum_markets(const struct picture *self, nanos_t now, struct picture_sums *out)
{
	for (size_t i = 0; i < self->market_count; i++) {
		const struct picture_market *market = &self->markets[i];
		out->messages += market->state.messages;
		out->gaps += market->state.gaps;
		out->resyncs += market->state.resyncs;
		out->refused += market->state.refused;
		if (market->instrument.quote.size > 0 && out->quote.size == 0)
			out->quote = market->instrument.quote;
		if (market->ticked != 0 &&
		    (out->tick_age < 0 || now - market->ticked < out->tick_age))
			out->tick_age = now - market->ticked;
	}
}

void picture_sum(const struct picture *self, nanos_t now, struct picture_sums *out)
{
	*out = (struct picture_sums){.tick_age = -1, .is_valued = self->balance_count > 0};
	sum_markets(self, now, out);
	sum_money(self, out);
	for (size_t i = 0; i < self->order_count; i++)
		out->open += picture_is_open(&self->orders[i]);
}
