/* SPDX-License-Identifier: Apache-2.0 */
#include "services/recovery/compare.h"

#include "common/model/instrument.h"

/* Between the exchange's deed and our hearing of it. */
#define LAG_MAX (5 * NANOS_S)

enum { TAG_SHIFT = 48 };

static nanos_t window_from(const struct recovery *self, nanos_t asked)
{
	nanos_t lag = self->profile->view_lag_ms * NANOS_MS;

	return asked - (lag < LAG_MAX ? lag : LAG_MAX) - NANOS_S;
}

static void add(struct recovery *self, struct rec_difference *difference)
{
	difference->since = self->now;
	differences_add(&self->found, difference);
}

/* Orders */

static bool is_at_exchange(const struct our_order *order)
{
	return order->status == ORDER_STATUS_LIVE || order->status == ORDER_STATUS_PARTIAL;
}

static void add_gone(struct recovery *self, const struct our_order *order)
{
	char id[IDENT_TEXT_SIZE];
	struct rec_difference difference = {
		.kind = DIFFERENCE_KIND_ORDER_GONE,
		.subject = order->symbol,
		.client_id = order->client_id,
		.venue_id = order->venue_id,
		.ours = order->executed,
		.text = text_format("order %s in %s is %s in our books, the exchange doesn't list "
	                            "it",
	                            ident_print(order->client_id, id), order->symbol.text,
	                            enum_print(&enum_order_status, (int)order->status)),
	};

	add(self, &difference);
}

static void compare_our_orders(struct recovery *self)
{
	for (uint32_t i = 0; i < self->ours.order_count; i++) {
		const struct our_order *order = &self->ours.orders[i];
		if (order->ended_at != 0)
			continue;
		bool is_listed = look_order(&self->look, order->client_id) != NULL;
		bool is_settled = order->updated <= window_from(self, self->look.orders_at);
		self->report.orders_resumed += is_listed;
		self->report.orders_adopted += order->status == ORDER_STATUS_ORPHAN;
		self->report.orders_disputed += order->status == ORDER_STATUS_UNKNOWN ||
		                                order->status == ORDER_STATUS_DISPUTED;
		if (is_at_exchange(order) && !is_listed && is_settled)
			add_gone(self, order);
	}
}

/* An id of our form with another mark is another installation's. */
static bool is_foreign(const struct recovery *self, const struct their_order *order)
{
	if (ident_is_none(order->client_id))
		return true;
	return self->ours.tag != 0 && order->client_id.high >> TAG_SHIFT != self->ours.tag;
}

static void add_unknown(struct recovery *self, const struct their_order *order)
{
	char id[IDENT_TEXT_SIZE], qty[DECIMAL_TEXT_SIZE];
	struct rec_difference difference = {
		.kind = DIFFERENCE_KIND_ORDER_UNKNOWN,
		.subject = order->symbol,
		.client_id = order->client_id,
		.venue_id = order->venue_id,
		.exchange = order->qty,
		.text = text_format("order %s in %s over %s is open at the exchange with our mark, "
	                            "our books hold no such open order",
	                            ident_print(order->client_id, id), order->symbol.text,
	                            decimal_print(order->qty, qty)),
	};

	add(self, &difference);
}

static void compare_their_orders(struct recovery *self)
{
	nanos_t from = window_from(self, self->look.orders_at);

	for (uint32_t i = 0; i < self->look.order_count; i++) {
		const struct their_order *order = &self->look.orders[i];
		if (!is_foreign(self, order) && !ours_was_open(&self->ours, order->client_id, from))
			add_unknown(self, order);
	}
}

static void list_foreign_orders(struct recovery *self)
{
	for (uint32_t i = 0; i < self->look.order_count; i++) {
		const struct their_order *order = &self->look.orders[i];
		char qty[DECIMAL_TEXT_SIZE];
		struct rec_difference difference = {
			.kind = DIFFERENCE_KIND_FOREIGN_ORDER,
			.subject = order->symbol,
			.venue_id = order->venue_id,
			.exchange = order->qty,
		};
		if (!is_foreign(self, order))
			continue;
		difference.text = text_format("order %llu in %s over %s isn't ours",
		                              (unsigned long long)order->venue_id,
		                              order->symbol.text, decimal_print(order->qty, qty));
		self->report.foreign_orders++;
		add(self, &difference);
	}
}

/* Numbers */

