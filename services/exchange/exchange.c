/* SPDX-License-Identifier: Apache-2.0 */
#include "services/exchange/exchange.h"

#include "common/base/random.h"
#include "services/exchange/engine.h"
#include "services/exchange/money.h"
#include "services/exchange/rest.h"
#include "services/exchange/streams.h"
#include "services/exchange/wsapi.h"

#include <stdio.h>
#include <string.h>

enum { BATCH_MAX = 64, BATCH_EFFECTS_MAX = 512, PERCENT_UNIT = 1000000 };

/* What one message and one request may add to a batch that is not yet full. */
static_assert(BATCH_EFFECTS_MAX + EXCHANGE_CLIENTS_MAX * 2 +
                              (EXCHANGE_ORDERS_MAX +
                               EXCHANGE_ALGO_ORDERS_MAX * (MATCH_FILLS_MAX + 2) +
                               EXCHANGE_LISTS_MAX * 2 * ACCOUNT_LEGS_MAX) *
                                      (1 + EXCHANGE_USERS_MAX) <
                      OUTBOX_EFFECTS_MAX,
              "a batch always fits in an outbox");

static const struct config_key symbol_keys[] = {
#define CONFIG_ROWS struct exchange_symbol
#include "common/base/config_rows.h"
#include "services/exchange/symbol.def"
#include "common/base/config_rows_end.h"
};

const struct config_type exchange_symbol_type = {
	.name = "exchange_symbol",
	.doc = "One symbol of the built-in exchange.",
	.keys = symbol_keys,
	.key_count = sizeof symbol_keys / sizeof *symbol_keys,
	.size = sizeof(struct exchange_symbol),
};

static const struct config_key keys[] = {
#define CONFIG_ROWS struct exchange_config
#include "common/base/config_rows.h"
#include "services/exchange/config.def"
#include "common/base/config_rows_end.h"
};

const struct config_type exchange_config_type = {
	.name = "exchange",
	.doc = "The built-in exchange.",
	.keys = keys,
	.key_count = sizeof keys / sizeof *keys,
	.size = sizeof(struct exchange_config),
};

/* The rules of Binance's BTCUSDT at the time of the recording. */
static struct instrument instrument_of(const struct exchange_symbol *symbol)
{
	return (struct instrument){
		.symbol = symbol->symbol,
		.base = symbol->base,
		.quote = symbol->quote,
		.trading = true,
		.base_places = MONEY_PLACES,
		.quote_places = MONEY_PLACES,
		.tick = decimal_make(1, -2),
		.price_min = decimal_make(1, -2),
		.price_max = decimal_make(1000000, 0),
		.lot = decimal_make(1, -5),
		.qty_min = decimal_make(1, -5),
		.qty_max = decimal_make(9000, 0),
		.market_lot = DECIMAL_ZERO,
		.market_qty_min = DECIMAL_ZERO,
		.market_qty_max = decimal_make(120, 0),
		.notional_min = decimal_make(5, 0),
		.notional_max = decimal_make(9000000, 0),
		.notional_min_market = true,
		.notional_max_market = false,
		.bid_up = decimal_make(5, 0),
		.bid_down = decimal_make(2, -1),
		.ask_up = decimal_make(5, 0),
		.ask_down = decimal_make(2, -1),
		.average_minutes = 5,
		.iceberg_parts = 100,
		.orders_max = EXCHANGE_ORDERS_MAX,
		.algo_orders_max = EXCHANGE_ALGO_ORDERS_MAX,
		.trailing_above_min = 10,
		.trailing_above_max = 2000,
		.trailing_below_min = 10,
		.trailing_below_max = 2000,
	};
}

