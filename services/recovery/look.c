/* SPDX-License-Identifier: Apache-2.0 */
#include "services/recovery/look.h"

#include "services/recovery/state.h"

enum { PAGE = 500, TRIES_MAX = 4 };

#define RETRY (1 * NANOS_S)
#define CLOCK_AGE_MAX NANOS_MIN

bool look_is_under_way(const struct look *self)
{
	return self->phase != LOOK_IDLE && self->phase != LOOK_DONE;
}

static struct their_symbol *find_symbol(struct look *self, const name_t *symbol)
{
	for (uint32_t i = 0; i < self->symbol_count; i++)
		if (name_equals(&self->symbols[i].symbol, symbol))
			return &self->symbols[i];
	return NULL;
}

const struct their_symbol *look_symbol(const struct look *self, const name_t *symbol)
{
	return find_symbol((struct look *)self, symbol);
}

decimal_t look_amount(const struct look *self, const name_t *asset)
{
	for (uint32_t i = 0; i < self->asset_count; i++)
		if (name_equals(&self->assets[i].asset, asset))
			return self->assets[i].amount;
	return DECIMAL_ZERO;
}

bool look_is_traded(const struct look *self, const name_t *asset)
{
	for (uint32_t i = 0; i < self->symbol_count; i++)
		if (name_equals(&self->symbols[i].rules.base, asset) ||
		    name_equals(&self->symbols[i].rules.quote, asset))
			return true;
	return false;
}

const struct their_order *look_order(const struct look *self, ident_t client_id)
{
	for (uint32_t i = 0; i < self->order_count; i++)
		if (ident_equals(self->orders[i].client_id, client_id))
			return &self->orders[i];
	return NULL;
}

static void want_symbol(struct look *self, const name_t *symbol)
{
	if (find_symbol(self, symbol) != NULL)
		return;
	if (self->symbol_count == SUBJECTS_MAX)
		self->is_broken = true;
	else
		self->symbols[self->symbol_count++] = (struct their_symbol){.symbol = *symbol};
}

/* Those of the configuration, and whatever our books hold or held beside them. */
static void want_symbols(struct recovery *self)
{
	const struct config_names *symbols = &self->identity->stack->symbols;

	for (uint32_t i = 0; i < symbols->count; i++)
		want_symbol(&self->look, &symbols->items[i]);
	for (uint32_t i = 0; i < self->ours.symbols.count; i++)
		want_symbol(&self->look, &self->ours.symbols.items[i].name);
	for (uint32_t i = 0; i < self->ours.order_count; i++)
		want_symbol(&self->look, &self->ours.orders[i].symbol);
}

/* Counting goes on from what both sides agreed on last. */
static void count_from_agreed(struct recovery *self, bool counts_anew)
{
	for (uint32_t i = 0; i < self->look.symbol_count; i++) {
		struct their_symbol *symbol = &self->look.symbols[i];
		const struct journal_agreed *agreed =
			counts_anew ? NULL : agreed_find(&self->latest, &symbol->symbol, false);
		symbol->qty = agreed != NULL ? agreed->qty : DECIMAL_ZERO;
		symbol->executions = agreed != NULL ? agreed->executions : 0;
		symbol->watermark = agreed != NULL ? agreed->watermark : 0;
		symbol->read = 0;
		symbol->asked_at = 0;
	}
}

static void go_to(struct recovery *self, enum look_phase phase)
{
	self->look.phase = phase;
	self->look.tries = 0;
	self->look.token = 0;
	self->look.due = phase == LOOK_DONE ? 0 : self->now;
}

void look_begin(struct recovery *self, bool counts_anew)
{
	struct look *look = &self->look;

	look->is_broken = false;
	look->order_count = look->asset_count = look->symbol = 0;
	look->counts_anew = counts_anew;
	look->why = text_from("");
	look->started = self->now;
	want_symbols(self);
	count_from_agreed(self, counts_anew);
	go_to(self, LOOK_TIME);
}

static bool lacks_rules(const struct look *self)
{
	for (uint32_t i = 0; i < self->symbol_count; i++)
		if (self->symbols[i].rules.base.size == 0)
			return true;
	return false;
}

