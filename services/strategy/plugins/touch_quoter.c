/* SPDX-License-Identifier: Apache-2.0 */
#include "services/strategy/plugins/touch_quoter.h"

#include "common/base/backoff.h"

struct touch_quoter_params {
#define CONFIG_STRUCT
#include "common/base/config_rows.h"
#include "services/strategy/plugins/touch_quoter.def"
#include "common/base/config_rows_end.h"
};

struct quote_side {
	nanos_t quote_after, cancel_after;
	decimal_t touch; /* best price on this side */
	nanos_t touch_since;
	unsigned failures; /* in a row */
};

struct touch_quoter_state {
	struct quote_side bid, ask;
	bool is_awake;
};

static struct quote_side *side_of(struct touch_quoter_state *self, enum side side)
{
	return side == SIDE_BUY ? &self->bid : &self->ask;
}

static decimal_t touch_of(const struct bot_context *bot, enum side side)
{
	return side == SIDE_BUY ? bot->tick->bid : bot->tick->ask;
}

static const char *shut_reason(const struct bot_context *bot, enum side side)
{
	return side == SIDE_BUY ? bot_shuts_entry(bot) : bot_shuts_exit(bot);
}

static const struct bot_order *quote_on(const struct bot_context *bot, enum side side)
{
	for (uint32_t i = 0; i < bot->orders->count; i++)
		if (bot->orders->items[i].side == side)
			return &bot->orders->items[i];
	return NULL;
}

static bool has_room(const struct bot_context *bot, decimal_t qty)
{
	const struct touch_quoter_params *params = bot->params;
	decimal_t held, value;
	return decimal_add(bot->held, qty, &held) == OK &&
	       decimal_multiply(held, bot->tick->bid, &value) == OK &&
	       decimal_compare(value, params->inventory_max) <= 0;
}

static decimal_t wanted_qty(const struct bot_context *bot, enum side side)
{
	const struct touch_quoter_params *params = bot->params;
	decimal_t qty;
	if (side == SIDE_SELL)
		return bot_sellable(bot);
	if (bot_qty(bot, params->order_qty, params->order_value, bot->tick->bid, &qty) != OK ||
	    !has_room(bot, qty))
		return DECIMAL_ZERO;
	return qty;
}

static void make_quote(struct bot_context *bot, enum side side)
{
	const struct touch_quoter_params *params = bot->params;
	struct quote_side *state = side_of(bot->state, side);
	if (bot->now < state->quote_after || bot->now < state->touch_since + params->calm ||
	    shut_reason(bot, side) != NULL)
		return;
	struct wish wish = {
		.side = side,
		.qty = wanted_qty(bot, side),
		.price = touch_of(bot, side),
		.reason = side == SIDE_BUY ? "bid" : "ask",
	};
	if (decimal_sign(wish.qty) > 0 && bot_post_only(bot, &wish, NULL) == OK)
		state->quote_after = state->cancel_after = bot->now + params->refresh;
}

/* So far that it is no quote any more; a price that can't be compared counts as far. */
static bool is_left_behind(const struct bot_context *bot, const struct bot_order *order)
{
	const struct touch_quoter_params *params = bot->params;
	decimal_t touch = touch_of(bot, order->side), distance, limit;
	if (decimal_equals(order->price, touch))
		return false;
	return decimal_subtract(order->price, touch, &distance) != OK ||
	       bot_price_away(bot, DECIMAL_ZERO, (int64_t)params->requote_ticks, &limit) != OK ||
	       decimal_compare(decimal_abs(distance), limit) >= 0;
}

/* A bid that couldn't be made now has no business on the book. */
static const char *cancel_reason(const struct bot_context *bot, const struct bot_order *order)
{
	if (order->side == SIDE_BUY && bot_shuts_entry(bot) != NULL)
		return "entries_shut";
	if (bot->tick == NULL || bot->instrument == NULL)
		return NULL;
	return is_left_behind(bot, order) ? "requote" : NULL;
}

