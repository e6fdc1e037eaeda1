/* SPDX-License-Identifier: Apache-2.0 */
#include "services/risk/rules.h"

#include "common/base/plant.h"
#include "common/model/instrument.h"

#define REFUSE(...) (*detail = text_format(__VA_ARGS__), true)

static bool refuses_halted(struct risk *self, const struct intent *intent, nanos_t now,
                           text_t *detail)
{
	(void)now;
	if (self->latch.halted)
		return REFUSE("halted by %s: %s", self->latch.actor.text, self->latch.reason.text);
	if (self->trading.status == TRADING_STATUS_REDUCING && intent->purpose != PURPOSE_EXIT)
		return REFUSE("only exits pass: %s", self->trading.reason.text);
	return false;
}

static bool refuses_blind(struct risk *self, const struct intent *intent, nanos_t now,
                          text_t *detail)
{
	(void)intent;
	(void)now;
	if (!self->executor_whole)
		return REFUSE("the executor's orders are not known whole");
	if (!self->feed_whole && !PLANTED(B05_LAG_IGNORED))
		return REFUSE("market data is not known whole");
	if (self->exposure.overflowed)
		return REFUSE("more orders or positions are open than can be counted");
	return false;
}

static bool refuses_expired(struct risk *self, const struct intent *intent, nanos_t now,
                            text_t *detail)
{
	(void)self;
	return intent->expires > now ? false
	                             : REFUSE("expired %lld ms ago",
	                                      (long long)((now - intent->expires) / NANOS_MS));
}

static bool refuses_purpose(struct risk *self, const struct intent *intent, nanos_t now,
                            text_t *detail)
{
	(void)self;
	(void)now;
	if (intent->purpose == PURPOSE_EXIT && intent->side == SIDE_BUY)
		return REFUSE("a buy is no way out: positions are long only");
	if (intent->purpose == PURPOSE_ENTRY || intent->purpose == PURPOSE_EXIT)
		return false;
	return REFUSE("%s is not a strategy's to ask",
	              enum_print(&enum_purpose, (int)intent->purpose));
}

static bool refuses_duplicate(struct risk *self, const struct intent *intent, nanos_t now,
                              text_t *detail)
{
	(void)now;
	return exposure_knows(&self->exposure, intent->intent_id)
	               ? REFUSE("this intent has an order already")
	               : false;
}

static bool refuses_symbol(struct risk *self, const struct intent *intent, nanos_t now,
                           text_t *detail)
{
	(void)now;
	const struct risk_symbol *symbol = risk_symbol_named(self, &intent->symbol);
	if (symbol == NULL || !symbol->has_instrument)
		return REFUSE(
			"%s is not among the symbols of stack.yaml, or its rules are not known yet",
			intent->symbol.text);
	return symbol->instrument.trading ? false
	                                  : REFUSE("%s doesn't trade now", intent->symbol.text);
}

static bool refuses_market(struct risk *self, const struct intent *intent, nanos_t now,
                           text_t *detail)
{
	const struct risk_symbol *symbol = risk_symbol_named(self, &intent->symbol);
	nanos_t age = now - symbol->mark_at;
	if (PLANTED(B05_LAG_IGNORED) && symbol->mark_at != 0)
		return false;
	if (symbol->market.status != MARKET_STATUS_LIVE)
		return REFUSE("%s is %s", symbol->name.text,
		              enum_print(&enum_market_status, (int)symbol->market.status));
	if (symbol->mark_at == 0 || age > self->config->tick_age_max)
		return REFUSE("the price is %lld ms old", (long long)(age / NANOS_MS));
	return false;
}

static bool refuses_form(struct risk *self, const struct intent *intent, nanos_t now,
                         text_t *detail)
{
	const struct risk_symbol *symbol = risk_symbol_named(self, &intent->symbol);
	struct instrument_order order = {
		.side = intent->side,
		.type = intent->type,
		.qty = intent->qty,
		.price = intent->price,
		.stop_price = intent->stop_price,
	};
	struct instrument_context context = {
		.average_price = symbol->mark.bid,
		.open_orders = (unsigned)exposure_open_orders(&self->exposure, &intent->symbol),
	};
	(void)now;
	const char *refusal = instrument_refusal(&symbol->instrument, &order, &context);
	return refusal == NULL ? false : REFUSE("filter %s", refusal);
}