static bool needs_asking(const struct recovery *self)
{
	const struct look *look = &self->look;

	switch (look->phase) {
	case LOOK_TIME: return self->offset_at == 0 || self->now - self->offset_at > CLOCK_AGE_MAX;
	case LOOK_RULES: return lacks_rules(look);
	case LOOK_FILLS: return look->symbol < look->symbol_count;
	default: return true;
	}
}

static enum err build_fills(struct recovery *self, nanos_t venue_now, struct http_request *out)
{
	struct look *look = &self->look;
	struct their_symbol *symbol = &look->symbols[look->symbol];

	if (symbol->asked_at == 0)
		look->page_from = symbol->watermark + 1;
	symbol->asked_at = self->now;
	look->page_items = 0;
	return self->venue->fills(symbol->symbol.text, look->page_from, PAGE, venue_now,
	                          self->profile, out);
}

static enum err build_rules(const struct recovery *self, struct http_request *out)
{
	name_t symbols[SUBJECTS_MAX];

	for (uint32_t i = 0; i < self->look.symbol_count; i++)
		symbols[i] = self->look.symbols[i].symbol;
	return self->venue->instruments(symbols, self->look.symbol_count, out);
}

static enum err build(struct recovery *self, struct http_request *out)
{
	nanos_t venue_now = self->now + self->offset;

	switch (self->look.phase) {
	case LOOK_TIME: return self->venue->time(out);
	case LOOK_RULES: return build_rules(self, out);
	case LOOK_FILLS: return build_fills(self, venue_now, out);
	case LOOK_ORDERS:
		self->look.order_count = 0;
		self->look.orders_at = self->now;
		return self->venue->open_orders("", venue_now, self->profile, out);
	case LOOK_BALANCES:
		self->look.asset_count = 0;
		self->look.balances_at = self->now;
		return self->venue->balances(venue_now, self->profile, out);
	case LOOK_IDLE:
	case LOOK_DONE: break;
	}
	return ERR_UNSUPPORTED;
}

/* It ends without having seen all. */
static void give_up(struct recovery *self, const char *why)
{
	self->look.why = text_from(why);
	go_to(self, LOOK_DONE);
}

static void ask(struct recovery *self)
{
	struct look *look = &self->look;
	struct http_request request;
	enum err err = build(self, &request);

	look->due = 0;
	if (err != OK) {
		give_up(self, err_text(err));
		return;
	}
	if (request.valid_until != 0)
		request.write_before = request.valid_until - self->offset -
		                       self->profile->window_ms * NANOS_MS / 10;
	look->tries++;
	look->asked_at = self->now;
	look->token = recovery_token(self, RECOVERY_CALL_EXCHANGE);
	outbox_call_http(self->out, look->token, &request);
}

void look_run(struct recovery *self)
{
	struct look *look = &self->look;

	while (look_is_under_way(look) && look->due != 0 && look->due <= self->now) {
		if (self->now < self->quiet_until) {
			look->due = self->quiet_until;
			return;
		}
		if (needs_asking(self))
			ask(self);
		else
			go_to(self, look->phase + 1);
	}
}

static void take_rules(struct recovery *self, const struct instrument *instrument)
{
	struct their_symbol *symbol = find_symbol(&self->look, &instrument->symbol);

	if (symbol != NULL)
		symbol->rules = *instrument;
}

static enum err count_fill(struct their_symbol *symbol, const struct venue_fill *fill)
{
	decimal_t moved = fill->side == SIDE_BUY ? fill->qty : decimal_negate(fill->qty);
	enum err err = decimal_add(symbol->qty, moved, &symbol->qty);

	if (err == OK && name_equals(&fill->fee_asset, &symbol->rules.base))
		err = decimal_subtract(symbol->qty, fill->fee, &symbol->qty);
	return err;
}

static void take_fill(struct recovery *self, const struct venue_fill *fill)
{
	struct look *look = &self->look;
	struct their_symbol *symbol = &look->symbols[look->symbol];

	if (look->phase != LOOK_FILLS || !name_equals(&fill->symbol, &symbol->symbol))
		return;
	look->page_items++;
	if (fill->trade_id <= symbol->watermark)
		return; /* a page that was asked for again */
	symbol->watermark = fill->trade_id;
	if (fill->trade_id <= ours_mark_of(&self->ours, &symbol->symbol))
		return; /* from before the executor met the symbol */
	symbol->executions++;
	symbol->read++;
	if (count_fill(symbol, fill) != OK)
		look->is_broken = true;
}

