/* SPDX-License-Identifier: Apache-2.0 */
/* Map: memory and context; candles and timer; the table of open orders; ends of calls. */
#include "services/strategy/bots.h"

#include "common/model/lifecycle.h"
#include "services/strategy/gate.h"
#include "services/strategy/plugins/plugins.h"

#include <assert.h>

enum { MEMORY_ALIGN = 16 };

/* How long after an intent's expiry news of its order may still be under way. */
#define SETTLE_TIME (1500 * NANOS_MS)

static size_t params_room(const struct strategy *plugin)
{
	return (plugin->params->size + MEMORY_ALIGN - 1) / MEMORY_ALIGN * MEMORY_ALIGN;
}

size_t bot_memory_needed(const struct strategy *plugin)
{
	return params_room(plugin) + plugin->state_size;
}

static void *state_of(struct bot *self)
{
	return self->memory + params_room(self->plugin);
}

static bool makes_candles(const struct bot *self)
{
	return self->plugin->on_candle != NULL;
}

void bot_init(struct bot *self, const struct bot_config *config, uint32_t index,
              nanos_t candle_grace)
{
	text_t why;
	const struct strategy *plugin = plugin_named(&config->plugin);
	assert(plugin != NULL && bot_memory_needed(plugin) <= BOT_MEMORY_SIZE &&
	       plugin->params->size <= PARAMS_MAX);
	self->config = config;
	self->plugin = plugin;
	self->index = index;
	config_defaults(plugin->params, self->memory);
	enum err err = config_from_pairs(plugin->params, &config->params, self->memory, &why);
	assert(err == OK);
	(void)err;
	if (makes_candles(self)) {
		candle_init(&self->candles, plugin->candle_period(self->memory), candle_grace);
		candle_mark_gap(&self->candles); /* its first period has begun without us */
	}
	if (plugin->init != NULL)
		plugin->init(state_of(self), self->memory);
	self->state = (struct bot_state){
		.bot = config->name, .plugin = config->plugin, .symbol = config->symbol};
}

struct bot_context bot_context_of(struct bot_host *host, struct bot *self,
                                  const struct event *event, nanos_t cause, struct outbox *out)
{
	const struct market *market = &host->markets[self->market];
	return (struct bot_context){
		.now = event->now,
		.entropy = event->entropy,
		.state = state_of(self),
		.params = self->memory,
		.instrument = market->has_instrument ? &market->instrument : NULL,
		.tick = market->has_tick ? &market->tick : NULL,
		.held = self->position.qty,
		.orders = &self->orders,
		.host = host,
		.bot = self,
		.out = out,
		.cause = cause,
		.arrival = event->stamp,
	};
}

static nanos_t next_timer(const struct bot_context *context)
{
	const struct bot *self = context->bot;
	nanos_t due = makes_candles(self) ? candle_due(&self->candles) : 0;
	if (due != 0)
		due -= context->host->markets[self->market].ahead;
	if (due == 0 || (self->wake_at != 0 && self->wake_at < due))
		due = self->wake_at;
	return due;
}

static void arm(struct bot_context *context)
{
	struct bot *self = context->bot;
	nanos_t next = next_timer(context);
	if (next == self->timer_at)
		return;
	self->timer_at = next;
	outbox_set_timer(context->out, STRATEGY_TIMER_BOT + self->index, next);
}

void bot_take_tick(struct bot_context *context, const struct tick *tick)
{
	const struct bot *self = context->bot;
	if (!self->config->active || self->plugin->on_tick == NULL)
		return;
	self->plugin->on_tick(context, tick);
	arm(context);
}

void bot_take_trade(struct bot_context *context, const struct trade *trade)
{
	struct bot *self = context->bot;
	struct candle closed;
	if (!self->config->active)
		return;
	if (makes_candles(self) &&
	    candle_trade(&self->candles, trade->at, trade->price, trade->qty, &closed))
		self->plugin->on_candle(context, &closed);
	if (self->plugin->on_trade != NULL)
		self->plugin->on_trade(context, trade);
	arm(context);
}

void bot_take_timer(struct bot_context *context)
{
	struct bot *self = context->bot;
	struct candle closed;
	self->timer_at = 0;
	if (makes_candles(self) &&
	    candle_tick(&self->candles, context->now + context->host->markets[self->market].ahead,
	                &closed))
		self->plugin->on_candle(context, &closed);
	if (self->wake_at != 0 && self->wake_at <= context->now) {
		self->wake_at = 0;
		if (self->plugin->on_timer != NULL)
			self->plugin->on_timer(context);
	}
	arm(context);
}

void bot_take_fill(struct bot_context *context, const struct fill *fill)
{
	const struct bot *self = context->bot;
	if (!self->config->active || self->plugin->on_fill == NULL)
		return;
	self->plugin->on_fill(context, fill);
	arm(context);
}

void bot_mark_gap(struct bot *self)
{
	if (makes_candles(self))
		candle_mark_gap(&self->candles);
}

struct bot_order *bot_order_of(struct bot *self, ident_t intent_id)
{
	for (uint32_t i = 0; i < self->orders.count; i++)
		if (ident_equals(self->orders.items[i].intent_id, intent_id))
			return &self->orders.items[i];
	return NULL;
}

