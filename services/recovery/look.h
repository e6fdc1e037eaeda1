/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the exchange by recovery's own client: its clock, the rules of new symbols, executions
   since the agreed ones, open orders, balances. One question at a time, each tried a few times; the
   exchange's word to be silent is obeyed. Pure. */
#ifndef RECOVERY_LOOK_H
#define RECOVERY_LOOK_H

#include "services/recovery/ours.h"

struct recovery;

struct their_order {
	ident_t client_id;
	name_t symbol;
	uint64_t venue_id;
	decimal_t qty, executed;
};

/* One symbol of a look. */
struct their_symbol {
	name_t symbol;
	struct instrument rules; /* base.size 0: not known yet */
	decimal_t qty;
	uint64_t executions, watermark, read; /* read: of the executions, in this look */
	nanos_t asked_at;
};

struct their_asset {
	name_t asset;
	decimal_t amount;
};

enum { ASSETS_MAX = 3 * SUBJECTS_MAX };

enum look_phase {
	LOOK_IDLE,
	LOOK_TIME,
	LOOK_RULES,
	LOOK_FILLS,
	LOOK_ORDERS,
	LOOK_BALANCES,
	LOOK_DONE,
};

/* Asking the exchange about everything, one question at a time. */
struct look {
	enum look_phase phase;
	nanos_t started, asked_at, due; /* due: the next question, or the same again; 0 = none */
	uint64_t token;                 /* of the question under way, 0 = none */
	unsigned tries;
	uint32_t symbol;    /* being asked about */
	uint64_t page_from; /* first trade id of the page */
	unsigned page_items;
	bool counts_anew; /* from the first execution, not from what was agreed */
	bool is_broken;   /* a number didn't fit */
	struct their_symbol symbols[SUBJECTS_MAX];
	uint32_t symbol_count;
	struct their_order orders[OUR_ORDERS_MAX];
	uint32_t order_count;
	nanos_t orders_at, balances_at;        /* when they were asked for */
	struct their_asset assets[ASSETS_MAX]; /* at least all that are traded */
	uint32_t asset_count;
	text_t why; /* it failed */
};

/* Begins a look; one that is under way is given up. */
void look_begin(struct recovery *self, bool counts_anew);
/* Every check: the next question when it is due. */
void look_run(struct recovery *self);
/* venue_fill, venue_order, venue_balance, instrument out of an answer. */
void look_took(struct recovery *self);
/* The end of a question. */
void look_answered(struct recovery *self);

bool look_is_under_way(const struct look *self);
const struct their_symbol *look_symbol(const struct look *self, const name_t *symbol);
/* Free and locked; zero for what isn't listed. */
decimal_t look_amount(const struct look *self, const name_t *asset);
/* Base or quote of a symbol of the look. */
bool look_is_traded(const struct look *self, const name_t *asset);
const struct their_order *look_order(const struct look *self, ident_t client_id);

#endif
