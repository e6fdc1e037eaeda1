/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/risk_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void configure(struct risk_config *config, const char *assignment)
{
	char key[64];
	text_t why;
	const char *equals = strchr(assignment, '=');
	snprintf(key, sizeof key, "%.*s", (int)(equals - assignment), assignment);
	if (config_set(&risk_config_type, config, key, equals + 1, &why) != OK)
		fail_msg("%s: %s", assignment, why.text);
}

struct risk_bench *risk_bench_open(const char *const *changes)
{
	static const char *const generous[] = {"order_value_max=1000000",
	                                       "symbol_exposure_max=1000000",
	                                       "total_exposure_max=10000000",
	                                       "bot_burst=10000",
	                                       "bot_rate=10000",
	                                       NULL};
	struct risk_bench *self = calloc(1, sizeof *self);
	config_defaults(&risk_config_type, &self->config);
	for (size_t i = 0; generous[i] != NULL; i++)
		configure(&self->config, generous[i]);
	for (size_t i = 0; changes != NULL && changes[i] != NULL; i++)
		configure(&self->config, changes[i]);
	logic_bench_open(&self->logic, &risk_logic, &self->config);
	logic_bench_init(&self->logic);
	risk_bench_start(self);
	return self;
}

void risk_bench_close(struct risk_bench *self)
{
	logic_bench_close(&self->logic);
	free(self);
}

void risk_bench_start(struct risk_bench *self)
{
	static const char *const symbols[] = {"BTCUSDT", "ALTUSDT"};
	logic_bench_event(&self->logic, EVENT_START);
	logic_bench_stream(&self->logic, "executor", true);
	logic_bench_stream(&self->logic, "feed", true);
	for (size_t i = 0; i < 2; i++) {
		struct instrument instrument = risk_bench_instrument(symbols[i]);
		given_instrument(self, &instrument);
		given_market(self, symbols[i], MARKET_STATUS_LIVE);
		given_tick(self, symbols[i], "100", "100.1");
	}
}

void given_tick(struct risk_bench *self, const char *symbol, const char *bid, const char *ask)
{
	struct mark mark = {
		.symbol = name_from(symbol),
		.bid = decimal_of(bid),
		.ask = decimal_of(ask),
		.at = self->logic.now,
	};
	logic_bench_hear(&self->logic, "feed", 1, MESSAGE_MARK, &mark);
}

void given_market(struct risk_bench *self, const char *symbol, enum market_status status)
{
	struct market_state market = {.symbol = name_from(symbol), .status = status};
	logic_bench_hear(&self->logic, "feed", 1, MESSAGE_MARKET_STATE, &market);
}

struct instrument risk_bench_instrument(const char *symbol)
{
	return (struct instrument){
		.symbol = name_from(symbol),
		.base = name_from("BTC"),
		.quote = name_from("USDT"),
		.trading = true,
		.tick = decimal_of("0.01"),
		.price_min = decimal_of("0.01"),
		.price_max = decimal_of("1000000"),
		.lot = decimal_of("0.001"),
		.qty_min = decimal_of("0.001"),
		.qty_max = decimal_of("9000"),
	};
}

void given_instrument(struct risk_bench *self, const struct instrument *instrument)
{
	logic_bench_hear(&self->logic, "feed", 1, MESSAGE_INSTRUMENT, instrument);
}

void given_position(struct risk_bench *self, const char *symbol, const char *bot, const char *qty,
                    const char *cost)
{
	struct position position = {
		.symbol = name_from(symbol),
		.bot = name_from(bot),
		.qty = decimal_of(qty),
		.cost = decimal_of(cost),
	};
	logic_bench_hear(&self->logic, "executor", 1, MESSAGE_POSITION, &position);
}

void given_order(struct risk_bench *self, const struct intent *intent, enum order_status status,
                 const char *executed)
{
	struct order order = {
		.intent_id = intent->intent_id,
		.bot = intent->bot,
		.symbol = intent->symbol,
		.purpose = intent->purpose,
		.side = intent->side,
		.type = intent->type,
		.status = status,
		.qty = intent->qty,
		.price = intent->price,
		.executed = decimal_of(executed),
	};
	logic_bench_hear(&self->logic, "executor", 1, MESSAGE_ORDER, &order);
}

