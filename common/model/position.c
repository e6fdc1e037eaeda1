/* SPDX-License-Identifier: Apache-2.0 */
#include "common/model/position.h"

#include <assert.h>
#include <string.h>

enum { SHARE_PLACES = 8 };

void position_init(struct position *self, const name_t *venue, const name_t *symbol,
                   const name_t *bot)
{
	memset(self, 0, sizeof *self);
	self->venue = *venue;
	self->symbol = *symbol;
	self->bot = *bot;
}

/* Eight, or fewer where the cost itself has no room for them: what is left of it then fits, too. */
static int share_places(decimal_t cost)
{
	int places = -cost.exponent;

	for (int64_t room = cost.coefficient; places < SHARE_PLACES && room <= INT64_MAX / 10;
	     places++)
		room *= 10;
	return places < SHARE_PLACES ? places : SHARE_PLACES;
}

/* cost × gone / held, cut. The product has up to 126 bits, hence the division digit by digit. */
static decimal_t share_of(decimal_t cost, decimal_t gone, decimal_t held)
{
	assert(decimal_sign(cost) >= 0 && decimal_sign(gone) >= 0 &&
	       decimal_compare(gone, held) < 0);
	unsigned __int128 product =
		(unsigned __int128)cost.coefficient * (uint64_t)gone.coefficient;
	uint64_t divisor = (uint64_t)held.coefficient;
	unsigned __int128 share = product / divisor, rest = product % divisor;
	int places = share_places(cost);
	int more = cost.exponent + gone.exponent - held.exponent + places;

	for (; more > 0; more--) {
		rest *= 10;
		share = share * 10 + rest / divisor;
		rest %= divisor;
	}
	for (; more < 0; more++)
		share /= 10;
	assert(share <= INT64_MAX);
	return decimal_make((int64_t)share, -places);
}

static enum err add_to(decimal_t *sum, decimal_t value)
{
	return decimal_add(*sum, value, sum);
}

static enum err take_from(decimal_t *sum, decimal_t value)
{
	return decimal_subtract(*sum, value, sum);
}

static enum err add_product(decimal_t *sum, decimal_t a, decimal_t b)
{
	decimal_t product;
	enum err err = decimal_multiply(a, b, &product);

	return err != OK ? err : add_to(sum, product);
}

/* A buy first covers what was sold beyond the holding; only the rest is held and has a cost. */
static enum err buy(struct position *self, const struct fill *fill, decimal_t base_fee)
{
	decimal_t held_qty = fill->qty;
	decimal_t short_qty = decimal_max(decimal_negate(self->qty), DECIMAL_ZERO);
	decimal_t covered = decimal_min(short_qty, fill->qty);
	enum err err = add_product(&self->realised, decimal_negate(fill->price), covered);

	if (err == OK)
		err = take_from(&held_qty, covered);
	if (err == OK)
		err = add_product(&self->cost, fill->price, held_qty);
	if (err == OK)
		err = add_to(&self->qty, fill->qty);
	if (err == OK)
		err = take_from(&self->qty, base_fee);
	return err;
}

static enum err sell(struct position *self, const struct fill *fill, decimal_t base_fee)
{
	decimal_t gone;
	decimal_t share = self->cost;
	enum err err = decimal_add(fill->qty, base_fee, &gone);

	if (err != OK)
		return err;
	if (decimal_compare(gone, self->qty) < 0)
		share = share_of(self->cost, gone, self->qty);
	err = take_from(&self->qty, gone);
	if (err == OK)
		err = take_from(&self->cost, share);
	if (err == OK)
		err = add_product(&self->realised, fill->price, fill->qty);
	if (err == OK)
		err = take_from(&self->realised, share);
	return err;
}

static enum err count_fee(struct position *self, const struct fill *fill,
                          const struct instrument *instrument)
{
	if (name_equals(&fill->fee_asset, &instrument->base))
		return add_product(&self->fees, fill->price, fill->fee);
	if (!name_equals(&fill->fee_asset, &instrument->quote))
		return OK;
	enum err err = add_to(&self->fees, fill->fee);
	return err != OK ? err : take_from(&self->realised, fill->fee);
}

/* A fee in base may eat all that is held: its cost is then lost, not held. */
static enum err settle(struct position *self, const struct instrument *instrument)
{
	if (decimal_sign(self->qty) <= 0) {
		enum err err = take_from(&self->realised, self->cost);
		self->cost = DECIMAL_ZERO;
		self->entry_price = DECIMAL_ZERO;
		return err;
	}
	return decimal_divide_rounded(self->cost, self->qty, (unsigned)instrument->quote_places,
	                              ROUND_DOWN, &self->entry_price);
}

enum err position_apply(struct position *self, const struct fill *fill,
                        const struct instrument *instrument)
{
	struct position next = *self;
	bool fee_in_base = name_equals(&fill->fee_asset, &instrument->base);
	decimal_t base_fee = fee_in_base ? fill->fee : DECIMAL_ZERO;

	assert(name_equals(&fill->symbol, &self->symbol));
	assert(fill->side == SIDE_BUY || fill->side == SIDE_SELL);
	if (instrument->quote_places > -DECIMAL_EXPONENT_MIN)
		return ERR_OVERFLOW;
	enum err err =
		fill->side == SIDE_BUY ? buy(&next, fill, base_fee) : sell(&next, fill, base_fee);
	if (err == OK)
		err = count_fee(&next, fill, instrument);
	if (err == OK)
		err = settle(&next, instrument);
	if (err != OK)
		return err;
	next.fills++;
	next.version = fill->version;
	*self = next;
	return OK;
}

enum err position_unrealised(const struct position *self, decimal_t price, decimal_t *out)
{
	decimal_t result = decimal_negate(self->cost);
	enum err err = add_product(&result, self->qty, price);

	if (err == OK)
		*out = result;
	return err;
}
