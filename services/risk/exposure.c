/* SPDX-License-Identifier: Apache-2.0 */
#include "services/risk/exposure.h"

#include "common/model/lifecycle.h"

static struct commitment *find(struct exposure *self, ident_t intent_id)
{
	for (size_t i = 0; i < self->commitment_count; i++)
		if (ident_equals(self->commitments[i].intent_id, intent_id))
			return &self->commitments[i];
	return NULL;
}

static struct commitment *add(struct exposure *self, ident_t intent_id)
{
	struct commitment *commitment = find(self, intent_id);
	if (commitment == NULL && self->commitment_count < COMMITMENTS_MAX)
		commitment = &self->commitments[self->commitment_count++];
	return commitment;
}

static void drop(struct exposure *self, struct commitment *commitment)
{
	*commitment = self->commitments[--self->commitment_count];
}

enum err exposure_approve(struct exposure *self, const struct approval *approval, decimal_t price)
{
	struct commitment *commitment = add(self, approval->intent_id);
	if (commitment == NULL)
		return ERR_FULL;
	*commitment = (struct commitment){
		.intent_id = approval->intent_id,
		.symbol = approval->symbol,
		.bot = approval->bot,
		.side = approval->side,
		.qty = approval->qty,
		.price = price,
		.expires = approval->expires,
	};
	return OK;
}

void exposure_release(struct exposure *self, ident_t intent_id)
{
	struct commitment *commitment = find(self, intent_id);
	if (commitment != NULL && commitment->expires != 0)
		drop(self, commitment);
}

/* An order without a limit counts as its approval did; else, after a restart of ours, at its
 * trigger. */
static decimal_t price_of(const struct commitment *known, const struct order *order)
{
	if (decimal_sign(order->price) > 0)
		return order->price;
	return known != NULL && decimal_sign(known->price) > 0 ? known->price : order->stop_price;
}

void exposure_order(struct exposure *self, const struct order *order)
{
	decimal_t open;
	struct commitment *commitment = find(self, order->intent_id);
	if (order_status_is_terminal(order->status)) {
		if (commitment != NULL)
			drop(self, commitment);
		return;
	}
	decimal_t price = price_of(commitment, order);
	if (decimal_subtract(order->qty, order->executed, &open) != OK || decimal_sign(open) < 0)
		open = order->qty;
	commitment = add(self, order->intent_id);
	if (commitment == NULL) {
		self->overflowed = true;
		return;
	}
	*commitment = (struct commitment){
		.intent_id = order->intent_id,
		.symbol = order->symbol,
		.bot = order->bot,
		.side = order->side,
		.qty = open,
		.price = price,
		.yields = order->purpose == PURPOSE_PROTECT,
	};
}

void exposure_position(struct exposure *self, const struct position *position)
{
	for (size_t i = 0; i < self->holding_count; i++) {
		struct position *holding = &self->holdings[i];
		if (!name_equals(&holding->symbol, &position->symbol) ||
		    !name_equals(&holding->bot, &position->bot))
			continue;
		*holding = *position;
		return;
	}
	if (self->holding_count < HOLDINGS_MAX)
		self->holdings[self->holding_count++] = *position;
	else
		self->overflowed = true;
}

void exposure_expire(struct exposure *self, nanos_t before)
{
	for (size_t i = self->commitment_count; i-- > 0;)
		if (self->commitments[i].expires != 0 && self->commitments[i].expires < before)
			drop(self, &self->commitments[i]);
}

void exposure_forget_orders(struct exposure *self)
{
	self->overflowed = false;
	for (size_t i = self->commitment_count; i-- > 0;)
		if (self->commitments[i].expires == 0)
			drop(self, &self->commitments[i]);
}

bool exposure_knows(const struct exposure *self, ident_t intent_id)
{
	for (size_t i = 0; i < self->commitment_count; i++)
		if (ident_equals(self->commitments[i].intent_id, intent_id))
			return true;
	return false;
}

size_t exposure_open_orders(const struct exposure *self, const name_t *symbol)
{
	size_t count = 0;
	for (size_t i = 0; i < self->commitment_count; i++)
		count += name_equals(&self->commitments[i].symbol, symbol);
	return count;
}

enum err exposure_sellable(const struct exposure *self, const name_t *symbol, const name_t *bot,
                           decimal_t *out)
{
	decimal_t held = DECIMAL_ZERO;
	enum err err = OK;
	for (size_t i = 0; i < self->holding_count; i++)
		if (name_equals(&self->holdings[i].symbol, symbol) &&
		    name_equals(&self->holdings[i].bot, bot))
			held = self->holdings[i].qty;
	for (size_t i = 0; err == OK && i < self->commitment_count; i++) {
		const struct commitment *commitment = &self->commitments[i];
		if (commitment->side == SIDE_SELL && !commitment->yields &&
		    name_equals(&commitment->symbol, symbol) &&
		    name_equals(&commitment->bot, bot))
			err = decimal_subtract(held, commitment->qty, &held);
	}
	if (err == OK)
		*out = held;
	return err;
}

static enum err add_product(decimal_t *total, decimal_t a, decimal_t b)
{
	decimal_t product;
	enum err err = decimal_multiply(a, b, &product);
	return err == OK ? decimal_add(*total, product, total) : err;
}

static enum err add_holding(const struct position *holding, const name_t *symbol, decimal_t price,
                            decimal_t *total)
{
	if (symbol == NULL)
		return decimal_add(*total, holding->cost, total);
	if (!name_equals(&holding->symbol, symbol))
		return OK;
	return add_product(total, decimal_abs(holding->qty), price);
}

enum err exposure_value(const struct exposure *self, const name_t *symbol, decimal_t price,
                        decimal_t *out)
{
	decimal_t total = DECIMAL_ZERO;
	enum err err = OK;
	for (size_t i = 0; err == OK && i < self->holding_count; i++)
		err = add_holding(&self->holdings[i], symbol, price, &total);
	for (size_t i = 0; err == OK && i < self->commitment_count; i++) {
		const struct commitment *commitment = &self->commitments[i];
		if (commitment->side == SIDE_BUY &&
		    (symbol == NULL || name_equals(&commitment->symbol, symbol)))
			err = add_product(&total, commitment->qty, commitment->price);
	}
	if (err == OK)
		*out = total;
	return err;
}
