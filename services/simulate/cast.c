/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/cast.h"

#include "common/base/hash.h"

#include <assert.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

const char *const cast_names[CAST_COUNT + 1] = {
	[CAST_SUPERVISOR] = "supervisor", [CAST_FEED] = "feed",
	[CAST_STRATEGY] = "strategy",     [CAST_RISK] = "risk",
	[CAST_EXECUTOR] = "executor",     [CAST_ALERT] = "alert",
	[CAST_RECOVERY] = "recovery",
};

struct setting {
	const char *key, *value;
};

static void set_all(const struct config_type *type, void *config, const struct setting *settings,
                    size_t count)
{
	text_t why;
	config_defaults(type, config);
	for (size_t i = 0; i < count; i++) {
		enum err err = config_set(type, config, settings[i].key, settings[i].value, &why);
		assert(err == OK);
		(void)err;
	}
}

static void set_one(const struct config_type *type, void *config, const char *key,
                    const char *value)
{
	text_t why;
	enum err err = config_set(type, config, key, value, &why);
	assert(err == OK);
	(void)err;
}

static void set_stack(struct cast *self)
{
	static const struct setting settings[] = {
		{"profile", "simulation"},
		{"venue_profile", "paper"},
		{"redis", "off"},
		{"services", "feed,strategy,risk,executor,alert,recovery"},
	};
	set_all(&stack_config_type, &self->stack, settings, LENGTH(settings));
}

static void add_bot(struct cast *self, const char *name, const char *plugin, const char *symbol,
                    const char *params, const struct cast_choice *choice)
{
	struct bot_config *bot = &self->strategy.bots[self->strategy.bots_count++];
	config_defaults(&bot_config_type, bot);
	set_one(&bot_config_type, bot, "name", name);
	set_one(&bot_config_type, bot, "plugin", plugin);
	set_one(&bot_config_type, bot, "symbol", symbol);
	set_one(&bot_config_type, bot, "params", params);
	bot->executor_stops = choice->executor_stops;
}

static void set_strategy(struct cast *self, const struct cast_choice *choice)
{
	static const char quoter[] = "order_qty=0.002;inventory_max=500;requote_ticks=10;"
				     "refresh=2s;calm=100ms";
	static const char crosser[] = "period=1s;short_mean=1;long_mean=3;order_qty=0.002;"
				      "slippage_ticks=50;retry=2s";
	static const char beater[] = "every=20;order_qty=0.002;distance_pct=20";
	static const char *const symbols[] = {"BTCUSDT", "ALTUSDT"};
	config_defaults(&strategy_config_type, &self->strategy);
	self->strategy.bots_count = 0;
	if (choice->quoter)
		add_bot(self, "quotes", "touch_quoter", symbols[0], quoter, choice);
	if (choice->crosser)
		add_bot(self, "cross", "sma_cross", symbols[choice->both_symbols], crosser, choice);
	if (choice->beater)
		add_bot(self, "beat", "metronome", symbols[choice->both_symbols], beater, choice);
	if (choice->both_symbols && choice->quoter)
		add_bot(self, "quotes-2", "touch_quoter", symbols[1], quoter, choice);
}

static void set_risk(struct cast *self, const struct cast_choice *choice)
{
	config_defaults(&risk_config_type, &self->risk);
	if (choice->stops)
		set_one(&risk_config_type, &self->risk, "stop_loss_pct",
		        choice->tight_stops ? "0.2" : "1");
	if (choice->stops && choice->trailing)
		set_one(&risk_config_type, &self->risk, "stop_trail_pct",
		        choice->tight_stops ? "0.3" : "1.5");
	if (choice->small_limits) {
		set_one(&risk_config_type, &self->risk, "symbol_exposure_max", "400");
		set_one(&risk_config_type, &self->risk, "orders_open_max", "2");
	}
}

static void set_rest(struct cast *self, const struct cast_choice *choice)
{
	static const struct setting executor[] = {
		{"poll_interval", "10s"},
		{"query_max", "4s"},
	};
	set_all(&executor_config_type, &self->executor, executor, LENGTH(executor));
	if (choice->impatient) {
		set_one(&executor_config_type, &self->executor, "query_first", "100ms");
		set_one(&executor_config_type, &self->executor, "query_max", "1s");
	}
	config_defaults(&feed_config_type, &self->feed);
	config_defaults(&alert_config_type, &self->alert);
	config_defaults(&recovery_config_type, &self->recovery);
	config_defaults(&supervisor_config_type, &self->supervisor);
}

static void set_role(struct cast *self, enum cast_member member, const struct logic *logic,
                     const void *config, unsigned needs)
{
	self->roles[member] = (struct world_role){
		.instance = cast_names[member],
		.service = cast_names[member],
		.logic = logic,
		.config = config,
		.needs = needs,
	};
}

void cast_make(struct cast *self, const struct cast_choice *choice)
{
	set_stack(self);
	set_strategy(self, choice);
	set_risk(self, choice);
	set_rest(self, choice);
	set_role(self, CAST_SUPERVISOR, &supervisor_logic, &self->supervisor, WORLD_PARENT);
	set_role(self, CAST_FEED, &feed_logic, &self->feed, WORLD_VENUE);
	set_role(self, CAST_STRATEGY, &strategy_logic, &self->strategy, 0);
	set_role(self, CAST_RISK, &risk_logic, &self->risk, WORLD_JOURNAL | WORLD_SEAL);
	set_role(self, CAST_EXECUTOR, &executor_logic, &self->executor,
	         WORLD_JOURNAL | WORLD_SEAL | WORLD_VENUE);
	set_role(self, CAST_ALERT, &alert_logic, &self->alert, WORLD_JOURNAL);
	set_role(self, CAST_RECOVERY, &recovery_logic, &self->recovery,
	         WORLD_JOURNAL | WORLD_VENUE);
}

struct cast_choice cast_choice_of(uint64_t seed)
{
	uint64_t bits = hash_mix(seed * HASH_STEP);
	return (struct cast_choice){
		.stops = (bits & 3) != 0,
		.executor_stops = bits >> 2 & 1,
		.quoter = (bits >> 3 & 3) != 0,
		.crosser = true,
		.beater = bits >> 5 & 1,
		.both_symbols = bits >> 6 & 1,
		.small_limits = (bits >> 7 & 7) == 0,
		.impatient = bits >> 10 & 1,
		.tight_stops = bits >> 11 & 1,
		.trailing = (bits >> 12 & 3) == 0,
	};
}
