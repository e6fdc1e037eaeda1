/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold in every world (docs/order-safety.md, Invariants), one function each. They compare
   our books with the exchange's and with what was seen to leave; the simulator fills the facts from
   its exchange, recovery from its own questions to the real one. A function that lacks facts (NULL
   or zero counts where it says so) holds. Pure. */
#ifndef MODEL_INVARIANTS_H
#define MODEL_INVARIANTS_H

#include "proto/message.h"

/* An order as the exchange has it, by its own word. */
struct fact_order {
	ident_t client_id; /* none: foreign */
	name_t symbol;
	enum side side;
	enum order_type type;
	enum venue_status status;
	decimal_t qty, price, stop_price, executed;
	nanos_t valid_until; /* of its request, exchange time; 0 = not known */
	nanos_t accepted_at; /* exchange time; 0 = not known */
};

struct fact_trade {
	name_t symbol;
	uint64_t trade_id;
	ident_t client_id; /* none: foreign, or not told */
	enum side side;
	decimal_t qty, price, fee;
	name_t fee_asset;
};

/* One request that left, as the wire saw it. */
struct fact_send {
	ident_t client_id;
	bool is_order;       /* else a cancel or another change */
	bool durable_before; /* its SEND record was durable before the first byte */
	bool was_halted;     /* a halt was durable then */
	enum purpose purpose;
	nanos_t at, valid_until; /* exchange time */
	uint64_t epoch;
};

/* What one look at the books shows. Arrays are the caller's, in any order. */
struct facts {
	const struct order *orders; /* ours, the executor's word */
	size_t order_count;
	const struct fill *fills; /* ours, each accounted execution */
	size_t fill_count;
	const struct position *positions;
	size_t position_count;
	const struct balance *balances; /* ours, as last told */
	size_t balance_count;

	const struct fact_order *venue_orders;
	size_t venue_order_count;
	const struct fact_trade *venue_trades;
	size_t venue_trade_count;
	const struct balance *venue_balances;
	size_t venue_balance_count;

	const struct fact_send *sends;
	size_t send_count;

	const struct instrument *instruments;
	size_t instrument_count;
	bool quiet; /* no fault since the time that everything needs to settle */
};

/* False: violated, `why` names the order, trade or number. */
typedef bool invariant_holds(const struct facts *facts, text_t *why);

struct invariant {
	const char *id; /* "I-02" */
	const char *text;
	bool when_quiet; /* holds only at a quiet point */
	invariant_holds *holds;
};

extern const struct invariant invariants[];
extern const size_t invariant_count;

/* The first that is violated, with `why`; NULL when all hold (those for quiet points only when
   facts->quiet). */
const struct invariant *invariants_violated(const struct facts *facts, text_t *why);

#endif
