/* SPDX-License-Identifier: Apache-2.0 */
#include "services/exchange/matching.h"

#include "services/exchange/money.h"

static enum side opposite(enum side side)
{
	return side == SIDE_BUY ? SIDE_SELL : SIDE_BUY;
}

static const struct book_side *levels_against(const struct market *market, enum side side)
{
	return side == SIDE_BUY ? &market->book.asks : &market->book.bids;
}

/* A price that an order with this limit accepts. */
static bool accepts(enum side side, decimal_t limit, decimal_t price)
{
	int order = decimal_compare(price, limit);
	return side == SIDE_BUY ? order <= 0 : order >= 0;
}

/* What the budget's rest buys at a price, in whole lots. */
static decimal_t affordable(const struct match_terms *terms, decimal_t spent, decimal_t price)
{
	decimal_t left = money_subtract(terms->budget, spent), qty;
	if (decimal_sign(left) <= 0)
		return DECIMAL_ZERO;
	enum err err = decimal_divide_rounded(left, price, MONEY_PLACES, ROUND_DOWN, &qty);
	assert(err == OK);
	err = decimal_round_to(qty, terms->lot, ROUND_DOWN, &qty);
	assert(err == OK);
	return qty;
}

static decimal_t wanted(const struct match_terms *terms, const struct match *match,
                        const struct level *level, decimal_t available)
{
	decimal_t qty = available;
	if (!money_is_zero(terms->qty))
		qty = decimal_min(qty, money_subtract(terms->qty, match->qty));
	if (!money_is_zero(terms->budget))
		qty = decimal_min(qty, affordable(terms, match->turnover, level->price));
	return qty;
}

void match_take(const struct market *market, const struct match_terms *terms, struct match *out)
{
	out->count = 0;
	out->qty = out->turnover = DECIMAL_ZERO;
	const struct book_side *levels = levels_against(market, terms->side);
	for (uint32_t i = 0; i < levels->count && out->count < MATCH_FILLS_MAX; i++) {
		const struct level *level = &levels->levels[i];
		if (!money_is_zero(terms->limit) &&
		    !accepts(terms->side, terms->limit, level->price))
			break;
		decimal_t available =
			market_available(market, opposite(terms->side), level->price, level->qty);
		decimal_t qty = wanted(terms, out, level, available);
		if (decimal_sign(qty) > 0) {
			out->fills[out->count++] = (struct match_fill){level->price, qty};
			out->qty = money_add(out->qty, qty);
			out->turnover = money_add(out->turnover, money_multiply(level->price, qty));
		}
		/* Less than this level offers: the order has what it wants or can pay. */
		if (decimal_compare(qty, available) < 0)
			break;
	}
}

void match_consume(struct market *market, enum side side, const struct match *match)
{
	for (size_t i = 0; i < match->count; i++)
		market_consume(market, opposite(side), match->fills[i].price, match->fills[i].qty);
}

bool match_would_take(const struct market *market, enum side side, decimal_t price)
{
	const struct level *best =
		side == SIDE_BUY ? book_best_ask(&market->book) : book_best_bid(&market->book);
	return best != NULL && accepts(side, price, best->price);
}

bool match_triggers(enum order_type type, enum side side, decimal_t stop_price,
                    decimal_t last_price)
{
	bool is_stop = type == ORDER_TYPE_STOP_LOSS || type == ORDER_TYPE_STOP_LOSS_LIMIT;
	bool waits_for_rise = is_stop == (side == SIDE_BUY);
	int order = decimal_compare(last_price, stop_price);
	return waits_for_rise ? order >= 0 : order <= 0;
}

decimal_t match_queue(const struct market *market, enum side side, decimal_t price)
{
	decimal_t displayed = book_qty_at(&market->book, side, price);
	return market_available(market, side, price, displayed);
}

decimal_t match_trade(struct match_resting *self, const struct market_message *trade,
                      decimal_t *used)
{
	int order = decimal_compare(trade->bid, self->price);
	bool is_through = self->side == SIDE_BUY ? order < 0 : order > 0;
	if (is_through) {
		self->ahead = DECIMAL_ZERO;
		return self->left;
	}
	bool hits_our_side = trade->buyer_maker == (self->side == SIDE_BUY);
	if (order != 0 || !hits_our_side)
		return DECIMAL_ZERO;
	decimal_t eaten = decimal_min(self->ahead, trade->bid_qty);
	self->ahead = money_subtract(self->ahead, eaten);
	decimal_t reaches_us = money_subtract(money_subtract(trade->bid_qty, eaten), *used);
	if (decimal_sign(reaches_us) <= 0)
		return DECIMAL_ZERO;
	decimal_t filled = decimal_min(reaches_us, self->left);
	*used = money_add(*used, filled);
	return filled;
}

void match_requeue(struct match_resting *self, const struct market *market)
{
	self->ahead = decimal_min(self->ahead, book_qty_at(&market->book, self->side, self->price));
}