static bool refuses_market_order(struct risk *self, const struct intent *intent, nanos_t now,
                                 text_t *detail)
{
	(void)now;
	if (decimal_sign(intent->price) > 0 || self->config->market_orders)
		return false;
	return REFUSE("an order without a price is not allowed: set market_orders in risk.yaml");
}

static bool refuses_quantity(struct risk *self, const struct intent *intent, nanos_t now,
                             text_t *detail)
{
	char qty[DECIMAL_TEXT_SIZE], limit[DECIMAL_TEXT_SIZE];
	(void)now;
	if (decimal_sign(self->config->order_qty_max) == 0 ||
	    decimal_compare(intent->qty, self->config->order_qty_max) <= 0)
		return false;
	return REFUSE("quantity %s is above %s", decimal_print(intent->qty, qty),
	              decimal_print(self->config->order_qty_max, limit));
}

enum err risk_worst_price(const struct risk *self, const struct intent *intent,
                          const struct mark *mark, decimal_t *out)
{
	decimal_t factor;
	if (decimal_sign(intent->price) > 0) {
		*out = intent->price;
		return OK;
	}
	enum err err = decimal_add(decimal_make(100, 0), self->config->collar_pct, &factor);
	if (err == OK)
		err = decimal_multiply(factor, decimal_make(1, -2), &factor);
	return err == OK ? decimal_multiply(mark->ask, factor, out) : err;
}

static bool refuses_value(struct risk *self, const struct intent *intent, nanos_t now,
                          text_t *detail)
{
	char text[DECIMAL_TEXT_SIZE], limit[DECIMAL_TEXT_SIZE];
	decimal_t price, value;
	const struct risk_symbol *symbol = risk_symbol_named(self, &intent->symbol);
	(void)now;
	if (risk_worst_price(self, intent, &symbol->mark, &price) != OK ||
	    decimal_multiply(price, intent->qty, &value) != OK)
		return REFUSE("its value doesn't fit in a number");
	if (decimal_compare(value, self->config->order_value_max) <= 0)
		return false;
	return REFUSE("value %s is above %s", decimal_print(value, text),
	              decimal_print(self->config->order_value_max, limit));
}

/* reference × (100 ± collar) / 100, the sign by `up`. */
static enum err collar_bound(decimal_t reference, decimal_t pct, bool up, decimal_t *out)
{
	decimal_t factor;
	enum err err = up ? decimal_add(decimal_make(100, 0), pct, &factor)
	                  : decimal_subtract(decimal_make(100, 0), pct, &factor);
	if (err == OK)
		err = decimal_multiply(factor, decimal_make(1, -2), &factor);
	return err == OK ? decimal_multiply(reference, factor, out) : err;
}

static bool refuses_collar(struct risk *self, const struct intent *intent, nanos_t now,
                           text_t *detail)
{
	char price[DECIMAL_TEXT_SIZE], text[DECIMAL_TEXT_SIZE];
	decimal_t bound;
	bool is_buy = intent->side == SIDE_BUY;
	const struct mark *mark = &risk_symbol_named(self, &intent->symbol)->mark;
	(void)now;
	if (decimal_sign(intent->price) == 0)
		return false;
	if (collar_bound(is_buy ? mark->ask : mark->bid, self->config->collar_pct, is_buy,
	                 &bound) != OK)
		return REFUSE("the collar doesn't fit in a number");
	int side = decimal_compare(intent->price, bound);
	if (is_buy ? side <= 0 : side >= 0)
		return false;
	return REFUSE("price %s is beyond %s", decimal_print(intent->price, price),
	              decimal_print(bound, text));
}

