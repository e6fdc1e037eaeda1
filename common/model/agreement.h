/* SPDX-License-Identifier: Apache-2.0 */
/* Do our books say what the exchange's ledger says? Executions, open orders and balances side by
   side; every difference is a sentence with both numbers. Pure: the caller reads both sides. */
#ifndef MODEL_AGREEMENT_H
#define MODEL_AGREEMENT_H

#include "proto/message.h"

enum { AGREEMENT_DIFFERENCES_MAX = 64 };

/* One execution; its key is symbol and trade id. */
struct agreement_trade {
	name_t symbol;
	uint64_t trade_id;
	enum side side; /* ours */
	decimal_t price, qty, fee;
	name_t fee_asset; /* without meaning while the fee is zero */
};

/* One open order; its key is symbol and client id, and the exchange's id for an order that doesn't
   carry an id of ours. */
struct agreement_order {
	name_t symbol;
	ident_t client_id; /* none: foreign */
	uint64_t venue_id; /* 0 when not known */
	decimal_t executed;
};

/* One asset, free and locked together. An asset that isn't listed has zero. */
struct agreement_balance {
	name_t asset;
	decimal_t amount;
};

/* One side's view. Borrowed; agreement_compare sorts the trades in place. */
struct agreement_books {
	struct agreement_trade *trades;
	size_t trade_count;
	const struct agreement_order *orders;
	size_t order_count;
	const struct agreement_balance *balances;
	size_t balance_count;
};

struct agreement {
	bool agree;
	uint64_t found; /* all differences, also those beyond the list */
	uint32_t count;
	text_t differences[AGREEMENT_DIFFERENCES_MAX];
};

/* Each execution and each open order must stand exactly once on each side, with equal numbers; each
   asset's amounts must be equal. */
void agreement_compare(const struct agreement_books *ours, const struct agreement_books *theirs,
                       struct agreement *out);

#endif
