/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/witness_parts.h"

#include "common/model/lifecycle.h"
#include "services/executor/stops.h"

#include <stdio.h>
#include <string.h>

static bool unrest(struct violation *out, const char *id, const char *text, text_t why)
{
	snprintf(out->id, sizeof out->id, "%s", id);
	out->text = text_from(text);
	out->why = why;
	return false;
}

static const char liveness[] = "When no fault comes any more, everything finds its peace.";

static bool all_run(const struct witness *self, struct violation *why)
{
	for (unsigned i = 0; i < CAST_COUNT; i++)
		if (world_state(self->world, i) == NULL)
			return unrest(why, "I-29", liveness,
			              text_format("%s does not run", cast_names[i]));
	return true;
}

/* Nothing is on its way: what is open rests on the exchange's book. */
static bool orders_rest(const struct executor *executor, struct violation *why)
{
	const struct orders *orders = &executor->books.orders;
	char id[IDENT_TEXT_SIZE];
	for (uint32_t i = 0; i < orders->open_count; i++) {
		const struct order *order = &orders->slots[orders->open[i]].order;
		bool is_wish = order->purpose == PURPOSE_ENTRY || order->purpose == PURPOSE_EXIT;
		bool is_live =
			order->status == ORDER_STATUS_LIVE || order->status == ORDER_STATUS_PARTIAL;
		if (order->status == ORDER_STATUS_DISPUTED || (is_live && !is_wish))
			continue;
		return unrest(why, "I-29", liveness,
		              text_format("order %s of %s is still %s after the wind-down",
		                          ident_print(order->client_id, id), order->bot.text,
		                          enum_print(&enum_order_status, order->status)));
	}
	return true;
}

static bool gate_is_open(const struct executor *executor, struct violation *why)
{
	if (executor->winding_down || executor->trading.status == TRADING_STATUS_NORMAL ||
	    executor->trading.status == TRADING_STATUS_HALTED)
		return true;
	return unrest(why, "I-29", liveness,
	              text_format("the executor is %s: %s",
	                          enum_print(&enum_trading_status, executor->trading.status),
	                          executor->trading.reason.text));
}

static bool facts_agree(struct witness *self, struct violation *why)
{
	const struct executor *executor = witness_executor(self);
	text_t found = text_from("");
	const struct invariant *violated = facts_violated(self, true, &found);
	if (violated != NULL)
		return unrest(why, violated->id, violated->text, found);
	if (!executor->journal_failed && !self->damaged[CAST_EXECUTOR] &&
	    executor->books.records != journal_kept(self) &&
	    !self->durable[CAST_EXECUTOR].overflowed)
		return unrest(why, "I-29", liveness,
		              text_format("the executor folded %llu records, durable are %llu",
		                          (unsigned long long)executor->books.records,
		                          (unsigned long long)journal_kept(self)));
	return true;
}

/* By the rules of its symbol and the exchange's price. */
static bool is_sellable(const struct witness *self, const struct position *position)
{
	const struct sim_exchange *exchange = world_exchange(self->world);
	for (uint32_t i = 0; i < exchange->symbol_count; i++) {
		const struct sim_symbol *symbol = &exchange->symbols[i];
		if (name_equals(&symbol->instrument.symbol, &position->symbol))
			return decimal_sign(stops_fit(&symbol->instrument, ORDER_TYPE_MARKET,
			                              position->qty, symbol->bid)) > 0;
	}
	return false;
}

/* I-14: a halt of level 3 sells all, and names what is too little to be sold. */
static bool is_flat(const struct witness *self, struct violation *why)
{
	enum { FLAT_LEVEL = 3 };
	const struct executor *executor = witness_executor(self);
	const struct holdings *holdings = &executor->books.holdings;
	char qty[DECIMAL_TEXT_SIZE];
	if (executor->books.latch.level < FLAT_LEVEL)
		return true;
	for (uint32_t i = 0; i < holdings->position_count; i++) {
		const struct position *position = &holdings->positions[i].position;
		bool is_told = self->residue_told && !is_sellable(self, position);
		if (decimal_sign(position->qty) > 0 && !name_is(&position->bot, "manual") &&
		    !is_told)
			return unrest(why, "I-14f",
			              "A halt of level 3 sells all, or names what it can't sell.",
			              text_format("%s of %s in %s are left",
			                          decimal_print(position->qty, qty),
			                          position->bot.text, position->symbol.text));
	}
	return true;
}

/* I-14: behind a halt of level 2 no order of a strategy stays open. */
static bool is_cleared(const struct witness *self, struct violation *why)
{
	enum { CLEAR_LEVEL = 2 };
	const struct executor *executor = witness_executor(self);
	const struct orders *orders = &executor->books.orders;
	char id[IDENT_TEXT_SIZE];
	for (uint32_t i = 0; executor->books.latch.level >= CLEAR_LEVEL && i < orders->open_count;
	     i++) {
		const struct order *order = &orders->slots[orders->open[i]].order;
		if (order->purpose == PURPOSE_ENTRY && order->status != ORDER_STATUS_DISPUTED)
			return unrest(
				why, "I-14c", "A halt of level 2 leaves no entry open.",
				text_format("entry %s is open", ident_print(order->client_id, id)));
	}
	return true;
}

