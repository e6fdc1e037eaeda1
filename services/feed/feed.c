/* SPDX-License-Identifier: Apache-2.0 */
#include "services/feed/feed.h"

#include "common/venue/venue.h"
#include "services/feed/allowance.h"
#include "services/feed/symbol.h"

#include <string.h>

enum {
	TIMER_CHECK = 1,
	CHECK_MS = 100,
	TOKEN_INSTRUMENTS = 1,
	TOKEN_GRANT = 2,
	TOKEN_SNAPSHOT = 100,
	SYMBOLS_MAX = CONFIG_NAMES_MAX
};

static const char LINK[] = "market";

struct feed {
	const struct feed_config *config;
	const struct stack_config *stack;
	const struct venue *venue;
	struct allowance allowance;
	bool is_up;
	nanos_t last_frame, publish_states_at, instruments_at;
	size_t count;
	struct symbol symbols[SYMBOLS_MAX];
};

static void feed_init(void *state, const struct identity *identity, const void *config)
{
	struct feed *self = state;
	self->config = config;
	self->stack = identity->stack;
	self->venue = venue_named(identity->stack->venue.text);
	self->count = identity->stack->symbols.count;
	for (size_t i = 0; i < self->count; i++)
		symbol_init(&self->symbols[i], &identity->stack->symbols.items[i]);
}

static struct symbol *find(struct feed *self, const name_t *name)
{
	for (size_t i = 0; i < self->count; i++)
		if (name_equals(&self->symbols[i].state.symbol, name))
			return &self->symbols[i];
	return NULL;
}

static void tell_status(const struct symbol *symbol, nanos_t now, struct outbox *out)
{
	const struct market_state *state = &symbol->state;
	outbox_publish(out, MESSAGE_MARKET_STATE, state);
	outbox_alert(out, now,
	             state->status == MARKET_STATUS_LIVE ? SEVERITY_INFO : SEVERITY_WARNING,
	             "market.status", "%s is %s%s%s", state->symbol.text,
	             enum_print(&enum_market_status, (int)state->status),
	             state->reason.size > 0 ? ": " : "", state->reason.text);
}

static void ask_snapshot(struct feed *self, struct symbol *symbol, nanos_t now, struct outbox *out)
{
	struct http_request request;
	if (!symbol_wants_snapshot(symbol, now))
		return;
	if (self->venue->book(symbol->state.symbol.text, (unsigned)self->config->depth_limit,
	                      &request) != OK ||
	    !allowance_take(&self->allowance, now, request.weight))
		return;
	symbol->snapshot_asked = true;
	symbol->snapshot_retry = now + self->config->snapshot_retry;
	outbox_call_http(out, TOKEN_SNAPSHOT + (uint64_t)(symbol - self->symbols), &request);
}

static void ask_instruments(struct feed *self, nanos_t now, struct outbox *out)
{
	struct http_request request;
	bool is_known = true;
	for (size_t i = 0; i < self->count; i++)
		is_known &= self->symbols[i].has_instrument;
	self->instruments_at = now + (is_known ? self->config->instruments_every : NANOS_S);
	if (self->venue->instruments(self->stack->symbols.items, self->count, &request) != OK)
		return;
	if (allowance_take(&self->allowance, now, request.weight))
		outbox_call_http(out, TOKEN_INSTRUMENTS, &request);
	else
		self->instruments_at = now + NANOS_S;
}

static void restart_all(struct feed *self, enum market_status status, const char *reason,
                        nanos_t now, struct outbox *out)
{
	for (size_t i = 0; i < self->count; i++) {
		symbol_restart(&self->symbols[i], status, reason);
		tell_status(&self->symbols[i], now, out);
	}
}

static void take_link(struct feed *self, const struct event *event, struct outbox *out)
{
	const struct link_state *link = event->body;
	self->is_up = link->status == LINK_STATUS_UP;
	self->last_frame = event->now;
	if (self->is_up)
		restart_all(self, MARKET_STATUS_SYNCING, "connected; waiting for the book",
		            event->now, out);
	else
		restart_all(self, MARKET_STATUS_DOWN, link->reason.text, event->now, out);
}

static void take_depth(struct feed *self, const struct event *event, struct outbox *out)
{
	const struct venue_depth *depth = event->body;
	struct symbol *symbol = find(self, &depth->symbol);
	if (symbol == NULL)
		return;
	if (symbol_depth(symbol, depth, event->now))
		tell_status(symbol, event->now, out);
	ask_snapshot(self, symbol, event->now, out);
}

