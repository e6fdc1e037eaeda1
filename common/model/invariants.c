/* SPDX-License-Identifier: Apache-2.0 */
#include "common/model/invariants.h"

#include "common/model/invariants_money.h"
#include "common/model/lifecycle.h"

static const char *id_of(ident_t id, char text[IDENT_TEXT_SIZE])
{
	return ident_print(id, text);
}

static const struct order *order_by_client(const struct facts *facts, ident_t client_id)
{
	for (size_t i = 0; i < facts->order_count; i++)
		if (ident_equals(facts->orders[i].client_id, client_id))
			return &facts->orders[i];
	return NULL;
}

static const struct fact_order *venue_order_of(const struct facts *facts, ident_t client_id)
{
	for (size_t i = 0; i < facts->venue_order_count; i++)
		if (ident_equals(facts->venue_orders[i].client_id, client_id))
			return &facts->venue_orders[i];
	return NULL;
}

static bool is_foreign(const struct fact_order *order)
{
	return ident_is_none(order->client_id);
}

static bool is_on_book(const struct fact_order *order)
{
	return order->status == VENUE_STATUS_NEW ||
	       order->status == VENUE_STATUS_PARTIALLY_FILLED ||
	       order->status == VENUE_STATUS_PENDING_NEW;
}

static decimal_t traded(const struct facts *facts, ident_t client_id)
{
	decimal_t sum = DECIMAL_ZERO;

	for (size_t i = 0; i < facts->venue_trade_count; i++)
		if (ident_equals(facts->venue_trades[i].client_id, client_id) &&
		    decimal_add(sum, facts->venue_trades[i].qty, &sum) != OK)
			return decimal_of("-1");
	return sum;
}

static bool each_order_was_recorded_before(const struct facts *facts, text_t *why)
{
	char id[IDENT_TEXT_SIZE];

	for (size_t i = 0; i < facts->send_count; i++) {
		const struct fact_send *send = &facts->sends[i];
		if (!send->is_order || send->durable_before)
			continue;
		*why = text_format("order %s left before its SEND record was durable",
		                   id_of(send->client_id, id));
		return false;
	}
	return true;
}

static bool each_id_names_one_order(const struct facts *facts, text_t *why)
{
	char id[IDENT_TEXT_SIZE];

	for (size_t i = 0; i < facts->venue_order_count; i++) {
		if (is_foreign(&facts->venue_orders[i]))
			continue;
		for (size_t k = i + 1; k < facts->venue_order_count; k++) {
			if (!ident_equals(facts->venue_orders[i].client_id,
			                  facts->venue_orders[k].client_id))
				continue;
			*why = text_format("the exchange has two orders %s",
			                   id_of(facts->venue_orders[i].client_id, id));
			return false;
		}
	}
	return true;
}

/* What the exchange may still do, and did, for one attempt. */
static enum err add_committed(const struct facts *facts, const struct order *attempt,
                              decimal_t *sum)
{
	const struct fact_order *there = venue_order_of(facts, attempt->client_id);
	decimal_t most =
		there == NULL ? DECIMAL_ZERO : (is_on_book(there) ? there->qty : there->executed);

	return decimal_add(*sum, most, sum);
}

static bool is_wish(const struct order *order)
{
	return order->purpose == PURPOSE_ENTRY || order->purpose == PURPOSE_EXIT;
}

static bool no_intent_is_exceeded(const struct facts *facts, text_t *why)
{
	for (size_t i = 0; i < facts->order_count; i++) {
		const struct order *order = &facts->orders[i];
		decimal_t sum = DECIMAL_ZERO;
		if (!is_wish(order) || order->status == ORDER_STATUS_ORPHAN)
			continue;
		for (size_t k = 0; k < facts->order_count; k++)
			if (ident_equals(facts->orders[k].intent_id, order->intent_id) &&
			    add_committed(facts, &facts->orders[k], &sum) != OK)
				return false;
		if (decimal_compare(sum, order->qty) <= 0)
			continue;
		char id[IDENT_TEXT_SIZE], sum_text[DECIMAL_TEXT_SIZE], qty[DECIMAL_TEXT_SIZE];
		*why = text_format("intent %s of %s: the exchange executed or holds %s",
		                   id_of(order->intent_id, id), decimal_print(order->qty, qty),
		                   decimal_print(sum, sum_text));
		return false;
	}
	return true;
}