static void choose_symbols(struct exchange *self)
{
	const struct exchange_config *config = self->config;
	self->symbol_count = config->symbols_count;
	memcpy(self->symbols, config->symbols, sizeof *self->symbols * config->symbols_count);
	if (self->symbol_count == 0) {
		self->symbol_count = 2;
		config_defaults(&exchange_symbol_type, &self->symbols[0]);
		config_defaults(&exchange_symbol_type, &self->symbols[1]);
		self->symbols[1].symbol = name_from("ALTUSDT");
		self->symbols[1].base = name_from("ALT");
		self->symbols[1].shift = config->recording->period / 2;
		self->symbols[1].price_offset = decimal_make(5000, 0);
		self->symbols[1].id_offset = 7000000;
	}
	for (unsigned i = 0; i < self->symbol_count; i++)
		self->instruments[i] = instrument_of(&self->symbols[i]);
}

static void exchange_init(void *state, const struct identity *identity, const void *config)
{
	struct exchange *self = state;
	(void)identity;
	self->config = config;
	choose_symbols(self);
	account_init(&self->account, self->instruments, self->symbol_count);
	limits_init(&self->limits, self->config->weight_max, self->config->orders_10s_max,
	            self->config->orders_day_max);
}

static void exchange_apply(void *state, enum message_type type, const void *record)
{
	struct exchange *self = state;
	account_apply(&self->account, type, record);
}

void exchange_record(struct exchange *self, struct turn *turn, enum message_type type,
                     const void *record)
{
	outbox_save(turn->out, SAVE_BUFFERED, type, record);
	account_apply(&self->account, type, record);
}

bool exchange_draws(struct turn *turn, decimal_t percent)
{
	if (money_is_zero(percent))
		return false;
	struct random random;
	random_init(&random, turn->chance);
	turn->chance = random_next(&random);
	uint64_t drawn = random_below(&random, 100 * PERCENT_UNIT);
	return (double)drawn < decimal_to_double(percent) * PERCENT_UNIT;
}

/* value × by, or ÷ by rounded up; speeds are small, times are not. */
static nanos_t scaled(nanos_t value, decimal_t by, bool divide)
{
	__int128 wide = value, coefficient = by.coefficient;
	for (int exponent = by.exponent; exponent > 0; exponent--)
		coefficient *= 10;
	__int128 unit = 1;
	for (int exponent = by.exponent; exponent < 0; exponent++)
		unit *= 10;
	return (nanos_t)(divide ? (wide * unit + coefficient - 1) / coefficient
	                        : wide * coefficient / unit);
}

nanos_t exchange_time(const struct exchange *self, nanos_t now)
{
	const struct ledger_start *start = &self->account.start;
	nanos_t passed = now > start->at ? now - start->at : 0;
	return start->exchange_at + scaled(passed, start->speed, false);
}

nanos_t exchange_when(const struct exchange *self, nanos_t at)
{
	const struct ledger_start *start = &self->account.start;
	return start->at + scaled(at - start->exchange_at, start->speed, true);
}

/* The tape's first moment is the first start ever; another speed goes on from where the old one
 * came to. */
static void start_clock(struct exchange *self, struct turn *turn)
{
	const struct ledger_start *old = &self->account.start;
	bool is_new = old->at == 0;
	if (!is_new && decimal_equals(old->speed, self->config->speed))
		return;
	nanos_t now = turn->event->now;
	struct ledger_start start = {
		.at = now,
		.tape = self->config->recording->name,
		.exchange_at = is_new ? now : exchange_time(self, now),
		.speed = self->config->speed,
		.origin = is_new ? now : old->origin,
	};
	exchange_record(self, turn, MESSAGE_LEDGER_START, &start);
}

static void deposit(struct exchange *self, struct turn *turn, const char *asset, decimal_t amount)
{
	struct ledger_deposit record = {.asset = name_from(asset), .amount = amount};
	exchange_record(self, turn, MESSAGE_LEDGER_DEPOSIT, &record);
}