static bool alerts_are_told(const struct witness *self, struct violation *why)
{
	for (uint32_t i = 0; i < self->critical_count; i++)
		if (!self->criticals[i].told)
			return unrest(why, "I-38",
			              "Every CRITICAL alert reaches the alert service.",
			              text_format("%s of %s was never told: %.150s",
			                          self->criticals[i].event.text,
			                          self->criticals[i].origin.text,
			                          self->criticals[i].text.text));
	return true;
}

/* The view beside the executor's own books. */
struct view_look {
	const struct executor *executor;
	struct violation *why;
	uint32_t orders, positions; /* found equal */
	bool differs;
};

static void see_order(struct view_look *look, const struct order *seen)
{
	const struct orders *orders = &look->executor->books.orders;
	char id[IDENT_TEXT_SIZE];
	for (uint32_t i = 0; i < orders->used; i++) {
		const struct order *order = &orders->slots[i].order;
		if (!orders->slots[i].used || !ident_equals(order->client_id, seen->client_id))
			continue;
		look->orders += order_status_is_open(order->status);
		if (order->version == seen->version && order->status == seen->status)
			return;
		look->differs = true;
		unrest(look->why, "I-34", "The view says what the journal says.",
		       text_format("order %s is %s (version %llu) in the view, %s (%llu) in the "
		                   "journal",
		                   ident_print(order->client_id, id),
		                   enum_print(&enum_order_status, seen->status),
		                   (unsigned long long)seen->version,
		                   enum_print(&enum_order_status, order->status),
		                   (unsigned long long)order->version));
		return;
	}
}

static void see_position(struct view_look *look, const struct position *seen)
{
	const struct holdings *holdings = &look->executor->books.holdings;
	for (uint32_t i = 0; i < holdings->position_count; i++) {
		const struct position *position = &holdings->positions[i].position;
		if (!name_equals(&position->bot, &seen->bot) ||
		    !name_equals(&position->symbol, &seen->symbol))
			continue;
		look->positions++;
		if (position->version == seen->version && decimal_equals(position->qty, seen->qty))
			return;
		look->differs = true;
		unrest(look->why, "I-34", "The view says what the journal says.",
		       text_format("position of %s in %s: version %llu in the view, %llu in the "
		                   "journal",
		                   seen->bot.text, seen->symbol.text,
		                   (unsigned long long)seen->version,
		                   (unsigned long long)position->version));
		return;
	}
}

static void see(void *self, const char *key, enum message_type type, const uint8_t *body,
                size_t size)
{
	struct view_look *look = self;
	union {
		struct order order;
		struct position position;
	} seen;
	if (strncmp(key, "breakwater:executor:", 20) != 0 || look->differs ||
	    (type != MESSAGE_ORDER && type != MESSAGE_POSITION) ||
	    codec_unpack_body(type, body, size, &seen, sizeof seen) != OK)
		return;
	if (type == MESSAGE_ORDER)
		see_order(look, &seen.order);
	else
		see_position(look, &seen.position);
}

static bool view_agrees(const struct witness *self, struct violation *why)
{
	const struct executor *executor = witness_executor(self);
	struct view_look look = {.executor = executor, .why = why};
	world_view(self->world, see, &look);
	if (look.differs)
		return false;
	uint32_t positions = executor->books.holdings.position_count;
	if (look.orders == executor->books.orders.open_count && look.positions == positions)
		return true;
	return unrest(why, "I-34", "The view says what the journal says.",
	              text_format("the view has %u of %u open orders, %u of %u positions",
	                          look.orders, executor->books.orders.open_count, look.positions,
	                          positions));
}

bool rest_is_reached(struct witness *self, struct violation *why)
{
	const struct executor *executor = witness_executor(self);
	return all_run(self, why) && gate_is_open(executor, why) && orders_rest(executor, why) &&
	       is_cleared(self, why) && is_flat(self, why) && facts_agree(self, why) &&
	       view_agrees(self, why) && alerts_are_told(self, why);
}

/* Its own death is the moment at which what ran ahead of the journal shows. */
static void see_version(void *self, const char *key, enum message_type type, const uint8_t *body,
                        size_t size)
{
	struct witness *witness = self;
	uint64_t durable = journal_kept(witness), version;
	union {
		struct order order;
		struct position position;
	} seen;
	if (strncmp(key, "breakwater:executor:", 20) != 0 ||
	    (type != MESSAGE_ORDER && type != MESSAGE_POSITION) ||
	    codec_unpack_body(type, body, size, &seen, sizeof seen) != OK)
		return;
	version = type == MESSAGE_ORDER ? seen.order.version : seen.position.version;
	if (version > durable && !witness->damaged[CAST_EXECUTOR] &&
	    !world_disk(witness->world, CAST_EXECUTOR)->is_lost)
		violate(witness, "I-34n", "The view is never newer than the journal.",
		        text_format("%s has version %llu, durable are %llu records", key,
		                    (unsigned long long)version, (unsigned long long)durable));
}

void view_checked(struct witness *self)
{
	if (!self->durable[CAST_EXECUTOR].overflowed && !self->damaged[CAST_EXECUTOR])
		world_view(self->world, see_version, self);
}