static bool each_send_leaves_once(const struct facts *facts, text_t *why)
{
	char id[IDENT_TEXT_SIZE];

	for (size_t i = 0; i < facts->send_count; i++) {
		if (!facts->sends[i].is_order)
			continue;
		for (size_t k = i + 1; k < facts->send_count; k++) {
			if (!facts->sends[k].is_order ||
			    !ident_equals(facts->sends[i].client_id, facts->sends[k].client_id))
				continue;
			*why = text_format("order %s left twice",
			                   id_of(facts->sends[i].client_id, id));
			return false;
		}
	}
	return true;
}

static bool ended_without_effect(enum order_status status)
{
	return status == ORDER_STATUS_NEVER || status == ORDER_STATUS_UNSENT ||
	       status == ORDER_STATUS_REJECTED;
}

static bool no_entry_is_repeated_in_doubt(const struct facts *facts, text_t *why)
{
	char id[IDENT_TEXT_SIZE];

	for (size_t i = 0; i < facts->order_count; i++) {
		const struct order *order = &facts->orders[i];
		if (order->purpose != PURPOSE_ENTRY || order->attempt < 2)
			continue;
		for (size_t k = 0; k < facts->order_count; k++) {
			const struct order *earlier = &facts->orders[k];
			if (!ident_equals(earlier->intent_id, order->intent_id) ||
			    earlier->attempt >= order->attempt ||
			    ended_without_effect(earlier->status))
				continue;
			*why = text_format("entry %s was sent again while attempt %llu was open",
			                   id_of(order->intent_id, id),
			                   (unsigned long long)earlier->attempt);
			return false;
		}
	}
	return true;
}

/* A reject is a definitive word; NEVER and UNSENT are our own conclusions. */
static bool never_means_never(const struct facts *facts, text_t *why)
{
	char id[IDENT_TEXT_SIZE];

	for (size_t i = 0; i < facts->order_count; i++) {
		const struct order *order = &facts->orders[i];
		const struct fact_order *there;
		if (!ended_without_effect(order->status))
			continue;
		there = venue_order_of(facts, order->client_id);
		if (there == NULL || there->status == VENUE_STATUS_REJECTED)
			continue;
		*why = text_format("order %s is %s, but the exchange has it",
		                   id_of(order->client_id, id),
		                   enum_print(&enum_order_status, order->status));
		return false;
	}
	return true;
}

static bool ended_with_executions(enum order_status status)
{
	return status == ORDER_STATUS_FILLED || status == ORDER_STATUS_CANCELED ||
	       status == ORDER_STATUS_EXPIRED;
}

static bool an_end_is_the_end(const struct facts *facts, text_t *why)
{
	for (size_t i = 0; i < facts->order_count; i++) {
		const struct order *order = &facts->orders[i];
		const struct fact_order *there = venue_order_of(facts, order->client_id);
		char id[IDENT_TEXT_SIZE], ours[DECIMAL_TEXT_SIZE], theirs[DECIMAL_TEXT_SIZE];
		if (!ended_with_executions(order->status) || there == NULL)
			continue;
		decimal_t sum = traded(facts, order->client_id);
		if (!is_on_book(there) && decimal_equals(sum, order->executed))
			continue;
		*why = text_format(
			"order %s ended %s with %s executed; at the exchange it is %s with %s",
			id_of(order->client_id, id), enum_print(&enum_order_status, order->status),
			decimal_print(order->executed, ours),
			enum_print(&enum_venue_status, there->status), decimal_print(sum, theirs));
		return false;
	}
	return true;
}

static bool nothing_leaves_behind_its_window(const struct facts *facts, text_t *why)
{
	char id[IDENT_TEXT_SIZE];

	for (size_t i = 0; i < facts->send_count; i++) {
		const struct fact_send *send = &facts->sends[i];
		if (send->valid_until == 0 || send->at <= send->valid_until)
			continue;
		*why = text_format("a request for order %s left %lld ms behind its window",
		                   id_of(send->client_id, id),
		                   (long long)((send->at - send->valid_until) / NANOS_MS));
		return false;
	}
	return true;
}

static bool is_known(const struct facts *facts, const struct fact_order *there, text_t *why)
{
	const struct order *order = order_by_client(facts, there->client_id);
	char id[IDENT_TEXT_SIZE];
	bool rests = is_on_book(there);

	if (order == NULL && rests)
		*why = text_format("order %s rests at the exchange, our books don't have it",
		                   id_of(there->client_id, id));
	if (order == NULL)
		return !rests;
	if (order_status_is_terminal(order->status) || order->status == ORDER_STATUS_DISPUTED)
		return true;
	if (rests && order->status != ORDER_STATUS_UNKNOWN &&
	    order->status != ORDER_STATUS_SENDING &&
	    decimal_equals(order->executed, there->executed) &&
	    decimal_equals(order->qty, there->qty) && decimal_equals(order->price, there->price))
		return true;
	*why = text_format("order %s is %s here and %s at the exchange",
	                   id_of(there->client_id, id),
	                   enum_print(&enum_order_status, order->status),
	                   enum_print(&enum_venue_status, there->status));
	return false;
}