static void take_book(struct feed *self, const struct event *event, struct outbox *out)
{
	const struct venue_book *book = event->body;
	struct symbol *symbol = find(self, &book->symbol);
	if (symbol != NULL && symbol->snapshot_asked && symbol_snapshot(symbol, book, event->now))
		tell_status(symbol, event->now, out);
}

static void tell_mark(struct feed *self, struct symbol *symbol, nanos_t now, struct outbox *out)
{
	struct mark mark;
	if (symbol_mark(symbol, now, self->config->mark_interval, &mark))
		outbox_publish(out, MESSAGE_MARK, &mark);
}

static void take_top(struct feed *self, const struct event *event, struct outbox *out)
{
	const struct venue_top *top = event->body;
	struct tick tick;
	struct symbol *symbol = find(self, &top->symbol);
	if (symbol == NULL || !symbol_top(symbol, top, event->now, event->stamp, &tick))
		return;
	outbox_publish(out, MESSAGE_TICK, &tick);
	tell_mark(self, symbol, event->now, out);
}

static void take_trade(struct feed *self, const struct event *event, struct outbox *out)
{
	const struct venue_trade *in = event->body;
	struct trade trade;
	struct symbol *symbol = find(self, &in->symbol);
	if (symbol != NULL && symbol_trade(symbol, in, event->now, event->stamp, &trade))
		outbox_publish(out, MESSAGE_TRADE, &trade);
}

static void take_instrument(struct feed *self, const struct event *event, struct outbox *out)
{
	const struct instrument *instrument = event->body;
	struct symbol *symbol = find(self, &instrument->symbol);
	if (symbol == NULL)
		return;
	symbol->instrument = *instrument;
	symbol->has_instrument = true;
	outbox_publish(out, MESSAGE_INSTRUMENT, instrument);
}

static void take_notice(struct feed *self, const struct event *event, struct outbox *out)
{
	const struct venue_notice *notice = event->body;
	for (size_t i = 0; i < self->count && name_is(&notice->event, "malformed"); i++)
		self->symbols[i].state.refused++;
	outbox_note(out, SEVERITY_WARNING, "market.notice", "%s: %s", notice->event.text,
	            notice->text.text);
}

static const struct {
	enum message_type type;
	void (*take)(struct feed *self, const struct event *event, struct outbox *out);
} handlers[] = {
	{MESSAGE_VENUE_TOP, take_top},         {MESSAGE_VENUE_TRADE, take_trade},
	{MESSAGE_VENUE_DEPTH, take_depth},     {MESSAGE_VENUE_BOOK, take_book},
	{MESSAGE_INSTRUMENT, take_instrument}, {MESSAGE_LINK_STATE, take_link},
	{MESSAGE_VENUE_NOTICE, take_notice},
};

static void take_message(struct feed *self, const struct event *event, struct outbox *out)
{
	if (event->type == MESSAGE_VENUE_TOP || event->type == MESSAGE_VENUE_TRADE ||
	    event->type == MESSAGE_VENUE_DEPTH)
		self->last_frame = event->now;
	for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++) {
		if (handlers[i].type != event->type)
			continue;
		handlers[i].take(self, event, out);
		return;
	}
}

/* Reached by the end of every call; the messages of a good answer came before. */
static void take_reply(struct feed *self, const struct event *event, struct outbox *out)
{
	const struct venue_answer *answer = event_body(event, MESSAGE_VENUE_ANSWER);
	bool is_good = answer != NULL && answer->evidence == EVIDENCE_EXISTS && answer->items > 0;
	if (event->token == TOKEN_GRANT) {
		allowance_answered(&self->allowance, event_body(event, MESSAGE_GRANT), event->now);
		return;
	}
	if (answer != NULL)
		allowance_heard(&self->allowance, answer, event->now);
	if (event->token == TOKEN_INSTRUMENTS) {
		self->instruments_at =
			event->now + (is_good ? self->config->instruments_every : NANOS_S);
	} else if (event->token >= TOKEN_SNAPSHOT && event->token - TOKEN_SNAPSHOT < self->count) {
		struct symbol *symbol = &self->symbols[event->token - TOKEN_SNAPSHOT];
		symbol->snapshot_asked = false;
	}
	if (!is_good)
		outbox_note(out, SEVERITY_WARNING, "market.query",
		            "the exchange gave no answer to use: %s",
		            answer != NULL ? answer->text.text : "call failed");
}