static void take_order(struct recovery *self, const struct venue_order *order)
{
	struct look *look = &self->look;

	if (look->phase != LOOK_ORDERS)
		return;
	if (look->order_count == OUR_ORDERS_MAX) {
		look->is_broken = true;
		return;
	}
	look->orders[look->order_count++] = (struct their_order){
		.client_id = order->client_id,
		.symbol = order->symbol,
		.venue_id = order->venue_id,
		.qty = order->qty,
		.executed = order->executed,
	};
}

static void take_balance(struct recovery *self, const struct venue_balance *balance)
{
	struct look *look = &self->look;
	struct their_asset asset = {.asset = balance->asset};

	if (look->phase != LOOK_BALANCES)
		return;
	bool is_traded = look_is_traded(look, &balance->asset);
	if (!is_traded && look->asset_count >= SUBJECTS_MAX)
		return; /* an account may hold crumbs of everything */
	if (look->asset_count == ASSETS_MAX ||
	    decimal_add(balance->free, balance->locked, &asset.amount) != OK)
		look->is_broken = true;
	else
		look->assets[look->asset_count++] = asset;
}

void look_took(struct recovery *self)
{
	const struct event *event = self->event;

	if (event->token != self->look.token || self->look.token == 0)
		return;
	switch (event->type) {
	case MESSAGE_INSTRUMENT: take_rules(self, event->body); break;
	case MESSAGE_VENUE_FILL: take_fill(self, event->body); break;
	case MESSAGE_VENUE_ORDER: take_order(self, event->body); break;
	case MESSAGE_VENUE_BALANCE: take_balance(self, event->body); break;
	default: break;
	}
}

static void measure_clock(struct recovery *self, const struct venue_answer *answer)
{
	nanos_t sent = answer->sent != 0 ? answer->sent : self->look.asked_at;

	self->offset = answer->server_time - (sent + (self->now - sent) / 2);
	self->offset_at = self->now;
}

static void next_page_or_symbol(struct recovery *self)
{
	struct look *look = &self->look;

	if (look->page_items >= PAGE)
		look->page_from = look->symbols[look->symbol].watermark + 1;
	else
		look->symbol++;
	go_to(self, LOOK_FILLS);
}

static void try_again(struct recovery *self, const char *why)
{
	struct look *look = &self->look;
	text_t text = text_format("the exchange doesn't answer: %.180s", why);

	look->token = 0;
	self->offset_at = 0; /* a refused signature may be a clock that moved */
	if (look->tries >= TRIES_MAX)
		give_up(self, text.text);
	else
		look->due = self->now + RETRY * look->tries;
}

static void accept(struct recovery *self, const struct venue_answer *answer)
{
	struct look *look = &self->look;

	if (look->phase == LOOK_TIME)
		measure_clock(self, answer);
	if (look->phase == LOOK_RULES && lacks_rules(look))
		give_up(self, "the exchange doesn't tell the rules of every symbol");
	else if (look->phase == LOOK_FILLS)
		next_page_or_symbol(self);
	else
		go_to(self, look->phase + 1);
	if (look->phase == LOOK_DONE && look->is_broken && look->why.size == 0)
		look->why = text_from("numbers or lists are too long to be compared");
}

void look_answered(struct recovery *self)
{
	const struct venue_answer *answer = event_body(self->event, MESSAGE_VENUE_ANSWER);
	const struct call_failed *failed = event_body(self->event, MESSAGE_CALL_FAILED);

	if (self->event->token != self->look.token || !look_is_under_way(&self->look))
		return;
	if (answer != NULL && answer->retry_after_ms > 0 &&
	    answer->retry_after_ms < INT64_MAX / NANOS_S)
		self->quiet_until = self->now + (nanos_t)answer->retry_after_ms * NANOS_MS;
	if (answer != NULL && answer->evidence == EVIDENCE_EXISTS &&
	    (self->look.phase != LOOK_TIME || answer->server_time != 0))
		accept(self, answer);
	else
		try_again(self, answer != NULL   ? answer->text.text
		                : failed != NULL ? failed->reason.text
		                                 : "no answer");
	look_run(self);
}