static struct rec_line *new_line(struct recovery *self, const name_t *subject, bool is_asset)
{
	const struct journal_agreed *agreed = agreed_find(&self->latest, subject, is_asset);
	struct rec_line *line = &self->lines[self->line_count++];

	*line = (struct rec_line){
		.subject = *subject,
		.is_asset = is_asset,
		.agreed = agreed != NULL ? agreed->qty : DECIMAL_ZERO,
		.report = self->report.number,
		.at = self->now,
	};
	return line;
}

static void add_number(struct recovery *self, const struct rec_line *line,
                       enum difference_kind kind)
{
	char ours[DECIMAL_TEXT_SIZE], theirs[DECIMAL_TEXT_SIZE];
	struct rec_difference difference = {
		.kind = kind,
		.subject = line->subject,
		.ours = line->journal,
		.exchange = line->exchange,
	};

	decimal_print(line->journal, ours);
	decimal_print(line->exchange, theirs);
	if (line->is_asset)
		difference.text = text_format("balance of %s: %s in our books, %s at the exchange",
		                              line->subject.text, ours, theirs);
	else
		difference.text = text_format(
			"position in %s: %s of %llu executions in our books, %s of %llu at the "
			"exchange",
			line->subject.text, ours, (unsigned long long)line->executions_journal,
			theirs, (unsigned long long)line->executions_exchange);
	add(self, &difference);
}

static void compare_symbol(struct recovery *self, const struct their_symbol *theirs)
{
	const struct subject *ours = subject_find(&self->ours.symbols, &theirs->symbol);
	struct moment now = subject_now(ours);
	struct rec_line *line = new_line(self, &theirs->symbol, false);

	line->exchange = theirs->qty;
	line->executions_exchange = theirs->executions;
	line->watermark = theirs->watermark;
	line->agree = subject_was(ours, window_from(self, theirs->asked_at), theirs->qty,
	                          theirs->executions);
	line->journal = line->agree ? theirs->qty : now.qty;
	line->executions_journal = line->agree ? theirs->executions : now.executions;
	self->report.executions += theirs->read;
	if (!line->agree)
		add_number(self, line,
		           now.executions < theirs->executions ? DIFFERENCE_KIND_EXECUTION_MISSING
		                                               : DIFFERENCE_KIND_QUANTITY);
}

static void compare_asset(struct recovery *self, const name_t *asset)
{
	const struct subject *ours = subject_find(&self->ours.assets, asset);
	struct rec_line *line = new_line(self, asset, true);

	line->exchange = look_amount(&self->look, asset);
	line->agree =
		subject_was(ours, window_from(self, self->look.balances_at), line->exchange, 0);
	line->journal = line->agree ? line->exchange : subject_now(ours).qty;
	if (!line->agree)
		add_number(self, line, DIFFERENCE_KIND_BALANCE);
}

/* Every traded asset that either side names. */
static void compare_assets(struct recovery *self)
{
	const struct subjects *ours = &self->ours.assets;

	for (uint32_t i = 0; i < self->look.asset_count; i++)
		if (look_is_traded(&self->look, &self->look.assets[i].asset))
			compare_asset(self, &self->look.assets[i].asset);
	for (uint32_t i = 0; i < ours->count; i++) {
		bool is_listed = !look_is_traded(&self->look, &ours->items[i].name);
		for (uint32_t k = 0; k < self->look.asset_count && !is_listed; k++)
			is_listed = name_equals(&self->look.assets[k].asset, &ours->items[i].name);
		if (!is_listed && self->line_count < 3 * SUBJECTS_MAX)
			compare_asset(self, &ours->items[i].name);
	}
}

struct held {
	decimal_t least, most; /* by bots, in all symbols with this base */
	bool is_base, is_quote, is_bad;
};

static struct held held_of(const struct recovery *self, const name_t *asset)
{
	struct held held = {.least = DECIMAL_ZERO, .most = DECIMAL_ZERO};
	nanos_t from = window_from(self, self->look.balances_at);

	for (uint32_t i = 0; i < self->look.symbol_count; i++) {
		const struct their_symbol *symbol = &self->look.symbols[i];
		decimal_t least, most;
		held.is_quote |= name_equals(&symbol->rules.quote, asset);
		if (!name_equals(&symbol->rules.base, asset))
			continue;
		held.is_base = true;
		subject_owned(subject_find(&self->ours.symbols, &symbol->symbol), from, &least,
		              &most);
		held.is_bad |= decimal_add(held.least, least, &held.least) != OK ||
		               decimal_add(held.most, most, &held.most) != OK;
	}
	return held;
}

