/* SPDX-License-Identifier: Apache-2.0 */
/* An order in another's place, and less quantity. How the halves are answered follows the dialect
   (common/venue/binance/legs.h). */
#include <string.h>

#include "common/sim/exchange_request.h"
#include "common/venue/binance/query.h"

enum { PARTIALLY = 2021, FAILED = 2022, REJECTED = 2010, CANCEL_REJECTED = 2011, AMEND = 2038 };

static const char *const half_ids[] = {"cancelOrigClientOrderId", "newClientOrderId"};

/* One of a replace's two orders, from the parameters. */
static struct venue_leg leg_of(const struct sim_call *call, int half)
{
	const char *id = sim_params_find(call->params, half_ids[half]);

	return (struct venue_leg){
		.client_id = id == NULL ? (ident_t){0, 0} : sim_client_id(id),
		.evidence = EVIDENCE_EXISTS,
	};
}

static enum evidence_request half_asked(int half)
{
	return half == 0 ? EVIDENCE_OF_CANCEL : EVIDENCE_OF_PLACING;
}

static void fail(struct venue_leg *leg, int half, unsigned status, uint64_t code, const char *words)
{
	leg->code = code;
	leg->text = text_from(words);
	leg->evidence = evidence_of(half_asked(half), status, code, words);
}

/* Legs aren't counted among an answer's items. */
static void end(struct sim_call *call, const struct venue_leg legs[2])
{
	for (int half = 0; half < 2; half++)
		call->sink->take(call->sink->self, MESSAGE_VENUE_LEG, &legs[half]);
	call->answer->evidence =
		legs[0].evidence == legs[1].evidence ? legs[0].evidence : EVIDENCE_NOTHING;
}

static void tell_error(struct sim_call *call, unsigned status, uint64_t code, const char *words)
{
	call->answer->http_status = status;
	call->answer->code = code;
	call->answer->text = text_from(words);
}

/* Nothing was tried: both halves are what the error proves. */
static void refuse_whole(struct sim_call *call)
{
	const struct venue_answer *answer = call->answer;
	struct venue_leg legs[2];

	for (int half = 0; half < 2; half++) {
		legs[half] = leg_of(call, half);
		fail(&legs[half], half, (unsigned)answer->http_status, answer->code,
		     answer->text.text);
	}
	end(call, legs);
}

static void refuse_cancel(struct sim_call *call)
{
	struct venue_leg legs[2] = {leg_of(call, 0), leg_of(call, 1)};

	tell_error(call, 400, FAILED, "Order cancel-replace failed.");
	fail(&legs[0], 0, 400, CANCEL_REJECTED, "Unknown order sent.");
	legs[1].evidence = EVIDENCE_REFUSED;
	legs[1].code = FAILED;
	legs[1].text = text_from("not attempted: the other half failed");
	end(call, legs);
}

static void place_half(struct sim_call *call, const struct sim_terms *terms)
{
	struct venue_leg legs[2] = {leg_of(call, 0), leg_of(call, 1)};
	struct sim_exchange *exchange = call->exchange;
	uint32_t before = exchange->trade_count;
	struct sim_refusal refusal;

	if (call->turn.whim.half_replace)
		sim_refuse(&refusal, 400, REJECTED,
		           "Account has insufficient balance for requested action.");
	if (call->turn.whim.half_replace || !sim_passes_engine(exchange, terms, &refusal)) {
		tell_error(call, 409, PARTIALLY, "Order cancel-replace partially failed.");
		fail(&legs[1], 1, 400, refusal.code, refusal.text.text);
		end(call, legs);
		return;
	}
	struct sim_order *order = sim_accept(exchange, &call->turn, terms, sim_lock_of(terms));
	sim_call_emit_order(call, order);
	sim_call_emit_fills(call, order, before);
	end(call, legs);
}