static bool refuses_holding(struct risk *self, const struct intent *intent, nanos_t now,
                            text_t *detail)
{
	char text[DECIMAL_TEXT_SIZE], qty[DECIMAL_TEXT_SIZE];
	decimal_t sellable;
	(void)now;
	if (intent->side == SIDE_BUY)
		return false;
	if (exposure_sellable(&self->exposure, &intent->symbol, &intent->bot, &sellable) != OK)
		return REFUSE("the holding doesn't fit in a number");
	if (decimal_compare(intent->qty, sellable) <= 0)
		return false;
	return REFUSE("%s to sell, %s free to sell", decimal_print(intent->qty, qty),
	              decimal_print(sellable, text));
}

static bool is_above(const struct risk *self, const name_t *symbol, const struct intent *intent,
                     const struct mark *mark, decimal_t limit, text_t *detail)
{
	char text[DECIMAL_TEXT_SIZE], limit_text[DECIMAL_TEXT_SIZE];
	decimal_t price, value, total;
	if (risk_worst_price(self, intent, mark, &price) != OK ||
	    decimal_multiply(price, intent->qty, &value) != OK ||
	    exposure_value(&self->exposure, symbol, mark->bid, &total) != OK ||
	    decimal_add(total, value, &total) != OK)
		return REFUSE("the exposure doesn't fit in a number");
	if (decimal_compare(total, limit) <= 0)
		return false;
	return REFUSE("worst case %s in %s is above %s", decimal_print(total, text),
	              symbol != NULL ? symbol->text : "all symbols",
	              decimal_print(limit, limit_text));
}

static bool refuses_exposure(struct risk *self, const struct intent *intent, nanos_t now,
                             text_t *detail)
{
	const struct mark *mark = &risk_symbol_named(self, &intent->symbol)->mark;
	(void)now;
	if (intent->side == SIDE_SELL) /* covered by a holding: it can only lower the exposure */
		return false;
	return is_above(self, &intent->symbol, intent, mark, self->config->symbol_exposure_max,
	                detail) ||
	       is_above(self, NULL, intent, mark, self->config->total_exposure_max, detail);
}

static bool refuses_open_orders(struct risk *self, const struct intent *intent, nanos_t now,
                                text_t *detail)
{
	(void)now;
	size_t count = exposure_open_orders(&self->exposure, &intent->symbol);
	return count < self->config->orders_open_max ? false : REFUSE("%zu orders are open", count);
}

static struct risk_bot *bot_named(struct risk *self, const name_t *name, nanos_t now)
{
	for (size_t i = 0; i < self->bot_count; i++)
		if (name_equals(&self->bots[i].name, name))
			return &self->bots[i];
	if (self->bot_count == RISK_BOTS_MAX)
		return NULL;
	struct risk_bot *bot = &self->bots[self->bot_count++];
	bot->name = *name;
	/* In any second at most burst + rate pass: the bucket refills limit - burst per window. */
	struct bucket_config config = {
		.limit = (uint32_t)(self->config->bot_burst + self->config->bot_rate),
		.burst = (uint32_t)self->config->bot_burst,
		.window = NANOS_S,
	};
	bucket_init(&bot->bucket, config, now);
	return bot;
}

static bool refuses_rate(struct risk *self, const struct intent *intent, nanos_t now,
                         text_t *detail)
{
	struct risk_bot *bot = bot_named(self, &intent->bot, now);
	if (bot == NULL)
		return REFUSE("more than %d bots", RISK_BOTS_MAX);
	return bucket_take(&bot->bucket, now, 1, BUCKET_NORMAL)
	               ? false
	               : REFUSE("more than %llu intents per second",
	                        (unsigned long long)self->config->bot_rate);
}

const struct rule risk_rules[] = {
#define RULE(name, doc, control) {#name, doc, control, refuses_##name},
#include "services/risk/rules.def"
#undef RULE
};

const size_t risk_rule_count = sizeof risk_rules / sizeof *risk_rules;

const struct rule *risk_judge(struct risk *self, const struct intent *intent, nanos_t now,
                              text_t *detail)
{
	for (size_t i = 0; i < risk_rule_count; i++)
		if (risk_rules[i].refuses(self, intent, now, detail))
			return &risk_rules[i];
	return NULL;
}