static void tend_quote(struct bot_context *bot, const struct bot_order *order)
{
	const struct touch_quoter_params *params = bot->params;
	struct quote_side *state = side_of(bot->state, order->side);
	if (bot->now < state->cancel_after)
		return;
	const char *reason = cancel_reason(bot, order);
	if (reason != NULL && bot_cancel(bot, order->intent_id, reason) == OK)
		state->cancel_after = bot->now + params->refresh;
}

static void tend_side(struct bot_context *bot, enum side side)
{
	const struct bot_order *order = quote_on(bot, side);
	if (order != NULL)
		tend_quote(bot, order);
	else if (bot->tick != NULL)
		make_quote(bot, side);
}

static void tend(struct bot_context *bot)
{
	if (bot_clears_adopted(bot))
		return;
	tend_side(bot, SIDE_BUY);
	tend_side(bot, SIDE_SELL);
}

/* Also looks without ticks: when they stop coming, a bid must not stay. */
static void touch_quoter_on_timer(struct bot_context *bot)
{
	const struct touch_quoter_params *params = bot->params;
	tend(bot);
	bot_wake(bot, bot->now + params->refresh);
}

static void wake_first(struct bot_context *bot)
{
	struct touch_quoter_state *self = bot->state;
	const struct touch_quoter_params *params = bot->params;
	if (!self->is_awake)
		bot_wake(bot, bot->now + params->refresh);
	self->is_awake = true;
}

static void watch_touch(struct quote_side *state, decimal_t touch, nanos_t now)
{
	if (decimal_equals(state->touch, touch))
		return;
	state->touch = touch;
	state->touch_since = now;
}

static void touch_quoter_on_tick(struct bot_context *bot, const struct tick *tick)
{
	struct touch_quoter_state *self = bot->state;
	watch_touch(&self->bid, tick->bid, bot->now);
	watch_touch(&self->ask, tick->ask, bot->now);
	tend(bot);
	wake_first(bot);
}

static bool has_failed(const struct bot_order *order)
{
	return order->stage == BOT_ORDER_REFUSED || order->stage == BOT_ORDER_GONE ||
	       (order->stage == BOT_ORDER_ENDED && order->status != ORDER_STATUS_FILLED &&
	        order->status != ORDER_STATUS_CANCELED);
}

static void wait_longer(struct bot_context *bot, struct quote_side *state)
{
	const struct touch_quoter_params *params = bot->params;
	struct backoff backoff = {.base = params->refresh, .max = params->backoff_max};
	if (backoff.max < backoff.base)
		backoff.max = backoff.base;
	state->quote_after = bot->now + params->refresh +
	                     backoff_delay(&backoff, state->failures++, bot->entropy);
}

/* The position that an execution left is told right after the order: a new quote waits for it. */
static void touch_quoter_on_order(struct bot_context *bot, const struct bot_order *order)
{
	const struct touch_quoter_params *params = bot->params;
	struct quote_side *state = side_of(bot->state, order->side);
	wake_first(bot);
	if (has_failed(order)) {
		wait_longer(bot, state);
		return;
	}
	if (order->status == ORDER_STATUS_LIVE || decimal_sign(order->executed) > 0)
		state->failures = 0;
	if (order->stage == BOT_ORDER_ENDED && decimal_sign(order->executed) > 0)
		state->quote_after = bot->now + params->refresh;
}

static const struct config_key keys[] = {
#define CONFIG_ROWS struct touch_quoter_params
#include "common/base/config_rows.h"
#include "services/strategy/plugins/touch_quoter.def"
#include "common/base/config_rows_end.h"
};

static const struct config_type params_type = {
	.name = "touch_quoter",
	.doc = "Parameters of touch_quoter.",
	.keys = keys,
	.key_count = sizeof keys / sizeof *keys,
	.size = sizeof(struct touch_quoter_params),
};

const struct strategy touch_quoter = {
	.name = "touch_quoter",
	.doc = "Rests a post-only bid at the best bid, an ask at the best ask over what it holds.",
	.params = &params_type,
	.state_size = sizeof(struct touch_quoter_state),
	.on_tick = touch_quoter_on_tick,
	.on_timer = touch_quoter_on_timer,
	.on_order = touch_quoter_on_order,
};
