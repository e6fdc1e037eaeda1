/* SPDX-License-Identifier: Apache-2.0 */
#include "common/model/invariants_money.h"

static const struct fact_trade *trade_of(const struct facts *facts, const struct fill *fill)
{
	for (size_t i = 0; i < facts->venue_trade_count; i++)
		if (facts->venue_trades[i].trade_id == fill->trade_id &&
		    name_equals(&facts->venue_trades[i].symbol, &fill->symbol))
			return &facts->venue_trades[i];
	return NULL;
}

static const struct fill *fill_of(const struct facts *facts, const struct fact_trade *trade)
{
	for (size_t i = 0; i < facts->fill_count; i++)
		if (facts->fills[i].trade_id == trade->trade_id &&
		    name_equals(&facts->fills[i].symbol, &trade->symbol))
			return &facts->fills[i];
	return NULL;
}

static bool is_twice(const struct facts *facts, size_t index)
{
	const struct fill *fill = &facts->fills[index];

	for (size_t i = index + 1; i < facts->fill_count; i++)
		if (facts->fills[i].trade_id == fill->trade_id &&
		    name_equals(&facts->fills[i].symbol, &fill->symbol))
			return true;
	return false;
}

static bool is_same(const struct fill *fill, const struct fact_trade *trade)
{
	return fill->side == trade->side && decimal_equals(fill->qty, trade->qty) &&
	       decimal_equals(fill->price, trade->price) && decimal_equals(fill->fee, trade->fee);
}

bool money_no_fill_is_imagined(const struct facts *facts, text_t *why)
{
	for (size_t i = 0; i < facts->fill_count; i++) {
		const struct fill *fill = &facts->fills[i];
		const struct fact_trade *trade = trade_of(facts, fill);
		if (trade != NULL && is_same(fill, trade) && !is_twice(facts, i))
			continue;
		*why = text_format("execution %llu of %s %s", (unsigned long long)fill->trade_id,
		                   fill->symbol.text,
		                   trade == NULL ? "is not the exchange's"
		                   : is_same(fill, trade)
		                           ? "is accounted twice"
		                           : "has other numbers than the exchange's");
		return false;
	}
	return true;
}

bool money_every_trade_is_accounted(const struct facts *facts, text_t *why)
{
	for (size_t i = 0; i < facts->venue_trade_count; i++) {
		const struct fact_trade *trade = &facts->venue_trades[i];
		if (fill_of(facts, trade) != NULL)
			continue;
		*why = text_format("execution %llu of %s is not accounted",
		                   (unsigned long long)trade->trade_id, trade->symbol.text);
		return false;
	}
	return true;
}

static const struct instrument *instrument_of(const struct facts *facts, const name_t *symbol)
{
	for (size_t i = 0; i < facts->instrument_count; i++)
		if (name_equals(&facts->instruments[i].symbol, symbol))
			return &facts->instruments[i];
	return NULL;
}

static bool is_of(const struct fill *fill, const struct position *position)
{
	return name_equals(&fill->bot, &position->bot) &&
	       name_equals(&fill->symbol, &position->symbol);
}

/* What an execution moves: base into the position, quote into cash. */
static enum err add_moves(const struct fill *fill, const struct instrument *instrument,
                          decimal_t *base, struct decimal_total *cash)
{
	bool is_buy = fill->side == SIDE_BUY;
	decimal_t signed_qty = is_buy ? fill->qty : decimal_negate(fill->qty);
	enum err err = decimal_add(*base, signed_qty, base);

	if (err == OK && name_equals(&fill->fee_asset, &instrument->base))
		err = decimal_subtract(*base, fill->fee, base);
	if (err == OK)
		err = decimal_total_add_product(cash, decimal_negate(signed_qty), fill->price);
	if (err == OK && name_equals(&fill->fee_asset, &instrument->quote))
		err = decimal_total_add(cash, decimal_negate(fill->fee));
	return err;
}