static bool every_order_is_known(const struct facts *facts, text_t *why)
{
	for (size_t i = 0; i < facts->venue_order_count; i++)
		if (!is_foreign(&facts->venue_orders[i]) &&
		    !is_known(facts, &facts->venue_orders[i], why))
			return false;
	return true;
}

static bool no_order_is_imagined(const struct facts *facts, text_t *why)
{
	char id[IDENT_TEXT_SIZE];

	for (size_t i = 0; i < facts->order_count; i++) {
		const struct order *order = &facts->orders[i];
		if ((order->status != ORDER_STATUS_LIVE && order->status != ORDER_STATUS_PARTIAL) ||
		    venue_order_of(facts, order->client_id) != NULL)
			continue;
		*why = text_format("order %s is %s here, the exchange never had it",
		                   id_of(order->client_id, id),
		                   enum_print(&enum_order_status, order->status));
		return false;
	}
	return true;
}

/* Parts of one target: the order that is replaced and what replaces it. */
static bool no_replace_exceeds_its_target(const struct facts *facts, text_t *why)
{
	for (size_t i = 0; i < facts->order_count; i++) {
		const struct order *new = &facts->orders[i];
		const struct order *old;
		decimal_t sum = DECIMAL_ZERO;
		if (ident_is_none(new->replaces))
			continue;
		old = order_by_client(facts, new->replaces);
		if (old == NULL)
			continue;
		const struct fact_order *there = venue_order_of(facts, old->client_id);
		decimal_t executed = there == NULL ? DECIMAL_ZERO : there->executed;
		if (decimal_add(sum, executed, &sum) != OK || add_committed(facts, new, &sum) != OK)
			return false;
		if (decimal_compare(sum, decimal_max(old->qty, new->qty)) <= 0)
			continue;
		char id[IDENT_TEXT_SIZE];
		*why = text_format("order %s and the one that replaces it pass their target",
		                   id_of(old->client_id, id));
		return false;
	}
	return true;
}

static bool a_halt_holds(const struct facts *facts, text_t *why)
{
	char id[IDENT_TEXT_SIZE];

	for (size_t i = 0; i < facts->send_count; i++) {
		const struct fact_send *send = &facts->sends[i];
		if (!send->is_order || !send->was_halted || send->purpose != PURPOSE_ENTRY)
			continue;
		*why = text_format("entry %s left while a halt was latched",
		                   id_of(send->client_id, id));
		return false;
	}
	return true;
}

const struct invariant invariants[] = {
	{"I-01", "an order leaves only behind its durable SEND record", false,
         each_order_was_recorded_before},
	{"I-02", "one client id names at most one order", false, each_id_names_one_order},
	{"I-03", "an intent is never executed beyond its quantity", false, no_intent_is_exceeded},
	{"I-04", "a SEND leaves at most once", false, each_send_leaves_once},
	{"I-05", "an entry is not repeated while its fate is open", false,
         no_entry_is_repeated_in_doubt},
	{"I-06", "what was found never placed never appears", false, never_means_never},
	{"I-07", "an ended order is over, with exactly its executions", false, an_end_is_the_end},
	{"I-08", "no request leaves behind its window", false, nothing_leaves_behind_its_window},
	{"I-10", "no order is on our book that the exchange never had", true, no_order_is_imagined},
	{"I-11", "every order at the exchange is known, with equal numbers", true,
         every_order_is_known},
	{"I-13", "a replaced order and its successor stay within their target", false,
         no_replace_exceeds_its_target},
	{"I-14", "while halted no exposure is added", false, a_halt_holds},
	{"I-15", "no execution is accounted that the exchange doesn't have, none twice", false,
         money_no_fill_is_imagined},
	{"I-15q", "every execution of the account is accounted", true,
         money_every_trade_is_accounted},
	{"I-16", "a position is the sum of its executions", false, money_positions_are_sums},
	{"I-17", "balances are the exchange's", true, money_balances_agree},
	{"I-19", "cash and results conserve", false, money_is_conserved},
	{"I-25", "no bot's position is sold below zero", false, money_no_position_flips},
};
const size_t invariant_count = sizeof invariants / sizeof *invariants;

const struct invariant *invariants_violated(const struct facts *facts, text_t *why)
{
	for (size_t i = 0; i < invariant_count; i++)
		if ((facts->quiet || !invariants[i].when_quiet) && !invariants[i].holds(facts, why))
			return &invariants[i];
	return NULL;
}