/* Somebody took what bots believe to hold. */
static void compare_cover(struct recovery *self, const name_t *asset)
{
	char ours[DECIMAL_TEXT_SIZE], theirs[DECIMAL_TEXT_SIZE];
	struct held held = held_of(self, asset);
	decimal_t amount = look_amount(&self->look, asset);
	struct rec_difference difference = {
		.kind = DIFFERENCE_KIND_BALANCE,
		.subject = *asset,
		.bot = name_from("bots"),
		.ours = held.least,
		.exchange = amount,
	};

	if (!held.is_base || held.is_bad || decimal_compare(amount, held.least) >= 0 ||
	    differences_find(&self->found, &difference) != NULL)
		return;
	difference.text = text_format("the bots hold %s %s, the account has only %s",
	                              decimal_print(held.least, ours), asset->text,
	                              decimal_print(amount, theirs));
	add(self, &difference);
}

static void list_foreign_amount(struct recovery *self, const struct their_asset *asset)
{
	char text[DECIMAL_TEXT_SIZE];
	struct held held = held_of(self, &asset->asset);
	struct rec_difference difference = {
		.kind = DIFFERENCE_KIND_FOREIGN_POSITION,
		.subject = asset->asset,
		.ours = held.most,
		.exchange = asset->amount,
	};
	decimal_t rest;

	if (held.is_quote || held.is_bad ||
	    decimal_subtract(asset->amount, held.most, &rest) != OK || decimal_sign(rest) <= 0)
		return;
	difference.text =
		text_format("%s %s belong to no bot", decimal_print(rest, text), asset->asset.text);
	self->report.foreign_positions++;
	add(self, &difference);
}

void compare_books(struct recovery *self)
{
	const struct look *look = &self->look;

	differences_clear(&self->found);
	self->line_count = 0;
	for (uint32_t i = 0; i < look->symbol_count; i++)
		compare_symbol(self, &look->symbols[i]);
	compare_assets(self);
	for (uint32_t i = 0; i < look->symbol_count; i++)
		compare_cover(self, &look->symbols[i].rules.base);
	compare_our_orders(self);
	compare_their_orders(self);
	/* Behind what counts, so that they never take its place in the list. */
	list_foreign_orders(self);
	for (uint32_t i = 0; i < look->asset_count; i++)
		list_foreign_amount(self, &look->assets[i]);
	self->report.instruments = self->line_count;
}

static void tell_naked(struct recovery *self, struct our_position *position)
{
	char qty[DECIMAL_TEXT_SIZE];

	outbox_alert(self->out, self->now, SEVERITY_CRITICAL, "position.naked",
	             "%s holds %s in %s, and neither its stop nor an exit has been at the exchange "
	             "for %lld s: bw orders, then bw kill --level 3 if it doesn't come back",
	             position->bot.text, decimal_print(position->qty, qty), position->symbol.text,
	             (long long)((self->now - position->naked_since) / NANOS_S));
}

static bool is_crumb(const struct recovery *self, const struct our_position *position)
{
	const struct their_symbol *symbol = look_symbol(&self->look, &position->symbol);

	return symbol != NULL && symbol->rules.base.size > 0 &&
	       instrument_is_dust(&symbol->rules, position->qty, position->entry_price);
}

/* A bot that once had its stop at the exchange is expected to have one as long as it holds
 * something; what a stop that the executor holds itself does isn't published. */
void compare_stops(struct recovery *self)
{
	for (uint32_t i = 0; self->ours.whole && i < self->ours.position_count; i++) {
		struct our_position *position = &self->ours.positions[i];
		bool is_naked = position->is_told && position->has_stop_orders &&
		                decimal_sign(position->qty) > 0 && !is_crumb(self, position) &&
		                !ours_is_protected(&self->ours, position);
		if (!is_naked) {
			position->naked_since = 0;
			position->naked_told = false;
			continue;
		}
		if (position->naked_since == 0)
			position->naked_since = self->now;
		if (position->naked_told ||
		    self->now - position->naked_since <= self->config->naked_max)
			continue;
		position->naked_told = true;
		tell_naked(self, position);
	}
}