static void tell(struct bot_context *context, const struct bot_order *order)
{
	const struct bot *self = context->bot;
	if (!self->config->active || self->plugin->on_order == NULL)
		return;
	self->plugin->on_order(context, order);
	arm(context);
}

/* Out of the table first: the plugin may fill its place at once. */
static void close_order(struct bot_context *context, struct bot_order *order,
                        enum bot_order_stage stage)
{
	struct bot_orders *orders = &context->bot->orders;
	struct bot_order ended = *order;
	ended.stage = stage;
	*order = orders->items[--orders->count];
	tell(context, &ended);
}

static void refuse(struct bot_context *context, struct bot_order *order, const name_t *rule)
{
	order->rule = *rule;
	context->bot->state.refused++;
	close_order(context, order, BOT_ORDER_REFUSED);
}

static struct bot_order *adopt(struct bot_context *context, const struct order *order)
{
	struct bot_orders *orders = &context->bot->orders;
	if (orders->count == BOT_ORDERS_MAX) {
		outbox_note(context->out, SEVERITY_ERROR, "strategy.orders",
		            "%s has more than %d open orders: %s is not followed", order->bot.text,
		            BOT_ORDERS_MAX, order->symbol.text);
		return NULL;
	}
	struct bot_order *added = &orders->items[orders->count++];
	*added = (struct bot_order){.intent_id = order->intent_id, .adopted = true};
	return added;
}

static void update_order(struct bot_order *self, const struct order *order)
{
	self->stage = BOT_ORDER_OPEN;
	self->status = order->status;
	self->side = order->side;
	self->type = order->type;
	self->qty = order->qty;
	self->price = order->price;
	self->executed = order->executed;
	self->told = true;
	if (order->cancel == CANCEL_STATUS_SENT)
		self->cancelling = true;
	else if (order->cancel == CANCEL_STATUS_REFUSED)
		self->cancelling = false;
}

/* Nobody tends the orders of a bot that is switched off. */
static void cancel_idle(struct bot_context *context, const struct bot_order *order)
{
	if (context->bot->config->active || order->cancelling)
		return;
	enum err err = bot_cancel(context, order->intent_id, "switched_off");
	assert(err == OK);
	(void)err;
}

void bot_take_order(struct bot_context *context, const struct order *order)
{
	bool has_ended = order_status_is_terminal(order->status);
	struct bot_order *known = bot_order_of(context->bot, order->intent_id);
	if (known == NULL && !has_ended)
		known = adopt(context, order);
	if (known == NULL)
		return;
	update_order(known, order);
	if (has_ended) {
		close_order(context, known, BOT_ORDER_ENDED);
		return;
	}
	cancel_idle(context, known);
	struct bot_order copy = *known; /* the plugin may move the table under it */
	tell(context, &copy);
}

void bot_forget_told(struct bot *self)
{
	for (uint32_t i = 0; i < self->orders.count; i++)
		self->orders.items[i].told = false;
}

void bot_drop_untold(struct bot_context *context)
{
	struct bot_orders *orders = &context->bot->orders;
	for (uint32_t i = orders->count; i-- > 0;)
		if (orders->items[i].stage == BOT_ORDER_OPEN && !orders->items[i].told)
			close_order(context, &orders->items[i], BOT_ORDER_GONE);
}

void bot_drop_expired(struct bot_context *context)
{
	struct bot_orders *orders = &context->bot->orders;
	for (uint32_t i = orders->count; i-- > 0;) {
		struct bot_order *order = &orders->items[i];
		if (order->stage == BOT_ORDER_ASKED && order->expires + SETTLE_TIME < context->now)
			close_order(context, order, BOT_ORDER_GONE);
	}
}

/* An allowed intent waits for the executor's word. */
void bot_take_verdict(struct bot_context *context, const struct verdict *verdict)
{
	struct bot_order *order = bot_order_of(context->bot, verdict->intent_id);
	if (!verdict->allowed && order != NULL && order->stage == BOT_ORDER_ASKED)
		refuse(context, order, &verdict->rule);
}

static struct bot_order *order_cancelled_by(struct bot *self, uint64_t token)
{
	for (uint32_t i = 0; i < self->orders.count; i++)
		if (self->orders.items[i].cancel_token == token)
			return &self->orders.items[i];
	return NULL;
}

void bot_take_receipt(struct bot_context *context, uint64_t token, const struct receipt *receipt)
{
	struct bot_order *order = order_cancelled_by(context->bot, token);
	if (order != NULL && !receipt->accepted)
		order->cancelling = false;
}

/* What may have arrived is not known to be refused: the executor or the expiry ends the doubt. */
void bot_take_failure(struct bot_context *context, uint64_t token, const struct call_failed *failed)
{
	struct bot *self = context->bot;
	const name_t rule = name_from("not_sent");
	const ident_t intent_id = {context->host->epoch, token};
	bool is_cancel = (token & TOKEN_CANCEL) != 0;
	struct bot_order *order =
		is_cancel ? order_cancelled_by(self, token) : bot_order_of(self, intent_id);
	if (order == NULL)
		return;
	if (is_cancel)
		order->cancelling = false;
	else if (!failed->sent && order->stage == BOT_ORDER_ASKED)
		refuse(context, order, &rule);
}
