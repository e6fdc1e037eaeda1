/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/witness_parts.h"

#include <string.h>

#define APPROVAL_SLACK (500 * NANOS_MS)

static bool is_open(enum venue_status status)
{
	return status == VENUE_STATUS_NEW || status == VENUE_STATUS_PARTIALLY_FILLED ||
	       status == VENUE_STATUS_PENDING_NEW;
}

/* Base that our orders hold and may still buy, by the exchange's own ledger. */
static enum err true_stake(const struct witness *self, const name_t *symbol, decimal_t *out)
{
	const struct sim_exchange *exchange = world_exchange(self->world);
	decimal_t stake = DECIMAL_ZERO, open;
	enum err err = OK;
	for (uint32_t i = 0; i < exchange->trade_count && err == OK; i++) {
		const struct sim_trade *trade = &exchange->trades[i];
		if (ident_is_none(trade->client_id) || !name_equals(&trade->symbol, symbol))
			continue;
		err = trade->side == SIDE_BUY ? decimal_add(stake, trade->qty, &stake)
		                              : decimal_subtract(stake, trade->qty, &stake);
		if (err == OK && symbol->size > trade->fee_asset.size &&
		    strncmp(symbol->text, trade->fee_asset.text, trade->fee_asset.size) == 0)
			err = decimal_subtract(stake, trade->fee, &stake);
	}
	for (uint32_t i = 0; i < exchange->order_count && err == OK; i++) {
		const struct sim_order *order = &exchange->orders[i];
		if (ident_is_none(order->client_id) || order->side != SIDE_BUY ||
		    !is_open(order->status) || !name_equals(&order->symbol, symbol))
			continue;
		err = decimal_subtract(order->qty, order->executed, &open);
		if (err == OK)
			err = decimal_add(stake, open, &stake);
	}
	*out = stake;
	return err;
}

static enum err counted_stake(const struct exposure *exposure, const name_t *symbol, decimal_t *out)
{
	decimal_t stake = DECIMAL_ZERO;
	enum err err = OK;
	for (size_t i = 0; i < exposure->holding_count && err == OK; i++)
		if (name_equals(&exposure->holdings[i].symbol, symbol) &&
		    !name_is(&exposure->holdings[i].bot, "manual"))
			err = decimal_add(stake, exposure->holdings[i].qty, &stake);
	for (size_t i = 0; i < exposure->commitment_count && err == OK; i++)
		if (name_equals(&exposure->commitments[i].symbol, symbol) &&
		    exposure->commitments[i].side == SIDE_BUY)
			err = decimal_add(stake, exposure->commitments[i].qty, &stake);
	*out = stake;
	return err;
}

/* B-05: by the feed's clock, which may differ from true time by a step, as may risk's. */
static void check_freshness(struct witness *self, const struct risk *risk,
                            const struct approval *approval)
{
	nanos_t step = (nanos_t)world_exchange(self->world)->profile->clock_step_ms * NANOS_MS;
	nanos_t age = 0;
	for (size_t i = 0; i < risk->symbol_count; i++)
		if (name_equals(&risk->symbols[i].name, &approval->symbol))
			age = world_now(self->world) - risk->symbols[i].mark.at;
	if (age > self->cast->risk.tick_age_max + 3 * step + APPROVAL_SLACK)
		violate(self, "B-05", "No order is allowed by late prices.",
		        text_format("%s: risk allowed an order by a price that was %lld ms old",
		                    approval->symbol.text, (long long)(age / NANOS_MS)));
}

/* When risk says yes, it counts at least what is at stake. */
void exposure_checked(struct witness *self, const struct approval *approval)
{
	const struct risk *risk = witness_risk(self);
	char counted_text[DECIMAL_TEXT_SIZE], truth_text[DECIMAL_TEXT_SIZE];
	decimal_t truth, counted;
	if (risk != NULL)
		check_freshness(self, risk, approval);
	if (risk == NULL || risk->exposure.overflowed || approval->side != SIDE_BUY ||
	    self->damaged[CAST_EXECUTOR] || true_stake(self, &approval->symbol, &truth) != OK ||
	    counted_stake(&risk->exposure, &approval->symbol, &counted) != OK ||
	    decimal_compare(counted, truth) >= 0)
		return;
	violate(self, "I-20", "Risk counts at least what is at stake.",
	        text_format("%s: risk allowed a buy counting %s, at stake were %s",
	                    approval->symbol.text, decimal_print(counted, counted_text),
	                    decimal_print(truth, truth_text)));
}