static void open_account(struct exchange *self, struct turn *turn)
{
	const struct config_pairs *balances = &self->config->balances;
	if (self->account.asset_count > 0)
		return;
	for (uint32_t i = 0; i < balances->count; i++) {
		const struct config_pair *pair = &balances->items[i];
		decimal_t amount;
		if (decimal_parse(pair->value.text, pair->value.size, &amount) == OK &&
		    decimal_sign(amount) >= 0 && decimal_compare(amount, decimal_make(1, 9)) <= 0)
			deposit(self, turn, pair->key.text, amount);
		else
			outbox_note(turn->out, SEVERITY_ERROR, "exchange.balance",
			            "balances.%s: '%s' is no amount from 0 to 1000000000; left out",
			            pair->key.text, pair->value.text);
	}
	if (balances->count > 0)
		return;
	deposit(self, turn, "USDT", decimal_make(100000, 0));
	deposit(self, turn, "BTC", DECIMAL_ONE);
	deposit(self, turn, "ALT", DECIMAL_ONE);
}

static void set_tape_timer(struct exchange *self, struct turn *turn)
{
	nanos_t next = INT64_MAX;
	for (unsigned i = 0; i < self->symbol_count; i++) {
		nanos_t due = market_due(&self->markets[i]);
		next = due < next ? due : next;
	}
	outbox_set_timer(turn->out, TIMER_TAPE, exchange_when(self, next));
}

static void start(struct exchange *self, struct turn *turn)
{
	start_clock(self, turn);
	open_account(self, turn);
	turn->at = exchange_time(self, turn->event->now);
	for (unsigned i = 0; i < self->symbol_count; i++) {
		const struct exchange_symbol *symbol = &self->symbols[i];
		struct market_place place = {
			.origin = self->account.start.origin - symbol->shift,
			.price_offset = symbol->price_offset,
			.id_offset = symbol->id_offset,
			.trade_id_offset = symbol->id_offset,
		};
		market_init(&self->markets[i], self->config->recording, &place, turn->at);
	}
	engine_catch_up(self, turn);
	set_tape_timer(self, turn);
	outbox_note(turn->out, SEVERITY_INFO, "exchange.open", "plays %s, round %lld, %u symbols",
	            self->account.start.tape.text, (long long)self->markets[0].round,
	            self->symbol_count);
}

/* The symbol whose next message is due first, or -1 when none is due yet. */
static int due_symbol(const struct exchange *self, nanos_t at)
{
	int first = -1;
	nanos_t least = at;
	for (unsigned i = 0; i < self->symbol_count; i++) {
		nanos_t due = market_due(&self->markets[i]);
		if (due < least || (due == least && first < 0)) {
			least = due;
			first = (int)i;
		}
	}
	return first;
}

static bool has_room(const struct outbox *out)
{
	return out->count < BATCH_EFFECTS_MAX && out->used < out->capacity / 4;
}

static void play(struct exchange *self, struct turn *turn)
{
	for (unsigned played = 0; played < BATCH_MAX && has_room(turn->out); played++) {
		int symbol = due_symbol(self, turn->at);
		if (symbol < 0)
			break;
		struct market_message message;
		market_next(&self->markets[symbol], &message);
		streams_send(self, turn, (unsigned)symbol, &message);
		engine_follow(self, turn, (unsigned)symbol, &message);
	}
	set_tape_timer(self, turn);
}

static void serve(struct exchange *self, struct turn *turn, const struct wire *wire)
{
	struct exchange_client *client = streams_client(self, wire->client);
	if (wire->kind == WIRE_HTTP)
		rest_request(self, turn, wire);
	else if (wire->kind == WIRE_OPEN)
		streams_open(self, turn, wire);
	else if (wire->kind == WIRE_CLOSED)
		streams_close(self, wire->client);
	else if (client != NULL && client->kind == CLIENT_API)
		wsapi_frame(self, turn, client, wire->body, wire->size);
	else if (client != NULL)
		streams_frame(self, turn, client, wire->body, wire->size);
}