static enum err sum_moves(const struct facts *facts, const struct position *position,
                          decimal_t *base, struct decimal_total *cash)
{
	const struct instrument *instrument = instrument_of(facts, &position->symbol);
	enum err err = instrument == NULL ? ERR_NOT_FOUND : OK;

	*base = DECIMAL_ZERO;
	*cash = DECIMAL_TOTAL_ZERO;
	for (size_t i = 0; err == OK && i < facts->fill_count; i++)
		if (is_of(&facts->fills[i], position))
			err = add_moves(&facts->fills[i], instrument, base, cash);
	return err;
}

bool money_positions_are_sums(const struct facts *facts, text_t *why)
{
	for (size_t i = 0; i < facts->position_count; i++) {
		const struct position *position = &facts->positions[i];
		struct decimal_total cash;
		decimal_t base;
		char ours[DECIMAL_TEXT_SIZE], sum[DECIMAL_TEXT_SIZE];
		if (sum_moves(facts, position, &base, &cash) != OK ||
		    decimal_equals(base, position->qty))
			continue;
		*why = text_format("%s holds %s %s, its executions come to %s", position->bot.text,
		                   decimal_print(position->qty, ours), position->symbol.text,
		                   decimal_print(base, sum));
		return false;
	}
	return true;
}

/* Realised result less what is held at cost is the cash that moved. A position that is short has
   no cost: its cash is all realised. */
bool money_is_conserved(const struct facts *facts, text_t *why)
{
	for (size_t i = 0; i < facts->position_count; i++) {
		const struct position *position = &facts->positions[i];
		struct decimal_total cash;
		decimal_t base, moved, kept;
		char ours[DECIMAL_TEXT_SIZE], sum[DECIMAL_TEXT_SIZE];
		if (sum_moves(facts, position, &base, &cash) != OK ||
		    decimal_total_value(&cash, &moved) != OK ||
		    decimal_subtract(position->realised, position->cost, &kept) != OK ||
		    decimal_equals(moved, kept))
			continue;
		*why = text_format("%s in %s: executions moved %s, result less cost is %s",
		                   position->bot.text, position->symbol.text,
		                   decimal_print(moved, sum), decimal_print(kept, ours));
		return false;
	}
	return true;
}

static const struct balance *balance_of(const struct balance *list, size_t count,
                                        const name_t *asset)
{
	for (size_t i = 0; i < count; i++)
		if (name_equals(&list[i].asset, asset))
			return &list[i];
	return NULL;
}

bool money_balances_agree(const struct facts *facts, text_t *why)
{
	for (size_t i = 0; facts->balance_count > 0 && i < facts->venue_balance_count; i++) {
		const struct balance *theirs = &facts->venue_balances[i];
		const struct balance *ours =
			balance_of(facts->balances, facts->balance_count, &theirs->asset);
		char a[DECIMAL_TEXT_SIZE], b[DECIMAL_TEXT_SIZE];
		if (ours != NULL && decimal_equals(ours->free, theirs->free) &&
		    decimal_equals(ours->locked, theirs->locked))
			continue;
		*why = text_format("%s: our books show %s free, the exchange %s",
		                   theirs->asset.text,
		                   ours == NULL ? "none" : decimal_print(ours->free, a),
		                   decimal_print(theirs->free, b));
		return false;
	}
	return true;
}

/* What nobody owns may be sold by a person who held it before we came. */
bool money_no_position_flips(const struct facts *facts, text_t *why)
{
	for (size_t i = 0; i < facts->position_count; i++) {
		const struct position *position = &facts->positions[i];
		char qty[DECIMAL_TEXT_SIZE];
		if (decimal_sign(position->qty) >= 0 || name_is(&position->bot, "manual"))
			continue;
		*why = text_format("%s holds %s %s", position->bot.text,
		                   decimal_print(position->qty, qty), position->symbol.text);
		return false;
	}
	return true;
}