static void publish_states(struct feed *self, struct outbox *out)
{
	for (size_t i = 0; i < self->count; i++)
		outbox_publish(out, MESSAGE_MARKET_STATE, &self->symbols[i].state);
}

static void drop_silent_link(struct feed *self, nanos_t now, struct outbox *out)
{
	struct link_close close = {.link = name_from(LINK), .reason = text_from("no market data")};
	if (!self->is_up || now - self->last_frame <= self->config->reconnect_after)
		return;
	self->last_frame = now;
	outbox_call_host(out, MESSAGE_LINK_CLOSE, &close);
}

static void check(struct feed *self, nanos_t now, struct outbox *out)
{
	for (size_t i = 0; i < self->count; i++) {
		if (symbol_check(&self->symbols[i], now, self->config->stale_after))
			tell_status(&self->symbols[i], now, out);
		ask_snapshot(self, &self->symbols[i], now, out);
		tell_mark(self, &self->symbols[i], now, out);
	}
	drop_silent_link(self, now, out);
	allowance_ask(&self->allowance, TOKEN_GRANT, now, out);
	if (now >= self->instruments_at)
		ask_instruments(self, now, out);
	if (now >= self->publish_states_at) {
		publish_states(self, out);
		self->publish_states_at = now + NANOS_S;
	}
	outbox_set_timer(out, TIMER_CHECK, now + CHECK_MS * NANOS_MS);
}

static void start(struct feed *self, nanos_t now, struct outbox *out)
{
	struct link_open open = {.link = name_from(LINK)};
	const struct venue_profile *profile = venue_profile_named(self->stack->venue_profile.text);
	allowance_init(&self->allowance, self->stack,
	               profile == NULL ? 0 : profile->weight_per_minute, now);
	if (self->venue->market_path(self->stack->symbols.items, self->count, &open.path) == OK)
		outbox_call_host(out, MESSAGE_LINK_OPEN, &open);
	check(self, now, out);
}

static void feed_step(void *state, const struct event *event, struct outbox *out)
{
	struct feed *self = state;
	switch (event->kind) {
	case EVENT_START: start(self, event->now, out); break;
	case EVENT_MESSAGE: take_message(self, event, out); break;
	case EVENT_REPLY: take_reply(self, event, out); break;
	case EVENT_TIMER: check(self, event->now, out); break;
	case EVENT_STOP: outbox_exit(out, "asked to stop"); break;
	default: break;
	}
}

static void feed_republish(const void *state, nanos_t now, struct outbox *out)
{
	const struct feed *self = state;
	(void)now;
	for (size_t i = 0; i < self->count; i++) {
		const struct symbol *symbol = &self->symbols[i];
		outbox_publish(out, MESSAGE_MARKET_STATE, &symbol->state);
		if (symbol->has_instrument)
			outbox_publish(out, MESSAGE_INSTRUMENT, &symbol->instrument);
		if (symbol->tick.book_id == 0)
			continue;
		struct mark mark = symbol_mark_now(symbol);
		outbox_publish(out, MESSAGE_TICK, &symbol->tick);
		outbox_publish(out, MESSAGE_MARK, &mark);
	}
}

static enum service_status feed_health(const void *state, nanos_t now, text_t *why)
{
	const struct feed *self = state;
	(void)now;
	for (size_t i = 0; i < self->count; i++) {
		const struct market_state *market = &self->symbols[i].state;
		if (market->status == MARKET_STATUS_LIVE && self->symbols[i].has_instrument)
			continue;
		*why = text_format("%s is %s: %s", market->symbol.text,
		                   enum_print(&enum_market_status, (int)market->status),
		                   self->symbols[i].has_instrument ? market->reason.text
		                                                   : "its rules are not known yet");
		return SERVICE_STATUS_DEGRADED;
	}
	return SERVICE_STATUS_HEALTHY;
}

static const struct config_key keys[] = {
#define CONFIG_ROWS struct feed_config
#include "common/base/config_rows.h"
#include "services/feed/config.def"
#include "common/base/config_rows_end.h"
};

const struct config_type feed_config_type = {
	.name = "feed",
	.doc = "Market data: snapshots, staleness, reconnects.",
	.keys = keys,
	.key_count = sizeof keys / sizeof *keys,
	.size = sizeof(struct feed_config),
};

const struct logic feed_logic = {
	.name = "feed",
	.state_size = sizeof(struct feed),
	.init = feed_init,
	.step = feed_step,
	.republish = feed_republish,
	.health = feed_health,
};