/* Filters are asked before either half is tried. */
void sim_call_replace(struct sim_call *call)
{
	struct sim_exchange *exchange = call->exchange;
	const char *old_id = sim_params_find(call->params, half_ids[0]);
	struct sim_refusal refusal;
	struct sim_terms terms;

	if (!sim_call_terms(call, &sim_plain_names, &terms) ||
	    (old_id == NULL && !sim_call_missing(call, half_ids[0]))) {
		refuse_whole(call);
		return;
	}
	if (!sim_passes_filters(exchange, &terms, &refusal) ||
	    !sim_counts(exchange, call->turn.now, &refusal)) {
		sim_call_refused(call, &refusal);
		refuse_whole(call);
		return;
	}
	struct sim_order *old = sim_order_named(exchange, terms.market, old_id);
	if (old == NULL || !sim_order_is_open(old)) {
		refuse_cancel(call);
		return;
	}
	sim_cancel(exchange, &call->turn, old);
	sim_call_emit_order(call, old);
	place_half(call, &terms);
}

void sim_exchange_legs(const struct http_request *request, const struct venue_answer *answer,
                       const struct message_sink *sink)
{
	char id[IDENT_TEXT_SIZE];

	if (strcmp(request->path, SIM_REPLACE_PATH) != 0)
		return;
	for (int half = 0; half < 2; half++) {
		struct venue_leg leg = {.evidence = answer->evidence, .text = answer->text};
		if (query_value(request->query, half_ids[half], id, sizeof id))
			leg.client_id = sim_client_id(id);
		if (answer->http_status != 0)
			fail(&leg, half, (unsigned)answer->http_status, answer->code,
			     answer->text.text);
		sink->take(sink->self, MESSAGE_VENUE_LEG, &leg);
	}
}

static void refuse_amend(struct sim_call *call, const char *words)
{
	sim_call_refuse(call, 400, AMEND, words);
}

static bool is_amendable(struct sim_call *call, const struct sim_order *order, decimal_t qty)
{
	const struct instrument *instrument = &call->exchange->symbols[order->market].instrument;
	const struct sim_list *list =
		order->list_id == 0 ? NULL : &call->exchange->lists[order->list_id - 1];

	if (list != NULL && !list->is_decided)
		refuse_amend(call, "The order is part of an order list.");
	else if (order->amends >= instrument->amends_max)
		refuse_amend(call, "Filter failure: MAX_NUM_ORDER_AMENDS");
	else if (decimal_compare(qty, order->qty) >= 0)
		refuse_amend(call, "Order amend (quantity increase) is not supported.");
	else if (decimal_compare(qty, order->executed) <= 0)
		refuse_amend(call, "The new quantity is not above what was executed.");
	else
		return true;
	return false;
}

/* The filters, as of an order with this quantity. */
static bool passes_again(struct sim_call *call, const struct sim_order *order, decimal_t qty)
{
	struct sim_terms terms = {
		.market = order->market,
		.side = order->side,
		.type = order->type,
		.qty = qty,
		.price = order->price,
		.stop_price = order->stop_price,
	};
	struct sim_refusal refusal;

	if (sim_passes_filters(call->exchange, &terms, &refusal))
		return true;
	sim_call_refused(call, &refusal);
	return false;
}

void sim_call_amend(struct sim_call *call)
{
	const char *old_id = sim_params_find(call->params, "origClientOrderId");
	const char *new_id = sim_params_find(call->params, "newClientOrderId");
	struct sim_order *order;
	uint16_t market;
	decimal_t qty;

	if (!sim_call_symbol(call, &market))
		return;
	if (!sim_params_decimal(call->params, "newQty", &qty)) {
		sim_call_missing(call, "newQty");
		return;
	}
	order = old_id == NULL ? NULL : sim_order_named(call->exchange, market, old_id);
	if (order == NULL || !sim_order_is_open(order)) {
		refuse_amend(call, "Unknown order sent.");
		return;
	}
	if (!is_amendable(call, order, qty) || !passes_again(call, order, qty))
		return;
	/* Without an id of its own the amended order gets one that nobody chose. */
	text_t made = text_format("amended_%u", (unsigned)order->amends);
	if (new_id == NULL || strcmp(new_id, order->client_text.text) != 0)
		sim_order_rename(call->exchange, order, new_id == NULL ? made.text : new_id);
	sim_shrink(call->exchange, &call->turn, order, qty);
	sim_call_emit_order(call, order);
}
