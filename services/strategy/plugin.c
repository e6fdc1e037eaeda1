/* SPDX-License-Identifier: Apache-2.0 */
#include "services/strategy/plugin.h"

#include "common/model/instrument.h"
#include "services/strategy/gate.h"

#include <assert.h>

enum { QTY_PLACES = 8 };

/* How long a cancel is repeated to the executor before the plugin may ask again. */
#define CANCEL_PATIENCE (2 * NANOS_S)

const char *bot_shuts_entry(const struct bot_context *bot)
{
	return gate_entry(bot->host, bot->bot);
}

const char *bot_shuts_exit(const struct bot_context *bot)
{
	return gate_exit(bot->host, bot->bot);
}

static uint64_t next_number(struct bot *self)
{
	return (uint64_t)self->index << TOKEN_BOT_SHIFT | ++self->counter;
}

static struct intent intent_of(struct bot_context *context, const struct wish *wish,
                               enum order_type type, enum time_in_force time_in_force)
{
	struct bot *self = context->bot;
	return (struct intent){
		.intent_id = {context->host->epoch, next_number(self)},
		.bot = self->config->name,
		.symbol = self->config->symbol,
		.purpose = wish->side == SIDE_BUY ? PURPOSE_ENTRY : PURPOSE_EXIT,
		.side = wish->side,
		.type = type,
		.time_in_force = time_in_force,
		.qty = wish->qty,
		.price = wish->price,
		.expires = context->now + context->host->config->intent_life,
		.stamp = context->cause,
		.reason = name_from(wish->reason),
		.stop_place = self->config->executor_stops ? STOP_PLACE_EXECUTOR
		                                           : STOP_PLACE_EXCHANGE,
	};
}

static void follow(struct bot *self, const struct intent *intent)
{
	self->orders.items[self->orders.count++] = (struct bot_order){
		.intent_id = intent->intent_id,
		.stage = BOT_ORDER_ASKED,
		.side = intent->side,
		.type = intent->type,
		.qty = intent->qty,
		.price = intent->price,
		.expires = intent->expires,
	};
	self->state.intents++;
}

static enum err ask(struct bot_context *context, const struct wish *wish, enum order_type type,
                    enum time_in_force time_in_force, ident_t *id)
{
	const char *shut =
		wish->side == SIDE_BUY ? bot_shuts_entry(context) : bot_shuts_exit(context);
	if (shut != NULL)
		return ERR_AGAIN;
	if (context->bot->orders.count == BOT_ORDERS_MAX)
		return ERR_FULL;
	struct intent intent = intent_of(context, wish, type, time_in_force);
	outbox_call(context->out, "risk", intent.intent_id.low, intent.expires, MESSAGE_INTENT,
	            &intent);
	follow(context->bot, &intent);
	if (context->cause != 0 && context->arrival >= context->cause)
		histogram_add(&context->host->latency,
		              (uint64_t)(context->arrival - context->cause));
	if (id != NULL)
		*id = intent.intent_id;
	return OK;
}

enum err bot_limit(struct bot_context *bot, const struct wish *wish, ident_t *id)
{
	return ask(bot, wish, ORDER_TYPE_LIMIT, TIME_IN_FORCE_GTC, id);
}

enum err bot_limit_ioc(struct bot_context *bot, const struct wish *wish, ident_t *id)
{
	return ask(bot, wish, ORDER_TYPE_LIMIT, TIME_IN_FORCE_IOC, id);
}

enum err bot_post_only(struct bot_context *bot, const struct wish *wish, ident_t *id)
{
	return ask(bot, wish, ORDER_TYPE_LIMIT_MAKER, TIME_IN_FORCE_GTC, id);
}

enum err bot_market(struct bot_context *bot, const struct wish *wish, ident_t *id)
{
	assert(decimal_sign(wish->price) == 0);
	return ask(bot, wish, ORDER_TYPE_MARKET, TIME_IN_FORCE_GTC, id);
}

enum err bot_cancel(struct bot_context *bot, ident_t intent_id, const char *reason)
{
	struct bot_order *order = bot_order_of(bot->bot, intent_id);
	struct cancel cancel = {
		.intent_id = intent_id,
		.bot = bot->bot->config->name,
		.reason = name_from(reason),
	};
	if (order == NULL || order->stage != BOT_ORDER_OPEN)
		return ERR_NOT_FOUND;
	if (order->cancelling)
		return ERR_EXISTS;
	order->cancelling = true;
	order->cancel_token = next_number(bot->bot) | TOKEN_CANCEL;
	outbox_call(bot->out, "executor", order->cancel_token, bot->now + CANCEL_PATIENCE,
	            MESSAGE_CANCEL, &cancel);
	return OK;
}

void bot_wake(struct bot_context *bot, nanos_t at)
{
	bot->bot->wake_at = at;
}

void bot_signal(struct bot_context *bot, enum side side, const char *reason, double confidence)
{
	const struct bot_config *config = bot->bot->config;
	outbox_note_kind(bot->out, NOTE_SIGNAL, SEVERITY_INFO, "strategy.signal",
	                 "signal(%s, %s, %.2f) %s %s", enum_print(&enum_side, (int)side), reason,
	                 confidence, config->name.text, config->symbol.text);
}

decimal_t bot_sellable(const struct bot_context *bot)
{
	const struct instrument *instrument = bot->instrument;
	decimal_t qty, value;
	if (instrument == NULL || bot->tick == NULL || decimal_sign(bot->held) <= 0)
		return DECIMAL_ZERO;
	if (instrument_round_qty(instrument, bot->held, &qty) != OK ||
	    decimal_multiply(qty, bot->tick->bid, &value) != OK)
		return DECIMAL_ZERO;
	bool is_enough = decimal_sign(qty) > 0 && decimal_compare(qty, instrument->qty_min) >= 0 &&
	                 decimal_compare(value, instrument->notional_min) >= 0;
	return is_enough ? qty : DECIMAL_ZERO;
}

enum err bot_qty(const struct bot_context *bot, decimal_t qty, decimal_t value, decimal_t price,
                 decimal_t *out)
{
	enum err err = bot->instrument != NULL ? OK : ERR_AGAIN;
	if (err == OK && decimal_sign(qty) == 0)
		err = decimal_divide_rounded(value, price, QTY_PLACES, ROUND_DOWN, &qty);
	return err == OK ? instrument_round_qty(bot->instrument, qty, out) : err;
}

bool bot_clears_adopted(struct bot_context *bot)
{
	bool any = false;
	for (uint32_t i = 0; i < bot->orders->count; i++) {
		const struct bot_order *order = &bot->orders->items[i];
		any |= order->adopted;
		if (order->adopted && !order->cancelling &&
		    bot_cancel(bot, order->intent_id, "adopted") != OK)
			break;
	}
	return any;
}

enum err bot_price_away(const struct bot_context *bot, decimal_t price, int64_t ticks,
                        decimal_t *out)
{
	decimal_t distance;
	enum err err = bot->instrument != NULL ? OK : ERR_AGAIN;
	if (err == OK)
		err = decimal_multiply(bot->instrument->tick, decimal_make(ticks, 0), &distance);
	return err == OK ? decimal_add(price, distance, out) : err;
}