static bool keep_text(char *out, size_t capacity, const char *text)
{
	int size = snprintf(out, capacity, "%s", text == NULL ? "" : text);
	return size >= 0 && (size_t)size < capacity;
}

/* Keeps a request that is still under way. False when there is no room: it then arrives at once. */
static bool delay(struct exchange *self, struct turn *turn, const struct wire *wire)
{
	for (size_t i = 0; i < EXCHANGE_DELAYED_MAX; i++) {
		struct exchange_delayed *delayed = &self->delayed[i];
		if (delayed->at != 0)
			continue;
		delayed->wire = *wire;
		bool fits = keep_text(delayed->method, sizeof delayed->method, wire->method) &&
		            keep_text(delayed->path, sizeof delayed->path, wire->path) &&
		            keep_text(delayed->query, sizeof delayed->query, wire->query) &&
		            keep_text(delayed->api_key, sizeof delayed->api_key, wire->api_key) &&
		            wire->size < sizeof delayed->body;
		if (!fits)
			return false;
		if (wire->size > 0)
			memcpy(delayed->body, wire->body, wire->size);
		delayed->body[wire->size] = '\0';
		delayed->at = turn->event->now + self->config->latency;
		delayed->number = ++self->delayed_count;
		delayed->wire.method = delayed->method;
		delayed->wire.path = delayed->path;
		delayed->wire.query = delayed->query;
		delayed->wire.api_key = delayed->api_key;
		delayed->wire.body = delayed->body;
		return true;
	}
	return false;
}

static struct exchange_delayed *next_delayed(struct exchange *self)
{
	struct exchange_delayed *next = NULL;
	for (size_t i = 0; i < EXCHANGE_DELAYED_MAX; i++) {
		struct exchange_delayed *delayed = &self->delayed[i];
		if (delayed->at != 0 && (next == NULL || delayed->number < next->number))
			next = delayed;
	}
	return next;
}

static void serve_delayed(struct exchange *self, struct turn *turn)
{
	struct exchange_delayed *next = next_delayed(self);
	if (next != NULL && next->at <= turn->event->now) {
		serve(self, turn, &next->wire);
		next->at = 0;
		next = next_delayed(self);
	}
	if (next != NULL)
		outbox_set_timer(turn->out, TIMER_DELAYED, next->at);
}

static void receive(struct exchange *self, struct turn *turn, const struct wire *wire)
{
	bool is_request = wire->kind == WIRE_HTTP || wire->kind == WIRE_FRAME;
	if (self->config->latency > 0 && is_request && delay(self, turn, wire))
		outbox_set_timer(turn->out, TIMER_DELAYED, next_delayed(self)->at);
	else
		serve(self, turn, wire);
}

static void exchange_step(void *state, const struct event *event, struct outbox *out)
{
	struct exchange *self = state;
	struct turn turn = {.event = event, .out = out, .chance = event->entropy};
	if (event->kind == EVENT_START) {
		start(self, &turn);
		return;
	}
	turn.at = exchange_time(self, event->now);
	limits_tick(&self->limits, turn.at);
	if (event->kind == EVENT_TIMER && event->timer == TIMER_TAPE)
		play(self, &turn);
	else if (event->kind == EVENT_TIMER && event->timer == TIMER_DELAYED)
		serve_delayed(self, &turn);
	else if (event->kind == EVENT_WIRE)
		receive(self, &turn, event->wire);
	else if (event->kind == EVENT_SAVE_FAILED)
		outbox_exit(out, "the ledger can't be saved");
	else if (event->kind == EVENT_STOP)
		outbox_exit(out, "asked to stop");
}

const struct logic exchange_logic = {
	.name = "exchange",
	.state_size = sizeof(struct exchange),
	.arena_size = 16 << 20,
	.init = exchange_init,
	.apply = exchange_apply,
	.step = exchange_step,
};