void given_receipt(struct risk_bench *self, const struct intent *intent, bool accepted)
{
	struct receipt receipt = {
		.intent_id = intent->intent_id, .accepted = accepted, .rule = name_from("closed")};
	logic_bench_reply(&self->logic, self->calls[intent->intent_id.low % RISK_BENCH_CALLS],
	                  MESSAGE_RECEIPT, &receipt);
}

struct command_result when_command(struct risk_bench *self, enum command_kind kind,
                                   const char *reason)
{
	struct command command = {
		.kind = kind, .actor = name_from("me"), .reason = text_from(reason)};
	logic_bench_ask(&self->logic, MESSAGE_COMMAND, &command);
	const struct command_result *result =
		logic_bench_body(&self->logic, EFFECT_ANSWER, MESSAGE_COMMAND_RESULT);
	assert_non_null(result);
	return *result;
}

void when_time_passes(struct risk_bench *self, nanos_t time)
{
	self->logic.now += time;
	logic_bench_timer(&self->logic, 1);
}

static struct intent intent_of(struct risk_bench *self, enum side side, const char *qty,
                               const char *price)
{
	return (struct intent){
		.intent_id = {77, ++self->intents},
		.bot = name_from("bot"),
		.symbol = name_from("BTCUSDT"),
		.purpose = side == SIDE_BUY ? PURPOSE_ENTRY : PURPOSE_EXIT,
		.side = side,
		.type = ORDER_TYPE_LIMIT,
		.time_in_force = TIME_IN_FORCE_GTC,
		.stop_place = STOP_PLACE_EXCHANGE,
		.qty = decimal_of(qty),
		.price = decimal_of(price),
		.expires = self->logic.now + 5 * NANOS_S,
		.stamp = self->logic.now,
	};
}

struct intent buy(struct risk_bench *self, const char *qty, const char *price)
{
	return intent_of(self, SIDE_BUY, qty, price);
}

struct intent sell(struct risk_bench *self, const char *qty, const char *price)
{
	return intent_of(self, SIDE_SELL, qty, price);
}

struct verdict when_intent(struct risk_bench *self, const struct intent *intent)
{
	uint64_t token = logic_bench_ask(&self->logic, MESSAGE_INTENT, intent);
	const struct effect *call =
		logic_bench_effect(&self->logic, EFFECT_CALL, MESSAGE_APPROVAL, 0);
	const struct effect *answer =
		logic_bench_effect(&self->logic, EFFECT_ANSWER, MESSAGE_VERDICT, 0);
	assert_true((call != NULL) !=
	            (answer != NULL)); /* the verdict on an approval waits for the executor */
	if (call != NULL) {
		self->calls[intent->intent_id.low % RISK_BENCH_CALLS] = call->token;
		return (struct verdict){.intent_id = intent->intent_id, .allowed = true};
	}
	assert_int_equal(answer->token, token);
	return *(const struct verdict *)answer->body;
}

const struct approval *approval_of(const struct risk_bench *self)
{
	return logic_bench_body(&self->logic, EFFECT_CALL, MESSAGE_APPROVAL);
}

void then_allowed(struct risk_bench *self, const struct intent *intent)
{
	struct verdict verdict = when_intent(self, intent);
	if (!verdict.allowed)
		fail_msg("refused by %s: %s", verdict.rule.text, verdict.detail.text);
	assert_non_null(approval_of(self));
	assert_int_equal(verdict.rule.size, 0);
}

void then_refused_by(struct risk_bench *self, const struct intent *intent, const char *rule)
{
	struct verdict verdict = when_intent(self, intent);
	assert_false(verdict.allowed);
	assert_string_equal(verdict.rule.text, rule);
	assert_true(verdict.detail.size > 0);
	assert_null(approval_of(self));
	assert_non_null(logic_bench_note(&self->logic, "risk.refused"));
}
