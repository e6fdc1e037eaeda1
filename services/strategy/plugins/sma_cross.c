/* SPDX-License-Identifier: Apache-2.0 */
#include "services/strategy/plugins/sma_cross.h"

#include <math.h>

enum { CLOSES_MAX = 500 };

struct sma_cross_params {
#define CONFIG_STRUCT
#include "common/base/config_rows.h"
#include "services/strategy/plugins/sma_cross.def"
#include "common/base/config_rows_end.h"
};

struct sma_cross_state {
	double closes[CLOSES_MAX]; /* newest at next - 1 */
	size_t count, next;
	bool is_above, knows_side;
	bool wants_out;
	nanos_t quiet_until; /* nothing is sold before: news of the last order may be under way */
};

static const char *sma_cross_check(const void *config)
{
	const struct sma_cross_params *params = config;
	return params->short_mean < params->long_mean ? NULL
	                                              : "short_mean must be less than long_mean";
}

static nanos_t sma_cross_period(const void *config)
{
	return ((const struct sma_cross_params *)config)->period;
}

static void add_close(struct sma_cross_state *self, double close)
{
	self->closes[self->next] = close;
	self->next = (self->next + 1) % CLOSES_MAX;
	if (self->count < CLOSES_MAX)
		self->count++;
}

static double mean(const struct sma_cross_state *self, size_t length)
{
	double sum = 0;
	for (size_t i = 1; i <= length; i++)
		sum += self->closes[(self->next + CLOSES_MAX - i) % CLOSES_MAX];
	return sum / (double)length;
}

/* A period without trades closes where the one before it did; a period of which trades were missed
   makes every mean over it wrong, so counting starts anew. */
static void take_closes(struct sma_cross_state *self, const struct sma_cross_params *params,
                        const struct candle *candle)
{
	if (candle->incomplete) {
		self->count = 0;
		self->knows_side = false;
		return;
	}
	double last = self->closes[(self->next + CLOSES_MAX - 1) % CLOSES_MAX];
	for (uint64_t i = 0; self->count > 0 && i < candle->missing && i < params->long_mean; i++)
		add_close(self, last);
	add_close(self, decimal_to_double(candle->close));
}

static enum err take(struct bot_context *bot, enum side side, decimal_t qty, const char *reason)
{
	const struct sma_cross_params *params = bot->params;
	struct wish wish = {.side = side, .qty = qty, .reason = reason};
	int64_t ticks = (int64_t)params->slippage_ticks;
	enum err err = side == SIDE_BUY ? bot_price_away(bot, bot->tick->ask, ticks, &wish.price)
	                                : bot_price_away(bot, bot->tick->bid, -ticks, &wish.price);
	return err == OK ? bot_limit_ioc(bot, &wish, NULL) : err;
}

static void enter(struct bot_context *bot)
{
	const struct sma_cross_params *params = bot->params;
	decimal_t qty;
	if (bot_shuts_entry(bot) != NULL || bot->orders->count > 0 ||
	    decimal_sign(bot_sellable(bot)) > 0)
		return;
	enum err err = bot_qty(bot, params->order_qty, params->order_value, bot->tick->ask, &qty);
	if (err == OK)
		err = take(bot, SIDE_BUY, qty, "cross_up");
	if (err != OK)
		outbox_note(bot->out, SEVERITY_WARNING, "sma_cross.missed", "no buy: %s",
		            err_text(err));
}

static void leave(struct bot_context *bot)
{
	struct sma_cross_state *self = bot->state;
	const struct sma_cross_params *params = bot->params;
	if (!self->wants_out || bot->now < self->quiet_until || bot_clears_adopted(bot) ||
	    bot->orders->count > 0)
		return;
	if (bot_shuts_exit(bot) == NULL) {
		decimal_t qty = bot_sellable(bot);
		self->wants_out = decimal_sign(qty) > 0;
		if (!self->wants_out)
			return;
		enum err err = take(bot, SIDE_SELL, qty, "cross_down");
		if (err != OK)
			outbox_note(bot->out, SEVERITY_WARNING, "sma_cross.held", "no sale yet: %s",
			            err_text(err));
	}
	self->quiet_until = bot->now + params->retry;
	bot_wake(bot, self->quiet_until);
}

/* One at a tenth of a percent between the means. */
static double confidence(double short_mean, double long_mean)
{
	return fmin(1, fabs(short_mean - long_mean) / long_mean * 1000);
}

static void sma_cross_on_candle(struct bot_context *bot, const struct candle *candle)
{
	struct sma_cross_state *self = bot->state;
	const struct sma_cross_params *params = bot->params;
	take_closes(self, params, candle);
	if (self->count < params->long_mean)
		return;
	double short_mean = mean(self, params->short_mean);
	double long_mean = mean(self, params->long_mean);
	bool is_above = short_mean > long_mean;
	bool crosses = self->knows_side && is_above != self->is_above;
	self->is_above = is_above;
	self->knows_side = true;
	self->wants_out = !is_above;
	if (crosses && is_above)
		enter(bot);
	leave(bot);
	if (crosses)
		bot_signal(bot, is_above ? SIDE_BUY : SIDE_SELL,
		           is_above ? "cross_up" : "cross_down", confidence(short_mean, long_mean));
}

static void sma_cross_on_tick(struct bot_context *bot, const struct tick *tick)
{
	(void)tick;
	leave(bot);
}

/* The position that an execution left is told right after the order. */
static void sma_cross_on_order(struct bot_context *bot, const struct bot_order *order)
{
	struct sma_cross_state *self = bot->state;
	const struct sma_cross_params *params = bot->params;
	if (order->stage != BOT_ORDER_ASKED && order->stage != BOT_ORDER_OPEN)
		self->quiet_until = bot->now + params->retry;
}

static const struct config_key keys[] = {
#define CONFIG_ROWS struct sma_cross_params
#include "common/base/config_rows.h"
#include "services/strategy/plugins/sma_cross.def"
#include "common/base/config_rows_end.h"
};

static const struct config_type params_type = {
	.name = "sma_cross",
	.doc = "Parameters of sma_cross.",
	.keys = keys,
	.key_count = sizeof keys / sizeof *keys,
	.size = sizeof(struct sma_cross_params),
};

const struct strategy sma_cross = {
	.name = "sma_cross",
	.doc = "Buys when the short mean crosses above the long mean, sells when it is below.",
	.params = &params_type,
	.state_size = sizeof(struct sma_cross_state),
	.check = sma_cross_check,
	.candle_period = sma_cross_period,
	.on_tick = sma_cross_on_tick,
	.on_timer = leave,
	.on_candle = sma_cross_on_candle,
	.on_order = sma_cross_on_order,
};
