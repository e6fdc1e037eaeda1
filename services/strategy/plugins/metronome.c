/* SPDX-License-Identifier: Apache-2.0 */
#include "services/strategy/plugins/metronome.h"

#include "common/model/instrument.h"

struct metronome_params {
#define CONFIG_STRUCT
#include "common/base/config_rows.h"
#include "services/strategy/plugins/metronome.def"
#include "common/base/config_rows_end.h"
};

struct metronome_state {
	uint64_t ticks;
};

/* bid × (100 − distance) / 100, on the grid. */
static enum err far_below(const struct bot_context *bot, const struct tick *tick, decimal_t *out)
{
	const struct metronome_params *params = bot->params;
	decimal_t price;
	enum err err = decimal_subtract(decimal_make(100, 0), params->distance_pct, &price);
	if (err == OK)
		err = decimal_multiply(price, decimal_make(1, -2), &price);
	if (err == OK)
		err = decimal_multiply(price, tick->bid, &price);
	return err == OK ? instrument_round_price(bot->instrument, price, ROUND_FLOOR, out) : err;
}

/* A beat that can't be made now (path shut, too many open orders) is left out. */
static void metronome_on_tick(struct bot_context *bot, const struct tick *tick)
{
	struct metronome_state *self = bot->state;
	const struct metronome_params *params = bot->params;
	struct wish wish = {.side = SIDE_BUY, .qty = params->order_qty, .reason = "beat"};
	if (++self->ticks % params->every != 0 || bot->instrument == NULL)
		return;
	enum err err = far_below(bot, tick, &wish.price);
	if (err == OK)
		err = bot_limit_ioc(bot, &wish, NULL);
	(void)err;
}

static const struct config_key keys[] = {
#define CONFIG_ROWS struct metronome_params
#include "common/base/config_rows.h"
#include "services/strategy/plugins/metronome.def"
#include "common/base/config_rows_end.h"
};

static const struct config_type params_type = {
	.name = "metronome",
	.doc = "Parameters of metronome.",
	.keys = keys,
	.key_count = sizeof keys / sizeof *keys,
	.size = sizeof(struct metronome_params),
};

const struct strategy metronome = {
	.name = "metronome",
	.doc = "Sends an IOC buy far below the market on every n-th tick.",
	.params = &params_type,
	.state_size = sizeof(struct metronome_state),
	.on_tick = metronome_on_tick,
};
